/** Garage: S3 storage that keeps a copy in every region, and a proxy beside every client. */
import * as z from 'zod'
import { error } from '../../../topology/diagnostic.ts'
import { size } from '../../load/fields.ts'
import { badClientNames } from '../client-names.ts'
import { below } from '../declare.ts'
import { defineKind, type JailContent } from '../kind.ts'
import { renderRcScript } from '../rc-script.ts'
import { accessOf } from './clients.ts'
import {
  adminPort,
  beforeStart,
  home,
  metricsPurpose,
  metricsTokenFile,
  renderGarageToml,
  renderSecrets,
  rpcPort,
  s3Port,
  s3Region,
} from './garage.toml.ts'
import { proxyAddress, proxyRole } from '../proxy.ts'
import { renderProxy } from './haproxy.conf.ts'
import { nodeHealth } from './health.ts'
import { firstStart, renderWanted } from './setup.sh.ts'

const options = {
  replication: z.literal([1, 2, 3]).default(3).describe('Copies of every object, in as many regions as there are'),
  consistency: z
    .enum(['consistent', 'degraded', 'dangerous'])
    .default('consistent')
    .describe('consistent: reads and writes need two of three; degraded: reads need one; dangerous: writes as well'),
  capacity: size.optional().describe('What one node may store; by default nine tenths of the disk of its role'),
  engine: z
    .enum(['lmdb', 'sqlite'])
    .default('lmdb')
    .describe('sqlite: slower; its files move between architectures, and a power cut does less to them'),
}
export type GarageOptions = z.output<z.ZodObject<typeof options>>

const node = (name: 'storage' | 'gateway', { replication }: Pick<GarageOptions, 'replication'>) => ({
  name,
  serves: [],
  metrics: { port: adminPort, path: '/metrics', job: 'garage', bearer: metricsPurpose, tokenFile: metricsTokenFile },
  health: nodeHealth({ replication }),
  probe: { kind: 'http' as const, port: adminPort, path: '/health', expect: [200] },
})

export const garage = defineKind({
  kind: 'garage',
  summary: 'S3 storage over the regions by Garage, and a proxy beside every client',
  versions: ['1.1', '2.0'],
  options,
  offers: ['s3'],
  needs: () => [],
  *check(service) {
    yield* badClientNames(
      service,
      client => client.length < 3 || client.startsWith('xn--') || client.endsWith('-s3alias'),
      'has a bucket for it, and their names have three characters or more',
    )
    const { replication } = service.options
    const { capacity } = service.options
    const disk = service.roles.get('storage')?.disk
    if (capacity !== undefined && disk !== undefined && capacity > disk * 0.9)
      yield error(
        'service-option',
        `a node of ${service.name} is to store more than nine tenths of its disk`,
        below(service, 'capacity'),
        'Leave out disk: it follows from capacity.',
      )
    const count = service.roles.get('storage')?.count ?? 3
    if (count < replication)
      yield error(
        'service-option',
        `${service.name} keeps ${replication} copies on ${count} ${count === 1 ? 'node' : 'nodes'}`,
        service.roles.has('storage') ? below(service, 'roles', 'storage', 'count') : below(service, 'replication'),
        `Say replication: ${Math.max(1, count)}, or give it more nodes.`,
      )
  },
  roles: ({ options: { replication, consistency, capacity } }) => [
    {
      ...node('storage', { replication }),
      count: 3,
      voters: true,
      spread: [
        { by: 'region', max: 1, hard: false },
        { by: 'provider', max: 1, hard: false },
      ],
      resilience: {
        kind: 'replicated',
        writes: consistency === 'dangerous' ? 1 : Math.min(2, replication),
        reads: consistency === 'consistent' && replication === 3 ? 2 : 1,
        copies: Math.min(2, replication),
      },
      // A tenth more is for metadata and its snapshots.
      demand: { cpu: 50, memory: 512, disk: capacity === undefined ? 102_400 : Math.ceil(capacity / 0.9 / 2 ** 20) },
      moveCost: 1000,
      state: [`${home}/meta`, `${home}/data`],
    },
    {
      ...node('gateway', { replication }),
      // They answer and store nothing: for who asks for them by roles:.
      count: 0,
      spread: [{ by: 'host', max: 1, hard: true }],
      demand: { cpu: 20, memory: 256, disk: 2048 },
      needs: ['storage'],
      apart: ['storage'],
      prefers: null,
      // Only who it is: a new one would have to be brought into the layout.
      moveCost: 10,
      state: [`${home}/meta`],
    },
    proxyRole({ to: 'storage', weight: 3, capability: 's3', ports: [s3Port], normal: { s3: 'all' } }),
  ],
  flows: ({ roles }) => {
    const nodes = (roles.get('gateway')?.count ?? 0) > 0 ? ['storage', 'gateway'] : ['storage']
    return nodes.flatMap(to => [
      ...nodes.map(from => ({ from: { role: from }, to: { role: to }, ports: [`${rpcPort}/tcp`], why: 'one cluster' })),
      {
        ...{ from: { role: 'proxy' }, to: { role: to } },
        ports: [`${s3Port}/tcp`, `${adminPort}/tcp`],
        why: 'objects, health',
      },
    ])
  },
  render(instance, service): JailContent {
    if (instance.role === 'proxy') return renderProxy(instance, service)
    return {
      files: [
        renderGarageToml(instance, service),
        ...renderSecrets(instance, service),
        ...renderWanted(instance, service),
        renderRcScript({
          ...{
            name: 'mesh_garage',
            user: 'garage',
            makesUser: true,
            directory: home,
            reload: null,
            before: beforeStart,
          },
          command: '/usr/local/bin/garage -c /usr/local/etc/garage.toml server',
        }),
      ],
      rc: { mesh_garage_enable: 'YES' },
      packages: ['garage', 'curl', 'jq'],
    }
  },
  firstStart,
  offer: (_, service, client) =>
    ({
      host: proxyAddress(service, client),
      port: s3Port,
      region: s3Region,
      ...accessOf(client.service, service),
    }) as never,
})
