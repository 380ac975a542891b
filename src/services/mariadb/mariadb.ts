/** MariaDB with a primary and replicas by GTID, and a proxy beside every client that leads to the primary. People fail over. */
import { defineKind, type JailContent, type RoleSpec } from '../kind.ts'
import { clientPassword } from './accounts.ts'
import { firstStart } from './first-start.sh.ts'
import { proxyAddress, proxyRole } from '../proxy.ts'
import { renderProxy } from './haproxy.conf.ts'
import { primaryHealth, replicaHealth } from './health.ts'
import { exporterCnf, renderExporter } from './mysqld_exporter.cnf.ts'
import { checkMariadb, checkRegions, options, serverMemory } from './options.ts'
import { renderReplicate } from './replicate.sql.ts'
import { dataDirectory, renderServer } from './server.cnf.ts'
import { renderUsers } from './users.sql.ts'

const exporterPort = 9104

/** What a primary and a replica have in common. */
const server = {
  demand: { cpu: 100, memory: serverMemory, disk: 40_960 },
  moveCost: 500,
  metrics: { port: exporterPort, path: '/metrics', job: 'mariadb' },
  probe: { kind: 'tcp', port: 3306 },
  state: [dataDirectory],
} satisfies Partial<RoleSpec>

export const mariadb = defineKind({
  kind: 'mariadb',
  summary: 'MariaDB: a primary, replicas in other regions, and a proxy beside every client; people decide on failover',
  versions: ['11.4', '10.11'],
  options,
  offers: ['mysql'],
  needs: () => [],
  check: checkMariadb,
  checkPlaced: checkRegions,
  roles: ({ options: said }) => [
    {
      ...server,
      name: 'primary',
      count: 1,
      health: primaryHealth(said),
      // Without semi-sync, the last commits are on no other server.
      resilience: { kind: said['semi-sync'] ? 'stateless' : 'single' },
      apart: ['replica'],
    },
    {
      ...server,
      name: 'replica',
      count: 1,
      health: replicaHealth,
      spread: [
        { by: 'region', max: 1, hard: false },
        { by: 'provider', max: 1, hard: false },
      ],
      // A copy: what is lost with it is elsewhere. It talks to the primary, but must not be drawn near it.
      resilience: { kind: 'stateless' },
      apart: ['primary'],
    },
    proxyRole({ to: 'primary', weight: 10, capability: 'mysql', ports: [3306], normal: { primary: 'all' } }),
  ],
  flows: () => [
    { from: { role: 'replica' }, to: { role: 'primary' }, ports: ['3306/tcp'], why: 'replication' },
    { from: { role: 'proxy' }, to: { role: 'primary' }, ports: ['3306/tcp'], why: 'sessions, health' },
  ],
  render(instance, service): JailContent {
    if (instance.role === 'proxy') return renderProxy(instance, service)
    const [primary] = service.instances('primary')
    const release = service.version.replace('.', '')
    return {
      files: [
        renderServer(instance, service),
        renderExporter(service),
        ...(instance.role === 'primary' ? [renderUsers(service)] : []),
        ...(instance.role === 'replica' && primary !== undefined ? [renderReplicate(service, primary)] : []),
      ],
      rc: {
        mysql_enable: 'YES',
        mysql_dbdir: dataDirectory,
        mysqld_exporter_enable: 'YES',
        mysqld_exporter_conffile: `/${exporterCnf}`,
        mysqld_exporter_listen_address: `${instance.jail.address.inet.text}:${exporterPort}`,
      },
      packages: [`mariadb${release}-server`, `mariadb${release}-client`, 'mysqld_exporter'],
    }
  },
  firstStart,
  offer: (_, service, client) =>
    ({
      host: proxyAddress(service, client),
      port: 3306,
      database: client.service,
      user: client.service,
      password: clientPassword(service, client.service),
    }) as never,
})
