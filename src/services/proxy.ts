/** A proxy beside every client: HAProxy that knows where a service answers now. What it is, whatever it leads to. */
import { madeBy } from '../render/file.ts'
import { block } from '../render/template.ts'
import type { Capability } from './capability.ts'
import { type Normal, proxyHealth } from './haproxy/health.ts'
import type { Deployed, Instance, JailContent, RoleSpec } from './kind.ts'

const metricsPort = 8404

interface Leads {
  /** A role of the same service, and what a round trip to it weighs. */
  readonly to: string
  readonly weight: number
  readonly capability: Capability
  /** Of the proxy, the first for health. */
  readonly ports: readonly [number, ...number[]]
  /** Which of its servers answer when all is well, by listener. */
  readonly normal: Readonly<Record<string, Normal>>
}

export const proxyRole = ({ to, weight, capability, ports, normal }: Leads): RoleSpec => ({
  name: 'proxy',
  count: 'with-clients',
  demand: { cpu: 5, memory: 96, disk: 256 },
  needs: [to],
  talksTo: [{ role: to, weight }],
  after: [to],
  prefers: null,
  serves: [{ capability, ports: ports.map(port => `${port}/tcp`) }],
  metrics: { port: metricsPort, path: '/metrics', job: 'haproxy' },
  health: proxyHealth(normal),
  probe: { kind: 'tcp', port: ports[0] },
})

/** The address at which a client finds the proxy beside it. */
export function proxyAddress(service: Pick<Deployed, 'name' | 'instances'>, client: Instance): string {
  const proxy = service.instances('proxy').find(one => one.host === client.host)
  if (proxy === undefined)
    throw new Error(`no proxy of ${service.name} beside ${client.jail.name}: this is a bug in meshwright`)
  return proxy.jail.address.inet.text
}

/** `lines`: of defaults and listeners. `secret`: a password is in them. */
export const proxyContent = ({ jail }: Instance, lines: readonly string[], secret = false): JailContent => ({
  files: [
    {
      path: 'usr/local/etc/haproxy.conf',
      text: block([`# ${madeBy}`, ...global, '', ...lines, '', ...metrics(jail.address.inet.text)]).text,
      ...(secret ? { mode: 0o640, group: 'www' } : { mode: 0o644 }),
      secret,
      reload: { rc: 'haproxy', how: 'reload' },
    },
  ],
  rc: { haproxy_enable: 'YES' },
  // The one with the exporter for Prometheus in it (net/haproxy30).
  packages: ['haproxy30'],
})

/** The port makes no user of its own: www is in the base system. rc.d/haproxy waits for it to go to the background. */
const global = [
  'global',
  '  daemon',
  '  maxconn 4096',
  '  user www',
  '  group www',
  '  stats socket /var/run/haproxy.sock mode 600 level admin',
]

const metrics = (address: string): readonly string[] => [
  'frontend metrics',
  '  mode http',
  '  timeout client 10s',
  `  bind ${address}:${metricsPort}`,
  '  http-request use-service prometheus-exporter if { path /metrics }',
  '  http-request return status 404',
]
