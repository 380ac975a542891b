/**
 * What exporters of services are asked for: by names that health.ts of their kind reads. A row is there for roles that
 * the mesh has; its panels keep their numbers when others come and go.
 */
import type { LiveMesh } from './live.ts'
import { colors } from './node-graph.ts'
import { type Drawn, now, range, type Sketch, steps } from './panels/panel.ts'
import { bargauge } from './panels/bargauge.ts'
import { row } from './panels/row.ts'
import { stateTimeline } from './panels/state-timeline.ts'
import { timeseries } from './panels/timeseries.ts'
import { chosen, once } from './promql.ts'
import { yesNo } from './states.ts'

interface KindRow {
  readonly title: string
  /** Kind and role; a role alone is that of any kind. */
  readonly when: readonly (readonly [kind: string | null, role: string])[]
  readonly panels: readonly Drawn[]
}

const each = (metric: string): string => once('instance', chosen(metric))

const line = (sketch: Omit<Sketch, 'height'>, exprs: Readonly<Record<string, string>>, defaults: object): Drawn => {
  const several = Object.keys(exprs).length > 1
  return timeseries(
    { ...sketch, height: 8 },
    Object.entries(exprs).map(([name, expr]) => range(name, expr, several ? `{{instance}} ${name}` : '{{instance}}')),
    { min: 0, ...defaults },
  )
}

const state = (sketch: Omit<Sketch, 'height'>, expr: string, yes: string, no: string, well = true): Drawn =>
  stateTimeline({ ...sketch, height: 8 }, [range('A', expr, '{{instance}}')], yesNo(yes, no, well))

/** Whoever does not lead is as well as one that does. */
const leads = (sketch: Omit<Sketch, 'height'>, expr: string, otherwise: string): Drawn =>
  stateTimeline(
    { ...sketch, height: 8 },
    [range('A', expr, '{{instance}}')],
    [
      { value: 0, word: otherwise, color: colors.planned },
      { value: 1, word: 'leads', color: colors.good },
    ],
  )

const part = (sketch: Omit<Sketch, 'height'>, expr: string, legend = '{{instance}}', fullIsWell = false): Drawn =>
  bargauge({ ...sketch, height: 8 }, [now('A', expr, legend)], {
    ...{ unit: 'percentunit', min: 0, max: 1, color: { mode: 'thresholds' } },
    thresholds: fullIsWell
      ? steps(colors.bad, [0.5, colors.weak], [1, colors.good])
      : steps(colors.good, [0.8, colors.weak], [0.9, colors.bad]),
  })

const table: readonly KindRow[] = [
  {
    ...{ title: 'PostgreSQL, by Patroni', when: [['patroni', 'postgres']] },
    panels: [
      leads(
        { id: 101, title: 'Leads', width: 8 },
        once('instance', `${chosen('patroni_primary')} or ${chosen('patroni_master')}`),
        'copies',
      ),
      timeseries(
        {
          ...{ id: 102, title: 'Lag', width: 8, height: 8 },
          description: 'Bytes of the write-ahead log that a replica has yet to replay.',
        },
        [
          range(
            'A',
            `clamp_min(max by (service) (${chosen('patroni_xlog_location')}) - on (service) group_right () ${once('service, instance', `${chosen('patroni_xlog_replayed_location')} > 0`)}, 0) or on () vector(0)`,
            '{{instance}}',
          ),
        ],
        { unit: 'bytes', min: 0 },
      ),
      line(
        { id: 103, title: 'Timeline', description: 'One more with every change of the leader.', width: 8 },
        { timeline: each('patroni_postgres_timeline') },
        { decimals: 0 },
      ),
      state({ id: 104, title: 'PostgreSQL', width: 8 }, each('patroni_postgres_running'), 'runs', 'down'),
      state({ id: 105, title: 'Lock', width: 8 }, each('patroni_cluster_unlocked'), 'no leader', 'held', false),
      state({ id: 106, title: 'Failover', width: 8 }, each('patroni_is_paused'), 'paused', 'automatic', false),
    ],
  },
  {
    ...{ title: 'etcd', when: [['patroni', 'etcd']] },
    panels: [
      state({ id: 121, title: 'Sees a leader', width: 6 }, each('etcd_server_has_leader'), 'leader', 'no leader'),
      leads({ id: 122, title: 'Leads', width: 6 }, each('etcd_server_is_leader'), 'follows'),
      line(
        { id: 123, title: 'Changes of leader', width: 6 },
        { changes: each('etcd_server_leader_changes_seen_total') },
        { decimals: 0 },
      ),
      part(
        { id: 124, title: 'Space in use', description: 'At the quota it takes no writes.', width: 6 },
        `${each('etcd_mvcc_db_total_size_in_bytes')} / ${each('etcd_server_quota_backend_bytes')}`,
      ),
    ],
  },
  {
    ...{
      title: 'Garage',
      when: [
        ['garage', 'storage'],
        ['garage', 'gateway'],
      ],
    },
    panels: [
      line(
        { id: 141, title: 'Partitions', description: 'With a quorum, and with all copies.', width: 8 },
        { quorum: each('cluster_partitions_quorum'), whole: each('cluster_partitions_all_ok') },
        { decimals: 0 },
      ),
      part(
        { id: 142, title: 'Nodes that are reached', width: 8 },
        `${each('cluster_connected_nodes')} / ${each('cluster_known_nodes')}`,
        ...(['{{instance}}', true] as const),
      ),
      part(
        { id: 143, title: 'Disk in use', width: 8 },
        `1 - ${once('instance, volume', chosen('garage_local_disk_avail'))} / ${once('instance, volume', chosen('garage_local_disk_total'))}`,
        '{{instance}} {{volume}}',
      ),
      state({ id: 144, title: 'Healthy', width: 12 }, each('cluster_healthy'), 'healthy', 'degraded'),
      state({ id: 145, title: 'Available', width: 12 }, each('cluster_available'), 'available', 'not available'),
    ],
  },
  {
    ...{ title: 'Valkey', when: [['valkey', 'server']] },
    panels: [
      state({ id: 161, title: 'Answers its exporter', width: 12 }, each('redis_up'), 'answers', 'silent'),
      line(
        { id: 162, title: 'Memory', width: 12 },
        { used: each('redis_memory_used_bytes'), most: each('redis_memory_max_bytes') },
        { unit: 'bytes' },
      ),
    ],
  },
  {
    ...{ title: 'Valkey, replication', when: [['valkey', 'sentinel']] },
    panels: [
      line(
        { id: 181, title: 'Replicas', description: 'As each server sees them.', width: 8 },
        { replicas: each('redis_connected_slaves') },
        { decimals: 0 },
      ),
      state({ id: 182, title: 'Copies its primary', width: 8 }, each('redis_master_link_up'), 'copies', 'cut off'),
      state(
        { id: 183, title: 'Sentinels that can agree', width: 8 },
        each('redis_sentinel_master_ckquorum_status'),
        ...(['quorum', 'too few'] as const),
      ),
    ],
  },
  {
    ...{
      title: 'HAProxy',
      when: [
        ['haproxy', 'edge'],
        [null, 'proxy'],
      ],
    },
    panels: [
      line(
        { id: 201, title: 'Servers that are up', width: 12 },
        { up: once('instance, proxy', chosen('haproxy_backend_agg_server_status', ', state="UP"')) },
        { decimals: 0 },
      ),
      stateTimeline(
        { id: 202, title: 'Backends', width: 12, height: 8 },
        [
          range(
            'A',
            once('instance, proxy', chosen('haproxy_backend_status', ', state="UP"')),
            '{{instance}} {{proxy}}',
          ),
        ],
        yesNo('up', 'down'),
      ),
    ],
  },
  {
    ...{ title: 'MariaDB', when: [['mariadb', 'primary']] },
    panels: [
      state({ id: 221, title: 'Answers', width: 12 }, each('mysql_up'), 'answers', 'silent'),
      line(
        { id: 222, title: 'Replicas', description: 'That are connected.', width: 12 },
        { replicas: each('mysql_global_status_slaves_connected') },
        { decimals: 0 },
      ),
    ],
  },
  {
    ...{ title: 'MariaDB, replication', when: [['mariadb', 'replica']] },
    panels: [
      line(
        { id: 241, title: 'Lag', width: 8 },
        { lag: each('mysql_slave_status_seconds_behind_master') },
        { unit: 's' },
      ),
      state({ id: 242, title: 'Hears', width: 8 }, each('mysql_slave_status_slave_io_running'), 'hears', 'cut off'),
      state(
        { id: 243, title: 'Applies', width: 8 },
        each('mysql_slave_status_slave_sql_running'),
        'applies',
        'stopped',
      ),
    ],
  },
  {
    ...{ title: 'BIND', when: [['bind', 'primary']] },
    panels: [
      state({ id: 261, title: 'Statistics', width: 12 }, each('bind_up'), 'answers', 'silent'),
      timeseries(
        { id: 262, title: 'Serials', description: 'Of all zones, by server.', width: 12, height: 8 },
        [range('A', once('instance, zone_name', chosen('bind_zone_serial')), '{{instance}} {{zone_name}}')],
        { decimals: 0 },
      ),
    ],
  },
  {
    ...{ title: 'Prometheus', when: [['prometheus', 'server']] },
    panels: [
      line({ id: 281, title: 'Series', width: 8 }, { series: each('prometheus_tsdb_head_series') }, { unit: 'short' }),
      state(
        { id: 282, title: 'Configuration', width: 8 },
        each('prometheus_config_last_reload_successful'),
        ...(['as written', 'an old one'] as const),
      ),
      line(
        { id: 283, title: 'Rules that failed', width: 8 },
        {
          failures: `sum by (instance) (rate(${chosen('prometheus_rule_evaluation_failures_total')}[$__rate_interval]))`,
        },
        { unit: 'cps' },
      ),
    ],
  },
  {
    ...{ title: 'Alertmanager', when: [['prometheus', 'alertmanager']] },
    panels: [
      line(
        { id: 301, title: 'Members', description: 'That each of them sees.', width: 12 },
        { members: each('alertmanager_cluster_members') },
        { decimals: 0 },
      ),
      line(
        { id: 302, title: 'Not delivered', width: 12 },
        {
          failed: `sum by (instance) (rate(${chosen('alertmanager_notifications_failed_total')}[$__rate_interval]))`,
        },
        { unit: 'cps' },
      ),
    ],
  },
]

/** Rows of what the mesh has: a title, and its panels in lines of three or so. */
export function kindRows({ services }: LiveMesh): readonly (readonly Drawn[])[] {
  const has = ([kind, role]: readonly [string | null, string]): boolean =>
    services.some(service => (kind === null || service.kind === kind) && service.roles.includes(role))
  return table
    .filter(({ when }) => when.some(has))
    .flatMap(({ title, panels }) => {
      const [first] = panels
      return [...(first === undefined ? [] : [[row(first.sketch.id - 1, title)]]), ...filled(panels)]
    })
}

/** As many side by side as there is room for. */
function filled(panels: readonly Drawn[]): readonly (readonly Drawn[])[] {
  const lines: Drawn[][] = []
  let room = 0
  for (const panel of panels) {
    if (panel.sketch.width > room) {
      lines.push([])
      room = 24
    }
    lines.at(-1)?.push(panel)
    room -= panel.sketch.width
  }
  return lines
}
