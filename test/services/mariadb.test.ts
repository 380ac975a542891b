import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { owned } from '../../src/services/mariadb/options.ts'
import { cnf, haproxyConf, passwordOf, replicateSql, script, services, usersSql } from './mariadb.ts'
import { alone, complaints, laidOut, setting, withPrograms } from './setting.ts'

const valueOf = (text: string, key: string) => new RegExp(`^${key} = (.*)$`, 'm').exec(text)?.[1]

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
      'blog-app@ampere>sql-proxy@ampere 3306/tcp',
      'shop-app@faraday>sql-proxy@faraday 3306/tcp',
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
    const memory = await setting('sql: {kind: mariadb, roles: {primary: {hosts: [tesla], memory: 8G}}}')
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
    const command = `exec mariadbd --defaults-file='${at}/server.cnf' --help --verbose`
    return spawnSync('sh', ['-c', command], { encoding: 'utf8' })
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
