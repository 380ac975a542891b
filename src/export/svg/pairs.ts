/** Tunnels by the regions at their ends: what a bundle stands for, and what one round trip is told of. */
import type { Graph, GraphTunnel } from '../graph.ts'
import { round } from './text.ts'

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

export const tripText = ({ milliseconds, estimated }: GraphTunnel['roundTrip']): string =>
  `${estimated ? '≈ ' : ''}${milliseconds < 10 ? round(milliseconds) : Math.round(milliseconds)} ms`

export const tripTitle = ({ roundTrip }: GraphTunnel): string =>
  `${tripText(roundTrip)}${roundTrip.estimated ? ', estimated' : ''}`
