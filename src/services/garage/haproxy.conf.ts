/** usr/local/etc/haproxy.conf of a proxy beside clients: 3900 leads to the nearest node that reaches a quorum. */
import type { Deployed, Instance, JailContent } from '../kind.ts'
import { proxyContent } from '../proxy.ts'
import { adminPort, nodesOf, s3Port } from './garage.toml.ts'

export function renderProxy(instance: Instance, service: Deployed): JailContent {
  const own = instance.jail.address.inet.text
  const trip = ({ host }: Instance): number => {
    if (host === instance.host) return 0
    // Half a millisecond within a region: farther than the own host, nearer than any other region.
    return host.region === instance.host.region
      ? 0.5
      : service.roundTrip(instance.host.region, host.region).milliseconds
  }
  const nodes = nodesOf(service).toSorted((a, b) => trip(a) - trip(b))
  const nearest = nodes[0] === undefined ? 0 : trip(nodes[0])
  const farthest = Math.max(0, ...nodes.map(trip))
  const lines = [
    'defaults',
    '  mode tcp',
    '  retries 2',
    '  option redispatch 1',
    '  timeout connect 5s',
    // Garage itself gives up on a request between its nodes after five minutes.
    '  timeout client 5m',
    '  timeout server 5m',
    `  timeout check ${Math.max(2000, Math.ceil(3 * farthest) + 1000)}ms`,
    '  default-server inter 3s fall 3 rise 2',
    '',
    'listen s3',
    `  bind ${own}:${s3Port}`,
    '  option httpchk GET /health',
    '  http-check expect status 200',
    ...nodes.map(
      one =>
        `  server ${one.host.name}-${one.role} ${one.jail.address.inet.text}:${s3Port} check port ${adminPort}` +
        (trip(one) > nearest ? ' backup' : ''),
    ),
  ]
  return proxyContent(instance, lines)
}
