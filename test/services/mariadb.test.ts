import { spawnSync } from 'node:child_process'
import { chmodSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { owned } from '../../src/services/mariadb/options.ts'
import { alone, complaints, laidOut, type Setting, setting, withPrograms } from './setting.ts'

const services = `
sql: {kind: mariadb, roles: {primary: {hosts: [tesla]}, replica: {hosts: [bohr]}}}
shop: {kind: generic, needs: [mysql], hosts: [faraday]}
blog: {kind: generic, needs: [mysql], hosts: [ampere]}
`
const cnf = 'usr/local/etc/mysql/conf.d/server.cnf'
const usersSql = 'usr/local/etc/meshwright/users.sql'
const replicateSql = 'usr/local/etc/meshwright/replicate.sql'
const haproxyConf = 'usr/local/etc/haproxy.conf'
const script = (step: string) => `usr/local/libexec/meshwright/sql-${step}.sh`

const valueOf = (text: string, key: string) => new RegExp(`^${key} = (.*)$`, 'm').exec(text)?.[1]
const passwordOf = (made: Setting, host: string, client: string) =>
  /MYSQL_PASSWORD='(\w{32})'/.exec(made.textOf(host, `${client}-app`, 'usr/local/etc/meshwright/mysql.env'))?.[1] ?? ''

describe('mariadb', () => {
  test('a primary, a replica in another region, and a proxy beside each client, by default', async () => {
    const { deployment, diagnostics } = await setting(services.replace(/, roles:.*$/m, '}'))
    const sql = deployment.services.find(one => one.name === 'sql')
    const of = (role: string) => sql?.instances(role).map(({ host }) => host) ?? []
    expect(of('proxy').map(({ name }) => name)).toEqual(['ampere', 'faraday'])
    expect([of('primary').length, of('replica').length]).toEqual([1, 1])
    expect(of('primary')[0]?.region).not.toBe(of('replica')[0]?.region)
    expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
  })

  test('who reaches whom: clients their proxy, proxies and replicas the primary, nobody else', async () => {
    const { mesh } = await setting(`${services}other: {kind: generic}\n`)
    const flows = mesh.flows.map(flow => flow.name).filter(name => name.includes('sql-'))
    expect(flows.toSorted()).toEqual([
      'blog-app>sql-proxy 3306/tcp',
      'shop-app>sql-proxy 3306/tcp',
      'sql-proxy>sql-primary 3306/tcp',
      'sql-replica>sql-primary 3306/tcp',
    ])
  })

  test('servers differ by number and address, agree on the group, and start closed', async () => {
    const made = await setting(services.replace('hosts: [bohr]', 'count: 3, hosts: [bohr, newton, curie]'))
    const hosts = ['bohr', 'newton', 'curie'] as const
    const all = [made.textOf('tesla', 'sql-primary', cnf), ...hosts.map(host => made.textOf(host, 'sql-replica', cnf))]
    const ids = all.map(text => Number(valueOf(text, 'server_id')))
    expect(new Set(ids).size).toBe(4)
    for (const id of ids) expect(id > 0 && id < 2 ** 32).toBe(true)
    for (const text of all) {
      expect([valueOf(text, 'gtid_domain_id'), valueOf(text, 'read_only')]).toEqual(['1', '1'])
      expect([valueOf(text, 'innodb_doublewrite'), valueOf(text, 'innodb_use_native_aio')]).toEqual(['0', '0'])
      expect(valueOf(text, 'innodb_buffer_pool_size')).toBe('1024M')
    }
    expect(valueOf(all[0] ?? '', 'bind_address')).toBe(made.addressesOf('tesla', 'sql-primary').join(','))
    // The number is the host's, not the role's: data that people carry from role to role on a host keeps it.
    const swapped = await setting(services.replace('[tesla]', '[newton]').replace('[bohr]', '[tesla]'))
    expect(valueOf(swapped.textOf('tesla', 'sql-replica', cnf), 'server_id')).toBe(String(ids[0]))
  })

  test('the pool is half of the memory, or what is asked for; semi-sync waits before others see a commit', async () => {
    const memory = await setting('sql: {kind: mariadb, roles: {primary: {hosts: [tesla], count: 1, memory: 8G}}}')
    expect(valueOf(memory.textOf('tesla', 'sql-primary', cnf), 'innodb_buffer_pool_size')).toBe('4096M')
    const asked = await setting(
      'sql: {kind: mariadb, buffer-pool: 1G, semi-sync: true, max-connections: 500, parameters: {sql_mode: "ANSI,TRADITIONAL", wait_timeout: 600, log_slow_query: true}, roles: {primary: {hosts: [tesla]}}}',
    )
    const text = asked.textOf('tesla', 'sql-primary', cnf)
    for (const line of [
      'innodb_buffer_pool_size = 1024M',
      'max_connections = 500',
      'rpl_semi_sync_master_wait_point = AFTER_SYNC',
      'sql_mode = ANSI,TRADITIONAL',
      'wait_timeout = 600',
      'log_slow_query = 1',
    ])
      expect(text).toContain(`\n${line}\n`)
    expect(memory.textOf('tesla', 'sql-primary', cnf)).not.toContain('semi_sync')
  })

  test('passwords differ, lie in closed files, and the primary has but their hashes', async () => {
    const made = await setting(services)
    const shop = passwordOf(made, 'faraday', 'shop')
    const blog = passwordOf(made, 'ampere', 'blog')
    const replica = /master_password = '(\w{32})'/.exec(made.textOf('bohr', 'sql-replica', replicateSql))?.[1] ?? ''
    const monitor = valueOf(made.textOf('bohr', 'sql-replica', 'usr/local/etc/mysqld_exporter.cnf'), 'password') ?? ''
    const other = passwordOf(await setting(services.replaceAll('sql:', 'base:')), 'faraday', 'shop')
    const all = [shop, blog, replica, monitor, other]
    expect(new Set(all).size).toBe(5)
    for (const one of all) expect(one).toMatch(/^\w{32}$/)
    const users = made.textOf('tesla', 'sql-primary', usersSql)
    for (const one of all) expect(users).not.toContain(one)
    for (const host of ['tesla', 'bohr', 'faraday', 'ampere']) {
      const manifest = JSON.parse(made.files.get(`${host}.manifest.json`) ?? '') as {
        files: { path: string; mode: string }[]
      }
      const modes = new Map(manifest.files.map(({ path, mode }) => [`${host}${path}`, mode]))
      for (const [path, text] of made.files)
        if (path.startsWith(`${host}/`) && all.some(one => text.includes(one)))
          expect(modes.get(path), path).toBe('0600')
    }
  })

  test('a client is let in from the proxy beside it, and from nowhere else', async () => {
    const made = await setting(services)
    const users = made.textOf('tesla', 'sql-primary', usersSql)
    const [near] = made.addressesOf('faraday', 'sql-proxy')
    const [far] = made.addressesOf('ampere', 'sql-proxy')
    expect(users).toContain(`GRANT ALL PRIVILEGES ON \`shop\`.* TO 'shop'@'${near}' IDENTIFIED`)
    expect(users).not.toContain(`'shop'@'${far}'`)
    expect(users).toContain(`CREATE USER 'mesh_check'@'${far}'`)
    expect(made.textOf('faraday', 'shop-app', 'usr/local/etc/meshwright/mysql.env')).toContain(`MYSQL_HOST='${near}'`)
  })

  test('a proxy leads to the primary alone', async () => {
    const made = await setting(services)
    const text = made.textOf('faraday', 'sql-proxy', haproxyConf)
    const lines = text.split('\n').filter(line => line.startsWith('  server '))
    expect(lines).toEqual([`  server tesla ${made.addressesOf('tesla', 'sql-primary')[0]}:3306 check maxconn 95`])
    expect(text).toContain('option mysql-check user mesh_check\n')
  })

  test('all servers in one region are spoken of', async () => {
    const found = await complaints(services.replace('[bohr]', '[faraday]'))
    expect(found.map(({ code }) => code)).toEqual(['placement-weak'])
    expect(await complaints(services)).toEqual([])
  })

  test.each([
    ['{kind: mariadb, version: "10.6"}', 'bad-value'],
    ['{kind: mariadb, parameters: {read_only: 0}}', 'service-option'],
    ['{kind: mariadb, parameters: {read_onl: 0}}', 'service-option'],
    ['{kind: mariadb, parameters: {loose_frobnicate: 1}}', 'service-option'],
    ['{kind: mariadb, parameters: {skip_log_bin: true}}', 'service-option'],
    ['{kind: mariadb, parameters: {read-only: 0}}', 'bad-value'],
    ['{kind: mariadb, parameters: {sql_mode: "A # B"}}', 'bad-value'],
    ['{kind: mariadb, parameters: {sql_mode: "A\\nread_only = 0"}}', 'bad-value'],
    ['{kind: mariadb, parameters: {innodb_defragment: 1}}', 'service-version'],
    ['{kind: mariadb, version: "10.11", parameters: {binlog_gtid_index: 1}}', 'service-version'],
    ['{kind: mariadb, max-connections: 5}', 'bad-value'],
    ['{kind: mariadb, buffer-pool: 1800M}', 'service-option'],
    ['{kind: mariadb, buffer-pool: 1M}', 'service-option'],
    ['{kind: mariadb, roles: {primary: {count: 2}}}', 'service-option'],
    ['{kind: mariadb, semi-sync: true, roles: {replica: {count: 0}}}', 'service-option'],
  ])('%s is refused', async (yaml, code) => {
    const found = await complaints(`sql: ${yaml}`)
    expect(found.map(one => one.code)).toContain(code)
    expect(found[0]?.place?.path.slice(0, 2)).toEqual(['services', 'sql'])
  })

  test('what one version has and the other has not is taken where it is known', async () => {
    expect(await complaints('sql: {kind: mariadb, version: "10.11", parameters: {innodb_defragment: 1}}')).toEqual([])
    expect(await complaints('sql: {kind: mariadb, parameters: {binlog_gtid_index: 1}}')).toEqual([])
  })

  test('a client that would get a database of the server’s own is refused', async () => {
    const found = await complaints('sql: {kind: mariadb}\nmysql: {kind: generic, needs: [mysql]}')
    expect(found.map(({ code, place }) => [code, place?.path])).toEqual([['service-option', ['services', 'mysql']]])
  })

  test('steps are sh, in their order, and know no password', async () => {
    const { files } = await setting(services)
    const steps = (host: string, jail: string) => {
      const manifest = JSON.parse(files.get(`${host}.manifest.json`) ?? '') as {
        services: { jail: string; 'first-start': string[] }[]
      }
      return manifest.services.find(one => one.jail === jail)?.['first-start']
    }
    expect(steps('tesla', 'sql-primary')).toEqual(['init', 'users', 'open'].map(step => `/${script(step)}`))
    expect(steps('bohr', 'sql-replica')).toEqual(['init', 'replicate'].map(step => `/${script(step)}`))
    const scripts = [...files].filter(([path]) => path.includes('/libexec/meshwright/sql-'))
    expect(scripts.length).toBe(5)
    const at = laidOut(Object.fromEntries(scripts.map(([path, text]) => [path.replaceAll('/', '_'), text])))
    for (const shell of ['sh', 'dash'])
      expect(alone([], `cd '${at}' && for f in *; do ${shell} -n "$f" || exit 1; done; echo fine`).output).toBe(
        'fine\n',
      )
  })
})

withPrograms('mariadbd')('mariadbd', () => {
  const help = (text: string) => {
    const at = laidOut({ 'server.cnf': text })
    return spawnSync('mariadbd', [`--defaults-file=${at}/server.cnf`, '--help', '--verbose'], { encoding: 'utf8' })
  }
  /** Every name that the program has: it takes abbreviations too, so that its own word is not enough. */
  const known = (output: string) =>
    new Set([
      ...[...output.matchAll(/^ {2}(?:-., )?--([a-z0-9-]+)/gm)].map(([, name]) => name),
      ...[...output.matchAll(/^([a-z0-9-]+) +\S/gm)].map(([, name]) => name),
    ])
  const strangers = (text: string, names: ReadonlySet<string | undefined>) =>
    [...(text.split('[mariadbd]\n')[1] ?? '').matchAll(/^([a-z0-9_]+) = /gm)]
      .map(([, key = '']) => key.replaceAll('_', '-'))
      .filter(key => !names.has(key))

  test('knows every key that is written, by its whole name, and refuses what is broken', async () => {
    const made = await setting(services.replace('mariadb,', 'mariadb, version: "10.11", semi-sync: true,'))
    const text = made.textOf('tesla', 'sql-primary', cnf)
    const good = help(text)
    expect([good.status, good.stderr]).toEqual([0, expect.not.stringContaining('ERROR')])
    const names = known(good.stdout)
    expect(names.size).toBeGreaterThan(500)
    expect(strangers(text, names)).toEqual([])
    expect(owned.map(key => key.replaceAll('_', '-')).filter(key => !names.has(key))).toEqual([])
    for (const key of ['innodb-defragment', 'innodb-change-buffering']) expect(names.has(key)).toBe(true)
    for (const key of ['binlog-gtid-index', 'max-binlog-total-size', 'optimizer-disk-read-cost'])
      expect(names.has(key)).toBe(false)

    expect(help(text.replace('log_slave_updates', 'log_slave_apdates')).status).toBe(7)
    expect(help(text.replace('binlog_format = ROW', 'binlog_format = COLUMN')).status).toBe(13)
    const shortened = text.replace('gtid_strict_mode', 'gtid_strict_mod')
    expect(help(shortened).status).toBe(0)
    expect(strangers(shortened, names)).toEqual(['gtid-strict-mod'])
  })
})

withPrograms('haproxy')('haproxy', () => {
  test('reads the proxy’s file, and refuses it broken', async () => {
    const made = await setting(services)
    const text = made
      .textOf('faraday', 'sql-proxy', haproxyConf)
      .replaceAll('/var/run/', '/tmp/')
      .replaceAll(/(user|group) www/g, '$1 haproxy')
    const check = (content: string) =>
      alone(
        made.addressesOf('faraday', 'sql-proxy'),
        `haproxy -dW -c -f '${laidOut({ 'haproxy.conf': content })}/haproxy.conf'`,
      ).status
    expect(check(text)).toBe(0)
    expect(check(text.replace('mysql-check user', 'mysql-check usher'))).not.toBe(0)
    expect(check(text.trimEnd())).not.toBe(0)
  })
})

withPrograms(
  'mariadbd',
  'mariadb-install-db',
  'mariadb',
  'haproxy',
)('a primary, a replica, a proxy', () => {
  const places = [
    ['tesla', 'sql-primary', ['init', 'users', 'open']],
    ['bohr', 'sql-replica', ['init', 'replicate']],
  ] as const

  /** What is rendered, with the paths of this machine; a directory that mysql may enter. */
  function onDebian(made: Setting, change: (text: string) => string = text => text): string {
    const at = laidOut({})
    const files: Record<string, string> = {}
    for (const [host, jail, steps] of places) {
      const here = (text: string) =>
        change(text)
          .replaceAll(`/${cnf}`, `${at}/${host}/server.cnf`)
          .replaceAll('/usr/local/etc/meshwright/', `${at}/${host}/`)
          .replaceAll('/var/db/mysql', `${at}/${host}/data`)
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

  /** Functions of the scripts below: `step HOST STEP` says how it ended, `on HOST SQL` asks as root. */
  const tools = (at: string, made: Setting) => {
    const [primary] = made.addressesOf('tesla', 'sql-primary')
    const [replica] = made.addressesOf('bohr', 'sql-replica')
    const [proxy] = made.addressesOf('faraday', 'sql-proxy')
    // In one namespace every address is near: whoever does not bind comes from where its jail would be.
    return `ip route replace local ${primary} dev lo table local src ${replica}
      ip route replace local ${replica} dev lo table local src ${proxy}
      step() { sh ${at}/$1/$2.sh >${at}/said 2>&1; echo "$1 $2 $?: $(grep -v 'MAC address' ${at}/said | head -n 1)"; }
      on() { mariadb --defaults-file=${at}/$1/server.cnf --user=root --batch --skip-column-names -e "$2" 2>&1; }
      pos() { on $1 'SELECT @@gtid_binlog_pos'; }
      until_() { n=0; while [ $n -lt 100 ]; do eval "$1" >/dev/null 2>&1 && return 0; n=$((n + 1)); sleep 0.1; done; echo "never: $1"; }
      as() { MYSQL_PWD=$2 mariadb --no-defaults --protocol=tcp -h $3 -u $1 --batch --skip-column-names -e "$4" $5 2>&1 | tail -n 1; }
      ${made.textOf('faraday', 'shop-app', 'usr/local/etc/meshwright/mysql.env')}
      shop() { as $MYSQL_USER $MYSQL_PASSWORD $MYSQL_HOST "$1" $MYSQL_DATABASE; }
    `
  }
  const addresses = (made: Setting) => [
    ...made.addressesOf('tesla', 'sql-primary'),
    ...made.addressesOf('bohr', 'sql-replica'),
    ...made.addressesOf('faraday', 'sql-proxy'),
  ]
  const quick = services.replace(
    'mariadb,',
    'mariadb, version: "10.11", buffer-pool: 64M, parameters: {innodb_log_file_size: 8M},',
  )

  test('rows go through the proxy to the replica; strangers are refused; steps run again change nothing', async () => {
    const made = await setting(quick)
    const at = onDebian(made)
    const blog = passwordOf(made, 'ampere', 'blog')
    const [replica] = made.addressesOf('bohr', 'sql-replica')
    const { output } = alone(
      addresses(made),
      `${tools(at, made)}
      step tesla init; step tesla users
      echo "anonymous $(on tesla "SELECT COUNT(*) FROM mysql.user WHERE User = ''")"
      haproxy -f ${at}/haproxy.conf >${at}/haproxy.log 2>&1 &
      until_ '[ "$(shop "SELECT 1")" = 1 ]'
      echo "closed $(shop 'CREATE TABLE early (id INT)')"
      step tesla open
      step bohr init; step bohr replicate
      shop 'CREATE TABLE orders (id INT PRIMARY KEY); INSERT INTO orders VALUES (42)'
      until_ '[ "$(on bohr "SELECT id FROM shop.orders")" = 42 ]'
      echo "arrived $(on bohr 'SELECT id FROM shop.orders')"
      echo "replica $(as $MYSQL_USER $MYSQL_PASSWORD ${replica} 'INSERT INTO orders VALUES (43)' shop)"
      echo "stranger $(as blog ${blog} $MYSQL_HOST 'SELECT 1')"
      echo "wrong $(as shop ${blog} $MYSQL_HOST 'SELECT 1')"
      echo "other $(shop 'SELECT 1 FROM blog.posts')"
      echo "grants $(shop 'SELECT 1 FROM mysql.user')"
      echo "monitor $(mariadb --defaults-file=${at}/bohr/monitor.cnf -E -e 'SHOW ALL SLAVES STATUS' 2>&1 | grep -c 'Running: Yes')"
      echo "curious $(mariadb --defaults-file=${at}/bohr/monitor.cnf -e 'SELECT 1 FROM shop.orders' 2>&1 | tail -n 1)"
      until_ '[ "$(pos bohr)" = "$(pos tesla)" ]'
      before="$(pos tesla) $(pos bohr) $(on tesla 'SELECT @@read_only') $(on bohr 'SELECT @@read_only')"
      for s in init users open; do step tesla $s | sed 's/^/again /'; done
      for s in init replicate; do step bohr $s | sed 's/^/again /'; done
      after="$(pos tesla) $(pos bohr) $(on tesla 'SELECT @@read_only') $(on bohr 'SELECT @@read_only')"
      echo "before $before"; echo "after $after"
      on tesla "SET GLOBAL read_only = 1"
      step tesla open; echo "demoted $(on tesla 'SELECT @@read_only')"
      on bohr 'STOP SLAVE; RESET SLAVE ALL; SET GLOBAL read_only = 0'
      step bohr replicate; echo "promoted $(on bohr 'SELECT @@read_only; SHOW ALL SLAVES STATUS')"
      on tesla "CHANGE MASTER TO master_host = '${replica}'; SET GLOBAL read_only = 0"
      step tesla users; step tesla open`,
    )
    for (const line of [
      'tesla init 0: ',
      'tesla users 0: ',
      'tesla open 0: ',
      'bohr init 0: ',
      'bohr replicate 0: ',
      'anonymous 0',
      'arrived 42',
      'monitor 2',
      ...['init', 'users', 'open'].map(step => `again tesla ${step} 0: `),
      ...['init', 'replicate'].map(step => `again bohr ${step} 0: `),
      'tesla open 0: left alone: this server took writes once and is read-only now',
      'demoted 1',
      'bohr replicate 0: left alone: this server takes writes',
      'promoted 0',
      'tesla users 0: left alone: this server copies another one',
      'tesla open 0: left alone: this server copies another one',
    ])
      expect(output).toContain(`${line}\n`)
    expect(output).not.toContain('never:')
    expect(output).toMatch(/^closed ERROR 1290 .*read-only/m)
    expect(output).toMatch(/^replica ERROR 1290 .*read-only/m)
    expect(output).toMatch(/^stranger ERROR 1045 /m)
    expect(output).toMatch(/^wrong ERROR 1045 /m)
    expect(output).toMatch(/^other ERROR 1142 /m)
    expect(output).toMatch(/^grants ERROR 1142 /m)
    expect(output).toMatch(/^curious ERROR 1142 /m)
    const [, before] = /^before (1-\d+-\d+ 1-\d+-\d+ 0 1)$/m.exec(output) ?? []
    expect(output).toContain(`after ${before ?? 'nothing'}\n`)
  })
})
