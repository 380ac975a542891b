/** Valkey: one replicated group over the regions with Sentinel, or an independent cache in every region. */
import * as z from 'zod'
import { error } from '../../../topology/diagnostic.ts'
import { badClientNames } from '../client-names.ts'
import { below } from '../declare.ts'
import { defineKind, type JailContent } from '../kind.ts'
import { renderRcScript } from '../rc-script.ts'
import { proxyAddress, proxyRole } from '../proxy.ts'
import { clientSteps, ownUsers, renderClients } from './clients.ts'
import { renderProxy } from './haproxy.conf.ts'
import { exporter, exporterPort } from './exporter.ts'
import { sentinelHealth, serverHealth } from './health.ts'
import { betweenSentinels, fromSeed, home, renderSentinel, renderValkey } from './valkey.conf.ts'

const options = {
  shape: z
    .enum(['shared', 'local'])
    .default('shared')
    .describe('shared: one group with failover, for sessions and locks; local: a cache of its own in each region'),
}
export type ValkeyOptions = z.output<z.ZodObject<typeof options>>

export const valkey = defineKind({
  kind: 'valkey',
  summary: 'Valkey with Sentinel over the regions, or a cache in each, and a proxy beside every client',
  versions: ['8.0', '7.2'],
  options,
  offers: ['redis'],
  needs: () => [],
  *check(service) {
    yield* badClientNames(service, client => ownUsers.includes(client), 'has a user of that name')
    const servers = service.roles.get('server')?.count
    if (servers === 0)
      yield error(
        'service-option',
        `${service.name} has no server`,
        below(service, 'roles', 'server', 'count'),
        'There must be one; leave the service out instead.',
      )
    const count = service.roles.get('sentinel')?.count
    if (count !== undefined && count % 2 === 0)
      yield error(
        'service-option',
        `${count} sentinels: a quorum has an odd number`,
        below(service, 'roles', 'sentinel', 'count'),
        'One more or one less.',
      )
  },
  roles: ({ options: { shape } }) => [
    {
      name: 'server',
      count: shape === 'shared' ? 3 : 'per-region',
      spread: [{ by: 'region', max: 1, hard: false }],
      // Replication is asynchronous: what the primary alone had may be gone with it.
      resilience: shape === 'shared' ? { kind: 'replicated', writes: 2, reads: 1, copies: 3 } : { kind: 'stateless' },
      demand: { cpu: 20, memory: 768, disk: 2048 },
      moveCost: shape === 'shared' ? 50 : 1,
      after: [],
      metrics: { port: exporterPort, path: '/metrics', job: 'valkey' },
      health: serverHealth({ shape }),
      probe: { kind: 'redis', port: 6379 },
      state: shape === 'shared' ? ['/var/db/valkey'] : [],
    },
    ...(shape === 'shared'
      ? [
          {
            name: 'sentinel',
            count: 3,
            voters: true as const,
            demand: { cpu: 5, memory: 64, disk: 256 },
            moveCost: 10,
            talksTo: [{ role: 'server', weight: 1 }],
            after: ['server'],
            metrics: { port: exporterPort, path: '/metrics', job: 'sentinel' },
            health: sentinelHealth,
            probe: { kind: 'redis' as const, port: 26379 },
          },
        ]
      : []),
    proxyRole({
      ...{ to: 'server', weight: 8, capability: 'redis', ports: [6379] },
      normal: { cache: shape === 'shared' ? 'one' : 'all' },
    }),
  ],
  flows: ({ options: { shape } }) => [
    { from: { role: 'proxy' }, to: { role: 'server' }, ports: ['6379/tcp'], why: 'sessions and checks' },
    ...(shape === 'shared'
      ? [
          { from: { role: 'server' }, to: { role: 'server' }, ports: ['6379/tcp'], why: 'replication' },
          { from: { role: 'sentinel' }, to: { role: 'server' }, ports: ['6379/tcp'], why: 'watching' },
          { from: { role: 'sentinel' }, to: { role: 'sentinel' }, ports: ['26379/tcp'], why: 'agreeing' },
        ]
      : []),
  ],
  render(instance, service): JailContent {
    const daemon = (name: string, program: string, conf: 'valkey.conf' | 'sentinel.conf') =>
      renderRcScript({
        ...{ name, user: 'valkey', makesUser: false, directory: home, reload: null },
        command: `${program} ${home}/${conf}`,
        before: [fromSeed(conf)],
      })
    switch (instance.role) {
      case 'server': {
        const password = service.secrets.lasting.text('exporter').reveal()
        const asked = exporter(instance, 6379, { user: 'exporter', password })
        return {
          files: [
            renderValkey(instance, service),
            asked.file,
            ...renderClients(service),
            daemon('mesh_valkey', '/usr/local/bin/valkey-server', 'valkey.conf'),
          ],
          rc: { mesh_valkey_enable: 'YES', ...asked.rc },
          packages: ['valkey', ...asked.packages],
        }
      }
      case 'sentinel': {
        const asked = exporter(instance, 26379, { user: null, password: betweenSentinels(service) })
        return {
          files: [
            renderSentinel(instance, service),
            asked.file,
            daemon('mesh_sentinel', '/usr/local/bin/valkey-sentinel', 'sentinel.conf'),
          ],
          rc: { mesh_sentinel_enable: 'YES', ...asked.rc },
          packages: ['valkey', ...asked.packages],
        }
      }
      default:
        return renderProxy(instance, service)
    }
  },
  firstStart: clientSteps,
  offer: (_, service, client) =>
    ({
      host: proxyAddress(service, client),
      port: 6379,
      user: client.service,
      password: service.secrets.text(`client-${client.service}`),
    }) as never,
})
