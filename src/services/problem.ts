/** The services of a mesh as a placement problem: roles with their demands, hosts with what is free on them. */
import { latencyKey, type HostSpec, type MeshSpec } from '../../topology/spec.ts'
import type { HostName } from '../../topology/names.ts'
import { roundTrips } from '../../topology/latency.ts'
import type { Count, Demand, Placed, Problem, Role, RoleId, Site } from '../../topology/place/problem.ts'
import { below } from './declare.ts'
import { serviceText } from '../../topology/port.ts'
import { isUnderlayWord } from '../../topology/reference.ts'
import type { RoleOverride, RoleSpec, Service } from './kind.ts'

const mebibyte = 2 ** 20

export const roleId = (service: { readonly name: string }, role: string): RoleId => `${service.name}/${role}`

export function problemOf(spec: MeshSpec, services: readonly Service[], current: Placed): Problem {
  const trips = roundTrips(spec.regions, spec.latency)
  const known = new Map<string, number>()
  return {
    sites: spec.regions.flatMap(region => region.hosts.map(siteOf)).toSorted((a, b) => (a.host < b.host ? -1 : 1)),
    roles: services
      .flatMap(service => service.kind.roles(service).map(role => roleOf(service, role)))
      .toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    roundTrip: (a, b) => {
      const key = latencyKey(a, b)
      const microseconds = known.get(key) ?? Math.round(trips(a, b).milliseconds * 1000)
      known.set(key, microseconds)
      return microseconds
    },
    current,
  }
}

function siteOf(host: HostSpec): Site {
  const used = (of: (jail: HostSpec['jails'][number]) => number | null) =>
    host.jails.reduce((sum, jail) => sum + (of(jail) ?? 0), 0)
  const left = (all: number | null, taken: number, unit: number) =>
    all === null ? null : Math.max(0, Math.floor((all - taken) / unit))
  return {
    ...{ host: host.name, region: host.region, arch: host.arch, class: host.class, labels: host.labels },
    provider: host.provider ?? `${host.name}, whose provider is not known`,
    drained: host.drained,
    ...(host.endpoints.length === 0 && { callable: false as const }),
    ports: host.jails.flatMap(jail => (jail.from.some(isUnderlayWord) ? jail.serves.map(serviceText) : [])),
    free: {
      cpu: left(
        host.cpus,
        used(jail => jail.cpus),
        0.01,
      ),
      memory: left(
        host.memory,
        used(jail => jail.memory),
        mebibyte,
      ),
      disk: left(
        host.disk,
        used(jail => jail.disk),
        mebibyte,
      ),
    },
  }
}

function roleOf(service: Service, role: RoleSpec): Role {
  const said = service.roles.get(role.name) ?? {}
  // Where clients are is not for the service to say.
  const everywhere = role.count === 'with-clients' ? {} : service.everywhere
  const place = below(service, ...(service.roles.has(role.name) ? ['roles', role.name] : []))
  return {
    id: roleId(service, role.name),
    place,
    count: countOf(service, role, said),
    spread: role.spread ?? [],
    voters: role.voters === true,
    demand: demandOf(role, said),
    arch: role.arch ?? [],
    labels: [...new Set([...(role.labels ?? []), ...(everywhere.labels ?? []), ...(said.labels ?? [])])],
    hosts: said.hosts ?? everywhere.hosts ?? null,
    regions: said.regions ?? everywhere.regions ?? null,
    apart: (role.apart ?? []).map(other => roleId(service, other)),
    prefers: role.prefers === undefined ? 'core' : role.prefers,
    moveCost: (role.moveCost ?? 1) * (role.voters === true ? 2 : 1),
    talksTo: (role.talksTo ?? []).flatMap(({ role: own, capability, weight }) => [
      ...(own === undefined ? [] : [{ role: roleId(service, own), weight }]),
      ...(capability === undefined ? [] : givingRoles(service, capability).map(id => ({ role: id, weight }))),
    ]),
    maxRtt: role.maxRtt ?? null,
    publicPorts: role.publicPorts ?? [],
  }
}

/** Roles of the services it uses that serve a capability. */
const givingRoles = (service: Service, capability: Parameters<Service['uses']['get']>[0]): readonly RoleId[] =>
  (service.uses.get(capability) ?? []).flatMap(giver =>
    giver.kind
      .roles(giver)
      .filter(role => role.serves?.some(one => one.capability === capability) === true)
      .map(role => roleId(giver, role.name)),
  )

function countOf(service: Service, role: RoleSpec, said: RoleOverride): Count {
  if (said.count !== undefined) return { kind: 'fixed', instances: said.count }
  if (typeof role.count === 'number') return { kind: 'fixed', instances: role.count }
  if (role.count !== 'with-clients') return { kind: role.count }
  const capabilities = (role.serves ?? []).map(one => one.capability)
  const clients = service.clients.filter(client => capabilities.includes(client.capability))
  return {
    kind: 'with',
    roles: [...new Set(clients.flatMap(({ service: client, roles }) => roles.map(one => roleId(client, one))))],
  }
}

export const demandOf = (role: RoleSpec, said: RoleOverride): Demand => ({
  cpu: said.cpus === undefined ? role.demand.cpu : Math.round(said.cpus * 100),
  memory: said.memory === undefined ? role.demand.memory : Math.ceil(said.memory / mebibyte),
  disk: said.disk === undefined ? role.demand.disk : Math.ceil(said.disk / mebibyte),
})

/** Where instances were, as far as their hosts are still there. */
export const stillThere = (spec: MeshSpec, before: Placed): Placed => {
  const hosts = new Set<HostName>(spec.regions.flatMap(region => region.hosts.map(host => host.name)))
  return new Map([...before].map(([role, names]) => [role, names.filter(name => hosts.has(name))]))
}
