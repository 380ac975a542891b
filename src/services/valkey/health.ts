/** How servers and sentinels of Valkey are, as redis_exporter tells it (INFO, SENTINEL MASTERS, SENTINEL CKQUORUM). */
import type { Finding, RoleHealth, Sample } from '../kind.ts'
import {
  bytesText,
  countText,
  isMajority,
  labelOf,
  noMetrics,
  partOf,
  type Reading,
  readingOf,
  sample,
  shown,
  worse,
} from '../reading.ts'
import type { ValkeyOptions } from './valkey.ts'

const exporterIsDeaf: Finding = { state: 'bad', word: 'gives no answer' }

const memory = ['redis_memory_used_bytes', 'redis_memory_max_bytes'] as const

/** Seconds after which a replica does not count for writes: min-replicas-max-lag of valkey.conf. */
const longestSilence = 10
/** Bytes of the stream of changes. */
const farBehind = 64 * 2 ** 20

export const serverHealth = ({ shape }: ValkeyOptions): RoleHealth => (shape === 'shared' ? member : cache)

/** A cache of its own: full is how it is meant to be. */
const cache: RoleHealth = {
  series: ['redis_up', ...memory],
  read(samples): Finding {
    const given = readingOf(samples)
    const up = given.flag('redis_up')
    if (up === null) return noMetrics
    return up ? { state: 'ok', word: 'answers', details: memoryDetails(given) } : exporterIsDeaf
  },
  imagine: ({ seconds }) => [sample('redis_up', 1), ...imaginedMemory(seconds)],
}

/** Of a group with one primary. */
const member: RoleHealth = {
  series: [
    'redis_up',
    'redis_instance_info',
    'redis_connected_slaves',
    'redis_connected_slave_lag_seconds',
    'redis_master_link_up',
    'redis_master_last_io_seconds_ago',
    'redis_master_sync_in_progress',
    'redis_master_repl_offset',
    'redis_loading_dump_file',
    ...memory,
  ],

  read(samples): Finding {
    const given = readingOf(samples)
    const up = given.flag('redis_up')
    if (up === null) return noMetrics
    if (!up) return exporterIsDeaf
    const [info] = given.all('redis_instance_info')
    const role = info === undefined ? '' : labelOf(info, 'role')
    const offset = given.value('redis_master_repl_offset')
    if (given.flag('redis_loading_dump_file') === true)
      return { state: 'bad', word: 'reads its data', details: memoryDetails(given) }
    if (role === 'master') {
      const good = goodReplicas(given)
      return nearlyFull(given, {
        ...{ state: 'ok', word: 'primary', leads: true },
        details: { ...(good !== null && { replicas: countText(good) }), ...memoryDetails(given) },
        numbers: { ...(good !== null && { replicas: good }), ...(offset !== null && { offset }) },
      })
    }
    if (role !== 'slave' && role !== 'replica') return { state: 'warn', word: 'tells no role' }
    const copies = given.flag('redis_master_link_up') === true
    const silent = given.value('redis_master_last_io_seconds_ago')
    const details = {
      ...(copies && silent !== null && silent >= 0 && { heard: `${countText(silent)} s ago` }),
      ...memoryDetails(given),
    }
    if (!copies) {
      const syncs = given.flag('redis_master_sync_in_progress') === true
      return { state: 'warn', word: syncs ? 'replica, copies all' : 'replica, cut off', details }
    }
    // What it had before its first copy is of another history: offsets say something only while it copies.
    const numbers = offset === null ? {} : { offset }
    return nearlyFull(given, { state: 'ok', word: 'replica', leads: false, details, numbers })
  },

  compare(findings) {
    const several = findings.length > 1
    const primaries = findings.filter(finding => finding?.leads === true)
    // With min-replicas-to-write, one that nobody copies takes no writes: it may be the old one, cut off.
    const idle = (finding: Finding) => several && finding.numbers?.['replicas'] === 0
    const working = primaries.filter(finding => finding !== null && !idle(finding))
    const [primary] = working
    return findings.map(finding => {
      if (finding === null) return null
      if (finding.leads === true) {
        if (idle(finding)) {
          const told = worse(finding, 'bad', 'primary, takes no writes')
          return working.length > 0 ? { ...told, leads: false } : told
        }
        return working.length > 1 ? worse(finding, 'bad', `one of ${working.length} primaries`) : finding
      }
      const [ahead, own] = [primary?.numbers?.['offset'], finding.numbers?.['offset']]
      if (working.length !== 1 || ahead === undefined || own === undefined) return finding
      const lag = Math.max(0, ahead - own)
      const told = { ...finding, details: { lag: bytesText(lag), ...finding.details } }
      return lag > farBehind ? worse(told, 'warn', 'replica, far behind') : told
    })
  },

  imagine({ leads, members, reached, led, seconds }): readonly Sample[] {
    const offset = 1_000_000 + Math.floor(seconds) * 640
    const common = [
      sample('redis_up', 1),
      sample('redis_instance_info', 1, { role: leads ? 'master' : 'slave', redis_mode: 'standalone' }),
      sample('redis_loading_dump_file', 0),
      sample('redis_master_repl_offset', offset),
      ...imaginedMemory(seconds),
    ]
    const primary = { master_host: '192.0.2.1', master_port: '6379' }
    if (!leads)
      return [
        ...common,
        sample('redis_connected_slaves', 0),
        sample('redis_master_link_up', led ? 1 : 0, primary),
        sample('redis_master_last_io_seconds_ago', led ? Math.floor(seconds) % 2 : -1, primary),
        sample('redis_master_sync_in_progress', 0, primary),
      ]
    const replicas = Math.max(0, Math.min(members, reached) - 1)
    return [
      ...common,
      sample('redis_connected_slaves', replicas),
      ...Array.from({ length: replicas }, (_, i) =>
        sample('redis_connected_slave_lag_seconds', Math.floor(seconds) % 2, {
          ...{ slave_ip: `192.0.2.${i + 2}`, slave_port: '6379', slave_state: 'online' },
        }),
      ),
    ]
  },
}

/** Those that keep up, as the primary sees them. */
function goodReplicas(given: Reading): number | null {
  const lags = given.all('redis_connected_slave_lag_seconds')
  if (lags.length === 0) return given.value('redis_connected_slaves')
  return lags.filter(one => labelOf(one, 'slave_state') === 'online' && one.value <= longestSilence).length
}

function memoryUse(given: Reading): { readonly used: number; readonly most: number } | null {
  const [used, most] = memory.map(name => given.value(name))
  return used == null ? null : { used, most: most ?? 0 }
}

function memoryDetails(given: Reading): Readonly<Record<string, string>> {
  const use = memoryUse(given)
  if (use === null) return {}
  return { memory: use.most > 0 ? `${bytesText(use.used)} of ${bytesText(use.most)}` : bytesText(use.used) }
}

/** It drops nothing: when it is full, writes are refused. */
function nearlyFull(given: Reading, finding: Finding): Finding {
  const use = memoryUse(given)
  if (use === null || use.most <= 0 || use.used < use.most * 0.9) return finding
  return worse(finding, 'warn', `${finding.word}, nearly full`)
}

const imaginedMemory = (seconds: number): readonly Sample[] => [
  sample('redis_memory_used_bytes', 48 * 2 ** 20 + (Math.floor(seconds) % 600) * 4096),
  sample('redis_memory_max_bytes', 512 * 2 ** 20),
]

export const sentinelHealth: RoleHealth = {
  series: [
    'redis_up',
    'redis_sentinel_master_status',
    'redis_sentinel_master_ckquorum_status',
    'redis_sentinel_master_sentinels',
    'redis_sentinel_master_ok_sentinels',
    'redis_sentinel_master_slaves',
    'redis_sentinel_master_ok_slaves',
    'redis_sentinel_tilt',
  ],

  read(samples): Finding {
    const given = readingOf(samples)
    const up = given.flag('redis_up')
    if (up === null) return noMetrics
    if (!up) return exporterIsDeaf
    const [status] = given.all('redis_sentinel_master_status')
    if (status === undefined) return { state: 'bad', word: 'watches nothing' }
    const primary = shown(labelOf(status, 'master_address'))
    const [known, good] = pair(given, 'sentinels')
    const [replicas, goodReplicas] = pair(given, 'slaves')
    const details = {
      ...(primary !== '' && { primary }),
      ...(known !== null && good !== null && { sentinels: partOf(good, known) }),
      ...(replicas !== null && goodReplicas !== null && { replicas: partOf(goodReplicas, replicas) }),
    }
    if (given.flag('redis_sentinel_master_ckquorum_status') === false)
      return { state: 'bad', word: 'no quorum', details }
    const well: Finding = { state: 'ok', word: 'watches', details }
    if (status.value === 0) return { ...well, state: 'warn', word: 'sees no primary' }
    // Its clock has jumped: until it is sure of time again, it does nothing.
    if (given.flag('redis_sentinel_tilt') === true) return { ...well, state: 'warn', word: 'waits for its clock' }
    return known !== null && good !== null && good < known
      ? { ...well, state: 'warn', word: `${partOf(good, known)} sentinels` }
      : well
  },

  /** The one that most of them name leads. */
  compare(findings) {
    const named = findings.flatMap(finding => finding?.details?.['primary'] ?? [])
    const votes = (primary: string) => named.filter(one => one === primary).length
    return findings.map(finding => {
      const primary = finding?.details?.['primary']
      return finding === null || primary === undefined || isMajority(votes(primary), named.length)
        ? finding
        : worse(finding, 'bad', 'names another primary')
    })
  },

  imagine({ members, reached, led }): readonly Sample[] {
    const master = { master_name: 'cache', master_address: '192.0.2.1:6379' }
    const quorum = isMajority(reached, members)
    return [
      sample('redis_up', 1),
      sample('redis_sentinel_master_status', quorum || led ? 1 : 0, {
        ...master,
        master_status: quorum || led ? 'ok' : 'sdown',
      }),
      sample('redis_sentinel_master_ckquorum_status', quorum ? 1 : 0, { master_name: 'cache' }),
      sample('redis_sentinel_master_sentinels', members, master),
      sample('redis_sentinel_master_ok_sentinels', reached, master),
      sample('redis_sentinel_master_slaves', 2, master),
      sample('redis_sentinel_master_ok_slaves', reached === members ? 2 : 1, master),
      sample('redis_sentinel_tilt', 0),
    ]
  },
}

const pair = (given: Reading, what: 'sentinels' | 'slaves') =>
  [given.value(`redis_sentinel_master_${what}`), given.value(`redis_sentinel_master_ok_${what}`)] as const
