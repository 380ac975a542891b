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
  /** Seconds of the source in one of ours; 1, but for a demo that hurries. */
  readonly pace?: number
  readonly signal: AbortSignal
}

const sourceOf = ({ kind, title, madeUp }: Source): Snapshot['source'] => ({
  ...{ kind, title },
  ...(madeUp === true && { madeUp }),
})

const memoryOf = ({ fleet, source, interval, pace = 1 }: WatchOptions): Memory =>
  new Memory({ fleet, source: sourceOf(source), interval: interval * pace, now: source.now() })

/** So many looks at most, where one leaves something open, and milliseconds between them. */
const looksAtMost = 3
const lookAgain = 5000

/** Of a recording with more directed tunnels, only the end is looked at: judging them all costs more than reading it. */
const followed = 20_000

/** One look at every host, and again where somebody did not answer; all of a recording. */
export async function lookOnce(options: WatchOptions): Promise<Snapshot> {
  const { fleet, source, interval } = options
  if (source.kind === 'replay') {
    const memory = memoryOf(options)
    let last = source.now()
    await source.watch({
      ...{ ...options, rounds: 1 },
      take: observation => {
        // Since when it is so is known only to who looks on the way.
        if (observation.at - last >= interval && fleet.tunnels.count <= followed) {
          memory.snapshot(observation.at)
          last = observation.at
        }
        memory.take(observation)
      },
    })
    return memory.snapshot(source.now())
  }
  // However long others take: what a host said in this look is not old at its end.
  const memory = memoryOf({ ...options, interval: Infinity })
  const enough = new AbortController()
  const looks = fleet.hosts.map(() => 0)
  let round = 1
  let open = fleet.hosts.length
  await source.watch({
    ...{ interval: Math.min(interval, lookAgain), rounds: looksAtMost },
    signal: AbortSignal.any([options.signal, enough.signal]),
    take: observation => {
      memory.take(observation)
      looks[observation.host] = (looks[observation.host] ?? 0) + 1
      if (looks[observation.host] === round) open -= 1
      while (open === 0) {
        if (round === looksAtMost || !memory.undecided) return enough.abort()
        round += 1
        open = looks.filter(n => n < round).length
      }
    },
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
  let beat = source.now()
  const timer = setInterval(() => {
    const before = beat
    beat = source.now()
    if ((source.kind === 'ssh' || source.kind === 'prometheus') && beat - before > asleep) memory.slept(beat)
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

/** Milliseconds by which a timer is late only when all stood still: a laptop was closed, or the program stopped. */
const asleep = 20_000

/** Timers are late by some milliseconds, and a tick is not to be missed for it. */
const tolerance = 50
