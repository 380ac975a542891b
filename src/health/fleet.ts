/**
 * What there is to watch: every host, every tunnel in both directions, every instance of a service, as the plan has them.
 * Hosts and tunnels are numbered, because a thousand hosts in a full mesh have a million directed tunnels: what is known
 * of them lies in arrays by these numbers.
 */
import type { Lock } from '../../topology/lock.ts'
import type { Host, Mesh } from '../../topology/mesh.ts'
import type { HostName, JailName, RegionName } from '../../topology/names.ts'
import { covers } from '../../topology/port.ts'
import { type Loss, type Part, type Resilience, whatIf } from '../../topology/place/whatif.ts'
import type { Metrics, Probe, RoleHealth } from '../services/kind.ts'
import { instancesOf, probeOf } from '../services/deploy.ts'
import { packetWays, partsOf } from '../services/losses.ts'
import type { ServicePlan } from '../services/plan.ts'

export interface Fleet {
  readonly mesh: string
  readonly domain: string
  readonly regions: readonly WatchedRegion[]
  /** By name; a host's place here is its number. */
  readonly hosts: readonly WatchedHost[]
  readonly tunnels: Tunnels
  readonly services: readonly WatchedService[]
  /** What is lost with hosts and links, by the rules of each role. */
  lose(loss: Loss): ReturnType<typeof whatIf>
}

export interface WatchedRegion {
  readonly name: RegionName
  readonly title: string
  /** Numbers of its hosts. */
  readonly hosts: readonly number[]
}

export interface WatchedHost {
  readonly number: number
  readonly name: HostName
  readonly region: RegionName
  readonly provider: string | null
  readonly class: string
  /** On wg0. */
  readonly address: { readonly inet: string; readonly inet6: string }
  /** Of the derived key in the lock, or as given; null before the first build. */
  readonly publicKey: string | null
  /** What its peers route to it: how a peer is known whose key is another than planned. */
  readonly prefix: { readonly inet: string; readonly inet6: string }
  readonly ssh: SshTarget
  /** Names of the jails that should run, in the order in which they start. */
  readonly jails: readonly JailName[]
  readonly instances: readonly WatchedInstance[]
  /** What should lie there; null: nothing was built yet. */
  readonly files: readonly WatchedFile[] | null
}

interface SshTarget {
  /** An address or a name; null: nobody outside can call it, and only `via` leads there. */
  readonly address: string | null
  /** What it is called from outside, where that is another: its host key may be known by that. */
  readonly outside?: string | null
  readonly user: string
  readonly port: number
  /** Hosts whose flows let them in on the SSH port, by number: ways to a host that nobody can call. */
  readonly via: readonly number[]
}

export interface WatchedFile {
  /** `/etc/pf.conf` */
  readonly path: string
  readonly sha256: string
}

/** A member of a service, in a jail of its own. */
export interface WatchedInstance {
  readonly service: string
  readonly role: string
  readonly host: number
  readonly jail: JailName
  /** IPv4, in the overlay. */
  readonly address: string
  readonly probe: Probe
  readonly metrics: Metrics | null
  /** What its metrics mean; null: nobody reads them, the probe says all. */
  readonly health: RoleHealth | null
  /** Id of the role of its service that it talks to, as a proxy does; null: none. */
  readonly behind: string | null
  /** Root of the jail on the host. */
  readonly root: string
}

export interface WatchedService {
  readonly name: string
  readonly kind: string
  readonly version: string
  readonly roles: readonly WatchedRole[]
}

export interface WatchedRole {
  readonly name: string
  /** `db/postgres` */
  readonly id: string
  readonly resilience: Resilience
  /** By host. */
  readonly instances: readonly WatchedInstance[]
}

/** Directed tunnels: those of host n are `start[n]` to `start[n + 1]`, its peers in the order of their numbers. */
export interface Tunnels {
  readonly count: number
  readonly start: Int32Array
  readonly from: Int32Array
  readonly to: Int32Array
  /** The same tunnel seen from its other end. */
  readonly back: Int32Array
  /** Seconds between keepalives of whichever side sends them; 0: neither. */
  readonly keepalive: Uint16Array
}

/** The number of the tunnel from one host to another; -1: they are no peers. */
export function tunnelBetween({ start, to }: Tunnels, from: number, peer: number): number {
  let low = start[from] ?? 0
  let high = (start[from + 1] ?? 0) - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    const here = to[middle] ?? 0
    if (here === peer) return middle
    if (here < peer) low = middle + 1
    else high = middle - 1
  }
  return -1
}

export interface FleetSource {
  readonly mesh: Mesh
  readonly lock: Lock
  readonly services: ServicePlan | null
  /** By host. */
  readonly files: ReadonlyMap<string, readonly WatchedFile[]>
}

export function fleetOf({ mesh, lock, services, files }: FleetSource): Fleet {
  const numbers = new Map(mesh.hosts.map((host, number) => [host.name, number] as const))
  const numberOf = (host: Host): number => numbers.get(host.name) ?? 0
  const watched = services === null ? [] : servicesOf(mesh, services, numberOf)
  const instances = watched.flatMap(service => service.roles.flatMap(role => role.instances))
  const ways = waysIn(mesh, numberOf)
  const packets = packetWays(mesh)
  const parts: readonly Part[] = services === null ? [] : partsOf(services.services, services.solved.placed)
  return {
    mesh: mesh.name,
    domain: mesh.domain,
    regions: mesh.regions.map(({ name, title, hosts }) => ({ name, title, hosts: hosts.map(numberOf) })),
    hosts: mesh.hosts.map((host, number) => ({
      ...{ number, name: host.name, region: host.region },
      ...{ provider: host.spec.provider, class: host.spec.class },
      address: { inet: host.address.inet.text, inet6: host.address.inet6.text },
      publicKey:
        host.spec.keys.kind === 'host' ? host.spec.keys.publicKey : (lock.hosts.get(host.name)?.publicKey ?? null),
      prefix: { inet: host.prefix.inet.text, inet6: host.prefix.inet6.text },
      ssh: {
        address: host.spec.ssh.address ?? host.endpoint[host.prefers]?.address.text ?? null,
        ...{ user: host.spec.ssh.user, port: host.spec.ssh.port },
        via: ways.get(number) ?? [],
      },
      jails: host.jails.map(jail => jail.name),
      instances: instances.filter(instance => instance.host === number),
      files: files.get(host.name) ?? null,
    })),
    tunnels: tunnelsOf(mesh, numberOf),
    services: watched,
    lose: loss => whatIf(parts, loss, packets),
  }
}

/** As somebody who is in the mesh asks: every host there, where the flows let them in, by the host keys it is known by. */
export const fromInside = (fleet: Fleet): Fleet => ({
  ...fleet,
  hosts: fleet.hosts.map(host => ({
    ...host,
    ssh: { ...host.ssh, address: host.address.inet, outside: host.ssh.address, via: [] },
  })),
})

function servicesOf(mesh: Mesh, plan: ServicePlan, numberOf: (host: Host) => number): readonly WatchedService[] {
  return plan.services.map(service => ({
    ...{ name: service.name, kind: service.kind.kind, version: service.version },
    roles: service.kind.roles(service).flatMap((role): WatchedRole[] => {
      const instances = instancesOf(service.name, role.name, mesh, plan)
      if (instances.length === 0) return []
      const behind = role.talksTo?.find(other => other.role !== undefined)?.role
      return [
        {
          ...{ name: role.name, id: `${service.name}/${role.name}` },
          resilience: role.resilience ?? { kind: role.voters === true ? 'voters' : 'stateless' },
          instances: instances.map(({ host, jail }) => ({
            ...{ service: service.name, role: role.name, host: numberOf(host), jail: jail.name },
            address: jail.address.inet.text,
            probe: probeOf(role.probe, mesh),
            ...{ metrics: role.metrics ?? null, health: role.health ?? null },
            behind: behind === undefined ? null : `${service.name}/${behind}`,
            root: `${host.spec.jailRoot}/${jail.name}`,
          })),
        },
      ]
    }),
  }))
}

/** Who may log in where, by the flows: the way in to a host behind NAT. */
function waysIn(mesh: Mesh, numberOf: (host: Host) => number): ReadonlyMap<number, readonly number[]> {
  const ways = new Map<number, number[]>()
  for (const { from, to, services } of mesh.flows) {
    if (from.kind === 'external' || to.kind === 'external') continue
    for (const target of to.hosts) {
      const { port } = target.spec.ssh
      const ssh = { kind: 'ports', protocol: 'tcp', first: port, last: port } as const
      if (!services.some(service => covers(service, ssh))) continue
      const known = ways.get(numberOf(target)) ?? []
      ways.set(numberOf(target), known)
      for (const host of from.hosts) if (host !== target && !known.includes(numberOf(host))) known.push(numberOf(host))
    }
  }
  for (const known of ways.values()) known.sort((a, b) => a - b)
  return ways
}

function tunnelsOf(mesh: Mesh, numberOf: (host: Host) => number): Tunnels {
  const count = mesh.connections.tunnels * 2
  const start = new Int32Array(mesh.hosts.length + 1)
  const [from, to, back] = [new Int32Array(count), new Int32Array(count), new Int32Array(count).fill(-1)]
  const keepalive = new Uint16Array(count)
  let next = 0
  for (const [number, host] of mesh.hosts.entries()) {
    start[number] = next
    for (const neighbour of mesh.connections.neighboursOf(host)) {
      from[next] = number
      to[next] = numberOf(neighbour.host)
      if (neighbour.keepalive) keepalive[next] = mesh.keepalive
      next += 1
    }
  }
  start[mesh.hosts.length] = next
  const tunnels = { count: next, start, from, to, back, keepalive }
  for (let tunnel = 0; tunnel < next; tunnel += 1) {
    if ((back[tunnel] ?? -1) >= 0) continue
    const other = tunnelBetween(tunnels, to[tunnel] ?? 0, from[tunnel] ?? 0)
    if (other < 0) continue
    back[tunnel] = other
    back[other] = tunnel
    const sent = Math.max(keepalive[tunnel] ?? 0, keepalive[other] ?? 0)
    keepalive[tunnel] = sent
    keepalive[other] = sent
  }
  return tunnels
}
