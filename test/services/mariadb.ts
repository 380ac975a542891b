/** A primary, a replica and a proxy with what is rendered for them, as real servers in one namespace. */
import { spawnSync } from 'node:child_process'
import { chmodSync } from 'node:fs'
import { laidOut, type Setting } from './setting.ts'

export const services = `
sql: {kind: mariadb, roles: {primary: {hosts: [tesla]}, replica: {hosts: [bohr]}}}
shop: {kind: generic, needs: [mysql], hosts: [faraday]}
blog: {kind: generic, needs: [mysql], hosts: [ampere]}
`
export const cnf = 'usr/local/etc/mysql/conf.d/server.cnf'
export const usersSql = 'usr/local/etc/meshwright/users.sql'
export const replicateSql = 'usr/local/etc/meshwright/replicate.sql'
export const haproxyConf = 'usr/local/etc/haproxy.conf'
export const script = (step: string) => `usr/local/libexec/meshwright/sql-${step}.sh`

export const passwordOf = (made: Setting, host: string, client: string) =>
  /MYSQL_PASSWORD='(\w{32})'/.exec(made.textOf(host, `${client}-app`, 'usr/local/etc/meshwright/mysql.env'))?.[1] ?? ''

const places = [
  ['tesla', 'sql-primary', ['init', 'users', 'open']],
  ['bohr', 'sql-replica', ['init', 'replicate']],
] as const

/** What is rendered, with the paths of this machine; a directory that mysql may enter. */
export function onDebian(made: Setting): string {
  const at = laidOut({})
  const files: Record<string, string> = {}
  for (const [host, jail, steps] of places) {
    const here = (text: string) =>
      text
        .replaceAll(`/${cnf}`, `${at}/${host}/server.cnf`)
        .replaceAll('/usr/local/etc/meshwright/', `${at}/${host}/`)
        .replaceAll('/var/db/mysql', `${at}/${host}/disk/data`)
        .replaceAll('/var/run/mysql/', `${at}/${host}/`)
        .replaceAll('/usr/local/bin/', '/usr/bin/')
        .replaceAll('--basedir=/usr/local', '--basedir=/usr')
        .replaceAll('/usr/sbin/service', `sh ${at}/${host}/service`)
    files[`${host}/server.cnf`] = here(made.textOf(host, jail, cnf))
    files[`${host}/monitor.cnf`] = here(made.textOf(host, jail, 'usr/local/etc/mysqld_exporter.cnf'))
    for (const step of steps) files[`${host}/${step}.sh`] = here(made.textOf(host, jail, script(step)))
    files[`${host}/service`] = `case "$2" in
      status) kill -0 "$(cat ${at}/${host}/pid)" ;;
      start) mariadbd --defaults-file=${at}/${host}/server.cnf >>${at}/${host}/log 2>&1 & echo $! >${at}/${host}/pid ;;
      esac\n`
  }
  files['tesla/users.sql'] = made.textOf('tesla', 'sql-primary', usersSql)
  files['bohr/replicate.sql'] = made.textOf('bohr', 'sql-replica', replicateSql)
  files['haproxy.conf'] = made
    .textOf('faraday', 'sql-proxy', haproxyConf)
    .replaceAll('/var/run/', `${at}/`)
    .replaceAll(/(user|group) www/g, '$1 haproxy')
  const there = laidOut(files, 0o600)
  chmodSync(at, 0o755)
  return spawnSync('sh', ['-c', `cp -R '${there}/.' '${at}' && chown mysql '${at}/tesla' '${at}/bohr'`]).status === 0
    ? at
    : ''
}

/** Functions for scripts: `step HOST STEP` says how it ended, `on HOST SQL` asks as root. */
export const tools = (at: string, made: Setting) => {
  const [primary] = made.addressesOf('tesla', 'sql-primary')
  const [replica] = made.addressesOf('bohr', 'sql-replica')
  const [proxy] = made.addressesOf('faraday', 'sql-proxy')
  // In one namespace every address is near: whoever does not bind comes from where its jail would be.
  return `for h in tesla bohr; do mkdir ${at}/$h/disk; mount -t tmpfs tmpfs ${at}/$h/disk; chown mysql ${at}/$h/disk; done
    ip route replace local ${primary} dev lo table local src ${replica}
    ip route replace local ${replica} dev lo table local src ${proxy}
    step() { sh ${at}/$1/$2.sh >${at}/said 2>&1; echo "$1 $2 $?: $(grep -vF '[Warning]' ${at}/said | head -n 1)"; }
    on() { mariadb --defaults-file=${at}/$1/server.cnf --user=root --batch --skip-column-names -e "$2" 2>&1; }
    pos() { on $1 'SELECT @@gtid_binlog_pos'; }
    until_() { n=0; while [ $n -lt 200 ]; do eval "$1" >/dev/null 2>&1 && return 0; n=$((n + 1)); sleep 0.1; done; echo "never: $1"; }
    as() { MYSQL_PWD=$2 mariadb --no-defaults --protocol=tcp -h $3 -u $1 --batch --skip-column-names -e "$4" $5 2>&1 | tail -n 1; }
    ${made.textOf('faraday', 'shop-app', 'usr/local/etc/meshwright/mysql.env')}
    shop() { as $MYSQL_USER $MYSQL_PASSWORD $MYSQL_HOST "$1" $MYSQL_DATABASE; }
  `
}
export const addressesOf = (made: Setting) => [
  ...made.addressesOf('tesla', 'sql-primary'),
  ...made.addressesOf('bohr', 'sql-replica'),
  ...made.addressesOf('faraday', 'sql-proxy'),
]
export const quick = services.replace(
  'mariadb,',
  'mariadb, version: "10.11", semi-sync: true, buffer-pool: 64M, parameters: {innodb_log_file_size: 8M, rpl_semi_sync_master_timeout: 1000},',
)
