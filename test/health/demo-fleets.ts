/** Fleets for the demo's tests: the shipped mesh with its services, and small ones without any. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { type Fault, type FaultKind, faultKinds } from '../../src/health/demo/faults.ts'
import { type Fleet, fleetOf, type WatchedInstance } from '../../src/health/fleet.ts'
import type { HostReport, Observation } from '../../src/health/report.ts'
import { openMesh } from '../../src/load/open.ts'
import type { Imagined, RoleHealth } from '../../src/services/kind.ts'
import { type Fleet as Sketch, planOf, specOf } from '../topology/fleet.ts'

const root = join(import.meta.dirname, '../..')

/** The shipped mesh; every instance gives as samples what it is told to imagine. */
export async function shippedFleet(): Promise<Fleet> {
  const files = ['mesh.yaml', ...readdirSync(join(root, 'regions')).map(name => `regions/${name}`)]
  const overrides = new Map(files.map(path => [path, readFileSync(join(root, path), 'utf8')]))
  const opened = await openMesh({ directory: '/nonexistent', environment: {}, purpose: 'plan', overrides, fresh: true })
  if (opened.mesh === null) throw new Error('the shipped mesh is refused')
  const { mesh, lock, services } = opened
  const fleet = fleetOf({
    mesh,
    lock,
    services,
    files: new Map([
      ['faraday', [carp]],
      ['tesla', [carp, pf]],
    ]),
  })
  const echo = (instance: WatchedInstance): WatchedInstance => ({ ...instance, health: echoing })
  return {
    ...fleet,
    hosts: fleet.hosts.map(host => ({ ...host, instances: host.instances.map(echo) })),
    services: fleet.services.map(service => ({
      ...service,
      roles: service.roles.map(role => ({ ...role, instances: role.instances.map(echo) })),
    })),
  }
}

const carp = { path: '/etc/rc.conf.d/netif/meshwright-carp', sha256: '0'.repeat(64) }
const pf = { path: '/etc/pf.conf', sha256: '1'.repeat(64) }

const echoing: RoleHealth = {
  series: ['imagined'],
  read: () => ({ state: 'ok', word: 'imagined' }),
  imagine: of =>
    Object.entries(of).map(([key, value]) => ({ name: 'imagined', labels: { key }, value: Number(value) })),
}

/** What an instance was told. */
export function imaginedOf(observations: readonly Observation[], fleet: Fleet, what: string): Imagined {
  const [jail, host] = what.split('@')
  const number = fleet.hosts.findIndex(({ name }) => name === host)
  const samples = reportOf(observations, number).answers.find(answer => answer.jail === jail)?.samples
  if (samples == null) throw new Error(`${what} gave no samples`)
  const value = (key: string): number => samples.find(({ labels }) => labels['key'] === key)?.value ?? NaN
  return {
    ...{ leads: value('leads') === 1, led: value('led') === 1 },
    ...{ members: value('members'), reached: value('reached'), seconds: value('seconds') },
  }
}

export function reportOf(observations: readonly Observation[], host: number): HostReport {
  const found = observations.find(one => one.host === host)
  if (found?.kind !== 'report') throw new Error(`host ${host} is silent`)
  return found
}

/** Region → host → what is special about it. */
export function fleetFrom(sketch: Sketch, topology: 'full' | 'regional' = 'full'): Fleet {
  const { mesh, lock } = planOf(specOf(sketch, { topology }))
  return fleetOf({ mesh, lock, services: null, files: new Map() })
}

/** Up to eight hosts in up to three regions, some of them behind NAT. */
export const anyFleet: fc.Arbitrary<Fleet> = fc
  .record({
    hosts: fc.array(
      fc.record({
        region: fc.constantFrom('east', 'north', 'west'),
        nat: fc.boolean(),
        jails: fc.subarray(['app', 'cache', 'db']),
      }),
      { minLength: 1, maxLength: 8 },
    ),
    topology: fc.constantFrom('full', 'regional'),
  })
  .map(({ hosts, topology }) => {
    const sketch: Record<string, Record<string, object>> = {}
    for (const [i, { region, nat, jails }] of hosts.entries()) {
      const known = (sketch[region] ??= {})
      // The first of each region can be called, and is its gateway.
      const first = Object.keys(known).length === 0
      known[`h${i}`] = { jails, gateway: first, ...((first || !nat) && { at: `203.0.113.${i + 1}` }) }
    }
    return fleetFrom(sketch, topology)
  })

/** Faults that this fleet can have, within ten minutes. */
export const anyFaults = (fleet: Fleet): fc.Arbitrary<readonly Fault[]> => {
  const { hosts, tunnels } = fleet
  const names = {
    host: hosts.map(({ name }) => name as string),
    tunnel: Array.from(
      { length: tunnels.count },
      (_, i) => `${hosts[tunnels.from[i] ?? 0]?.name ?? ''}>${hosts[tunnels.to[i] ?? 0]?.name ?? ''}`,
    ),
    region: fleet.regions.map(({ name }) => name as string),
    jail: hosts.flatMap(({ name, jails }) => jails.map(jail => `${jail}@${name}`)),
    role: fleet.services.flatMap(({ roles }) => roles.map(({ id }) => id)),
  }
  const kinds = (Object.keys(faultKinds) as FaultKind[]).filter(kind => names[faultKinds[kind]].length > 0)
  return fc.array(
    fc.constantFrom(...kinds).chain(kind =>
      fc
        .record({
          from: fc.integer({ min: 0, max: 600 }),
          lasts: fc.integer({ min: 1, max: 300 }),
          what: fc.constantFrom(...names[faultKinds[kind]]),
        })
        .map(({ from, lasts, what }) => ({ kind, what, from, until: from + lasts })),
    ),
    { maxLength: 6 },
  )
}

/** Columns as lists, and numbers that JSON does not know as words. */
export const textOf = (value: unknown): string =>
  JSON.stringify(value, (_, one: unknown) =>
    typeof one === 'number' && !Number.isFinite(one)
      ? String(one)
      : ArrayBuffer.isView(one)
        ? Array.from(one as unknown as ArrayLike<number>, number => (Number.isFinite(number) ? number : String(number)))
        : one,
  )
