/** What is drawn of a host, by how many there are: a card with its jails by name, a card with their colours, or a dot. */
import { cell, type Point, type Size } from '../layout.ts'
import type { Graph, GraphHost, GraphJail } from '../graph.ts'

export type Detail = 'card' | 'compact' | 'dot'

/** Every host fills the same cell, so that nobody moves when a mesh grows: less is said, in larger letters. */
export const detailOf = ({ hosts }: Pick<Graph, 'hosts'>): Detail =>
  hosts.length <= 24 ? 'card' : hosts.length <= 80 ? 'compact' : 'dot'

export interface Box extends Point, Size {}

interface Grid {
  /** Above the first chip. */
  readonly head: number
  readonly columns: number
  readonly rows: number
  readonly chip: Size
  readonly gap: number
}

const side = 9
const grids: Readonly<Record<'card' | 'compact', Grid>> = {
  card: { head: 49, columns: 2, rows: 9, chip: { width: 113, height: 16 }, gap: 2.5 },
  compact: { head: 112, columns: 12, rows: 5, chip: { width: 15, height: 15 }, gap: 4 },
}
export const dot = { radius: 50, below: 40 } as const

/** How many of so many jails are shown; the last place says how many more there are. */
export function shownOf(jails: number, detail: Detail): number {
  if (detail === 'dot') return 0
  const { columns, rows } = grids[detail]
  return jails <= columns * rows ? jails : columns * rows - 1
}

/** Around the middle of its cell. */
export function cardBox(at: Point, jails: number, detail: Detail): Box {
  if (detail === 'dot')
    return { x: at.x - cell.width / 2, y: at.y - cell.height / 2, width: cell.width, height: cell.height }
  const { head, columns, rows, chip, gap } = grids[detail]
  const used = Math.min(rows, Math.ceil(jails / columns))
  const height = head + (used === 0 ? 0 : used * (chip.height + gap) - gap + side)
  return { x: at.x - cell.width / 2, y: at.y - height / 2, width: cell.width, height }
}

/** The n-th chip of a card. */
export function chipBox(card: Box, n: number, detail: 'card' | 'compact'): Box {
  const { head, columns, chip, gap } = grids[detail]
  const between = (cell.width - 2 * side - columns * chip.width) / (columns - 1)
  return {
    x: card.x + side + (n % columns) * (chip.width + between),
    y: card.y + head + Math.floor(n / columns) * (chip.height + gap),
    ...chip,
  }
}

export function jailsByHost({ jails }: Pick<Graph, 'jails'>): ReadonlyMap<string, readonly GraphJail[]> {
  const byHost = new Map<string, GraphJail[]>()
  for (const jail of jails) byHost.set(jail.host, [...(byHost.get(jail.host) ?? []), jail])
  return byHost
}

/** The circle is above the middle, the name below it. */
export const dotAt = ({ x, y }: Point): Point => ({ x, y: y - dot.below })

/** Hosts that take what comes from anywhere. */
export function edgesOf({ flows, jails }: Pick<Graph, 'flows' | 'jails'>): ReadonlySet<string> {
  const hostOf = new Map(jails.map(jail => [jail.id, jail.host]))
  return new Set(
    flows
      .filter(({ from }) => from.external && from.word === 'outside')
      .flatMap(({ to }) => [...to.hosts, ...to.jails.map(id => hostOf.get(id) ?? '')]),
  )
}

/** What is said of a host besides its name. */
export const marksOf = (host: GraphHost, edges: ReadonlySet<string>): readonly string[] => [
  ...(host.nat ? ['NAT'] : []),
  ...(host.gateway ? ['gateway'] : []),
  ...(edges.has(host.name) ? ['internet'] : []),
]
