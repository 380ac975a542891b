/**
 * Nodes and edges under the names that Grafana's node graph panel looks for, in lower case (Grafana, node graph, data
 * API): one node a host, one edge an unordered pair, with the worse of its two directions as its colour. Every edge ends
 * at a node: the panel breaks at one that does not.
 */
import { type Snapshot, tunnelAt } from '../../health/snapshot.ts'
import { linkStateValue } from '../metrics/families.ts'
import type { Graph } from '../graph.ts'
import { layoutOf } from '../layout.ts'

export interface Node {
  readonly id: string
  readonly title: string
  readonly subtitle: string
  readonly mainstat: string
  readonly secondarystat: string
  readonly color: string
  readonly fixedx: number
  readonly fixedy: number
  /** Degrees; null: its region has no location. */
  readonly lat: number | null
  readonly lon: number | null
  readonly detail__address: string
  readonly detail__provider: string
  readonly detail__class: string
  readonly detail__services: string
}

export interface Edge {
  readonly id: string
  readonly source: string
  readonly target: string
  readonly mainstat: string
  readonly secondarystat: string
  readonly color: string
  readonly thickness: number
  readonly detail__forward: string
  readonly detail__backward: string
}

export interface NodeGraph {
  readonly nodes: readonly Node[]
  readonly edges: readonly Edge[]
}

export const colors = { good: 'green', weak: 'orange', bad: 'red', unknown: '#999999', planned: '#5794f2' } as const

/** As planned, or as a snapshot has it. */
export function nodeGraph(graph: Graph, snapshot: Snapshot | null): NodeGraph {
  const { hosts: points } = layoutOf(graph)
  const places = locationsOf(graph)
  const tunnels = new Map<string, readonly number[]>()
  const { fleet } = snapshot ?? {}
  if (fleet !== undefined)
    for (let n = 0; n < fleet.tunnels.count; n += 1) {
      const ends = [fleet.tunnels.from[n] ?? 0, fleet.tunnels.to[n] ?? 0].map(i => fleet.hosts[i]?.name ?? '')
      const key = ends.toSorted().join('--')
      tunnels.set(key, [...(tunnels.get(key) ?? []), n])
    }
  return {
    nodes: graph.hosts.map(host => {
      const health = snapshot?.hosts.find(one => one.name === host.name)
      const services = graph.jails.filter(jail => jail.host === host.name).map(jail => jail.name)
      const place = places.get(host.name)
      return {
        ...{ id: host.name, title: host.name, subtitle: host.region },
        mainstat: health === undefined ? `${services.length} jails` : health.state,
        secondarystat: health === undefined ? host.class : (health.problems[0]?.text ?? ''),
        color: health === undefined ? colors.planned : colorOfLevel[health.level],
        ...{ fixedx: points.get(host.name)?.x ?? 0, fixedy: points.get(host.name)?.y ?? 0 },
        ...{ lat: place?.lat ?? null, lon: place?.lon ?? null },
        detail__address: host.address.inet,
        detail__provider: host.provider ?? '',
        detail__class: host.class,
        detail__services: services.join(' '),
      }
    }),
    edges: graph.tunnels.map(({ a, b, roundTrip }) => {
      const ways = (tunnels.get(`${a}--${b}`) ?? []).flatMap(n => (snapshot === null ? [] : [tunnelAt(snapshot, n)]))
      const [forward, backward] = [ways.find(({ from }) => from === a), ways.find(({ from }) => from === b)]
      const known = ways.map(({ state }) => linkStateValue[state]).filter(value => value !== null)
      const worst = known.length === 0 ? null : Math.min(...known)
      const measured = Math.max(...ways.map(way => way.roundTrip ?? NaN).filter(ms => !Number.isNaN(ms)), -1)
      return {
        ...{ id: `${a}--${b}`, source: a, target: b },
        mainstat:
          measured >= 0
            ? `${measured.toFixed(1)} ms`
            : `${roundTrip.estimated ? '≈ ' : ''}${roundTrip.milliseconds.toFixed(0)} ms`,
        secondarystat: forward === undefined ? '' : [...new Set(ways.map(({ state }) => state))].join(' / '),
        color:
          snapshot === null
            ? colors.planned
            : worst === null
              ? colors.unknown
              : worst === 4
                ? colors.good
                : worst >= 2
                  ? colors.weak
                  : colors.bad,
        thickness: 1,
        detail__forward: forward === undefined ? '' : `${forward.state}: ${forward.why}`,
        detail__backward: backward === undefined ? '' : `${backward.state}: ${backward.why}`,
      }
    }),
  }
}

const colorOfLevel = { ok: colors.good, unknown: colors.unknown, warn: colors.weak, bad: colors.bad } as const

/** Degrees; hosts of a region share a place, and are spread around it so that none hides another. */
export function locationsOf({
  regions,
  hosts,
}: Pick<Graph, 'regions' | 'hosts'>): ReadonlyMap<string, { readonly lat: number; readonly lon: number }> {
  const places = new Map<string, { lat: number; lon: number }>()
  for (const { name, location } of regions) {
    if (location === null) continue
    for (const host of hosts.filter(one => one.region === name)) {
      // The golden angle: whatever the numbers are, no two meet, and nobody moves when another comes.
      const [angle, distance] = [host.number * 2.399963, 0.35 * Math.sqrt(host.number)]
      places.set(host.name, {
        lat: Math.round(Math.max(-89, Math.min(89, location.latitude + distance * Math.sin(angle))) * 1000) / 1000,
        lon: Math.round((location.longitude + distance * Math.cos(angle)) * 1000) / 1000,
      })
    }
  }
  return places
}
