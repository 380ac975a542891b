/** usr/local/etc/haproxy.conf of a proxy beside clients that do not speak Sentinel: 6379 leads to the primary. */
import type { Deployed, Instance, JailContent } from '../kind.ts'
import { proxyContent } from '../proxy.ts'
import type { ValkeyOptions } from './valkey.ts'

export function renderProxy(instance: Instance, service: Deployed<ValkeyOptions>): JailContent {
  const shared = service.options.shape === 'shared'
  const near = (one: Instance) => one.host.region === instance.host.region
  const servers = service.instances('server')
  const lines = [
    'defaults',
    '  mode tcp',
    '  timeout connect 5s',
    '  timeout client 30m',
    '  timeout server 30m',
    '  timeout check 3s',
    // Both sides of a partition may call themselves primary for a while: one good answer is not enough.
    '  default-server inter 1s fall 3 rise 3 on-marked-down shutdown-sessions',
    '',
    'listen cache',
    `  bind ${instance.jail.address.inet.text}:6379`,
    '  option tcp-check',
    '  tcp-check connect',
    `  tcp-check send AUTH\\ haproxy\\ ${service.secrets.lasting.text('haproxy').reveal()}\\r\\n`,
    '  tcp-check expect string +OK',
    '  tcp-check send PING\\r\\n',
    '  tcp-check expect string +PONG',
    ...(shared ? ['  tcp-check send info\\ replication\\r\\n', '  tcp-check expect string role:master'] : []),
    '  tcp-check send QUIT\\r\\n',
    '  tcp-check expect string +OK',
    ...servers.map(
      one =>
        `  server ${one.host.name} ${one.jail.address.inet.text}:6379 check${shared || near(one) || !servers.some(near) ? '' : ' backup'}`,
    ),
  ]
  // The password of the check is in it.
  return proxyContent(instance, lines, true)
}
