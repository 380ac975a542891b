/** What daemons say of themselves, or their exporters of them. */
import { type Alert, fires, silent } from '../../alert.ts'
import { ofInstance, one, where } from './series.ts'

/** By the Prometheus job without which they say nothing. */
export const ofDaemons: Readonly<Record<string, readonly Alert[]>> = {
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

/** Those that do not see each other tell everything twice. */
export const parted = (service: string, members: number): Alert => ({
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
