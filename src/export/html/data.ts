/**
 * What the page is given of a graph, and the graph back from it. A thousand hosts have half a million tunnels and flows of
 * whole groups: a tunnel is two numbers here and a group is named once.
 */
import type { Part } from '../../../topology/place/whatif.ts'
import type { Graph, GraphFlow, GraphParty, GraphTunnel } from '../graph.ts'

export interface PageData extends Omit<Graph, 'tunnels' | 'relayed' | 'flows'> {
  readonly tunnels: PackedTunnels
  readonly relayed: readonly PackedRelays[]
  readonly parties: readonly GraphParty[]
  readonly flows: readonly PackedFlow[]
}

interface PackedTunnels {
  /** Are the pairs those that have a tunnel, or the few that have none? */
  readonly pairs: 'joined' | 'apart'
  /** Two numbers of hosts each, in the order of the graph. */
  readonly list: readonly number[]
  /** Seconds, of most of them. */
  readonly keepalive: number
  /** Pairs that send another keepalive: two numbers of hosts and the seconds. */
  readonly other: readonly (readonly [number, number, number])[]
  /** Two names of regions, milliseconds, and whether that is an estimate. */
  readonly trips: readonly (readonly [string, string, number, boolean])[]
}

/** Pairs, two numbers of hosts each, whose packets pass the same others in the same order. */
interface PackedRelays {
  readonly through: readonly string[]
  readonly pairs: readonly number[]
}

/** Numbers are places in `parties`. */
type PackedFlow = Omit<GraphFlow, 'from' | 'to'> & { readonly from: number; readonly to: number }

export function packed(graph: Graph): PageData {
  const places = new Map<string, number>()
  const parties: GraphParty[] = []
  const placeOf = (party: GraphParty): number => {
    const key = JSON.stringify(party)
    const known = places.get(key)
    if (known !== undefined) return known
    places.set(key, parties.length)
    return parties.push(party) - 1
  }
  const flows = graph.flows.map(flow => ({ ...flow, from: placeOf(flow.from), to: placeOf(flow.to) }))
  return { ...graph, tunnels: packedTunnels(graph), relayed: packedRelays(graph), parties, flows }
}

function packedTunnels({ hosts, tunnels }: Graph): PackedTunnels {
  const numbers = new Map(hosts.map(({ name }, i) => [name, i]))
  const regions = new Map(hosts.map(({ name, region }) => [name, region]))
  const numberOf = (name: string) => numbers.get(name) ?? -1
  const counts = new Map<number, number>()
  for (const { keepalive } of tunnels) counts.set(keepalive, (counts.get(keepalive) ?? 0) + 1)
  const keepalive = [...counts].toSorted(([, a], [, b]) => b - a)[0]?.[0] ?? 0
  const trips = new Map<string, readonly [string, string, number, boolean]>()
  const joined = new Set<number>()
  const list: number[] = []
  const other: [number, number, number][] = []
  for (const tunnel of tunnels) {
    const [a, b] = [numberOf(tunnel.a), numberOf(tunnel.b)]
    joined.add(a * hosts.length + b)
    list.push(a, b)
    if (tunnel.keepalive !== keepalive) other.push([a, b, tunnel.keepalive])
    const [one, two] = [regions.get(tunnel.a) ?? '', regions.get(tunnel.b) ?? '']
    const [from, to] = one < two ? [one, two] : [two, one]
    const key = `${from} ${to}`
    if (!trips.has(key)) trips.set(key, [from, to, tunnel.roundTrip.milliseconds, tunnel.roundTrip.estimated])
  }
  const rest = { keepalive, other, trips: [...trips.values()] }
  if (tunnels.length * 4 <= hosts.length * (hosts.length - 1)) return { pairs: 'joined', list, ...rest }
  const apart: number[] = []
  for (let a = 0; a < hosts.length; a += 1)
    for (let b = a + 1; b < hosts.length; b += 1) if (!joined.has(a * hosts.length + b)) apart.push(a, b)
  return { pairs: 'apart', list: apart, ...rest }
}

function packedRelays({ hosts, relayed }: Graph): readonly PackedRelays[] {
  const numbers = new Map(hosts.map(({ name }, i) => [name, i]))
  const relays = new Map<string, { through: readonly string[]; pairs: number[] }>()
  for (const { a, b, through } of relayed) {
    const one = relays.get(through.join(' ')) ?? { through, pairs: [] }
    relays.set(through.join(' '), one)
    one.pairs.push(numbers.get(a) ?? -1, numbers.get(b) ?? -1)
  }
  return [...relays.values()]
}

/** A graph whose tunnels are asked for host by host. */
export interface PageGraph extends Omit<Graph, 'tunnels'> {
  readonly parts: readonly Part[]
  /** By the name of the host at the other end. */
  tunnelsOf(host: string): readonly GraphTunnel[]
}

export function unpacked({ tunnels, relayed, parties, flows, ...graph }: PageData): PageGraph {
  const { hosts } = graph
  const numbers = new Map(hosts.map(({ name }, i) => [name, i]))
  const listed = hosts.map(() => new Set<number>())
  for (let i = 0; i < tunnels.list.length; i += 2) {
    const [a = 0, b = 0] = [tunnels.list[i], tunnels.list[i + 1]]
    listed[a]?.add(b)
    listed[b]?.add(a)
  }
  const other = new Map(tunnels.other.map(([a, b, seconds]) => [`${a} ${b}`, seconds]))
  const trips = new Map(
    tunnels.trips.map(([from, to, milliseconds, estimated]) => [`${from} ${to}`, { milliseconds, estimated }]),
  )
  const tunnel = (a: number, b: number): GraphTunnel => {
    const [one, two] = [hosts[a], hosts[b]]
    const regions = [one?.region ?? '', two?.region ?? ''].toSorted().join(' ')
    return {
      ...{ a: one?.name ?? '', b: two?.name ?? '' },
      keepalive: other.get(`${a} ${b}`) ?? tunnels.keepalive,
      roundTrip: trips.get(regions) ?? { milliseconds: 0, estimated: true },
    }
  }
  const nobody: GraphParty = { word: '', external: true, hosts: [], jails: [] }
  return {
    ...graph,
    relayed: relayed.flatMap(({ through, pairs }) =>
      Array.from({ length: pairs.length / 2 }, (_, i) => ({
        a: hosts[pairs[2 * i] ?? -1]?.name ?? '',
        b: hosts[pairs[2 * i + 1] ?? -1]?.name ?? '',
        through,
      })),
    ),
    flows: flows.map(flow => ({ ...flow, from: parties[flow.from] ?? nobody, to: parties[flow.to] ?? nobody })),
    tunnelsOf: name => {
      const at = numbers.get(name) ?? -1
      const mine = listed[at]
      if (mine === undefined) return []
      return hosts.flatMap((_, i) =>
        i === at || mine.has(i) !== (tunnels.pairs === 'joined') ? [] : [tunnel(Math.min(i, at), Math.max(i, at))],
      )
    },
  }
}
