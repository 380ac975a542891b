/** What dashboards over a Prometheus need to know of a mesh: what is there to be asked for. Where its hosts are, metrics say. */
import type { Graph } from '../graph.ts'
import { locationsOf } from './node-graph.ts'

export interface LiveMesh {
  readonly mesh: string
  /** There is a tunnel. */
  readonly linked: boolean
  /** A host has a location; a tunnel has one at both ends. */
  readonly onMap: { readonly hosts: boolean; readonly tunnels: boolean }
  readonly services: readonly LiveService[]
}

interface LiveService {
  readonly name: string
  readonly kind: string
  /** Those that have instances. */
  readonly roles: readonly string[]
}

export function liveMeshOf(graph: Graph): LiveMesh {
  const located = locationsOf(graph)
  return {
    ...{ mesh: graph.mesh, linked: graph.tunnels.length > 0 },
    onMap: { hosts: located.size > 0, tunnels: graph.tunnels.some(({ a, b }) => located.has(a) && located.has(b)) },
    services: graph.services.map(({ name, kind, roles }) => ({ name, kind, roles: roles.map(role => role.name) })),
  }
}
