import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { families, type Family, type FamilyName } from '../../src/export/metrics/families.ts'
import { relayed } from '../../src/export/metrics/exporters.ts'
import { Metrics } from '../../src/export/metrics/metrics.ts'
import { labelsOf, numberText } from '../../src/export/metrics/text.ts'
import type { Fault } from '../../src/health/demo/faults.ts'
import type { Fleet, WatchedInstance } from '../../src/health/fleet.ts'
import { queriesOf } from '../../src/health/prometheus/queries.ts'
import type { HostReport } from '../../src/health/report.ts'
import { parseSamples } from '../../src/health/samples.ts'
import { type Snapshot, tunnelAt } from '../../src/health/snapshot.ts'
import type { Sample } from '../../src/services/kind.ts'
import { printable } from '../../src/text/printable.ts'
import { withPrograms } from '../services/setting.ts'
import { demoAt, metricsOf, memoryOf, nothing, scrapeOf, seen, shippedWorld, start } from './worlds.ts'

const world = await shippedWorld()
const { fleet, graph } = world
const names = Object.keys(families) as FamilyName[]
const all = new Set<string>(names)
const family = (name: string): Family => families[name as FamilyName]

const read = (text: string): readonly Sample[] => parseSamples(text, all)
const samplesOf = (snapshot: Snapshot): readonly Sample[] => read(metricsOf(world, snapshot))
const valueOf = (samples: readonly Sample[], name: FamilyName, labels: Readonly<Record<string, string>> = {}) =>
  samples.find(one => one.name === name && Object.entries(labels).every(([key, value]) => one.labels[key] === value))
    ?.value
const lines = (text: string): readonly string[] => text.split('\n').filter(line => line !== '' && !line.startsWith('#'))

const always = { from: 30, until: 1e6 }
const fault = (kind: Fault['kind'], what: string): Fault => ({ ...always, kind, what })
const worlds: Readonly<Record<string, () => Snapshot>> = {
  'before anybody has said anything': () => memoryOf(fleet).snapshot(start),
  'when all is well': () => demoAt(fleet, 240),
  'when a host is lost': () => demoAt(fleet, 240, [fault('host-lost', 'bohr')]),
  'when a region is lost': () => demoAt(fleet, 240, [fault('region-lost', 'west-europe')]),
  'when a link is cut': () => demoAt(fleet, 240, [fault('link-cut', 'tesla>bohr')]),
  'when a service has lost its leader': () => demoAt(fleet, 240, [fault('database-without-leader', 'db/postgres')]),
  'when files have changed': () => demoAt(fleet, 240, [fault('drift', 'tesla')]),
}

describe.each(Object.entries(worlds))('the metrics %s', (_, snapshotOf) => {
  const text = metricsOf(world, snapshotOf())

  test('have every family, once and in its order, and each sample below its own', () => {
    const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name, type])
    expect(types).toEqual(names.map(name => [name, families[name].type]))
    expect([...text.matchAll(/^# HELP (\S+) (.*)$/gm)].map(([, name, help]) => [name, help])).toEqual(
      names.map(name => [name, families[name].help]),
    )
    let current = ''
    for (const line of text.split('\n').slice(0, -1)) {
      current = /^# HELP (\S+)/.exec(line)?.[1] ?? current
      expect(line.startsWith('# ') || line.startsWith(`${current}{`) || line.startsWith(`${current} `), line).toBe(true)
    }
    expect(text.endsWith('\n')).toBe(true)
  })

  test('are read back, with no other labels than theirs, and no series twice', () => {
    const samples = read(text)
    expect(samples).toHaveLength(lines(text).length)
    for (const { name, labels } of samples) {
      const known = family(name).labels
      expect(Object.keys(labels)).toEqual(known.filter(label => label in labels))
    }
    expect(new Set(lines(text).map(line => line.replace(/ \S+$/, ''))).size).toBe(samples.length)
  })

  test('are plain numbers', () => {
    for (const line of lines(text)) expect(line).toMatch(/ -?[0-9]+(\.[0-9]{1,6})?$/)
  })

  test('have the whole plan', () => {
    const samples = read(text)
    const count = (name: FamilyName): number => samples.filter(one => one.name === name).length
    expect(count('meshwright_host_info')).toBe(6)
    expect(count('meshwright_host_location')).toBe(6)
    expect(count('meshwright_link_planned')).toBe(30)
    expect(count('meshwright_link_keepalive_seconds')).toBe(30)
    expect(count('meshwright_tunnel_planned')).toBe(15)
    expect(count('meshwright_jail_planned')).toBe(graph.jails.length)
    expect(count('meshwright_service_info')).toBe(graph.services.length)
    expect(count('meshwright_instance_planned')).toBe(graph.jails.filter(jail => jail.service !== null).length)
    expect(count('meshwright_role_replicas_wanted')).toBe(graph.services.flatMap(one => one.roles).length)
  })
})

withPrograms('promtool')('promtool', () => {
  const check = (text: string) => spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' })

  test.each(Object.entries(worlds))('finds nothing to say of the metrics %s', (_, snapshotOf) => {
    const { status, stdout, stderr } = check(metricsOf(world, snapshotOf()))
    expect(stdout + stderr).toBe('')
    expect(status).toBe(0)
  })

  test('reads what was passed on, and only misses help', () => {
    const { status, stdout, stderr } = check([...relayed(demoAt(fleet, 60))].join(''))
    const rest = (stdout + stderr).split('\n').filter(line => line !== '' && !line.endsWith(' no help text'))
    expect(rest.filter(line => !/non-histogram|non-counter|counter metrics/.test(line))).toEqual([])
    // 1: it cannot be parsed. 3: it could be more beautiful.
    expect(status).toBe(3)
  })

  test('refuses what is none', () => {
    expect(check('meshwright_host_state{host="tesla} 1\n').status).toBe(1)
  })
})

test('names of counters, and of nothing else, end in _total', () => {
  for (const name of names) expect(name.endsWith('_total'), name).toBe(families[name].type === 'counter')
})

describe('what is not known', () => {
  test('has no sample before anybody has said anything', () => {
    const samples = samplesOf(memoryOf(fleet).snapshot(start))
    const measured = new Set(samples.map(({ name }) => name))
    expect(
      [...measured].filter(name => /^wireguard_|_(state|up|rtt_seconds|success|leads|leaders)$/.test(name)),
    ).toEqual([])
    // That it is not known is a level of its own.
    expect(valueOf(samples, 'meshwright_host_level', { host: 'tesla' })).toBe(1)
    expect(measured).not.toContain('meshwright_role_replicas')
    expect(measured).not.toContain('meshwright_role_replicas_placed')
    expect(measured).not.toContain('meshwright_secrets_timestamp_seconds')
  })

  test('of a lost host stays away, and the plan of it stays', () => {
    const samples = samplesOf(demoAt(fleet, 240, [fault('host-lost', 'bohr')]))
    const of = new Set(samples.filter(({ labels }) => labels['host'] === 'bohr').map(({ name }) => name))
    expect(valueOf(samples, 'meshwright_host_state', { host: 'bohr' })).toBe(0)
    expect(valueOf(samples, 'meshwright_probe_success', { host: 'bohr' })).toBe(0)
    expect(valueOf(samples, 'meshwright_probe_timestamp_seconds', { host: 'bohr' })).toBeLessThan(start / 1000 + 60)
    expect(of).toContain('meshwright_host_info')
    expect(of).toContain('meshwright_link_planned')
    expect(
      [...of].filter(name => /^wireguard_|^meshwright_(pool|pf|interface|jail_running|link_rtt)/.test(name)),
    ).toEqual([])
    expect(valueOf(samples, 'meshwright_link_state', { host: 'tesla', peer: 'bohr' })).toBe(0)
    expect(valueOf(samples, 'meshwright_tunnel_state', { a: 'bohr', b: 'tesla' })).toBe(0)
  })

  test('that nobody leads is said only of roles that have leaders, and when no silent one may', () => {
    const led = (snapshot: Snapshot) =>
      new Map(
        samplesOf(snapshot)
          .filter(({ name }) => name === 'meshwright_role_leaders')
          .map(({ labels, value }) => [`${labels['service'] ?? ''}/${labels['role'] ?? ''}`, value]),
      )
    const well = led(demoAt(fleet, 240))
    expect(well.get('db/postgres')).toBe(1)
    expect([...well.keys()]).not.toContain('db/proxy')
    expect(led(demoAt(fleet, 240, [fault('database-without-leader', 'db/postgres')])).get('db/postgres')).toBe(0)
    expect([...led(memoryOf(fleet).snapshot(start)).keys()]).toEqual([])
  })

  test('secrets are as old as their file', () => {
    const metrics = new Metrics({ version: '1', graph, fleet })
    const text = [...metrics.text(scrapeOf(memoryOf(fleet).snapshot(start), 1_700_000_000_900))].join('')
    expect(text).toContain('\nmeshwright_secrets_timestamp_seconds 1700000000\n')
  })
})

test('tunnels are as the snapshot has them', () => {
  const snapshot = demoAt(fleet, 240, [fault('one-way', 'tesla>bohr'), fault('lossy', 'newton>faraday')])
  const samples = samplesOf(snapshot)
  const states = { down: 0, 'one-way': 1, stale: 2, lossy: 3, up: 4, unknown: undefined }
  for (let i = 0; i < fleet.tunnels.count; i += 1) {
    const { from, to, state, roundTrip, loss } = tunnelAt(snapshot, i)
    const labels = { host: from, peer: to }
    expect(valueOf(samples, 'meshwright_link_state', labels)).toBe(states[state])
    expect(valueOf(samples, 'meshwright_link_rtt_seconds', labels) ?? -1).toBeCloseTo((roundTrip ?? -1000) / 1000, 5)
    expect(valueOf(samples, 'meshwright_link_loss_ratio', labels) ?? -1).toBeCloseTo(loss ?? -1, 5)
    const back = tunnelAt(snapshot, fleet.tunnels.back[i] ?? -1)
    const known = [states[state], states[back.state]].filter(value => value !== undefined)
    const pair = from < to ? { a: from, b: to } : { a: to, b: from }
    expect(valueOf(samples, 'meshwright_tunnel_state', pair)).toBe(Math.min(...known))
  }
})

describe('a handshake', () => {
  const peers = (age: number, times = 1): Partial<HostReport> => ({
    peers: {
      to: Array<number>(times).fill(fleet.hosts.findIndex(host => host.name === 'bohr')),
      age: Array<number>(times).fill(age),
      received: Array<number>(times).fill(2 ** 52),
      sent: Array<number>(times).fill(NaN),
      endpoints: Array<string>(times).fill(''),
      strangers: [],
    },
  })
  const labels = { host: 'tesla', peer: 'bohr', interface: 'wg0', friendly_name: 'bohr' }

  test('has its time, and the keys of its peer', () => {
    const samples = samplesOf(seen(fleet, { tesla: peers(4) }, start + 10_300))
    const key = fleet.hosts.find(({ name }) => name === 'bohr')?.publicKey ?? ''
    expect(valueOf(samples, 'wireguard_latest_handshake_seconds', { ...labels, public_key: key })).toBe(
      start / 1000 + 6,
    )
    expect(valueOf(samples, 'wireguard_received_bytes_total', labels)).toBe(2 ** 52)
    expect(valueOf(samples, 'wireguard_sent_bytes_total', labels)).toBeUndefined()
  })

  test('that never was is at 0', () => {
    expect(valueOf(samplesOf(seen(fleet, { tesla: peers(NaN) })), 'wireguard_latest_handshake_seconds', labels)).toBe(0)
  })

  test('stays where it was, however the way of the reports trembles; the next one is another', () => {
    const metrics = new Metrics({ version: '1', graph, fleet })
    const at = (seconds: number, age: number): number | undefined =>
      valueOf(
        read([...metrics.text(scrapeOf(seen(fleet, { tesla: peers(age) }, start + seconds * 1000)))].join('')),
        'wireguard_latest_handshake_seconds',
        labels,
      )
    const first = at(10.4, 4)
    expect(first).toBe(start / 1000 + 6)
    expect([at(20.6, 14), at(31.2, 24), at(39.8, 34)]).toEqual([first, first, first])
    // Five seconds later at the soonest (REKEY_TIMEOUT).
    expect(at(50.2, 39)).toBe(start / 1000 + 11)
  })

  test('that is told twice is one series', () => {
    const text = metricsOf(world, seen(fleet, { tesla: peers(4, 3) }))
    expect(lines(text).filter(line => line.startsWith('wireguard_latest_handshake_seconds'))).toHaveLength(1)
  })
})

describe('what others wrote', () => {
  const hostile = 'a"b\\c\nd\u001b[2J\u202e{}=,\ud800 # HELP'

  test('stays within its quotes', () => {
    const text = metricsOf(
      world,
      seen(fleet, {
        tesla: {
          pools: [{ name: hostile, size: 1, allocated: 1, health: 'ONLINE' }],
          interfaces: [{ name: hostile, up: true, mtu: 1, received: 1, sent: 1, errors: 1 }],
          carp: [{ interface: hostile, vhid: 1, state: 'MASTER' }],
          pf: {
            ...{ enabled: true, defaultDeny: null, states: null },
            labels: [{ label: hostile, packets: 7, bytes: 8, states: 9 }],
          },
        },
      }),
    )
    const clean = 'a"b\\c�d�[2J�{}=,� # HELP'
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
    expect(text).toContain('label="a\\"b\\\\c�d�[2J�{}=,� # HELP"} 7\n')
    const samples = read(text)
    expect(valueOf(samples, 'meshwright_pool_online', { pool: clean })).toBe(1)
    expect(valueOf(samples, 'meshwright_interface_up', { interface: clean })).toBe(1)
    expect(valueOf(samples, 'meshwright_carp_state', { interface: clean, vhid: '1' })).toBe(2)
    expect(samples).toHaveLength(lines(text).length)
  })

  test('is read back, whatever it is, but for what nobody may see', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        const line = `meshwright_mesh_info${labelsOf(['mesh'], [text])} 1`
        expect(read(line)).toEqual([
          {
            name: 'meshwright_mesh_info',
            labels: text === '' ? {} : { mesh: printable(text).replace(/\p{Cs}/gu, '�') },
            value: 1,
          },
        ])
      }),
    )
  })

  test('is one series where two names look the same: counters are added up', () => {
    const label = (name: string, packets: number) => ({ label: name, packets, bytes: 1, states: 1 })
    const pool = (name: string, size: number) => ({ name, size, allocated: 1, health: 'ONLINE' })
    const samples = samplesOf(
      seen(fleet, {
        tesla: {
          pf: { enabled: true, defaultDeny: true, states: 1, labels: [label('x\u0001', 5), label('x\u0002', 6)] },
          pools: [pool('z\u0001', 7), pool('z\u0002', 8)],
        },
      }),
    )
    const found = (name: FamilyName) => samples.filter(one => one.name === name).map(({ value }) => value)
    expect(found('meshwright_pf_label_packets_total')).toEqual([11])
    expect(found('meshwright_pool_size_bytes')).toEqual([7])
  })

  test.each([
    [0, '0'],
    [-0, '0'],
    [2 ** 53, '9007199254740992'],
    [1e20, '100000000000000000000'],
    [1e300, null],
    [NaN, null],
    [Infinity, null],
    [null, null],
    [0.1 + 0.2, '0.3'],
    [1e-9, '0'],
    [0.000_001, '0.000001'],
    [1_767_225_600.5, '1767225600.5'],
  ])('%s is written as %s', (value, text) => expect(numberText(value)).toBe(text))
})

describe('what exporters said', () => {
  const instance = fleet.hosts
    .flatMap(host => host.instances)
    .find(
      one => one.service === 'db' && one.role === 'postgres' && fleet.hosts[one.host]?.name === 'tesla',
    ) as WatchedInstance
  const said = (samples: readonly Sample[] | null, of: Fleet = fleet): string =>
    [...relayed(seen(of, { tesla: { answers: [{ jail: instance.jail, alive: true, why: '', samples }] } }))].join('')
  const sample = (name: string, labels: Readonly<Record<string, string>>, value = 1): Sample => ({
    name,
    labels,
    value,
  })
  const target = 'host="tesla",instance="db-postgres@tesla",job="patroni",region="west-europe",role="postgres"'

  test('is as if they had been scraped, and what Prometheus would say of them', () => {
    expect(said([sample('patroni_primary', { scope: 'db' })])).toBe(
      [
        '# TYPE patroni_primary untyped',
        `patroni_primary{${target},scope="db",service="db"} 1`,
        '# TYPE up gauge',
        `up{${target},service="db"} 1`,
        '',
      ].join('\n'),
    )
  })

  test('of an exporter that gave nothing, only that it is not up', () => {
    expect(said(null)).toBe(`# TYPE up gauge\nup{${target},service="db"} 0\n`)
  })

  test('of a host that was not heard of, nothing', () => {
    expect([...relayed(seen(fleet, { tesla: nothing }))].join('')).toBe('')
  })

  test('of a lost host, that nothing on it is up', () => {
    const text = [...relayed(demoAt(fleet, 240, [fault('host-lost', 'tesla')]))].join('')
    const own = lines(text).filter(line => line.includes('host="tesla"'))
    expect(own.length).toBeGreaterThan(5)
    for (const line of own) expect(line).toMatch(/^up\{.*\} 0$/)
  })

  test('does not pass for somebody else', () => {
    const text = said([sample('m', { role: 'main', instance: 'x', exported_instance: 'y', job: 'z' })])
    expect(text).toContain(
      `m{exported_exported_instance="x",exported_instance="y",exported_job="z",exported_role="main",${target},service="db"} 1`,
    )
  })

  test('keeps its labels where it tells of others', () => {
    const honest = (one: WatchedInstance): WatchedInstance =>
      one.metrics === null ? one : { ...one, metrics: { ...one.metrics, honorLabels: true } }
    const hosts = fleet.hosts.map(host => ({ ...host, instances: host.instances.map(honest) }))
    const text = said([sample('m', { role: 'main', host: 'bohr' })], { ...fleet, hosts })
    expect(text).toContain('m{host="bohr",instance="db-postgres@tesla",job="patroni",region="west-europe",role="main",')
  })

  test('has the numbers of Prometheus, each series once, and no name that is none', () => {
    const text = said([
      sample('a', {}, NaN),
      sample('b', {}, Infinity),
      sample('c', {}, -Infinity),
      sample('d', {}, 1e-9),
      sample('d', {}, 2),
      sample('up', {}, 7),
      sample('evil 1\nx', {}),
      sample('f', { __name__: 'g', 'x="y': 'z', ok: 'a"b\nc' }),
    ])
    expect(lines(text).map(line => line.replace(/\{.*\}/, ''))).toEqual([
      'a NaN',
      'b +Inf',
      'c -Inf',
      'd 1e-9',
      'f 1',
      'up 1',
    ])
    expect(text).toContain(',ok="a\\"b�c",')
    expect(text).not.toContain('__name__')
  })
})

test('what a Prometheus is asked for is given, under these names and labels', () => {
  const text = [...queriesOf(fleet).values()].join('\n')
  const asked = [...text.matchAll(/\b((?:meshwright|wireguard)_\w+)(?:\{([^}]*)\})?/g)]
  // The prober of names is another program.
  const ours = asked.filter(([, name]) => name !== 'meshwright_dns_serial')
  expect(ours.length).toBeGreaterThan(8)
  for (const [, name = '', matchers = ''] of ours) {
    expect(all, name).toContain(name)
    for (const [, label] of matchers.matchAll(/(\w+)(?:!?=~?|!~)"/g)) expect(family(name).labels).toContain(label)
  }
})
