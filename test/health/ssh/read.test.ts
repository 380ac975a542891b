/** What is read from the answer of a host: in the shapes of FreeBSD's commands, and in those of somebody who lies. */
import { describe, expect, test } from 'vitest'
import type { HostReport } from '../../../src/health/report.ts'
import { type Part, readOutput, reportOf } from '../../../src/health/ssh/read.ts'
import type { Probe } from '../../../src/services/kind.ts'
import { type Drawn, fleetOf, healthOf, jail } from './fleet.ts'

const keys = ['A', 'B', 'C', 'D'].map(letter => `${letter.repeat(43)}=`)
const [tesla = '', bohr = '', curie = '', nobody = ''] = keys
const probes: readonly Probe[] = [
  { kind: 'http', port: 80, path: '/', expect: [200], body: '^ok' },
  { kind: 'redis', port: 6379 },
  { kind: 'dns', port: 53, name: 'mesh.example.net' },
  { kind: 'tcp', port: 80 },
  { kind: 'process', rc: 'cron' },
]
const drawn: readonly Drawn[] = [
  {
    ...{ name: 'tesla', publicKey: tesla },
    files: [
      { path: '/etc/pf.conf', sha256: 'a'.repeat(64) },
      { path: '/etc/b b', sha256: 'b'.repeat(64) },
      { path: '/etc/c', sha256: 'c'.repeat(64) },
    ],
    instances: probes.map(probe => ({
      ...{ jail: jail(probe.kind), probe },
      ...(probe.kind === 'http'
        ? { metrics: { port: 80, path: '/m', job: 'x' }, health: healthOf('up', 'lag') }
        : { metrics: null, health: null }),
    })),
  },
  { name: 'bohr', publicKey: bohr },
  { name: 'curie', publicKey: curie },
]
const fleet = fleetOf(drawn)
const nonce = 'c0ffee'

type Parts = Readonly<Record<string, readonly [lines: readonly string[], status: number | null]>>

function reportFor(parts: Parts, skipped: Readonly<Record<string, string>> = {}): HostReport {
  const [host] = fleet.hosts
  if (host === undefined) throw new Error('no host')
  const read = new Map(Object.entries(parts).map(([name, [lines, status]]) => [name, { lines, status } satisfies Part]))
  return reportOf(fleet, host, { at: 1, took: 2, parts: read, skipped: new Map(Object.entries(skipped)) })
}

describe('lines', () => {
  const output = (...lines: readonly string[]) =>
    readOutput(lines.map(line => `${nonce} ${line}\n`).join(''), nonce).parts.get('a')

  test('what was folded is whole again', () =>
    expect(output('begin', 'a +one ', 'b =between', 'a +two ', 'a =three', 'a =', 'a !0')).toEqual({
      lines: ['one two three', ''],
      status: 0,
    }))

  test('a part that did not end has no status', () => expect(output('a =x')?.status).toBeNull())

  test('control characters and escapes are gone, whoever sent them', () =>
    expect(output('a =\u001b[31mred\u0007\u0000\u009b1m\u202e')?.lines).toEqual(['[31mred1m']))

  test('nothing counts after the end', () => expect(output('a =x', 'end', 'a !0')?.status).toBeNull())

  test('lines behind another word, or behind none, are noise', () => {
    const text = `motd\ndeadbeef a =forged\na =forged\n${nonce}x a =forged\n${nonce}  a =forged\n${nonce} a =true\n`
    expect(readOutput(text, nonce).parts.get('a')?.lines).toEqual(['true'])
  })

  test('an answer that looks like a marker is an answer', () =>
    expect(output(`a =${nonce} pf !0`, 'a =end', `a +${nonce} `, 'a =end', 'a !1')).toEqual({
      lines: [`${nonce} pf !0`, 'end', `${nonce} end`],
      status: 1,
    }))

  test('what nobody asked for is noise, and who says more than was asked for is not heard to the end', () => {
    const said = [
      'a =1234567',
      'a =9',
      'a !0',
      'b =12345678',
      'b =9',
      'b !0',
      'c =x',
      'c !0',
      'd +12345',
      'd =678',
      'd !0',
    ]
    const asked = ['a', 'b', 'd'].map(name => ({ name, bytes: 9 }))
    const { parts } = readOutput(said.map(line => `${nonce} ${line}\n`).join(''), nonce, asked)
    expect(Object.fromEntries(parts)).toEqual({
      a: { lines: ['1234567', '9'], status: 0 },
      b: { lines: ['12345678'], status: null },
      d: { lines: ['12345678'], status: 0 },
    })
  })

  test('names of objects are names', () => {
    const { parts } = readOutput(`${nonce} __proto__ =x\n${nonce} constructor !0\n`, nonce)
    expect(parts.get('__proto__')?.lines).toEqual(['x'])
  })
})

describe('reasons', () => {
  for (const [what, lines, status, why] of [
    ['nothing came', [], null, 'no answer in time'],
    ['timeout(1) ended it', [], 124, 'no answer in time'],
    ['timeout(1) killed it', [], 137, 'no answer in time'],
    ['no such command', ["timeout: failed to run command 'jls'"], 127, 'there is no such command'],
    ['no root', ['needs root'], 1, 'needs root'],
    ['doas(1) refuses', ['doas: Operation not permitted'], 1, 'needs root'],
    ['a complaint', ['', 'jls: it is broken', 'usage: jls'], 1, 'jls: it is broken'],
    ['no word', [], 3, 'exit status 3'],
  ] as const)
    test(what, () => {
      const report = reportFor({ jails: [lines, status] })
      expect(report.jails).toBeNull()
      expect(report.missing['jls']).toBe(why)
    })

  test('what was not asked says why', () =>
    expect(reportFor({}, { pools: 'asked less often now' }).missing['zpool list']).toBe('asked less often now'))

  test('a reason is never long', () =>
    expect(reportFor({ jails: [['x'.repeat(100_000)], 1] }).missing['jls']?.length).toBeLessThanOrEqual(120))
})

describe('system', () => {
  const lines = [
    'clock 1763100000',
    'kern.boottime: { sec = 1763000000, usec = 123456 } Thu Nov 13 02:13:20 2025',
    'vm.loadavg: { 0.31 0.27 0.20 }',
    ...['hw.ncpu: 8', 'hw.physmem: 1000000', 'hw.pagesize: 4096'],
    ...['vm.stats.vm.v_free_count: 10', 'vm.stats.vm.v_inactive_count: 20'],
  ]
  const release = ['14.4-RELEASE-p2', '14.4-RELEASE', '14.4-RELEASE-p2']
  const system = (...more: readonly string[]) =>
    reportFor({ system: [[...lines, ...more], 0], release: [release, 0] }).system

  test('without ZFS', () =>
    expect(system()).toEqual({
      ...{ clock: 1_763_100_000, booted: 1_763_000_000, cpus: 8, load: [0.31, 0.27, 0.2] },
      memory: { total: 1_000_000, free: 30 * 4096 },
      release: { kernel: '14.4-RELEASE-p2', running: '14.4-RELEASE', userland: '14.4-RELEASE-p2' },
    }))
  test('a host whose kernel has no file says the rest', () => {
    const report = reportFor({
      system: [lines, 0],
      release: [['freebsd-version: unable to locate kernel'], 1],
    })
    expect(report.system).toMatchObject({ cpus: 8, release: null })
    expect(report.missing['freebsd-version']).toBe('freebsd-version: unable to locate kernel')
    expect(report.missing['sysctl']).toBeUndefined()
  })
  test('what the ARC gives back counts as free', () =>
    expect(system('kstat.zfs.misc.arcstats.size: 5000', 'kstat.zfs.misc.arcstats.c_min: 1000')?.memory.free).toBe(
      30 * 4096 + 4000,
    ))
  test('no more is free than there is', () =>
    expect(system('kstat.zfs.misc.arcstats.size: 5000000', 'kstat.zfs.misc.arcstats.c_min: 0')?.memory.free).toBe(
      1_000_000,
    ))
  test('an ARC below its least takes nothing away', () =>
    expect(system('kstat.zfs.misc.arcstats.size: 10', 'kstat.zfs.misc.arcstats.c_min: 1000')?.memory.free).toBe(
      30 * 4096,
    ))
  for (const [wrong, right] of [
    ['clock 1763100000', 'clock -5'],
    ['hw.ncpu: 8', 'hw.ncpu: -8'],
    ['hw.ncpu: 8', 'hw.ncpu: 1e400'],
    ['hw.physmem: 1000000', 'hw.physmem: lots'],
    ['vm.loadavg: { 0.31 0.27 0.20 }', 'vm.loadavg: { 0.31 NaN 0.20 }'],
    ['vm.loadavg: { 0.31 0.27 0.20 }', 'vm.loadavg: { 0.31 }'],
  ])
    test(`${right ?? ''} is none`, () => {
      const report = reportFor({ system: [lines.map(line => (line === wrong ? (right ?? '') : line)), 0] })
      expect(report.system).toBeNull()
      expect(report.missing['sysctl']).toBe('its answer makes no sense')
    })
})

describe('peers', () => {
  const shakes = (...peers: readonly (readonly [string, number])[]) => peers.map(([key, at]) => `${key}\t${at}`)
  const peers = (tunnels: readonly string[], ends: readonly string[] = [], status = 0) =>
    reportFor({ tunnels: [tunnels, status], ends: [ends, 0] })

  test('by the clock of the host, in the order of hosts', () =>
    expect(
      peers(
        ['clock 1000', ...shakes([curie, 0], [bohr, 910]), 'transfer', `${bohr}\t11\t22`, `${curie}\t0\t148`],
        [`${bohr}\t10.64.1.0/24 fd5c:0:0:1::/64`, 'endpoints', `${bohr}\t[2001:db8::2]:51820`, `${curie}\t(none)`],
      ).peers,
    ).toEqual({
      ...{ to: [1, 2], age: [90, NaN], received: [11, 0], sent: [22, 148] },
      ...{ endpoints: ['[2001:db8::2]:51820', ''], strangers: [] },
    }))

  test('a clock that was set back makes no age negative', () =>
    expect(peers(['clock 1000', ...shakes([bohr, 5000])]).peers?.age).toEqual([0]))

  test('a counter that was not told is no zero', () =>
    expect(peers(['clock 1000', ...shakes([bohr, 900]), 'transfer', `${bohr}\t-5\tx`]).peers?.received).toEqual([NaN]))

  test('a peer with another key is known by its prefix', () =>
    expect(
      peers(['clock 1000', ...shakes([nobody, 900])], [`${nobody}\t10.64.1.0/24 fd5c:0:0:1::/64`]).peers,
    ).toMatchObject({ to: [1], age: [100], strangers: ['bohr has another key than planned'] }))

  test('two peers are not one host: the planned key wins', () =>
    expect(
      peers(['clock 1000', ...shakes([nobody, 990], [bohr, 900])], [`${nobody}\t10.64.1.0/24`]).peers,
    ).toMatchObject({ to: [1], age: [100], strangers: ['unknown peer DDDDDDDD...'] }))

  test('nobody knows it: no whole key is shown', () => {
    const { strangers, to } = peers(['clock 1000', ...shakes([nobody, 900])]).peers ?? { strangers: [], to: [] }
    expect(to).toEqual([])
    expect(strangers).toEqual(['unknown peer DDDDDDDD...'])
  })

  test('many strangers are counted', () => {
    const many = Array.from({ length: 300 }, (_, n): readonly [string, number] => [
      `${String(n).padStart(43, 'x')}=`,
      1,
    ])
    const { strangers } = peers(['clock 1000', ...shakes(...many)]).peers ?? { strangers: [] }
    expect(strangers).toHaveLength(20)
    expect(strangers.at(-1)).toBe('and 281 more')
  })

  test('a host without wg0 knows no peers', () => {
    for (const what of ['wg0: No such device', 'interface: Device not configured']) {
      const report = peers(['clock 1000', `Unable to access interface ${what}`], [], 1)
      expect(report.peers?.to).toEqual([])
      expect(report.missing['wg show']).toBe('there is no wg0')
    }
    const other = peers(['clock 1000', 'Unable to access interface: Operation not permitted'], [], 1)
    expect(other.peers).toBeNull()
    expect(other.missing['wg show']).toBe('Unable to access interface: Operation not permitted')
  })
})

describe('pf', () => {
  const info = [
    'Status: Enabled for 3 days 04:05:06           Debug: Urgent',
    '  current entries                       42',
  ]
  const pf = (...lines: readonly string[]) => reportFor({ pf: [[...info, ...lines], 0] }).pf
  for (const [rule, denies] of [
    ['block drop log all label "default"', true],
    ['block drop all', true],
    ['block return log (all) all', true],
    ['block return-icmp(port-unr, port-unr) all', true],
    ['block drop log quick all', true],
    ['block drop in all', false], // out passes
    ['block drop inet all', false], // IPv6 passes
    ['block drop log on vtnet0 all', false],
    ['pass all flags S/SA keep state', false],
  ] as const)
    test(`${rule}: ${denies ? 'all is denied first' : 'not everything is denied'}`, () =>
      expect(pf('rules', rule, 'labels')?.defaultDeny).toBe(denies))
  test('no rule passes everything', () => expect(pf('rules', 'labels')?.defaultDeny).toBe(false))
  test('rules that were not told', () => expect(pf()?.defaultDeny).toBeNull())
  test('labels', () =>
    expect(pf('rules', 'labels', '3 252 0 ping in 4', 'nonsense', '-3 1 1 x', '1 1 1 ')?.labels).toEqual([
      { label: 'ping in 4', packets: 3, bytes: 252, states: 0 },
    ]))
  test('without its module it filters nothing', () => {
    const report = reportFor({ pf: [['pfctl: /dev/pf: No such file or directory'], 1] })
    expect(report.pf).toEqual({ enabled: false, defaultDeny: null, states: null, labels: [] })
    expect(report.missing['pfctl']).toBeUndefined()
  })
  test('disabled', () =>
    expect(reportFor({ pf: [['Status: Disabled', 'rules', 'labels'], 0] }).pf).toMatchObject({
      enabled: false,
      states: null,
    }))
})

describe('files', () => {
  const drift = (...lines: readonly string[]) => reportFor({ files: [lines, 1] })
  const a = `${'a'.repeat(64)} /etc/pf.conf`
  test('changed, not there, and as they should be', () =>
    expect(drift(a, `${'0'.repeat(64)}  /etc/b b`, 'sha256: /etc/c: No such file or directory').drift).toEqual({
      ...{ checked: 3, changed: ['/etc/b b'], missing: ['/etc/c'] },
    }))
  test('what cannot be read is neither', () => {
    const report = drift(a, 'sha256: /etc/b b: Permission denied', 'sha256: /etc/c: No such file or directory')
    expect(report.drift).toEqual({ checked: 2, changed: [], missing: ['/etc/c'] })
    expect(report.missing['sha256']).toBe('1 file cannot be read')
  })
  test('nobody could look', () => {
    const report = drift('needs root')
    expect(report.drift).toBeNull()
    expect(report.missing['sha256']).toBe('needs root')
  })
  test('a file that nobody asked for is no news', () =>
    expect(drift(a, `${'0'.repeat(64)} /etc/x`).drift?.changed).toEqual([]))
})

describe('interfaces', () => {
  const of = (document: unknown) => reportFor({ interfaces: [[JSON.stringify(document)], 0] }).interfaces
  const link = { name: 'em0', flags: '0x8843', mtu: 1500, network: '<Link#1>', 'received-bytes': 5 }
  const within = (...entries: readonly unknown[]) => of({ statistics: { interface: entries } })
  test('numbers that are none count as zero', () =>
    expect(within({ ...link, 'received-bytes': -5, 'sent-bytes': 'x', mtu: {} })).toEqual([
      { name: 'em0', up: true, mtu: 0, received: 0, sent: 0, errors: 0 },
    ]))
  test('a star is for one that is down', () =>
    expect(within({ ...link, name: 'em0*' })?.[0]).toMatchObject({ name: 'em0', up: false }))
  test('without flags the star tells', () => expect(within({ ...link, flags: undefined })?.[0]?.up).toBe(true))
  test('what is no interface is passed over', () =>
    expect(
      within(null, 5, [], {}, { ...link, name: 7 }, { ...link, name: 'a\u001bb' }, { ...link, network: '10/8' }),
    ).toEqual([]))
  for (const [what, document] of [
    ['a list', []],
    ['nothing', null],
    ['no list', { statistics: { interface: {} } }],
  ] as const)
    test(`${what} is no answer`, () => expect(of(document)).toBeNull())
  test('cut text is no answer', () =>
    expect(reportFor({ interfaces: [['{"statistics": {"interf'], 0] }).missing['netstat']).toBe(
      'its answer makes no sense',
    ))
})

describe('the rest', () => {
  test('pools', () =>
    expect(
      reportFor({
        pools: [['zroot\t10\t5\tONLINE', 'tank\t-\t-\tUNAVAIL', 'x', 'a\t1\t1\t\u001b[2J', 'b\t-1\t1e9\tONLINE'], 0],
      }).pools,
    ).toEqual([
      { name: 'zroot', size: 10, allocated: 5, health: 'ONLINE' },
      { name: 'tank', size: 0, allocated: 0, health: 'UNAVAIL' },
      { name: 'b', size: 0, allocated: 0, health: 'ONLINE' },
    ]))
  test('jails, without those inside of others', () =>
    expect(reportFor({ jails: [['db', 'db.inner', '', 'a b', 'x'.repeat(300)], 0] }).jails).toEqual(['db']))
  test('carp', () =>
    expect(
      reportFor({ carp: [['em0 \tcarp: BACKUP vhid 7 advbase 1 advskew 100', 'em0 carp: nonsense'], 0] }).carp,
    ).toEqual([{ interface: 'em0', vhid: 7, state: 'BACKUP' }]))
  test('pings', () =>
    expect(reportFor({ pings: [['1 24.518', '2 -', '99 1.0', '-1 5', '1e3 4', 'x'], 0] }).pings).toEqual({
      ...{ to: [1, 2], milliseconds: [24.518, NaN] },
    }))
  test('no pings were asked for', () => {
    const report = reportFor({})
    expect(report.pings).toBeNull()
    expect(report.missing['ping']).toBeUndefined()
  })
})

describe('instances', () => {
  const soa =
    'mesh.example.net.\t3600\tIN\tSOA\tns.mesh.example.net. admin.mesh.example.net. 2026110107 3600 600 604800 60'
  const header = (code: string, answers: number) => [
    `;; ->>HEADER<<- opcode: QUERY, rcode: ${code}, id: 1`,
    `;; flags: qr aa rd ; QUERY: 1, ANSWER: ${answers}, AUTHORITY: 0, ADDITIONAL: 0`,
  ]
  for (const [kind, lines, status, alive, why] of [
    ['http', ['HTTP/1.1 200 OK', 'Server: x', '', 'ok'], 0, true, ''],
    ['http', ['HTTP/1.0 200 OK', '', 'not ok'], 0, false, 'another answer than expected'],
    ['http', ['HTTP/1.1 503 Service Unavailable'], 0, false, 'HTTP 503'],
    ['http', ['SSH-2.0-OpenSSH_9.9'], 0, false, 'no answer'],
    ['http', [], 0, false, 'no answer'],
    ['http', ['HTTP/1.1 20'], 0, false, 'no answer'],
    ['redis', ['+PONG'], 0, true, ''],
    ['redis', ['-NOAUTH Authentication required.'], 0, true, ''],
    ['redis', ['-ERR unknown'], 0, true, ''],
    ['redis', ['HTTP/1.1 400'], 0, false, 'no answer'],
    ['redis', [], 0, false, 'no answer'],
    ['dns', [...header('NOERROR', 1), soa], 0, true, ''],
    ['dns', header('NOERROR', 0), 0, false, 'knows no mesh.example.net'],
    ['dns', header('SERVFAIL', 0), 0, false, 'SERVFAIL'],
    ['dns', ['Error: error sending query: Could not send or receive, because of network error'], 1, false, 'no answer'],
    ['tcp', [], 0, true, ''],
    ['tcp', [], 1, false, 'no answer'],
    ['process', ['cron is running as pid 5.'], 0, true, ''],
    ['process', ['cron is not running.'], 1, false, 'cron does not run'],
    ['tcp', ['jexec: jail "tcp" not found'], 1, false, 'its jail does not run'],
    ['tcp', ['needs root'], 1, null, 'needs root'],
    ['tcp', ['doas: Operation not permitted'], 1, null, 'needs root'],
    ['tcp', ['jexec: execvp: nc: No such file or directory'], 1, null, 'jexec: execvp: nc: No such file or directory'],
    ['tcp', [], 127, null, 'there is no such command'],
    ['tcp', [], null, null, 'no answer in time'],
  ] as const)
    test(`${kind}: ${lines[0] ?? ''} (${status ?? 'no status'})`, () => {
      const { answers } = reportFor({ [`probe/${kind}`]: [lines, status] })
      expect(answers.find(answer => answer.jail === kind)).toMatchObject({ alive, why })
    })

  test('the serial of its domain is a sample', () => {
    const { answers } = reportFor({ 'probe/dns': [[...header('NOERROR', 1), soa], 0] })
    expect(answers.find(answer => answer.jail === 'dns')?.samples).toEqual([
      { name: 'meshwright_dns_serial', labels: {}, value: 2_026_110_107 },
    ])
  })

  test('samples of the names that are read, and only of an answer that is one', () => {
    const lines = ['HTTP/1.1 200 OK', 'up{a="__proto__",__proto__="x"} 1', 'lag NaN', 'secret 5', 'up{broken 1']
    const samples = (first: string) =>
      reportFor({ 'metrics/http': [[first, ...lines.slice(1)], 0] }).answers.find(({ jail: of }) => of === 'http')
        ?.samples
    expect(samples(lines[0] ?? '')?.map(({ name, value }) => [name, value])).toEqual([
      ['up', 1],
      ['lag', NaN],
    ])
    expect(samples('HTTP/1.1 401 Unauthorized')).toBeNull()
    expect(({} as Record<string, unknown>)['x']).toBeUndefined()
  })
})

test('an answer may end anywhere', () => {
  const [host] = fleet.hosts
  if (host === undefined) throw new Error('no host')
  const text = [
    'begin',
    'system =clock 1763100000',
    'system =kern.boottime: { sec = 1763000000, usec = 123456 } Thu Nov 13 02:13:20 2025',
    'system !0',
    'tunnels =clock 1000',
    `tunnels =${bohr}\t900`,
    'tunnels =transfer',
    `tunnels =${bohr}\t11\t22`,
    'tunnels !0',
    'interfaces +{"statistics": {"interface": [{"name":"em0","flags":"0x8843",',
    'interfaces ="mtu":1500,"network":"<Link#1>","received-bytes":5}]}}',
    'interfaces !0',
    'pf =Status: Enabled for 3 days',
    'pf =rules',
    'pf =block drop all',
    'pf =labels',
    'pf =3 252 0 ping in 4',
    'pf !0',
    `files =${'a'.repeat(64)} /etc/pf.conf`,
    'files !0',
    'probe/http =HTTP/1.1 200 OK',
    'probe/http =',
    'probe/http =ok',
    'probe/http !0',
    'pings =1 24.5',
    'pings !0',
    'end',
  ]
    .map(line => `${nonce} ${line}\n`)
    .join('')
  for (let end = 0; end <= text.length; end += 1) {
    const { parts, ended } = readOutput(text.slice(0, end), nonce)
    const report = reportOf(fleet, host, { at: 0, took: null, parts, skipped: new Map() })
    expect(ended).toBe(end >= text.length - 1)
    // A part counts when its status came: no half of it is taken for the whole.
    if (report.peers !== null) expect(report.peers.received).toEqual([11])
    if (report.interfaces !== null) expect(report.interfaces[0]?.received).toBe(5)
  }
})

describe('a jail or a host that means to hold us up', () => {
  const held = { pf: ['Status: Enabled', 'rules', `block return-${'('.repeat(60_000)}`, 'labels'] }
  for (const [what, parts] of [
    ['labels without an end', { 'metrics/http': ['HTTP/1.1 200 OK', `up{${'a'.repeat(65_000)}} 1`] }],
    [
      'many long labels',
      { 'metrics/http': ['HTTP/1.1 200 OK', ...Array<string>(65).fill(`up{${'a'.repeat(990)}} 1`)] },
    ],
    ['a rule of brackets', held],
    ['no records', { 'probe/dns': ['rcode: NOERROR, ANSWER: 1', ...Array<string>(65_000).fill('')] }],
  ] as const)
    test(`does not: ${what}`, () => {
      const began = performance.now()
      reportFor(Object.fromEntries(Object.entries(parts).map(([name, lines]) => [name, [lines, 0] as const])))
      expect(performance.now() - began).toBeLessThan(500)
    })
})

test('a gigantic answer is read in no time', () => {
  const lines = Array.from({ length: 40_000 }, (_, n) => `${nonce} pf +${'x'.repeat(100)}${n}`)
  const began = performance.now()
  const { parts } = readOutput(`${lines.join('\n')}\n${nonce} pf =\n${nonce} pf !0\n`, nonce)
  expect(parts.get('pf')?.lines).toHaveLength(1)
  const wide = ' '.repeat(200_000)
  reportFor({
    pf: [[`block ${wide}`, 'rules', `block return-${wide}( all`], 0],
    'probe/dns': [[`x${wide}IN SOA${wide}`, 'rcode: NOERROR ANSWER: 1'], 0],
    system: [[`hw.ncpu:${wide}`, 'a.'.repeat(100_000)], 0],
    files: [[`sha256: ${'/x:'.repeat(100_000)}`], 1],
    jails: [[wide], 0],
  })
  expect(performance.now() - began).toBeLessThan(3000)
})
