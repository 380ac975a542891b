import { expect, test } from 'vitest'
import { addressesOf, onDebian, passwordOf, quick, tools } from './mariadb.ts'
import { alone, setting, withPrograms } from './setting.ts'

withPrograms(
  'mariadbd',
  'mariadb-install-db',
  'mariadb',
  'haproxy',
)('a primary, a replica, a proxy', () => {
  test('rows go through the proxy to the replica; strangers are refused; steps run again change nothing', async () => {
    const made = await setting(quick)
    const at = onDebian(made)
    const blog = passwordOf(made, 'ampere', 'blog')
    const [replica] = made.addressesOf('bohr', 'sql-replica')
    const { output } = alone(
      addressesOf(made),
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
      echo "semi-sync $(on tesla "SHOW STATUS LIKE 'Rpl_semi_sync_master_clients'")"
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
      'semi-sync Rpl_semi_sync_master_clients\t1',
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
