/**
 * usr/local/etc/prometheus/rules/meshwright.yml: what is worth an alert (Prometheus, alerting rules). A server knows its
 * own region alone, so each rule asks what one instance says of itself: whether a cluster has a primary is known by each
 * of its members, while the primary itself may be in another region.
 */
import type { Deployed, JailFile } from '../kind.ts'
import { yamlText } from '../../render/yaml.ts'

export const rulesPath = 'usr/local/etc/prometheus/rules/meshwright.yml'

interface Alert {
  readonly alert: string
  readonly expr: string
  readonly for?: string
  readonly severity: 'critical' | 'none' | 'warning'
  readonly summary: string
}

const own = 'job!~"edge|ping|probe"'

/** By the Prometheus job without which they say nothing. */
const byJob: Readonly<Record<string, readonly Alert[]>> = {
  alertmanager: [
    {
      ...{ alert: 'AlertsNotDelivered', severity: 'critical' },
      ...{ expr: 'rate(alertmanager_notifications_failed_total[10m]) > 0', for: '10m' },
      summary: '{{ $labels.instance }} cannot deliver alerts by {{ $labels.integration }}',
    },
  ],
  etcd: [
    {
      ...{ alert: 'EtcdNoLeader', severity: 'critical', expr: 'etcd_server_has_leader == 0', for: '1m' },
      summary: '{{ $labels.instance }} sees no leader of {{ $labels.service }}',
    },
  ],
  haproxy: [
    {
      ...{ alert: 'HAProxyBackendDown', severity: 'critical' },
      ...{ expr: 'haproxy_backend_status{state="DOWN"} == 1', for: '1m' },
      summary: '{{ $labels.instance }} reaches no server of {{ $labels.proxy }}',
    },
  ],
  node: [
    {
      ...{ alert: 'DiskFillsUp', severity: 'warning', for: '15m' },
      expr: 'node_filesystem_avail_bytes{fstype!~"devfs|fdescfs|nullfs|procfs|tmpfs"} / node_filesystem_size_bytes < 0.1',
      summary: '{{ $labels.host }}: {{ $value | humanizePercentage }} left on {{ $labels.mountpoint }}',
    },
  ],
  patroni: [
    {
      ...{ alert: 'PatroniNoPrimary', severity: 'critical', expr: 'patroni_cluster_unlocked == 1', for: '1m' },
      summary: '{{ $labels.instance }} sees no primary of {{ $labels.service }}',
    },
    {
      ...{ alert: 'PatroniPostgresDown', severity: 'warning', expr: 'patroni_postgres_running == 0', for: '2m' },
      summary: 'PostgreSQL does not run at {{ $labels.instance }}',
    },
  ],
  sentinel: [
    {
      ...{ alert: 'SentinelNoQuorum', severity: 'critical', for: '1m' },
      expr: 'redis_sentinel_master_ckquorum_status == 0',
      summary: '{{ $labels.instance }} knows too few sentinels to replace a primary of {{ $labels.service }}',
    },
  ],
  valkey: [
    {
      ...{ alert: 'ValkeyDown', severity: 'warning', expr: 'redis_up == 0', for: '2m' },
      summary: 'The server at {{ $labels.instance }} does not answer',
    },
    {
      ...{ alert: 'ValkeyReplicaCut', severity: 'warning', expr: 'redis_master_link_up == 0', for: '5m' },
      summary: '{{ $labels.instance }} does not copy its primary',
    },
  ],
}

const always: readonly Alert[] = [
  {
    ...{ alert: 'Watchdog', severity: 'none', expr: 'vector(1)' },
    summary: 'Watching works; when this falls silent, it does not',
  },
  {
    ...{ alert: 'TargetDown', severity: 'warning', expr: `up{${own}} == 0`, for: '2m' },
    summary: '{{ $labels.instance }} gives no metrics',
  },
  {
    ...{ alert: 'HostDown', severity: 'critical', expr: `max by (host, region) (up{${own}}) == 0`, for: '2m' },
    summary: 'Nothing on {{ $labels.host }} gives metrics',
  },
  {
    ...{ alert: 'ReloadFailed', severity: 'warning', for: '5m' },
    expr: 'prometheus_config_last_reload_successful == 0 or alertmanager_config_last_reload_successful == 0',
    summary: '{{ $labels.instance }} works with an old configuration',
  },
]

const ofProbes: readonly Alert[] = [
  {
    ...{ alert: 'ProbeFailed', severity: 'warning', expr: 'probe_success{job="probe"} == 0', for: '2m' },
    summary: '{{ $labels.instance }} does not answer as it should',
  },
  {
    ...{ alert: 'HostUnreachable', severity: 'warning', expr: 'probe_success{job="ping"} == 0', for: '2m' },
    summary: '{{ $labels.host }} does not answer {{ $labels.from }}',
  },
]
const ofEdges: readonly Alert[] = [
  {
    ...{ alert: 'EdgeUnreachable', severity: 'critical', expr: 'probe_success{job="edge"} == 0', for: '2m' },
    summary: '{{ $labels.instance }} does not answer {{ $labels.from }}',
  },
  {
    ...{ alert: 'CertificateEnds', severity: 'warning', for: '1h' },
    expr: 'probe_ssl_earliest_cert_expiry - time() < 14 * 86400',
    summary: 'The certificate of {{ $labels.instance }} ends in {{ $value | humanizeDuration }}',
  },
]

/** The same in every region. */
export function renderRules(service: Deployed): JailFile {
  const roles = service.services.flatMap(one =>
    one.kind.roles(one).filter(role => service.instancesOf(one.name, role.name).length > 0),
  )
  const jobs = [...new Set(roles.flatMap(role => role.metrics?.job ?? []))].toSorted()
  const members = service.instances('alertmanager').length
  const probed = service.instances('blackbox').length > 0
  const groups = [
    { name: 'meshwright', alerts: always },
    ...jobs.map(job => ({
      name: job,
      alerts: [...(byJob[job] ?? []), ...(job === 'alertmanager' ? parted(service.name, members) : [])],
    })),
    ...(probed ? [{ name: 'probes', alerts: ofProbes }] : []),
    ...(probed && roles.some(role => (role.publicPorts ?? []).length > 0) ? [{ name: 'edges', alerts: ofEdges }] : []),
  ]
  return {
    path: rulesPath,
    text: yamlText({
      groups: groups
        .filter(({ alerts }) => alerts.length > 0)
        .map(({ name, alerts }) => ({ name, rules: alerts.map(ruleOf) })),
    }),
    ...{ mode: 0o644, secret: false, reload: { rc: 'prometheus', how: 'reload' } },
  }
}

/** Those that do not see each other tell everything twice. */
const parted = (name: string, members: number): readonly Alert[] =>
  members < 2
    ? []
    : [
        {
          ...{ alert: 'AlertmanagersParted', severity: 'warning' },
          ...{ expr: `alertmanager_cluster_members{service="${name}"} < ${members}`, for: '10m' },
          summary: `{{ $labels.instance }} sees {{ $value }} of ${members} alertmanagers`,
        },
      ]

const ruleOf = ({ alert, expr, for: lasting, severity, summary }: Alert) => ({
  ...{ alert, expr },
  ...(lasting !== undefined && { for: lasting }),
  labels: { severity },
  annotations: { summary },
})
