/** The mesh as circles and lines, and on a map. */
import { type HostHealth, type Level, levelOfTunnel, type Snapshot } from '../../../health/snapshot.ts'
import { tunnelStates } from '../../../health/verdict.ts'
import type { Graph } from '../../graph.ts'
import { hostLinkAlone } from '../dashboard.ts'
import { colors, type NodeGraph } from '../node-graph.ts'
import { details, frame, type FrameField, numbers, type Row, words } from '../panels/frame.ts'
import { geomap } from '../panels/geomap.ts'
import { nodeGraphPanel } from '../panels/node-graph.ts'
import { builtIn, type Drawn, meaning, overrideOf } from '../panels/panel.ts'
import { levelMeanings, type Meaning } from '../states.ts'

/** What colours stand for, as numbers: a map takes no others. */
const looks: readonly Meaning[] = [
  { value: 0, word: 'planned', color: colors.planned },
  { value: 1, word: 'unknown', color: colors.unknown },
  { value: 2, word: 'well', color: colors.good },
  { value: 3, word: 'weak', color: colors.weak },
  { value: 4, word: 'bad', color: colors.bad },
]
const lookOf = (color: string): number => looks.find(one => one.color === color)?.value ?? 1

export function pictures(graph: Graph, { nodes, edges }: NodeGraph, snapshot: Snapshot | null): readonly Drawn[] {
  const located = nodes.filter(({ lat, lon }) => lat !== null && lon !== null)
  const known = new Set(located.map(({ id }) => id))
  const joining = edges.filter(({ source, target }) => known.has(source) && known.has(target))
  const toHost = (field: string) =>
    overrideOf(field, { links: [hostLinkAlone(graph.mesh, `\${__data.fields.${field}}`)] })
  const health = new Map(snapshot?.hosts.map(host => [host.name, host]))
  const ringed = nodes.map(node => ({ ...node, ...arcsOf(health.get(node.id)) }))
  const graphPanel = nodeGraphPanel(
    {
      ...{ id: 1, title: 'Topology', width: located.length > 0 ? 12 : 24, height: 16 },
      ...(snapshot !== null && {
        description: 'Half of a ring is the host itself, the other half its tunnels as it sees them.',
      }),
    },
    {
      datasource: builtIn,
      targets: [
        frame('nodes', snapshot === null ? nodeFields : [...nodeFields, ...arcs], ringed),
        ...(edges.length > 0 ? [frame('edges', edgeFields, edges)] : []),
      ],
      overrides: [toHost('title')],
    },
  )
  if (located.length === 0) return [graphPanel]
  const look = (rows: readonly { readonly color: string }[]) => rows.map(one => ({ ...one, look: lookOf(one.color) }))
  const map = geomap(
    { id: 2, title: 'Map', description: 'Hosts of a region stand around its place.', width: 12, height: 16 },
    {
      datasource: builtIn,
      linked: joining.length > 0,
      targets: [
        frame('nodes', placeFields, look(located)),
        ...(joining.length > 0 ? [frame('edges', lineFields, look(joining))] : []),
      ],
      overrides: [toHost('title')],
      colorBy: { node: 'look', edge: 'look' },
    },
  )
  return [graphPanel, map]
}

const look: FrameField = { name: 'look', type: 'number', config: meaning(looks) }

const title = words('id', 'title', 'subtitle', 'mainstat', 'secondarystat')
const about = details('address', 'provider', 'class', 'services', 'problems')
const nodeFields = [...title, ...words('color'), ...numbers('fixedx', 'fixedy'), ...about]
const placeFields = [...title, look, ...numbers('lat', 'lon'), ...about]
const ends = words('id', 'source', 'target', 'mainstat', 'secondarystat')
const ways = details('forward', 'backward')
const edgeFields = [...ends, ...words('color'), ...numbers('thickness'), ...ways]
const lineFields = [...ends, look, ...ways]

const arcs: readonly FrameField[] = levelMeanings.map(({ word, color }) => ({
  ...{ name: `arc__${word}`, type: 'number' },
  config: { displayName: word, color: { mode: 'fixed', fixedColor: color } },
}))

/** Parts of a ring, together 1. */
function arcsOf(host: HostHealth | undefined): Row {
  if (host === undefined) return {}
  const count = tunnelStates.reduce((sum, state) => sum + host.tunnels[state], 0)
  const parts: Record<Level, number> = { ok: 0, unknown: 0, warn: 0, bad: 0 }
  parts[host.level] += count === 0 ? 1 : 0.5
  if (count > 0) for (const state of tunnelStates) parts[levelOfTunnel(state)] += host.tunnels[state] / count / 2
  return Object.fromEntries(Object.entries(parts).map(([level, part]) => [`arc__${level}`, part]))
}
