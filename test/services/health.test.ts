import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseSamples } from '../../src/health/samples.ts'
import { serverHealth as nameServer } from '../../src/services/bind/health.ts'
import { catalogue } from '../../src/services/catalogue.ts'
import { nodeHealth as garageNode } from '../../src/services/garage/health.ts'
import { uiHealth } from '../../src/services/grafana/health.ts'
import { proxyHealth } from '../../src/services/haproxy/health.ts'
import type { Finding, Findings, Imagined, RoleHealth, RoleSpec, Sample } from '../../src/services/kind.ts'
import { primaryHealth, replicaHealth } from '../../src/services/mariadb/health.ts'
import { etcdHealth, postgresHealth } from '../../src/services/patroni/health.ts'
import { alertmanagerHealth, blackboxHealth, nodeHealth, serverHealth } from '../../src/services/prometheus/health.ts'
import { bytesText, sample, shown } from '../../src/services/reading.ts'
import { sentinelHealth, serverHealth as valkeyServer } from '../../src/services/valkey/health.ts'
import { setting } from './setting.ts'

const recorded = new Map(
  readFileSync(join(import.meta.dirname, 'health/metrics.txt'), 'utf8')
    .split(/^== /m)
    .slice(1)
    .map(section => {
      const [name = '', ...lines] = section.split('\n')
      return [name, lines.join('\n')] as const
    }),
)

function samplesOf(name: string, health: RoleHealth): readonly Sample[] {
  const text = recorded.get(name)
  if (text === undefined) throw new Error(`nothing is recorded of ${name}`)
  return parseSamples(text, new Set(health.series))
}
const readOf = (name: string, health: RoleHealth): Finding => health.read(samplesOf(name, health))

/** The same with other values: `{redis_up: 0}`. */
const changed = (samples: readonly Sample[], values: Readonly<Record<string, number>>): readonly Sample[] =>
  samples.map(one => ({ ...one, value: values[one.name] ?? one.value }))

const postgres = postgresHealth({ synchronous: 'on' })
const member = valkeyServer({ shape: 'shared' })
const storage = garageNode({ replication: 3 })
const cacheProxy = proxyHealth({ cache: 'one' })
const databaseProxy = proxyHealth({ primary: 'one', replicas: 'others' })
const edge = proxyHealth()
const waits = primaryHealth({ 'semi-sync': true })

describe('what real programs gave', () => {
  test.each<readonly [string, RoleHealth, Finding['state'], string, Readonly<Record<string, string>>]>([
    ['etcd-leader', etcdHealth, 'ok', 'leader', { database: '60 KiB of 2 GiB', 'leader changes': '1' }],
    ['etcd-follower', etcdHealth, 'ok', 'follower', { database: '60 KiB of 2 GiB', 'leader changes': '1' }],
    ['etcd-no-leader', etcdHealth, 'bad', 'no leader', { database: '60 KiB of 2 GiB', 'leader changes': '1' }],
    ['patroni-leader', postgres, 'ok', 'leader', { timeline: '1' }],
    ['patroni-replica', postgres, 'ok', 'replica', { timeline: '1' }],
    ['patroni-leader-failsafe', postgres, 'warn', 'leader, etcd is away', { timeline: '1', failsafe: 'active' }],
    ['patroni-replica-failsafe', postgres, 'warn', 'replica, etcd is away', { timeline: '1', failsafe: 'active' }],
    ['redis-primary', member, 'ok', 'primary', { replicas: '2', memory: '1.3 MiB of 512 MiB' }],
    ['redis-replica', member, 'ok', 'replica', { heard: '0 s ago', memory: '1.3 MiB of 512 MiB' }],
    ['redis-replica-cut-off', member, 'warn', 'replica, cut off', { memory: '1.5 MiB of 512 MiB' }],
    // The second one waits for a first copy.
    ['redis-primary-of-one', member, 'ok', 'primary', { replicas: '1', memory: '1.5 MiB of 512 MiB' }],
    ['redis-down', member, 'bad', 'gives no answer', {}],
    ['sentinel', sentinelHealth, 'ok', 'watches', watched('10.65.0.5', '3 of 3', '2 of 2')],
    ['sentinel-after-failover', sentinelHealth, 'ok', 'watches', watched('10.64.1.5', '3 of 3', '2 of 2')],
    ['sentinel-alone', sentinelHealth, 'bad', 'no quorum', watched('10.64.1.5', '1 of 3', '2 of 2')],
    ['sentinel-no-primary', sentinelHealth, 'bad', 'no quorum', watched('10.64.1.5', '1 of 3', '0 of 2')],
    // Replicas refuse to be the primary: that is how the proxy knows them.
    ['haproxy-patroni', databaseProxy, 'ok', 'reaches the primary', { primary: '1 of 1 up', replicas: '2 of 2 up' }],
    ['haproxy-patroni', edge, 'warn', 'primary: 1 of 3 servers', { primary: '1 of 3 up', replicas: '2 of 3 up' }],
    ['haproxy-valkey', cacheProxy, 'ok', 'reaches the primary', { cache: '1 of 1 up' }],
    ['haproxy-valkey-failover', cacheProxy, 'warn', '2 primaries', { cache: '2 of 1 up' }],
    ['haproxy-valkey-none', cacheProxy, 'bad', 'no primary', { cache: '0 of 1 up' }],
    ['haproxy-valkey-none', edge, 'bad', 'no server', { cache: '0 of 3 up' }],
    ['mariadb-primary', waits, 'ok', 'primary', { replicas: '1', commits: 'wait' }],
    ['mariadb-replica', waits, 'bad', 'takes no writes', { replicas: '0', commits: 'do not wait' }],
    ['mariadb-replica', replicaHealth, 'ok', 'replica', { lag: '0 s' }],
    ['mariadb-replica-stopped', replicaHealth, 'bad', 'replication stopped', {}],
    ['mariadb-replica-cut-off', replicaHealth, 'warn', 'replica, cut off', { error: '2013' }],
    ['mariadb-primary', replicaHealth, 'bad', 'copies nothing', {}],
    ['mariadb-down', waits, 'bad', 'gives no answer', {}],
    ['mariadb-down', replicaHealth, 'bad', 'gives no answer', {}],
    ['bind-primary', nameServer('primary'), 'ok', 'answers', { zones: '6' }],
    ['bind-secondary-copying', nameServer('secondary'), 'ok', 'answers', { zones: '1' }],
    ['prometheus', serverHealth, 'ok', 'answers', { series: '520', 'rules failed': '7 times' }],
    [
      'prometheus-old-configuration',
      serverHealth,
      'warn',
      'old configuration',
      { series: '520', 'rules failed': '9 times' },
    ],
    ['alertmanager', alertmanagerHealth, 'ok', 'answers', { members: '2' }],
    ['node', nodeHealth, 'ok', 'answers', { version: '1.5.0' }],
    ['blackbox', blackboxHealth, 'ok', 'answers', { version: '0.23.0' }],
  ])('%s (%#)', (name, health, state, word, details) => {
    const found = readOf(name, health)
    expect([found.state, found.word, found.details ?? {}]).toEqual([state, word, details])
    expect(Object.keys(found.details ?? {})).toEqual(Object.keys(details))
    expect(found.leads ?? false).toBe(['leader', 'primary'].includes(word.split(',')[0] ?? '') && state !== 'bad')
  })
})

function watched(primary: string, sentinels: string, replicas: string): Readonly<Record<string, string>> {
  return { primary: `${primary}:6379`, sentinels, replicas }
}

describe('what is wrong shows', () => {
  test.each<readonly [string, string, RoleHealth, Readonly<Record<string, number>>, Finding['state'], string]>([
    ['nobody leads', 'patroni-replica', postgres, { patroni_cluster_unlocked: 1 }, 'bad', 'no leader'],
    ['PostgreSQL is down', 'patroni-leader', postgres, { patroni_postgres_running: 0 }, 'bad', 'postgres is down'],
    ['the lock is gone', 'patroni-leader', postgres, { patroni_cluster_unlocked: 1 }, 'bad', 'no leader'],
    // Its holder keeps leading as long as all members answer.
    [
      ...(['the lock cannot be renewed', 'patroni-leader-failsafe', postgres] as const),
      ...([{ patroni_cluster_unlocked: 1 }, 'warn', 'leader, etcd is away'] as const),
    ],
    ['failover is off', 'patroni-leader', postgres, { patroni_is_paused: 1 }, 'warn', 'leader, paused'],
    ['a restart waits', 'patroni-replica', postgres, { patroni_pending_restart: 1 }, 'warn', 'replica, wants restart'],
    ['replay is paused', 'patroni-replica', postgres, { patroni_xlog_paused: 1 }, 'warn', 'replica, replay paused'],
    ['it starts', 'patroni-replica', postgres, { patroni_replica: 0 }, 'warn', 'neither leads nor copies'],
    ['it is synchronous', 'patroni-replica', postgres, { patroni_sync_standby: 1 }, 'ok', 'sync standby'],
    [
      ...(['it leads a standby cluster', 'patroni-replica', postgres] as const),
      ...([{ patroni_replica: 0, patroni_standby_leader: 1 }, 'ok', 'standby leader'] as const),
    ],
    [
      ...(['etcd is nearly full', 'etcd-leader', etcdHealth] as const),
      ...([{ etcd_mvcc_db_total_size_in_bytes: 0.8 * 2 ** 31 }, 'warn', 'leader, nearly full'] as const),
    ],
    [
      ...(['etcd is nearly nearly full', 'etcd-leader', etcdHealth] as const),
      ...([{ etcd_mvcc_db_total_size_in_bytes: 0.79 * 2 ** 31 }, 'ok', 'leader'] as const),
    ],
    [
      ...(['etcd is full', 'etcd-follower', etcdHealth] as const),
      ...([{ etcd_mvcc_db_total_size_in_bytes: 2 ** 31 }, 'bad', 'database is full'] as const),
    ],
    ['it has no vote', 'etcd-follower', etcdHealth, { etcd_server_is_learner: 1 }, 'ok', 'learner'],
    ['it loads', 'redis-primary', member, { redis_loading_dump_file: 1 }, 'bad', 'reads its data'],
    ['memory ends', 'redis-primary', member, { redis_memory_used_bytes: 500e6 }, 'warn', 'primary, nearly full'],
    // A cache is meant to be full.
    [
      'a cache is full',
      'redis-primary',
      valkeyServer({ shape: 'local' }),
      { redis_memory_used_bytes: 536e6 },
      'ok',
      'answers',
    ],
    ['a cache is away', 'redis-down', valkeyServer({ shape: 'local' }), {}, 'bad', 'gives no answer'],
    [
      ...(['it copies all', 'redis-replica-cut-off', member] as const),
      ...([{ redis_master_sync_in_progress: 1 }, 'warn', 'replica, copies all'] as const),
    ],
    [
      'its own eyes are bad',
      'sentinel',
      sentinelHealth,
      { redis_sentinel_master_status: 0 },
      'warn',
      'sees no primary',
    ],
    ['its clock jumped', 'sentinel', sentinelHealth, { redis_sentinel_tilt: 1 }, 'warn', 'waits for its clock'],
    [
      ...(['one is missing', 'sentinel', sentinelHealth] as const),
      ...([{ redis_sentinel_master_ok_sentinels: 2 }, 'warn', '2 of 3 sentinels'] as const),
    ],
    [
      ...(['commits do not wait any more', 'mariadb-primary', waits] as const),
      ...([{ mysql_global_status_rpl_semi_sync_master_status: 0 }, 'warn', 'primary, no semi-sync'] as const),
    ],
    [
      ...(['nobody asked it to wait', 'mariadb-primary', primaryHealth({ 'semi-sync': false })] as const),
      ...([{ mysql_global_status_rpl_semi_sync_master_status: 0 }, 'ok', 'primary'] as const),
    ],
    [
      ...(['it lags', 'mariadb-replica', replicaHealth] as const),
      ...([{ mysql_slave_status_seconds_behind_master: 61 }, 'warn', 'replica, far behind'] as const),
    ],
    [
      ...(['it is open', 'mariadb-replica', replicaHealth] as const),
      ...([{ mysql_global_variables_read_only: 0 }, 'warn', 'replica, takes writes'] as const),
    ],
    ['named does not answer', 'bind-primary', nameServer('primary'), { bind_up: 0 }, 'warn', 'no statistics'],
    [
      ...(['nothing is delivered', 'alertmanager', alertmanagerHealth] as const),
      ...([
        { alertmanager_notifications_total: 3, alertmanager_notifications_failed_total: 3 },
        'bad',
        'cannot deliver',
      ] as const),
    ],
    [
      ...(['some was not delivered', 'alertmanager', alertmanagerHealth] as const),
      ...([
        { alertmanager_notifications_total: 9, alertmanager_notifications_failed_total: 3 },
        'ok',
        'answers',
      ] as const),
    ],
    [
      ...(['it could not read its file', 'alertmanager', alertmanagerHealth] as const),
      ...([{ alertmanager_config_last_reload_successful: 0 }, 'warn', 'old configuration'] as const),
    ],
    [
      ...(['it could not read its file', 'blackbox', blackboxHealth] as const),
      ...([{ blackbox_exporter_config_last_reload_successful: 0 }, 'warn', 'old configuration'] as const),
    ],
    ['text files are broken', 'node', nodeHealth, { node_textfile_scrape_error: 1 }, 'warn', 'unreadable text files'],
  ])('%s: %s', (_, name, health, values, state, word) => {
    const found = health.read(changed(samplesOf(name, health), values))
    expect([found.state, found.word]).toEqual([state, word])
  })

  test.each<readonly [string, number, number, string, string, readonly string[]]>([
    ['all of three nodes', 3, 3, 'ok', '256 of 256 partitions', ['256 of 256', '256 of 256', '3 of 3']],
    ['two of three nodes', 3, 2, 'warn', '2 of 3 nodes', ['256 of 256', '0 of 256', '2 of 3']],
    ['one of three nodes', 3, 1, 'bad', 'no quorum', ['0 of 256', '0 of 256', '1 of 3']],
    ['four of six nodes', 6, 4, 'bad', '204 of 256 partitions', ['204 of 256', '51 of 256', '4 of 6']],
  ])('garage: %s', (_, members, reached, state, word, [quorum, whole, nodes]) => {
    const found = storage.read(storage.imagine({ leads: false, members, reached, led: false, seconds: 0 }))
    expect([found.state, found.word]).toEqual([state, word])
    expect(found.details).toEqual({ quorum, whole, nodes, free: '108 GiB of 180 GiB' })
  })

  test.each<readonly [Readonly<Record<string, number>>, Finding['state'], string]>([
    [{ cluster_partitions: 0 }, 'bad', 'no layout'],
    [{ cluster_available: 0 }, 'bad', '256 of 256 partitions'],
    [{ cluster_healthy: 0 }, 'warn', 'copies are missing'],
    [{ garage_local_disk_avail: 1 }, 'warn', 'disk nearly full'],
  ])('garage with %o', (values, state, word) => {
    const found = storage.read(
      changed(storage.imagine({ leads: false, members: 3, reached: 3, led: false, seconds: 0 }), values),
    )
    expect([found.state, found.word]).toEqual([state, word])
  })

  test.each<readonly [Readonly<Record<string, readonly [number, number]>>, Finding['state'], string]>([
    [{ primary: [1, 2], replicas: [2, 1] }, 'ok', 'reaches the primary'],
    [{ primary: [1, 2], replicas: [1, 2] }, 'warn', '1 of 2 replicas'],
    [{ primary: [1, 2], replicas: [0, 3] }, 'warn', 'no replica'],
    [{ primary: [0, 3], replicas: [2, 1] }, 'bad', 'no primary'],
    [{ primary: [2, 1], replicas: [1, 2] }, 'warn', '2 primaries'],
    // One database has no replicas to lead to.
    [{ primary: [1, 0], replicas: [0, 1] }, 'ok', 'reaches the primary'],
    [{ wiki: [2, 0], shop: [1, 0] }, 'ok', '3 of 3 servers'],
    [{ wiki: [2, 0], shop: [0, 1] }, 'warn', 'shop: no server'],
    [{ wiki: [0, 2], shop: [0, 1] }, 'bad', 'no server'],
    [{ wiki: [1, 1], shop: [1, 0] }, 'warn', 'wiki: 1 of 2 servers'],
    [{ s3: [2, 1] }, 'warn', '2 of 3 servers'],
  ])('a proxy with %o', (backends, state, word) => {
    const samples = Object.entries(backends).flatMap(([proxy, [up, down]]) => [
      sample('haproxy_backend_agg_server_status', up, { proxy, state: 'UP' }),
      sample('haproxy_backend_agg_server_status', down, { proxy, state: 'DOWN' }),
      sample('haproxy_backend_agg_server_status', 0, { proxy, state: 'MAINT' }),
    ])
    const found = databaseProxy.read(samples)
    expect([found.state, found.word]).toEqual([state, word])
  })

  test('an edge with nothing behind it is well, and none that gives no metrics', () => {
    const nowhere = sample('haproxy_backend_status', 1, { proxy: 'edge.nowhere', state: 'UP' })
    expect(edge.read([nowhere])).toMatchObject({ state: 'ok', word: 'nothing behind it' })
    expect(edge.read([])).toEqual({ state: 'warn', word: 'gives no metrics' })
  })

  test('names of PostgreSQL leaders from before Patroni 3 and since Patroni 4 are one thing', () => {
    const without = (name: string) => samplesOf('patroni-leader', postgres).filter(one => one.name !== name)
    expect(postgres.read(without('patroni_primary'))).toMatchObject({ word: 'leader', leads: true })
    expect(postgres.read(without('patroni_master'))).toMatchObject({ word: 'leader', leads: true })
  })

  test('a replica that does not stream is spoken of by those that tell', () => {
    const replica = samplesOf('patroni-replica', postgres)
    const streaming = (value: number) => sample('patroni_postgres_streaming', value)
    expect(postgres.read([...replica, streaming(1)])).toMatchObject({ state: 'ok', word: 'replica' })
    expect(postgres.read([...replica, streaming(0)])).toMatchObject({ state: 'warn', word: 'replica, not streaming' })
    const archive = sample('patroni_postgres_in_archive_recovery', 1)
    expect(postgres.read([...replica, streaming(0), archive]).state).toBe('ok')
    // Of a leader it is 0 as well.
    expect(postgres.read([...samplesOf('patroni-leader', postgres), streaming(0)]).state).toBe('ok')
  })

  test('what says nothing of a build says nothing', () => {
    expect(uiHealth.read([sample('grafana_build_info', 1, { version: '12.1.0' })])).toEqual({
      ...{ state: 'ok', word: 'answers', details: { version: '12.1.0' } },
    })
    expect(uiHealth.read([sample('grafana_build_info', 1)])).toEqual({ state: 'ok', word: 'answers', details: {} })
  })
})

describe('beside the others', () => {
  const words = (findings: Findings | undefined) => findings?.map(one => one && `${one.state} ${one.word}`)
  const read = (health: RoleHealth, ...all: readonly (readonly [string, Readonly<Record<string, number>>] | null)[]) =>
    all.map(one => one && health.read(changed(samplesOf(one[0], health), one[1])))

  test('PostgreSQL: how far replicas are behind, of what was written and replayed', () => {
    const found = read(
      postgres,
      ['patroni-leader', {}],
      ['patroni-replica', { patroni_sync_standby: 1 }],
      ['patroni-replica', { patroni_xlog_replayed_location: 67_108_944 - 3 * 2 ** 20 }],
    )
    const compared = postgres.compare?.(found)
    expect(words(compared)).toEqual(['ok leader', 'ok sync standby', 'ok replica'])
    expect(compared?.map(one => one?.details)).toEqual([
      { timeline: '1' },
      { timeline: '1', lag: '0 B' },
      { timeline: '1', lag: '3 MiB' },
    ])
    expect(Object.keys(compared?.[1]?.details ?? {})).toEqual(['timeline', 'lag'])
  })

  test.each<readonly [string, Readonly<Record<string, number>>, string]>([
    ['64 MiB to replay', { patroni_xlog_replayed_location: 67_108_944 - 64 * 2 ** 20 }, 'ok replica'],
    ['another timeline', { patroni_postgres_timeline: 3 }, 'warn replica, timeline 3'],
    ['no timeline yet', { patroni_postgres_timeline: 0 }, 'ok replica'],
    ['etcd was last seen long ago', { patroni_dcs_last_seen: 1_795_258_000 }, 'warn replica, etcd is away'],
    ['nothing replayed yet', { patroni_xlog_replayed_location: 0 }, 'ok replica'],
  ])('PostgreSQL: a replica with %s', (_, values, expected) => {
    const found = read(postgres, ['patroni-leader', {}], ['patroni-replica', values], null)
    expect(words(postgres.compare?.(found))).toEqual(['ok leader', expected, null])
  })

  test('PostgreSQL: more than 64 MiB behind is far', () => {
    const found = read(
      postgres,
      ['patroni-leader', { patroni_xlog_location: 67_108_944 + 2 ** 26 + 1 }],
      ['patroni-replica', {}],
      null,
    )
    const compared = postgres.compare?.(found)
    expect(words(compared)).toEqual(['ok leader', 'warn replica, far behind', null])
    expect(compared?.[1]?.details?.['lag']).toBe('64 MiB')
  })

  test('PostgreSQL: two leaders are bad, one is not, and none is told by each of them', () => {
    const two = read(postgres, ['patroni-leader', {}], ['patroni-leader', {}], ['patroni-replica', {}])
    expect(words(postgres.compare?.(two))).toEqual(['bad one of 2 leaders', 'bad one of 2 leaders', 'ok replica'])
    const none = read(postgres, null, ['patroni-replica', {}], ['patroni-replica', { patroni_cluster_unlocked: 1 }])
    expect(words(postgres.compare?.(none))).toEqual([null, 'ok replica', 'bad no leader'])
  })

  test('PostgreSQL: a leader whose commits are nowhere else is spoken of, unless that is wanted or not known', () => {
    const bare = read(postgres, ['patroni-leader', {}], ['patroni-replica', {}])
    expect(words(postgres.compare?.(bare))?.[0]).toBe('warn leader, no sync standby')
    expect(words(postgresHealth({ synchronous: 'off' }).compare?.(bare))?.[0]).toBe('ok leader')
    expect(words(postgres.compare?.([...bare, null]))?.[0]).toBe('ok leader')
    expect(words(postgres.compare?.(bare.slice(0, 1)))).toEqual(['ok leader'])
  })

  test('etcd: one of two leaders has not noticed yet', () => {
    const two = read(etcdHealth, ['etcd-leader', {}], ['etcd-leader', {}], ['etcd-follower', {}])
    expect(words(etcdHealth.compare?.(two))).toEqual([
      ...['warn one of two leaders', 'warn one of two leaders', 'ok follower'],
    ])
    expect(words(etcdHealth.compare?.(two.slice(1)))).toEqual(['ok leader', 'ok follower'])
  })

  test('Valkey: a replica says how far it is behind its primary, and one that is cut off does not', () => {
    const found = read(
      member,
      ['redis-primary', { redis_master_repl_offset: 5000 }],
      ['redis-replica', {}],
      ['redis-replica-cut-off', {}],
    )
    const compared = member.compare?.(found)
    expect(words(compared)).toEqual(['ok primary', 'ok replica', 'warn replica, cut off'])
    expect(compared?.[1]?.details).toEqual({ lag: '2.4 KiB', heard: '0 s ago', memory: '1.3 MiB of 512 MiB' })
    expect(compared?.[2]?.details).not.toHaveProperty('lag')
    const far = read(member, ['redis-primary', { redis_master_repl_offset: 1e9 }], ['redis-replica', {}])
    expect(words(member.compare?.(far))?.[1]).toBe('warn replica, far behind')
  })

  test('Valkey: a primary that nobody copies takes no writes, and does not lead beside one that does', () => {
    const alone = read(member, ['redis-primary', { redis_connected_slave_lag_seconds: 11 }], null, null)
    expect(words(member.compare?.(alone))).toEqual(['bad primary, takes no writes', null, null])
    // The only server needs no replica.
    expect(words(member.compare?.(alone.slice(0, 1)))).toEqual(['ok primary'])
    const old = read(
      member,
      ['redis-primary', { redis_connected_slave_lag_seconds: 11 }],
      ['redis-primary-of-one', {}],
      ['redis-replica', {}],
    )
    const compared = member.compare?.(old)
    expect(words(compared)).toEqual(['bad primary, takes no writes', 'ok primary', 'ok replica'])
    expect(compared?.map(one => one?.leads)).toEqual([false, true, false])
    const two = read(member, ['redis-primary', {}], ['redis-primary-of-one', {}])
    expect(words(member.compare?.(two))).toEqual(['bad one of 2 primaries', 'bad one of 2 primaries'])
  })

  test('Sentinel: whoever names another primary than most is wrong; two that differ are both', () => {
    const [now, before] = read(sentinelHealth, ['sentinel-after-failover', {}], ['sentinel', {}])
    const compare = (...all: Findings) => words(sentinelHealth.compare?.(all))
    const wrong = 'bad names another primary'
    expect(compare(now ?? null, before ?? null, now ?? null)).toEqual(['ok watches', wrong, 'ok watches'])
    expect(compare(now ?? null, before ?? null, null)).toEqual([wrong, wrong, null])
    expect(compare(now ?? null, null, now ?? null)).toEqual(['ok watches', null, 'ok watches'])
  })

  test('Alertmanager: each says how many it sees', () => {
    const three = read(
      alertmanagerHealth,
      ['alertmanager', {}],
      ['alertmanager', { alertmanager_cluster_members: 3 }],
      null,
    )
    expect(words(alertmanagerHealth.compare?.(three))).toEqual(['warn sees 2 of 3', 'ok answers', null])
  })

  const secondary = nameServer('secondary')
  const serial = (value: number, name = 'meshwright_dns_serial') => secondary.read([sample(name, value)])
  const zones = (all: Readonly<Record<string, number>>) =>
    secondary.read([
      sample('bind_up', 1),
      ...Object.entries(all).map(([name, value]) =>
        sample('bind_zone_serial', value, { view: '_default', zone_name: name }),
      ),
    ])

  test.each<readonly [string, Finding, Finding | null, string, string | undefined]>([
    ['the same', serial(7), serial(7), 'ok answers', undefined],
    ['an older one', serial(5), serial(7), 'warn behind its primary', '2'],
    ['one from a Prometheus', serial(5, 'probe_dns_serial'), serial(7), 'warn behind its primary', '2'],
    // A primary that started again from an old copy is not what is asked here.
    ['a newer one', serial(8), serial(7), 'ok answers', undefined],
    ['an older one, round the corner', serial(2 ** 32 - 1), serial(1), 'warn behind its primary', '2'],
    ['a primary that is silent', serial(5), null, 'ok answers', undefined],
    [
      'a zone that is older',
      zones({ 'a.org': 3, b: 9 }),
      zones({ 'a.org': 4, b: 9 }),
      'warn behind its primary',
      '1 in a.org',
    ],
    ['a zone that never came', zones({ b: 9 }), zones({ 'a.org': 4, b: 9 }), 'warn lacks 1 of 2 zones', undefined],
    ['no exporter', serial(7), zones({ b: 9 }), 'ok answers', undefined],
  ])('BIND: a secondary with %s', (_, own, primary, expected, behind) => {
    const [found] = secondary.compare?.([own], new Map([['primary', [primary]]])) ?? []
    expect(words([found ?? null])).toEqual([expected])
    expect(found?.details?.['behind']).toBe(behind)
  })

  test('BIND: a secondary that has begun to copy lacks the rest', () => {
    const beside = new Map([['primary', read(nameServer('primary'), ['bind-primary', {}])]])
    const found = read(secondary, ['bind-secondary-copying', {}], ['bind-primary', {}])
    expect(words(secondary.compare?.(found, beside))).toEqual(['warn lacks 5 of 6 zones', 'ok answers'])
  })

  test('BIND: without the primary, secondaries are compared with each other; a primary with nobody', () => {
    expect(words(secondary.compare?.([serial(5), serial(7), null]))).toEqual([
      'warn behind its primary',
      'ok answers',
      null,
    ])
    expect(nameServer('primary')).not.toHaveProperty('compare')
  })
})

/** Roles of the catalogue with each of the options that their health depends on. */
let made: ReturnType<typeof setting> | undefined
async function everyRole(): Promise<readonly (readonly [string, RoleSpec])[]> {
  made ??= setting(
    `
db: {kind: patroni}
fast: {kind: patroni, synchronous: quorum}
loose: {kind: patroni, synchronous: "off"}
cache: {kind: valkey}
near: {kind: valkey, shape: local}
files: {kind: garage}
sql: {kind: mariadb, semi-sync: true}
plain: {kind: mariadb}
names: {kind: bind}
dns: {kind: unbound}
mon: {kind: prometheus}
gate: {kind: haproxy, tls: none}
wiki: {kind: generic, hosts: [tesla], ports: [8080/tcp], from: [faraday]}
`,
  )
  return (await made).deployment.services.flatMap(service =>
    service.kind.roles(service).map(role => [`${service.name}/${role.name}`, role] as const),
  )
}

const numbers = fc.oneof(
  fc.constantFrom(NaN, Infinity, -Infinity, 0, 1, -1, 1e300, 2 ** 53, 5e-324),
  fc.double(),
  fc.integer({ min: -5, max: 500 }),
)
const texts = fc.oneof(
  fc.constantFrom(
    'UP',
    'DOWN',
    'master',
    'slave',
    'online',
    'data',
    'primary',
    'cache',
    '__proto__',
    '\u001b[2J\u202e',
    '',
  ),
  fc.string({ unit: 'binary', maxLength: 300 }),
)
const labelNames = [
  'proxy',
  'state',
  'role',
  'slave_state',
  'master_address',
  'zone_name',
  'volume',
  'version',
  'integration',
]
const hostile = (series: readonly string[]): fc.Arbitrary<readonly Sample[]> =>
  fc.array(
    fc.record({
      name: fc.constantFrom(...series, 'probe_success', '__proto__'),
      labels: fc.dictionary(fc.constantFrom(...labelNames), texts),
      value: numbers,
    }),
    { maxLength: 40 },
  )

describe('laws of every role', () => {
  test('all that give metrics have a health, and all that have one are asked for something', async () => {
    const roles = await everyRole()
    expect(new Set(catalogue.map(({ kind }) => kind)).size).toBeGreaterThan(10)
    for (const [name, role] of roles) {
      expect(role.health === undefined, name).toBe(role.metrics === undefined)
      for (const one of role.health?.series ?? []) expect(one, name).toMatch(/^[a-z][a-z0-9_]{3,80}$/)
      expect(new Set(role.health?.series).size, name).toBe(role.health?.series.length ?? 0)
    }
    expect(roles.filter(([, { health }]) => health !== undefined).length).toBeGreaterThan(20)
  })

  test('who asks for metrics with a token finds it in the jail, and no manifest speaks of it', async () => {
    const garage = await setting('files: {kind: garage}\n')
    const [files] = garage.deployment.services
    const roles = files?.kind.roles(files).filter(({ metrics }) => metrics?.bearer !== undefined) ?? []
    expect(roles.map(({ metrics }) => metrics?.tokenFile)).toEqual(Array(2).fill('usr/local/etc/garage/metrics_token'))
    for (const { host, jail } of files?.instances('storage') ?? [])
      expect(garage.textOf(host.name, jail.name, roles[0]?.metrics?.tokenFile ?? '')).toMatch(/^\S{20,}\n$/)
    const said = [...garage.files].filter(([path]) => path.endsWith('manifest.json')).map(([, text]) => text)
    expect(said.join('')).toContain('"job": "garage"')
    expect(said.join('')).not.toMatch(/tokenFile|"series"/)
  })

  test('what is imagined is understood, of names that are asked for, and well where all is well', async () => {
    for (const [name, { health }] of await everyRole())
      for (const members of [1, 2, 3, 5, 6])
        for (let reached = 1; reached <= members; reached += 1)
          for (const leads of [true, false])
            for (const led of [true, false])
              for (const seconds of [0, 1, 59.5, 86_400]) {
                if (health === undefined) continue
                const part: Imagined = { leads, members, reached, led: led || leads, seconds }
                const samples = health.imagine(part)
                const said = `${name} ${JSON.stringify(part)}`
                expect(health.imagine(part), said).toEqual(samples)
                for (const one of samples) expect(health.series, said).toContain(one.name)
                const found = health.read(samples)
                expect(found.word, said).not.toBe('gives no metrics')
                if (reached === members && part.led) {
                  expect([found.state, said]).toEqual(['ok', said])
                  const followers = Array.from({ length: members - 1 }, () =>
                    health.read(health.imagine({ ...part, leads: false, led: true })),
                  )
                  if (leads)
                    for (const one of health.compare?.([found, ...followers]) ?? [])
                      expect([one?.state, one?.word, said]).toEqual(['ok', one?.word, said])
                }
              }
  })

  test.each<readonly [RoleHealth, Partial<Imagined>, boolean, string]>([
    [etcdHealth, { leads: true }, true, 'ok leader'],
    [etcdHealth, {}, false, 'ok follower'],
    [etcdHealth, { leads: true, reached: 1 }, false, 'bad no leader'],
    [etcdHealth, { led: false }, false, 'bad no leader'],
    [postgres, { leads: true }, true, 'ok leader'],
    [postgres, {}, false, 'ok sync standby'],
    [postgres, { led: false }, false, 'bad no leader'],
    [member, { leads: true }, true, 'ok primary'],
    [member, {}, false, 'ok replica'],
    [member, { led: false }, false, 'warn replica, cut off'],
    [sentinelHealth, {}, false, 'ok watches'],
    [sentinelHealth, { reached: 2 }, false, 'warn 2 of 3 sentinels'],
    [sentinelHealth, { reached: 1 }, false, 'bad no quorum'],
    [storage, { reached: 1 }, false, 'bad no quorum'],
    [waits, {}, true, 'ok primary'],
    [replicaHealth, { behind: { members: 1, reached: 0, led: false } }, false, 'warn replica, cut off'],
    [databaseProxy, { behind: { members: 3, reached: 3, led: true } }, false, 'ok reaches the primary'],
    [databaseProxy, { behind: { members: 3, reached: 2, led: true } }, false, 'warn 1 of 2 replicas'],
    [databaseProxy, { behind: { members: 3, reached: 2, led: false } }, false, 'bad no primary'],
    [proxyHealth({ s3: 'all' }), { behind: { members: 3, reached: 0, led: false } }, false, 'bad no server'],
  ])('the part of an instance shows (%#)', (health, part, leads, expected) => {
    const found = health.read(health.imagine({ leads: false, members: 3, reached: 3, led: true, seconds: 7, ...part }))
    expect(`${found.state} ${found.word}`).toBe(expected)
    expect(found.leads ?? false).toBe(leads)
  })

  test('whatever comes, what is shown is short and printable, and nothing throws', async () => {
    for (const [name, { health }] of await everyRole()) {
      if (health === undefined) continue
      fc.assert(
        fc.property(fc.array(hostile(health.series), { minLength: 1, maxLength: 3 }), all => {
          const read = all.map(samples => health.read(samples))
          const compared = health.compare?.([...read, null], new Map([['primary', read]])) ?? [...read, null]
          expect(compared).toHaveLength(read.length + 1)
          expect(compared.at(-1)).toBeNull()
          for (const found of [...read, ...compared]) {
            if (found === null) continue
            const details = Object.entries(found.details ?? {})
            expect(details.length, name).toBeLessThan(16)
            for (const text of [found.word, ...details.flat()]) expect(text, name).toMatch(/^[\x20-\x7e]{0,90}$/)
            for (const number of Object.values(found.numbers ?? {})) expect(Number.isFinite(number), name).toBe(true)
          }
        }),
        { numRuns: 60 },
      )
    }
  })

  test('nothing, and nothing that is a number, are no metrics', async () => {
    for (const [name, { health }] of await everyRole()) {
      if (health === undefined) continue
      const silent = { state: 'warn', word: 'gives no metrics' }
      expect(health.read([]), name).toEqual(silent)
      for (const value of [NaN, Infinity, -Infinity])
        expect(health.read(health.series.map(one => sample(one, value))), name).toEqual(silent)
      expect(health.read([sample('probe_success', 1), sample('up', 1)]), name).toEqual(silent)
      expect(health.compare?.([]) ?? [], name).toEqual([])
    }
  })

  test('bytes have a unit, and remote text an end', () => {
    expect([0, 1023, 1024, 10_188, 1.5 * 2 ** 30, -5, 1e300].map(bytesText)).toEqual([
      ...['0 B', '1023 B', '1 KiB', '9.9 KiB', '1.5 GiB', '0 B'],
      expect.stringMatching(/PiB$/) as unknown as string,
    ])
    expect(shown(`\u001b[31mx\n${'y'.repeat(100)}`)).toBe(`?[31mx?${'y'.repeat(33)}`)
  })
})
