/** Fleets to watch, small and large, without files: planned by topology/ alone. */
import { fleetOf, type Fleet, type WatchedService } from '../../src/health/fleet.ts'
import type { HostReport } from '../../src/health/report.ts'
import { type Fleet as Sketch, planOf, specOf } from '../topology/fleet.ts'

/** tesla, faraday and bohr in two regions, each a peer of every other; keys as in {@link keyOf}. */
export const three: Sketch = {
  east: { tesla: { at: '203.0.113.10' }, faraday: { at: '203.0.113.11' } },
  west: { bohr: { at: '203.0.113.20' } },
}

export const keyOf = (host: string): string => `${host.padEnd(42, 'x').slice(0, 42)}E=`

export function watched(
  sketch: Sketch,
  services: (numberOf: (host: string) => number) => readonly WatchedService[] = () => [],
): Fleet {
  const { mesh, lock } = planOf(specOf(sketch))
  const fleet = fleetOf({ mesh, lock, services: null, files: new Map() })
  const numberOf = (name: string): number => {
    const found = fleet.hosts.find(host => host.name === name)
    if (found === undefined) throw new Error(`there is no host ${name}`)
    return found.number
  }
  const all = services(numberOf)
  const instances = all.flatMap(service => service.roles.flatMap(role => role.instances))
  return {
    ...fleet,
    services: all,
    hosts: fleet.hosts.map(host => ({
      ...host,
      publicKey: keyOf(host.name),
      instances: instances.filter(instance => instance.host === host.number),
    })),
  }
}

export const numberIn = (fleet: Fleet, name: string): number => {
  const found = fleet.hosts.find(host => host.name === name)
  if (found === undefined) throw new Error(`there is no host ${name}`)
  return found.number
}

/** A fleet of many, all in one region. */
export const many = (count: number): Sketch => ({
  all: Object.fromEntries(
    Array.from({ length: count }, (_, i) => [
      `h${String(i).padStart(4, '0')}`,
      { at: `203.0.${113 + (i >> 8)}.${i & 255}` },
    ]),
  ),
})

/** A host that says nothing but that it is there. */
export const quiet = (host: number, at: number): HostReport => ({
  ...{ kind: 'report', host, at, took: null, system: null, pools: null, jails: null, interfaces: null },
  ...{ pf: null, carp: null, drift: null, peers: null, pings: null, answers: [], missing: {} },
})
