import { parse } from 'yaml'
import { describe, expect, test } from 'vitest'
import type { Instance } from '../../src/services/kind.ts'
import { etcdKeys, joinScript, renderEtcd } from '../../src/services/patroni/etcd.yml.ts'
import { timingOf } from '../../src/services/patroni/timing.ts'
import { alone, complaints, laidOut, setting, withPrograms } from './setting.ts'

const services = `
db: {kind: patroni}
shop: {kind: generic, needs: [postgresql], hosts: [faraday]}
`
const core = ['bohr', 'newton', 'tesla']

describe('patroni', () => {
  test('has a voter and a database in every region, and a proxy beside its client alone', async () => {
    const { deployment } = await setting(services)
    const db = deployment.services.find(one => one.name === 'db')
    const hosts = (role: string) => db?.instances(role).map(({ host }) => host.name)
    expect([hosts('etcd'), hosts('postgres'), hosts('proxy')]).toEqual([core, core, ['faraday']])
  })

  test('etcd: all members say the same of the cluster and of time, with keys that etcd knows', async () => {
    const made = await setting(services)
    const files = core.map(
      host => parse(made.textOf(host, 'db-etcd', 'usr/local/etc/etcd.yml')) as Record<string, unknown>,
    )
    for (const key of ['initial-cluster', 'initial-cluster-token', 'heartbeat-interval', 'election-timeout'])
      expect(new Set(files.map(file => file[key])).size).toBe(1)
    for (const file of files) expect(Object.keys(file).toSorted()).toEqual([...etcdKeys].toSorted())
    expect(files[0]?.['initial-cluster-state']).toBe('new')
    expect(files[0]?.['election-timeout']).toBeGreaterThanOrEqual(5 * Number(files[0]?.['heartbeat-interval']))
  })

  test('timings hold Patroni’s law at every distance, and a retry outlasts an election', () => {
    for (const trip of [1, 24, 90, 110, 300, 1000]) {
      const { heartbeat, election, ttl, loopWait, retryTimeout } = timingOf(trip)
      expect(loopWait + 2 * retryTimeout).toBeLessThanOrEqual(ttl)
      expect(election).toBeGreaterThanOrEqual(Math.max(10 * trip, 5 * heartbeat))
      expect(election).toBeLessThanOrEqual(50_000)
      expect(retryTimeout * 1000).toBeGreaterThanOrEqual(2 * election + trip)
    }
    expect(timingOf(90)).toMatchObject({ heartbeat: 140, election: 1000, ttl: 30 })
  })

  test('patroni.yml: secrets in a 0600 file, sessions only from proxies and members', async () => {
    const made = await setting(services)
    const file = parse(made.textOf('tesla', 'db-postgres', 'usr/local/etc/patroni/patroni.yml')) as {
      bootstrap: { dcs: Record<string, unknown> }
      postgresql: { pg_hba: string[]; authentication: Record<string, { password: string }> }
    }
    expect(file.bootstrap.dcs).toMatchObject({ ttl: 30, loop_wait: 10, synchronous_mode: true, failsafe_mode: true })
    const [proxy] = made.addressesOf('faraday', 'db-proxy')
    const [shop] = made.addressesOf('faraday', 'shop-app')
    expect(file.postgresql.pg_hba.join('\n')).toContain(`${proxy}/32 scram-sha-256`)
    expect(file.postgresql.pg_hba.join('\n')).not.toContain(`${shop}/32`)
    const passwords = Object.values(file.postgresql.authentication).map(one => one.password)
    expect(new Set(passwords).size).toBe(3)
    const manifest = JSON.parse(made.files.get('tesla.manifest.json') ?? '') as {
      files: { path: string; mode: string }[]
    }
    const secret = new Set(manifest.files.filter(({ mode }) => mode === '0600').map(({ path }) => path))
    for (const [path, text] of made.files)
      if (path.startsWith('tesla/') && !secret.has(path.slice(5)))
        for (const password of passwords) expect(text, path).not.toContain(password)
  })

  test('the member that is nearest to all leads, or the one that is asked for', async () => {
    const priorities = async (options: string) => {
      const made = await setting(services.replace('patroni', `patroni${options}`))
      return Object.fromEntries(
        core.map(host => {
          const file = parse(made.textOf(host, 'db-postgres', 'usr/local/etc/patroni/patroni.yml')) as {
            tags?: { failover_priority?: number }
          }
          return [host, file.tags?.failover_priority]
        }),
      )
    }
    expect(await priorities('')).toEqual({ tesla: 3, newton: 2, bohr: 1 })
    expect(await priorities(', prefer: [usa]')).toEqual({ bohr: 3, tesla: 2, newton: 1 })
    expect(await priorities(', version: "3.1"')).toEqual({ tesla: undefined, newton: undefined, bohr: undefined })
  })

  test('the client is told the proxy of its own host, and gets the password that the database has', async () => {
    const made = await setting(services)
    const env = made.textOf('faraday', 'shop-app', 'usr/local/etc/meshwright/postgresql.env')
    expect(env).toContain(`POSTGRESQL_HOST='${made.addressesOf('faraday', 'db-proxy')[0]}'`)
    const password = /POSTGRESQL_PASSWORD='(\w{32})'/.exec(env)?.[1] ?? 'none'
    expect(made.textOf('tesla', 'db-postgres', 'usr/local/etc/patroni/clients.sql')).toContain(`PASSWORD '${password}'`)
    expect(made.mesh.flows.map(flow => flow.name)).toContain('shop-app@faraday>db-proxy@faraday 5000/tcp,5001/tcp')
    expect(made.mesh.flows.some(flow => flow.name.startsWith('shop-app>db-postgres'))).toBe(false)
  })

  test.each([
    ['{kind: patroni, version: "3.3", synchronous: quorum}', 'service-option'],
    ['{kind: patroni, version: "3.0"}', 'bad-value'],
    ['{kind: patroni, version: "3.1", prefer: [usa]}', 'service-version'],
    ['{kind: patroni, prefer: [us]}', 'unknown-reference'],
    ['{kind: patroni, parameters: {port: 5433}}', 'service-option'],
    ['{kind: patroni, parameters: {"a;b": 1}}', 'bad-value'],
    ['{kind: patroni, roles: {etcd: {count: 2}}}', 'service-option'],
  ])('%s is refused', async (yaml, code) => {
    expect((await complaints(`db: ${yaml}`)).map(one => one.code)).toContain(code)
  })

  test('quorum is taken where it is known', async () => {
    const made = await setting('db: {kind: patroni, synchronous: quorum}')
    expect(made.textOf('tesla', 'db-postgres', 'usr/local/etc/patroni/patroni.yml')).toContain(
      'synchronous_mode: "quorum"',
    )
  })
})

withPrograms('haproxy')('haproxy', () => {
  test('reads the proxy’s file, and refuses it broken', async () => {
    const made = await setting(services)
    const text = made
      .textOf('faraday', 'db-proxy', 'usr/local/etc/haproxy.conf')
      .replaceAll('/var/run/', '/tmp/')
      .replaceAll(/(user|group) www/g, '$1 haproxy')
    const check = (content: string) => {
      const directory = laidOut({ 'haproxy.conf': content })
      return alone(made.addressesOf('faraday', 'db-proxy'), `haproxy -dW -c -f '${directory}/haproxy.conf'`)
    }
    expect(check(text).output).toContain('Configuration file is valid')
    expect(check(text).status).toBe(0)
    expect(check(text.replace('option httpchk', 'option httpcheck')).status).not.toBe(0)
    expect(check(text.trimEnd()).status).not.toBe(0)
  })
})

withPrograms(
  'etcd',
  'etcdctl',
  'patroni',
)('etcd and patroni', () => {
  test('three members find each other; Patroni accepts its file while they answer', async () => {
    const made = await setting(services)
    const directory = laidOut({})
    const files: Record<string, string> = {}
    for (const host of core)
      files[`${host}.yml`] = made
        .textOf(host, 'db-etcd', 'usr/local/etc/etcd.yml')
        .replace('/var/db/etcd', `${directory}/${host}`)
        .replace(',http://127.0.0.1:2379', '')
    const at = laidOut(files)
    const addresses = core.flatMap(host => [
      ...made.addressesOf(host, 'db-etcd'),
      ...made.addressesOf(host, 'db-postgres'),
    ])
    const patroni = made
      .textOf('tesla', 'db-postgres', 'usr/local/etc/patroni/patroni.yml')
      .replace('/usr/local/bin"', '/usr/lib/postgresql/15/bin"')
      .replace('etcd3:', 'etcd:')
    const there = laidOut({ 'good.yml': patroni, 'bad.yml': patroni.replace('scope:', 'scoop:') })
    const client = `http://${made.addressesOf('tesla', 'db-etcd')[0]}:2379`
    const ran = alone(
      addresses,
      `${core.map(host => `etcd --config-file '${at}/${host}.yml' > '${at}/${host}.log' 2>&1 &`).join('\n')}
      for i in 1 2 3 4 5 6 7 8 9 10; do ETCDCTL_API=3 etcdctl --endpoints=${client} endpoint health && break; sleep 1; done
      ETCDCTL_API=3 etcdctl --endpoints=${client} member list
      patroni --validate-config '${there}/good.yml'; echo "good $?"
      patroni --validate-config '${there}/bad.yml'; echo "bad $?"`,
    )
    expect(ran.output).toContain('is healthy')
    for (const host of core) expect(ran.output).toMatch(new RegExp(`started, ${host}, `))
    expect(ran.output).toContain('good 0')
    expect(ran.output).toContain('bad 1')
  })

  test('who has left is removed and who is new joins, one after the other, and again nothing changes', async () => {
    const made = await setting(services.replace('patroni}', 'patroni, roles: {etcd: {count: 5}}}'))
    const db = made.deployment.services.find(one => one.name === 'db')
    if (db === undefined) throw new Error('no db')
    const all = db.instances('etcd')
    // The first two founded the cluster with one that is gone; the third and fourth are new.
    const members = all.slice(0, 4).map((one, i) => ({ ...one, founder: i < 2 }))
    const gone = all[4]
    const service = { ...db, instances: (role: string) => (role === 'etcd' ? members : db.instances(role)) }
    const at = laidOut({})
    const url = (one: Instance | undefined) => `http://${one?.jail.address.inet.text ?? ''}:2380`
    const files = Object.fromEntries(
      members.map(one => [
        `${one.host.name}.yml`,
        renderEtcd(one, service)
          .text.replace('/var/db/etcd', `${at}/${one.host.name}`)
          .replace(',http://127.0.0.1:2379', one === members[0] ? ',http://127.0.0.1:2379' : '')
          .replace(
            /^initial-cluster: "(.*)"$/m,
            one.founder ? `initial-cluster: "$1,${gone?.host.name ?? ''}=${url(gone)}"` : '$&',
          ),
      ]),
    )
    const [, , third, fourth] = members.map(({ host }) => host.name)
    expect(files[`${third}.yml`]).toContain('initial-cluster-state: "existing"')
    expect(files[`${third}.yml`]).not.toContain(`${fourth}=`)
    const there = laidOut({
      ...files,
      'join.sh': (joinScript(service) ?? '').replaceAll('/usr/local/bin/', '/usr/bin/'),
    })
    const { output } = alone(
      all.flatMap(({ jail }) => [jail.address.inet.text, jail.address.inet6.text]),
      // daemon(8) -R: started again until it is let in.
      `run() { while :; do etcd --config-file ${there}/$1.yml >> ${there}/$1.log 2>&1; rm -rf ${at}/$1/member/wal.tmp; sleep 1; done; }
      for one in ${members.map(({ host }) => host.name).join(' ')}; do run $one & done
      export ETCDCTL_API=3
      for i in $(seq 30); do etcdctl --endpoints=http://127.0.0.1:2379 endpoint health 2>/dev/null && break; sleep 1; done
      dash ${there}/join.sh 2>&1; echo "exit $?"; echo again; dash ${there}/join.sh 2>&1
      etcdctl --endpoints=http://127.0.0.1:2379 member list`,
      110,
    )
    expect(output).toContain(`etcd: ${gone?.host.name} (${url(gone)}) has left\n`)
    expect(output).toContain(`etcd: ${third} is a member\netcd: ${fourth} is a member\nexit 0\n`)
    expect(output).toMatch(new RegExp(`again\\netcd: ${third} is a member\\netcd: ${fourth} is a member\\n`))
    expect(output.match(/, started, /g)).toHaveLength(4)
    expect(output).not.toContain(`${url(gone)},`)
  })

  test('a cluster is made by these files, and gets clients and settings that come later', async () => {
    const made = (more: string) =>
      setting(`db: {kind: patroni, roles: {etcd: {count: 1, hosts: [bohr]}, postgres: {count: 1, hosts: [bohr]}}${more}}
shop: {kind: generic, needs: [postgresql], hosts: [faraday]}
`)
    const first = await made('')
    const later = await made(
      ', max-connections: 150, synchronous: strict, parameters: {work_mem: 8MB, max_wal_senders: 7}',
    )
    const at = laidOut({})
    const of = (from: typeof first, jail: string, path: string) =>
      from
        .textOf('bohr', jail, path)
        .replaceAll('/usr/local/bin"', '/usr/lib/postgresql/15/bin"')
        .replaceAll(/\/var\/db\/(postgres|etcd)/g, `${at}/$1`)
        .replaceAll('"/tmp"', `"${at}"`)
        .replaceAll(/\/usr\/local\/(etc\/patroni|libexec\/meshwright)/g, '@DIR@')
    const step = (name: string) => of(later, 'db-postgres', `usr/local/libexec/meshwright/db-${name}.sh`)
    const etc = (name: string, from = later) => of(from, 'db-postgres', `usr/local/etc/patroni/${name}`)
    const there = laidOut(
      {
        'etcd.yml': of(first, 'db-etcd', 'usr/local/etc/etcd.yml').replace(',http://127.0.0.1:2379', ''),
        'patroni.yml': etc('patroni.yml', first),
        'clients.sql': etc('clients.sql', first),
        'patroni-clients.sh': of(first, 'db-postgres', 'usr/local/libexec/meshwright/patroni-clients.sh'),
        ...{ pgpass: etc('pgpass'), 'dcs.json': etc('dcs.json'), 'rest.curl': etc('rest.curl') },
        ...{ 'settings.sh': step('settings'), 'clients.sh': step('clients') },
      },
      0o600,
    )
    const [own] = first.addressesOf('bohr', 'db-postgres')
    const config = `curl -s http://${own}:8008/config | jq -c '[.postgresql.parameters.max_connections, .postgresql.parameters.max_wal_senders, .synchronous_mode_strict, .ttl]'`
    const sql = (query: string) =>
      `PGPASSFILE=${there}/pgpass psql -X -w -A -t -h ${own} -U postgres -d postgres -c "${query}"`
    const { output } = alone(
      [...first.addressesOf('bohr', 'db-etcd'), ...first.addressesOf('bohr', 'db-postgres')],
      `sed -i 's#@DIR@#${there}#g' ${there}/*; chmod +x ${there}/*.sh; chown -R postgres ${there} ${at}; chmod 755 ${there} ${at}
      # In memory: initdb and etcd wait for the disk after every step.
      mount -t tmpfs tmpfs ${at}; chmod 755 ${at}
      mkdir -m 700 ${at}/etcd ${at}/postgres; chown postgres ${at} ${at}/postgres
      etcd --config-file ${there}/etcd.yml > ${at}/etcd.log 2>&1 &
      for i in $(seq 60); do curl -s http://${first.addressesOf('bohr', 'db-etcd')[0]}:2379/health | grep -q true && break; sleep 0.5; done
      setpriv --reuid postgres --regid postgres --init-groups patroni ${there}/patroni.yml > ${at}/patroni.log 2>&1 &
      for i in $(seq 160); do curl -s -o /dev/null -w '%{http_code}' http://${own}:8008/primary | grep -q 200 && break; sleep 0.5; done
      chown root ${there}/*
      echo "roles $(${sql("SELECT string_agg(rolname, ',' ORDER BY rolname) FROM pg_roles WHERE rolcanlogin")})"
      echo "made $(${config})"
      dash ${there}/clients.sh && echo clients again
      dash ${there}/settings.sh; echo "set $(${config})"; dash ${there}/settings.sh >/dev/null; echo "again $(${config})"
      sed -i 's/ttl": 30/ttl": 40/; s/ttl": "/x/' ${there}/dcs.json; sed -i 's/:.*"/:wrong"/' ${there}/rest.curl
      dash ${there}/settings.sh 2>/dev/null; echo "forged $? $(${config})"
      tail -n 5 ${at}/patroni.log`,
      110,
    )
    expect(output).toContain('roles postgres,replicator,rewinder,shop\n')
    expect(output).toContain('made [200,null,null,30]\n')
    expect(output).toContain('clients again\n')
    expect(output).toMatch(/set \[150,"?7"?,true,30\]\nagain \[150,"?7"?,true,30\]\n/)
    expect(output).toMatch(/forged [1-9]\d* \[150,"?7"?,true,30\]/)
    const file = parse(etc('patroni.yml')) as { postgresql: { parameters: Record<string, unknown> } }
    expect(file.postgresql.parameters).toMatchObject({ work_mem: '8MB' })
    expect(file.postgresql.parameters).not.toHaveProperty('max_wal_senders')
  })

  test('a member that does not know itself refuses to start', async () => {
    const made = await setting(services)
    const text = made.textOf('tesla', 'db-etcd', 'usr/local/etc/etcd.yml').replace('name: "tesla"', 'name: "nobody"')
    const at = laidOut({ 'etcd.yml': text.replace('/var/db/etcd', '/tmp/none') })
    const ran = alone(
      made.addressesOf('tesla', 'db-etcd'),
      `timeout -k 1 10 etcd --config-file '${at}/etcd.yml'; echo "exit $?"`,
    )
    expect(ran.output).toMatch(/exit [12]\b/)
  })
})

describe('scripts', () => {
  test('are sh, and end with a newline', async () => {
    const { files } = await setting(services)
    const scripts = [...files].filter(([path]) => /\/(?:rc\.d|libexec\/meshwright)\//.test(path))
    expect(scripts.length).toBeGreaterThan(6)
    const directory = laidOut(Object.fromEntries(scripts.map(([path, text]) => [path.replaceAll('/', '_'), text])))
    for (const shell of ['sh', 'dash'])
      expect(alone([], `cd '${directory}' && for f in *; do ${shell} -n "$f" || exit 1; done; echo fine`).output).toBe(
        'fine\n',
      )
    expect(alone([], `printf 'if true; then' | sh -n`).status).not.toBe(0)
  })
})
