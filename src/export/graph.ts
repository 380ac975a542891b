/**
 * The planned mesh as pictures, dashboards and other programs want it: names instead of references, each thing once, and
 * no secret. Sorted, so that the same mesh gives the same bytes.
 */
import { roundTrips } from '../../topology/latency.ts'
import type { Flow } from '../../topology/flow.ts'
import { isPublic, type Host, type Jail, type Mesh } from '../../topology/mesh.ts'
import { byText } from '../../topology/names.ts'
import type { Part, Resilience } from '../../topology/place/whatif.ts'
import type { Relayed } from '../../topology/place/ways.ts'
import { serviceText } from '../../topology/port.ts'
import type { Party } from '../../topology/reference.ts'
import type { Opened } from '../load/open.ts'
import { instancesOf } from '../services/deploy.ts'
import { partsOf } from '../services/losses.ts'

export interface Graph {
  readonly mesh: string
  readonly domain: string
  readonly topology: 'full' | 'regional'
  /** Canonical prefixes. */
  readonly overlay: { readonly inet: string; readonly inet6: string }
  /** By number. */
  readonly regions: readonly GraphRegion[]
  /** By name. */
  readonly hosts: readonly GraphHost[]
  /** By host, then name. */
  readonly jails: readonly GraphJail[]
  /** By `a`, then `b`. */
  readonly tunnels: readonly GraphTunnel[]
  /** Pairs without a tunnel of their own, whose packets others pass on. */
  readonly relayed: readonly Relayed[]
  /** By name. */
  readonly services: readonly GraphService[]
  /** By name. */
  readonly flows: readonly GraphFlow[]
  /** What whatIf() of topology/place asks for. */
  readonly parts: readonly Part[]
}

export interface GraphRegion {
  readonly name: string
  readonly title: string
  /** Given once, and never changed. */
  readonly number: number
  /** Degrees. */
  readonly location: { readonly latitude: number; readonly longitude: number } | null
  /** Names, by name. */
  readonly hosts: readonly string[]
}

export interface GraphHost {
  readonly name: string
  readonly fqdn: string
  readonly region: string
  /** Within its region; given once, and never changed. */
  readonly number: number
  readonly provider: string | null
  readonly class: string
  readonly labels: readonly string[]
  readonly arch: string | null
  readonly cpus: number | null
  /** Bytes. */
  readonly memory: number | null
  /** On wg0. */
  readonly address: { readonly inet: string; readonly inet6: string }
  readonly prefix: { readonly inet: string; readonly inet6: string }
  /** Where peers call it, without the port; null: not on that family. */
  readonly endpoint: { readonly inet: string | null; readonly inet6: string | null }
  /** UDP, at these addresses; another than the one it listens on where that is forwarded. */
  readonly endpointPort: { readonly inet: number | null; readonly inet6: number | null }
  /** Nobody outside can call it. */
  readonly nat: boolean
  /** Joins its region to the others; always false in a full mesh. */
  readonly gateway: boolean
  readonly publicKey: string | null
}

export interface GraphJail {
  /** `db-postgres@tesla` */
  readonly id: string
  readonly name: string
  readonly host: string
  readonly fqdn: string
  readonly address: { readonly inet: string; readonly inet6: string }
  /** Null: declared by hand. */
  readonly service: string | null
  readonly role: string | null
}

export interface GraphTunnel {
  /** Host names; `a` is before `b` in the alphabet. */
  readonly a: string
  readonly b: string
  /** Seconds; 0: neither end sends any. */
  readonly keepalive: number
  /** Milliseconds between their regions; `estimated`: nobody measured it. */
  readonly roundTrip: { readonly milliseconds: number; readonly estimated: boolean }
}

export interface GraphService {
  readonly name: string
  readonly kind: string
  readonly version: string
  /** In the order of the kind; without those that have no instance. */
  readonly roles: readonly GraphRole[]
}

export interface GraphRole {
  readonly name: string
  /** `db/postgres` */
  readonly id: string
  readonly resilience: Resilience
  /** Ids of jails, by host. */
  readonly instances: readonly string[]
  /** Ids of roles without which it does no work. */
  readonly needs: readonly string[]
}

export interface GraphFlow {
  /** `web>db 5432/tcp`: unique. */
  readonly name: string
  readonly from: GraphParty
  readonly to: GraphParty
  /** `5432/tcp`, `icmp` */
  readonly ports: readonly string[]
  readonly why: string
}

export interface GraphParty {
  /** As written: `outside`, `db`, `hosts`. */
  readonly word: string
  /** On the underlay. */
  readonly external: boolean
  /** Host names: the machines themselves. */
  readonly hosts: readonly string[]
  /** Ids of jails, those of groups among them. */
  readonly jails: readonly string[]
}

/** What exports are made from: an opened mesh directory, for which no keys are needed. */
export type Planned = Pick<Opened, 'mesh' | 'lock' | 'spec' | 'services'>

const jailId = (jail: Jail): string => `${jail.name}@${jail.host}`

export function graphOf({ mesh, lock, spec, services }: Planned): Graph {
  const gateways = new Set([...mesh.connections.gateways.values()].map(host => host.name))
  const parts = services === null ? [] : partsOf(services.services, services.solved.placed)
  return {
    ...{ mesh: mesh.name, domain: mesh.domain, topology: mesh.topology },
    overlay: { inet: mesh.overlay.inet.text, inet6: mesh.overlay.inet6.text },
    regions: mesh.regions
      .map(({ name, title, number, location, hosts }) => ({
        ...{ name, title, number, location },
        hosts: hosts.map(host => host.name).toSorted(byText),
      }))
      .toSorted((a, b) => a.number - b.number),
    hosts: mesh.hosts.map(host => hostOf(host, lock, gateways.has(host.name))),
    jails: mesh.hosts.flatMap(host => host.jails.map(jailOf)),
    tunnels: tunnelsOf(mesh, roundTrips(spec.regions, spec.latency)),
    relayed: mesh.connections.relayed,
    services:
      services === null
        ? []
        : services.services.map(service => ({
            ...{ name: service.name, kind: service.kind.kind, version: service.version },
            roles: service.kind.roles(service).flatMap((role): GraphRole[] => {
              const instances = instancesOf(service.name, role.name, mesh, services)
              const part = parts.find(({ id }) => id === `${service.name}/${role.name}`)
              if (instances.length === 0 || part === undefined) return []
              return [
                {
                  ...{ name: role.name, id: part.id, resilience: part.resilience, needs: part.needs },
                  instances: instances.map(({ jail }) => jailId(jail)),
                },
              ]
            }),
          })),
    flows: mesh.flows.map(flowOf),
    parts,
  }
}

const hostOf = (host: Host, lock: Planned['lock'], gateway: boolean): GraphHost => ({
  ...{ name: host.name, fqdn: host.fqdn, region: host.region, number: host.number },
  ...{
    provider: host.spec.provider,
    class: host.spec.class,
    labels: host.spec.labels.toSorted(byText),
    arch: host.spec.arch,
  },
  ...{ cpus: host.spec.cpus, memory: host.spec.memory },
  address: { inet: host.address.inet.text, inet6: host.address.inet6.text },
  prefix: { inet: host.prefix.inet.text, inet6: host.prefix.inet6.text },
  endpoint: {
    inet: host.endpoint.inet?.address.text ?? null,
    inet6: host.endpoint.inet6?.address.text ?? null,
  },
  endpointPort: { inet: host.endpoint.inet?.port ?? null, inet6: host.endpoint.inet6?.port ?? null },
  ...{ nat: !isPublic(host), gateway },
  publicKey: host.spec.keys.kind === 'host' ? host.spec.keys.publicKey : (lock.hosts.get(host.name)?.publicKey ?? null),
})

const jailOf = (jail: Jail): GraphJail => ({
  ...{ id: jailId(jail), name: jail.name, host: jail.host, fqdn: jail.fqdn },
  address: { inet: jail.address.inet.text, inet6: jail.address.inet6.text },
  ...{ service: jail.spec.service?.name ?? null, role: jail.spec.service?.role ?? null },
})

function tunnelsOf(mesh: Mesh, trip: ReturnType<typeof roundTrips>): readonly GraphTunnel[] {
  const keeps = new Set<string>()
  for (const host of mesh.hosts)
    for (const neighbour of mesh.connections.neighboursOf(host))
      if (neighbour.keepalive) keeps.add([host.name, neighbour.host.name].toSorted(byText).join(' '))
  return mesh.hosts.flatMap(host =>
    mesh.connections
      .neighboursOf(host)
      .filter(neighbour => host.name < neighbour.host.name)
      .map(({ host: peer }) => ({
        ...{ a: host.name, b: peer.name, roundTrip: trip(host.region, peer.region) },
        keepalive: keeps.has(`${host.name} ${peer.name}`) ? mesh.keepalive : 0,
      })),
  )
}

const flowOf = ({ name, from, to, services, why }: Flow): GraphFlow => ({
  ...{ name, from: partyOf(from, true), to: partyOf(to, false), ports: services.map(serviceText), why },
})

const partyOf = (party: Party, asks: boolean): GraphParty => {
  if (party.kind === 'external') return { word: party.word, external: true, hosts: [], jails: [] }
  const within = asks && party.withJails ? party.hosts.flatMap(host => host.jails) : []
  return {
    ...{ word: party.word, external: false, hosts: party.hosts.map(host => host.name) },
    jails: [...new Set([...party.jails, ...within].map(jailId))].toSorted(byText),
  }
}
