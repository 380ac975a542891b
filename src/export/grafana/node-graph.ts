/**
 * Nodes and edges under the names that Grafana's node graph panel looks for, in lower case (Grafana, node graph, data
 * API): one node a host, one edge an unordered pair, with the worse of its two directions as its colour. Every edge ends
 * at a node: the panel breaks at one that does not.
 */
import { tunnelBetween } from '../../health/fleet.ts'
import { type Level, type Snapshot, tunnelAt, type TunnelHealth, worst } from '../../health/snapshot.ts'
import type { Graph } from '../graph.ts'
import { layoutOf } from '../layout.ts'

interface Node {
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
  readonly detail__problems: string
}

interface Edge {
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
  const health = new Map(snapshot?.hosts.map(host => [host.name, host]))
  const between = snapshot === null ? null : waysOf(snapshot)
  const jails = new Map(graph.hosts.map((host): [string, string[]] => [host.name, []]))
  for (const { host, name } of graph.jails) jails.get(host)?.push(name)
  return {
    nodes: graph.hosts.map(host => {
      const is = health.get(host.name)
      const services = jails.get(host.name) ?? []
      const problems = is?.problems ?? []
      const place = places.get(host.name)
      return {
        ...{ id: host.name, title: host.name, subtitle: host.region },
        mainstat: is === undefined ? counted(services.length, 'jail') : is.state,
        // A circle has no room for what they are.
        secondarystat: is === undefined ? host.class : problems.length === 0 ? '' : counted(problems.length, 'problem'),
        color: is === undefined ? colors.planned : colorOfLevel[is.level],
        ...{ fixedx: points.get(host.name)?.x ?? 0, fixedy: points.get(host.name)?.y ?? 0 },
        ...{ lat: place?.lat ?? null, lon: place?.lon ?? null },
        detail__address: host.address.inet,
        detail__provider: host.provider ?? '',
        detail__class: host.class,
        detail__services: services.join(' '),
        detail__problems: [is?.why ?? '', ...problems.map(({ text }) => text)].filter(text => text !== '').join('; '),
      }
    }),
    edges: graph.tunnels.map(({ a, b, roundTrip }) => {
      const [forward, backward] = between?.(a, b) ?? [null, null]
      const measured = Math.max(forward?.roundTrip ?? -1, backward?.roundTrip ?? -1)
      return {
        ...{ id: `${a}--${b}`, source: a, target: b },
        mainstat:
          measured >= 0
            ? `${measured.toFixed(1)} ms`
            : `${roundTrip.estimated ? '≈ ' : ''}${roundTrip.milliseconds.toFixed(0)} ms`,
        secondarystat: forward === null ? '' : stateOfBoth(forward, backward),
        color: snapshot === null ? colors.planned : colorOfLevel[levelOfBoth(forward, backward)],
        thickness: 1,
        detail__forward: forward === null ? '' : `${forward.state}: ${forward.why}`,
        detail__backward: backward === null ? '' : `${backward.state}: ${backward.why}`,
      }
    }),
  }
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`

type Ways = readonly [there: TunnelHealth | null, back: TunnelHealth | null]

/** A tunnel as either end sees it, asked for by the names of both. */
export function waysOf(snapshot: Snapshot): (a: string, b: string) => Ways {
  const numbers = new Map(snapshot.hosts.map(({ name, number }) => [name, number]))
  const { tunnels } = snapshot.fleet
  return (a, b) => {
    const there = tunnelBetween(tunnels, numbers.get(a) ?? -1, numbers.get(b) ?? -1)
    if (there < 0) return [null, null]
    const back = tunnels.back[there] ?? -1
    return [tunnelAt(snapshot, there), back < 0 ? null : tunnelAt(snapshot, back)]
  }
}

/** `up`, or `down / unknown` where they do not agree. */
export const stateOfBoth = (there: TunnelHealth | null, back: TunnelHealth | null): string =>
  there === null || back === null || there.state === back.state
    ? (there?.state ?? back?.state ?? 'unknown')
    : `${there.state} / ${back.state}`

/** The worse of both; what one end does not know, the other may. */
export const levelOfBoth = (...ways: Ways): Level => {
  const known = ways.flatMap(way => (way === null || way.level === 'unknown' ? [] : way.level))
  return known.length === 0 ? 'unknown' : worst(known)
}

const colorOfLevel = { ok: colors.good, unknown: colors.unknown, warn: colors.weak, bad: colors.bad } as const

/** Degrees; hosts of a region share a place, and are spread around it so that none hides another. */
export function locationsOf({
  regions,
  hosts,
}: Pick<Graph, 'regions' | 'hosts'>): ReadonlyMap<string, { readonly lat: number; readonly lon: number }> {
  const places = new Map<string, { lat: number; lon: number }>()
  const centres = new Map(regions.map(({ name, location }) => [name, location]))
  for (const host of hosts) {
    const location = centres.get(host.region) ?? null
    if (location === null) continue
    // The golden angle: whatever the numbers are, no two meet, and nobody moves when another comes.
    const [angle, distance] = [host.number * 2.399963, 0.35 * Math.sqrt(host.number)]
    places.set(host.name, {
      lat: Math.round(Math.max(-89, Math.min(89, location.latitude + distance * Math.sin(angle))) * 1000) / 1000,
      // Beyond the date line it goes on at its other side.
      lon: Math.round((((location.longitude + distance * Math.cos(angle) + 540) % 360) - 180) * 1000) / 1000,
    })
  }
  return places
}
