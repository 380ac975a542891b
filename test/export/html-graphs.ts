/** Graphs for tests of the map. */
import { join } from 'node:path'
import { type Graph, graphOf } from '../../src/export/graph.ts'
import { openMesh } from '../../src/load/open.ts'
import { planOf, specOf } from '../topology/fleet.ts'

/** The shipped mesh with all its services. */
export async function shippedGraph(): Promise<Graph> {
  const directory = join(import.meta.dirname, '../..')
  const opened = await openMesh({ directory, environment: {}, purpose: 'plan', fresh: true })
  if (opened.mesh === null) throw new Error('the shipped mesh does not open')
  return graphOf(opened)
}

/** A mesh of so many hosts, with a jail on each. */
export function manyGraph(count: number, topology: 'full' | 'regional' = 'full'): Graph {
  const fleet: Record<string, Record<string, { at?: string; jails: readonly string[] }>> = {}
  for (let i = 0; i < count; i += 1) {
    const region = (fleet[`r${i % 4}`] ??= {})
    // Some nobody can call, so that pairs without a tunnel are among them.
    const at = i % 10 === 3 ? {} : { at: `192.0.${2 + (i >> 7)}.${1 + (i & 127)}` }
    region[`h${i}`] = { ...at, jails: ['app'] }
  }
  const spec = specOf(fleet, { topology })
  return graphOf({ ...planOf(spec), spec, services: null })
}

/** What a browser must never take for its own: in every text that is not a name. */
export const hostile = '</script><img src=x onerror="window.evil=1">&amp;\u2028\u202e<!--<script>'

export const withHostileTexts = (graph: Graph): Graph => ({
  ...graph,
  mesh: hostile,
  regions: graph.regions.map(region => ({ ...region, title: `${hostile}${region.name}` })),
  hosts: graph.hosts.map(host => ({ ...host, provider: hostile, labels: [hostile] })),
  services: graph.services.map(service => ({ ...service, version: hostile })),
  flows: graph.flows.map(flow => ({ ...flow, why: hostile, to: { ...flow.to, word: hostile } })),
})
