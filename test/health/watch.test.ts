import { afterEach, expect, test, vi } from 'vitest'
import type { HostReport } from '../../src/health/report.ts'
import type { Snapshot } from '../../src/health/snapshot.ts'
import { tunnelAt } from '../../src/health/snapshot.ts'
import type { Source } from '../../src/health/source.ts'
import { lookOnce, watchOn } from '../../src/health/watch.ts'
import { nothing, numberOf, type PeerSketch, peersOf, sketchedFleet, start } from './fleets.ts'

const fleet = sketchedFleet({ all: { a: { at: '192.0.2.1' }, b: { at: '192.0.2.2' } } })
type Said = Partial<HostReport> | null
const over = (signal: AbortSignal): boolean => signal.aborted

/** What each host says in its looks, at once and one after the other; time goes on by what each look takes. */
function scripted(looks: Readonly<Record<string, readonly Said[]>>, milliseconds: number) {
  const state = { now: start, rounds: 0 }
  const source: Source = {
    ...{ kind: 'ssh', title: 'ssh', now: () => state.now },
    watch: watching => {
      const { signal } = watching
      const rounds = watching.rounds ?? Infinity
      for (let round = 0; round < rounds; round += 1) {
        if (over(signal)) break
        state.rounds += 1
        for (const [name, said] of Object.entries(looks)) {
          if (over(signal)) break
          const one = said[Math.min(round, said.length - 1)] ?? null
          const at = { host: numberOf(fleet, name), at: state.now }
          watching.take(
            one === null
              ? { kind: 'silence', ...at, why: 'does not answer' }
              : { kind: 'report', ...at, ...nothing, ...one },
          )
          if (one === null) state.now += milliseconds
        }
      }
      return Promise.resolve()
    },
  }
  return { source, state }
}

const look = async (looks: Readonly<Record<string, readonly Said[]>>, interval = 10_000) => {
  const { source, state } = scripted(looks, 6000)
  const snapshot = await lookOnce({ fleet, source, interval, signal: new AbortController().signal })
  return { states: snapshot.hosts.map(({ state }) => state), rounds: state.rounds, snapshot }
}

const peers = (name: string, peer: PeerSketch) => peersOf(fleet, { [name]: peer })

test('one look is enough where all answer', async () => {
  expect(await look({ a: [{}], b: [{}] })).toMatchObject({ states: ['up', 'up'], rounds: 1 })
})

test('who does not answer is asked again: down, or just late', async () => {
  expect(await look({ a: [{}], b: [null] })).toMatchObject({ states: ['up', 'down'], rounds: 2 })
  expect(await look({ a: [{}], b: [null, {}] })).toMatchObject({ states: ['up', 'up'], rounds: 2 })
})

for (const interval of [1000, 10_000, 3_600_000])
  test(`with an interval of ${interval} ms, who answered at once is up however long others take`, async () => {
    expect((await look({ a: [{}], b: [null] }, interval)).states).toEqual(['up', 'down'])
  })

test('an echo that is lost in an idle tunnel is sent again: down when none comes back, up with the first', async () => {
  const old = { age: 4000, received: 5, sent: 5 }
  const cut = await look({ a: [peers('b', { ...old, echo: null })], b: [peers('a', { ...old, echo: null })] })
  expect(cut.rounds).toBe(3)
  expect(tunnelAt(cut.snapshot, 0)).toMatchObject({ state: 'down', why: 'echoes stay away' })
  const well = await look({
    a: [peers('b', { ...old, echo: null }), peers('b', { ...old, echo: 9 })],
    b: [peers('a', { ...old, echo: 9 })],
  })
  expect(well.rounds).toBe(2)
  expect(well.snapshot.totals.level).toBe('ok')
})

afterEach(() => void vi.useRealTimers())

test('while whoever watches slept, no host went down', async () => {
  vi.useFakeTimers()
  let now = start
  const ending = new AbortController()
  const seen: Snapshot[] = []
  let say: (said: Readonly<Record<string, Said>>) => void = () => undefined
  const source: Source = {
    ...{ kind: 'ssh', title: 'ssh', now: () => now },
    watch: watching => {
      say = said => {
        for (const [name, one] of Object.entries(said)) {
          const at = { host: numberOf(fleet, name), at: now }
          watching.take(
            one === null
              ? { kind: 'silence', ...at, why: 'does not answer' }
              : { kind: 'report', ...at, ...nothing, ...one },
          )
        }
      }
      return new Promise(resolve => watching.signal.addEventListener('abort', () => resolve(), { once: true }))
    },
  }
  const done = watchOn({ fleet, source, interval: 10_000, signal: ending.signal }, snapshot => void seen.push(snapshot))
  const pass = (seconds: number) => {
    for (let i = 0; i < seconds; i += 1) {
      now += 1000
      vi.advanceTimersByTime(1000)
    }
  }
  say({ a: {}, b: {} })
  pass(8)
  now += 3_600_000
  pass(6)
  // Its connection broke meanwhile.
  say({ a: null, b: null })
  pass(4)
  say({ a: {}, b: null })
  pass(4)
  const states = () => seen.at(-1)?.hosts.map(({ state }) => state)
  expect(states()).toEqual(['up', 'up'])
  expect(seen.at(-1)?.events).toEqual([])
  // b does not come back.
  for (let i = 0; i < 3; i += 1) {
    pass(10)
    say({ a: {}, b: null })
  }
  pass(6)
  expect(states()).toEqual(['up', 'down'])
  ending.abort()
  await done
})
