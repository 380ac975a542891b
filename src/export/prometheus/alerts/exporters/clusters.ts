/** etcd, Patroni, Sentinel: what members say of the whole. */
import { type Alert, fires, silent } from '../../alert.ts'
import { another, of, one, where } from './series.ts'

/**
 * What members say of their cluster. One that is cut off says the worst of it: as long as another sees it well, it is. A
 * server that knows one of them alone cannot tell; who sees the mesh says what is lost.
 */
export const ofClusters = (served: boolean): Readonly<Record<string, readonly Alert[]>> => {
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
