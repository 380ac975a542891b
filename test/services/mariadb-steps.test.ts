import { expect, test } from 'vitest'
import { addressesOf, cnf, onDebian, quick, tools, usersSql } from './mariadb.ts'
import { alone, laidOut, setting, withPrograms } from './setting.ts'

withPrograms(
  'mariadbd',
  'mariadb-install-db',
  'mariadb',
  'mariadb-dump',
)('steps on servers with a past', () => {
  test('a replica that comes too late says what it needs, and copies once it has it', async () => {
    const made = await setting(quick)
    const at = onDebian(made)
    const { output } = alone(
      addressesOf(made),
      `${tools(at, made)}
      step bohr init; step tesla init
      step bohr replicate
      step tesla users; step tesla open
      on tesla 'CREATE TABLE shop.orders (id INT PRIMARY KEY); INSERT INTO shop.orders VALUES (1); FLUSH BINARY LOGS; FLUSH BINARY LOGS'
      purged() { on tesla "PURGE BINARY LOGS TO '$(on tesla 'SHOW MASTER STATUS' | cut -f 1)'"; [ "$(on tesla 'SHOW BINARY LOGS' | wc -l)" = 1 ]; }
      until_ purged
      step bohr replicate; sed 's/^/late /' ${at}/said
      echo "left $(on bohr 'SELECT @@read_only; SHOW ALL SLAVES STATUS')"
      mariadb-dump --defaults-file=${at}/tesla/server.cnf --user=root --all-databases --single-transaction --gtid --master-data=1 >${at}/copy.sql
      (echo 'SET sql_log_bin = 0;'; cat ${at}/copy.sql) | mariadb --defaults-file=${at}/bohr/server.cnf --user=root
      step bohr replicate
      on tesla 'INSERT INTO shop.orders VALUES (2)'
      until_ '[ "$(on bohr "SELECT COUNT(*) FROM shop.orders")" = 2 ]'
      echo "copied $(on bohr 'SELECT COUNT(*) FROM shop.orders')"
      on bohr 'STOP SLAVE'; step bohr replicate
      on bohr 'RESET SLAVE ALL; CREATE DATABASE own'; step bohr replicate`,
    )
    expect(output).toMatch(/^bohr replicate 1: this server cannot copy .*(?:not allowed to connect|Access denied)/m)
    expect(output).toMatch(/^bohr replicate 1: this server cannot copy .*1236/m)
    expect(output).toContain('late It needs a copy of the primary first.')
    expect(output).toMatch(/^left 1$/m)
    expect(output).toContain('bohr replicate 0: \n')
    expect(output).toContain('copied 2\n')
    expect(output).toMatch(/^bohr replicate 1: this server is to copy .* and does not/m)
    expect(output).toMatch(/^bohr replicate 1: this server has a past of its own/m)
    expect(output).not.toContain('never:')
  })

  test('accounts follow their proxies and passwords; a primary that has moved without its data stays closed', async () => {
    const made = await setting(quick)
    const later = await setting(quick.replace('hosts: [faraday]', 'hosts: [curie]'))
    const at = onDebian(made)
    const moved = made.deployment.services
      .filter(({ name }) => name === 'sql')
      .flatMap(sql => {
        const instances = (role: string) => sql.instances(role).map(one => ({ ...one, founder: false }))
        return sql.kind.firstStart?.({ ...sql, instances }) ?? []
      })
    const there = laidOut(Object.fromEntries(moved.map(({ on, step, text }) => [`${on.host.name}/${step}.sh`, text])))
    const users = later.textOf('tesla', 'sql-primary', usersSql)
    const sql = laidOut({
      'later.sql': users,
      'changed.sql': users.replaceAll(/\*[0-9A-F]{40}/g, `*${'0'.repeat(40)}`),
      'broken.sql': users.replace('END IF', 'END IFF'),
    })
    const { output } = alone(
      addressesOf(made),
      `${tools(at, made)}
      step tesla init
      for s in users open; do
        sed "s,/usr/local/bin/,/usr/bin/,; s,/${cnf},${at}/tesla/server.cnf,; s,/usr/local/etc/meshwright/,${at}/tesla/," \\
          ${there}/tesla/$s.sh >${at}/tesla/moved-$s.sh
      done
      step tesla moved-users; step tesla moved-open
      echo "empty $(on tesla 'SELECT @@read_only') $(on tesla "SELECT COUNT(*) FROM mysql.user WHERE User = 'shop'")"
      shops() { on tesla "SELECT '$1', Host, authentication_string FROM mysql.user WHERE User = 'shop'"; }
      users() { cp ${sql}/$1.sql ${at}/tesla/users.sql; step tesla users | sed "s/^/$1 /"; shops $1; }
      step tesla users; step tesla open; shops first
      step tesla moved-users
      users later; users changed; users broken`,
    )
    const hosts = (when: string) =>
      [...output.matchAll(new RegExp(`^${when}\\t(\\S+)\\t\\S+$`, 'gm'))].map(([, host]) => host).toSorted()
    expect(output).toMatch(/^tesla moved-users 1: the primary has moved to this host/m)
    expect(output).toMatch(/^tesla moved-open 1: the primary has moved to this host/m)
    expect(output).toContain('empty 1 0\n')
    expect(hosts('first')).toEqual(made.addressesOf('faraday', 'sql-proxy').toSorted())
    // With its data it is a primary like any other.
    expect(output).toMatch(/^tesla moved-users 0: $/m)
    expect(hosts('later')).toEqual(later.addressesOf('curie', 'sql-proxy').toSorted())
    expect(output).toMatch(/^changed\t\S+\t\*0{40}$/m)
    expect(output).toMatch(/^broken tesla users 1: /m)
  })
})
