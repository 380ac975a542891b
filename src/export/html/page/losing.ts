/** What if: hosts, links, providers and regions are lost, and the very functions of `meshwright whatif` say what is left. */
import type { HostName } from '../../../../topology/names.ts'
import { lossOf, type Losable, singleLosses } from '../../../../topology/place/losses.ts'
import { waysOf } from '../../../../topology/place/ways.ts'
import {
  effectHead,
  effectRow,
  hurts,
  type Losing,
  type Outcome,
  outcomeOf,
  overviewHead,
  overviewRow,
} from '../../../services/outcome.ts'
import { effectsOf } from '../../svg/effects.ts'
import { counted } from '../facts.ts'
import type { Model } from '../model.ts'
import { byId, element, say } from './dom.ts'
import type { Picture } from './picture.ts'
import type { Store } from './store.ts'

/** Above this many, single links are looked at only when asked for. */
const mostLinks = 2000
/** Milliseconds at a stretch, so that the page stays awake. */
const stretch = 12
const mostRows = 300

export class LosingPanel {
  readonly #model: Model
  readonly #picture: Picture
  readonly #store: Store
  readonly #hosts: readonly Losable[]
  readonly #losing: Losing
  readonly #result = element('div', { id: 'outcome' })
  readonly #chips = element('ul', { class: 'chips', 'aria-label': 'Lost' })
  readonly #singles = element('div', { id: 'singles' })
  #round = 0

  constructor({ model, picture, store }: { readonly model: Model; readonly picture: Picture; readonly store: Store }) {
    this.#model = model
    this.#picture = picture
    this.#store = store
    this.#hosts = model.graph.hosts.map(({ name, region, provider }) => ({ name: name as HostName, region, provider }))
    this.#losing = {
      parts: model.graph.parts,
      flows: model.graph.flows.map(flow => ({ name: flow.name, ends: model.endsOf(flow) })),
      ways: waysOf(model.graph),
    }
    byId('whatif', HTMLElement).replaceChildren(
      element('h2', { id: 'whatif-title' }, 'What if it is lost?'),
      this.#choice(),
      this.#chips,
      this.#result,
      this.#singlesChoice(),
      this.#singles,
    )
    this.show(store.state.lose)
  }

  lose(words: readonly string[]): void {
    this.#store.change({ lose: [...new Set([...this.#store.state.lose, ...words])] })
  }

  /** A word that this mesh does not know is shown as such, and nothing is made of it. */
  show(words: readonly string[]): void {
    const known = words.filter(word => !('unknown' in lossOf([word], this.#hosts)))
    this.#chips.replaceChildren(
      ...words.map(word =>
        element(
          'li',
          known.includes(word) ? {} : { class: 'unknown' },
          known.includes(word) ? word : `${word} is not in this mesh`,
          element('button', { type: 'button', 'data-keep': word, 'aria-label': `Do not lose ${word}` }, '×'),
        ),
      ),
    )
    this.#chips.hidden = words.length === 0
    const loss = lossOf(known, this.#hosts)
    if (known.length === 0 || 'unknown' in loss) {
      this.#result.replaceChildren()
      this.#picture.lose(null)
      return
    }
    const outcome = outcomeOf(loss, this.#losing)
    this.#result.replaceChildren(...detail(outcome))
    this.#picture.lose(effectsOf(this.#model.beside(loss.loss), loss.loss))
    const bad = outcome.effects.filter(hurts).length
    say(
      `Without ${loss.name}: ${bad === 0 ? 'all roles still write' : `${counted(bad, 'role')} of ${outcome.effects.length} no longer write or lose data`}, ${counted(outcome.broken.length, 'broken flow')}`,
    )
  }

  #choice(): HTMLElement {
    const { regions, hosts } = this.#model.graph
    const providers = [...new Set(hosts.flatMap(({ provider }) => provider ?? []))].toSorted()
    const group = (label: string, kind: string, names: readonly string[]) =>
      names.length === 0
        ? null
        : element('optgroup', { label }, ...names.map(name => element('option', { value: `${kind}:${name}` }, name)))
    const what = element(
      'select',
      { 'aria-label': 'What is lost' },
      element('option', { value: '' }, 'Lose …'),
      group(
        'Regions',
        'region',
        regions.map(({ name }) => name),
      ),
      group('Providers', 'provider', providers),
      group(
        'Hosts',
        'host',
        hosts.map(({ name }) => name),
      ),
      hosts.length < 2
        ? null
        : element('optgroup', { label: 'Links' }, element('option', { value: 'link' }, 'the link between …')),
    )
    const end = (label: string) =>
      element('select', { 'aria-label': label }, ...hosts.map(({ name }) => element('option', { value: name }, name)))
    const [one, two] = [end('One end of the link'), end('Other end of the link')]
    two.selectedIndex = 1
    const link = element(
      'form',
      { class: 'link' },
      one,
      element('span', {}, '–'),
      two,
      element('button', { type: 'submit' }, 'Cut'),
    )
    link.hidden = true
    what.addEventListener('change', () => {
      link.hidden = what.value !== 'link'
      if (what.value === 'link' || what.value === '') return
      this.lose([what.value])
      what.value = ''
    })
    link.addEventListener('submit', event => {
      event.preventDefault()
      if (one.value === two.value) return say('A link has two ends')
      this.lose([`link:${[one.value, two.value].toSorted().join('-')}`])
    })
    return element('div', { class: 'choice' }, what, link)
  }

  #singlesChoice(): HTMLElement {
    const hosts = this.#hosts.length
    const all = (hosts * (hosts - 1)) / 2
    const button = element('button', { type: 'button', id: 'every' }, 'Every single loss')
    const links = element('input', { type: 'checkbox', id: 'links' })
    links.checked = all <= mostLinks
    button.addEventListener('click', () => void this.#lookAtAll(links.checked))
    return element(
      'p',
      { class: 'every' },
      button,
      all === 0 ? null : element('label', { for: 'links' }, links, ` with its ${counted(all, 'link')}`),
    )
  }

  async #lookAtAll(links: boolean): Promise<void> {
    this.#round += 1
    const round = this.#round
    const progress = element('progress', { 'aria-label': 'Losses looked at' })
    this.#singles.replaceChildren(progress)
    const bad: Outcome[] = []
    let [looked, stopping] = [0, 0]
    let until = performance.now() + stretch
    for (const loss of singleLosses(this.#hosts)) {
      if (!links && loss.loss.links.size > 0) break
      const outcome = outcomeOf(loss, this.#losing)
      looked += 1
      if (outcome.effects.some(hurts)) stopping += 1
      if (outcome.effects.some(effect => hurts(effect) || effect.quorum === false) || outcome.broken.length > 0)
        bad.push(outcome)
      if (performance.now() < until) continue
      await new Promise(resolve => setTimeout(resolve))
      if (round !== this.#round) return
      until = performance.now() + stretch
    }
    const said = `${counted(looked, 'loss').replace(/losss$/, 'losses')} looked at: ${stopping === 0 ? 'nothing stops writing' : `${stopping} stop or lose something`}.`
    this.#singles.replaceChildren(element('p', {}, said), ...(bad.length === 0 ? [] : [overview(bad)]))
    say(said)
  }
}

function detail({ lost, effects, broken }: Outcome): readonly Node[] {
  return [
    element('h3', {}, `Without ${lost}`),
    effects.length === 0
      ? element('p', {}, 'The mesh has no services.')
      : table(
          effectHead,
          effects.map(effect => ({ cells: effectRow(effect), at: `role:${effect.id}` })),
        ),
    broken.length === 0
      ? element('p', {}, 'No flow breaks.')
      : element(
          'details',
          broken.length <= 12 ? { open: '' } : {},
          element(
            'summary',
            {},
            element('h3', {}, 'Broken flows'),
            element('span', { class: 'aside' }, String(broken.length)),
          ),
          element(
            'ul',
            { id: 'broken' },
            ...broken
              .slice(0, mostRows)
              .map(name =>
                element('li', {}, element('button', { type: 'button', class: 'go', 'data-at': `flow:${name}` }, name)),
              ),
            broken.length > mostRows ? element('li', { class: 'hint' }, `and ${broken.length - mostRows} more`) : null,
          ),
        ),
  ]
}

const overview = (bad: readonly Outcome[]): HTMLElement =>
  element(
    'div',
    {},
    table(
      overviewHead,
      bad.slice(0, mostRows).map(outcome => ({ cells: overviewRow(outcome), lose: outcome.lost })),
    ),
    bad.length > mostRows ? element('p', { class: 'hint' }, `and ${bad.length - mostRows} more`) : null,
  )

interface Row {
  readonly cells: readonly string[]
  /** Where its first cell leads, or what it loses. */
  readonly at?: string
  readonly lose?: string
}

/** A narrow column breaks `cloud/cron` after the slash, and no word. */
const breakable = (text: string): readonly (Node | string)[] =>
  text.split(/(?<=\/)/).flatMap((part, i) => (i === 0 ? [part] : [element('wbr'), part]))

/** Words in capitals are bad news. */
const table = (head: readonly string[], rows: readonly Row[]): HTMLElement =>
  element(
    'div',
    { class: 'wide', role: 'group', 'aria-label': 'What is left', tabindex: '0' },
    element(
      'table',
      {},
      element('thead', {}, element('tr', {}, ...head.map(cell => element('th', { scope: 'col' }, cell)))),
      element(
        'tbody',
        {},
        ...rows.map(({ cells: [first = '', ...rest], at, lose }) =>
          element(
            'tr',
            {},
            element(
              'th',
              { scope: 'row' },
              element(
                'button',
                {
                  type: 'button',
                  class: 'go',
                  ...(lose === undefined ? { 'data-at': at ?? '' } : { 'data-only': lose }),
                },
                ...breakable(first),
              ),
            ),
            ...rest.map(cell =>
              element('td', cell === 'NO' || cell === 'LOST' ? { class: 'bad' } : {}, ...breakable(cell)),
            ),
          ),
        ),
      ),
    ),
  )
