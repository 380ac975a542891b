/** usr/local/etc/haproxy.conf of a proxy beside clients: 5000 leads to the primary, 5001 to replicas (HAProxy 2.6 to 3.0). */
import type { Deployed, Instance, JailContent } from '../kind.ts'
import { proxyContent } from '../proxy.ts'
import type { PatroniOptions } from './patroni.ts'
import { longestTrip } from './timing.ts'

export function renderProxy(instance: Instance, service: Deployed<PatroniOptions>): JailContent {
  const own = instance.jail.address.inet.text
  const members = service.instances('postgres')
  const proxies = Math.max(1, service.instances('proxy').length)
  const trip = longestTrip(service, [instance, ...members])
  // A check must outlast three round trips to the farthest member.
  const check = Math.max(2000, Math.ceil(3 * trip) + 1000)
  const sessions = Math.max(1, Math.floor((service.options['max-connections'] - 10) / proxies))
  const server = (member: Instance, more = '') =>
    `  server ${member.host.name} ${member.jail.address.inet.text}:5432 check port 8008 maxconn ${sessions}${more}`
  const near = members.some(member => member.host.region === instance.host.region)
  const lines = [
    'defaults',
    '  mode tcp',
    '  retries 2',
    '  timeout connect 5s',
    '  timeout client 30m',
    '  timeout server 30m',
    `  timeout check ${check}ms`,
    '  default-server inter 3s fall 3 rise 2 on-marked-down shutdown-sessions',
    '',
    'listen primary',
    `  bind ${own}:5000`,
    '  option httpchk OPTIONS /primary',
    '  http-check expect status 200',
    ...members.map(member => server(member)),
    '',
    'listen replicas',
    `  bind ${own}:5001`,
    '  option httpchk OPTIONS /replica?lag=16MB',
    '  http-check expect status 200',
    '  balance leastconn',
    // Reads stay in the region while it has a replica.
    ...members.map(member => server(member, near && member.host.region !== instance.host.region ? ' backup' : '')),
  ]
  return proxyContent(instance, lines)
}
