/**
 * What exporters and probes say, each for one instance: a server may know its own region alone. Whether a cluster has a
 * primary is known by each of its members, while the primary itself may be in another region.
 */
import { type Alert, type Facts, fires, type Series, silent } from '../alert.ts'

const own = 'job!~"edge|ping|probe"'
const at = 'host="h",instance="i",region="r",service="s"'
const where = { host: 'h', instance: 'i', region: 'r', service: 's' }
/** Of the same service at another host. */
const another = (name: string, values: string, more = ''): Series => ({
  [`${name}{${more}host="k",instance="k",region="t",service="s"}`]: values,
})
const of = { service: 's' }
const ofInstance = 'min by (host, instance, region, service) '
const one = (name: string, values: string, more = ''): Series => ({ [`${name}{${more}${at}}`]: values })

export function exporterAlerts({ served, jobs, probed, edges, managers }: Facts): readonly Alert[] {
  return [
    targetDown,
    // Who sees hosts themselves says so.
    ...(served ? [] : [hostSilent]),
    ...(jobs.has('prometheus') || jobs.has('alertmanager') ? [reloadFailed] : []),
    ...[...jobs].toSorted().flatMap(job => byJob(served)[job] ?? []),
    ...managers.flatMap(({ service, members }) => (members < 2 ? [] : [parted(service, members)])),
    ...(probed ? ofProbes : []),
    ...(probed && edges ? ofEdges : []),
  ]
}

const targetDown: Alert = {
  ...{ alert: 'TargetDown', severity: 'warning', expr: `up{${own}} == 0`, minutes: 4 },
  summary: '{{ $labels.instance }} gives no metrics',
  description: 'Its exporter does not answer, or its jail does not run.',
  cases: [
    fires(one('up', '0x10', 'job="etcd",'), { job: 'etcd', ...where }),
    silent({ ...one('up', '1 0x3 1 0x3 1x90', 'job="etcd",'), ...one('up', '0x90', 'job="probe",') }),
  ],
}

const hostSilent: Alert = {
  ...{ alert: 'HostDown', severity: 'critical', minutes: 2 },
  expr: `max by (host, region) (up{${own}}) == 0`,
  summary: 'Nothing on {{ $labels.host }} gives metrics',
  description: 'The host is down, or nothing reaches it through the mesh.',
  cases: [
    fires(
      {
        ...one('up', '0x10', 'job="etcd",'),
        ...one('up', '0x10', 'job="node",'),
        ...one('up', '1x10', 'job="probe",'),
      },
      { host: 'h', region: 'r' },
    ),
    silent({ ...one('up', '0x90', 'job="etcd",'), ...one('up', '1x90', 'job="node",') }),
  ],
}

const reloadFailed: Alert = {
  ...{ alert: 'ReloadFailed', severity: 'warning', minutes: 5 },
  expr: 'prometheus_config_last_reload_successful == 0 or alertmanager_config_last_reload_successful == 0',
  summary: '{{ $labels.instance }} works with an old configuration',
  description: 'It refused the new one: promtool check config, amtool check-config.',
  cases: [
    fires(one('alertmanager_config_last_reload_successful', '0x10'), where),
    fires(one('prometheus_config_last_reload_successful', '1 0x10'), where, { from: 1 }),
    silent({
      ...one('alertmanager_config_last_reload_successful', '1x90'),
      ...one('prometheus_config_last_reload_successful', '1x90'),
    }),
  ],
}

/** By the Prometheus job without which they say nothing. */
const byJob = (served: boolean): Readonly<Record<string, readonly Alert[]>> => ({
  ...apart,
  ...ofClusters(served),
})

/**
 * What members say of their cluster. One that is cut off says the worst of it: as long as another sees it well, it is. A
 * server that knows one of them alone cannot tell; who sees the mesh says what is lost.
 */
const ofClusters = (served: boolean): Readonly<Record<string, readonly Alert[]>> => {
  const severity = served ? 'warning' : 'critical'
  return {
    etcd: [
      {
        ...{ alert: 'EtcdNoLeader', severity, minutes: 1 },
        expr: 'max by (service) (etcd_server_has_leader) == 0',
        summary: 'No member of {{ $labels.service }} that is seen from here has a leader of etcd',
        description:
          'Without one it takes no writes, and PostgreSQL cannot keep its lock. Look there: etcdctl endpoint status.',
        cases: [
          fires({ ...one('etcd_server_has_leader', '0x10'), ...another('etcd_server_has_leader', '1 0x10') }, of, {
            from: 1,
          }),
          // One is cut off.
          silent({ ...one('etcd_server_has_leader', '0x90'), ...another('etcd_server_has_leader', '1x90') }),
        ],
      },
    ],
    patroni: [
      {
        ...{ alert: 'PatroniNoPrimary', severity, minutes: 1 },
        expr: 'min by (service) (patroni_cluster_unlocked) == 1',
        summary: 'No member of {{ $labels.service }} that is seen from here knows of a primary',
        description: 'Where nobody holds the lock, nothing can be written. Look there: patronictl list.',
        cases: [
          fires({ ...one('patroni_cluster_unlocked', '1x10'), ...another('patroni_cluster_unlocked', '0 1x10') }, of, {
            from: 1,
          }),
          // A region of replicas: the primary is elsewhere.
          silent({ ...one('patroni_cluster_unlocked', '0x90'), ...one('patroni_primary', '0x90') }),
          // One is cut off.
          silent({ ...one('patroni_cluster_unlocked', '1x90'), ...another('patroni_cluster_unlocked', '0x90') }),
        ],
      },
      ...ofPatroni,
    ],
    sentinel: [
      {
        ...{ alert: 'SentinelNoQuorum', severity, minutes: 1 },
        expr: 'max by (service) (redis_sentinel_master_ckquorum_status) == 0',
        summary: 'The sentinels of {{ $labels.service }} that are seen from here are too few to replace its primary',
        description:
          'If the primary fails now, nobody takes its place. Look there: valkey-cli -p 26379 sentinel ckquorum.',
        cases: [
          fires(
            {
              ...one('redis_sentinel_master_ckquorum_status', '0x10', 'master_name="s",'),
              ...another('redis_sentinel_master_ckquorum_status', '1 0x10', 'master_name="s",'),
            },
            of,
            { from: 1 },
          ),
          // One is cut off.
          silent({
            ...one('redis_sentinel_master_ckquorum_status', '0x90', 'master_name="s",'),
            ...another('redis_sentinel_master_ckquorum_status', '1x90', 'master_name="s",'),
          }),
        ],
      },
    ],
  }
}

const apart: Readonly<Record<string, readonly Alert[]>> = {
  alertmanager: [
    {
      ...{ alert: 'AlertsNotDelivered', severity: 'critical', minutes: 10 },
      expr: 'rate(alertmanager_notifications_failed_total[10m]) > 0',
      summary: '{{ $labels.instance }} cannot deliver alerts by {{ $labels.integration }}',
      description: 'Nobody hears of anything that way. Look there: the log of alertmanager.',
      cases: [
        fires(
          one('alertmanager_notifications_failed_total', '0+1x40', 'integration="webhook",'),
          { integration: 'webhook', ...where },
          { from: 1 },
        ),
        silent(one('alertmanager_notifications_failed_total', '7x90', 'integration="webhook",')),
      ],
    },
  ],
  garage: [
    {
      ...{ alert: 'GarageNoQuorum', severity: 'critical', minutes: 1 },
      expr: 'max by (service) (cluster_partitions - cluster_partitions_quorum) > 0',
      summary: '{{ $value }} partitions of {{ $labels.service }} have no quorum',
      description: 'Objects in them can be neither read nor written. Look there: garage status.',
      cases: [
        fires(
          {
            ...one('cluster_partitions', '256x10'),
            ...one('cluster_partitions_quorum', '256 255x10'),
            // One that sees all: the other is cut off.
            'cluster_partitions{service="s",instance="j"}': '256x10',
            'cluster_partitions_quorum{service="s",instance="j"}': '256x10',
          },
          { service: 's' },
          { from: 1, value: '1' },
        ),
        silent({ ...one('cluster_partitions', '256x90'), ...one('cluster_partitions_quorum', '256x90') }),
      ],
    },
    {
      ...{ alert: 'GarageCopiesMissing', severity: 'warning', minutes: 10 },
      expr: 'max by (service) (cluster_partitions - cluster_partitions_all_ok) > 0',
      summary: '{{ $value }} partitions of {{ $labels.service }} lack copies',
      description:
        'Everything can be read and written; one more loss, and some of it cannot. Look there: garage status.',
      cases: [
        fires(
          { ...one('cluster_partitions', '256x20'), ...one('cluster_partitions_all_ok', '0x20') },
          { service: 's' },
          { value: '256' },
        ),
        silent({ ...one('cluster_partitions', '256x90'), ...one('cluster_partitions_all_ok', '0x8 256x90') }),
      ],
    },
  ],
  haproxy: [
    {
      ...{ alert: 'HAProxyBackendDown', severity: 'critical', minutes: 1 },
      expr: 'haproxy_backend_status{state="DOWN"} == 1',
      summary: '{{ $labels.instance }} reaches no server of {{ $labels.proxy }}',
      description: 'Whoever asks it is refused. Look at the service behind it.',
      cases: [
        fires(one('haproxy_backend_status', '1x10', 'proxy="primary",state="DOWN",'), {
          proxy: 'primary',
          state: 'DOWN',
          ...where,
        }),
        silent({
          ...one('haproxy_backend_status', '0x90', 'proxy="primary",state="DOWN",'),
          ...one('haproxy_backend_status', '1x90', 'proxy="primary",state="UP",'),
        }),
      ],
    },
  ],
  mariadb: [
    {
      ...{ alert: 'MariadbDown', severity: 'warning', expr: 'mysql_up == 0', minutes: 4 },
      summary: 'The server at {{ $labels.instance }} does not answer',
      description: 'Its exporter does. Look there: service mysql-server status, and its error log.',
      cases: [fires(one('mysql_up', '0x10'), where), silent(one('mysql_up', '0x3 1 0x3 1x90'))],
    },
    {
      ...{ alert: 'MariadbReadOnly', severity: 'critical', minutes: 2 },
      expr: 'mysql_global_variables_read_only{role="primary"} == 1',
      summary: 'The primary {{ $labels.instance }} takes no writes',
      description: 'So it starts again, until somebody opens it. If no other took its place: SET GLOBAL read_only = 0.',
      cases: [
        fires(one('mysql_global_variables_read_only', '1x10', 'role="primary",'), { role: 'primary', ...where }),
        silent({
          ...one('mysql_global_variables_read_only', '1 1 0 1 1 0x90', 'role="primary",'),
          ...one('mysql_global_variables_read_only', '1x90', 'role="replica",'),
        }),
      ],
    },
    {
      ...{ alert: 'MariadbReplicaCut', severity: 'warning', minutes: 5 },
      // Who it copies from is of no use as a label: an outage has one name.
      expr: `${ofInstance}(mysql_slave_status_slave_io_running) == 0 or ${ofInstance}(mysql_slave_status_slave_sql_running) == 0`,
      summary: '{{ $labels.instance }} does not copy its primary',
      description:
        'It falls behind as long as that lasts, and a stop by an error lasts until somebody ends it. Look there: SHOW REPLICA STATUS.',
      cases: [
        fires(one('mysql_slave_status_slave_io_running', '0x10', 'channel_name="",master_host="192.0.2.1",'), where),
        fires(
          {
            ...one('mysql_slave_status_slave_io_running', '1x10', 'master_host="192.0.2.1",'),
            ...one('mysql_slave_status_slave_sql_running', '0x10', 'master_host="192.0.2.1",'),
          },
          where,
        ),
        silent({
          ...one('mysql_slave_status_slave_io_running', '0x4 1 0x4 1x90', 'master_host="192.0.2.1",'),
          ...one('mysql_slave_status_slave_sql_running', '1x90', 'master_host="192.0.2.1",'),
        }),
      ],
    },
    {
      ...{ alert: 'MariadbLagging', severity: 'warning', minutes: 5 },
      expr: `${ofInstance}(mysql_slave_status_seconds_behind_master) > 60`,
      summary: '{{ $labels.instance }} is {{ $value | humanizeDuration }} behind its primary',
      description: 'If the primary is lost now, it has so much to catch up before it can take its place.',
      cases: [
        fires(one('mysql_slave_status_seconds_behind_master', '90x10', 'master_host="192.0.2.1",'), where, {
          value: '1m 30s',
        }),
        silent(one('mysql_slave_status_seconds_behind_master', '60x90', 'master_host="192.0.2.1",')),
      ],
    },
  ],
  node: [
    {
      ...{ alert: 'DiskFillsUp', severity: 'warning', minutes: 15 },
      expr: 'node_filesystem_avail_bytes{fstype!~"devfs|fdescfs|nullfs|procfs|tmpfs"} / node_filesystem_size_bytes < 0.1',
      summary: '{{ $labels.host }}: {{ $value | humanizePercentage }} left on {{ $labels.mountpoint }}',
      description: 'Look there: zfs list -o space.',
      cases: [
        fires(
          {
            ...one('node_filesystem_avail_bytes', '5x20', 'fstype="zfs",mountpoint="/",'),
            ...one('node_filesystem_size_bytes', '100x20', 'fstype="zfs",mountpoint="/",'),
          },
          { fstype: 'zfs', mountpoint: '/', ...where },
          { value: '5%' },
        ),
        silent({
          ...one('node_filesystem_avail_bytes', '10x90', 'fstype="zfs",mountpoint="/",'),
          ...one('node_filesystem_size_bytes', '100x90', 'fstype="zfs",mountpoint="/",'),
          ...one('node_filesystem_avail_bytes', '0x90', 'fstype="devfs",mountpoint="/dev",'),
          ...one('node_filesystem_size_bytes', '100x90', 'fstype="devfs",mountpoint="/dev",'),
        }),
      ],
    },
  ],
  valkey: [
    {
      ...{ alert: 'ValkeyDown', severity: 'warning', expr: 'redis_up == 0', minutes: 4 },
      summary: 'The server at {{ $labels.instance }} does not answer',
      description: 'Its exporter does. Look there: service valkey status.',
      cases: [fires(one('redis_up', '0x10'), where), silent(one('redis_up', '0x3 1 0x3 1x90'))],
    },
    {
      ...{ alert: 'ValkeyReplicaCut', severity: 'warning', expr: 'redis_master_link_up == 0', minutes: 5 },
      summary: '{{ $labels.instance }} does not copy its primary',
      description: 'It falls behind as long as that lasts. Look there: valkey-cli info replication.',
      cases: [
        fires(one('redis_master_link_up', '0x10'), where),
        // A primary has no such link.
        silent({ ...one('redis_master_link_up', '1x90'), ...one('redis_connected_slaves', '0x90') }),
      ],
    },
  ],
}

const ofPatroni: readonly Alert[] = [
  {
    ...{ alert: 'PatroniPostgresDown', severity: 'warning', expr: 'patroni_postgres_running == 0', minutes: 4 },
    summary: 'PostgreSQL does not run at {{ $labels.instance }}',
    description: 'Patroni does, and should have started it. Look there: patronictl list, and the log of PostgreSQL.',
    cases: [
      fires(one('patroni_postgres_running', '0x10'), where),
      silent(one('patroni_postgres_running', '0x3 1 0x3 1x90')),
    ],
  },
  {
    ...{ alert: 'PatroniLagging', severity: 'warning', minutes: 5 },
    // Who leads tells no position of a replay, and who copies none of its own writing: both are 0 then.
    expr: 'max by (service) (patroni_xlog_location) - on (service) group_right () (patroni_xlog_replayed_location > 0) > 64 * 1024 * 1024',
    summary: '{{ $labels.instance }} is {{ $value | humanize1024 }}B behind its primary',
    description:
      'If the primary is lost now, so much is missing or this one is not elected. Look there: patronictl list.',
    cases: [
      fires(
        {
          'patroni_xlog_location{service="s",instance="p"}': '200000000x20',
          'patroni_xlog_location{service="s",instance="i"}': '0x20',
          ...one('patroni_xlog_replayed_location', '65782272x20'),
          'patroni_xlog_replayed_location{service="s",instance="p"}': '0x20',
        },
        where,
        { value: '128Mi' },
      ),
      silent({
        'patroni_xlog_location{service="s",instance="p"}': '200000000x90',
        // 64 MiB.
        ...one('patroni_xlog_replayed_location', '132891136x90'),
      }),
      // In a region without the primary nobody knows.
      silent(one('patroni_xlog_replayed_location', '1000x90')),
    ],
  },
  {
    ...{ alert: 'PatroniReplicaCut', severity: 'warning', minutes: 5 },
    expr: '(patroni_replica == 1 and on (instance) patroni_postgres_streaming == 0) unless on (instance) patroni_postgres_in_archive_recovery == 1',
    summary: '{{ $labels.instance }} does not copy its primary',
    description: 'It falls behind as long as that lasts. Look there: patronictl list.',
    cases: [
      fires({ ...one('patroni_replica', '1x10'), ...one('patroni_postgres_streaming', '0x10') }, where),
      silent({
        ...one('patroni_replica', '1x90'),
        ...one('patroni_postgres_streaming', '0x90'),
        ...one('patroni_postgres_in_archive_recovery', '1x90'),
      }),
      silent({ ...one('patroni_replica', '0x90'), ...one('patroni_postgres_streaming', '0x90') }),
    ],
  },
]

const ofProbes: readonly Alert[] = [
  {
    ...{ alert: 'ProbeFailed', severity: 'warning', expr: 'probe_success{job="probe"} == 0', minutes: 4 },
    summary: '{{ $labels.instance }} does not answer as it should',
    description: 'The prober of its region got no answer, or another than expected.',
    cases: [
      fires(one('probe_success', '0x10', 'job="probe",'), { job: 'probe', ...where }),
      silent({
        ...one('probe_success', '0x3 1 0x3 1x90', 'job="probe",'),
        ...one('probe_success', '0x90', 'job="edge",'),
      }),
    ],
  },
  {
    ...{ alert: 'HostUnreachable', severity: 'warning', expr: 'probe_success{job="ping"} == 0', minutes: 2 },
    summary: '{{ $labels.host }} does not answer {{ $labels.from }}',
    description: 'Echo requests from that region get no answer.',
    cases: [
      fires(one('probe_success', '0x10', 'job="ping",from="usa",'), { job: 'ping', from: 'usa', ...where }),
      silent(one('probe_success', '1x90', 'job="ping",from="usa",')),
    ],
  },
]

const ofEdges: readonly Alert[] = [
  {
    ...{ alert: 'EdgeUnreachable', severity: 'critical', expr: 'probe_success{job="edge"} == 0', minutes: 2 },
    summary: '{{ $labels.instance }} does not answer {{ $labels.from }}',
    description: 'A public port gives no answer to the prober of that region.',
    cases: [
      fires(one('probe_success', '0x10', 'job="edge",from="usa",'), { job: 'edge', from: 'usa', ...where }),
      silent(one('probe_success', '1x90', 'job="edge",from="usa",')),
    ],
  },
  {
    ...{ alert: 'CertificateEnds', severity: 'warning', minutes: 60 },
    expr: '(probe_ssl_earliest_cert_expiry - time() > 0) < 14 * 86400',
    summary: 'The certificate of {{ $labels.instance }} ends in {{ $value | humanizeDuration }}',
    description: 'It should have been renewed long ago. Look there: the log of acme.sh or certbot.',
    cases: [
      // Seconds since 1970: a day and an hour; three weeks.
      fires(
        one('probe_ssl_earliest_cert_expiry', '90000x90', 'job="edge",from="usa",'),
        { job: 'edge', from: 'usa', ...where },
        { value: '1d 0h 0m 0s' },
      ),
      // Two weeks after the last look.
      silent(one('probe_ssl_earliest_cert_expiry', `${14 * 86_400 + 62 * 60}x90`, 'job="edge",from="usa",'), 62),
      // Over is told by another.
      silent(one('probe_ssl_earliest_cert_expiry', '0x90', 'job="edge",from="usa",'), 62),
    ],
  },
  {
    // Probers do not ask whose it is, nor until when: the port answers them all the same.
    ...{ alert: 'CertificateEnded', severity: 'critical', minutes: 5 },
    expr: 'time() - probe_ssl_earliest_cert_expiry >= 0',
    summary: 'The certificate of {{ $labels.instance }} ended {{ $value | humanizeDuration }} ago',
    description:
      'Whoever asks there is warned or refused. Look there: the log of acme.sh or certbot; renew it by hand.',
    cases: [
      fires(
        one('probe_ssl_earliest_cert_expiry', '60x90', 'job="edge",from="usa",'),
        { job: 'edge', from: 'usa', ...where },
        { from: 1, value: '5m 0s' },
      ),
      silent(one('probe_ssl_earliest_cert_expiry', '1201x90', 'job="edge",from="usa",'), 20),
    ],
  },
]

/** Those that do not see each other tell everything twice. */
const parted = (service: string, members: number): Alert => ({
  ...{ alert: 'AlertmanagersParted', severity: 'warning', minutes: 10 },
  expr: `alertmanager_cluster_members{service="${service}"} < ${members}`,
  summary: `{{ $labels.instance }} sees {{ $value }} of ${members} alertmanagers`,
  description: 'Those that do not see each other tell everything twice. Port 9094, TCP and UDP, is between them.',
  cases: [
    fires(
      { [`alertmanager_cluster_members{service="${service}",instance="i"}`]: `${members - 1}x20` },
      { service, instance: 'i' },
      { value: `${members - 1}` },
    ),
    silent({
      [`alertmanager_cluster_members{service="${service}",instance="i"}`]: `${members}x90`,
      'alertmanager_cluster_members{service="another",instance="i"}': '1x90',
    }),
  ],
})
