/** A source watched: its observations become snapshots, once or as long as somebody looks. */
import type { Fleet } from './fleet.ts'
import { Memory } from './memory.ts'
import type { Snapshot } from './snapshot.ts'
import type { Source } from './source.ts'

export interface WatchOptions {
  readonly fleet: Fleet
  readonly source: Source
  /** Milliseconds between two looks at a host. */
  readonly interval: number
  readonly signal: AbortSignal
}

const memoryOf = ({ fleet, source, interval }: WatchOptions): Memory =>
  new Memory({ fleet, source: { kind: source.kind, title: source.title }, interval, now: source.now() })

/** One look at every host. */
export async function lookOnce(options: WatchOptions): Promise<Snapshot> {
  const { source, interval, signal } = options
  const memory = memoryOf(options)
  await source.watch({
    ...{ interval, signal, rounds: 1 },
    take: observation => memory.take(observation),
  })
  return memory.snapshot(source.now())
}

/** How often there is a new snapshot where there is anything new, and where only time goes on. */
const lively = 1000
const idle = 5000
/** Of the time, at most this part is spent on snapshots of very large meshes. */
const share = 0.2

/** Calls `show` with the first snapshot at once, and then with each new one, until the signal or the source's end. */
export async function watchOn(options: WatchOptions, show: (snapshot: Snapshot) => void): Promise<void> {
  const { source, interval, signal } = options
  const memory = memoryOf(options)
  let news = false
  let last = -Infinity
  let pause = lively
  const look = () => {
    const began = performance.now()
    show(memory.snapshot(source.now()))
    last = performance.now()
    pause = Math.max(lively, (last - began) / share)
    news = false
  }
  look()
  const timer = setInterval(() => {
    const waited = performance.now() - last
    if (waited >= (news ? pause : Math.max(idle, pause)) - tolerance) look()
  }, lively)
  try {
    await source.watch({
      ...{ interval, signal, rounds: null },
      take: observation => {
        memory.take(observation)
        news = true
      },
    })
  } finally {
    clearInterval(timer)
  }
  look()
}

/** Timers are late by some milliseconds, and a tick is not to be missed for it. */
const tolerance = 50
