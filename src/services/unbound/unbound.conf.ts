/** usr/local/etc/unbound/unbound.conf (unbound.conf(5)): the names of the mesh from here, all others from outside. */
import { madeBy } from '../../render/file.ts'
import { block } from '../../render/template.ts'
import type { Deployed, Instance, JailFile } from '../kind.ts'
import type { UnboundOptions } from './unbound.ts'

export function renderUnbound(instance: Instance, service: Deployed<UnboundOptions>): JailFile {
  const { mesh, options } = service
  const { address } = instance.jail
  const forwarders = instance.host.spec.resolvers
  const named = mesh.hosts.flatMap(host => [host, ...host.jails])
  const lines = [
    `# ${madeBy}`,
    'server:',
    '  username: "unbound"',
    '  directory: "/usr/local/etc/unbound"',
    '  chroot: ""',
    '  pidfile: "/var/run/unbound.pid"',
    '  use-syslog: yes',
    `  interface: ${address.inet.text}`,
    `  interface: ${address.inet6.text}`,
    '  interface: 127.0.0.1',
    // Whatever pf lets through by mistake is refused here.
    `  access-control: ${mesh.overlay.inet.text} allow`,
    `  access-control: ${mesh.overlay.inet6.text} allow`,
    '  access-control: 127.0.0.0/8 allow',
    '  hide-identity: yes',
    '  hide-version: yes',
    '  qname-minimisation: yes',
    '  prefetch: yes',
    `  cache-max-ttl: ${options['max-ttl']}`,
    ...(options.dnssec
      ? ['  auto-trust-anchor-file: "/usr/local/etc/unbound/root.key"']
      : ['  module-config: "iterator"']),
    // Answers from outside that point into the mesh are lies.
    `  private-address: ${mesh.overlay.inet.text}`,
    `  private-address: ${mesh.overlay.inet6.text}`,
    '',
    `  local-zone: "${mesh.domain}." static`,
    ...named.flatMap(({ fqdn, address: own }) => [
      `  local-data: "${fqdn}. 300 IN A ${own.inet.text}"`,
      `  local-data: "${fqdn}. 300 IN AAAA ${own.inet6.text}"`,
      `  local-data-ptr: "${own.inet.text} 300 ${fqdn}."`,
      `  local-data-ptr: "${own.inet6.text} 300 ${fqdn}."`,
    ]),
    '',
    'remote-control:',
    '  control-enable: no',
    ...(forwarders.length === 0
      ? []
      : ['', 'forward-zone:', '  name: "."', ...forwarders.map(forwarder => `  forward-addr: ${forwarder}`)]),
  ]
  return {
    path: 'usr/local/etc/unbound/unbound.conf',
    text: block(lines).text,
    mode: 0o644,
    secret: false,
    reload: { rc: 'unbound', how: 'reload' },
  }
}
