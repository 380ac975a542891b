/** What services may not do to each other, to jails made by hand, and to hosts that nobody can call. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { complaints, setting } from './setting.ts'

/** A region of the shipped mesh with something changed. */
const region = (name: string, from: string | RegExp, to: string) => {
  const text = readFileSync(join(import.meta.dirname, '../../regions', `${name}.yaml`), 'utf8')
  const plain = text.replace(/^ {4}jails:\n(?: {6}.*\n)*/gm, '')
  const changed = plain.replace(from, to)
  if (changed === plain) throw new Error(`${String(from)} is not in ${name}`)
  return { [`regions/${name}.yaml`]: changed }
}
const hostsOf = async (services: string, role: string, more: Readonly<Record<string, string>> = {}) => {
  const { deployment } = await setting(services, more)
  const [service = '', name = ''] = role.split('/')
  return deployment.services
    .find(one => one.name === service)
    ?.instances(name)
    .map(({ host }) => host.name)
}

describe('a jail made by hand', () => {
  test('of a name that a service gives is refused on every host, not taken for one of it', async () => {
    const more = region('north-europe', '  curie:\n', '  curie:\n    jails: {db-etcd: {}}\n')
    const found = await complaints('db: {kind: patroni}', more)
    expect(found.map(({ code, message }) => `${code} ${message}`)).toEqual([
      'duplicate-jail curie has a jail db-etcd by hand, and a service has jails of that name',
    ])
  })

  test('with a public port keeps it: a service that wants the same goes elsewhere', async () => {
    const by = (port: string) =>
      region('west-europe', '  faraday:\n', `  faraday:\n    jails: {web: {ports: [${port}/tcp], from: [outside]}}\n`)
    expect(await hostsOf('front: {kind: haproxy}', 'front/edge', by('8443'))).toEqual(['faraday'])
    expect(await hostsOf('front: {kind: haproxy}', 'front/edge', by('443'))).not.toEqual(['faraday'])
  })
})

test('what the world is to reach does not go where nobody can call, unless it is said', async () => {
  // ampere is the only host of its class, and behind NAT.
  const site = (more: string) => `site: {kind: generic, class: weak, ports: [8443/tcp]${more}}`
  expect(await hostsOf(site(''), 'site/app')).toEqual(['ampere'])
  expect(await hostsOf(site(', from: [outside]'), 'site/app')).not.toEqual(['ampere'])
  expect(await hostsOf(site(', from: [outside], hosts: [ampere]'), 'site/app')).toEqual(['ampere'])
})

test('two that want one public port are on two hosts', async () => {
  const one = (name: string) => `${name}: {kind: generic, class: edge, ports: [443/tcp], from: [outside]}\n`
  const services = `${one('a')}${one('b')}`
  expect(await hostsOf(services, 'a/app')).not.toEqual(await hostsOf(services, 'b/app'))
})

test('pins of a service are not those of the proxies beside its clients', async () => {
  const services =
    'cache: {kind: valkey, hosts: [tesla, newton, bohr]}\nshop: {kind: generic, needs: [redis], count: everywhere}'
  expect(await hostsOf(services, 'cache/proxy')).toHaveLength(6)
})

test('a jail of a name that a host has as well is meant by its kind', async () => {
  const more = region('usa', /bohr/g, 'db-etcd')
  const { mesh } = await setting('db: {kind: patroni}', more)
  expect(mesh.flows.map(flow => flow.name)).toContain('jail:db-etcd>jail:db-etcd 2380/tcp')
})

test('the order of services in mesh.yaml changes no byte', async () => {
  const lines = [
    ...['cache: {kind: valkey}', 'db: {kind: patroni}', 'files: {kind: garage}', 'front: {kind: haproxy}'],
    ...[
      'aaa: {kind: generic, needs: [postgresql, redis, s3], ports: [80/tcp], check: {port: 80, path: /}, domains: [a.example]}',
    ],
    ...[
      'bbb: {kind: generic, needs: [postgresql, redis, s3], ports: [80/tcp], check: {port: 80, path: /}, domains: [b.example]}',
    ],
    ...['names: {kind: bind}', 'resolver: {kind: unbound}', 'watch: {kind: prometheus}', 'panels: {kind: grafana}'],
  ]
  const first = await setting(lines.join('\n'))
  const again = await setting(lines.toReversed().join('\n'))
  expect([...again.files.keys()]).toEqual([...first.files.keys()])
  for (const [path, text] of first.files) expect(again.files.get(path), path).toBe(text)
})

test('the token that metrics are read by is the one that their owner asks for', async () => {
  const made = await setting('files: {kind: garage}\nwatch: {kind: prometheus}')
  const own = made.textOf('tesla', 'files-storage', 'usr/local/etc/garage/metrics_token')
  expect(own).toMatch(/^\w{32}\n$/)
  expect(made.textOf('tesla', 'watch-server', 'usr/local/etc/prometheus/credentials/files-metrics-token')).toBe(own)
})

test('a service may be called like a jail of another', async () => {
  const { mesh } = await setting('db: {kind: patroni}\ndb-etcd: {kind: generic}')
  expect(mesh.flows.map(flow => flow.name)).toContain('jail:db-etcd>jail:db-etcd 2380/tcp')
})

test.each([
  ['cache: {kind: valkey}\nhaproxy: {kind: generic, needs: [redis]}', 'has a user of that name'],
  ['db: {kind: patroni}\npostgres: {kind: generic, needs: [postgresql]}', 'has a role or a database of that name'],
  ['files: {kind: garage}\nnc: {kind: generic, needs: [s3]}', 'three characters'],
  [
    'a: {kind: valkey}\nb: {kind: valkey}\nshop: {kind: generic, needs: [redis], uses: {redis: [a, b]}}',
    'one service for redis',
  ],
  ['cache: {kind: valkey, roles: {server: {count: 0}}}', 'has no server'],
  ['files: {kind: garage, capacity: 500G, roles: {storage: {disk: 100G}}}', 'nine tenths'],
  ['wiki: {kind: generic, count: per-region, labels: [nix]}', 'labels rules out 6'],
])('%j is refused', async (services, message) => {
  expect((await complaints(services)).map(one => one.message).join('\n')).toContain(message)
})

test('a disk that Garage is to fill is set aside for it', async () => {
  const { mesh } = await setting('files: {kind: garage, capacity: 200G}')
  const jail = mesh.hosts.flatMap(host => host.jails).find(one => one.name === 'files-storage')
  expect(jail?.spec.disk).toBeGreaterThanOrEqual((200 * 2 ** 30) / 0.9)
})

test('a client of many sites is told where they are', async () => {
  const made = await setting(
    'site: {kind: generic, count: 2, hosts: [tesla, bohr], ports: [8080/tcp], check: {port: 8080, path: /}, domains: [a.example]}\n' +
      'shop: {kind: generic, needs: [http], hosts: [faraday]}',
  )
  const env = made.textOf('faraday', 'shop-app', 'usr/local/etc/meshwright/http.env')
  const servers = ['bohr', 'tesla'].map(host => `${made.addressesOf(host, 'site-app')[0]}:8080`).join(' ')
  expect(env).toContain(`HTTP_SERVERS='${servers}'\n`)
  expect(env).toContain("HTTP_DOMAINS='a.example'\n")
})
