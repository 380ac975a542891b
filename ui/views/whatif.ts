/** What would be left: hosts, regions and providers are marked as lost, and the services answer at once. */
import type { Effect, Loss } from '../../topology/place/whatif.ts'
import type { HostName } from '../../topology/names.ts'
import { type Snapshot } from '../../src/health/snapshot.ts'
import { matcher } from '../filter.ts'
import type { Key } from '../keys.ts'
import { type Line, type Size, type Span, span } from '../line.ts'
import { memo } from '../memo.ts'
import { quorumText } from '../rows/services.ts'
import { cutLinks } from '../rows/tunnels.ts'
import { between, blank } from '../rows/panel.ts'
import { faint, levelOfHost, marked, plural } from '../rows/words.ts'
import { table, widthFor } from '../table.ts'
import { type Body, type Change, type Context, listRows, type View } from './view.ts'

export const whatif: View = {
  name: 'whatif',
  title: () => 'what-if',
  sorts: [],
  filters: true,
  hints: [
    { key: 'space', does: 'lose it' },
    { key: 'a', does: 'what is down now' },
    { key: 'x', does: 'lose nothing' },
  ],
  counts: context => {
    const { hosts, links } = lossOf(context)
    return hosts.size + links.size === 0 ? 'nothing is lost' : `without ${lostText(context)}`
  },
  body,
  target: (_, id) => (id.startsWith('host ') ? { view: 'host', subject: id.slice(5) } : null),
  yaml: (_, id) => (id.startsWith('host ') ? id : null),
  own,
}

function own(context: Context, key: Key, id: string | null): Change | null {
  if (key.kind !== 'char') return null
  if (key.char === ' ' && id !== null) {
    const marks = new Set(context.marks)
    if (!marks.delete(id)) marks.add(id)
    return { marks }
  }
  if (key.char === 'x') return { marks: new Set() }
  if (key.char !== 'a') return null
  const down = downNow(context.snapshot)
  return {
    marks: new Set(down),
    note: down.length === 0 ? 'nothing is down now' : `lost as now: ${plural(down.length, 'thing')}`,
  }
}

/** Hosts that are down, and links that carry nothing in one direction at least. */
const downNow = (snapshot: Snapshot): readonly string[] => [
  ...snapshot.hosts.filter(({ state }) => state === 'down').map(({ name }) => `host ${name}`),
  ...cutLinks(snapshot).map(pair => `link ${pair}`),
]

interface Item {
  /** Of a heading, `head …`. */
  readonly id: string
  readonly name: string
  readonly about: Span
  readonly hosts: readonly HostName[]
}

const heading = (name: string): Item => ({ id: `head ${name}`, name, about: span(''), hosts: [] })
const isHeading = ({ id }: Item): boolean => id.startsWith('head ')

const itemsOf = memo<readonly (readonly Item[])[]>()

/** Regions, providers, hosts; links only where they are lost: there are too many to choose from. */
function items({ snapshot, page, marks }: Context): readonly Item[] {
  const passes = matcher(page.filter)
  const groups = itemsOf(snapshot, '', () => {
    const { fleet, hosts } = snapshot
    const providers = [...new Set(fleet.hosts.flatMap(({ provider }) => provider ?? []))].toSorted()
    const namesOf = (numbers: readonly number[]) => numbers.flatMap(number => fleet.hosts[number]?.name ?? [])
    return [
      fleet.regions.map(({ name, hosts: numbers }): Item => ({
        ...{ id: `region ${name}`, name, hosts: namesOf(numbers) },
        about: faint(plural(numbers.length, 'host')),
      })),
      providers.map((name): Item => {
        const own = fleet.hosts.filter(({ provider }) => provider === name)
        return {
          id: `provider ${name}`,
          name,
          hosts: own.map(host => host.name),
          about: faint(plural(own.length, 'host')),
        }
      }),
      fleet.hosts.map(({ name, number, region }): Item => {
        const state = hosts[number]?.state ?? 'unknown'
        const about = state === 'up' ? faint(region) : marked(levelOfHost(state), `${state} now`)
        return { id: `host ${name}`, name, hosts: [name], about }
      }),
    ]
  })
  const links = [...marks]
    .filter(mark => mark.startsWith('link '))
    .map((id): Item => ({ id, name: id.slice(5).replace(' ', ' - '), about: faint('link'), hosts: [] }))
  return ['LINKS', 'REGIONS', 'PROVIDERS', 'HOSTS'].flatMap((title, i) => {
    const found = ([links, ...groups][i] ?? []).filter(({ id, about }) => passes([id, about.text]))
    return found.length === 0 ? [] : [heading(title), ...found]
  })
}

const losses = memo<Loss>(1)
function lossOf({ snapshot: { fleet }, marks }: Context): Loss {
  return losses(marks, fleet.mesh, () => ({
    hosts: new Set(
      fleet.hosts
        .filter(({ name, region, provider }) =>
          [`host ${name}`, `region ${region}`, `provider ${provider ?? ''}`].some(mark => marks.has(mark)),
        )
        .map(({ name }) => name),
    ),
    links: new Set([...marks].filter(mark => mark.startsWith('link ')).map(mark => mark.slice(5))),
  }))
}

const effects = memo<readonly Effect[]>(1)
function effectsOf(context: Context): readonly Effect[] {
  const { fleet } = context.snapshot
  return effects(context.marks, fleet.mesh, () => fleet.lose(lossOf(context)))
}

function lostText(context: Context): string {
  const names = [...context.marks].map(mark => mark.slice(mark.indexOf(' ') + 1).replace(' ', ' - '))
  return names.length <= 3 ? names.join(', ') : `${names.slice(0, 2).join(', ')} and ${names.length - 2} more`
}

function body(context: Context, room: Size): Body {
  const list = items(context)
  const loss = lossOf(context)
  const panel = room.columns >= 120 ? Math.min(110, room.columns - 46) : Math.max(20, room.columns - 28)
  const width = room.columns - panel - between - 2
  const narrow = width < 30
  const laid = table<Item>(
    [
      { title: '', width: 3, cell: item => lostMark(item, context.marks, loss) },
      {
        ...{ title: '', width: 10, grows: true },
        cell: ({ name, about }) => (narrow && about.tone !== 'faint' ? [span(`${name} `), about] : span(name)),
      },
      { title: '', width: 14, spare: 1, cell: ({ about }) => about },
    ],
    width,
  )
  return {
    rows: listRows(
      list,
      item => (isHeading(item) ? [faint(item.name)] : laid.line(item)),
      item => !isHeading(item),
    ),
    beside: { width: panel, lines: effectLines(context, panel, room.rows) },
    empty: page(context),
  }
}

const page = ({ page: { filter } }: Context): string =>
  filter === '' ? 'This mesh has no hosts.' : 'Nothing has these words.'

/** `✗` marked here, `-` lost with something else. */
function lostMark({ id, hosts }: Item, marks: ReadonlySet<string>, loss: Loss): Span {
  if (marks.has(id)) return span('[✗]', 'bad')
  return hosts.length > 0 && hosts.every(host => loss.hosts.has(host)) ? span('[-]', 'warn') : faint('[ ]')
}

function effectLines(context: Context, width: number, height: number): readonly Line[] {
  const all = effectsOf(context)
  const loss = lossOf(context)
  if (all.length === 0) return [[faint('This mesh has no services: nothing to lose.')]]
  const stops = all.filter(({ writes }) => !writes).length
  const gone = all.filter(({ dataLost }) => dataLost).length
  const nothing = loss.hosts.size + loss.links.size === 0
  const verdict: Line = nothing
    ? [faint('Mark what is lost with space.')]
    : stops + gone === 0
      ? [marked('ok', 'everything still writes, and no data is lost')]
      : [
          marked(
            'bad',
            [
              stops > 0 ? `${plural(stops, 'role')} no longer ${stops === 1 ? 'writes' : 'write'}` : '',
              gone > 0 ? `data of ${plural(gone, 'role')} lost` : '',
            ]
              .filter(text => text !== '')
              .join(', '),
          ),
        ]
  const laid = table<Effect>(
    [
      {
        title: 'ROLE',
        width: widthFor(
          all.map(({ id }) => id),
          10,
          20,
        ),
        grows: true,
        cell: effect => span(effect.id, hurts(effect) ? 'bad' : effect.lost.length > 0 ? 'warn' : 'plain'),
      },
      {
        title: 'LEFT',
        width: 5,
        right: true,
        cell: ({ left, lost }) =>
          span(`${left.length}/${left.length + lost.length}`, lost.length === 0 ? 'plain' : 'warn'),
      },
      { title: 'QUORUM', width: 6, spare: 1, cell: ({ quorum }) => quorumText(quorum) },
      { title: 'WRITE', width: 5, cell: ({ writes }) => yesNo(writes) },
      { title: 'READ', width: 4, cell: ({ reads }) => yesNo(reads) },
      { title: 'DATA', width: 4, cell: ({ dataLost }) => (dataLost ? span('LOST', 'bad') : span('safe', 'ok')) },
      { title: 'LEFT ON', width: 24, grows: true, spare: 3, cell: ({ left }) => faint(left.join(' ')) },
    ],
    width,
  )
  const sorted = all.toSorted((a, b) => weight(b) - weight(a))
  const room = Math.max(1, height - 4)
  const shown = sorted.length > room ? sorted.slice(0, room - 1) : sorted
  return [
    verdict,
    blank,
    laid.head(),
    ...shown.map(effect => laid.line(effect)),
    ...(shown.length < sorted.length
      ? [[faint(`and ${sorted.length - shown.length} more that are hurt no worse`)]]
      : []),
  ]
}

const hurts = ({ writes, dataLost }: Effect): boolean => !writes || dataLost
const weight = ({ writes, reads, dataLost, lost }: Effect): number =>
  (dataLost ? 8 : 0) + (reads ? 0 : 4) + (writes ? 0 : 2) + (lost.length > 0 ? 1 : 0)
const yesNo = (yes: boolean): Span => (yes ? span('yes', 'ok') : span('NO', 'bad'))
