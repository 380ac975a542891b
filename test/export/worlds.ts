/** Meshes with what is observed of them, for what is exported. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Graph, graphOf } from '../../src/export/graph.ts'
import { Metrics } from '../../src/export/metrics/metrics.ts'
import type { Scrape } from '../../src/export/metrics/sample.ts'
import { type Target, targetsOf } from '../../src/export/targets.ts'
import { demoObserver } from '../../src/health/demo/demo.ts'
import type { Fault } from '../../src/health/demo/faults.ts'
import { type Fleet, fleetOf } from '../../src/health/fleet.ts'
import { Memory } from '../../src/health/memory.ts'
import type { HostReport, Observation } from '../../src/health/report.ts'
import type { Snapshot } from '../../src/health/snapshot.ts'
import { openMesh } from '../../src/load/open.ts'

const root = join(import.meta.dirname, '../..')
export const start = Date.UTC(2026, 0, 1)
const interval = 10_000

export interface World {
  readonly graph: Graph
  readonly fleet: Fleet
  readonly targets: readonly Target[]
}

/** The mesh that is shipped, as if it had been built, so that hosts have keys. */
export async function shippedWorld(): Promise<World> {
  const files = ['mesh.yaml', ...readdirSync(join(root, 'regions')).map(name => `regions/${name}`)]
  const overrides = new Map(files.map(path => [path, readFileSync(join(root, path), 'utf8')]))
  const opened = await openMesh({ directory: '/nonexistent', environment: {}, purpose: 'plan', overrides, fresh: true })
  if (opened.mesh === null) throw new Error('the shipped mesh is refused')
  const fleet = fleetOf({ ...opened, files: new Map() })
  return {
    graph: graphOf(opened),
    targets: targetsOf(opened.mesh, opened.services),
    fleet: { ...fleet, hosts: fleet.hosts.map((host, i) => ({ ...host, publicKey: `${String(i).repeat(42)}E=` })) },
  }
}

export const memoryOf = (fleet: Fleet): Memory =>
  new Memory({ fleet, source: { kind: 'demo', title: 'DEMO', madeUp: true }, interval, now: start })

/** What the demo shows to whoever has watched it for so many seconds. */
export function demoAt(fleet: Fleet, seconds: number, faults: 'well' | readonly Fault[] = 'well'): Snapshot {
  const observe = demoObserver(fleet, { start, faults })
  const memory = memoryOf(fleet)
  for (let at = 10; at <= seconds; at += 10) {
    for (const observation of observe(at, at / 10)) memory.take(observation)
    memory.snapshot(start + at * 1000)
  }
  return memory.snapshot(start + seconds * 1000)
}

export const nothing: Omit<HostReport, 'host' | 'at'> = {
  ...{ kind: 'report', took: null, system: null, pools: null, jails: null, interfaces: null },
  ...{ pf: null, carp: null, drift: null, peers: null, pings: null, answers: [], missing: {} },
}

/** One look at hosts that say this. */
export function seen(fleet: Fleet, said: Readonly<Record<string, Partial<HostReport>>>, at = start + 10_000): Snapshot {
  const memory = memoryOf(fleet)
  for (const [name, report] of Object.entries(said)) {
    const host = fleet.hosts.findIndex(one => one.name === name)
    const observation: Observation = { ...nothing, ...report, host, at }
    memory.take(observation)
  }
  return memory.snapshot(at)
}

export const scrapeOf = (snapshot: Snapshot, secretsWritten: number | null = null): Scrape => ({
  snapshot,
  secretsWritten,
})

export const metricsOf = ({ graph, fleet }: World, snapshot: Snapshot): string =>
  [...new Metrics({ version: '1.2.3', graph, fleet }).text(scrapeOf(snapshot))].join('')
