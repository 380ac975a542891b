/** PostgreSQL kept alive by Patroni over etcd, with a proxy beside every client that always leads to the primary. */
import * as z from 'zod'
import { error } from '../../../topology/diagnostic.ts'
import { name } from '../../load/fields.ts'
import { hintFor } from '../../load/issues.ts'
import { madeBy } from '../../render/file.ts'
import { badClientNames } from '../client-names.ts'
import { below } from '../declare.ts'
import { defineKind, type FirstStart, type JailContent } from '../kind.ts'
import { joinScript, renderEtcd } from './etcd.yml.ts'
import { proxyAddress, proxyRole } from '../proxy.ts'
import { renderProxy } from './haproxy.conf.ts'
import { etcdHealth, postgresHealth } from './health.ts'
import { knowsPriority } from './priority.ts'
import {
  clientsStep,
  renderClientsScript,
  renderClientsSql,
  renderPatroni,
  renderPgpass,
  renderSettings,
  settingsStep,
} from './patroni.yml.ts'
import { renderRcScript } from '../rc-script.ts'

/** Parameters that Patroni sets itself, or that the files here decide (Patroni, PostgreSQL parameters it controls). */
const owned = [
  ...['listen_addresses', 'port', 'cluster_name', 'hot_standby', 'wal_level', 'max_connections', 'hba_file'],
  ...['ident_file', 'data_directory', 'unix_socket_directories', 'password_encryption', 'wal_log_hints'],
]

/** Of PostgreSQL, and of Patroni here. */
const ownRoles = ['postgres', 'replicator', 'rewinder', 'public', 'none', 'template0', 'template1']

const options = {
  postgresql: z.enum(['17', '16', '18']).default('17').describe('Major version of PostgreSQL'),
  synchronous: z
    .enum(['on', 'strict', 'quorum', 'off'])
    .default('on')
    .describe('on: a commit waits for one standby, and none is lost with the primary; quorum: for the fastest'),
  failsafe: z.boolean().default(true).describe('The primary stays while etcd is away and all members answer'),
  prefer: z.array(name).default([]).describe('Regions whose members become primary first, where all are up to date'),
  'max-connections': z.int().min(20).max(10_000).default(200),
  'maximum-lag': z
    .int()
    .min(0)
    .default(2 ** 20)
    .describe('Bytes a standby may be behind and still become primary'),
  parameters: z
    .record(z.string().regex(/^[a-z][a-z0-9_.]*$/), z.union([z.string().max(200), z.number(), z.boolean()]))
    .default({})
    .describe('Settings of PostgreSQL, as in postgresql.conf'),
}
export type PatroniOptions = z.output<z.ZodObject<typeof options>>

/** Who is not the primary refuses to be one: which servers of the proxy answer. */
const normal = { primary: 'one', replicas: 'others' } as const

export const patroni = defineKind({
  kind: 'patroni',
  summary: 'PostgreSQL with automatic failover: etcd, Patroni, and a proxy beside every client',
  versions: ['4.0', '3.3', '3.1'],
  options,
  offers: ['postgresql'],
  needs: () => [],
  *check(service) {
    yield* badClientNames(service, client => ownRoles.includes(client), 'has a role or a database of that name')
    const { synchronous, parameters } = service.options
    if (synchronous === 'quorum' && service.version !== '4.0')
      yield error(
        'service-option',
        `Patroni ${service.version} does not know synchronous: quorum`,
        below(service, 'synchronous'),
        'It came with 4.0: raise version, or say on.',
      )
    if (service.options.prefer.length > 0 && !knowsPriority(service.version))
      yield error(
        'service-version',
        `Patroni ${service.version} does not know failover_priority`,
        below(service, 'prefer'),
        'It came with 3.2: raise version.',
      )
    for (const parameter of Object.keys(parameters))
      if (owned.includes(parameter))
        yield error(
          'service-option',
          `${parameter} is not a parameter to set here`,
          { ...below(service, 'parameters', parameter), key: true },
          'Patroni or meshwright decides it.',
        )
    for (const role of ['etcd', 'postgres']) {
      const count = service.roles.get(role)?.count
      if (count !== undefined && (count < 1 || (role === 'etcd' && count % 2 === 0)))
        yield error(
          'service-option',
          `${count} ${role} members: ${role === 'etcd' ? 'a quorum has an odd number' : 'there must be one'}`,
          below(service, 'roles', role, 'count'),
          'One more or one less: an even one survives no more than the odd one below it.',
        )
    }
  },
  *checkPlaced(service, hostsOf) {
    const regions: readonly string[] = hostsOf('postgres').map(host => host.region)
    for (const [i, region] of service.options.prefer.entries())
      if (!regions.includes(region))
        yield error(
          'unknown-reference',
          `no member of ${service.name} lives in ${region}`,
          below(service, 'prefer', i),
          hintFor(region, regions),
        )
  },
  roles: ({ options: { synchronous } }) => [
    {
      name: 'etcd',
      count: 3,
      voters: true,
      demand: { cpu: 20, memory: 256, disk: 4096 },
      moveCost: 50,
      metrics: { port: 2379, path: '/metrics', job: 'etcd' },
      health: etcdHealth,
      probe: { kind: 'http', port: 2379, path: '/health', expect: [200] },
      state: ['/var/db/etcd'],
    },
    {
      name: 'postgres',
      count: 3,
      spread: [
        { by: 'region', max: 1, hard: false },
        { by: 'provider', max: 1, hard: false },
      ],
      // A commit is on the primary and, unless synchronous is off, on one standby before it is acknowledged.
      resilience: {
        kind: 'replicated',
        writes: synchronous === 'strict' ? 2 : 1,
        reads: 1,
        copies: synchronous === 'off' ? 1 : 2,
      },
      needs: ['etcd'],
      demand: { cpu: 100, memory: 2048, disk: 40_960 },
      moveCost: 500,
      talksTo: [{ role: 'etcd', weight: 1 }],
      after: ['etcd'],
      metrics: { port: 8008, path: '/metrics', job: 'patroni' },
      health: postgresHealth({ synchronous }),
      probe: { kind: 'http', port: 8008, path: '/health', expect: [200] },
      state: ['/var/db/postgres'],
    },
    proxyRole({ to: 'postgres', weight: 10, capability: 'postgresql', ports: [5000, 5001], normal }),
  ],
  flows: () => [
    { from: { role: 'postgres' }, to: { role: 'etcd' }, ports: ['2379/tcp'], why: 'leader lock' },
    { from: { role: 'etcd' }, to: { role: 'etcd' }, ports: ['2380/tcp'], why: 'quorum' },
    {
      from: { role: 'postgres' },
      to: { role: 'postgres' },
      ports: ['5432/tcp', '8008/tcp'],
      why: 'replication, leader race',
    },
    { from: { role: 'proxy' }, to: { role: 'postgres' }, ports: ['5432/tcp', '8008/tcp'], why: 'sessions, health' },
    { from: { role: 'postgres' }, to: { word: 'outside' }, ports: ['443/tcp'], why: 'Patroni comes from PyPI' },
  ],
  render(instance, service): JailContent {
    const major = service.options.postgresql
    switch (instance.role) {
      case 'etcd':
        return {
          files: [
            renderEtcd(instance, service),
            renderRcScript({
              ...{ name: 'etcd', user: 'etcd', makesUser: true, directory: '/var/db/etcd', reload: null },
              command: '/usr/local/bin/etcd --config-file=/usr/local/etc/etcd.yml',
            }),
          ],
          rc: { etcd_enable: 'YES' },
          packages: ['coreos-etcd35'],
        }
      case 'postgres':
        return {
          files: [
            renderPatroni(instance, service),
            renderClientsSql(service),
            renderClientsScript(),
            renderPgpass(service),
            ...renderSettings(service),
            renderRcScript({
              ...{ name: 'patroni', user: 'postgres', makesUser: false, directory: '/var/db/postgres', reload: 'HUP' },
              command: '/usr/local/bin/patroni /usr/local/etc/patroni/patroni.yml',
            }),
          ],
          rc: { patroni_enable: 'YES' },
          packages: [
            ...[`postgresql${major}-server`, `postgresql${major}-client`],
            // What would have to be compiled comes as packages; the rest of Patroni is Python alone.
            'curl',
            ...['pip', 'psycopg', 'psutil', 'pyyaml'].map(name => `py${python.replace('.', '')}-${name}`),
          ],
        }
      default:
        return renderProxy(instance, service)
    }
  },
  firstStart(service) {
    const [first] = service.instances('etcd').filter(member => member.founder)
    const join = joinScript(service)
    const [database] = service.instances('postgres')
    return [
      ...service
        .instances('postgres')
        .map((on): FirstStart => ({ step: 'install', on, text: installScript(service.version), secret: false })),
      ...(join === null || first === undefined ? [] : [{ step: 'join', on: first, text: join, secret: false }]),
      ...(database === undefined
        ? []
        : [{ step: 'settings', on: database, text: settingsStep(database), secret: false }]),
      ...(database === undefined || service.clients.length === 0
        ? []
        : [{ step: 'clients', on: database, text: clientsStep(service), secret: false }]),
    ]
  },
  offer: (_, service, client) => {
    const clients = service.clients.flatMap(one =>
      one.roles.flatMap(role => service.instancesOf(one.service.name, role)),
    )
    return {
      host: proxyAddress(service, client),
      port: 5000,
      readPort: 5001,
      database: client.service,
      user: client.service,
      password: service.secrets.text(`client-${client.service}`),
      connections: Math.max(1, Math.floor((service.options['max-connections'] - 10) / Math.max(1, clients.length))),
    } as never
  },
})

/** The default of the ports tree. */
const python = '3.11'

/** No package of Patroni for FreeBSD is known: pip installs the version that the files are made for. */
const installScript = (version: string): string => `#!/bin/sh
# ${madeBy}
set -eu
if ! /usr/local/bin/patroni --version 2>/dev/null | grep -q ' ${version.replace('.', '\\.')}\\.'; then
	timeout 600 /usr/local/bin/python${python} -m pip install --quiet 'patroni[etcd3]==${version}.*'
fi
# Without it the start at boot came to nothing.
service patroni status >/dev/null 2>&1 || timeout --foreground 60 service patroni start
`
