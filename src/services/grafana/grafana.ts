/** Grafana, which shows what the Prometheus servers of all regions know. */
import * as z from 'zod'
import { error } from '../../../topology/diagnostic.ts'
import { domain } from '../../load/fields.ts'
import { below } from '../declare.ts'
import { defineKind } from '../kind.ts'
import { renderLiveDashboards } from './dashboards.ts'
import { renderDashboards } from './dashboards.yaml.ts'
import { renderDatasources } from './datasources.yaml.ts'
import { renderGrafanaIni } from './grafana.ini.ts'
import { uiHealth } from './health.ts'

const options = {
  domains: z.array(domain).max(20).default([]).describe('Names an edge sends to it, the first of them its own'),
  scheme: z.enum(['https', 'http']).default('https').describe('How browsers come to its domains'),
  database: z
    .enum(['sqlite', 'postgresql'])
    .default('sqlite')
    .describe('A file in its jail, or a database of another service'),
  'admin-user': z
    .string()
    .regex(/^[a-z][a-z0-9._-]{0,63}$/, 'must be a-z, 0-9, dots, dashes and underscores')
    .default('admin')
    .describe('Its password is in grafana.ini, and is set at the first start'),
}
export type GrafanaOptions = z.output<z.ZodObject<typeof options>>

export const grafana = defineKind({
  kind: 'grafana',
  summary: 'Grafana, with every Prometheus as a data source',
  versions: ['13.1', '12.3', '11.6'],
  options,
  offers: ['http'],
  needs: ({ database }) => [
    { capability: 'metrics', roles: ['app'], many: true },
    ...(database === 'postgresql' ? [{ capability: 'postgresql' as const, roles: ['app'] }] : []),
  ],
  *check(service) {
    if (service.uses.get('metrics') === undefined)
      yield error(
        'missing-service',
        `${service.name} needs metrics, and no service gives it`,
        { ...service.place, key: true },
        'Declare one under services:, of kind prometheus.',
      )
    const count = service.roles.get('app')?.count ?? 1
    if (count > 1 && service.options.database === 'sqlite')
      yield error(
        'service-option',
        `${count} instances with a file each would know different users and dashboards`,
        below(service, 'roles', 'app', 'count'),
        'Say database: postgresql.',
      )
  },
  roles: ({ options: { database, domains } }) => [
    {
      name: 'app',
      count: 1,
      spread: [{ by: 'region', max: 1, hard: false }],
      resilience: { kind: database === 'sqlite' ? 'single' : 'stateless' },
      demand: { cpu: 20, memory: 512, disk: 2048 },
      moveCost: database === 'sqlite' ? 20 : 1,
      talksTo: [
        { capability: 'metrics', weight: 1 },
        ...(database === 'postgresql' ? [{ capability: 'postgresql' as const, weight: 10 }] : []),
      ],
      serves: [{ capability: 'http', ports: ['3000/tcp'] }],
      // An edge would show them to the world.
      ...(domains.length === 0 && {
        metrics: { port: 3000, path: '/metrics', job: 'grafana' },
        health: uiHealth,
      }),
      probe: { kind: 'http', port: 3000, path: '/api/health', expect: [200] },
      state: database === 'sqlite' ? ['/var/db/grafana'] : [],
    },
  ],
  flows: () => [],
  render: (instance, service) => ({
    files: [
      renderGrafanaIni(instance, service),
      renderDatasources(instance, service),
      renderDashboards(),
      ...renderLiveDashboards(instance, service),
    ],
    rc: { grafana_enable: 'YES', grafana_config: '/usr/local/etc/grafana/grafana.ini' },
    packages: ['grafana'],
  }),
  offer: (_, service) =>
    ({
      domains: service.options.domains,
      servers: service
        .instances('app')
        .map(({ host, jail }) => ({ name: host.name, host: jail.address.inet.text, port: 3000 })),
      check: { path: '/api/health', status: 200 },
      // Sessions lie in the database.
      sticky: null,
    }) as never,
})
