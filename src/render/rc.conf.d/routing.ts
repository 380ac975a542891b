/** etc/rc.conf.d/routing/meshwright: static routes, added when wg0 is there (rc.conf(5), sourced by rc.d/routing alone). */
import type { Host, Mesh } from '../../../topology/mesh.ts'
import type { Prefix } from '../../../topology/prefix.ts'
import { madeBy, plain, type RenderedFile } from '../file.ts'
import { rc, type Word } from './rc.ts'

/** One route a family for the whole overlay: which peer a packet goes to is cryptokey routing (wg(4)). */
export function renderRouting(host: Host, mesh: Mesh): RenderedFile {
  const { inet, inet6 } = mesh.overlay
  // A leaf's gateway takes the whole overlay: what nobody here has must not travel there and back.
  const leaf = mesh.connections.gateways.size > 1 && mesh.connections.gateways.get(host.region) !== host
  const own = rc`
    static_routes="\${static_routes} meshwright_own"
    route_meshwright_own="-net ${host.prefix.inet} 127.0.0.1 -reject"
    ipv6_static_routes="\${ipv6_static_routes} meshwright6_own"
    ipv6_route_meshwright6_own="${networkOf(host.prefix.inet6)} -prefixlen ${host.prefix.inet6.length} ::1 -reject"
  `
  const content = rc`
    # ${madeBy}
    static_routes="\${static_routes} meshwright:wg0"
    route_meshwright="-net ${inet} -interface wg0"
    ipv6_static_routes="\${ipv6_static_routes} meshwright6:wg0"
    ipv6_route_meshwright6="${networkOf(inet6)} -prefixlen ${inet6.length} -interface wg0"
    ${leaf ? own : null}
  `
  return plain('etc/rc.conf.d/routing/meshwright', content, 'routing')
}

const networkOf = (prefix: Prefix): Word => prefix.text.slice(0, prefix.text.indexOf('/'))
