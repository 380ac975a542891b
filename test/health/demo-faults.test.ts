/** What each kind of fault changes in the reports, and that it changes nothing else. */
import { expect, test } from 'vitest'
import { demoObservations, demoObserver } from '../../src/health/demo/demo.ts'
import { type Fault, type FaultKind, faultKinds, storyOf, storyPeriod } from '../../src/health/demo/faults.ts'
import { stageOf } from '../../src/health/demo/world.ts'
import type { Fleet } from '../../src/health/fleet.ts'
import type { HostReport, Observation } from '../../src/health/report.ts'
import { fleetFrom, imaginedOf, reportOf, shippedFleet, textOf } from './demo-fleets.ts'

const fleet = await shippedFleet()
const numberOf = (name: string): number => fleet.hosts.findIndex(host => host.name === name)
const at = (seconds: number, faults: readonly Fault[] | 'well'): Observation[] =>
  demoObservations(fleet, seconds, { faults })
const fault = (kind: FaultKind, what: string, from = 100, until = 400): Fault => ({ kind, what, from, until })

/** Samples are left out: who leads and who is reached has tests of its own. */
const parts = (report: HostReport) =>
  Object.entries({ ...report, answers: report.answers.map(({ jail, alive, why }) => ({ jail, alive, why })) })

/** Host → what it says otherwise than if all were well. */
function differences(of: Fault, seconds: number): Record<string, readonly string[]> {
  const well = at(seconds, 'well')
  const found: Record<string, readonly string[]> = {}
  for (const { host, ...ill } of at(seconds, [of])) {
    const name = fleet.hosts[host]?.name ?? ''
    if (ill.kind === 'silence') {
      found[name] = ['silence']
      continue
    }
    const usual = new Map(parts(reportOf(well, host)).map(([key, value]) => [key, textOf(value)]))
    const others = parts({ host, ...ill }).filter(([key, value]) => usual.get(key) !== textOf(value))
    if (others.length > 0) found[name] = others.map(([key]) => key)
  }
  return found
}

const link = ['interfaces', 'peers', 'pings']
/** All peers of a host see it; and what it brings itself. */
const around = (host: string, own: readonly string[], others: readonly string[] = link) => ({
  ...Object.fromEntries(fleet.hosts.map(({ name }) => [name, others])),
  [host]: own,
})

const table = [
  [fault('link-cut', 'tesla>bohr'), 300, { tesla: link, bohr: link }],
  [fault('one-way', 'tesla>bohr'), 300, { tesla: link, bohr: link }],
  [fault('lossy', 'tesla>bohr'), 300, { tesla: ['pings'] }], // at this moment it is this way that loses one
  [fault('flap', 'tesla>bohr'), 105, { tesla: link, bohr: link }],
  [fault('peer-missing', 'tesla>bohr'), 300, { tesla: link, bohr: link }],
  [fault('nat-expired', 'ampere'), 300, around('ampere', ['silence'])], // the way to it is a tunnel
  [fault('nat-expired', 'bohr'), 300, around('bohr', [...link, 'answers'])], // it can be called, and tells; its etcd is alone
  [fault('host-lost', 'bohr'), 300, around('bohr', ['silence'])],
  [fault('reboot', 'bohr'), 300, around('bohr', ['silence'])],
  [fault('pool-degraded', 'tesla'), 300, { tesla: ['pools'] }],
  [fault('disk-filling', 'tesla'), 300, { tesla: ['pools'] }],
  [fault('pf-off', 'tesla'), 300, { tesla: ['pf'] }],
  [fault('drift', 'tesla'), 300, { tesla: ['drift'] }],
  [fault('load', 'tesla'), 300, { tesla: ['system'] }],
  [fault('stranger', 'tesla'), 300, { tesla: ['peers'] }],
  [fault('foreign-jail', 'tesla'), 300, { tesla: ['jails', 'interfaces', 'pf'] }],
  [fault('fact-missing', 'tesla'), 300, { tesla: ['pools', 'missing'] }],
  [fault('carp-moved', 'faraday'), 300, { faraday: ['carp'], tesla: ['carp'] }],
  [fault('jail-lost', 'db-etcd@tesla'), 300, { tesla: ['jails', 'interfaces', 'pf', 'answers'] }],
  [fault('database-without-leader', 'db/postgres'), 300, {}], // the samples say it
] as const
for (const [of, seconds, expected] of table) {
  test(`${of.kind} of ${of.what} shows where it should, and nowhere else`, () => {
    const found = differences(of, seconds)
    for (const host of new Set([...Object.keys(found), ...Object.keys(expected)]))
      expect(found[host]?.toSorted(), host).toEqual((expected as Record<string, readonly string[]>)[host]?.toSorted())
  })
  test(`${of.kind} of ${of.what} does not show before it begins`, () => expect(differences(of, 99)).toEqual({}))
}

test('a region that is lost is silent, and its hosts hear each other', () => {
  const lost = fault('region-lost', 'north-europe')
  const found = differences(lost, 300)
  expect(found['curie']).toEqual(['silence'])
  expect(found['newton']).toEqual(['silence'])
  expect(found['tesla']).toEqual(link)
  const back = at(410, [lost])
  const { peers } = reportOf(back, numberOf('curie'))
  const of = (name: string) => peers?.received[Array.from(peers.to).indexOf(numberOf(name))] ?? NaN
  const before = reportOf(at(99, [lost]), numberOf('curie')).peers
  const then = (name: string) => before?.received[Array.from(before.to).indexOf(numberOf(name))] ?? NaN
  const usual = reportOf(at(410, 'well'), numberOf('curie')).peers
  expect(of('newton')).toBe(usual?.received[Array.from(usual.to).indexOf(numberOf('newton'))])
  expect(of('newton')).toBeGreaterThan(then('newton'))
  expect(of('tesla') - then('tesla')).toBeLessThan(
    ((usual?.received[Array.from(usual.to).indexOf(numberOf('tesla'))] ?? NaN) - then('tesla')) / 5,
  )
})

test('every kind of fault is tried', () =>
  expect(new Set(['region-lost', ...table.map(([{ kind }]) => kind)])).toEqual(new Set(Object.keys(faultKinds))))

/** One end of a tunnel at some moments. */
const seen = (faults: readonly Fault[], from: string, to: string, moments: readonly number[]) => {
  const observe = demoObserver(fleet, { faults })
  return moments.map(seconds => {
    const { peers, pings } = reportOf([...observe(seconds, 0)], numberOf(from))
    const i = Array.from(peers?.to ?? []).indexOf(numberOf(to))
    const ping = Array.from(pings?.to ?? []).indexOf(numberOf(to))
    return {
      age: peers?.age[i] ?? NaN,
      received: peers?.received[i] ?? NaN,
      sent: peers?.sent[i] ?? NaN,
      echo: pings?.milliseconds[ping] ?? NaN,
    }
  })
}
const ends = (faults: readonly Fault[], from: string, to: string, moments: readonly [number, number]) => {
  const [before, after] = seen(faults, from, to, moments)
  if (before === undefined || after === undefined) throw new Error('two moments were asked for')
  return { before, after }
}

test('over a cut tunnel handshakes age, retries are sent and nothing is received', () => {
  for (const [from, to] of [
    ['tesla', 'bohr'],
    ['bohr', 'tesla'],
  ] as const) {
    const { before, after } = ends([fault('link-cut', 'tesla>bohr')], from, to, [150, 350])
    expect(after.age - before.age).toBe(200)
    expect(after.received).toBe(before.received)
    expect(after.sent - before.sent).toBe((148 / 5) * 200)
    expect(after.echo).toBeNaN()
  }
})

test('where packets cross one way only, one end hears nothing and the other hears first messages', () => {
  const faults = [fault('one-way', 'tesla>bohr')]
  const deaf = ends(faults, 'bohr', 'tesla', [150, 350])
  const hearing = ends(faults, 'tesla', 'bohr', [150, 350])
  expect(deaf.after.received).toBe(deaf.before.received)
  expect(deaf.after.sent).toBeGreaterThan(deaf.before.sent)
  expect(hearing.after.received - hearing.before.received).toBe((148 / 5) * 200)
  for (const { before, after } of [deaf, hearing]) {
    expect(after.age - before.age).toBe(200)
    expect(after.echo).toBeNaN()
  }
})

test('a tunnel that is whole again shakes hands within seconds, and its session is renewed as before', () => {
  const after = seen([fault('link-cut', 'tesla>bohr')], 'tesla', 'bohr', [405, 450, 500])
  expect(after.map(({ echo }) => echo)).not.toContain(NaN)
  expect(after[0]?.age).toBeLessThanOrEqual(5)
  expect(after[1]?.age).toBe((after[0]?.age ?? NaN) + 45)
})

test('a session lives for 120 to 145 seconds, and then begins anew', () => {
  const ages = seen(
    [],
    'tesla',
    'bohr',
    Array.from({ length: 600 }, (_, i) => i),
  ).map(({ age }) => age)
  expect(Math.max(...ages)).toBeGreaterThanOrEqual(119)
  expect(Math.max(...ages)).toBeLessThanOrEqual(145)
  expect(ages).toContain(0)
})

test('of a lossy tunnel some echoes are lost, and some come back', () => {
  const echoes = Array.from({ length: 60 }, (_, look) =>
    reportOf(demoObservations(fleet, 105 + look * 5, { faults: [fault('lossy', 'tesla>bohr')] }), numberOf('tesla')),
  ).map(({ pings }) => pings?.milliseconds[Array.from(pings.to).indexOf(numberOf('bohr'))] ?? NaN)
  const lost = echoes.filter(Number.isNaN).length
  expect(lost).toBeGreaterThan(10)
  expect(lost).toBeLessThan(40)
})

test('after a reboot a host is young, its counters are small, and handshakes come one by one', () => {
  const faults = [fault('reboot', 'bohr')]
  const young = reportOf(at(400, faults), numberOf('bohr'))
  const old = reportOf(at(99, faults), numberOf('bohr'))
  expect((young.system?.clock ?? 0) - (young.system?.booted ?? 0)).toBe(0)
  expect((old.system?.clock ?? 0) - (old.system?.booted ?? 0)).toBeGreaterThan(86_400)
  expect(Array.from(young.peers?.received ?? [])).toEqual([0, 0, 0, 0, 0])
  expect(Array.from(young.peers?.age ?? [])).toEqual([NaN, NaN, NaN, NaN, NaN])
  const later = reportOf(at(410, faults), numberOf('bohr'))
  expect(Array.from(later.peers?.age ?? []).every(age => age <= 10)).toBe(true)
  for (const [i, one] of (later.interfaces ?? []).entries())
    expect(one.received, one.name).toBeLessThan((old.interfaces?.[i]?.received ?? 0) / 100)
})

test('a host behind NAT is seen at another port after its router has forgotten it', () => {
  const faults = [fault('nat-expired', 'ampere')]
  const endpoint = (seconds: number) => reportOf(at(seconds, faults), numberOf('tesla')).peers?.endpoints[0]
  expect(endpoint(99)).toBe(endpoint(300))
  expect(endpoint(401)).not.toBe(endpoint(300))
  expect(endpoint(401)?.split(':')[0]).toBe(endpoint(300)?.split(':')[0])
})

test('a shared address has one master, before and after it moves', () => {
  const states = (seconds: number) =>
    ['faraday', 'tesla'].map(
      name => reportOf(at(seconds, [fault('carp-moved', 'faraday')]), numberOf(name)).carp?.[0]?.state,
    )
  expect(states(99)).toEqual(['MASTER', 'BACKUP'])
  expect(states(300)).toEqual(['BACKUP', 'MASTER'])
  expect(reportOf(at(99, 'well'), numberOf('bohr')).carp).toBeNull()
})

for (const [service, role, jail, seconds] of [
  ['db', 'postgres', 'db-postgres', 30],
  ['cache', 'server', 'cache-server', 10],
  ['db', 'etcd', 'db-etcd', 2],
] as const)
  test(`${service}/${role} has another leader ${seconds} s after its leader is lost`, () => {
    const hosts = fleet.hosts.filter(({ instances }) => instances.some(one => one.jail === jail))
    const leaders = (all: readonly Observation[], names: readonly string[]) =>
      names.filter(name => imaginedOf(all, fleet, `${jail}@${name}`).leads)
    const names = hosts.map(({ name }) => name as string)
    const [first = ''] = leaders(at(99, 'well'), names)
    const faults = [fault('host-lost', first)]
    const left = names.filter(name => name !== first)
    expect(leaders(at(100 + seconds - 1, faults), left)).toEqual([])
    for (const name of left) expect(imaginedOf(at(100 + seconds - 1, faults), fleet, `${jail}@${name}`).led).toBe(false)
    const next = leaders(at(100 + seconds, faults), left)
    expect(next).toHaveLength(1)
    for (const name of left)
      expect(imaginedOf(at(100 + seconds, faults), fleet, `${jail}@${name}`)).toMatchObject({
        ...{ led: true, members: 3, reached: 2 },
      })
    // Whoever comes back follows.
    expect(leaders(at(402, faults), names)).toEqual(next)
  })

test('without a majority nobody leads, and those who vote say so', () => {
  const faults = [fault('host-lost', 'bohr'), fault('host-lost', 'newton')]
  const all = at(300, faults)
  expect(imaginedOf(all, fleet, 'db-etcd@tesla')).toMatchObject({ leads: false, led: false, members: 3, reached: 1 })
  expect(imaginedOf(all, fleet, 'db-postgres@tesla')).toMatchObject({ leads: false, led: false })
  const answer = reportOf(all, numberOf('tesla')).answers.find(({ jail }) => jail === 'db-etcd')
  expect(answer).toMatchObject({ alive: false, why: 'HTTP 503' })
})

test('a part with a majority goes on, and the other does not', () => {
  const all = at(300, [fault('link-cut', 'tesla>bohr'), fault('link-cut', 'bohr>newton')])
  expect(['tesla', 'newton'].map(name => imaginedOf(all, fleet, `db-etcd@${name}`).led)).toEqual([true, true])
  expect(imaginedOf(all, fleet, 'db-etcd@bohr')).toMatchObject({ leads: false, led: false, reached: 1 })
})

test('a database without a leader has none until it is over', () => {
  const faults = [fault('database-without-leader', 'db/postgres')]
  const leaders = (seconds: number) =>
    ['bohr', 'newton', 'tesla'].filter(name => imaginedOf(at(seconds, faults), fleet, `db-postgres@${name}`).leads)
      .length
  expect([99, 100, 399, 400].map(leaders)).toEqual([1, 0, 0, 1])
  expect(imaginedOf(at(300, faults), fleet, 'db-etcd@tesla').led).toBe(true)
})

test('hosts that are no peers reach each other over their gateways, while those are there', () => {
  const regional = fleetFrom(
    {
      east: { e1: { at: '203.0.113.1', gateway: true }, e2: { at: '203.0.113.2' } },
      west: { w1: { at: '203.0.113.3', gateway: true }, w2: { at: '203.0.113.4' } },
    },
    'regional',
  )
  const reached = (faults: readonly Fault[], to: number) => stageOf(regional, faults).reaches(1, to, 300)
  expect(regional.hosts.map(({ name }) => name)).toEqual(['e1', 'e2', 'w1', 'w2'])
  expect(regional.tunnels.count).toBe(6)
  expect(reached([], 3)).toBe(true)
  expect(reached([fault('link-cut', 'e1>e2')], 3)).toBe(false)
  expect(reached([fault('host-lost', 'w1')], 3)).toBe(false)
  expect(reached([fault('region-lost', 'west')], 3)).toBe(false)
  expect(reached([fault('region-lost', 'west')], 0)).toBe(true)
})

for (const [what, kind, why] of [
  ['nobody', 'reboot', 'there is no host "nobody"'],
  ['tesla', 'link-cut', 'there is no host ""'],
  ['tesla>tesla', 'link-cut', 'they are no peers'],
  ['mars', 'region-lost', 'there is no such region'],
  ['nothing@tesla', 'jail-lost', 'that host has no such jail'],
  ['db/nothing', 'database-without-leader', 'there is no such role'],
] as const)
  test(`a fault of ${kind} for ${what} is refused`, () =>
    expect(() => at(0, [fault(kind, what)])).toThrow(`fault ${kind} of ${JSON.stringify(what)}: ${why}`))
test('a fault that ends before it begins is refused', () =>
  expect(() => at(0, [fault('reboot', 'tesla', 10, 10)])).toThrow('is no span of time'))

const story = (of: Fleet) => storyOf(of)

test('the story of the shipped fleet begins with a warning within half a minute, and ends well', () => {
  const faults = story(fleet)
  expect(faults[0]?.from).toBeLessThan(30)
  expect(faults.filter(({ from }) => from < 60)).toHaveLength(1)
  expect(Math.max(...faults.map(({ until }) => until))).toBeLessThan(storyPeriod)
  const kinds = new Set(faults.map(({ kind }) => kind))
  for (const kind of ['lossy', 'link-cut', 'host-lost', 'jail-lost', 'database-without-leader', 'region-lost'] as const)
    expect(kinds, kind).toContain(kind)
})

test('in the story most is well at any time', () => {
  const observe = demoObserver(fleet)
  for (let seconds = 0; seconds < storyPeriod; seconds += 10)
    expect([...observe(seconds, 0)].filter(({ kind }) => kind === 'report').length).toBeGreaterThanOrEqual(4)
})

test('the story begins again, and says the same', () => {
  for (const seconds of [5, 300, 1000]) {
    const [first, second] = [seconds, seconds + storyPeriod].map(when => demoObservations(fleet, when, {}, 1))
    expect(second?.map(({ kind }) => kind)).toEqual(first?.map(({ kind }) => kind))
    expect(second?.map(one => one.kind === 'report' && [one.jails, one.drift, one.pools?.[0]?.health])).toEqual(
      first?.map(one => one.kind === 'report' && [one.jails, one.drift, one.pools?.[0]?.health]),
    )
  }
})

for (const [name, small, kinds] of [
  ['one host', fleetFrom({ east: { e1: { at: '203.0.113.1' } } }), ['drift', 'load', 'pool-degraded']],
  ['two hosts', fleetFrom({ east: { e1: { at: '203.0.113.1' }, e2: {} } }), ['lossy', 'host-lost', 'nat-expired']],
  ['no hosts', fleetFrom({}), []],
] as const)
  test(`a fleet of ${name} has a story of its own`, () => {
    expect(story(small).map(({ kind }) => kind)).toEqual(expect.arrayContaining([...kinds]))
    for (let seconds = 0; seconds < 2 * storyPeriod; seconds += 50)
      expect(demoObservations(small, seconds)).toHaveLength(small.hosts.length)
  })
