import { expect, test } from 'vitest'
import { parseSamples } from '../../../src/health/samples.ts'
import type { Finding, RoleHealth } from '../../../src/services/kind.ts'
import { alone, laidOut, type Setting, setting, withPrograms } from '../setting.ts'

const core = ['bohr', 'newton', 'tesla']

const healthOf = (made: Setting, service: string, role: string): RoleHealth => {
  const found = made.deployment.services.find(({ name }) => name === service)
  const health = found?.kind.roles(found).find(({ name }) => name === role)?.health
  if (health === undefined) throw new Error(`${service}/${role} has no health`)
  return health
}

/** What `ask TAG URL` of a script printed. */
const asking = `
  ask() { echo "==[ $1"; curl -s -m 5 $2; echo; echo "]=="; }
  till() { n=0; while [ $n -lt 200 ]; do curl -s -m 5 $2 | grep -Eq "$1" && return 0; n=$((n + 1)); sleep 0.2; done; echo "never: $1 at $2"; }
`
const told = (output: string, tag: string, health: RoleHealth): Finding => {
  const text = new RegExp(`^==\\[ ${tag}\\n([^]*?)^\\]==$`, 'm').exec(output)?.[1]
  if (text === undefined) throw new Error(`nothing was asked as ${tag}:\n${output.slice(-3000)}`)
  return health.read(parseSamples(text, new Set(health.series)))
}
const words = (findings: readonly (Finding | null)[] | undefined) =>
  findings?.map(one => one && `${one.state} ${one.word}`)

withPrograms('etcd', 'curl')('etcd', () => {
  test('one leads, two follow, and one that is left alone has no leader', async () => {
    const made = await setting('db: {kind: patroni}\n')
    const health = healthOf(made, 'db', 'etcd')
    const at = laidOut({})
    const there = laidOut(
      Object.fromEntries(
        core.map(host => [
          `${host}.yml`,
          made
            .textOf(host, 'db-etcd', 'usr/local/etc/etcd.yml')
            .replace('/var/db/etcd', `${at}/${host}`)
            .replace(',http://127.0.0.1:2379', ''),
        ]),
      ),
    )
    const url = (host: string) => `http://${made.addressesOf(host, 'db-etcd')[0]}:2379/metrics`
    const { output } = alone(
      core.flatMap(host => made.addressesOf(host, 'db-etcd')),
      `${asking}
      mount -t tmpfs tmpfs ${at}
      for h in ${core.join(' ')}; do etcd --config-file ${there}/$h.yml > ${there}/$h.log 2>&1 & eval "$h=$!"; done
      ${core.map(host => `till '^etcd_server_has_leader 1' ${url(host)}`).join('\n')}
      ${core.map(host => `ask ${host} ${url(host)}`).join('\n')}
      kill -9 $newton $tesla
      till '^etcd_server_has_leader 0' ${url('bohr')}
      ask alone ${url('bohr')}`,
    )
    expect(output).not.toContain('never:')
    const found = core.map(host => told(output, host, health))
    expect(words(found)?.toSorted()).toEqual(['ok follower', 'ok follower', 'ok leader'])
    expect(health.compare?.(found)).toEqual(found)
    expect(found[0]?.details?.['database']).toMatch(/^\d+ KiB of \d/)
    expect(words([told(output, 'alone', health)])).toEqual(['bad no leader'])
  })
})

withPrograms(...['redis-server', 'redis-sentinel', 'prometheus-redis-exporter', 'haproxy', 'curl'])(
  'Redis for Valkey',
  () => {
    test('servers, sentinels and a proxy tell of a primary, and of another one after it has died', async () => {
      const made = await setting('cache: {kind: valkey}\nshop: {kind: generic, needs: [redis], hosts: [faraday]}\n')
      const [server, sentinel, proxy] = ['server', 'sentinel', 'proxy'].map(role => healthOf(made, 'cache', role))
      if (server === undefined || sentinel === undefined || proxy === undefined) throw new Error('no cache')
      const at = laidOut({})
      const onDebian = (text: string, directory: string) =>
        text
          .replace(/^(bind .*) 127.0.0.1$/m, '$1')
          .replaceAll('/var/db/valkey', directory)
          .replaceAll('/var/run/', `${at}/`)
          .replaceAll(/(user|group) www/g, '$1 haproxy')
          // Ten seconds are for oceans; a busy machine still must not look dead.
          .replace('down-after-milliseconds cache 10000', 'down-after-milliseconds cache 5000')
      const passwords = 'usr/local/etc/meshwright/redis_exporter.json'
      const roles = ['server', 'sentinel'] as const
      const files = Object.fromEntries(
        core.flatMap(host =>
          roles.flatMap(role => {
            const conf = `usr/local/etc/meshwright/${role === 'server' ? 'valkey' : 'sentinel'}.conf`
            return [
              [`${host}.${role}.conf`, onDebian(made.textOf(host, `cache-${role}`, conf), `${at}/${host}`)],
              [`${host}.${role}.json`, made.textOf(host, `cache-${role}`, passwords)],
            ]
          }),
        ),
      ) as Record<string, string>
      files['haproxy.conf'] = onDebian(made.textOf('faraday', 'cache-proxy', 'usr/local/etc/haproxy.conf'), at)
      const there = laidOut(files, 0o600)
      const addressOf = (host: string, role: string) => made.addressesOf(host, `cache-${role}`)[0]
      const url = (host: string, role: string) =>
        `http://${addressOf(host, role)}:${role === 'proxy' ? 8404 : 9121}/metrics`
      const exporter = (host: string, role: 'server' | 'sentinel') => {
        const args = /redis_exporter_args="(.*)"/.exec(made.textOf(host, `cache-${role}`, 'etc/rc.conf'))?.[1] ?? ''
        const port = role === 'server' ? 6379 : 26379
        const own = addressOf(host, role)
        return `prometheus-redis-exporter --redis.addr=redis://${own}:${port} --web.listen-address=${own}:9121 ${args.replace(`/${passwords}`, `${there}/${host}.${role}.json`)} > ${at}/${host}.${role}.log 2>&1 &`
      }
      const askAll = (tag: string, hosts: readonly string[]) =>
        [
          ...hosts.flatMap(host => roles.map(role => `ask ${role}-${host}-${tag} ${url(host, role)}`)),
          `ask proxy-${tag} ${url('faraday', 'proxy')}`,
        ].join('\n')
      const sees = (primary: string, replicas: number) =>
        `redis_sentinel_master_ok_slaves[{]master_address="${primary}:6379".* ${replicas}$`
      const { output } = alone(
        [
          ...core.flatMap(host => roles.flatMap(role => made.addressesOf(host, `cache-${role}`))),
          ...made.addressesOf('faraday', 'cache-proxy'),
        ],
        `${asking}
      mount -t tmpfs tmpfs ${at}
      for h in ${core.join(' ')}; do mkdir ${at}/$h; redis-server ${there}/$h.server.conf > ${at}/$h.log 2>&1 & eval "$h=$!"; done
      ${core.map(host => exporter(host, 'server')).join('\n')}
      till '^redis_connected_slaves 2' ${url('bohr', 'server')}
      for h in ${core.join(' ')}; do redis-sentinel ${there}/$h.sentinel.conf > ${at}/$h.sentinel 2>&1 & eval "s_$h=$!"; done
      ${core.map(host => exporter(host, 'sentinel')).join('\n')}
      haproxy -f ${there}/haproxy.conf
      ${core.map(host => `till '${sees(addressOf('bohr', 'server'), 2)}' ${url(host, 'sentinel')}; till 'ok_sentinels.* 3$' ${url(host, 'sentinel')}`).join('\n')}
      ${['newton', 'tesla'].map(host => `till '^redis_master_link_up.* 1$' ${url(host, 'server')}`).join('\n')}
      online() { [ "$(curl -s -m 5 ${url('bohr', 'server')} | grep -c '^redis_connected_slave_lag_seconds.*online')" = 2 ]; }
      n=0; until online || [ $n -ge 200 ]; do n=$((n + 1)); sleep 0.2; done
      till 'agg_server_status.*"UP". 1$' ${url('faraday', 'proxy')}
      ${askAll('first', core)}
      kill -9 $bohr
      till 'agg_server_status.*"UP". 0$' ${url('faraday', 'proxy')}
      ask proxy-none ${url('faraday', 'proxy')}
      ask server-bohr-dead ${url('bohr', 'server')}
      till 'agg_server_status.*"UP". 1$' ${url('faraday', 'proxy')}
      ${['newton', 'tesla'].map(host => `till '^redis_(master_link_up.* 1|connected_slaves 1)$' ${url(host, 'server')}`).join('\n')}
      ${core.map(host => `till 'master_status="ok"' ${url(host, 'sentinel')}`).join('\n')}
      ${askAll('second', ['newton', 'tesla'])}
      kill -9 $s_newton $s_tesla
      till 'ckquorum_status.* 0$' ${url('bohr', 'sentinel')}
      ask sentinel-alone ${url('bohr', 'sentinel')}`,
        110,
      )
      expect(output).not.toContain('never:')
      const all = (role: 'server' | 'sentinel', tag: string, hosts: readonly string[]) =>
        hosts.map(host => told(output, `${role}-${host}-${tag}`, role === 'server' ? server : sentinel))

      const first = server.compare?.(all('server', 'first', core))
      expect(words(first)).toEqual(['ok primary', 'ok replica', 'ok replica'])
      expect(first?.map(one => one?.leads)).toEqual([true, false, false])
      expect(first?.[0]?.details?.['replicas']).toBe('2')
      expect(first?.[1]?.details?.['lag']).toMatch(/^\d+(?:\.\d)? (?:Ki)?B$/)
      const watching = sentinel.compare?.(all('sentinel', 'first', core))
      expect(words(watching)).toEqual(['ok watches', 'ok watches', 'ok watches'])
      expect(watching?.[2]?.details).toEqual({
        ...{ primary: `${addressOf('bohr', 'server')}:6379`, sentinels: '3 of 3', replicas: '2 of 2' },
      })
      expect(words([told(output, 'proxy-first', proxy)])).toEqual(['ok reaches the primary'])

      expect(words([told(output, 'proxy-none', proxy)])).toEqual(['bad no primary'])
      expect(words([told(output, 'server-bohr-dead', server)])).toEqual(['bad gives no answer'])
      const second = server.compare?.([null, ...all('server', 'second', ['newton', 'tesla'])])
      expect(second?.[0]).toBeNull()
      expect(words(second)?.slice(1).toSorted()).toEqual(['ok primary', 'ok replica'])
      expect(told(output, 'proxy-second', proxy).state).not.toBe('bad')
      expect(words([told(output, 'sentinel-alone', sentinel)])).toEqual(['bad no quorum'])
    })
  },
)

withPrograms('haproxy', 'curl')('an edge', () => {
  test('tells which of its services have no server', async () => {
    const made = await setting(`
gate: {kind: haproxy, tls: none}
wiki: {kind: generic, hosts: [tesla], ports: [8080/tcp], from: [faraday], check: {port: 8080, path: /}, domains: [wiki.example.org]}
shop: {kind: generic, hosts: [bohr], ports: [8080/tcp], from: [faraday], check: {port: 8080, path: /}, domains: [shop.example.org]}
`)
    const gate = made.deployment.services.find(({ name }) => name === 'gate')
    const [host = ''] = gate?.instances('edge').map(one => one.host.name) ?? []
    const health = healthOf(made, 'gate', 'edge')
    const at = laidOut({})
    const there = laidOut({
      'haproxy.conf': made
        .textOf(host, 'gate-edge', 'usr/local/etc/haproxy.conf')
        .replaceAll('/var/run/', `${at}/`)
        .replaceAll(/(user|group) www/g, '$1 haproxy')
        .replaceAll(/^ *(chroot|log 127).*\n/gm, ''),
    })
    const url = `http://${made.addressesOf(host, 'gate-edge')[0]}:8404/metrics`
    const [wiki] = made.addressesOf('tesla', 'wiki-app')
    const { output } = alone(
      [
        ...made.addressesOf(host, 'gate-edge'),
        ...made.addressesOf('tesla', 'wiki-app'),
        ...made.addressesOf('bohr', 'shop-app'),
      ],
      `${asking}
      haproxy -f ${there}/haproxy.conf
      till 'agg_server_status.*"shop",state="DOWN". 1$' ${url}
      till 'agg_server_status.*"wiki",state="DOWN". 1$' ${url}
      ask none ${url}
      (cd ${at} && exec python3 -m http.server --bind ${wiki} 8080 > log 2>&1) &
      till 'agg_server_status.*"wiki",state="UP". 1$' ${url}
      ask some ${url}`,
    )
    expect(output).not.toContain('never:')
    expect(told(output, 'none', health)).toMatchObject({
      ...{ state: 'bad', word: 'no server', details: { shop: '0 of 1 up', wiki: '0 of 1 up' } },
    })
    expect(told(output, 'some', health)).toMatchObject({ state: 'warn', word: 'shop: no server' })
  })
})
