/** Fleets for tests of SSH: full meshes of hosts as they are needed, without a plan behind them. */
import type { Fleet, WatchedFile, WatchedHost, WatchedInstance } from '../../../src/health/fleet.ts'
import type { RoleHealth } from '../../../src/services/kind.ts'
import type { HostName, JailName, RegionName } from '../../../topology/names.ts'

export interface Drawn {
  readonly name: string
  /** Default: nobody can call it. */
  readonly address?: string
  readonly port?: number
  readonly via?: readonly number[]
  readonly publicKey?: string
  readonly files?: readonly WatchedFile[]
  readonly instances?: readonly Pick<WatchedInstance, 'jail' | 'probe' | 'metrics' | 'health'>[]
}

export const jail = (name: string): JailName => name as JailName

/** A role whose metrics are read and always fine. */
export const healthOf = (...series: readonly string[]): RoleHealth => ({
  series,
  read: () => ({ state: 'ok', word: 'fine' }),
  imagine: () => [],
})

export function fleetOf(drawn: readonly Drawn[]): Fleet {
  const hosts = drawn.map((host, number): WatchedHost => ({
    ...{ number, name: host.name as HostName, region: 'here' as RegionName, provider: null, class: 'core' },
    address: { inet: `10.64.${number}.1`, inet6: `fd5c:0:0:${number}::1` },
    prefix: { inet: `10.64.${number}.0/24`, inet6: `fd5c:0:0:${number}::/64` },
    publicKey: host.publicKey ?? null,
    ssh: { address: host.address ?? null, user: 'root', port: host.port ?? 22, via: host.via ?? [] },
    jails: (host.instances ?? []).map(instance => instance.jail),
    instances: (host.instances ?? []).map((instance, slot) => ({
      ...{ service: 'any', role: 'one', host: number, address: `10.64.${number}.${2 * slot + 3}` },
      ...instance,
      behind: null,
      root: `/usr/local/jails/${instance.jail}`,
    })),
    files: host.files ?? null,
  }))
  const pairs = hosts.flatMap(from => hosts.filter(to => to !== from).map(to => [from.number, to.number] as const))
  return {
    ...{ mesh: 'aether', domain: 'mesh.example.net', regions: [], services: [], hosts },
    tunnels: {
      count: pairs.length,
      start: Int32Array.from([...hosts.keys(), hosts.length], number => number * (hosts.length - 1)),
      from: Int32Array.from(pairs, ([from]) => from),
      to: Int32Array.from(pairs, ([, to]) => to),
      back: Int32Array.from(pairs, ([from, to]) => pairs.findIndex(pair => pair[0] === to && pair[1] === from)),
      keepalive: new Uint16Array(pairs.length).fill(1),
    },
    lose: () => {
      throw new Error('these fleets lose nothing')
    },
  }
}
