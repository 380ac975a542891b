/** From what people wrote and what the lock remembers to the planned mesh. Pure: the same input gives the same plan. */
import { allocate, type Drawn } from './allocate.ts'
import { checkEgress, checkHosts } from './check/hosts.ts'
import { checkPorts } from './check/ports.ts'
import { checkAddressing, checkEndpoints, checkLists, checkOverlay, checkOwners } from './check/prefixes.ts'
import { checkTests } from './check/tests.ts'
import { connect } from './connect.ts'
import { type Diagnostic, error } from './diagnostic.ts'
import type { Endpoint, EndpointSpec } from './endpoint.ts'
import { deriveFlows } from './flow.ts'
import { roundTrips } from './latency.ts'
import { type Lock, lockDocument, type LockedHost } from './lock.ts'
import type { Host, Mesh, Region } from './mesh.ts'
import { tunnelMtu } from './mtu.ts'
import { byName } from './names.ts'
import { addressIn, families, parseAddress, type PerFamily, type Prefix, subPrefix } from './prefix.ts'
import type { HostSpec, MeshSpec } from './spec.ts'
import { wireJails } from './wire.ts'

export interface Plan {
  readonly mesh: Mesh
  /** What to remember: the lock before, and the numbers of the newcomers. */
  readonly lock: Lock
  readonly diagnostics: readonly Diagnostic[]
}

/** Order matters: hosts need numbers, jails their host's prefix, flows the jails, and the checks all of it. */
export function planMesh(spec: MeshSpec, before: Lock | null, drawn: Drawn): Plan {
  const { lock, diagnostics: numbering } = allocate(spec, before, drawn)
  const overlay = { inet: lock.overlay.ipv4, inet6: lock.overlay.ipv6 }
  const regions = spec.regions.map(region => addressRegion(spec, region, lock, overlay)).toSorted(byName)
  const hosts = regions.flatMap(region => region.hosts).toSorted(byName)
  const trips = roundTrips(spec.regions, spec.latency)
  const { connections, diagnostics: connecting } = connect({
    topology: spec.wireguard.topology,
    ...{ regions, hosts, overlay, trips },
    gatewaysBefore: new Map([...lock.regions].flatMap(([name, { gateway }]) => (gateway ? [[name, gateway]] : []))),
  })
  const { flows, diagnostics: flowing } = deriveFlows({ hosts, regions, overlay }, spec)
  const mesh: Mesh = {
    name: spec.name,
    domain: spec.domain,
    topology: spec.wireguard.topology,
    presharedKeys: spec.wireguard.presharedKeys,
    pskEpoch: lock.pskEpoch,
    keepalive: spec.wireguard.keepalive,
    mtu: tunnelMtu(hosts.reduce((least, host) => Math.min(least, host.spec.underlayMtu), 65535)),
    ...{ overlay, regions, hosts, connections, flows },
  }
  const diagnostics = [
    ...numbering,
    ...checkAddressing(spec),
    ...checkOverlay(mesh, spec),
    ...checkOwners(mesh, lockDocument),
    ...checkEndpoints(mesh),
    ...checkLists(mesh),
    ...checkLatencies(spec),
    ...checkHosts(mesh),
    ...connecting,
    ...flowing,
    ...checkPorts(mesh),
    ...checkEgress(mesh),
    ...checkTests(mesh, spec),
  ]
  return { mesh, lock: withGateways(lock, mesh), diagnostics }
}

/** A full mesh has no gateways, and forgets none: it may become regional again. */
const withGateways = (lock: Lock, { connections }: Mesh): Lock => ({
  ...lock,
  regions: new Map(
    [...lock.regions].map(([name, region]) => [
      name,
      { ...region, gateway: connections.gateways.get(name)?.name ?? region.gateway },
    ]),
  ),
})

function addressRegion(
  spec: MeshSpec,
  region: MeshSpec['regions'][number],
  lock: Lock,
  overlay: PerFamily<Prefix>,
): Region {
  const number = lock.regions.get(region.name)?.number ?? 0
  const { regionLength, hostLength } = spec.addressing
  const prefix = {
    inet: subPrefix(overlay.inet, regionLength.inet, number),
    inet6: subPrefix(overlay.inet6, regionLength.inet6, number),
  }
  const hosts = region.hosts.map(host => {
    const locked = lock.hosts.get(host.name)
    const own = {
      inet: subPrefix(prefix.inet, hostLength.inet, locked?.number ?? 0),
      inet6: subPrefix(prefix.inet6, hostLength.inet6, locked?.number ?? 0),
    }
    return addressHost(spec, host, number, locked, own)
  })
  return {
    name: region.name,
    title: region.title,
    number,
    prefix,
    location: region.location,
    hosts: hosts.toSorted(byName),
  }
}

function addressHost(
  spec: MeshSpec,
  host: HostSpec,
  regionNumber: number,
  locked: LockedHost | undefined,
  prefix: PerFamily<Prefix>,
): Host {
  const fqdn = `${host.name}.${spec.domain}`
  const number = locked?.number ?? 0
  const known = host.endpoints.flatMap(endpoint => resolved(endpoint, host, locked))
  const on = (family: 'inet' | 'inet6') => known.find(endpoint => endpoint.address.family === family) ?? null
  const endpoint = { inet: on('inet'), inet6: on('inet6') }
  return {
    ...{ name: host.name, region: host.region, fqdn, number, keyEpoch: locked?.keyEpoch ?? 1, prefix, endpoint },
    address: { inet: addressIn(prefix.inet, 1), inet6: addressIn(prefix.inet6, 1) },
    sends: {
      inet: endpoint.inet !== null || host.underlay.includes('inet'),
      inet6: endpoint.inet6 !== null || host.underlay.includes('inet6'),
    },
    prefers: known[0]?.address.family ?? host.underlay[0] ?? families[0],
    jails: wireJails({ spec: host, fqdn, regionNumber, number, prefix, slots: locked?.jails ?? new Map() }),
    spec: host,
  }
}

function resolved(endpoint: EndpointSpec, host: HostSpec, locked: LockedHost | undefined): Endpoint[] {
  const port = endpoint.port ?? host.port
  if (endpoint.kind === 'address') return [{ address: endpoint.address, port }]
  return (locked?.resolved.get(endpoint.name) ?? []).flatMap(text => {
    const address = parseAddress(text)
    return address === null ? [] : [{ address, port }]
  })
}

function* checkLatencies(spec: MeshSpec): Iterable<Diagnostic> {
  const names = new Set<string>(spec.regions.map(region => region.name))
  for (const key of spec.latency.keys())
    for (const name of key.split('/'))
      if (!names.has(name))
        yield error('unknown-latency', `latency: ${key}: there is no region ${name}`, {
          document: spec.document,
          path: ['latency'],
        })
}
