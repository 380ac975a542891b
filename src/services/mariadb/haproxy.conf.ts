/** usr/local/etc/haproxy.conf of a proxy beside clients: 3306 leads to the primary and to nobody else (HAProxy 2.6 to 3.0). */
import type { Deployed, Instance, JailContent } from '../kind.ts'
import { proxyContent } from '../proxy.ts'
import { checkUser } from './accounts.ts'
import type { MariadbOptions } from './options.ts'

export function renderProxy(instance: Instance, service: Deployed<MariadbOptions>): JailContent {
  const own = instance.jail.address.inet.text
  const proxies = Math.max(1, service.instances('proxy').length)
  const sessions = Math.max(1, Math.floor((service.options['max-connections'] - 10) / proxies))
  const servers = service.instances('primary')
  const trip = Math.max(1, ...servers.map(one => service.roundTrip(instance.host.region, one.host.region).milliseconds))
  const lines = [
    'defaults',
    '  mode tcp',
    '  retries 2',
    '  timeout connect 5s',
    '  timeout client 30m',
    '  timeout server 30m',
    // A connection, a greeting and a login: three round trips.
    `  timeout check ${Math.max(2000, Math.ceil(3 * trip) + 1000)}ms`,
    '  default-server inter 3s fall 3 rise 2 on-marked-down shutdown-sessions',
    '',
    'listen primary',
    `  bind ${own}:3306`,
    // Accounts are of this address.
    `  source ${own}`,
    `  option mysql-check user ${checkUser}`,
    // Replicas are no backups: who takes over is a decision of people, and one check sees no more than its own side.
    ...servers.map(one => `  server ${one.host.name} ${one.jail.address.inet.text}:3306 check maxconn ${sessions}`),
  ]
  return proxyContent(instance, lines)
}
