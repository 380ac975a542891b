/** What stands out in the picture: what is looked at, its tunnels and flows, and what a loss does to it. */
import { tunnelPath, layoutOf } from '../../layout.ts'
import type { Effects } from '../../svg/effects.ts'
import { type Box, curve, ray } from '../curve.ts'
import { counted } from '../facts.ts'
import type { Model, Spot } from '../model.ts'
import { type Place, placeText } from '../state.ts'
import { shape } from './dom.ts'

const states = ['lost', 'broken', 'degraded'] as const
const stateWords: Readonly<Record<string, string>> = { lost: ', lost', broken: ', cut off', degraded: ', tunnels cut' }

export class Picture {
  readonly #svg: SVGSVGElement
  readonly #model: Model
  readonly #layout: ReturnType<typeof layoutOf>
  readonly #hosts = new Map<string, SVGGElement>()
  readonly #jails = new Map<string, SVGGElement>()
  readonly #regions = new Map<string, SVGGElement>()
  readonly #tunnels = new Map<string, SVGPathElement>()
  readonly #boxes = new Map<string, Box>()
  /** Beneath the hosts, and above them. */
  readonly #under = shape('g', { class: 'asked-for' })
  readonly #over = shape('g', { class: 'asked-for' })
  #shown: string | null = null
  #marked: Element[] = []
  #hurt: Element[] = []

  constructor(svg: SVGSVGElement, model: Model) {
    this.#svg = svg
    this.#model = model
    this.#layout = layoutOf(model.graph)
    for (const group of svg.querySelectorAll<SVGGElement>('g.host, g.jail, g.region')) {
      const { host, jail, region } = group.dataset
      if (jail !== undefined) this.#jails.set(jail, group)
      else if (host !== undefined) this.#hosts.set(host, group)
      else if (region !== undefined) this.#regions.set(region, group)
    }
    for (const path of svg.querySelectorAll<SVGPathElement>('path.tunnel'))
      this.#tunnels.set(`${path.dataset['a'] ?? ''} ${path.dataset['b'] ?? ''}`, path)
    const [first] = this.#hosts.values()
    // The child of the picture in which hosts are.
    let before: Element | null = first ?? null
    while (before !== null && before.parentElement !== (svg as Element)) before = before.parentElement
    svg.insertBefore(this.#under, before)
    svg.append(this.#over)
    svg.prepend(shape('defs', {}, arrow('out'), arrow('in')))
    this.#makeReachable()
  }

  /** One stop for the Tab key; from there the arrows lead from host to host. */
  #makeReachable(): void {
    this.#svg.setAttribute('role', 'group')
    this.#svg.setAttribute('tabindex', '0')
    let first = true
    for (const [name, group] of this.#hosts) {
      group.setAttribute('tabindex', first ? '0' : '-1')
      group.setAttribute('role', 'button')
      this.#label(name, group)
      first = false
    }
    this.#svg.addEventListener('focusin', event => {
      const group = event.target instanceof Element ? event.target.closest('g.host') : null
      if (group === null) return
      for (const other of this.#hosts.values())
        if (other.getAttribute('tabindex') === '0') other.setAttribute('tabindex', '-1')
      group.setAttribute('tabindex', '0')
    })
  }

  #label(name: string, group: Element, state = 'ok'): void {
    const region = this.#model.hosts.get(name)?.region ?? ''
    const jails = counted(this.#model.jailsOf(name).length, 'jail')
    group.setAttribute('aria-label', `${name}, host in ${region}, ${jails}${stateWords[state] ?? ''}`)
  }

  /** The next host in the direction of an arrow, if there is one. */
  neighbourOf(name: string, key: string): SVGGElement | null {
    const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key]
    const from = this.#layout.hosts.get(name)
    if (by === undefined || from === undefined) return null
    const [dx = 0, dy = 0] = by
    let best: { readonly name: string; readonly cost: number } | null = null
    for (const [other, to] of this.#layout.hosts) {
      const along = (to.x - from.x) * dx + (to.y - from.y) * dy
      const aside = Math.abs((to.x - from.x) * dy) + Math.abs((to.y - from.y) * dx)
      const cost = along + 2 * aside
      if (along > 1 && aside <= 2 * along && (best === null || cost < best.cost)) best = { name: other, cost }
    }
    return best === null ? null : (this.#hosts.get(best.name) ?? null)
  }

  /** What a point of the picture belongs to. */
  placeAt(target: EventTarget | null): Place | null {
    const group = target instanceof Element ? target.closest<SVGElement>('g.jail, g.host, g.region, path.tunnel') : null
    if (group === null) return null
    const { jail, host, region, a, b } = group.dataset
    if (jail !== undefined) return { kind: 'jail', name: jail }
    if (host !== undefined) return { kind: 'host', name: host }
    if (region !== undefined) return { kind: 'region', name: region }
    return a === undefined || b === undefined ? null : { kind: 'link', name: `${a}-${b}` }
  }

  /** What a place is in the picture, in its units; null: it is not drawn. */
  boxAt(place: Place): DOMRect | null {
    const names = [...this.#model.membersAt(place)]
    const groups =
      place.kind === 'region' ? [this.#regions.get(place.name)] : names.map(name => this.#hosts.get(this.#homeOf(name)))
    const boxes = groups.flatMap(group => (group === undefined ? [] : [group.getBBox()]))
    if (boxes.length === 0) return null
    const [left, top] = [Math.min(...boxes.map(({ x }) => x)), Math.min(...boxes.map(({ y }) => y))]
    const [right, bottom] = [
      Math.max(...boxes.map(({ x, width }) => x + width)),
      Math.max(...boxes.map(({ y, height }) => y + height)),
    ]
    return new DOMRect(left, top, right - left, bottom - top)
  }

  #homeOf(member: string): string {
    return this.#model.jails.get(member)?.host ?? member
  }

  show(place: Place | null): void {
    const text = place === null ? null : placeText(place)
    if (text === this.#shown) return
    this.#shown = text
    for (const element of this.#marked) element.classList.remove('with', 'sibling', 'chosen')
    this.#marked = []
    this.#under.replaceChildren()
    this.#over.replaceChildren()
    this.#svg.classList.toggle('asked', place !== null)
    if (place === null) return
    const lines = this.#model.linesAt(place)
    for (const member of this.#model.membersAt(place))
      this.#mark(member, place.kind === 'region' || place.kind === 'host' ? 'with' : 'chosen')
    if (place.kind === 'host') this.#hosts.get(place.name)?.classList.add('chosen')
    if (place.kind === 'region') this.#markElement(this.#regions.get(place.name), 'with')
    if (place.kind === 'jail') for (const id of this.#model.siblingsOf(place.name)) this.#mark(id, 'sibling')
    for (const { from, to } of lines) for (const { name } of [from, to]) if (name !== '') this.#mark(name, 'with')
    for (const member of this.#model.partnersAt(place)) this.#mark(member, 'with')
    this.#drawTunnels(place)
    const mine = this.#model.membersAt(place)
    const paths: Record<'out' | 'in', SVGElement[]> = { out: [], in: [] }
    for (const { from, to } of lines) {
      const way = from.kind !== 'outside' && mine.has(from.name) ? 'out' : 'in'
      const d = this.#path(from, to)
      if (d !== '') paths[way].push(shape('path', { class: `flow ${way}`, d, 'marker-end': `url(#arrow-${way})` }))
    }
    const above = place.kind !== 'host' && place.kind !== 'region'
    ;(above ? this.#over : this.#under).append(...paths.in, ...paths.out)
  }

  #drawTunnels({ kind, name }: Place): void {
    const ends =
      kind === 'host'
        ? this.#model.graph.tunnelsOf(name).map(({ a, b }) => [a, b] as const)
        : kind === 'link'
          ? [this.#model.linkAt(name)]
          : []
    // One path for all of them: there may be a thousand.
    const d = ends.map(pair => (pair === null ? '' : this.#tunnel(...pair))).join('')
    if (d !== '') this.#under.append(shape('path', { class: 'asked-tunnel', d }))
  }

  /** As it is drawn, if it is. */
  #tunnel(a: string, b: string): string {
    return this.#tunnels.get(`${a} ${b}`)?.getAttribute('d') ?? tunnelPath(this.#layout, a, b)
  }

  #mark(member: string, word: string): void {
    const jail = this.#model.jails.get(member)
    if (jail !== undefined) {
      this.#markElement(this.#jails.get(member), word)
      this.#markElement(this.#hosts.get(jail.host), 'with')
    } else this.#markElement(this.#hosts.get(member), word === 'sibling' ? 'with' : word)
  }

  #markElement(element: Element | undefined, word: string): void {
    if (element === undefined) return
    element.classList.add(word, 'with')
    this.#marked.push(element)
  }

  #path(from: Spot, to: Spot): string {
    const [a, b] = [this.#box(from), this.#box(to)]
    if (a === null) return b === null ? '' : ray(b, 'in', 90)
    return b === null ? ray(a, 'out', 90) : curve(a, b)
  }

  #box({ kind, name }: Spot): Box | null {
    if (kind === 'outside') return null
    const known = this.#boxes.get(name)
    if (known !== undefined) return known
    // A jail that has no place of its own on a small card is where its host is.
    const home = this.#hosts.get(this.#homeOf(name))
    const drawn =
      (kind === 'jail' ? this.#jails.get(name) : undefined) ?? home?.querySelector<SVGGraphicsElement>('.card') ?? home
    if (drawn === undefined) return null
    const { x, y, width, height } = drawn.getBBox()
    const box = { x: x + width / 2, y: y + height / 2, width: width / 2, height: height / 2 }
    this.#boxes.set(name, box)
    return box
  }

  lose(effects: Effects | null): void {
    for (const element of this.#hurt) element.classList.remove(...states)
    for (const [name, group] of this.#hosts) this.#label(name, group, effects?.hosts.get(name))
    this.#hurt = []
    this.#svg.classList.toggle('losing', effects !== null)
    if (effects === null) return
    const set = (element: Element | undefined, state: string | undefined) => {
      if (element === undefined || state === undefined || state === 'ok') return
      element.classList.add(state)
      this.#hurt.push(element)
    }
    for (const [name, group] of this.#hosts) set(group, effects.hosts.get(name))
    for (const [id, group] of this.#jails) set(group, effects.jails.get(id))
    for (const [ends, path] of this.#tunnels) {
      const [a = '', b = ''] = ends.split(' ')
      set(path, effects.tunnel({ a, b }))
    }
    for (const path of this.#svg.querySelectorAll<SVGElement>('path.bundle'))
      set(path, this.#bundleState(path, effects))
  }

  #bundleState(path: SVGElement, effects: Effects): string {
    const [one = '', two = ''] = (path.dataset['regions'] ?? '').split(' ')
    const gone = (region: string) =>
      this.#model.regions.get(region)?.hosts.every(host => effects.hosts.get(host) === 'lost') === true
    return gone(one) || gone(two) ? 'lost' : 'ok'
  }
}

const arrow = (way: 'in' | 'out'): SVGElement =>
  shape(
    'marker',
    {
      ...{ id: `arrow-${way}`, class: `arrow ${way}`, viewBox: '0 0 10 10', refX: '7', refY: '5' },
      ...{ markerWidth: '5', markerHeight: '5', orient: 'auto-start-reverse' },
    },
    shape('path', { d: 'M0 1 9 5 0 9z' }),
  )
