/**
 * Who watches whom. One plan for flows and files, so that whatever is asked for is also let through: every server scrapes
 * the instances of its region, and those of regions without a server that are nearest to it; the prober of its region
 * asks the same instances for their health, and the public ports of all edges.
 */
import { createHash } from 'node:crypto'
import { byName, type RegionName } from '../../../topology/names.ts'
import { parseService } from '../../../topology/port.ts'
import type { HostSpec } from '../../../topology/spec.ts'
import type { Deployed, Metrics, Placement, Probe, Service, Services } from '../kind.ts'

/** An instance, before or after it has an address. */
export interface Seen {
  readonly service: string
  readonly role: string
  readonly host: HostSpec
}
export interface Scrape extends Seen {
  readonly metrics: Metrics
}
/** What a prober does: `edge` asks for a public port, `probe` for the health of a role. */
interface Look extends Seen {
  readonly job: 'edge' | 'probe'
  readonly module: Module
  readonly port: number
  /** Of HTTP. */
  readonly path: string
}

/** A module of the prober; its name tells it apart from all others. */
export type Module =
  | { readonly kind: 'icmp' | 'tcp' | 'tls' }
  | { readonly kind: 'http'; readonly expect: readonly number[]; readonly body?: string | undefined }
  | { readonly kind: 'dns'; readonly name: string }

export const moduleName = (module: Module): string => {
  switch (module.kind) {
    case 'http':
      return [`http_${module.expect.join('_')}`, ...(module.body === undefined ? [] : [digest(module.body)])].join('_')
    case 'dns':
      return module.name === '@' ? 'dns_mesh' : `dns_${module.name}`
    default:
      return module.kind
  }
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8)

export interface Watch {
  readonly server: HostSpec
  readonly scrapes: readonly Scrape[]
  /** The host of its prober. Null: nobody probes. */
  readonly prober: HostSpec | null
  readonly looks: readonly Look[]
}

/** What each server of `service` watches, by the name of its host. */
export function watchesOf(service: Service, services: Services, placement: Placement): readonly Watch[] {
  const servers = placement.hostsOf(service.name, 'server')
  const probers = placement.hostsOf(service.name, 'blackbox')
  const seen = services.flatMap(other =>
    other.kind
      .roles(other)
      .flatMap(role => placement.hostsOf(other.name, role.name).map(host => ({ of: other.name, role, host }))),
  )
  const watchers = new Map<RegionName, readonly HostSpec[]>()
  for (const { host } of seen)
    if (!watchers.has(host.region)) watchers.set(host.region, nearest(host.region, servers, placement))
  return servers.map(server => {
    const near = nearest(server.region, probers, placement)
    const prober = near.find(host => host.name === server.name) ?? near[0] ?? null
    const scrapes: Scrape[] = []
    const looks: Look[] = []
    for (const { of, role, host } of seen) {
      const at = { service: of, role: role.name, host }
      const watched = watchers.get(host.region)?.includes(server) === true
      if (watched && role.metrics !== undefined) scrapes.push({ ...at, metrics: role.metrics })
      // What it consists of itself says by its metrics how it is; servers are watched by those of the other regions.
      const asked = of !== service.name ? watched : role.name === 'server' && !watched
      if (asked) looks.push(...looksOf(role.probe, role.metrics).map(look => ({ ...at, ...look })))
      // Reached through the mesh, from every region: one that is cut off is seen by the others.
      looks.push(...(role.publicPorts ?? []).flatMap(edgeLooks).map(look => ({ ...at, ...look })))
    }
    return { server, scrapes, prober, looks: prober === null ? [] : looks }
  })
}

type Asked = Omit<Look, keyof Seen>

function looksOf(probe: Probe, metrics: Metrics | undefined): readonly Asked[] {
  const job = 'probe'
  switch (probe.kind) {
    case 'http':
      return [
        { job, module: { kind: 'http', expect: probe.expect, body: probe.body }, port: probe.port, path: probe.path },
      ]
    case 'tcp':
    case 'redis':
      // Where metrics are read, the port is known to answer.
      return probe.port === metrics?.port ? [] : [{ job, module: { kind: 'tcp' }, port: probe.port, path: '' }]
    case 'dns':
      return [{ job, module: { kind: 'dns', name: probe.name }, port: probe.port, path: '' }]
    case 'process':
      return []
  }
}

/** Ports on which TLS is spoken from the first byte on (IANA service names that end in s). */
const tlsPorts = [443, 465, 636, 853, 993, 995, 8443]

function edgeLooks(text: string): readonly Asked[] {
  const port = parseService(text)
  if (port?.kind !== 'ports' || port.protocol !== 'tcp') return []
  const kind = tlsPorts.includes(port.first) ? 'tls' : 'tcp'
  return [{ job: 'edge', module: { kind }, port: port.first, path: '' }]
}

/** `hosts` in a region, or those of the region nearest to it. */
function nearest(region: RegionName, hosts: readonly HostSpec[], placement: Placement): readonly HostSpec[] {
  const own = hosts.filter(host => host.region === region)
  if (own.length > 0) return own
  const [first] = [...new Set(hosts.map(host => host.region))].toSorted(
    (a, b) =>
      placement.roundTrip(region, a).milliseconds - placement.roundTrip(region, b).milliseconds || (a < b ? -1 : 1),
  )
  return hosts.filter(host => host.region === first)
}

/** The same question, when instances have addresses. */
export const placementOf = (service: Deployed): Placement => ({
  hosts: service.mesh.hosts.map(({ spec }) => spec).toSorted(byName),
  hostsOf: (name, role) => service.instancesOf(name, role).map(({ host }) => host.spec),
  roundTrip: (a, b) => service.roundTrip(a, b),
})
