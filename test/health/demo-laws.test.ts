/** What holds for any fleet and any faults. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { between, mix } from '../../src/health/demo/chance.ts'
import { demoObserver } from '../../src/health/demo/demo.ts'
import { complement, covered, covers, type Span, union, without } from '../../src/health/demo/spans.ts'
import type { HostReport } from '../../src/health/report.ts'
import { anyFaults, anyFleet, textOf } from './demo-fleets.ts'

const anySetting = anyFleet.chain(fleet =>
  fc.record({
    fleet: fc.constant(fleet),
    faults: fc.oneof(anyFaults(fleet), fc.constant('story' as const), fc.constant('well' as const)),
    seed: fc.nat(1000),
    moments: fc
      .uniqueArray(fc.double({ min: 0, max: 3000, noNaN: true }), { minLength: 2, maxLength: 12 })
      .map(all => all.toSorted((a, b) => a - b)),
  }),
)

/** Counters by name; those of a peer by its number. */
const countersOf = ({ interfaces, peers, pf }: HostReport): ReadonlyMap<string, number> =>
  new Map([
    ...(interfaces ?? []).flatMap(({ name, received, sent }) => [
      [`${name} received`, received] as const,
      [`${name} sent`, sent] as const,
    ]),
    ...Array.from(peers?.to ?? []).flatMap((to, i) => [
      [`peer ${to} received`, peers?.received[i] ?? NaN] as const,
      [`peer ${to} sent`, peers?.sent[i] ?? NaN] as const,
    ]),
    ...(pf?.labels ?? []).flatMap(({ label, packets, bytes }) => [
      [`${label} packets`, packets] as const,
      [`${label} bytes`, bytes] as const,
    ]),
  ])

test('counters fall only when a host has booted, and no handshake is older than one seen before', () =>
  fc.assert(
    fc.property(anySetting, ({ fleet, moments, ...options }) => {
      const observe = demoObserver(fleet, options)
      const before = new Map<number, HostReport>()
      for (const [look, seconds] of moments.entries())
        for (const report of observe(seconds, look)) {
          if (report.kind === 'silence') continue
          const last = before.get(report.host)
          before.set(report.host, report)
          if (last === undefined || last.system?.booted !== report.system?.booted) continue
          const known = countersOf(last)
          for (const [name, value] of countersOf(report))
            expect(value, `${fleet.hosts[report.host]?.name ?? ''} ${name}`).toBeGreaterThanOrEqual(
              known.get(name) ?? 0,
            )
          const ages = new Map(Array.from(last.peers?.to ?? [], (to, i) => [to, last.peers?.age[i] ?? NaN]))
          const passed = (report.at - last.at) / 1000
          for (const [i, to] of Array.from(report.peers?.to ?? []).entries()) {
            const age = ages.get(to) ?? NaN
            if (Number.isNaN(age)) continue
            // Ages are whole seconds.
            expect(report.peers?.age[i]).toBeLessThanOrEqual(age + passed + 1)
          }
        }
    }),
    { numRuns: 150 },
  ))

test('each host is observed once, with whole columns and peers of the plan, and at most 32 echoes', () =>
  fc.assert(
    fc.property(anySetting, ({ fleet, moments, ...options }) => {
      const observe = demoObserver(fleet, options)
      for (const [look, seconds] of moments.entries()) {
        const all = [...observe(seconds, look)]
        expect(all.map(({ host }) => host)).toEqual(fleet.hosts.map(({ number }) => number))
        for (const report of all) {
          if (report.kind === 'silence') continue
          const { start, to } = fleet.tunnels
          const planned = Array.from(to.subarray(start[report.host], start[report.host + 1]))
          const { peers, pings } = report
          expect(planned).toEqual(expect.arrayContaining(Array.from(peers?.to ?? [])))
          for (const column of [peers?.age, peers?.received, peers?.sent, peers?.endpoints])
            expect(column?.length).toBe(peers?.to.length)
          expect(planned).toEqual(expect.arrayContaining(Array.from(pings?.to ?? [])))
          expect(pings?.to.length).toBe(Math.min(32, planned.length))
          expect(report.answers.map(({ jail }) => jail)).toEqual(
            fleet.hosts[report.host]?.instances.map(({ jail }) => jail),
          )
        }
      }
    }),
    { numRuns: 80 },
  ))

test('the same moment is the same to the last byte, whatever was looked at before', () =>
  fc.assert(
    fc.property(anySetting, ({ fleet, moments, ...options }) => {
      const observe = demoObserver(fleet, options)
      const forth = moments.map((seconds, look) => textOf([...observe(seconds, look)]))
      const back = moments.map((seconds, look) => [seconds, look] as const).toReversed()
      const again = demoObserver(fleet, options)
      expect(back.map(([seconds, look]) => textOf([...again(seconds, look)])).toReversed()).toEqual(forth)
    }),
    { numRuns: 80 },
  ))

test('a host is silent while it is lost, and speaks before and after', () =>
  fc.assert(
    fc.property(anyFleet, fc.constantFrom('host-lost', 'reboot', 'region-lost'), fc.nat(), (fleet, kind, pick) => {
      const host = fleet.hosts[pick % fleet.hosts.length]
      if (host === undefined) return
      const what = kind === 'region-lost' ? host.region : host.name
      const observe = demoObserver(fleet, { faults: [{ kind, what, from: 100, until: 200 }] })
      const kinds = [99, 100, 150, 199, 200].map(seconds => [...observe(seconds, 0)][host.number]?.kind)
      expect(kinds).toEqual(['report', 'silence', 'silence', 'silence', 'report'])
    }),
    { numRuns: 80 },
  ))

test('when all is well, everybody speaks and every echo comes back', () =>
  fc.assert(
    fc.property(anyFleet, fc.nat(1000), fc.double({ min: 0, max: 1e6, noNaN: true }), (fleet, seed, seconds) => {
      for (const report of demoObserver(fleet, { seed, faults: 'well' })(seconds, 7)) {
        if (report.kind === 'silence') throw new Error(`${report.host} is silent`)
        expect(Array.from(report.pings?.milliseconds ?? []).filter(time => !(time > 0 && time < 200))).toEqual([])
        expect(Array.from(report.peers?.age ?? []).filter(age => !(age >= 0 && age <= 145))).toEqual([])
        expect(report.jails).toEqual(fleet.hosts[report.host]?.jails)
        expect(report.pf?.enabled).toBe(true)
        expect(report.drift).toMatchObject({ changed: [], missing: [] })
        expect(
          report.pools?.filter(({ health, size, allocated }) => health !== 'ONLINE' || allocated > 0.9 * size),
        ).toEqual([])
        expect(report.system?.load[1]).toBeLessThan(report.system?.cpus ?? 0)
        expect(report.missing).toEqual({})
      }
    }),
    { numRuns: 80 },
  ))

const anySpans = fc
  .array(fc.tuple(fc.nat(99), fc.integer({ min: 1, max: 30 })), { maxLength: 8 })
  .map(all => union(all.map(([from, lasts]): Span => ({ from, until: Math.min(100, from + lasts) }))))
const inside = (spans: readonly Span[]) => Array.from({ length: 100 }, (_, at) => covers(spans, at + 0.5, 100))

test('spans are sets of moments', () =>
  fc.assert(
    fc.property(anySpans, anySpans, (a, b) => {
      const [one, other] = [inside(a), inside(b)]
      expect(inside(union(a, b))).toEqual(one.map((there, i) => there || other[i] === true))
      expect(inside(complement(a, 100))).toEqual(one.map(there => !there))
      expect(inside(without(a, b, 100))).toEqual(one.map((there, i) => there && other[i] !== true))
      expect(covered(a, 350, 100)).toBe(3 * one.filter(Boolean).length + one.slice(0, 50).filter(Boolean).length)
    }),
  ))

test('chance is spread evenly', () => {
  const counts = new Array<number>(10).fill(0)
  for (let i = 0; i < 10_000; i += 1) {
    const at = Math.floor(between(0, 10, mix(i)))
    counts[at] = (counts[at] ?? 0) + 1
  }
  expect(Math.min(...counts)).toBeGreaterThan(900)
  expect(Math.max(...counts)).toBeLessThan(1100)
})
