/** A recording played again: at its own pace, faster, or to its end at once. */
import { createReadStream, type ReadStream } from 'node:fs'
import { type Diagnostic, error } from '../../topology/diagnostic.ts'
import { printable } from '../text/printable.ts'
import { reason } from '../load/reason.ts'
import type { Fleet } from './fleet.ts'
import type { HostReport, Observation, Peers, Pings } from './report.ts'
import { longestLine, readHeader, readObservation } from './recording.ts'
import type { Source, Watching } from './source.ts'
import { passed } from './passed.ts'

export interface Replay extends Source {
  readonly kind: 'replay'
  /** Milliseconds between two looks at a host, while it was recorded. */
  readonly interval: number
  /** What of it is not played, for people: known when the watch is over. */
  readonly notes: readonly string[]
}

interface Speed {
  /** 1: as it was; 10: ten times as fast. */
  readonly speed?: number
  /** Milliseconds of a clock that only goes forward. */
  readonly clock?: () => number
}

export async function openReplay(
  path: string,
  fleet: Pick<Fleet, 'mesh' | 'hosts'>,
  { speed = 1, clock = () => performance.now() }: Speed = {},
): Promise<Replay | Diagnostic> {
  const file = createReadStream(path, { highWaterMark: 2 ** 18 })
  const lines = linesOf(file)
  const refuse = async (what: string, hint?: string): Promise<Diagnostic> => {
    await lines.return(undefined)
    return error('bad-value', `${path} ${what}`, undefined, hint)
  }
  let first: Line | undefined
  try {
    const { value } = await lines.next()
    first = value ?? undefined
  } catch (cause) {
    return error('unreadable', `${path} cannot be read: ${reason(cause)}`)
  }
  const header = first?.text == null ? null : readHeader(first.text)
  if (header === null) return refuse('is not a recording of meshwright', 'meshwright status --record FILE makes one.')
  if (header.version !== 1) return refuse('comes from a newer meshwright', 'A newer version of meshwright reads it.')
  if (header.mesh !== fleet.mesh)
    return refuse(
      `is a recording of the mesh ${header.mesh}, and this is ${fleet.mesh}`,
      '-C DIR names the directory of its mesh.',
    )
  return new Player({ path, fleet, speed, clock, file, lines, header })
}

interface Playing {
  readonly path: string
  readonly fleet: Pick<Fleet, 'mesh' | 'hosts'>
  readonly speed: number
  readonly clock: () => number
  readonly file: ReadStream
  readonly lines: AsyncGenerator<Line, undefined>
  readonly header: {
    readonly hosts: readonly string[]
    readonly started: number
    readonly interval: number
    readonly madeUp: boolean
  }
}

/** While nobody watched, nothing is worth waiting for: milliseconds of a pause that is played in full. */
const longestPause = 60_000

class Player implements Replay {
  readonly kind = 'replay'
  readonly title: string
  readonly interval: number
  readonly madeUp?: true
  readonly #of: Playing
  /** Numbers of this mesh by those of the recording; -1: it is not in this mesh. */
  readonly #numbers: Int32Array
  readonly #notes: string[] = []
  /** The time of the recording at some time of the clock; how far it may go on from there. */
  #from: number
  #since: number
  #until: number

  constructor(of: Playing) {
    const { path, fleet, header } = of
    this.#of = of
    this.title = `replay ${printable(path)}`
    this.interval = header.interval
    if (header.madeUp) this.madeUp = true
    const numbers = new Map(fleet.hosts.map(({ name, number }) => [name as string, number] as const))
    this.#numbers = Int32Array.from(header.hosts, name => numbers.get(name) ?? -1)
    const absent = this.#numbers.filter(number => number < 0).length
    if (absent > 0) this.#notes.push(`${absent} of its ${header.hosts.length} hosts are not in this mesh`)
    this.#from = header.started
    this.#since = of.clock()
    this.#until = header.started
  }

  get notes(): readonly string[] {
    return this.#notes
  }

  /** Stands still before an observation that is late, and at the end: what was recorded does not grow old. */
  now(): number {
    return Math.min(this.#until, this.#from + (this.#of.clock() - this.#since) * this.#of.speed)
  }

  async watch(watching: Watching): Promise<void> {
    const { rounds, signal } = watching
    const { file, lines } = this.#of
    // A pipe may be silent for long.
    const stop = (): void => void file.destroy()
    signal.addEventListener('abort', stop)
    let bad = 0
    try {
      for await (const { text, whole } of lines) {
        if (signal.aborted) break
        const read = text === null ? null : readObservation(text)
        // Whoever recorded it was stopped in the middle of a line.
        if (read === null && !whole && text !== null) break
        const observation = read === null ? null : this.#here(read)
        if (read === null) bad += 1
        if (observation === null) continue
        if (!(await this.#reach(observation.at, rounds === null, signal))) break
        watching.take(observation)
      }
    } catch (cause) {
      if (!signal.aborted) this.#notes.push(`it cannot be read to its end: ${printable(reason(cause))}`)
    } finally {
      signal.removeEventListener('abort', stop)
      await lines.return(undefined)
      if (bad > 0) this.#notes.push(`${bad} of its lines are no observations`)
    }
  }

  /** The clock goes on to `at`, and never back. False: it was stopped on the way. */
  async #reach(at: number, paced: boolean, signal: AbortSignal): Promise<boolean> {
    const from = Math.max(this.now(), Math.min(this.#until, at))
    if (at > from && paced) {
      const start = Math.max(from, at - longestPause)
      this.#from = start
      this.#since = this.#of.clock()
      this.#until = at
      await passed((at - start) / this.#of.speed, signal)
    }
    if (signal.aborted) return false
    this.#until = Math.max(this.#until, at)
    this.#from = this.#until
    this.#since = this.#of.clock()
    return true
  }

  /** With the numbers of this mesh; null: its host is not in it. */
  #here(observation: Observation): Observation | null {
    const host = this.#numbers[observation.host] ?? -1
    if (host < 0) return null
    if (observation.kind === 'silence') return { ...observation, host }
    const { peers, pings } = observation
    const report: HostReport = {
      ...{ ...observation, host },
      peers: peers && this.#peersHere(peers),
      pings: pings && this.#pingsHere(pings),
    }
    return report
  }

  #peersHere(peers: Peers): Peers {
    const kept = this.#kept(peers.to)
    return {
      to: kept.map(i => this.#numbers[peers.to[i] ?? -1] ?? -1),
      age: kept.map(i => peers.age[i] ?? NaN),
      received: kept.map(i => peers.received[i] ?? NaN),
      sent: kept.map(i => peers.sent[i] ?? NaN),
      endpoints: kept.map(i => peers.endpoints[i] ?? ''),
      strangers: peers.strangers,
    }
  }

  #pingsHere(pings: Pings): Pings {
    const kept = this.#kept(pings.to)
    return {
      to: kept.map(i => this.#numbers[pings.to[i] ?? -1] ?? -1),
      milliseconds: kept.map(i => pings.milliseconds[i] ?? NaN),
    }
  }

  /** Places of those that are in this mesh. */
  #kept(to: ArrayLike<number>): number[] {
    const kept: number[] = []
    for (let i = 0; i < to.length; i += 1) if ((this.#numbers[to[i] ?? -1] ?? -1) >= 0) kept.push(i)
    return kept
  }
}

interface Line {
  /** Null: it is longer than a line may be. */
  readonly text: string | null
  /** It ends in a line break. */
  readonly whole: boolean
}

/** Lines with a bound: what is longer is passed over without being kept. */
async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Line, undefined> {
  let kept: Buffer[] = []
  let length = 0
  let first = true
  const taken = (whole: boolean): Line => {
    const text = length > longestLine ? null : Buffer.concat(kept).toString('utf8')
    kept = []
    length = 0
    return { text, whole }
  }
  for await (const chunk of chunks) {
    let from = 0
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      length += end - from
      if (length <= longestLine) kept.push(chunk.subarray(from, end))
      from = end + 1
      first = false
      yield taken(true)
    }
    length += chunk.length - from
    if (length <= longestLine) kept.push(chunk.subarray(from))
    else {
      kept = []
      // No recording begins so: whatever follows, and be it without end, is not read.
      if (first) {
        yield { text: null, whole: false }
        return
      }
    }
  }
  if (length > 0) yield taken(false)
}
