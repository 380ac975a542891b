/** Fleets for tests of health, and reports of hosts that are well. */
import { join } from 'node:path'
import { type Fleet, fleetOf } from '../../src/health/fleet.ts'
import { Memory } from '../../src/health/memory.ts'
import type { HostReport, Observation } from '../../src/health/report.ts'
import type { Snapshot } from '../../src/health/snapshot.ts'
import { openMesh } from '../../src/load/open.ts'
import { type Fleet as Sketch, planOf, specOf } from '../topology/fleet.ts'

/** The shipped mesh with all its services. */
export async function shippedFleet(): Promise<Fleet> {
  const directory = join(import.meta.dirname, '../..')
  const opened = await openMesh({ directory, environment: {}, purpose: 'plan', fresh: true })
  if (opened.mesh === null) throw new Error('the shipped mesh does not open')
  return fleetOf({ ...opened, files: new Map() })
}

export function sketchedFleet(sketch: Sketch, topology: 'full' | 'regional' = 'full'): Fleet {
  const plan = planOf(specOf(sketch, { topology }))
  return fleetOf({ ...plan, services: null, files: new Map() })
}

export const interval = 10_000
export const start = Date.UTC(2026, 0, 1)

export const nothing: Omit<HostReport, 'kind' | 'host' | 'at'> = {
  ...{ took: 50, system: null, pools: null, jails: null, interfaces: null, pf: null, carp: null, drift: null },
  ...{ peers: null, pings: null, answers: [], missing: {} },
}

export interface PeerSketch {
  readonly age?: number
  readonly received?: number
  readonly sent?: number
  /** Milliseconds; null: lost. Absent: nobody asked. */
  readonly echo?: number | null
}

/** What a host tells of its peers, by their names. */
export function peersOf(
  fleet: Fleet,
  peers: Readonly<Record<string, PeerSketch>>,
): Pick<HostReport, 'peers' | 'pings'> {
  const rows = Object.entries(peers).map(([name, peer]) => ({ ...peer, number: numberOf(fleet, name) }))
  const asked = rows.filter(({ echo }) => echo !== undefined)
  return {
    peers: {
      to: rows.map(({ number }) => number),
      age: rows.map(({ age }) => age ?? NaN),
      received: rows.map(({ received }) => received ?? 0),
      sent: rows.map(({ sent }) => sent ?? 0),
      ...{ endpoints: [], strangers: [] },
    },
    pings: {
      to: asked.map(({ number }) => number),
      milliseconds: asked.map(({ echo }) => echo ?? NaN),
    },
  }
}

export function numberOf(fleet: Fleet, name: string): number {
  const found = fleet.hosts.find(host => host.name === name)
  if (found === undefined) throw new Error(`no host ${name}`)
  return found.number
}

/** Time in ticks: each gives what every host says, and the snapshot after it. */
export class Watched {
  readonly memory: Memory
  readonly fleet: Fleet
  readonly interval: number
  now = start
  constructor(fleet: Fleet, every = interval) {
    this.fleet = fleet
    this.interval = every
    this.memory = new Memory({ fleet, source: { kind: 'demo', title: 'test' }, interval: every, now: start })
  }

  /** `null`: it does not answer. A host that is not named says nothing, and nobody says so. */
  tick(said: Readonly<Record<string, Partial<HostReport> | null>>): Snapshot {
    this.now += this.interval
    for (const [name, report] of Object.entries(said)) {
      const at = { host: numberOf(this.fleet, name), at: this.now }
      const observation: Observation =
        report === null
          ? { kind: 'silence', ...at, why: 'does not answer' }
          : { kind: 'report', ...at, ...nothing, ...report }
      this.memory.take(observation)
    }
    return this.memory.snapshot(this.now)
  }
}
