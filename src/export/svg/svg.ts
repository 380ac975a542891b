/**
 * The map of a mesh as one SVG: regions as sectors, hosts as cards with their jails, tunnels through the centre. All
 * colours come from custom properties, so that it is light or dark as its reader is; nothing is said by colour alone.
 */
import type { Loss } from '../../../topology/place/whatif.ts'
import type { Graph, GraphHost, GraphJail, GraphTunnel } from '../graph.ts'
import { bendOf, curve, type Layout, layoutOf, onCurve, type Point, tunnelPath } from '../layout.ts'
import {
  type Box,
  cardBox,
  chipBox,
  type Detail,
  detailOf,
  dot,
  dotAt,
  edgesOf,
  jailsByHost,
  marksOf,
  shownOf,
} from './card.ts'
import { type Effects, effectsOf, type State } from './effects.ts'
import { boundsOf, type Ground, groundsOf, outlineOf } from './ground.ts'
import { legendOf } from './legend.ts'
import { kindsOf, type Kinds } from './kinds.ts'
import { type Bends, bendsOf } from './routes.ts'
import { mapCss } from './style.ts'
import { regionHues } from './theme.ts'
import { cut, widthOf, xml } from './text.ts'

export interface MapOptions {
  /** What if these were gone? */
  readonly lost?: Loss
  /** `auto`: as the reader's system, or the page around it, has it. */
  readonly theme?: 'auto' | 'light' | 'dark'
  /** Hosts can be reached with the keyboard. */
  readonly interactive?: boolean
}

/** Above this many, tunnels are drawn as one bundle for each pair of regions. */
export const mostTunnels = 780

export function svgMap(graph: Graph, options: MapOptions = {}): string {
  const layout = layoutOf(graph)
  const [jails, detail] = [jailsByHost(graph), detailOf(graph)]
  const boxes = new Map(
    [...layout.hosts].map(([name, middle]) => [name, cardBox(middle, jails.get(name)?.length ?? 0, detail)]),
  )
  const grounds = groundsOf(graph, layout, boxes)
  const bounds = extentOf(grounds)
  const bends: Bends = graph.tunnels.length > mostTunnels ? new Map<string, Point>() : bendsOf(graph, layout, boxes)
  const effects = options.lost === undefined ? null : effectsOf(graph, options.lost)
  const picture: Picture = {
    ...{
      graph,
      layout,
      effects,
      detail,
      jails,
      boxes,
      grounds,
      bends,
      bounds,
      interactive: options.interactive === true,
    },
    ...{ kinds: kindsOf(graph), edges: edgesOf(graph), pairs: pairsOf(graph) },
    scale: Math.max(1, Math.round((bounds.width / 1300) * 10) / 10),
  }
  const { scale } = picture
  const margin = 28 * scale
  const head = 78 * scale
  const width = Math.max(bounds.width + 2 * margin, 640)
  const left = bounds.x + bounds.width / 2 - width / 2
  const bottom = bounds.y + bounds.height
  const legend = legendOf(picture, { x: left + margin, y: bottom + margin, width: width - 2 * margin })
  const view = [left, bounds.y - head, width, bounds.height + head + margin + legend.height + margin].map(round)
  const named = options.theme === undefined || options.theme === 'auto' ? '' : ` data-theme="${options.theme}"`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="map ${picture.detail}" viewBox="${view.join(' ')}" role="img" aria-labelledby="map-title map-desc"${named}>`,
    `<title id="map-title">${xml(`The mesh ${graph.mesh}`)}</title>`,
    `<desc id="map-desc">${xml(descriptionOf(graph, effects))}</desc>`,
    `<style>${mapCss}</style>`,
    `<rect class="paper" x="${view[0]}" y="${view[1]}" width="${view[2]}" height="${view[3]}"/>`,
    ...titleOf(picture, left + margin, bounds.y - head + 44 * scale),
    ...graph.regions.flatMap((_, n) => regionOf(picture, n)),
    '<g class="tunnels">',
    ...tunnelsOf(picture),
    '</g>',
    ...labelsOf(picture),
    '<g class="hosts">',
    ...graph.hosts.flatMap(host => hostOf(picture, host)),
    '</g>',
    ...legend.lines,
    '</svg>',
    '',
  ].join('\n')
}

export interface Picture {
  readonly graph: Graph
  readonly layout: Layout
  readonly effects: Effects | null
  readonly detail: Detail
  readonly interactive: boolean
  readonly kinds: Kinds
  readonly jails: ReadonlyMap<string, readonly GraphJail[]>
  readonly edges: ReadonlySet<string>
  /** What is drawn of a host. */
  readonly boxes: ReadonlyMap<string, Box>
  readonly grounds: ReadonlyMap<string, Ground>
  readonly bends: Bends
  readonly bounds: Box
  readonly pairs: readonly Pair[]
  /** How much larger than on a small map letters are that stand outside of cards. */
  readonly scale: number
}

const count = (n: number, one: string): string => `${n} ${one}${n === 1 ? '' : 's'}`

const round = (n: number): number => Math.round(n * 10) / 10

function descriptionOf(graph: Graph, effects: Effects | null): string {
  const { hosts, regions, tunnels, jails, services } = graph
  const size = [
    count(hosts.length, 'host'),
    `in ${count(regions.length, 'region')}`,
    `with ${count(tunnels.length, 'tunnel')}, ${count(jails.length, 'jail')} and ${count(services.length, 'service')}.`,
  ].join(' ')
  const where = regions.map(region => `${region.title}: ${region.hosts.join(', ')}.`).join(' ')
  if (effects === null) return `${size} ${where}`
  const lost = [...effects.hosts].filter(([, state]) => state === 'lost').map(([name]) => name)
  const roles = [...effects.roles.values()].filter(({ state }) => state !== 'ok')
  const links = effects.cut.length
  return [
    `${size} ${where}`,
    ...(lost.length === 0 ? [] : [`Lost: ${lost.join(', ')}.`]),
    ...(links === 0 ? [] : [`Cut: ${count(links, 'tunnel')}.`]),
    ...(roles.length === 0 ? ['All services work.'] : roles.map(role => `${role.id} ${role.says}.`)),
  ].join(' ')
}

function titleOf({ graph, scale, bounds }: Picture, x: number, y: number): readonly string[] {
  const words = [
    count(graph.hosts.length, 'host'),
    count(graph.regions.length, 'region'),
    count(graph.tunnels.length, 'tunnel'),
    ...[graph.overlay.inet, graph.overlay.inet6],
  ].join(' · ')
  const room = Math.max(bounds.width, 560)
  return [
    `<text class="mesh" x="${round(x)}" y="${round(y)}" font-size="${round(34 * scale)}">${xml(cut(graph.mesh, room, 34 * scale, 'bold'))}</text>`,
    `<text class="soft" x="${round(x)}" y="${round(y + 24 * scale)}" font-size="${round(15 * scale)}">${xml(cut(words, room, 15 * scale))}</text>`,
  ]
}

// Regions

/** All grounds. */
function extentOf(grounds: ReadonlyMap<string, Ground>): Box {
  const boxes = [...grounds.values()].map(boundsOf)
  const [x, y] = [Math.floor(Math.min(...boxes.map(box => box.x))), Math.floor(Math.min(...boxes.map(box => box.y)))]
  const [right, bottom] = [
    Math.ceil(Math.max(...boxes.map(box => box.x + box.width))),
    Math.ceil(Math.max(...boxes.map(box => box.y + box.height))),
  ]
  return boxes.length === 0 ? { x: 0, y: 0, width: 0, height: 0 } : { x, y, width: right - x, height: bottom - y }
}

function regionOf({ graph, grounds }: Picture, n: number): readonly string[] {
  const region = graph.regions[n]
  const ground = region === undefined ? undefined : grounds.get(region.name)
  if (region === undefined || ground === undefined) return []
  const { text, size, box } = ground.title
  return [
    `<g class="region" data-region="${xml(region.name)}">`,
    `<title>${xml(`${region.title}: ${count(region.hosts.length, 'host')}`)}</title>`,
    `<path class="ground r${n % regionHues}" d="${outlineOf(ground)}"/>`,
    `<text class="region-title r${n % regionHues}" x="${round(box.x + box.width / 2)}" y="${round(box.y + size * 0.9)}" font-size="${round(size)}" text-anchor="middle">${xml(text)}</text>`,
    '</g>',
  ]
}

// Tunnels

export interface Pair {
  readonly regions: readonly [string, string]
  readonly tunnels: readonly GraphTunnel[]
}

/** Tunnels by the regions at their ends, in the order of their names. */
export function pairsOf({ hosts, regions, tunnels }: Pick<Graph, 'hosts' | 'regions' | 'tunnels'>): readonly Pair[] {
  const names = regions.map(region => region.name).toSorted()
  const ranks = new Map(names.map((name, n) => [name, n]))
  const rankOf = new Map(hosts.map(host => [host.name, ranks.get(host.region) ?? 0]))
  const pairs: GraphTunnel[][] = []
  // Half a million tunnels of a thousand hosts: those of one host follow each other.
  let [last, a] = ['', 0]
  for (const tunnel of tunnels) {
    if (tunnel.a !== last) [last, a] = [tunnel.a, rankOf.get(tunnel.a) ?? 0]
    const b = rankOf.get(tunnel.b) ?? 0
    const at = a < b ? a * names.length + b : b * names.length + a
    const known = pairs[at]
    if (known === undefined) pairs[at] = [tunnel]
    else known.push(tunnel)
  }
  return names.flatMap((one, i) =>
    names.flatMap((other, k) => {
      const between = pairs[i * names.length + k]
      return between === undefined ? [] : [{ regions: [one, other] as const, tunnels: between }]
    }),
  )
}

const stateClass = (state: State | undefined): string => (state === undefined || state === 'ok' ? '' : ` ${state}`)

export const tripText = ({ milliseconds, estimated }: GraphTunnel['roundTrip']): string =>
  `${estimated ? '≈ ' : ''}${milliseconds < 10 ? round(milliseconds) : Math.round(milliseconds)} ms`

const tripTitle = ({ roundTrip }: GraphTunnel): string =>
  `${tripText(roundTrip)}${roundTrip.estimated ? ', estimated' : ''}`

function tunnelsOf(picture: Picture): readonly string[] {
  const { graph, layout, bends, effects } = picture
  const drawn = (tunnel: GraphTunnel) => {
    const state = effects?.tunnel(tunnel)
    const said = state === undefined || state === 'ok' ? '' : `: ${state === 'broken' ? 'cut' : state}`
    return `<path class="tunnel${stateClass(state)}" data-a="${xml(tunnel.a)}" data-b="${xml(tunnel.b)}" d="${tunnelPath(layout, tunnel.a, tunnel.b, bends.get(`${tunnel.a} ${tunnel.b}`))}"><title>${xml(`${tunnel.a} – ${tunnel.b}, ${tripTitle(tunnel)}${said}`)}</title></path>`
  }
  if (graph.tunnels.length <= mostTunnels) return graph.tunnels.map(drawn)
  return picture.pairs.flatMap(pair =>
    pair.tunnels.length === 1 ? pair.tunnels.map(drawn) : [bundleOf(picture, pair)],
  )
}

function bundleOf({ layout, grounds, effects }: Picture, { regions, tunnels }: Pair): string {
  let [fine, broken] = [0, false]
  for (const tunnel of tunnels) {
    const state = effects?.tunnel(tunnel) ?? 'ok'
    if (state === 'ok') fine += 1
    else if (state === 'broken') broken = true
  }
  const state: State = fine === tunnels.length ? 'ok' : fine > 0 ? 'degraded' : broken ? 'broken' : 'lost'
  const [a, b] = regions
  const left = fine === tunnels.length ? '' : `, ${fine} left`
  const first = tunnels[0]
  const title = `${a === b ? `within ${a}` : `${a} – ${b}`}: ${count(tunnels.length, 'tunnel')}${first === undefined ? '' : `, ${tripTitle(first)}`}${left}`
  const broad = round(Math.min(14, 1.5 + Math.sqrt(tunnels.length) / 4) * Math.max(1, layout.reach / 1400))
  return `<path class="bundle${stateClass(state)}" data-regions="${xml(`${a} ${b}`)}" stroke-width="${broad}" d="${bundlePath(grounds, a, b)}"><title>${xml(title)}</title></path>`
}

/** From door to door; within a region, all around it. */
function bundlePath(grounds: Picture['grounds'], a: string, b: string): string {
  const [from, to] = [grounds.get(a), grounds.get(b)]
  if (from === undefined || to === undefined) return ''
  return a === b ? outlineOf(from) : curve(from.door, to.door)
}

/** Above this many regions, the labels of their pairs would cover all else. */
const mostLabelled = 12

/** What was measured, once for each pair of regions, where nothing else is. */
function labelsOf(picture: Picture): readonly string[] {
  const { graph, boxes, grounds, scale, pairs } = picture
  if (graph.regions.length > mostLabelled) return []
  const size = 12.5 * scale
  const taken: Box[] = [...boxes.values(), ...[...grounds.values()].map(({ title }) => title.box)]
  return pairs.flatMap(({ regions: [a, b], tunnels }) => {
    const trip = tunnels[0]?.roundTrip
    if (a === b || trip === undefined || trip.estimated) return []
    const text = tripText(trip)
    const [width, height] = [widthOf(text, size) + size, size * 1.7]
    for (const { from, to, bend } of linesOf(picture, { regions: [a, b], tunnels }, graph.tunnels.length))
      for (const t of [0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74]) {
        const middle = onCurve(from, to, t, bend)
        const box = { x: middle.x - width / 2, y: middle.y - height / 2, width, height }
        if (taken.some(other => overlap(box, other))) continue
        taken.push(box)
        return [
          `<g class="trip" data-regions="${xml(`${a} ${b}`)}"><title>${xml(`${a} – ${b}: ${text}, measured`)}</title>` +
            `<rect x="${round(box.x)}" y="${round(box.y)}" width="${round(width)}" height="${round(height)}" rx="${round(height / 2)}"/>` +
            `<text x="${middle.x}" y="${round(middle.y + size * 0.36)}" font-size="${round(size)}" text-anchor="middle">${xml(text)}</text></g>`,
        ]
      }
    return []
  })
}

/** The lines that are drawn between two regions, those of the innermost hosts first. */
function linesOf({ layout, grounds, bends }: Picture, { regions: [a, b], tunnels }: Pair, all: number) {
  const [from, to] = [grounds.get(a), grounds.get(b)]
  if (all > mostTunnels && tunnels.length > 1 && from !== undefined && to !== undefined)
    return [{ from: from.door, to: to.door, bend: bendOf(from.door, to.door) }]
  return tunnels
    .flatMap(tunnel => {
      const [near, far] = [layout.hosts.get(tunnel.a), layout.hosts.get(tunnel.b)]
      return near === undefined || far === undefined
        ? []
        : [{ from: near, to: far, bend: bends.get(`${tunnel.a} ${tunnel.b}`) ?? bendOf(near, far) }]
    })
    .toSorted((one, other) => lengthOf(one) - lengthOf(other))
    .slice(0, 5)
}

const lengthOf = ({ from, to }: { readonly from: Point; readonly to: Point }): number =>
  Math.hypot(from.x, from.y) + Math.hypot(to.x, to.y)

const overlap = (a: Box, b: Box): boolean =>
  a.x < b.x + b.width + 4 && b.x < a.x + a.width + 4 && a.y < b.y + b.height + 4 && b.y < a.y + a.height + 4

// Hosts

const stateWords: Readonly<Record<State, string>> = {
  ok: '',
  lost: 'lost',
  broken: 'cut off',
  degraded: 'tunnels cut',
}

function hostOf(picture: Picture, host: GraphHost): readonly string[] {
  const { layout, boxes, detail, effects, jails, edges, interactive } = picture
  const middle = layout.hosts.get(host.name)
  if (middle === undefined) return []
  const mine = jails.get(host.name) ?? []
  const state = effects?.hosts.get(host.name) ?? 'ok'
  const marks = marksOf(host, edges)
  const title = [
    `${host.name}, ${host.address.inet}, ${host.address.inet6}`,
    [host.class, host.provider, ...marks].filter(word => word !== null).join(', '),
    count(mine.length, 'jail'),
    ...(state === 'ok' ? [] : [stateWords[state]]),
  ].join('\n')
  const classes = `host${stateClass(state)}${edges.has(host.name) ? ' edge' : ''}`
  const key = interactive ? ' tabindex="0"' : ''
  return [
    `<g class="${classes}" id="host-${xml(host.name)}" data-host="${xml(host.name)}" data-region="${xml(host.region)}"${key}>`,
    // One line for each: printable() would make one of all.
    `<title>${title.split('\n').map(xml).join('\n')}</title>`,
    ...(detail === 'dot'
      ? dotOf(host, middle, mine, { state, marks })
      : cardOf(picture, host, {
          box: boxes.get(host.name) ?? cardBox(middle, mine.length, detail),
          mine,
          state,
          marks,
          detail,
        })),
    '</g>',
  ]
}

function dotOf(
  host: GraphHost,
  middle: Point,
  mine: readonly GraphJail[],
  { state, marks }: { readonly state: State; readonly marks: readonly string[] },
): readonly string[] {
  const { x, y } = dotAt(middle)
  const word = state === 'ok' ? (marks[0] ?? '') : stateWords[state]
  const ring = host.nat ? ' nat' : ''
  return [
    `<circle class="card${ring}" cx="${x}" cy="${y}" r="${dot.radius}"/>`,
    ...(host.gateway ? [`<circle class="ring" cx="${x}" cy="${y}" r="${dot.radius - 8}"/>`] : []),
    `<text class="number" x="${x}" y="${round(y + 13)}" font-size="36" text-anchor="middle">${mine.length}</text>`,
    `<text class="name" x="${x}" y="${round(middle.y + 62)}" font-size="40" text-anchor="middle">${xml(cut(host.name, 250, 40, 'bold'))}</text>`,
    ...(word === ''
      ? []
      : [
          `<text class="mark-text" x="${x}" y="${round(middle.y + 92)}" font-size="24" text-anchor="middle">${xml(word)}</text>`,
        ]),
    strike({ x: x - dot.radius, y: y - dot.radius, width: 2 * dot.radius, height: 2 * dot.radius }),
  ]
}

interface Card {
  readonly box: Box
  readonly mine: readonly GraphJail[]
  readonly state: State
  readonly marks: readonly string[]
  readonly detail: 'card' | 'compact'
}

const strike = ({ x, y, width, height }: Box): string =>
  `<path class="strike" d="M${round(x)} ${round(y)}l${round(width)} ${round(height)}m0 ${round(-height)}l${round(-width)} ${round(height)}"/>`

/** Sizes of the letters of a card. */
const letters = {
  card: { name: 15.5, small: 10, address: 10.5, mark: 9, chip: 10, first: 21, second: 38, radius: 9 },
  compact: { name: 36, small: 19, address: 22, mark: 16, chip: 14, first: 42, second: 72, radius: 14 },
} as const

function cardOf(picture: Picture, host: GraphHost, card: Card): readonly string[] {
  const { box, detail, mine } = card
  const size = letters[detail]
  const [left, right, room] = [box.x + 10, box.x + box.width - 10, box.width - 20]
  const small = [host.class, host.provider].filter(word => word !== null).join(' · ')
  // A long name leaves its neighbour a third; a compact card has a line for each.
  const smallText = cut(
    small,
    detail === 'card' ? Math.max(70, room - widthOf(host.name, size.name, 'bold') - 8) : room - 60,
    size.small,
  )
  const beside = detail === 'card' ? widthOf(smallText, size.small) + 8 : 0
  const words = [...(card.state === 'ok' ? [] : [stateWords[card.state]]), ...card.marks]
  const pills = pillsOf(words, { right, middle: box.y + (detail === 'card' ? size.second - 3.5 : 93), size: size.mark })
  const shown = shownOf(mine.length, detail)
  const rest = mine.length - shown
  const last = chipBox(box, shown, detail)
  return [
    `<rect class="card" x="${round(box.x)}" y="${round(box.y)}" width="${box.width}" height="${round(box.height)}" rx="${size.radius}"/>`,
    `<text class="name" x="${round(left)}" y="${round(box.y + size.first)}" font-size="${size.name}">${xml(cut(host.name, room - beside, size.name, 'bold'))}</text>`,
    `<text class="address" x="${round(left)}" y="${round(box.y + size.second)}" font-size="${size.address}">${xml(cut(host.address.inet, detail === 'card' ? room - pills.width - 6 : room, size.address))}</text>`,
    detail === 'card'
      ? `<text class="soft" x="${round(right)}" y="${round(box.y + size.first - 1)}" font-size="${size.small}" text-anchor="end">${xml(smallText)}</text>`
      : `<text class="soft" x="${round(left)}" y="${round(box.y + 99)}" font-size="${size.small}">${xml(cut(small, room - pills.width - 8, size.small))}</text>`,
    ...pills.lines,
    ...mine.slice(0, shown).map((jail, n) => chipOf(picture, jail, chipBox(box, n, detail), detail)),
    ...(rest === 0
      ? []
      : [
          `<text class="soft more" x="${round(last.x + last.width / 2)}" y="${round(last.y + last.height / 2 + 3.6)}" font-size="${size.chip}" text-anchor="middle">+${rest}<title>${mine
            .slice(shown)
            .map(jail => xml(jail.name))
            .join('\n')}</title></text>`,
        ]),
    strike(box),
  ]
}

/** Words in frames, from the right to the left. */
function pillsOf(
  words: readonly string[],
  { right, middle, size }: { readonly right: number; readonly middle: number; readonly size: number },
): { readonly lines: readonly string[]; readonly width: number } {
  let x = right
  const lines = words.map(word => {
    const width = widthOf(word, size) + size * 0.9
    x -= width
    const line =
      `<g class="pill ${word === 'NAT' || word === 'gateway' || word === 'internet' ? word.toLowerCase() : 'state'}">` +
      `<rect x="${round(x)}" y="${round(middle - size * 0.75)}" width="${round(width)}" height="${round(size * 1.5)}" rx="${round(size * 0.75)}"/>` +
      `<text x="${round(x + width / 2)}" y="${round(middle + size * 0.36)}" font-size="${size}" text-anchor="middle">${xml(word)}</text></g>`
    x -= size * 0.4
    return line
  })
  return { lines, width: right - x }
}

function chipOf({ effects, kinds }: Picture, jail: GraphJail, box: Box, detail: 'card' | 'compact'): string {
  const state = effects?.jails.get(jail.id)
  const serves = jail.service === null ? '' : ` data-service="${xml(jail.service)}" data-role="${xml(jail.role ?? '')}"`
  const said = state === undefined || state === 'ok' ? '' : `: ${state}`
  const text =
    detail === 'card'
      ? `<text x="${round(box.x + box.width / 2)}" y="${round(box.y + box.height / 2 + 3.6)}" font-size="10" text-anchor="middle">${xml(cut(jail.name, box.width - 6, 10))}</text>`
      : ''
  return (
    `<g class="jail ${kinds.classOf(jail.service)}${stateClass(state)}" data-jail="${xml(jail.id)}"${serves}><title>${xml(`${jail.name}, ${jail.address.inet}${said}`)}</title>` +
    `<rect x="${round(box.x)}" y="${round(box.y)}" width="${box.width}" height="${box.height}" rx="4"/>${text}</g>`
  )
}
