/**
 * usr/local/etc/mysql/conf.d/server.cnf of a primary or a replica (MariaDB 10.11 and 11.4). It takes the place of the
 * package's own file of that name, which my.cnf includes, so that no other file says otherwise afterwards.
 */
import { madeBy } from '../../render/file.ts'
import { type Block, template } from '../../render/template.ts'
import type { Deployed, Instance, JailFile } from '../kind.ts'
import { type MariadbOptions, plainValue } from './options.ts'

export const serverCnf = 'usr/local/etc/mysql/conf.d/server.cnf'
export const dataDirectory = '/var/db/mysql'
export const socket = '/var/run/mysql/mysql.sock'

const mebibyte = 2 ** 20

type Value = string | number | boolean

/** Values without quotes; truth is 1 or 0. */
const cnf = template<Value>(value => {
  const text = typeof value === 'boolean' ? String(Number(value)) : String(value)
  if (!plainValue.test(text)) throw new Error(`${JSON.stringify(text)} in server.cnf: this is a bug in meshwright`)
  return text
})

const setting = ([name, value]: readonly [string, Value]): Block => cnf`
  ${name} = ${value}
`

/** Unique in a mesh, and the host's own whatever its role is: its IPv4 address in the overlay, which the lock keeps. */
const serverId = ({ host }: Instance): number => Number(host.address.inet.value)

export function renderServer(instance: Instance, service: Deployed<MariadbOptions>): JailFile {
  const { options } = service
  const { address, spec } = instance.jail
  const half = Math.max(64, Math.floor((spec.memory ?? 1024 * mebibyte) / 2 / mebibyte))
  const pool = options['buffer-pool'] === undefined ? half : Math.floor(options['buffer-pool'] / mebibyte)
  const free = Object.entries({
    character_set_server: 'utf8mb4',
    local_infile: false,
    // Seconds: as long may a replica be away.
    binlog_expire_logs_seconds: 604_800,
    ...options.parameters,
  }).toSorted(([a], [b]) => (a < b ? -1 : 1))
  const semiSync = Object.entries({
    rpl_semi_sync_master_enabled: true,
    rpl_semi_sync_master_wait_point: 'AFTER_SYNC',
    rpl_semi_sync_slave_enabled: true,
  })
  const content = cnf`
    # ${madeBy}

    [mariadb-install-db]
    # The package's rc script makes the data directory: without anonymous accounts, which hide others from the same address.
    skip-test-db
    auth-root-authentication-method = socket

    [client]
    socket = ${socket}

    [mariadbd]
    user = mysql
    datadir = ${dataDirectory}
    socket = ${socket}
    bind_address = ${address.inet.text},${address.inet6.text}
    port = 3306
    # Accounts are of addresses.
    skip_name_resolve = 1
    max_connections = ${options['max-connections']}

    server_id = ${serverId(instance)}
    gtid_domain_id = 1
    gtid_strict_mode = 1
    log_bin = binlog
    binlog_format = ROW
    log_slave_updates = 1
    relay_log = relay
    relay_log_recovery = 1
    sync_binlog = 1
    innodb_flush_log_at_trx_commit = 1
    # Whoever starts takes no writes: a primary that comes back may have been replaced meanwhile.
    read_only = 1
    ${options['semi-sync'] ? semiSync.map(setting) : null}

    # ZFS never tears a page, and has no Linux AIO.
    innodb_doublewrite = 0
    innodb_use_native_aio = 0
    innodb_buffer_pool_size = ${`${pool}M`}

    ${free.map(setting)}
  `
  return {
    path: serverCnf,
    text: content.text,
    mode: 0o644,
    secret: false,
    // A restart closes whoever takes writes: people choose its moment.
    reload: null,
  }
}
