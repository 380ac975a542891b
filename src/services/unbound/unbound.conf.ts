/**
 * usr/local/etc/unbound/unbound.conf (unbound.conf(5)): the names of the mesh from here, or from servers of the mesh where
 * there are some; all others from outside.
 */
import type { Mesh } from '../../../topology/mesh.ts'
import { byText } from '../../../topology/names.ts'
import { madeBy } from '../../render/file.ts'
import { block } from '../../render/template.ts'
import type { Deployed, Instance, JailFile } from '../kind.ts'
import { namesOf } from '../names.ts'
import type { UnboundOptions } from './unbound.ts'

export function renderUnbound(instance: Instance, service: Deployed<UnboundOptions>): JailFile {
  const { mesh, options } = service
  const { address } = instance.jail
  const forwarders = instance.host.spec.resolvers
  const stubs = stubsOf(instance, service)
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
    ...(stubs.size === 0 ? localNames(mesh) : fromServers([...stubs.keys()])),
    '',
    'remote-control:',
    '  control-enable: no',
    ...[...stubs].flatMap(([zone, servers]) => [
      '',
      'stub-zone:',
      `  name: "${zone}."`,
      ...servers.map(server => `  stub-addr: ${server}`),
    ]),
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

const localNames = (mesh: Mesh): readonly string[] => [
  `  local-zone: "${mesh.domain}." static`,
  ...namesOf(mesh).flatMap(({ fqdn, address: own }) => [
    `  local-data: "${fqdn}. 300 IN A ${own.inet.text}"`,
    `  local-data: "${fqdn}. 300 IN AAAA ${own.inet6.text}"`,
    `  local-data-ptr: "${own.inet.text} 300 ${fqdn}."`,
    `  local-data-ptr: "${own.inet6.text} 300 ${fqdn}."`,
  ]),
]

/** Servers of each zone, by zone. The first service that has a zone gives it. */
function stubsOf(instance: Instance, service: Deployed): ReadonlyMap<string, readonly string[]> {
  const stubs = new Map<string, readonly string[]>()
  for (const { servers, zones } of service.offers('dns', instance).values())
    for (const zone of zones) if (!stubs.has(zone)) stubs.set(zone, servers)
  return new Map([...stubs].toSorted(([a], [b]) => byText(a, b)))
}

const fromServers = (zones: readonly string[]): readonly string[] => [
  // What was known is answered on while no server of it can be reached; after 1.8 seconds (RFC 8767 §5).
  '  serve-expired: yes',
  '  serve-expired-ttl: 86400',
  '  serve-expired-client-timeout: 1800',
  ...zones.flatMap(zone => [
    // unbound denies private reverse zones by itself; the larger zone around this one stays denied.
    ...(zone.endsWith('.arpa') ? [`  local-zone: "${zone}." transparent`] : [`  private-domain: "${zone}"`]),
    `  domain-insecure: "${zone}"`,
  ]),
]
