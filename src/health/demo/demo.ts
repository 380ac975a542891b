/**
 * The demo: a source without hosts. Its clock runs as fast as is said, and what it brings follows from fleet, seed, faults
 * and the seconds on that clock alone.
 */
import { setImmediate } from 'node:timers/promises'
import type { Fleet } from '../fleet.ts'
import type { Observation } from '../report.ts'
import type { Source, Watching } from '../source.ts'
import type { Faults } from './faults.ts'
import { type Observer, observerOf } from './reports.ts'
import { stageOf } from './world.ts'

export interface DemoOptions {
  readonly seed?: number
  /** What goes wrong; default: the story. */
  readonly faults?: Faults
  /** When it begins, in milliseconds since the epoch; default: the first moment of 2026. */
  readonly start?: number
}

interface Played extends DemoOptions {
  /** Seconds of the demo in a second; default 1. */
  readonly speed?: number
  /** Milliseconds that never go back; default: those of this process. */
  readonly clock?: () => number
}

const usualStart = Date.UTC(2026, 0, 1)

/** Asked for one moment after the other, it need not work out the fleet each time. */
export const demoObserver = (
  fleet: Fleet,
  { seed = 0, faults = 'story', start = usualStart }: DemoOptions = {},
): Observer => observerOf(stageOf(fleet, faults, seed), start)

/** All hosts at one moment: for tests that step through time. `look`: which echo requests are sent follows from it. */
export const demoObservations = (
  fleet: Fleet,
  seconds: number,
  options: DemoOptions = {},
  look = Math.floor(seconds / 5),
): Observation[] => [...demoObserver(fleet, options)(seconds, look)]

export function demoSource(fleet: Fleet, options: Played = {}): Source {
  const { speed = 1, start = usualStart, clock = () => performance.now() } = options
  const observe = demoObserver(fleet, options)
  const began = clock()
  const seconds = (): number => ((clock() - began) / 1000) * speed
  const bells = new Set<Bell>()
  return {
    ...{ kind: 'demo', title: 'DEMO', madeUp: true },
    now: () => start + Math.round(seconds() * 1000),
    watch: async watching => {
      const bell = new Bell()
      bells.add(bell)
      await watch(watching, { clock, bell, look: number => observe(seconds(), number) })
      bells.delete(bell)
    },
    refresh: () => {
      for (const bell of bells) bell.ring()
    },
  }
}

interface Playing {
  readonly clock: () => number
  /** Rung when it shall look at once. */
  readonly bell: Bell
  readonly look: (number: number) => Iterable<Observation>
}

/** So many hosts in a row; then keys and screens have their turn. */
const atOnce = 50

async function watch(watching: Watching, { clock, bell, look }: Playing): Promise<void> {
  const { interval, rounds, signal } = watching
  const over = (): boolean => signal.aborted
  let [looks, round, due] = [0, 0, clock()]
  let regular = true
  while ((rounds === null || round < rounds) && !over()) {
    let taken = 0
    for (const observation of look(looks)) {
      if (over()) return
      watching.take(observation)
      taken += 1
      if (taken % atOnce === 0) await setImmediate()
    }
    looks += 1
    if (regular) {
      round += 1
      // Looks that could not be kept up with are left out.
      due += interval * Math.max(1, Math.ceil((clock() - due) / interval))
    }
    if (round !== rounds) regular = !(await bell.wait(due - clock(), signal))
  }
}

/** Ends a wait before its time; when it is rung while nobody waits, the next wait is none. */
class Bell {
  #rung = false
  #wake: (() => void) | null = null

  ring(): void {
    this.#rung = true
    this.#wake?.()
  }

  /** Says whether it was rung. */
  async wait(milliseconds: number, signal: AbortSignal): Promise<boolean> {
    if (!this.#rung && !signal.aborted)
      await new Promise<void>(resolve => {
        const done = (): void => {
          clearTimeout(timer)
          signal.removeEventListener('abort', done)
          resolve()
        }
        const timer = setTimeout(done, Math.max(0, milliseconds))
        signal.addEventListener('abort', done, { once: true })
        this.#wake = done
      })
    const rung = this.#rung
    this.#wake = null
    this.#rung = false
    return rung
  }
}
