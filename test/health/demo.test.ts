/** The demo as a source: its clock, its rounds, and what it does when it is told to stop. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { demoObservations, demoObserver, demoSource } from '../../src/health/demo/demo.ts'
import type { Observation } from '../../src/health/report.ts'
import type { Watching } from '../../src/health/source.ts'
import { fleetFrom, shippedFleet, textOf } from './demo-fleets.ts'

const fleet = await shippedFleet()
const hosts = fleet.hosts.length

/** What is taken, and word of it. */
function watching(of: Partial<Watching> = {}) {
  const taken: Observation[] = []
  const stop = new AbortController()
  const waiters: { readonly count: number; readonly done: () => void }[] = []
  return {
    taken,
    stop,
    /** Resolves once so many were taken. */
    reached: (count: number) =>
      new Promise<void>(done => {
        if (taken.length >= count) done()
        else waiters.push({ count, done })
      }),
    watch: {
      ...{ interval: 5, rounds: null, signal: stop.signal },
      take: (observation: Observation) => {
        taken.push(observation)
        for (const { count, done } of waiters) if (taken.length >= count) done()
      },
      ...of,
    } satisfies Watching,
  }
}

test('two runs say the same to the last byte', () => {
  const run = () => {
    const observe = demoObserver(fleet, { seed: 3 })
    return Array.from({ length: 60 }, (_, look) => textOf([...observe(look * 20, look)])).join('\n')
  }
  expect(run()).toBe(run())
})

test('another seed says something else', () =>
  expect(textOf(demoObservations(fleet, 300, { seed: 1 }))).not.toBe(textOf(demoObservations(fleet, 300, { seed: 2 }))))

test('the first look is at the start, and times are those of the demo', () => {
  const start = Date.UTC(2027, 4, 5)
  const all = demoObservations(fleet, 90, { start, faults: 'well' })
  expect(new Set(all.map(({ at }) => at))).toEqual(new Set([start + 90_000]))
  expect(all.map(one => one.kind === 'report' && one.system?.clock)).toEqual(
    new Array(hosts).fill((start + 90_000) / 1000),
  )
})

test('its clock runs as fast as is said', () => {
  let real = 1000
  const source = demoSource(fleet, { speed: 60, clock: () => real })
  expect(source.now()).toBe(Date.UTC(2026, 0, 1))
  real += 500
  expect(source.now()).toBe(Date.UTC(2026, 0, 1, 0, 0, 30))
  expect(source).toMatchObject({ kind: 'demo', title: 'DEMO' })
})

test('it looks at each host once a round, and then is done', async () => {
  const { taken, watch } = watching({ rounds: 3 })
  await demoSource(fleet).watch(watch)
  expect(taken.map(({ host }) => host)).toEqual([0, 1, 2].flatMap(() => fleet.hosts.map(({ number }) => number)))
  const times = taken.map(({ at }) => at)
  expect(times).toEqual(times.toSorted((a, b) => a - b))
  expect(new Set(times).size).toBe(3)
})

test('no rounds are no looks', async () => {
  const { taken, watch } = watching({ rounds: 0 })
  await demoSource(fleet).watch(watch)
  expect(taken).toEqual([])
})

test('it stops within a look when it is told to', async () => {
  const stop = new AbortController()
  const { taken, watch } = watching({ signal: stop.signal })
  const take = (observation: Observation): void => {
    watch.take(observation)
    if (taken.length === 2) stop.abort()
  }
  await demoSource(fleet).watch({ ...watch, take })
  expect(taken).toHaveLength(2)
})

test('it stops while it waits, and does not look when it was stopped before', async () => {
  const { taken, watch, stop, reached } = watching({ interval: 3_600_000 })
  const done = demoSource(fleet).watch(watch)
  await reached(hosts)
  stop.abort()
  await done
  await demoSource(fleet).watch(watch)
  expect(taken).toHaveLength(hosts)
})

test('asked to look again it looks at once, and that is no round', async () => {
  const { taken, watch, stop, reached } = watching({ interval: 3_600_000, rounds: 2 })
  const source = demoSource(fleet)
  const done = source.watch(watch)
  await reached(hosts)
  source.refresh?.()
  await reached(2 * hosts)
  source.refresh?.()
  await reached(3 * hosts)
  stop.abort()
  await done
  expect(taken).toHaveLength(3 * hosts)
})

test('asked while it looks, it looks once more', async () => {
  const { taken, watch, stop, reached } = watching({ interval: 3_600_000 })
  const source = demoSource(fleet)
  const take = (observation: Observation): void => {
    watch.take(observation)
    if (taken.length === 1) source.refresh?.()
  }
  const done = source.watch({ ...watch, take })
  await reached(2 * hosts)
  stop.abort()
  await done
  expect(taken).toHaveLength(2 * hosts)
})

test('asked while nobody watches, it does nothing', () => expect(demoSource(fleet).refresh?.()).toBeUndefined())

test('large fleets come in parts, so that others have their turn', async () => {
  const sketch = Object.fromEntries(
    Array.from({ length: 120 }, (_, i) => [`h${String(i).padStart(3, '0')}`, { at: `203.0.113.${i + 1}` }]),
  )
  const { taken, watch } = watching({ rounds: 1 })
  const seen: number[] = []
  const look = (): void => {
    seen.push(taken.length)
    if (taken.length < 120) setImmediate(look)
  }
  const done = demoSource(fleetFrom({ east: sketch })).watch(watch)
  setImmediate(look)
  await done
  expect(taken).toHaveLength(120)
  expect(seen.some(count => count > 0 && count < 120)).toBe(true)
})

test('it needs no more memory after ten thousand looks', { timeout: 300_000 }, () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const observe = demoObserver(fleet)
  let seen = 0
  const look = (first: number, last: number): number => {
    for (let number = first; number < last; number += 1)
      for (const observation of observe(number * 5, number)) seen += observation.kind === 'report' ? 1 : 0
    collect()
    return process.memoryUsage().heapUsed
  }
  const before = look(0, 1000)
  const after = look(1000, 11_000)
  expect(seen).toBeGreaterThan(50_000)
  expect((after - before) / 1e6).toBeLessThan(3)
})
