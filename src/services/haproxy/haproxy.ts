/** The public edge: HAProxy in a jail, which takes what the world asks for and hands it to the services that answer. */
import { defineKind, type JailFile } from '../kind.ts'
import { carpPart } from './carp.ts'
import { makesCertificate } from './certificates.sh.ts'
import { checkEdge, checkSegment } from './check.ts'
import { failoverFiles, failoverSettings } from './failover.ts'
import { renderHaproxyConf } from './haproxy.conf.ts'
import { proxyHealth } from './health.ts'
import { logSettings, renderLog } from './log.ts'
import {
  alivePath,
  certificateDirectory,
  failoverPorts,
  options,
  peersPort,
  publicPorts,
  sharesTables,
  statusPort,
} from './options.ts'

export const haproxy = defineKind({
  kind: 'haproxy',
  summary: 'The public edge: TLS, routes by name and path, limits, health of the servers behind it',
  versions: ['3.0', '2.8', '2.6'],
  options,
  offers: [],
  needs: () => [{ capability: 'http', roles: ['edge'], many: true, optional: true }],
  check: checkEdge,
  checkPlaced: (service, hostsOf) => checkSegment(service, hostsOf('edge')),
  roles: ({ options: { count, maxconn, tls, ...rest } }) => [
    {
      name: 'edge',
      count,
      spread: [
        { by: 'host', max: 1, hard: true },
        // Two that share an address share a region.
        ...(rest.vip === undefined ? [{ by: 'region', max: 1, hard: false } as const] : []),
      ],
      // Buffers and TLS state of a connection to a client and of one to a server are about 64 KiB.
      demand: { cpu: 50, memory: 128 + Math.ceil(maxconn / 16), disk: 1024 },
      // Where its users are is not known, so that nearness to the servers does not decide against a host made for this.
      prefers: 'edge',
      publicPorts: publicPorts({ tls }),
      metrics: { port: statusPort, path: '/metrics', job: 'haproxy' },
      health: proxyHealth(),
      probe: { kind: 'http', port: statusPort, path: alivePath, expect: [200] },
      state: tls === 'files' ? [`/${certificateDirectory}`] : [],
    },
  ],
  flows: service => {
    const edge = { role: 'edge' }
    const { failover } = service.options
    return [
      {
        ...{ from: { word: 'outside' }, to: edge, ports: publicPorts(service.options) },
        why: 'requests of the world',
      },
      ...(sharesTables(service)
        ? [{ from: edge, to: edge, ports: [`${peersPort}/tcp`], why: 'edges tell each other their tables' }]
        : []),
      ...(failover === undefined
        ? []
        : [
            { from: edge, to: edge, ports: [`${statusPort}/tcp`], why: 'edges watch each other' },
            {
              ...{ from: edge, to: { word: 'outside' }, ports: failoverPorts(failover) },
              why: 'the command that moves an address or a name',
            },
          ]),
    ]
  },
  render: (instance, service) => ({
    files: [
      {
        path: 'usr/local/etc/haproxy.conf',
        text: renderHaproxyConf(instance, service),
        mode: 0o644,
        secret: false,
        reload: { rc: 'haproxy', how: 'reload' },
      } satisfies JailFile,
      ...renderLog(),
      ...failoverFiles(instance, service),
    ],
    rc: { ...logSettings, haproxy_enable: 'YES', ...failoverSettings(service) },
    packages: [`haproxy${service.version.replace('.', '')}`],
  }),
  hostPart: carpPart,
  firstStart: service => (service.options.tls === 'files' ? service.instances('edge').map(makesCertificate) : []),
})
