/**
 * Steps of sh(1) that bring a primary and its replicas to life: data directory, accounts, opening, replication. Each looks
 * first at what is there, and leaves alone what people have decided since: a server that was promoted, demoted or closed.
 */
import { madeBy } from '../../render/file.ts'
import type { Deployed, FirstStart, Instance } from '../kind.ts'
import { replicateSql } from './replicate.sql.ts'
import { dataDirectory, serverCnf } from './server.cnf.ts'
import { usersSql } from './users.sql.ts'

/** In the data itself, so that copies and restored backups know it as well. */
const marker = 'meshwright_opened'

const head = (about: string): string => `#!/bin/sh
# ${madeBy}
# ${about}
set -eu
umask 077
client="/usr/local/bin/mariadb --defaults-file=/${serverCnf} --user=root --batch --skip-column-names"
sql() {
  timeout 120 $client "$@"
}
`

const waitForServer = `tries=0
until timeout 10 $client -e 'SELECT 1' >/dev/null 2>&1; do
  tries=$((tries + 1))
  if [ "$tries" -ge 60 ]; then
    echo 'MariaDB does not answer on its socket' >&2
    exit 1
  fi
  sleep 1
done
`

const initStep = `${head('Makes the data directory where there is none, and starts the server.')}
if [ ! -d ${dataDirectory}/mysql ]; then
  install -d -o mysql -g mysql -m 0750 ${dataDirectory}
  timeout 300 /usr/local/bin/mariadb-install-db --defaults-file=/${serverCnf} --basedir=/usr/local \\
    --datadir=${dataDirectory} --user=mysql --skip-test-db >/dev/null
fi
timeout --foreground 60 /usr/sbin/service mysql-server status >/dev/null 2>&1 || timeout --foreground 120 /usr/sbin/service mysql-server start
${waitForServer}`

/** Ends the step on a server that is no primary any more, or is one without the data of those before it. */
const onlyPrimary = ({ founder }: Instance): string => `${waitForServer}
copies=$(sql -e 'SHOW ALL SLAVES STATUS')
if [ -n "$copies" ]; then
  echo 'left alone: this server copies another one'
  exit 0
fi
closed=$(sql -e 'SELECT @@GLOBAL.read_only')
opened=$(sql -e "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'mysql' AND TABLE_NAME = '${marker}'")
if [ "$closed" = 1 ] && [ "$opened" = 1 ]; then
  echo 'left alone: this server took writes once and is read-only now'
  echo 'If no other one took its place, open it: SET GLOBAL read_only = 0'
  exit 0
fi
${founder ? '' : movedHere}`

/** An empty server that takes over the name of a full one would be worse than none. */
const movedHere = `if [ "$opened" = 0 ]; then
  echo 'the primary has moved to this host, and its data has not: bring ${dataDirectory} of the old one, or of a' >&2
  echo 'replica that has all of it, with both servers stopped. Then open it: SET GLOBAL read_only = 0' >&2
  exit 1
fi
`

const usersStep = (on: Instance): string => `${head(
  'Makes accounts and databases; on a second run, those that are missing.',
)}
${onlyPrimary(on)}
sql </${usersSql}
`

const openStep = (on: Instance): string => `${head(
  'Opens the primary for writes, once in the life of its data. After that, people do.',
)}
${onlyPrimary(on)}
if [ "$closed" = 1 ]; then
  sql -e 'SET GLOBAL read_only = 0'
fi
if [ "$opened" = 0 ]; then
  sql -e 'CREATE TABLE mysql.${marker} (server_id INT UNSIGNED NOT NULL PRIMARY KEY) SELECT @@server_id AS server_id'
fi
`

/** `of`: IPv4 address of the primary. */
const replicateStep = (
  of: string,
): string => `${head(`Copies the primary, ${of}, from the beginning of its binary logs.`)}
${waitForServer}
status() {
  sql --column-names --vertical -e 'SHOW ALL SLAVES STATUS' >"$state"
}
field() {
  sed -n "s/^ *$1: //p" "$state"
}
seed() {
  echo "It needs a copy of the primary first. In the primary's jail, as root:" >&2
  echo '  mariadb-dump --all-databases --single-transaction --gtid --master-data=1 >copy.sql' >&2
  echo "Here, and then this again: (echo 'SET sql_log_bin = 0;'; cat copy.sql) | mariadb" >&2
}
state=$(mktemp /tmp/meshwright.XXXXXX)
trap 'rm -f "$state"' EXIT

closed=$(sql -e 'SELECT @@GLOBAL.read_only')
if [ "$closed" = 0 ]; then
  echo 'left alone: this server takes writes'
  exit 0
fi
status
source=$(field Master_Host)
if [ -n "$source" ] && [ "$source" != ${of} ]; then
  echo "left alone: this server copies $source, not ${of}"
  exit 0
fi
if [ -n "$source" ]; then
  if [ "$(field Slave_IO_Running)" = Yes ] && [ "$(field Slave_SQL_Running)" = Yes ]; then
    exit 0
  fi
  echo "this server is to copy ${of} and does not: SHOW ALL SLAVES STATUS says why, START SLAVE tries again" >&2
  exit 1
fi

copied=$(sql -e 'SELECT @@GLOBAL.gtid_slave_pos')
written=$(sql -e 'SELECT @@GLOBAL.gtid_binlog_pos')
if [ -n "$written" ] && [ "$written" != "$copied" ]; then
  echo "this server has a past of its own: it wrote up to $written and copied up to \${copied:-nothing}" >&2
  echo 'If all of it is on the primary: SET GLOBAL gtid_slave_pos = @@gtid_binlog_pos, and run this again. Otherwise:' >&2
  seed
  exit 1
fi

sql </${replicateSql}
# Connected, at work, and some position fetched: twice, because a refusal comes only after the connection.
tries=0
good=0
while [ "$good" -lt 2 ]; do
  sleep 1
  tries=$((tries + 1))
  status
  if [ "$(field Slave_IO_Running)" = Yes ] && [ "$(field Slave_SQL_Running)" = Yes ] && [ -n "$(field Gtid_IO_Pos)" ]; then
    good=$((good + 1))
    continue
  fi
  good=0
  refused=$(field Last_IO_Errno)
  case "$refused" in
  1045 | 1130 | 1236) ;;
  *) if [ "$(field Last_SQL_Errno)" = 0 ] && [ "$tries" -lt 60 ]; then continue; fi ;;
  esac
  echo "this server cannot copy ${of}: $(field Last_IO_Error) $(field Last_SQL_Error)" >&2
  if [ "$refused" = 1236 ]; then
    seed
  elif [ "$refused" = 1045 ] || [ "$refused" = 1130 ]; then
    echo "It is not known there: run the step that makes users in the primary's jail first." >&2
  fi
  # As it was before, so that a second run begins anew.
  sql -e 'STOP SLAVE; RESET SLAVE ALL'
  exit 1
done
`

/** The primary's steps come first: replicas copy its accounts. */
export function firstStart(service: Deployed): readonly FirstStart[] {
  const step = (name: string, on: Instance, text: string): FirstStart => ({ step: name, on, text, secret: false })
  const [primary] = service.instances('primary')
  if (primary === undefined) return []
  return [
    step('init', primary, initStep),
    step('users', primary, usersStep(primary)),
    step('open', primary, openStep(primary)),
    ...service
      .instances('replica')
      .flatMap(on => [
        step('init', on, initStep),
        step('replicate', on, replicateStep(primary.jail.address.inet.text)),
      ]),
  ]
}
