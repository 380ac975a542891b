import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Offers } from '../../src/services/capability.ts'
import type { Deployed } from '../../src/services/kind.ts'
import { renderHaproxyConf, word } from '../../src/services/haproxy/haproxy.conf.ts'
import type { Options } from '../../src/services/haproxy/options.ts'
import { alone, complaints, laidOut, setting, type Setting, withPrograms } from './setting.ts'

const behind = `
wiki:
  kind: generic
  count: 3
  hosts: [tesla, newton, bohr]
  domains: [wiki.example.org]
  check: {port: 8080, path: /health}
api:
  kind: generic
  hosts: [newton]
  domains: [api.example.org]
  check: {port: 8081, path: /ok, status: 204}
idle: {kind: generic}
`
const door = (more = '') => `
front:
  kind: haproxy
  uses: {http: [api, wiki]}
${more.trim().replace(/^(?=.)/gm, '  ')}
${behind.replace(/^\n/, '')}`

const routes = `
routes:
  - {host: "*.example.org", to: wiki}
  - {host: wiki.example.org, path: /api, to: api, strip: true}
  - {host: wiki.example.org, path: /api/raw, to: api}
  - {path: /status, to: api}
  - {header: {name: X-Tenant, value: "it's # one"}, to: api}
`
const conf = (found: Setting, host = 'faraday') => found.textOf(host, 'front-edge', 'usr/local/etc/haproxy.conf')
const section = (text: string, name: string) =>
  text.match(new RegExp(`^${name}\\n(?:(?:  .*)?\\n)*`, 'm'))?.[0] ?? `no section ${name}`

/** The shipped region in which tesla and faraday have these labels. */
const labelled = (tesla: string, faraday: string) => {
  const shipped = readFileSync(join(import.meta.dirname, '../../regions/west-europe.yaml'), 'utf8')
  return {
    'regions/west-europe.yaml': shipped
      .replace(/^ {4}jails:\n(?: {6}.*\n)*/gm, '')
      .replace('  tesla:\n', `  tesla:\n    labels: [${tesla}]\n`)
      .replace('  faraday:\n', `  faraday:\n    labels: [${faraday}]\n`),
  }
}
const pair = `
front:
  kind: haproxy
  count: 2
  labels: [segment-ams]
  vip: {kind: carp, address: [203.0.113.80, "2001:db8:1::0:80"], vhid: 7}
${behind.replace(/^\n/, '')}`

describe('an edge', () => {
  test('sits where edges belong, redirects to TLS and asks servers what they serve', async () => {
    const found = await setting(door())
    const text = conf(found)
    const [inet, inet6] = found.addressesOf('faraday', 'front-edge')
    expect(section(text, 'frontend edge.http')).toContain(`  bind ${inet}:80\n  bind [${inet6}]:80\n`)
    expect(section(text, 'frontend edge.http')).toContain('http-request redirect scheme https code 301\n')
    expect(section(text, 'frontend edge.https')).toContain(
      `  bind ${inet}:443 ssl crt /usr/local/etc/haproxy/certs alpn h2,http/1.1\n`,
    )
    expect(section(text, 'frontend edge.status')).toContain(`  bind ${inet}:8404\n`)
    expect(section(text, 'backend api')).toContain(
      '  option httpchk\n' +
        '  http-check send meth GET uri /ok ver HTTP/1.1 hdr Host api.example.org\n' +
        '  http-check expect status 204\n',
    )
    expect(text).not.toContain('backend idle')
    expect(text.endsWith('\n')).toBe(true)
    expect(found.textOf('faraday', 'front-edge', 'etc/rc.conf')).toContain('haproxy_enable="YES"\n')
    const manifest = JSON.parse(found.files.get('faraday.manifest.json') ?? '') as { services: unknown[] }
    expect(manifest.services).toContainEqual(
      expect.objectContaining({
        packages: ['haproxy30'],
        probe: { kind: 'http', port: 8404, path: '/alive', expect: [200] },
        metrics: { port: 8404, path: '/metrics', job: 'haproxy' },
        'first-start': ['/usr/local/libexec/meshwright/front-certificates.sh'],
      }),
    )
  })

  test('prefers servers of its own region; the others wait in order of distance', async () => {
    const text = conf(await setting(door()))
    const servers = [...section(text, 'backend wiki').matchAll(/^ {2}server (\S+) \S+ check(.*)$/gm)]
    expect(servers.map(([, host, rest]) => `${host}${rest}`)).toEqual(['tesla', 'newton backup', 'bohr backup'])
  })

  test('routes by the most specific rule first, whatever the order in mesh.yaml', async () => {
    const text = conf(await setting(door(routes)))
    const said = [...text.matchAll(/^ {2}acl (route\d+\.\w+) (.*)$/gm)].map(([, name, rest]) => `${name} ${rest}`)
    expect(said).toEqual([
      'route1.host var(txn.host) -m str -- wiki.example.org',
      'route1.path path -m str -- /api/raw',
      'route1.path path -m beg -- /api/raw/',
      'route2.host var(txn.host) -m str -- wiki.example.org',
      'route2.path path -m str -- /api',
      'route2.path path -m beg -- /api/',
      'route3.host var(txn.host) -m str -- api.example.org',
      'route4.host var(txn.host) -m str -- wiki.example.org',
      'route5.host var(txn.host) -m end -- .example.org',
      'route6.path path -m str -- /status',
      'route6.path path -m beg -- /status/',
      String.raw`route7.header req.hdr(X-Tenant) -m str -- it\'s\ \#\ one`,
    ])
    const turned = routes.trim().split('\n')
    const reversed = [turned[0], ...turned.slice(1).toReversed()].join('\n')
    expect(conf(await setting(door(reversed)))).toBe(text)
  })

  test('is reached from outside on two ports, reaches its servers, and nobody else is', async () => {
    const found = await setting(door())
    const [edge] = found.addressesOf('faraday', 'front-edge')
    const [wiki] = found.addressesOf('tesla', 'wiki-app')
    const faraday = found.files.get('faraday/etc/pf.conf') ?? ''
    for (const port of [80, 443])
      expect(faraday).toContain(`rdr on $ext inet proto tcp from any to ($ext) port ${port} -> ${edge}`)
    expect(faraday).not.toMatch(/rdr on .* port 8404/)
    expect(found.files.get('tesla/etc/pf.conf')).toMatch(
      new RegExp(`pass in quick on wg0 inet proto tcp from ${edge} to ${wiki} port 8080 `),
    )
    const idle = found.deployment.services.find(({ name }) => name === 'idle')?.instances('app')[0]?.jail
    const all = [...found.files].filter(([path]) => path.endsWith('pf.conf')).map(([, text]) => text)
    expect(idle).toBeDefined()
    const lines = all.join('').split('\n')
    expect(lines.filter(line => line.includes(`to ${idle?.address.inet.text} `))).toEqual([])
  })

  test.each([
    ['sticky: table', [10_000]],
    ['failover: {kind: hook, command-file: /root/move}', [8404]],
    ['sticky: cookie', []],
  ])('talks to other edges only as far as it has to: %s', async (more, ports) => {
    const found = await setting(door(`count: 2\nhosts: [faraday, newton]\n${more}`))
    const [faraday = '', newton = ''] = ['faraday', 'newton'].map(host => found.addressesOf(host, 'front-edge')[0])
    const between = (found.files.get('newton/etc/pf.conf') ?? '')
      .split('\n')
      .filter(line => line.includes(`from ${faraday} to ${newton} port`))
    expect(between.map(line => Number(/ port (\d+)/.exec(line)?.[1]))).toEqual(ports)
  })

  test('keeps a user on a server by a cookie of its own, or by the cookie of the application', async () => {
    const found = await setting(door('count: 2\nhosts: [faraday, newton]\nsticky: table\n'))
    const text = sticky(found, 'faraday', { sticky: 'table' })
    expect(text).toContain('  stick-table type string len 128 size 100k expire 30m peers edge.peers\n')
    expect(text).toContain('  stick match req.cook(SID)\n')
    expect(section(text, 'peers edge.peers').match(/^ {2}peer \S+ \S+:10000$/gm)).toHaveLength(2)
    expect(text).toContain('localpeer faraday\n')
    const own = sticky(found, 'faraday', { sticky: 'cookie' })
    expect(own).toContain('  cookie edge_SID insert indirect nocache httponly secure\n')
    const values = [...own.matchAll(/ cookie ([0-9a-f]{12})\b/g)].map(([, value]) => value)
    expect(new Set(values).size).toBe(3)
    expect(own).not.toContain('peers')
  })

  test('knows what its version knows', async () => {
    expect(conf(await setting(door('bandwidth: 10M\n')))).toContain(
      '  filter bwlim-out edge.bandwidth default-limit 10485760 default-period 1s\n',
    )
    expect(conf(await setting(door()))).toContain('glitches-threshold')
    expect(conf(await setting(door('version: "2.8"\n')))).not.toContain('glitches-threshold')
  })

  test.each([
    ['tls: none\nhsts: {}', 'service-option', 'tls: files'],
    ['tls: none\ncertificates: [a.pem]', 'service-option', ''],
    ['certificates: [../a.pem]', 'bad-value', ''],
    ['hsts: {preload: true}', 'service-option', ''],
    ['version: "2.4"', 'bad-value', ''],
    ['version: "2.6"\nbandwidth: 1M', 'service-version', '2.8'],
    ['routes: [{path: /x, to: wikki}]', 'unknown-reference', 'Did you mean wiki?'],
    ['routes: [{path: /x, to: idle}]', 'unknown-reference', ''],
    ['default: idle\nuses: {http: [idle]}', 'service-option', 'check'],
    ['routes: [{to: wiki}]', 'service-option', 'default'],
    ['routes: [{host: a.example, to: wiki, strip: true}]', 'service-option', ''],
    ['routes: [{host: wiki.example.org, to: api}]', 'service-option', 'One request'],
    ['routes: [{path: /x/, to: wiki}]', 'bad-value', ''],
    ['routes: [{path: "/x y", to: wiki}]', 'bad-value', ''],
    ['routes: [{header: {name: "A:", value: b}, to: wiki}]', 'bad-value', ''],
    ['routes: [{header: {name: A, value: "b\\nc"}, to: wiki}]', 'bad-value', ''],
    ['acme: nobody', 'unknown-reference', ''],
    ['vip: {kind: carp, address: 203.0.113.80, vhid: 1}', 'service-option', 'count: 2'],
    ['count: 2\nvip: {kind: carp, address: 203.0.113.80, vhid: 256}', 'bad-value', ''],
    ['count: 2\nvip: {kind: carp, address: [203.0.113.80, 203.0.113.81], vhid: 1}', 'service-option', ''],
    ['failover: {kind: hook, command-file: /root/move}', 'service-option', 'count: 2'],
    ['count: 2\nfailover: {kind: hook, command-file: "/root/move $(x)"}', 'bad-value', ''],
    ['rate: {requests: 0}', 'bad-value', ''],
  ])('%s is refused', async (more, code, hint) => {
    const text = door(more)
    const once = more.includes('uses:') ? text.replace('  uses: {http: [api, wiki]}\n', '') : text
    const found = await complaints(once)
    expect(found.map(one => one.code)).toContain(code)
    expect(found.map(one => one.hint ?? '').join()).toContain(hint)
  })

  test('refuses a domain that two services claim, and one that is none', async () => {
    const other = 'other: {kind: generic, domains: [WIKI.example.org], check: {port: 80, path: /}}\n'
    expect(await complaints('front: {kind: haproxy}\n' + behind + other)).toMatchObject([
      { code: 'service-option', message: 'wiki.example.org / is said to be of other and of wiki' },
    ])
    const none = 'other: {kind: generic, domains: ["a b"], check: {port: 80, path: /}}\n'
    expect((await complaints('front: {kind: haproxy}\n' + none)).map(({ code }) => code)).toContain('service-option')
  })

  test('quotes what HAProxy would read otherwise', () => {
    expect(word('/health?a=1')).toBe('/health?a=1')
    expect(word('two words')).toBe("'two words'")
    expect(word('$HOME "x"')).toBe(`'$HOME "x"'`)
    expect(word("it's")).toBe(String.raw`it\'s`)
    expect(() => word('a\nb')).toThrow('bug')
  })
})

/** The file as Debian's haproxy reads it: its user, and paths of the test. */
const local = (text: string, directory: string): string =>
  text
    .replaceAll('/usr/local/etc/haproxy/certs', `${directory}/certs`)
    .replaceAll('/var/run/haproxy.sock', `${directory}/sock`)
    .replace('chroot /var/empty', `chroot ${directory}/empty`)
    .replaceAll(/^( +(?:user|group)) www$/gm, '$1 www-data')

const everyOption = `
version: "2.6"
count: 2
hosts: [faraday, newton]
certificates: [a.pem, b.pem]
acme: api
hsts: {days: 365, subdomains: true, preload: true}
default: wiki
rate: {requests: 50, seconds: 60, connections: 20, except: [198.51.100.0/24, "2001:db8:ad::/48"]}
sticky: table
failover: {kind: hook, command-file: /usr/local/etc/haproxy/move}
${routes.trim()}
`

/** Programs of FreeBSD that do nothing but what a test wants of them. */
const fakes = (programs: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(programs).map(([name, text]) => [`bin/${name}`, `#!/bin/sh\n${text}\n`]))

describe('an address that two edges share', () => {
  const carp = 'etc/rc.conf.d/netif/meshwright-carp'

  test('is an alias of both hosts, and pf lets them talk about it', async () => {
    const found = await setting(pair, labelled('segment-ams', 'segment-ams'))
    const of = (host: string, path: string) => found.files.get(`${host}/${path}`) ?? `no ${path} on ${host}`
    const password = /pass (\S+) /.exec(of('tesla', carp))?.[1] ?? ''
    expect(password).toMatch(/^[A-Za-z0-9]{20}$/)
    for (const [host, skew] of [
      ['faraday', 0],
      ['tesla', 100],
    ] as const) {
      expect(of(host, carp)).toContain(
        `meshwright_carp_alias vtnet0 "inet vhid 7 advskew ${skew} pass ${password} alias 203.0.113.80/32"\n` +
          `meshwright_carp_alias vtnet0 "inet6 vhid 7 advskew ${skew} pass ${password} 2001:db8:1::80/128"\n`,
      )
      expect(of(host, 'etc/pf.conf')).toContain(
        'pass in quick on $ext inet proto carp from any to 224.0.0.18 keep state (no-sync) label "carp inet"\n' +
          'pass in quick on $ext inet6 proto carp from any to ff02::12 keep state (no-sync) label "carp inet6"\n',
      )
      expect(of(host, 'boot/loader.conf.d/meshwright-carp.conf')).toContain('carp_load="YES"\n')
      const manifest = JSON.parse(found.files.get(`${host}.manifest.json`) ?? '') as { files: { path: string }[] }
      expect(manifest.files.find(({ path }) => path === `/${carp}`)).toMatchObject({ mode: '0600', reload: 'netif' })
      expect(manifest.files.find(({ path }) => path.endsWith('rc.d/meshwright_carp'))).toMatchObject({
        mode: '0755',
        reload: 'service:meshwright_carp/restart',
      })
    }
    expect([...found.files].filter(([, text]) => text.includes(password)).map(([path]) => path)).toEqual([
      `faraday/${carp}`,
      `tesla/${carp}`,
    ])
    expect([...found.files.keys()].filter(path => path.includes('carp') && !/^(?:faraday|tesla)\//.test(path))).toEqual(
      [],
    )
    const again = await setting(pair.replace('front:', 'second:'), labelled('segment-ams', 'segment-ams'))
    expect(again.files.get(`tesla/${carp}`)).not.toContain(password)
    // The tables of a pair follow the address.
    expect(conf(found)).toMatch(/store conn_cur,http_req_rate\(10s\) peers edge\.peers\n/)
  })

  test('is not there without being asked for', async () => {
    const { files } = await setting(door('count: 2'))
    expect([...files].filter(([path, text]) => /carp/.test(path + text)).map(([path]) => path)).toEqual([])
  })

  test.each([
    ['segment-ams', 'segment-fra', 'segment-… in common'],
    ['rack-1', 'rack-1', 'segment-… in common'],
  ])('needs one segment: %s and %s', async (tesla, faraday, says) => {
    const text = pair.replace('labels: [segment-ams]', 'hosts: [tesla, faraday]')
    const found = await complaints(text, labelled(tesla, faraday))
    expect(found).toMatchObject([{ code: 'service-option', place: { path: ['services', 'front', 'vip'] } }])
    expect(found[0]?.message).toContain(`faraday and tesla have no label ${says}`)
    expect(await complaints(text, labelled('segment-ams', 'segment-ams, rack-1'))).toEqual([])
  })

  test('is not the address of a host', async () => {
    const text = pair.replace('203.0.113.80', '203.0.113.10')
    expect(await complaints(text, labelled('segment-ams', 'segment-ams'))).toMatchObject([
      { code: 'service-option', message: '203.0.113.10 is the address of tesla itself' },
    ])
  })

  test('takes the first number that no alias of the admin has, however often it is read', async () => {
    const found = await setting(pair, labelled('segment-ams', 'segment-ams'))
    const directory = laidOut({ fragment: found.files.get(`faraday/${carp}`) ?? '' })
    const script = `ifconfig_vtnet0_alias0="inet 192.0.2.1/32"\n. ${directory}/fragment\n. ${directory}/fragment\nset`
    const { stdout } = spawnSync('sh', ['-euc', script], { encoding: 'utf8' })
    expect(stdout.match(/^ifconfig_vtnet0_alias.*?='\w+ \S+/gm)).toEqual([
      "ifconfig_vtnet0_alias0='inet 192.0.2.1/32'",
      "ifconfig_vtnet0_alias1='inet vhid",
      "ifconfig_vtnet0_alias2='inet6 vhid",
    ])
    for (const path of ['usr/local/etc/rc.d/meshwright_carp', 'usr/local/libexec/meshwright/carp-check.sh', carp])
      expect(shellReads(found.files.get(`faraday/${path}`) ?? 'if')).toBe('')
  })

  test('is given up after three failed looks and may be had again after three good ones', async () => {
    const found = await setting(pair, labelled('segment-ams', 'segment-ams'))
    const directory = laidOut(
      fakes({
        jexec: 'shift; exec "$@"',
        fetch: 'test ! -e DIR/sick && echo "$*" >>DIR/asked',
        sysctl: 'echo "$*" >>DIR/said',
        logger: ':',
      }),
      0o755,
    )
    for (const name of ['fetch', 'sysctl']) {
      const path = join(directory, 'bin', name)
      writeFileSync(path, readFileSync(path, 'utf8').replaceAll('DIR', directory))
    }
    const check = found.files.get('faraday/usr/local/libexec/meshwright/carp-check.sh') ?? ''
    writeFileSync(
      join(directory, 'check.sh'),
      check.replace('PATH=', `PATH=${directory}/bin:`).replace('/var/run/', `${directory}/run/`),
    )
    const look = (times: number) => `for i in $(seq ${times}); do sh ${directory}/check.sh; done\n`
    const script = `set -eu
      ${look(2)} touch ${directory}/sick; ${look(2)} rm ${directory}/sick; ${look(1)} touch ${directory}/sick; ${look(2)}
      test ! -e ${directory}/said
      ${look(6)} rm ${directory}/sick; ${look(2)}
      grep -c . ${directory}/said
      ${look(6)} cat ${directory}/said`
    const ran = spawnSync('sh', ['-c', script], { encoding: 'utf8' })
    expect(ran.stderr + ran.stdout).toBe('1\nnet.inet.carp.demotion=240\nnet.inet.carp.demotion=-240\n')
    const [inet] = found.addressesOf('faraday', 'front-edge')
    expect(readFileSync(join(directory, 'asked'), 'utf8')).toContain(`http://${inet}:8404/alive`)
  })
})

describe('a command that is run when an edge goes', () => {
  const hooked = door(
    'count: 3\nhosts: [bohr, faraday, newton]\nfailover: {kind: hook, command-file: /usr/local/etc/haproxy/move, misses: 3}',
  )
  const libexec = 'usr/local/libexec/meshwright'

  /** The scripts of an edge with the programs of a test, and a command that writes down how it is called. */
  async function watching(host: string) {
    const found = await setting(hooked)
    const directory = laidOut(
      {
        ...fakes({ fetch: 'for url; do :; done\ncase $url in\nTABLE\nesac', logger: ':' }),
        move: '#!/bin/sh\necho "$*" >>DIR/moves\ntest ! -e DIR/broken\n',
        'gone/.keep': '',
        'db/.keep': '',
      },
      0o755,
    )
    const rewrite = (text: string) =>
      text
        .replace('PATH=', `PATH=${directory}/bin:`)
        .replaceAll('/usr/local/libexec/meshwright', directory)
        .replaceAll('/usr/local/etc/haproxy/move', `${directory}/move`)
        .replace('/var/db/', `${directory}/db/`)
        .replaceAll(/\/var\/(?:log|run)\//g, `${directory}/`)
        .replace(/sleep \d+/g, ':')
    for (const name of ['failover.sh', 'failover-watch.sh'])
      writeFileSync(join(directory, name), rewrite(found.textOf(host, 'front-edge', `${libexec}/${name}`)), {
        mode: 0o755,
      })
    const table = instances(found).map(
      edge => `http://${edge.jail.address.inet.text}:8404/alive) test ! -e ${directory}/gone/${edge.host.name} ;;`,
    )
    for (const name of ['bin/fetch', 'move']) {
      const path = join(directory, name)
      writeFileSync(path, readFileSync(path, 'utf8').replace('TABLE', table.join('\n')).replaceAll('DIR', directory))
    }
    return {
      directory,
      run: (script: string) => {
        const whole = `cd ${directory}\nwatch() { sh ./failover-watch.sh "$1"; }\n${script}\n`
        const ran = spawnSync('sh', ['-euc', whole], { encoding: 'utf8', timeout: 30_000 })
        return ran.stdout + ran.stderr
      },
    }
  }

  test('is there on every edge, started by rc, and may ask the world', async () => {
    const found = await setting(hooked)
    for (const { host, jail } of instances(found)) {
      expect(found.textOf(host.name, 'front-edge', 'etc/rc.conf')).toContain('meshwright_failover_enable="YES"\n')
      expect(found.files.get(`${host.name}/etc/pf.conf`)).toMatch(
        new RegExp(
          `pass in quick on epair\\d+a inet proto tcp from ${jail.address.inet.text} to ! <overlay4> port 443 `,
        ),
      )
      for (const path of [
        `${libexec}/failover.sh`,
        `${libexec}/failover-watch.sh`,
        'usr/local/etc/rc.d/meshwright_failover',
      ])
        expect(shellReads(found.textOf(host.name, 'front-edge', path))).toBe('')
    }
    expect(shellReads('if true; then')).not.toBe('')
    const pf = [...(await setting(door('count: 3\nhosts: [bohr, faraday, newton]'))).files].filter(([path]) =>
      path.endsWith('pf.conf'),
    )
    expect(pf.map(([, text]) => text).join('')).not.toMatch(/to ! <overlay4> port 443/)
  })

  test('is run once, after the misses, by the next living edge, and again when the edge is back', async () => {
    const { run, directory } = await watching('faraday')
    // In the order of names: bohr, faraday, newton. faraday stands in for bohr, newton for faraday, bohr for newton.
    expect(
      run(`
        watch 5; test ! -e moves
        touch gone/newton; watch 9; test ! -e moves
        rm gone/newton; watch 9
        touch gone/bohr; watch 2; test ! -e moves
        rm gone/bohr; watch 1; touch gone/bohr; watch 2; test ! -e moves
        watch 9; cat moves
        rm gone/bohr; watch 9; cat moves`),
    ).toBe('take bohr 192.0.2.30\ntake bohr 192.0.2.30\nrelease bohr 192.0.2.30\n')
    expect(readFileSync(join(directory, 'meshwright-failover.log'), 'utf8')).toMatch(
      /^\S+Z take bohr \(192\.0\.2\.30\): done\n\S+Z release bohr \(192\.0\.2\.30\): done\n$/,
    )
  })

  test('covers for an edge that should have stood in itself', async () => {
    const { run } = await watching('faraday')
    expect(run('touch gone/newton gone/bohr; watch 5; cat moves')).toBe(
      'take bohr 192.0.2.30\ntake newton 198.51.100.20\n',
    )
  })

  test('and the look for a shared address are kept by daemon(8)', async () => {
    const started = (text: string) => {
      const rc =
        'load_rc_config() { :; }\nrun_rc_command() { eval "set -- $command $command_args"; printf "%s\\n" "$@"; }'
      return spawnSync('sh', ['-e'], { input: text.replace('. /etc/rc.subr', rc), encoding: 'utf8' }).stdout
    }
    const { files } = await setting(pair, labelled('segment-ams', 'segment-ams'))
    expect(started(files.get('tesla/usr/local/etc/rc.d/meshwright_carp') ?? '')).toBe(
      '/usr/sbin/daemon\n-f\n-R\n5\n-P\n/var/run/meshwright_carp.pid\n-t\nmeshwright_carp\n/bin/sh\n-c\n' +
        'while :; do /bin/sh /usr/local/libexec/meshwright/carp-check.sh; sleep 2; done\n',
    )
    const found = await setting(hooked)
    expect(started(found.textOf('faraday', 'front-edge', 'usr/local/etc/rc.d/meshwright_failover'))).toMatch(
      /^\/usr\/sbin\/daemon\n[^]*\/bin\/sh\n\/usr\/local\/libexec\/meshwright\/failover-watch\.sh\n$/,
    )
  })

  test('is not run by an edge that does not work itself', async () => {
    const { run } = await watching('faraday')
    expect(run('touch gone/bohr gone/faraday; watch 9; test ! -e moves; rm gone/faraday; watch 1; cat moves')).toBe(
      'take bohr 192.0.2.30\n',
    )
  })

  test('is tried again when it failed, and never run when others could have changed it', async () => {
    const { run, directory } = await watching('faraday')
    expect(run('touch gone/bohr broken; watch 4; rm broken; watch 4; cat moves')).toBe(
      'take bohr 192.0.2.30\n'.repeat(3),
    )
    const log = () => readFileSync(join(directory, 'meshwright-failover.log'), 'utf8')
    expect(log()).toContain('failed with 1')
    expect(run('rm moves; chmod 0775 move; ./failover.sh take bohr 192.0.2.30 || echo $?; test ! -e moves')).toBe(
      '77\n',
    )
    expect(run('rm move; ./failover.sh take bohr 192.0.2.30 || echo $?')).toBe('69\n')
    expect(run('./failover.sh steal bohr 192.0.2.30 2>/dev/null || echo $?')).toBe('64\n')
  })

  test('is run once at a time', async () => {
    const { run } = await watching('faraday')
    const script = `
      mkdir meshwright-failover.lock; echo $$ >meshwright-failover.lock/pid
      ./failover.sh take bohr 192.0.2.30 || echo $?
      echo 999999999 >meshwright-failover.lock/pid
      ./failover.sh take bohr 192.0.2.30; cat moves; test ! -e meshwright-failover.lock`
    expect(run(script)).toBe('75\ntake bohr 192.0.2.30\n')
  })
})

const shellReads = (text: string): string => spawnSync('sh', ['-n'], { input: text, encoding: 'utf8' }).stderr

withPrograms('haproxy', 'openssl')('real HAProxy', () => {
  const quiet = expect.not.stringMatching(/WARNING|ALERT/) as string
  /** Lays certificates out and reads the file. */
  const read = (text: string, addresses: readonly string[], certificates = ['a', 'b']) => {
    const directory = laidOut({ 'empty/.keep': '', 'certs/.keep': '' })
    writeFileSync(join(directory, 'haproxy.conf'), local(text, directory))
    const made = certificates.map(name => `${selfSigned(`${directory}/certs/${name}.pem`)}\n`).join('')
    return alone(addresses, `${made}haproxy -dW -c -f ${directory}/haproxy.conf`)
  }

  test.each([
    ['as it comes', 'version: "2.6"'],
    ['every option', everyOption],
    ['nothing behind it', 'uses: {}'],
    ['no TLS', 'version: "2.6"\ntls: none\nacme: api\nrate: "off"'],
  ])('reads %s without a warning', async (_, more) => {
    const found = await setting(more.includes('uses') ? `front:\n  kind: haproxy\n  version: "2.6"` : door(more))
    for (const { host, jail } of instances(found))
      expect(read(conf(found, host.name), [jail.address.inet.text])).toEqual({ status: 0, output: quiet })
  })

  test('reads the file of an application that keeps its users', async () => {
    const found = await setting(door('version: "2.6"\ncount: 2\nhosts: [faraday, newton]'))
    for (const way of ['table', 'cookie'] as const)
      expect(read(sticky(found, 'faraday', { sticky: way }), [])).toEqual({ status: 0, output: quiet })
  })

  test.each([
    ['a missing line break at the end', (text: string) => text.trimEnd(), 'Missing LF'],
    ['an unknown word', (text: string) => text.replace('balance leastconn', 'balanse leastconn'), 'balanse'],
    ['a warning', (text: string) => text.replace('option dontlog-normal', 'no log'), 'zero-warning'],
    ['a route to nowhere', (text: string) => text.replace('use_backend wiki', 'use_backend wikki'), 'wikki'],
    ['a table that is not there', (text: string) => text.replace('backend edge.clients', 'backend edge.other'), ''],
    ['newer words', (text: string) => text.replace('  daemon\n', '  daemon\n  tune.h2.fe.glitches-threshold 9\n'), ''],
  ])('refuses %s', async (_, broken, says) => {
    const text = conf(await setting(door('version: "2.6"')))
    expect(broken(text)).not.toBe(text)
    const { status, output } = read(broken(text), [])
    expect(status).toBe(1)
    expect(output).toContain(says)
  })

  test('refuses an empty directory of certificates, and the first start fills it', async () => {
    const found = await setting(door('version: "2.6"'))
    expect(read(conf(found), [], [])).toMatchObject({ status: 1 })
    const script = found.textOf('faraday', 'front-edge', 'usr/local/libexec/meshwright/front-certificates.sh')
    const directory = laidOut(
      { 'empty/.keep': '', 'certs/.keep': '', 'bin/service': '#!/bin/sh\necho "service $*"\n' },
      0o755,
    )
    writeFileSync(join(directory, 'haproxy.conf'), local(conf(found), directory))
    writeFileSync(join(directory, 'first.sh'), local(script, directory).replace(/^PATH=.*$/m, ''))
    const run = `PATH=${directory}/bin:$PATH sh ${directory}/first.sh`
    const { status, output } = alone(
      [],
      `${run}; ${run}; stat -c %a ${directory}/certs/*; haproxy -dW -c -f ${directory}/haproxy.conf`,
    )
    expect(status).toBe(0)
    expect(output).toMatch(/none was there, .*\nservice haproxy start\ncertificates: .* is there\n600\n/)
  })

  test.each([
    ['table', true],
    ['cookie', true],
    ['table nobody tells', false],
  ])('keeps a user on a server, whichever edge is asked: %s', async (name, kept) => {
    const way = name === 'cookie' ? 'cookie' : 'table'
    const found = await setting(door('version: "2.6"\ncount: 2\nhosts: [faraday, newton]\ntls: none'))
    const hosts = ['faraday', 'newton']
    const [faraday = '', newton = ''] = hosts.map(host => found.addressesOf(host, 'front-edge')[0])
    const servers = ['tesla', 'newton', 'bohr'].map(host => found.addressesOf(host, 'wiki-app')[0])
    const directory = laidOut({ 'server.py': server, 'faraday/empty/.keep': '', 'newton/empty/.keep': '' })
    const tlsLess = (host: string) => {
      const text = sticky(found, host, { sticky: way })
      return kept ? text : text.replace('expire 30m peers edge.peers', 'expire 30m')
    }
    for (const host of hosts)
      writeFileSync(join(directory, host, 'haproxy.conf'), local(tlsLess(host), join(directory, host)))
    const script = `
cd ${directory}
for at in ${servers.join(' ')}; do python3 server.py $at:8080 2>/dev/null & done
for at in ${servers.join(' ')}; do
  for i in $(seq 100); do curl -s -o /dev/null http://$at:8080/ && break; sleep 0.1; done
done
${beginEdges(hosts)}
for at in ${faraday} ${newton}; do
  for i in $(seq 100); do curl -sf -o /dev/null http://$at:8404/alive && break; sleep 0.1; done
done
get() { curl -s -m 5 -b $1 -c $1 -H 'Host: wiki.example.org' http://$2/$3; echo; }
${way === 'table' && kept ? `for i in $(seq 100); do ss -Htn state established '( sport = :10000 )' | grep -q . && break; sleep 0.1; done` : ''}
get own ${newton} login
get jar ${faraday} login
for i in $(seq 10); do get jar ${newton} | grep -q ^${servers[0]} && break; sleep 0.1; done
get jar ${newton}
get own ${faraday}
get none ${newton}
`
    const { output } = alone([...hosts.flatMap(host => found.addressesOf(host, 'front-edge')), ...servers], script)
    const [tesla, other] = servers
    expect(
      output
        .trim()
        .split('\n')
        .map(line => line.split(' ')[0]),
    ).toEqual([...[other, tesla], ...(kept ? [tesla, other] : [other, tesla]), other])
  })

  test('routes, checks, limits and believes no client', async () => {
    const more = `
version: "2.6"
acme: api
hsts: {days: 1}
rate: {requests: 20, seconds: 60}
${routes.trim()}
`
    const found = await setting(door(more))
    const [edge, edge6] = found.addressesOf('faraday', 'front-edge')
    const [tesla, newton, bohr] = ['tesla', 'newton', 'bohr'].map(host => found.addressesOf(host, 'wiki-app')[0])
    const apiAddress = found.deployment.services.find(({ name }) => name === 'api')?.instances('app')[0]?.jail.address
    const api = apiAddress?.inet.text ?? ''
    const directory = laidOut({ 'empty/.keep': '', 'certs/.keep': '', 'server.py': server })
    const quick = conf(found).replace('inter 3s fall 3 rise 2', 'inter 200ms fall 1 rise 1')
    writeFileSync(join(directory, 'haproxy.conf'), local(quick, directory))
    const script = `
cd ${directory}
${selfSigned('certs/a.pem')}
for at in ${[tesla, newton, bohr].map(address => `${address}:8080`).join(' ')} ${api}:8081; do
  python3 server.py $at 2>/dev/null &
done
for at in ${[tesla, newton, bohr].map(address => `${address}:8080`).join(' ')} ${api}:8081; do
  for i in $(seq 100); do curl -s -o /dev/null http://$at/ && break; sleep 0.1; done
done
haproxy -db -f haproxy.conf >log 2>&1 &
for i in $(seq 100); do curl -sf -o /dev/null http://${edge}:8404/alive && break; sleep 0.1; done
client=127.0.1.1
get() { curl -sk -m 5 --interface $client --resolve '*:443:${edge}' --resolve '*:80:${edge}' "$@" | tr '\\n' ' '; echo; }
say() { printf '%s: ' "$1"; shift; get "$@"; }
say host https://wiki.example.org/page
say other https://api.example.org/api/x
say path https://wiki.example.org/api/raw/x
say stripped https://wiki.example.org/api/v1?q=1
say bare https://wiki.example.org/api
say lookalike https://wiki.example.org/apis
say wildcard https://deep.example.org/
client=127.0.1.2
say header -H "X-Tenant: it's # one" https://elsewhere.example/
say nowhere -o /dev/null -w '%{http_code}' https://elsewhere.example/
say spoof -H 'X-Forwarded-For: 6.6.6.6' -H 'x-forwarded-for: 7.7.7.7' -H 'X_Forwarded_For: 8.8.8.8' -H 'Forwarded: for=9.9.9.9' -H 'Proxy: evil' https://wiki.example.org/headers
say http1 --http1.1 -H 'X-Forwarded-For: 6.6.6.6' https://wiki.example.org/headers
say redirect -o /dev/null -w '%{http_code} %{redirect_url}' http://wiki.example.org/a?b
say acme http://wiki.example.org/.well-known/acme-challenge/token
say hsts -o /dev/null -D - https://wiki.example.org/ | grep -io 'strict-transport-security: [^ ]*'
client=127.0.1.3
say limit -o /dev/null -w '%{http_code}' 'https://wiki.example.org/[1-30]'
printf 'limit6: '
for client in fd00:1::1 fd00:1::2 fd00:2::1; do
  curl -sk --interface $client --resolve 'wiki.example.org:443:[${edge6}]' -o /dev/null -w '%{http_code}' 'https://wiki.example.org/[1-15]'
done
echo
client=127.0.1.4
say unlimited -o /dev/null -w '%{http_code}' https://wiki.example.org/
touch sick-${tesla}
for i in $(seq 50); do curl -s http://${edge}:8404/metrics | grep -q 'haproxy_server_status{proxy="wiki",server="tesla",state="DOWN"} 1' && break; sleep 0.1; done
say failed https://wiki.example.org/page
touch sick-${newton} sick-${bohr} sick-${api}
for i in $(seq 50); do curl -sf -o /dev/null http://${edge}:8404/alive || break; sleep 0.1; done
printf 'alone: '; curl -s -o /dev/null -w '%{http_code}\\n' http://${edge}:8404/alive
say down -o /dev/null -w '%{http_code}' https://wiki.example.org/page
printf 'stats: '; echo 'show stat' | socat - UNIX:sock | grep -c '^wiki,'
`
    const { output } = alone(
      ['fd00:1::1', 'fd00:1::2', 'fd00:2::1', edge, edge6, tesla ?? '', newton ?? '', bohr ?? '', api],
      script,
    )
    const said = new Map(output.split('\n').map(line => [line.split(': ')[0], line.replace(/^\w+: /, '').trim()]))
    const get = (what: string) => said.get(what) ?? `nothing about ${what} in:\n${output}`
    expect(get('host')).toBe(`${tesla} /page xff=127.0.1.1`)
    expect(get('other')).toBe(`${api} /api/x xff=127.0.1.1`)
    expect(get('path')).toBe(`${api} /api/raw/x xff=127.0.1.1`)
    expect(get('stripped')).toBe(`${api} /v1?q=1 xff=127.0.1.1`)
    expect(get('bare')).toBe(`${api} / xff=127.0.1.1`)
    expect(get('lookalike')).toBe(`${tesla} /apis xff=127.0.1.1`)
    expect(get('wildcard')).toBe(`${tesla} / xff=127.0.1.1`)
    expect(get('header')).toBe(`${api} / xff=127.0.1.2`)
    expect(get('nowhere')).toBe('404')
    for (const way of ['spoof', 'http1']) {
      expect(get(way)).toMatch(/x-forwarded-for=127\.0\.1\.2 /)
      expect(get(way)).toContain('x-forwarded-proto=https')
      expect(get(way)).not.toMatch(/[6789]\.[6789]\.|evil|x_/)
    }
    expect(get('redirect')).toBe('301 https://wiki.example.org/a?b')
    expect(get('acme')).toBe(`${api} /.well-known/acme-challenge/token xff=127.0.1.2`)
    expect(output.toLowerCase()).toContain('strict-transport-security: max-age=86400')
    expect(get('limit')).toBe(`${'200'.repeat(20)}${'429'.repeat(10)}`)
    // Two of one /64, and one of another.
    expect(get('limit6')).toBe(`${'200'.repeat(20)}${'429'.repeat(10)}${'200'.repeat(15)}`)
    expect(get('unlimited')).toBe('200')
    expect(get('failed')).toBe(`${newton} /page xff=127.0.1.4`)
    expect(get('alone')).toBe('503')
    expect(get('down')).toBe('503')
    expect(get('stats')).toBe('4')
  })
})

const beginEdges = (hosts: readonly string[]) => `
for host in ${hosts.join(' ')}; do
  (cd $host && exec haproxy -db -f haproxy.conf >log 2>&1) &
done`

const instances = (found: Setting) =>
  found.deployment.services.find(({ name }) => name === 'front')?.instances('edge') ?? []

const selfSigned = (path: string): string =>
  `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test -keyout ${path}.tmp -out ${path} 2>/dev/null && cat ${path}.tmp >>${path} && rm ${path}.tmp`

/** Says who it is, what was asked and who is said to have asked; its checks fail once there is a file sick-ADDRESS. */
const server = `
import os, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
host, port = sys.argv[1].split(':')
class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def do_GET(self):
        text = host + ' ' + self.path + ' xff=' + ','.join(self.headers.get_all('X-Forwarded-For') or [])
        if self.path == '/headers':
            text = ' '.join(k.lower() + '=' + v for k, v in self.headers.items())
        check = {'/health': 200, '/ok': 204}.get(self.path)
        status = 503 if check and os.path.exists('sick-' + host) else check or 200
        self.send_response(status)
        body = b'' if status == 204 else text.encode()
        if self.path == '/login':
            self.send_header('Set-Cookie', 'SID=of-' + host)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args):
        pass
ThreadingHTTPServer((host, int(port)), Handler).serve_forever()
`

/** As if the wiki had asked for sessions to stay where they are. */
function sticky(found: Setting, host: string, options: Partial<Options>): string {
  const service = found.deployment.services.find(({ name }) => name === 'front') as Deployed<Options>
  const instance = service.instances('edge').find(one => one.host.name === host)
  if (instance === undefined) throw new Error(`no edge on ${host}`)
  const offers = (): ReadonlyMap<string, Offers['http']> =>
    new Map(
      [...service.offers('http', instance)].map(([name, site]) => [
        name,
        name === 'wiki' ? { ...site, sticky: 'SID' } : site,
      ]),
    )
  return renderHaproxyConf(instance, {
    ...service,
    options: { ...service.options, ...options },
    offers: offers as never,
  })
}
