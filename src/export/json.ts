/** The planned mesh for other programs: `meshwright export json`, documented by schema/graph.json. */
import { byText } from '../../topology/names.ts'
import type { Graph, GraphHost, GraphParty, GraphRole } from './graph.ts'
import { type GraphDocument, graphVersion } from './json-schema.ts'
import { layoutOf, type Point } from './layout.ts'

export function graphJson(graph: Graph): GraphDocument {
  const layout = layoutOf(graph)
  return {
    ...{ version: graphVersion, mesh: graph.mesh, domain: graph.domain, topology: graph.topology },
    ...{ overlay: families(graph.overlay), reach: layout.reach },
    regions: graph.regions.map(({ name, title, number, location, hosts }) => ({
      ...{ name, title, number },
      location: location && { latitude: location.latitude, longitude: location.longitude },
      hosts: [...hosts],
    })),
    hosts: graph.hosts.map(host => hostJson(host, layout.hosts.get(host.name))),
    jails: graph.jails.map(({ id, name, host, fqdn, address, service, role }) => ({
      ...{ id, name, host, fqdn, address: families(address), service, role },
    })),
    tunnels: graph.tunnels.map(({ a, b, keepalive, roundTrip }) => ({
      ...{ a, b, 'keepalive-seconds': keepalive },
      'round-trip-milliseconds': roundTrip.milliseconds,
      'round-trip-estimated': roundTrip.estimated,
    })),
    relayed: graph.relayed
      .map(({ a, b, through }) => ({ a, b, through: [...through] }))
      .toSorted((one, other) => byText(one.a, other.a) || byText(one.b, other.b)),
    services: graph.services.map(({ name, kind, version, roles }) => ({
      ...{ name, kind, version, roles: roles.map(roleJson) },
    })),
    flows: graph.flows.map(({ name, from, to, ports, why }) => ({
      ...{ name, from: partyJson(from), to: partyJson(to), ports: [...ports], why },
    })),
  }
}

/** In the words of mesh.yaml. */
const families = <T>({ inet, inet6 }: { readonly inet: T; readonly inet6: T }) => ({ ipv4: inet, ipv6: inet6 })

function hostJson(host: GraphHost, position: Point | undefined): GraphDocument['hosts'][number] {
  if (position === undefined) throw new Error(`${host.name} has no place in the layout: this is a bug in meshwright`)
  return {
    ...{ name: host.name, fqdn: host.fqdn, region: host.region, number: host.number, provider: host.provider },
    ...{ class: host.class, labels: [...host.labels], arch: host.arch, cpus: host.cpus, 'memory-bytes': host.memory },
    ...{ address: families(host.address), prefix: families(host.prefix), endpoint: families(host.endpoint) },
    'endpoint-port': families(host.endpointPort),
    ...{ nat: host.nat, gateway: host.gateway, 'public-key': host.publicKey },
    position: { x: position.x, y: position.y },
  }
}

const roleJson = ({ name, id, resilience, instances, needs }: GraphRole) => ({
  ...{ name, id, resilience, instances: [...instances], needs: [...needs] },
})

const partyJson = ({ word, external, hosts, jails }: GraphParty) => ({
  ...{ word, external, hosts: [...hosts], jails: [...jails] },
})
