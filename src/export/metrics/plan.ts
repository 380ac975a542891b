/** What is planned: there for every host and tunnel, whatever becomes of them. */
import type { Fleet } from '../../health/fleet.ts'
import { locationsOf } from '../grafana/node-graph.ts'
import type { Graph } from '../graph.ts'
import { layoutOf } from '../layout.ts'
import type { FamilyName } from './families.ts'
import { samples, type Writers } from './sample.ts'
import type { Instances } from './services.ts'
import type { Links } from './tunnels.ts'

type Name = Extract<
  FamilyName,
  | `meshwright_${'mesh' | 'region' | 'host' | 'service'}_info`
  | `meshwright_${'link' | 'tunnel' | 'jail' | 'instance'}_planned`
  | 'meshwright_host_location'
  | 'meshwright_link_keepalive_seconds'
  | 'meshwright_role_replicas_wanted'
>

export function planWriters(graph: Graph, fleet: Fleet, links: Links, instances: Instances): Writers<Name> {
  const places = locationsOf(graph)
  const { hosts: points } = layoutOf(graph)
  const roles = fleet.services.flatMap(service => service.roles.map(role => ({ service, role })))
  const fixed = (text: string) => () => [text]
  return {
    meshwright_mesh_info: fixed(
      samples('meshwright_mesh_info', [graph], ({ mesh, domain, topology }) => [mesh, domain, topology]),
    ),
    meshwright_region_info: fixed(samples('meshwright_region_info', graph.regions, ({ name, title }) => [name, title])),
    meshwright_host_info: fixed(
      samples('meshwright_host_info', graph.hosts, host => [
        ...[host.name, host.region, host.provider ?? '', host.class, host.address.inet],
      ]),
    ),
    meshwright_host_location: fixed(
      samples('meshwright_host_location', graph.hosts, ({ name, region }) => {
        const [place, point] = [places.get(name), points.get(name)]
        return [name, region, ...[place?.lat, place?.lon, point?.x, point?.y].map(n => (n === undefined ? '' : `${n}`))]
      }),
    ),
    meshwright_link_planned: () => links.lines('meshwright_link_planned', () => '1'),
    meshwright_link_keepalive_seconds: () => {
      const { keepalive } = fleet.tunnels
      return links.lines('meshwright_link_keepalive_seconds', link => String(keepalive[link] ?? 0))
    },
    meshwright_tunnel_planned: () => links.pairs('meshwright_tunnel_planned', () => '1'),
    meshwright_jail_planned: fixed(samples('meshwright_jail_planned', graph.jails, ({ host, name }) => [host, name])),
    meshwright_service_info: fixed(
      samples('meshwright_service_info', fleet.services, ({ name, kind, version }) => [name, kind, version]),
    ),
    meshwright_instance_planned: fixed(
      instances.all.map(of => instances.line('meshwright_instance_planned', of, 1)).join(''),
    ),
    meshwright_role_replicas_wanted: fixed(
      samples(
        'meshwright_role_replicas_wanted',
        roles,
        ({ service, role }) => [service.name, role.name],
        ({ role }) => role.instances.length,
      ),
    ),
  }
}
