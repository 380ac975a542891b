/** How members of etcd and PostgreSQL are: metrics of etcd 3.4 and later, and of Patroni 3.0 to 4 (its REST API, /metrics). */
import type { Finding, RoleHealth, Sample } from '../kind.ts'
import { bytesText, countText, isMajority, noMetrics, type Reading, readingOf, sample, worse } from '../reading.ts'
import type { PatroniOptions } from './patroni.ts'

export const etcdHealth: RoleHealth = {
  series: [
    'etcd_server_has_leader',
    'etcd_server_is_leader',
    'etcd_server_is_learner',
    'etcd_server_leader_changes_seen_total',
    'etcd_mvcc_db_total_size_in_bytes',
    'etcd_server_quota_backend_bytes',
  ],

  read(samples): Finding {
    const given = readingOf(samples)
    const hasLeader = given.flag('etcd_server_has_leader')
    if (hasLeader === null) return noMetrics
    const size = given.value('etcd_mvcc_db_total_size_in_bytes')
    const quota = given.value('etcd_server_quota_backend_bytes')
    const changes = given.value('etcd_server_leader_changes_seen_total')
    const details = {
      ...(size !== null && {
        database: quota === null || quota <= 0 ? bytesText(size) : `${bytesText(size)} of ${bytesText(quota)}`,
      }),
      ...(changes !== null && { 'leader changes': countText(changes) }),
    }
    if (!hasLeader) return { state: 'bad', word: 'no leader', details }
    const leads = given.flag('etcd_server_is_leader') === true
    const word = leads ? 'leader' : given.flag('etcd_server_is_learner') === true ? 'learner' : 'follower'
    const used = size === null || quota === null || quota <= 0 ? 0 : size / quota
    const well: Finding = { state: 'ok', word, leads, details }
    // From there on it takes no writes until somebody makes room (etcd, space quota).
    if (used >= 1) return worse(well, 'bad', 'database is full')
    return used >= 0.8 ? worse(well, 'warn', `${word}, nearly full`) : well
  },

  compare(findings) {
    const leaders = findings.filter(finding => finding?.leads === true).length
    // One of them has not noticed yet; it gives up within an election timeout.
    return leaders < 2
      ? findings
      : findings.map(finding => (finding?.leads === true ? worse(finding, 'warn', 'one of two leaders') : finding))
  },

  imagine({ leads, members, reached, led, seconds }): readonly Sample[] {
    const quorum = isMajority(reached, members)
    return [
      sample('etcd_server_has_leader', quorum && (leads || led) ? 1 : 0),
      sample('etcd_server_is_leader', quorum && leads ? 1 : 0),
      sample('etcd_server_is_learner', 0),
      sample('etcd_server_leader_changes_seen_total', 1),
      sample('etcd_mvcc_db_total_size_in_bytes', 61_440 + 4096 * (Math.floor(seconds / 60) % 512)),
      sample('etcd_server_quota_backend_bytes', 2 ** 31),
    ]
  },
}

/** Bytes of write-ahead log. */
const farBehind = 64 * 2 ** 20
/** Seconds that etcd was seen earlier by one member than by another: longer than any time to live here. */
const longUnseen = 120

const series = {
  running: 'patroni_postgres_running',
  /** The second is its older name; 3.0 tells both, 4.0 only the first. */
  leads: ['patroni_primary', 'patroni_master'],
  standbyLeader: 'patroni_standby_leader',
  replica: 'patroni_replica',
  sync: 'patroni_sync_standby',
  /** Since 4.0. */
  quorum: 'patroni_quorum_standby',
  /** Of a replica; 3.0 does not tell. */
  streaming: 'patroni_postgres_streaming',
  archive: 'patroni_postgres_in_archive_recovery',
  unlocked: 'patroni_cluster_unlocked',
  failsafe: 'patroni_failsafe_mode_is_active',
  paused: 'patroni_is_paused',
  restart: 'patroni_pending_restart',
  replayPaused: 'patroni_xlog_paused',
  timeline: 'patroni_postgres_timeline',
  written: 'patroni_xlog_location',
  received: 'patroni_xlog_received_location',
  replayed: 'patroni_xlog_replayed_location',
  seen: 'patroni_dcs_last_seen',
} as const

export const postgresHealth = ({ synchronous }: Pick<PatroniOptions, 'synchronous'>): RoleHealth => ({
  series: Object.values(series).flat(),

  read(samples): Finding {
    const given = readingOf(samples)
    const running = given.flag(series.running)
    if (running === null) return noMetrics
    const on = (name: string) => given.flag(name) === true
    const timeline = given.value(series.timeline) ?? 0
    const leads = series.leads.some(on) || on(series.standbyLeader)
    const sync = on(series.sync) || on(series.quorum)
    const numbers = {
      ...(timeline > 0 && { timeline }),
      // Zero: not told.
      ...positive('wal', leads ? given.value(series.written) : latest(given)),
      ...positive('seen', given.value(series.seen)),
      sync: sync ? 1 : 0,
    }
    const details = {
      ...(timeline > 0 && { timeline: countText(timeline) }),
      ...(on(series.failsafe) && { failsafe: 'active' }),
      ...(on(series.paused) && { failover: 'paused' }),
      ...(on(series.restart) && { restart: 'pending' }),
    }
    if (!running) return { state: 'bad', word: 'postgres is down', details }
    // In failsafe mode the lock cannot be renewed, and its last holder stays.
    if (on(series.unlocked) && !(leads && on(series.failsafe)))
      return { state: 'bad', word: 'no leader', details, numbers }
    const word = leads
      ? on(series.standbyLeader)
        ? 'standby leader'
        : 'leader'
      : on(series.sync)
        ? 'sync standby'
        : on(series.quorum)
          ? 'quorum standby'
          : 'replica'
    const well: Finding = { state: 'ok', word, leads, details, numbers }
    if (!leads && !sync && !on(series.replica)) return { ...well, state: 'warn', word: 'neither leads nor copies' }
    const streams = given.flag(series.streaming) !== false || on(series.archive)
    const doubts = [
      [on(series.failsafe), 'etcd is away'],
      [on(series.paused), 'paused'],
      [!leads && !streams, 'not streaming'],
      [!leads && on(series.replayPaused), 'replay paused'],
      [on(series.restart), 'wants restart'],
    ] as const
    const doubt = doubts.find(([is]) => is)
    return doubt === undefined ? well : { ...well, state: 'warn', word: `${word}, ${doubt[1]}` }
  },

  compare(findings) {
    const leaders = findings.filter(finding => finding?.leads === true)
    const [leader] = leaders
    const lastSeen = Math.max(...findings.map(finding => finding?.numbers?.['seen'] ?? 0))
    const copies = findings.filter(finding => finding?.numbers?.['sync'] === 1).length
    // Whoever cannot be asked may be the one.
    const bare = synchronous !== 'off' && findings.length > 1 && !findings.includes(null) && copies === 0
    return findings.map(finding => {
      if (finding?.numbers === undefined) return finding
      if (finding.leads === true) {
        if (leaders.length > 1) return worse(finding, 'bad', `one of ${leaders.length} leaders`)
        return bare ? worse(finding, 'warn', 'leader, no sync standby') : finding
      }
      const unseen = lastSeen - (finding.numbers['seen'] ?? lastSeen) > longUnseen
      const judged = unseen ? worse(finding, 'warn', `${finding.word}, etcd is away`) : finding
      return leaders.length === 1 && leader?.numbers !== undefined ? behind(judged, leader.numbers) : judged
    })
  },

  imagine({ leads, led, seconds }): readonly Sample[] {
    const locked = leads || led
    const position = 117_440_512 + Math.floor(seconds) * 8192
    const at = (location: number, mine: boolean) => (mine ? location : 0)
    return [
      sample(series.running, 1),
      sample('patroni_primary', leads ? 1 : 0),
      sample('patroni_master', leads ? 1 : 0),
      sample(series.standbyLeader, 0),
      sample(series.replica, leads ? 0 : 1),
      sample(series.sync, !leads && locked && synchronous !== 'off' && synchronous !== 'quorum' ? 1 : 0),
      sample(series.quorum, !leads && locked && synchronous === 'quorum' ? 1 : 0),
      sample(series.streaming, !leads && locked ? 1 : 0),
      sample(series.archive, 0),
      sample(series.unlocked, locked ? 0 : 1),
      ...[series.failsafe, series.paused, series.restart, series.replayPaused].map(name => sample(name, 0)),
      sample(series.timeline, 1),
      sample(series.written, at(position, leads)),
      sample(series.received, at(position, !leads)),
      sample(series.replayed, at(position - (Math.floor(seconds) % 5) * 1024, !leads)),
      sample(series.seen, 1_700_000_000 + Math.floor(seconds / 10) * 10),
    ]
  },
})

const positive = (name: string, value: number | null) => (value === null || value <= 0 ? {} : { [name]: value })

/** What it has replayed; right after a start, what it has received. */
const latest = (given: Reading): number | null => given.value(series.replayed) || given.value(series.received)

function behind(finding: Finding, leader: NonNullable<Finding['numbers']>): Finding {
  const own = finding.numbers ?? {}
  const lag = leader['wal'] === undefined || own['wal'] === undefined ? null : Math.max(0, leader['wal'] - own['wal'])
  const { timeline, ...rest } = finding.details ?? {}
  const told: Finding = {
    ...finding,
    details: { ...(timeline !== undefined && { timeline }), ...(lag !== null && { lag: bytesText(lag) }), ...rest },
  }
  if (leader['timeline'] !== undefined && own['timeline'] !== undefined && own['timeline'] !== leader['timeline'])
    return worse(told, 'warn', `${finding.word}, timeline ${countText(own['timeline'])}`)
  return lag !== null && lag > farBehind ? worse(told, 'warn', `${finding.word}, far behind`) : told
}
