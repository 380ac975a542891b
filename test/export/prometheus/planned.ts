/** Meshes of which exports are made. */
import { join } from 'node:path'
import type { Planned } from '../../../src/export/graph.ts'
import type { Facts } from '../../../src/export/prometheus/alert.ts'
import { openMesh } from '../../../src/load/open.ts'
import { planOf, specOf } from '../../topology/fleet.ts'

/** The shipped mesh with all its services. */
export async function shipped(): Promise<Planned> {
  const directory = join(import.meta.dirname, '../../..')
  const opened = await openMesh({ directory, environment: {}, purpose: 'plan', fresh: true })
  if (opened.mesh === null) throw new Error('the shipped mesh does not open')
  return opened
}

/** So many hosts, one after the other in so many regions, without services. */
export const sketched =
  ({ hosts, regions }: { readonly hosts: number; readonly regions: number }) =>
  (): Promise<Planned> => {
    const sketch: Record<string, Record<string, { at: string }>> = {}
    for (let i = 1; i <= hosts; i += 1) {
      const region = `r${((i - 1) % regions) + 1}`
      sketch[region] = { ...sketch[region], [`h${i}`]: { at: `192.0.2.${i}` } }
    }
    const spec = specOf(sketch)
    return Promise.resolve({ ...planOf(spec), spec, services: null })
  }

/** A mesh in which everything can fail. */
export const everything: Facts = {
  ...{ served: true, regions: 2, tunnels: true, keepalive: true, jails: true, carp: true, services: true },
  quorums: [
    { service: 'db', role: 'etcd', members: 3, needed: 2 },
    { service: 'cache', role: 'sentinel', members: 5, needed: 3 },
  ],
  jobs: new Set([
    'alertmanager',
    'etcd',
    'garage',
    'haproxy',
    'mariadb',
    'node',
    'patroni',
    'prometheus',
    'sentinel',
    'valkey',
  ]),
  ...{ probed: true, edges: true, managers: [{ service: 'mon', members: 3 }] },
}
