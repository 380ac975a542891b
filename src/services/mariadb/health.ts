/** How servers of MariaDB are, as mysqld_exporter tells it (SHOW ALL SLAVES STATUS, global status and variables). */
import type { Finding, RoleHealth, Sample } from '../kind.ts'
import { countText, noMetrics, readingOf, sample } from '../reading.ts'
import type { MariadbOptions } from './options.ts'

const gone: Finding = { state: 'bad', word: 'gives no answer' }

const semiSync = 'mysql_global_status_rpl_semi_sync_master_status'
const replicas = 'mysql_global_status_slaves_connected'
const readOnly = 'mysql_global_variables_read_only'

/** One: the role takes the writes. */
export const primaryHealth = ({ 'semi-sync': waits }: Pick<MariadbOptions, 'semi-sync'>): RoleHealth => ({
  series: ['mysql_up', readOnly, replicas, semiSync],

  read(samples): Finding {
    const given = readingOf(samples)
    const up = given.flag('mysql_up')
    if (up === null) return noMetrics
    if (!up) return gone
    const connected = given.value(replicas)
    const details = {
      ...(connected !== null && { replicas: countText(connected) }),
      ...(waits &&
        given.flag(semiSync) !== null && { commits: given.flag(semiSync) === true ? 'wait' : 'do not wait' }),
    }
    // As it starts after a move, until somebody opens it.
    if (given.flag(readOnly) === true) return { state: 'bad', word: 'takes no writes', details }
    const well: Finding = { state: 'ok', word: 'primary', leads: true, details }
    // No replica has answered in time, and it goes on without.
    return waits && given.flag(semiSync) === false ? { ...well, state: 'warn', word: 'primary, no semi-sync' } : well
  },

  imagine: () => [sample('mysql_up', 1), sample(readOnly, 0), sample(replicas, 1), sample(semiSync, waits ? 1 : 0)],
})

const status = 'mysql_slave_status'
const [io, sql] = [`${status}_slave_io_running`, `${status}_slave_sql_running`]
const [ioError, sqlError] = [`${status}_last_io_errno`, `${status}_last_sql_errno`]
const lagging = `${status}_seconds_behind_master`
/** Seconds. */
const farBehind = 60

export const replicaHealth: RoleHealth = {
  series: ['mysql_up', readOnly, io, sql, ioError, sqlError, lagging],

  read(samples): Finding {
    const given = readingOf(samples)
    const up = given.flag('mysql_up')
    if (up === null) return noMetrics
    if (!up) return gone
    const [hears, applies] = [given.flag(io), given.flag(sql)]
    if (hears === null || applies === null) return { state: 'bad', word: 'copies nothing' }
    const lag = given.value(lagging)
    const error = given.value(sqlError) || given.value(ioError)
    const details = {
      ...(lag !== null && { lag: `${countText(lag)} s` }),
      ...(error !== null && error !== 0 && { error: countText(error) }),
    }
    if (!applies) return { state: 'bad', word: 'replication stopped', details }
    const well: Finding = { state: 'ok', word: 'replica', leads: false, details }
    if (!hears) return { ...well, state: 'warn', word: 'replica, cut off' }
    // What is written here alone ends the copying sooner or later.
    if (given.flag(readOnly) === false) return { ...well, state: 'warn', word: 'replica, takes writes' }
    return lag !== null && lag > farBehind ? { ...well, state: 'warn', word: 'replica, far behind' } : well
  },

  imagine({ behind, seconds }): readonly Sample[] {
    const connected = (behind?.reached ?? 1) > 0
    const of = { channel_name: '', connection_name: '', master_host: '192.0.2.1', master_uuid: '' }
    return [
      sample('mysql_up', 1),
      sample(readOnly, 1),
      sample(io, connected ? 1 : 0, of),
      sample(sql, 1, of),
      // Lost connection to server.
      sample(ioError, connected ? 0 : 2013, of),
      sample(sqlError, 0, of),
      ...(connected ? [sample(lagging, Math.floor(seconds) % 2, of)] : []),
    ]
  },
}
