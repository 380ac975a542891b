/** Prometheus in every region, which watches what is there, and Alertmanagers that tell of it. */
import { defineKind, type Instance, type JailContent } from '../kind.ts'
import { renderAlertmanager } from './alertmanager.yml.ts'
import { renderBlackbox } from './blackbox.yml.ts'
import { flowsOf } from './flows.ts'
import { alertmanagerHealth, blackboxHealth, nodeHealth, serverHealth } from './health.ts'
import { checkPrometheus, options } from './options.ts'
import { renderServer } from './prometheus.yml.ts'
import { renderRules } from './rules.yml.ts'

const mebibyte = 2 ** 20

export const prometheus = defineKind({
  kind: 'prometheus',
  summary: 'Prometheus in every region, exporters, probes of the other regions, and Alertmanager',
  versions: ['3.5', '2.53', '2.42'],
  options,
  offers: ['metrics'],
  needs: () => [],
  check: checkPrometheus,
  roles: ({ options: { count } }) => [
    {
      name: 'server',
      count,
      spread: [{ by: 'region', max: 1, hard: false }],
      demand: { cpu: 30, memory: 1024, disk: 30_720 },
      moveCost: 20,
      talksTo: [{ role: 'node', weight: 1 }],
      serves: [{ capability: 'metrics', ports: ['9090/tcp'] }],
      metrics: { port: 9090, path: '/metrics', job: 'prometheus' },
      health: serverHealth,
      probe: { kind: 'http', port: 9090, path: '/-/healthy', expect: [200] },
      state: ['/var/db/prometheus'],
    },
    {
      name: 'alertmanager',
      count: 3,
      spread: [{ by: 'region', max: 1, hard: false }],
      demand: { cpu: 5, memory: 128, disk: 512 },
      moveCost: 5,
      metrics: { port: 9093, path: '/metrics', job: 'alertmanager' },
      health: alertmanagerHealth,
      probe: { kind: 'http', port: 9093, path: '/-/healthy', expect: [200] },
      // Silences, and what was told already.
      state: ['/var/db/alertmanager'],
    },
    {
      name: 'node',
      count: 'everywhere',
      demand: { cpu: 3, memory: 64, disk: 256 },
      prefers: null,
      metrics: { port: 9100, path: '/metrics', job: 'node' },
      health: nodeHealth,
      probe: { kind: 'tcp', port: 9100 },
    },
    {
      name: 'blackbox',
      count: 'per-region',
      demand: { cpu: 5, memory: 96, disk: 256 },
      talksTo: [{ role: 'server', weight: 1 }],
      jail: { 'allow.raw_sockets': true },
      metrics: { port: 9115, path: '/metrics', job: 'blackbox' },
      health: blackboxHealth,
      probe: { kind: 'http', port: 9115, path: '/-/healthy', expect: [200] },
    },
  ],
  flows: flowsOf,
  render(instance, service): JailContent {
    const { inet, inet6 } = instance.jail.address
    const also = (port: number) => `--web.listen-address=[${inet6.text}]:${port}`
    switch (instance.role) {
      case 'server': {
        const disk = instance.jail.spec.disk ?? 0
        const bytes = service.options['retention-size'] ?? Math.floor(disk * 0.8)
        const args = [
          `--web.listen-address=${inet.text}:9090`,
          // Two addresses since 3.0 (prometheus #14665).
          ...(service.version.startsWith('3.') ? [also(9090)] : []),
          `--web.external-url=http://${inet.text}:9090/`,
          `--storage.tsdb.retention.time=${service.options['retention-days']}d`,
          `--storage.tsdb.retention.size=${Math.max(1, Math.floor(bytes / mebibyte))}MB`,
        ]
        return {
          files: [...renderServer(instance, service), renderRules(service)],
          rc: { prometheus_enable: 'YES', prometheus_args: args.join(' ') },
          // 2.x is the package without a number (net-mgmt/prometheus2, net-mgmt/prometheus3).
          packages: [service.version.startsWith('3.') ? 'prometheus3' : 'prometheus'],
        }
      }
      case 'alertmanager': {
        const others = service.instances('alertmanager').filter(({ host }) => host !== instance.host)
        const args = [
          ...[`--web.listen-address=${inet.text}:9093`, also(9093), `--web.external-url=http://${inet.text}:9093/`],
          // Empty: alone.
          `--cluster.listen-address=${others.length === 0 ? '' : `${inet.text}:9094`}`,
          ...others.map(({ jail }) => `--cluster.peer=${jail.address.inet.text}:9094`),
        ]
        return {
          files: [renderAlertmanager(service)],
          rc: { alertmanager_enable: 'YES', alertmanager_args: args.join(' ') },
          packages: ['alertmanager'],
        }
      }
      case 'node':
        return {
          files: [],
          rc: {
            node_exporter_enable: 'YES',
            node_exporter_listen_address: `${inet.text}:9100`,
            node_exporter_textfile_dir: '/var/tmp/node_exporter',
            node_exporter_args: also(9100),
          },
          packages: ['node_exporter'],
        }
      default:
        return {
          files: [renderBlackbox(service)],
          rc: {
            blackbox_exporter_enable: 'YES',
            // Raw sockets are root's, also in a jail that may have them (jail(8)).
            ...{ blackbox_exporter_user: 'root', blackbox_exporter_group: 'wheel' },
            blackbox_exporter_listen_address: `${inet.text}:9115`,
            blackbox_exporter_args: also(9115),
          },
          packages: ['blackbox_exporter'],
        }
    }
  },
  offer: (_, service, client) => {
    const distance = ({ host }: Instance) => service.roundTrip(client.host.region, host.region).milliseconds
    return {
      servers: service
        .instances('server')
        .toSorted((a, b) => distance(a) - distance(b) || (a.host.name < b.host.name ? -1 : 1))
        .map(({ host, jail }) => ({ name: host.name, url: `http://${jail.address.inet.text}:9090` })),
      interval: service.options['scrape-interval'],
    } as never
  },
})
