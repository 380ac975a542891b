/**
 * usr/local/etc/meshwright/users.sql: accounts and databases, for the primary. Each is looked for first, so that a second
 * run writes nothing to the binary log; a password that differs is changed by the same statement that grants.
 */
import { madeBy } from '../../render/file.ts'
import { type Block, block } from '../../render/template.ts'
import type { Deployed, JailFile } from '../kind.ts'
import {
  addressesOf,
  checkUser,
  clientPassword,
  clientsOf,
  hashOf,
  monitorPassword,
  monitorUser,
  replicationPassword,
  replicationUser,
} from './accounts.ts'

export const usersSql = 'usr/local/etc/meshwright/users.sql'

/** Names and addresses were parsed long ago; none of them holds a quote. */
const quoted = (text: string): string => {
  if (!/^[A-Za-z0-9_.:*-]+$/.test(text)) throw new Error(`${JSON.stringify(text)} in SQL: this is a bug in meshwright`)
  return `'${text}'`
}

interface Account {
  readonly user: string
  readonly from: string
  /** Hash. */
  readonly password: string
  readonly privileges: string
  /** A database; null: all. */
  readonly on: string | null
}

const grant = ({ user, from, password, privileges, on }: Account): readonly string[] => {
  const who = `User = ${quoted(user)} AND Host = ${quoted(from)}`
  const known = `SELECT 1 FROM mysql.user WHERE ${who} AND authentication_string = ${quoted(password)}`
  const granted = on === null ? '' : ` OR NOT EXISTS (SELECT 1 FROM mysql.db WHERE ${who} AND Db = ${quoted(on)})`
  const target = on === null ? '*.*' : `\`${on}\`.*`
  return [
    `  IF NOT EXISTS (${known})${granted} THEN`,
    `    GRANT ${privileges} ON ${target} TO ${quoted(user)}@${quoted(from)} IDENTIFIED BY PASSWORD ${quoted(password)};`,
    '  END IF;',
  ]
}

const create = (user: string, from: string): readonly string[] => [
  `  IF NOT EXISTS (SELECT 1 FROM mysql.user WHERE User = ${quoted(user)} AND Host = ${quoted(from)}) THEN`,
  `    CREATE USER ${quoted(user)}@${quoted(from)};`,
  '  END IF;',
]

const database = (name: string): readonly string[] => [
  `  IF NOT EXISTS (SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ${quoted(name)}) THEN`,
  `    CREATE DATABASE \`${name}\`;`,
  '  END IF;',
]

/** A proxy or a replica that has moved leaves an account behind. */
const forget = (user: string, except: readonly string[]): readonly string[] => [
  `  FOR gone IN (SELECT Host FROM mysql.user WHERE User = ${quoted(user)} AND Host NOT IN (${['none', ...except].map(quoted).join(', ')})) DO`,
  `    EXECUTE IMMEDIATE CONCAT('DROP USER ''${user}''@', QUOTE(gone.Host));`,
  '  END FOR;',
]

export function renderUsers(service: Deployed): JailFile {
  const replicas = addressesOf(service.instances('replica'))
  const proxies = addressesOf(service.instances('proxy'))
  const replication = hashOf(replicationPassword(service))
  const clients = [...clientsOf(service)].flatMap(([name, beside]) => {
    const password = hashOf(clientPassword(service, name))
    const from = addressesOf(beside)
    return [
      ...database(name),
      ...from.flatMap(address =>
        grant({ user: name, from: address, password, privileges: 'ALL PRIVILEGES', on: name }),
      ),
      ...forget(name, from),
    ]
  })
  const content: Block = block([
    `-- ${madeBy}`,
    'DELIMITER //',
    'BEGIN NOT ATOMIC',
    ...grant({
      ...{ user: monitorUser, from: 'localhost', password: hashOf(monitorPassword(service)) },
      ...{ privileges: 'PROCESS, SLAVE MONITOR, BINLOG MONITOR', on: null },
    }),
    ...replicas.flatMap(from =>
      grant({ user: replicationUser, from, password: replication, privileges: 'REPLICATION SLAVE', on: null }),
    ),
    ...forget(replicationUser, replicas),
    ...proxies.flatMap(from => create(checkUser, from)),
    ...forget(checkUser, proxies),
    ...clients,
    'END//',
  ])
  return { path: usersSql, text: content.text, mode: 0o600, secret: true, reload: null }
}
