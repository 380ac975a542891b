/** Placed services as what the rest of the planning knows: jails on hosts, and flows between them. */
import { type Diagnostic, error } from '../../topology/diagnostic.ts'
import { type HostName, type JailName, nameProblem } from '../../topology/names.ts'
import type { Placed } from '../../topology/place/problem.ts'
import { roundTrips } from '../../topology/latency.ts'
import { parseService, type Service as Port } from '../../topology/port.ts'
import type { FlowSpec, HostSpec, JailSpec, MeshSpec } from '../../topology/spec.ts'
import { below } from './declare.ts'
import type { FlowDraft, FlowEnd, Placement, RoleSpec, Service, Services } from './kind.ts'
import { demandOf, roleId } from './problem.ts'

export const jailName = (service: { readonly name: string }, role: string): JailName =>
  `${service.name}-${role}` as JailName

/** Adds to `spec` what the services need, in the order of their names. */
export function expand(
  spec: MeshSpec,
  services: Services,
  placed: Placed,
): { spec: MeshSpec; diagnostics: Diagnostic[] } {
  const diagnostics: Diagnostic[] = []
  const jails = new Map<HostName, JailSpec[]>()
  for (const service of services)
    for (const role of service.kind.roles(service)) {
      const name = jailName(service, role.name)
      const problem = nameProblem(name)
      if (problem !== null)
        diagnostics.push(
          error('bad-name', `a jail cannot be called ${name}: ${problem}`, { ...service.place, key: true }),
        )
      for (const host of placed.get(roleId(service, role.name)) ?? [])
        jails.set(host, [...(jails.get(host) ?? []), jailOf(service, role, host, services, placed)])
    }
  const ofServices = new Set<string>(
    services.flatMap(service => service.kind.roles(service).map(role => jailName(service, role.name))),
  )
  const withJails = (host: HostSpec): HostSpec => {
    // Wherever it is: by its name it would be taken for one of them.
    for (const { name } of host.jails.filter(jail => ofServices.has(jail.name)))
      diagnostics.push(
        error(
          'duplicate-jail',
          `${host.name} has a jail ${name} by hand, and a service has jails of that name`,
          { ...host.place, path: [...host.place.path, 'jails', name], key: true },
          'Call one of them otherwise.',
        ),
      )
    const more = jails.get(host.name) ?? []
    const own = host.jails.filter(jail => !ofServices.has(jail.name))
    return more.length === 0 ? host : { ...host, jails: [...own, ...more] }
  }
  const around = { placement: placementOf(spec, placed), taken: otherNames(spec, services) }
  const flows = services.flatMap(service => [...flowsOf(service, services, placed, around)])
  return {
    spec: {
      ...spec,
      regions: spec.regions.map(region => ({ ...region, hosts: region.hosts.map(withJails) })),
      flows: [...spec.flows, ...flows],
    },
    diagnostics,
  }
}

interface Surroundings {
  readonly placement: Placement
  /** Names of hosts, regions, labels and services: a jail of such a name is not meant by the name alone. */
  readonly taken: ReadonlySet<string>
}

const otherNames = (spec: MeshSpec, services: Services): ReadonlySet<string> =>
  new Set([
    ...spec.regions.flatMap(region => [region.name, ...region.hosts.flatMap(host => [host.name, ...host.labels])]),
    ...services.map(service => service.name),
  ])

function placementOf(spec: MeshSpec, placed: Placed): Placement {
  const hosts = spec.regions.flatMap(region => region.hosts).toSorted((a, b) => (a.name < b.name ? -1 : 1))
  return {
    hosts,
    hostsOf: (service, role) => {
      const names = new Set(placed.get(roleId({ name: service }, role)))
      return hosts.filter(host => names.has(host.name))
    },
    roundTrip: roundTrips(spec.regions, spec.latency),
  }
}

function jailOf(service: Service, role: RoleSpec, host: HostName, services: Services, placed: Placed): JailSpec {
  const said = service.roles.get(role.name) ?? {}
  const demand = demandOf(role, said)
  const lives = (of: Service, name: string) => placed.get(roleId(of, name))?.includes(host) === true
  const own = (role.after ?? []).filter(other => lives(service, other)).map(other => jailName(service, other))
  const providers = services.flatMap(giver =>
    giver.clients
      .filter(client => client.service === service && client.roles.includes(role.name))
      .flatMap(({ capability }) => servingRoles(giver, capability))
      .filter(serving => lives(giver, serving.name))
      .map(serving => jailName(giver, serving.name)),
  )
  return {
    name: jailName(service, role.name),
    // Who may reach it is said by the flows of the services.
    serves: [],
    from: [],
    cpus: said.cpus === undefined ? null : Math.max(1, Math.ceil(said.cpus)),
    memory: demand.memory * 2 ** 20,
    disk: demand.disk * 2 ** 20,
    service: {
      name: service.name,
      role: role.name,
      parameters: new Map(Object.entries(role.jail ?? {})),
      depends: [...new Set([...own, ...providers])].toSorted(),
    },
    place: service.place,
  }
}

export const servingRoles = (giver: Service, capability: string): readonly RoleSpec[] =>
  giver.kind.roles(giver).filter(role => role.serves?.some(one => one.capability === capability) === true)

/** The flows a kind names, and those of its clients. A role without instances has none. */
function* flowsOf(service: Service, services: Services, placed: Placed, around: Surroundings): Iterable<FlowSpec> {
  const { placement, taken } = around
  const ownerOf = (end: Exclude<FlowEnd, { readonly word: string }>): Service => {
    const owner = end.service === undefined ? service : services.find(one => one.name === end.service)
    if (owner === undefined) throw new Error(`no service ${end.service}: this is a bug in meshwright`)
    return owner
  }
  const hostsOf = (end: FlowEnd): readonly HostName[] =>
    'word' in end ? [] : (placed.get(roleId(ownerOf(end), end.role)) ?? [])
  const wordOf = (end: FlowEnd): string => {
    if ('word' in end) return end.word
    const name = jailName(ownerOf(end), end.role)
    return taken.has(name) ? `jail:${name}` : name
  }
  const there = (end: FlowEnd): boolean => 'word' in end || hostsOf(end).length > 0
  const drafts: FlowDraft[] = [...service.kind.flows(service, services, placement), ...clientFlows(service)]
  for (const { from, to, ports, why, beside } of drafts) {
    if (!there(from) || !there(to)) continue
    const [source, target] = [wordOf(from), wordOf(to)]
    const flow = { services: ports.map(portOf), why, place: below(service) }
    if (beside !== true) yield { ...flow, from: source, to: target }
    else
      for (const host of hostsOf(from))
        if (hostsOf(to).includes(host)) yield { ...flow, from: `${source}@${host}`, to: `${target}@${host}` }
  }
}

function* clientFlows(service: Service): Iterable<FlowDraft> {
  for (const { service: client, capability, roles } of service.clients)
    for (const role of servingRoles(service, capability))
      for (const from of roles) {
        const ports = role.serves?.find(one => one.capability === capability)?.ports ?? []
        yield {
          from: { service: client.name, role: from },
          to: { role: role.name },
          ports,
          why: `${client.name} uses ${service.name}`,
          // There is one beside each client, for that client.
          ...(role.count === 'with-clients' && { beside: true as const }),
        }
      }
}

function portOf(text: string): Port {
  const port = parseService(text)
  if (port === null) throw new Error(`${JSON.stringify(text)} is no port: this is a bug in meshwright`)
  return port
}
