/**
 * Ways for pairs of hosts that cannot call each other: both behind NAT, or without a common family. Hosts of one region
 * that reach alike are one kind; the search runs between kinds, over the first host of each, so that it stays small in
 * a mesh of thousands.
 */
import { UndirectedGraph } from 'graphology'
import { connectedComponents } from 'graphology-components'
import dijkstra from 'graphology-shortest-path/dijkstra.js'
import type { RoundTrips } from './latency.ts'
import { type Host, isPublic } from './mesh.ts'
import { byName, byText } from './names.ts'
import { families, type Family } from './prefix.ts'

/** Can one of the two call the other on this family? */
const meetsOn = (a: Host, b: Host, family: Family): boolean =>
  (a.endpoint[family] !== null && b.sends[family]) || (b.endpoint[family] !== null && a.sends[family])

export const canTunnel = (a: Host, b: Host): boolean => families.some(family => meetsOn(a, b, family))

/**
 * The family of their tunnel: one on which both can be called before one on which only one can; then IPv4, unless both
 * list IPv6 first. Null: they need a relay.
 */
export function tunnelFamily(a: Host, b: Host): Family | null {
  const order = a.prefers === 'inet6' && b.prefers === 'inet6' ? inet6First : families
  const mutual = order.find(family => a.endpoint[family] !== null && b.endpoint[family] !== null)
  return mutual ?? order.find(family => meetsOn(a, b, family)) ?? null
}
const inet6First = ['inet6', 'inet'] as const

export interface Relays {
  /** The hosts between two that cannot tunnel, in order from a to b; null: there is no way. */
  between(a: Host, b: Host): readonly Host[] | null
  /** Groups of hosts between which no tunnel leads; one group when all can reach each other. */
  islands(): readonly (readonly string[])[]
}

export function findRelays(hosts: readonly Host[], trips: RoundTrips): Relays {
  const kinds = new Map<string, Host[]>()
  for (const host of hosts.toSorted(byName)) {
    const members = kinds.get(kindOf(host)) ?? []
    if (members.push(host) === 1) kinds.set(kindOf(host), members)
  }
  // The second of a kind is there only as an end: two of one kind may need a way to each other.
  const nodes = [...kinds.values()].flatMap(([first, second]) => [
    ...(first ? [{ host: first, end: false }] : []),
    ...(second ? [{ host: second, end: true }] : []),
  ])
  const byHostName = new Map(nodes.map(node => [node.host.name as string, node.host]))
  const graph = new UndirectedGraph<object, { weight: number }>()
  for (const { host } of nodes) graph.addNode(host.name)
  for (const [i, a] of nodes.entries())
    for (const b of nodes.slice(i + 1))
      if (canTunnel(a.host, b.host))
        graph.addEdge(a.host.name, b.host.name, {
          weight: weightOf(a.host, b.host, trips) + (Number(a.end) + Number(b.end)) * 2 ** 48,
        })

  const ways = new Map<string, readonly Host[] | null>()
  const way = (a: Host, b: Host): readonly Host[] | null => {
    const key = `${kindOf(a)}|${kindOf(b)}`
    const known = ways.get(key)
    if (known !== undefined) return known
    const [from, other] = kinds.get(kindOf(a)) ?? []
    const to = kindOf(a) === kindOf(b) ? other : kinds.get(kindOf(b))?.[0]
    const path = from && to ? (dijkstra.bidirectional(graph, from.name, to.name, 'weight') as string[] | null) : null
    const between = path?.slice(1, -1).flatMap(name => byHostName.get(name) ?? []) ?? null
    ways.set(key, between)
    return between
  }
  return {
    // Found in one direction and read in both, so that packets return the way they came.
    between: (a, b) => (byText(a.name, b.name) <= 0 ? way(a, b) : (way(b, a)?.toReversed() ?? null)),
    islands: () => {
      const groups = connectedComponents(graph).flatMap(group => {
        const kindsHere = new Set(group.flatMap(name => byHostName.get(name) ?? []).map(kindOf))
        const members = hosts.filter(host => kindsHere.has(kindOf(host))).map(host => host.name as string)
        // The graph has two hosts of a kind: one that stands alone in it tells that all of its kind stand alone.
        return group.length === 1 ? members.map(name => [name]) : [members.toSorted(byText)]
      })
      const distinct = new Map(groups.map(group => [group.join(' '), group]))
      return [...distinct.values()].toSorted((x, y) => byText(x[0] ?? '', y[0] ?? ''))
    },
  }
}

const reachOf = (host: Host): string =>
  families.map(family => (host.endpoint[family] ? 'called' : host.sends[family] ? 'calls' : '-')).join(' ')

const kindOf = (host: Host): string => `${host.region} ${reachOf(host)}`

/** The pairs of a set of hosts, kind by kind: hosts that reach alike need one look, however many they are. */
export interface PairOfKinds {
  readonly a: readonly Host[]
  readonly b: readonly Host[]
  readonly pairs: number
  readonly tunnel: boolean
}

export function pairsOfKinds(hosts: readonly Host[]): readonly PairOfKinds[] {
  const kinds = new Map<string, Host[]>()
  for (const host of hosts) {
    const members = kinds.get(reachOf(host)) ?? []
    if (members.push(host) === 1) kinds.set(reachOf(host), members)
  }
  const lists = [...kinds.values()]
  return lists.flatMap((a, i) =>
    lists.slice(i).flatMap(b => {
      const [one, other] = [a[0], a === b ? a[1] : b[0]]
      if (one === undefined || other === undefined) return []
      const pairs = a === b ? (a.length * (a.length - 1)) / 2 : a.length * b.length
      return [{ a, b, pairs, tunnel: canTunnel(one, other) }]
    }),
  )
}

/**
 * One number that orders ways by hops, then by hosts behind NAT on them, then by round trip (µs), then by a hash of the
 * names, which makes the best way unique: every part of a best way is then a best way itself, and all hosts agree.
 */
function weightOf(a: Host, b: Host, trips: RoundTrips): number {
  const hidden = Number(!isPublic(a)) + Number(!isPublic(b))
  const microseconds = Math.min(2 ** 22 - 1, Math.round(trips(a.region, b.region).milliseconds * 1000))
  return (
    2 ** 46 + hidden * 2 ** 41 + microseconds * 2 ** 18 + (hash([a.name, b.name].toSorted(byText).join(' ')) & 0x3ffff)
  )
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i += 1) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193) >>> 0
  return h
}
