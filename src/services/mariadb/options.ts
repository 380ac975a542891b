/** What people may say of a MariaDB service, and what is wrong with it: settings that are decided here, clients' names. */
import * as z from 'zod'
import { type Diagnostic, error, warning } from '../../../topology/diagnostic.ts'
import { sizeText } from '../../../topology/quantity.ts'
import type { HostSpec } from '../../../topology/spec.ts'
import { size } from '../../load/fields.ts'
import { badClientNames } from '../client-names.ts'
import { below } from '../declare.ts'
import type { Service } from '../kind.ts'

const mebibyte = 2 ** 20

/** MiB of a server's jail when nobody says otherwise. */
export const serverMemory = 2048

/** What an option file holds without quotes: `#` begins a comment, quotes and backslashes are eaten (my.cnf, option files). */
export const plainValue = /^[A-Za-z0-9_.,:;/@%+=()-](?:[A-Za-z0-9 _.,:;/@%+=()-]{0,198}[A-Za-z0-9_.,:;/@%+=()-])?$/

export const options = {
  'max-connections': z.int().min(20).max(10_000).default(200),
  'buffer-pool': size.optional().describe('Of InnoDB; default: half of the memory of the jail'),
  'semi-sync': z
    .boolean()
    .default(false)
    .describe('A commit waits until a replica has it, as long as one answers within ten seconds'),
  parameters: z
    .record(
      z.string().regex(/^[a-z][a-z0-9_]{2,63}$/, 'must be the whole name of a variable, with underscores'),
      z.union([
        z.string().regex(plainValue, 'must not hold quotes, backslashes, # or line breaks'),
        z
          .int()
          .min(-(2 ** 53))
          .max(2 ** 53),
        z.boolean(),
      ]),
    )
    .default({})
    .describe('Variables of MariaDB, as in an option file'),
}
export type MariadbOptions = z.output<z.ZodObject<typeof options>>

/** Variables that the files here decide, or that replication hangs on. */
export const owned: readonly string[] = [
  ...['user', 'datadir', 'socket', 'pid_file', 'bind_address', 'port', 'skip_name_resolve', 'skip_networking'],
  ...['server_id', 'gtid_domain_id', 'gtid_strict_mode', 'log_bin', 'binlog_format', 'log_slave_updates', 'relay_log'],
  ...['relay_log_recovery', 'sync_binlog', 'innodb_flush_log_at_trx_commit', 'read_only', 'innodb_doublewrite'],
  ...['innodb_use_native_aio', 'innodb_buffer_pool_size', 'max_connections', 'init_file'],
  ...['rpl_semi_sync_master_enabled', 'rpl_semi_sync_master_wait_point', 'rpl_semi_sync_slave_enabled'],
]

/** Words before a name that make another variable of it, or hide that there is none (my_getopt). */
const modifiers = /^(?:loose|skip|disable|enable|maximum|autoset)_/

/** Between 10.11 and 11.4 (MariaDB, upgrading from 10.11 to 11.4; system variables added in 11.4). */
const gone: readonly RegExp[] = [/^innodb_defragment(?:_|$)/, /^innodb_change_buffer(?:ing|_max_size)$/]
const since: readonly RegExp[] = [/^binlog_gtid_index(?:_|$)/, /^max_binlog_total_size$/, /^optimizer_disk_read_cost$/]

/** Schemas and accounts that MariaDB has of its own. */
const taken: readonly string[] = ['mysql', 'sys', 'root']

type Mariadb = Service<MariadbOptions>

export function* checkMariadb(service: Mariadb): Iterable<Diagnostic> {
  yield* counts(service)
  yield* parameters(service)
  yield* pool(service)
  yield* badClientNames(service, client => taken.includes(client), 'has a database of that name')
}

function* counts(service: Mariadb): Iterable<Diagnostic> {
  const primaries = service.roles.get('primary')?.count
  if (primaries !== undefined && primaries !== 1)
    yield error(
      'service-option',
      `${primaries} primaries: one server takes the writes`,
      below(service, 'roles', 'primary', 'count'),
      'More copies are replicas.',
    )
  if (service.options['semi-sync'] && service.roles.get('replica')?.count === 0)
    yield error(
      'service-option',
      `${service.name} is to wait for replicas, and has none`,
      below(service, 'semi-sync'),
      'One replica or more, or semi-sync: false.',
    )
}

function* parameters(service: Mariadb): Iterable<Diagnostic> {
  for (const name of Object.keys(service.options.parameters)) {
    const place = { ...below(service, 'parameters', name), key: true as const }
    // The server takes any beginning of a name that is no other's: an abbreviation must not pass for another variable.
    const decided = owned.find(key => key.startsWith(name))
    if (decided !== undefined || modifiers.test(name))
      yield error(
        'service-option',
        `${name} is not a parameter to set here`,
        place,
        decided === undefined ? 'Say the whole name, and what it is to be.' : `meshwright decides ${decided}.`,
      )
    const unknown = (service.version === '10.11' ? since : gone).some(one => one.test(name))
    if (unknown) yield error('service-version', `MariaDB ${service.version} has no variable ${name}`, place)
  }
}

/** A pool that leaves nothing for connections gets the server killed. */
function* pool(service: Mariadb): Iterable<Diagnostic> {
  const asked = service.options['buffer-pool']
  if (asked === undefined) return
  const place = below(service, 'buffer-pool')
  if (asked < 32 * mebibyte) yield error('service-option', 'a buffer pool has 32M or more', place)
  for (const role of ['primary', 'replica']) {
    const memory = service.roles.get(role)?.memory ?? serverMemory * mebibyte
    if (asked > memory * 0.8)
      yield error(
        'service-option',
        `a buffer pool of ${sizeText(asked)} is more than four fifths of the ${role}'s ${sizeText(memory)}`,
        place,
        `Give it more: roles: {${role}: {memory: ${sizeText(2 * asked)}}}.`,
      )
  }
}

/** The loss of a region must leave a copy: placement keeps the two roles apart, but only on hosts. */
export function* checkRegions(service: Mariadb, hostsOf: (role: string) => readonly HostSpec[]): Iterable<Diagnostic> {
  const [primary] = hostsOf('primary')
  const replicas = hostsOf('replica')
  if (primary === undefined || replicas.length === 0) return
  if (replicas.every(host => host.region === primary.region))
    yield warning(
      'placement-weak',
      `all servers of ${service.name} live in ${primary.region}: its loss takes the data too`,
      below(service),
      'Say where the replica lives: roles: {replica: {regions: […]}}.',
    )
}
