import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { address, prefix } from '../../topology/prefix.ts'
import { undefinedKeys } from '../../src/services/bind/named.conf.ts'
import { reverseName } from '../../src/services/bind/zones.ts'
import { meshwright, temporary } from '../command.ts'
import { alone, complaints, laidOut, type Setting, setting, withPrograms } from './setting.ts'

const services = `
names:
  kind: bind
  zones:
    example.org:
      - {name: "@", type: MX, value: 10 mail}
      - {name: mail, type: A, value: 192.0.2.9, ttl: 60}
      - {name: "@", type: TXT, value: 'say "hi"; or not'}
      - {name: "@", type: CAA, value: 0 issue letsencrypt.org}
      - {name: _sip._tcp, type: SRV, value: 0 5 5060 mail.example.org.}
    mesh.example.net:
      - {name: wiki, type: CNAME, value: wiki-app.tesla}
dns: {kind: unbound}
wiki: {kind: generic, hosts: [tesla], ports: [8080/tcp], from: [faraday]}
`
/** The same, and the world may ask for example.org. */
const open = services
  .replace('kind: bind', 'kind: bind\n  public: true')
  .replace('example.org:', 'example.org:\n      - {name: "@", type: NS, value: mail}')
const roles = { bohr: 'primary', newton: 'secondary', tesla: 'secondary' } as const
const hosts = ['bohr', 'newton', 'tesla'] as const
const jailOf = (host: (typeof hosts)[number]) => `names-${roles[host]}`
const directory = 'usr/local/etc/namedb'
const textOf = (made: Setting, host: (typeof hosts)[number], file: string) =>
  made.textOf(host, jailOf(host), `${directory}/${file}`)
const zones = [
  ...['64.10.in-addr.arpa', '65.10.in-addr.arpa', '66.10.in-addr.arpa', 'a.a.7.7.1.2.e.8.c.5.d.f.ip6.arpa'],
  ...['example.org', 'mesh.example.net'],
]

describe('bind', () => {
  test('has one primary and secondaries in other regions, and only they copy', async () => {
    const made = await setting(services)
    const [primary, primary6] = made.addressesOf('bohr', 'names-primary')
    const conf = textOf(made, 'bohr', 'named.conf')
    expect(conf).toContain(`  listen-on port 53 { ${primary}; };\n  listen-on-v6 port 53 { ${primary6}; };\n`)
    expect(conf).toContain('  allow-transfer {\n    key "newton.transfer";\n    key "tesla.transfer";\n  };\n')
    expect(conf).toContain(`    ${made.addressesOf('tesla', 'names-secondary')[0]} port 53 key "tesla.transfer";\n`)
    expect([...conf.matchAll(/^zone "(.*)"/gm)].map(([, name]) => name)).toEqual(zones)
    const copy = textOf(made, 'tesla', 'named.conf')
    expect(copy).toContain(`primaries "primary" {\n    ${primary} port 53 key "tesla.transfer";\n`)
    expect(copy).toContain('  allow-notify { key "tesla.transfer"; };\n')
    expect(copy).toContain('  masterfile-format text;\n')
    expect(made.files.has(`tesla/usr/local/jails/names-secondary/${directory}/primary/example.org`)).toBe(false)
  })

  test('knows every host and jail, both ways', async () => {
    const made = await setting(services)
    const [wiki, wiki6] = made.addressesOf('tesla', 'wiki-app')
    const zone = textOf(made, 'bohr', 'primary/mesh.example.net')
    expect(zone).toContain(`wiki-app.tesla IN A ${wiki}\nwiki-app.tesla IN AAAA ${wiki6}\n`)
    expect(zone).toContain('wiki IN CNAME wiki-app.tesla.mesh.example.net.\n')
    expect(zone).toMatch(/^@ IN SOA names-primary\.bohr\.mesh\.example\.net\. hostmaster\.mesh\.example\.net\. 1 /m)
    for (const { name } of made.mesh.hosts) expect(zone).toMatch(new RegExp(`^${name} IN A `, 'm'))
    const [, , third, fourth] = wiki.split('.')
    expect(textOf(made, 'bohr', 'primary/66.10.in-addr.arpa')).toContain(
      `${fourth}.${third} IN PTR wiki-app.tesla.mesh.example.net.\n`,
    )
    expect(textOf(made, 'bohr', 'primary/example.org')).toContain('@ IN TXT "say \\"hi\\"; or not"\n')
  })

  test('talks to its own, to resolvers, and to nobody else', async () => {
    const made = await setting(services)
    const flows = made.mesh.flows.map(flow => flow.name).filter(name => name.includes('names-'))
    expect(flows).toEqual([
      'dns-resolver>names-primary 53/tcp,53/udp',
      'dns-resolver>names-secondary 53/tcp,53/udp',
      'names-primary>names-secondary 53/udp',
      'names-secondary>names-primary 53/tcp,53/udp',
    ])
  })

  test('answers the world for the zones it was given, not for those of the mesh', async () => {
    const made = await setting(open)
    const conf = textOf(made, 'bohr', 'named.conf')
    expect(conf).toContain(`  file "/${directory}/primary/example.org";\n  allow-query { any; };\n`)
    expect(conf.split('allow-query { any; };').length).toBe(2)
    expect(conf).toContain('rate-limit')
    const zone = textOf(made, 'bohr', 'primary/example.org')
    expect(zone).toMatch(/^@ IN SOA mail\.example\.org\. /m)
    expect(zone).toContain('@ IN NS mail.example.org.\n')
    expect(zone).not.toContain('NS names-')
    expect(made.mesh.flows.map(flow => flow.name)).toContain('outside>names-primary 53/tcp,53/udp')
  })

  test('keys differ, are the same at both ends, and lie in no file that all may read', async () => {
    const made = await setting(services)
    const keyIn = (text: string, name: string) =>
      new RegExp(`key "${name}" \\{[^}]*secret "([^"]*)"`).exec(text)?.[1] ?? ''
    const [primary, tesla, newton] = (['bohr', 'tesla', 'newton'] as const).map(host => textOf(made, host, 'keys.conf'))
    const shared = keyIn(tesla ?? '', 'tesla.transfer')
    expect(Buffer.from(shared, 'base64').length).toBe(32)
    expect(keyIn(primary ?? '', 'tesla.transfer')).toBe(shared)
    expect(newton).not.toContain('tesla.transfer')
    const all = [primary, tesla, newton].flatMap(text =>
      [...(text ?? '').matchAll(/secret "(.*)"/g)].map(([, key = '']) => key),
    )
    expect(new Set(all).size).toBe(5)
    const { files } = JSON.parse(made.files.get('bohr.manifest.json') ?? '') as {
      files: { path: string; mode: string; group: string }[]
    }
    for (const { path, mode, group } of files) {
      const text = made.files.get(`bohr${path}`) ?? ''
      if (!all.some(key => text.includes(key))) continue
      expect([path.split('/').at(-1), mode, group]).toEqual(
        path.endsWith('keys.conf') ? ['keys.conf', '0640', 'bind'] : ['rndc.conf', '0600', 'wheel'],
      )
    }
    expect(textOf(await setting(services), 'bohr', 'keys.conf')).toBe(primary)
  })

  test('a key that nobody defines is found', async () => {
    const made = await setting(services)
    for (const host of hosts) {
      const keys = [...textOf(made, host, 'keys.conf').matchAll(/^key "(.*)"/gm)].map(([, name = '']) => name)
      expect(undefinedKeys(textOf(made, host, 'named.conf'), keys)).toEqual([])
      expect(undefinedKeys(textOf(made, host, 'named.conf'), keys.slice(0, -1))).toEqual(keys.slice(-1))
      expect(undefinedKeys(textOf(made, host, 'named.conf'), keys.slice(1))).toEqual(['rndc'])
    }
  })

  test.each([
    ['9.20', 'bind920'],
    ['9.18', 'bind918'],
  ])('version %s comes from the package %s', async (version, name) => {
    const made = await setting(services.replace('kind: bind', `kind: bind\n  version: "${version}"`))
    expect(made.files.get('tesla.manifest.json')).toContain(`"${name}"`)
  })

  test('health is asked for at the domain of the mesh', async () => {
    const made = await setting(services)
    expect(made.files.get('bohr.manifest.json')).toMatch(/"kind": "dns",\s*"port": 53,\s*"name": "mesh.example.net"/)
  })

  test('a zone above another leads to it, and to the addresses of its servers', async () => {
    const made = await setting('names: {kind: bind, zones: {example.net: [{name: www, type: A, value: 192.0.2.1}]}}')
    const zone = textOf(made, 'bohr', 'primary/example.net')
    expect(zone).toContain('mesh IN NS names-primary.bohr.mesh.example.net.\n')
    expect(zone).toContain(`names-primary.bohr.mesh IN A ${made.addressesOf('bohr', 'names-primary')[0]}\n`)
  })

  test.each([
    ['inet', 0x0a410203n, 10, '3.2.65.10.in-addr.arpa', '65.10.in-addr.arpa'],
    ['inet', 0x0a410203n, 16, '3.2.65.10.in-addr.arpa', '65.10.in-addr.arpa'],
    ['inet', 0x0a410203n, 17, '3.2.65.10.in-addr.arpa', '2.65.10.in-addr.arpa'],
    ['inet', 0x0a410203n, 28, '3.2.65.10.in-addr.arpa', '2.65.10.in-addr.arpa'],
    ['inet6', 0xfdn << 120n, 46, `${'0.'.repeat(30)}d.f.ip6.arpa`, `${'0.'.repeat(10)}d.f.ip6.arpa`],
  ] as const)('the way back of %s %s in a /%i', (family, value, length, name, zone) => {
    expect(reverseName(address(family, value), prefix(family, 0n, length))).toEqual({ name, zone })
  })

  test.each([
    ['{name: "a b", type: A, value: 192.0.2.1}', 'bad-value'],
    ['{name: "a\\nb", type: A, value: 192.0.2.1}', 'bad-value'],
    ['{name: $INCLUDE, type: A, value: 192.0.2.1}', 'bad-value'],
    ['{name: Www, type: A, value: 192.0.2.1}', 'bad-value'],
    ['{name: www, type: A, value: "2001:db8::1"}', 'bad-value'],
    ['{name: www, type: AAAA, value: 192.0.2.1}', 'bad-value'],
    ['{name: www, type: A, value: 192.0.2.1, ttl: 0}', 'bad-value'],
    ['{name: www, type: PTR, value: a.}', 'bad-value'],
    ['{name: www, type: MX, value: mail}', 'bad-value'],
    ['{name: www, type: MX, value: 70000 mail.}', 'bad-value'],
    ['{name: www, type: SRV, value: 1 2 mail.}', 'bad-value'],
    ['{name: www, type: CNAME, value: a b.}', 'bad-value'],
    ['{name: www, type: CNAME, value: "a.; b"}', 'bad-value'],
    ['{name: www, type: TXT, value: "a\\nb"}', 'bad-value'],
    ['{name: www, type: TXT, value: "ä"}', 'bad-value'],
    ['{name: www, type: CAA, value: 0 issue}', 'bad-value'],
    ["{name: www, type: CAA, value: '0 issue a\"b'}", 'bad-value'],
    ['{name: www, type: A, value: 192.0.2.1, port: 3}', 'unknown-key'],
    ['{name: www.example.com., type: A, value: 192.0.2.1}', 'service-option'],
    ['{name: www.example.org, type: A, value: 192.0.2.1}', 'service-option'],
    ['{name: "@", type: CNAME, value: a.example.com.}', 'service-option'],
    ['{name: mail, type: CNAME, value: a.example.com.}', 'service-option'],
    ['{name: www, type: CNAME, value: a.example.org}', 'service-option'],
    ['{name: www, type: CNAME, value: www}', 'service-option'],
    ['{name: mail, type: A, value: 192.0.2.9}', 'service-option'],
    ['{name: mail, type: A, value: 192.0.2.10, ttl: 60}', 'service-option'],
    ['{name: "@", type: MX, value: 20 nobody}', 'service-option'],
    ['{name: sub, type: NS, value: ns.sub}', 'service-option'],
    ['{name: "@", type: NS, value: ns1}', 'service-option'],
  ])('the record %s is refused', async (record, code) => {
    const zone = `[{name: mail, type: A, value: 192.0.2.9}, ${record}]`
    expect((await complaints(`names: {kind: bind, zones: {example.org: ${zone}}}`)).map(one => one.code)).toContain(
      code,
    )
  })

  test.each([
    ['{zones: {Example.org: []}}', 'bad-value', ''],
    ['{zones: {"example.org.": []}}', 'bad-value', ''],
    ['{zones: {10.in-addr.arpa: []}}', 'service-option', ''],
    ['{zones: {sub.mesh.example.net: []}}', 'service-option', 'Write its records into mesh.example.net.'],
    ['{zones: {example.net: [{name: a.mesh, type: A, value: 192.0.2.1}]}}', 'service-option', 'mesh.example.net'],
    ['{zones: {mesh.example.net: [{name: tesla, type: A, value: 192.0.2.1}]}}', 'service-option', 'another'],
    ['{zones: {mesh.example.net: [{name: a.tesla, type: A, value: 192.0.2.1}]}}', 'service-option', 'another'],
    [
      '{zones: {a.org: [{name: x.b, type: A, value: 192.0.2.1}], b.a.org: []}}',
      'service-option',
      'Move it to b.a.org.',
    ],
    ['{public: true}', 'service-option', 'zones:'],
    ['{public: true, zones: {example.org: [{name: a, type: A, value: 192.0.2.1}]}}', 'service-option', 'NS'],
    ['{contact: nobody}', 'bad-value', ''],
    ['{ttl: 0}', 'bad-value', ''],
    ['{roles: {primary: {count: 2}}}', 'service-option', ''],
    ['{roles: {secondary: {hosts: [bohr]}, primary: {hosts: [bohr]}}}', 'placement-impossible', ''],
    ['{version: "9.16"}', 'bad-value', ''],
  ])('%s is refused', async (yaml, code, hint) => {
    const found = await complaints(`names: {kind: bind, ${yaml.slice(1)}`)
    expect(found.map(one => one.code)).toContain(code)
    expect(found.map(one => `${one.hint ?? ''} ${one.message}`).join()).toContain(hint)
  })

  test.each([
    ['[{name: sub, type: NS, value: ns.sub}, {name: ns.sub, type: A, value: 192.0.2.3}]'],
    ['[{name: "*.apps", type: A, value: 192.0.2.3}, {name: "@", type: MX, value: 10 mx.apps}]'],
    ['[{name: "@", type: MX, value: 0 .}]'],
    ['[{name: a, type: CNAME, value: wiki.mesh.example.net.}]'],
  ])('the records %s are well', async zone => {
    expect(await complaints(`names: {kind: bind, zones: {example.org: ${zone}}}`)).toEqual([])
  })
})

describe('the serial of a zone', () => {
  const mesh = `mesh: home
domain: mesh.example.net
addressing: {ipv4: 10.64.0.0/10, ipv6: "fd5c:8e21:77aa::/48"}
defaults: {admin: [198.51.100.0/24]}
services: {names: {kind: bind, roles: {secondary: {count: 1}}}}
`
  const region = (...names: readonly string[]) =>
    `region: home\nhosts:\n${names.map((name, i) => `  ${name}: {endpoint: 203.0.113.${10 + i}, interface: vtnet0}\n`).join('')}`

  /** Builds with these files; the serials by zone, as the files that were written say it. */
  async function serials(at: string, home: string, files: Readonly<Record<string, string>>) {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(at, name), text)
    const ran = await meshwright({ MESHWRIGHT_IDENTITY: join(home, 'identity.txt') }, 'build', '-C', at)
    expect(ran.code, ran.stderr).toBe(0)
    const found = readdirSync(join(at, 'out'), { recursive: true, encoding: 'utf8' }).filter(path =>
      /namedb\/primary\/./.test(path),
    )
    return Object.fromEntries(
      found.toSorted().map(path => {
        const text = readFileSync(join(at, 'out', path), 'utf8')
        return [path.split('/').at(-1) ?? '', Number(/ SOA \S+ \S+ (\d+) /.exec(text)?.[1])]
      }),
    )
  }

  test('rises with its content, stays without, and never goes back', async () => {
    const at = laidOut({ 'regions/home.yaml': region('newton', 'tesla') })
    const home = temporary()
    const [forward, back] = ['mesh.example.net', '64.10.in-addr.arpa']
    const first = await serials(at, home, { 'mesh.yaml': mesh })
    expect(first).toMatchObject({ [forward]: 1, [back]: 1 })
    const lock = () => readFileSync(join(at, 'mesh.lock.yaml'), 'utf8')
    const before = lock()
    expect(before).toMatch(/^serials:\n {2}names:\n {4}"64.10.in-addr.arpa": \{serial: 1, digest: "[0-9a-f]{16}"\}\n/m)
    expect(await serials(at, home, {})).toEqual(first)
    expect(lock()).toBe(before)

    const grown = await serials(at, home, { 'regions/home.yaml': region('newton', 'tesla', 'ampere') })
    expect(grown).toMatchObject({ [forward]: 2, [back]: 2 })
    expect(await serials(at, home, {})).toEqual(grown)
    // What is again as it was is a change too.
    expect(await serials(at, home, { 'regions/home.yaml': region('newton', 'tesla') })).toMatchObject({ [forward]: 3 })

    const extra = mesh.replace('bind,', 'bind, zones: {example.org: [{name: a, type: A, value: 192.0.2.1}]},')
    expect(await serials(at, home, { 'mesh.yaml': extra })).toMatchObject({ [forward]: 3, 'example.org': 1 })
    // A zone, and a whole service, that are gone for a while go on where they were.
    await serials(at, home, { 'mesh.yaml': mesh.replace(/^services:.*\n/m, '') })
    expect(lock()).toContain('"mesh.example.net": {serial: 3')
    expect(await serials(at, home, { 'mesh.yaml': extra.replace('192.0.2.1', '192.0.2.2') })).toMatchObject({
      [forward]: 3,
      'example.org': 2,
    })
  })

  test('a lock whose serial makes no sense is refused', async () => {
    const at = laidOut({ 'regions/home.yaml': region('newton', 'tesla') })
    const home = temporary()
    await serials(at, home, { 'mesh.yaml': mesh })
    const lock = readFileSync(join(at, 'mesh.lock.yaml'), 'utf8')
    for (const broken of ['0', '4294967296', '"1"']) {
      writeFileSync(join(at, 'mesh.lock.yaml'), lock.replace('serial: 1', `serial: ${broken}`))
      const ran = await meshwright({ MESHWRIGHT_IDENTITY: join(home, 'identity.txt') }, 'build', '-C', at)
      expect(ran.stderr).toContain('lock-unreadable')
    }
  })
})

withPrograms(
  'named',
  'named-checkconf',
  'named-checkzone',
  'rndc',
  'dig',
  'unbound',
)('the real programs', () => {
  /** Files of an instance as they lie in its jail, below a directory of their own. */
  function filesOf(made: Setting, host: (typeof hosts)[number]): Record<string, string> {
    const jail = `${host}/usr/local/jails/${jailOf(host)}/`
    const files = [...made.files].filter(([path]) => path.startsWith(`${jail}${directory}/`))
    return Object.fromEntries(
      files.map(([path, text]) => [`${host}/${path.slice(jail.length + directory.length + 1)}`, text]),
    )
  }

  /** All instances below one directory, with what the package brings: the same paths, and who may write where. */
  function installed(made: Setting, change: (path: string, text: string) => string = (_, text) => text): string {
    const files = Object.assign({}, ...hosts.map(host => filesOf(made, host))) as Record<string, string>
    const directories = hosts.flatMap(host =>
      ['working', 'secondary', 'run'].map(name => [`${host}/${name}/.keep`, ''] as const),
    )
    const at = laidOut({ ...files, ...Object.fromEntries(directories) })
    for (const [path, text] of Object.entries(files)) {
      const own = `${at}/${path.split('/')[0]}`
      const moved = text
        .replaceAll(`/${directory}/`, `${own}/`)
        .replace(/^ {2}pid-file .*$/m, `  pid-file "${own}/run/pid";\n  session-keyfile "${own}/run/session.key";`)
      writeFileSync(join(at, path), change(path, moved))
    }
    const modes = 'chown bind working secondary run; chgrp bind keys.conf; chmod 640 keys.conf; chmod 600 rndc.conf'
    const script = [`chmod 755 ${at}`, ...hosts.map(host => `cd ${at}/${host}; ${modes}`)].join('\n')
    expect(spawnSync('sh', ['-c', script]).status).toBe(0)
    return at
  }

  const everyAddress = (made: Setting) => hosts.flatMap(host => made.addressesOf(host, jailOf(host)))
  const addressOf = (made: Setting, host: (typeof hosts)[number]) => made.addressesOf(host, jailOf(host))[0]

  test('named-checkconf reads every file, and refuses each broken one', async () => {
    const made = await setting(services)
    const check = (change: (path: string, text: string) => string) => {
      const at = installed(made, change)
      return hosts.map(host => alone([], `named-checkconf -z ${at}/${host}/named.conf`))
    }
    const well = check((_, text) => text)
    expect(
      well.map(ran => ran.status),
      well.map(ran => ran.output).join(''),
    ).toEqual([0, 0, 0])
    expect(well[0]?.output.match(/loaded serial 1/g)?.length).toBe(zones.length)
    for (const [from, to] of [
      ['recursion no;', 'recurse no;'],
      ['hmac-sha256', 'hmac-sha255'],
      ['keys { "rndc"; }', 'keys { "nobody"; }'],
    ] as const)
      expect(check((_, text) => text.replace(from, to)).map(ran => ran.status)).toEqual([1, 1, 1])
    expect(check((_, text) => text.replace(/ IN A 10\.\S+/, ' IN A 10.0.0.300'))[0]?.status).toBe(1)
    // What it is blind to is found by a check of our own.
    expect(
      check((path, text) => (path.endsWith('keys.conf') ? text.replace('tesla.transfer', 'x') : text))[0]?.status,
    ).toBe(0)
  })

  test('named-checkzone finds every zone whole, and refuses what we refuse', async () => {
    const made = await setting(services)
    const check = (zone: string, change: (text: string) => string = text => text) => {
      const at = laidOut({ zone: change(textOf(made, 'bohr', `primary/${zone}`)) })
      const integrity = zone.endsWith('mesh.example.net') ? 'full' : 'local'
      return alone(
        [],
        `named-checkzone -i ${integrity} -k fail -n fail -m fail -M fail -S fail -r fail ${zone} ${at}/zone`,
      )
    }
    for (const zone of zones) expect(check(zone).output).toMatch(/\nOK\n$/)
    expect(check('mesh.example.net', text => `${text}tesla IN CNAME bohr\n`).status).toBe(1)
    expect(check('mesh.example.net', text => text.replaceAll(/^names-primary\.bohr IN A+ .*\n/gm, '')).status).toBe(1)
    expect(check('example.org', text => text.replace('10 mail', '10 nobody')).status).toBe(1)
    expect(check('example.org', text => `${text}www.example.com. IN A 192.0.2.1\n`).output).toContain('out-of-zone')
  })

  test('three of them: answers, transfers by key only, and a change arrives everywhere', async () => {
    const made = await setting(open)
    const at = installed(made)
    const [one, two, three] = hosts.map(host => addressOf(made, host))
    const [wiki, wiki6] = made.addressesOf('tesla', 'wiki-app')
    const key = /key "newton.transfer" \{[^}]*secret "(.*)"/.exec(textOf(made, 'newton', 'keys.conf'))?.[1] ?? ''
    const foreign = /key "tesla.transfer" \{[^}]*secret "(.*)"/.exec(textOf(made, 'tesla', 'keys.conf'))?.[1] ?? ''
    const { output } = alone(
      [...everyAddress(made), '203.0.113.7'],
      `for h in ${hosts.join(' ')}; do named -g -u bind -c ${at}/$h/named.conf > ${at}/$h/log 2>&1 & done
      q() { dig +time=2 +tries=3 "$@" | grep -v '^;; communications error'; }
      soa() { q +short @$1 $2 SOA | cut -d' ' -f3; }
      arrived() { for i in $(seq 100); do [ "$(soa $1 $2)" = "$3" ] && return; sleep 0.2; done; tail -n 20 ${at}/*/log; }
      # A secondary that was there before its primary learns from its notice.
      arrived ${one} mesh.example.net 1
      for s in ${two} ${three}; do for z in ${zones.join(' ')}; do arrived $s $z 1; done; done
      for s in ${one} ${two} ${three} ${made.addressesOf('tesla', 'names-secondary')[1]}; do
        echo "a $(q +short @$s wiki.mesh.example.net A | tr '\n' ' ')"
        echo "aaaa $(q +short @$s wiki-app.tesla.mesh.example.net AAAA)"
        echo "ptr $(q +short @$s -x ${wiki}) $(q +short @$s -x ${wiki6})"
        echo "txt $(q +short @$s example.org TXT)"
      done
      xfr() { q +tcp "$@" mesh.example.net AXFR | grep -Ec '[[:space:]]IN[[:space:]]' ; }
      echo "with key $(xfr -b ${two} -y 'hmac-sha256:newton.transfer:${key}' @${one})"
      echo "without $(xfr -b ${two} @${one})"
      echo "wrong $(xfr -b ${two} -y 'hmac-sha256:newton.transfer:${foreign}' @${one})"
      echo "from a secondary $(xfr -y 'hmac-sha256:newton.transfer:${key}' @${two})"
      echo "recursion $(q @${one} www.example.com | grep -c 'status: REFUSED')"
      echo "stranger $(q -b 203.0.113.7 @${one} tesla.mesh.example.net | grep -c 'status: REFUSED')"
      echo "stranger's mail $(q +short -b 203.0.113.7 @${one} example.org MX)"
      echo "version $(q +short @${one} version.bind TXT CH)"
      echo "statistics $(curl -s -m 5 http://${two}:8053/json/v1/server | grep -c QUERY)"
      echo "stranger's statistics $(curl -s -m 5 --interface 203.0.113.7 http://${two}:8053/json/v1/server | grep -c QUERY)"
      echo "copy $(grep -c wiki-app ${at}/tesla/secondary/mesh.example.net)"
      z=${at}/bohr/primary/mesh.example.net
      sed -i 's/ 1 900 300/ 2 900 300/' $z; echo 'new IN A 10.65.9.9' >> $z
      rndc -c ${at}/bohr/rndc.conf reload
      arrived ${two} mesh.example.net 2; arrived ${three} mesh.example.net 2
      echo "new $(q +short @${two} new.mesh.example.net) $(q +short @${three} new.mesh.example.net)"
      echo "rndc with another key $(rndc -c ${at}/tesla/rndc.conf -s ${one} status 2>&1 | grep -c 'rndc: ')"`,
    )
    for (const server of ['a', 'aaaa', 'ptr', 'txt'])
      expect(output.match(new RegExp(`^${server} `, 'gm'))?.length, output).toBe(4)
    expect(output.match(new RegExp(`^a wiki-app.tesla.mesh.example.net. ${wiki} $`, 'gm'))?.length, output).toBe(4)
    expect(output.match(new RegExp(`^aaaa ${wiki6}$`, 'gm'))?.length, output).toBe(4)
    expect(output.match(/^ptr (?:wiki-app.tesla.mesh.example.net. ?){2}$/gm)?.length, output).toBe(4)
    expect(output.match(/^txt "say \\"hi\\"; or not"$/gm)?.length, output).toBe(4)
    expect(Number(/^with key (\d+)$/m.exec(output)?.[1]), output).toBeGreaterThan(30)
    for (const refused of [
      'without 0',
      'wrong 0',
      'from a secondary 0',
      'recursion 1',
      'stranger 1',
      'version ',
      "stranger's statistics 0",
    ])
      expect(output).toContain(`${refused}\n`)
    expect(output).toContain("stranger's mail 10 mail.example.org.\n")
    expect(output).toMatch(/^statistics [1-9]/m)
    expect(output).toMatch(/^copy [1-9]/m)
    expect(output).toContain('new 10.65.9.9 10.65.9.9\n')
    expect(output).toContain('rndc with another key 1\n')
  })

  test('a secondary with another key gets nothing', async () => {
    const made = await setting(services)
    const foreign = /key "tesla.transfer" \{[^}]*secret "(.*)"/.exec(textOf(made, 'tesla', 'keys.conf'))?.[1] ?? ''
    const at = installed(made, (path, text) =>
      path === 'newton/keys.conf' ? text.replace(/(key "newton.transfer" \{[^}]*secret ").*"/, `$1${foreign}"`) : text,
    )
    const [one, two] = hosts.map(host => addressOf(made, host))
    const { output } = alone(
      everyAddress(made),
      `for h in bohr newton; do named -g -u bind -c ${at}/$h/named.conf > ${at}/$h/log 2>&1 & done
      for i in $(seq 100); do dig +short +time=1 +tries=1 @${one} mesh.example.net SOA | grep -q . && break; sleep 0.1; done
      for i in $(seq 100); do grep -q 'tsig\\|TSIG\\|BADSIG' ${at}/newton/log && break; sleep 0.1; done
      dig +time=1 @${two} mesh.example.net SOA | grep -o 'status: SERVFAIL'
      grep -ho 'BADSIG\\|tsig indicates error\\|tsig verify failure' ${at}/*/log | sort -u
      ls ${at}/newton/secondary`,
    )
    expect(output).toContain('status: SERVFAIL')
    expect(output).toMatch(/BADSIG|tsig/)
    expect(output).not.toMatch(/^mesh.example.net$/m)
  })

  test('unbound asks them for the names of the mesh, and takes such answers from nobody else', async () => {
    const made = await setting(services)
    const at = installed(made)
    const conf = made
      .textOf('tesla', 'dns-resolver', 'usr/local/etc/unbound/unbound.conf')
      .replaceAll('/usr/local/etc/unbound', at)
      .replace('/var/run/unbound.pid', '')
      .replace('use-syslog: yes', 'use-syslog: no')
    writeFileSync(join(at, 'unbound.conf'), conf)
    // Without the lines that let it through, unbound keeps private zones and addresses to itself.
    writeFileSync(join(at, 'strict.conf'), conf.replaceAll(/^ {2}(?:private-domain|local-zone): .*\n/gm, ''))
    const [own, own6] = made.addressesOf('tesla', 'dns-resolver')
    const [wiki, wiki6] = made.addressesOf('tesla', 'wiki-app')
    const servers = hosts.map(host => addressOf(made, host))
    const { output } = alone(
      [...everyAddress(made), own, own6],
      `for h in ${hosts.join(' ')}; do named -g -u bind -c ${at}/$h/named.conf > ${at}/$h/log 2>&1 & done
      q() { dig +time=3 +tries=3 @${own} "$@" | grep -v '^;; communications error'; }
      up() { for i in $(seq 100); do dig +short +time=1 +tries=1 @$1 $2 | grep -q . && return; sleep 0.1; done; cat ${at}/log; }
      for s in ${servers.join(' ')}; do for z in ${zones.join(' ')}; do up $s "$z SOA"; done; done
      unbound-checkconf ${at}/unbound.conf
      unbound -d -c ${at}/unbound.conf > ${at}/log 2>&1 & unbound=$!
      up ${own} localhost
      echo "a $(q +short wiki.mesh.example.net A | tr '\n' ' ')"
      echo "aaaa $(q +short wiki-app.tesla.mesh.example.net AAAA)"
      echo "ptr $(q +short -x ${wiki}) $(q +short -x ${wiki6})"
      echo "mail $(q +short example.org MX)"
      echo "none $(q nobody.mesh.example.net | grep -c NXDOMAIN)"
      echo "elsewhere $(q -x 10.200.0.1 | grep -c NXDOMAIN)"
      kill $unbound; wait $unbound
      unbound -d -c ${at}/strict.conf > ${at}/log 2>&1 & up ${own} localhost
      echo "strict a $(q +short tesla.mesh.example.net A)"
      echo "strict ptr $(q +short -x ${wiki})"`,
    )
    expect(output).toContain('no errors')
    expect(output).toContain(`a wiki-app.tesla.mesh.example.net. ${wiki} \n`)
    expect(output).toContain(`aaaa ${wiki6}\n`)
    expect(output).toContain('ptr wiki-app.tesla.mesh.example.net. wiki-app.tesla.mesh.example.net.\n')
    expect(output).toContain('mail 10 mail.example.org.\n')
    expect(output).toContain('none 1\nelsewhere 1\n')
    expect(output).toContain('strict a \nstrict ptr \n')
  })
})
