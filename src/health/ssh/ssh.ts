/**
 * The mesh by SSH: one script, one round trip for each host and look, over connections that are kept. Every host has a
 * schedule and a limit of its own, so one that hangs delays nobody; one that fails is called less and less often, and
 * said to be silent at each of its turns.
 */
import { createHash, randomBytes } from 'node:crypto'
import type { Fleet, WatchedHost } from '../fleet.ts'
import type { Observation } from '../report.ts'
import type { Source, Watching } from '../source.ts'
import { printable } from '../../text/printable.ts'
import { type Common, Connection, Gate, Unreachable } from './connection.ts'
import { KnownHosts, loginsOf, type Who } from './logins.ts'
import { lastingParts, type Look, partsOf, renderProbe } from './probe.sh.ts'
import { type Output, type Part, readOutput } from './output.ts'
import { reportOf } from './read/report.ts'

export interface SshOptions extends Who {
  /** Milliseconds for one look at one host, logging in included. Default: two intervals, between 6 and 10 seconds. */
  readonly limit?: number
}

/** Handshakes are work for us; connections that stand are not. */
const handshakesAtOnce = 16
/** Peers that get an echo request in one look; with more of them they take turns. */
const pingsInOneLook = 32
const thoroughEvery = 60_000
const longestPause = 60_000
/** A part that did not come to an end may hang in the kernel, and be there still: it is asked for less and less often. */
const hangs = { first: 60_000, longest: 3_600_000, why: 'no answer in time; asked less often now' }
const denied = { pause: 600_000, why: 'needs root' }

export function sshSource(fleet: Fleet, options: SshOptions): Source {
  /** One for each host that waits for its turn. */
  const waiting = new Set<() => void>()
  let refreshes = 0
  return {
    ...{ kind: 'ssh', title: 'ssh' },
    now: () => Date.now(),
    refresh: () => {
      refreshes += 1
      for (const wake of [...waiting]) wake()
    },
    watch: async watching => {
      const { signal, interval, rounds } = watching
      const limit = options.limit ?? Math.min(10_000, Math.max(6000, 2 * interval))
      const connections: Connection[] = []
      const common: Common = {
        ...{ domain: fleet.domain, limit, gate: new Gate(handshakesAtOnce), known: new KnownHosts(options) },
        logins: await loginsOf(options),
        connectionTo: number => connections[number],
      }
      for (const host of fleet.hosts) connections.push(new Connection(host, common))
      const looks = new Set<AbortController>()
      const stop = (): void => {
        for (const wake of [...waiting]) wake()
        for (const look of looks) look.abort()
        for (const connection of connections) connection.close()
      }
      signal.addEventListener('abort', stop, { once: true })
      const follow = async (host: WatchedHost, connection: Connection): Promise<void> => {
        const turns = new Turns(host.name, interval, clock())
        const looker = new Looker(fleet, host, connection, { interval, limit, looks })
        let seen = refreshes
        for (let round = 0; (rounds === null || round < rounds) && !stopped(watching); round += 1) {
          if (round > 0)
            await pause(turns.next(clock()) - clock(), waiting, () => stopped(watching) || seen < refreshes)
          if (stopped(watching)) return
          if (seen < refreshes) looker.forgive()
          seen = refreshes
          const observation = await looker.look()
          if (!stopped(watching)) watching.take(observation)
        }
      }
      try {
        await Promise.all(
          fleet.hosts.map(async host => {
            const connection = connections[host.number]
            if (connection !== undefined) await follow(host, connection)
          }),
        )
      } finally {
        signal.removeEventListener('abort', stop)
        stop()
      }
    },
  }
}

/** For spans: it never goes back. */
const clock = (): number => performance.now()

const stopped = ({ signal }: Watching): boolean => signal.aborted

/** When a host is looked at: each interval, and later in it by a part that its name decides, so that they spread. */
class Turns {
  readonly #interval: number
  #next: number

  constructor(name: string, interval: number, start: number) {
    this.#interval = interval
    this.#next = start + spreadOf(name) * 0.2 * interval
  }

  /** The first turn after now; turns that went by are not made up for. */
  next(now: number): number {
    const behind = Math.max(1, Math.ceil((now - this.#next) / this.#interval))
    this.#next += behind * this.#interval
    return this.#next
  }
}

/** 0 to 1, the same for a name on every day. */
const spreadOf = (name: string): number => createHash('sha256').update(name).digest().readUInt32BE() / 2 ** 32

/** Ends also when woken; not at all when that has happened before. */
function pause(milliseconds: number, waiting: Set<() => void>, over: () => boolean): Promise<void> {
  return new Promise(resolve => {
    if (over()) return resolve()
    const wake = (): void => {
      clearTimeout(timer)
      waiting.delete(wake)
      resolve()
    }
    const timer = setTimeout(wake, Math.max(0, milliseconds))
    waiting.add(wake)
  })
}

interface Pace {
  readonly interval: number
  readonly limit: number
  /** Those that are going on. */
  readonly looks: Set<AbortController>
}

/** Looks at one host, and what it remembers from one look to the next. */
class Looker {
  readonly #fleet: Fleet
  readonly #host: WatchedHost
  readonly #connection: Connection
  readonly #pace: Pace
  /** Numbers of its peers. */
  readonly #peers: readonly number[]
  #failures = 0
  /** Not called before this time, for this reason. */
  #pause = { until: 0, why: '' }
  #count = 0
  #thorough = -Infinity
  #lasting: ReadonlyMap<string, Part> = new Map()
  /** Parts that are left out for a while. */
  readonly #left = new Map<string, { until: number; pause: number; why: string }>()

  constructor(fleet: Fleet, host: WatchedHost, connection: Connection, pace: Pace) {
    this.#fleet = fleet
    this.#host = host
    this.#connection = connection
    this.#pace = pace
    const { start, to } = fleet.tunnels
    this.#peers = [...to.subarray(start[host.number] ?? 0, start[host.number + 1] ?? 0)]
  }

  /** What failed may be tried again at once. */
  forgive(): void {
    this.#failures = 0
    this.#pause = { until: 0, why: '' }
    this.#left.clear()
    this.#thorough = -Infinity
  }

  async look(): Promise<Observation> {
    const { number } = this.#host
    if (clock() < this.#pause.until) return { kind: 'silence', host: number, at: Date.now(), why: this.#pause.why }
    const ending = new AbortController()
    this.#pace.looks.add(ending)
    const timer = setTimeout(() => ending.abort(), this.#pace.limit)
    try {
      const observation = await this.#ask(ending.signal)
      this.#failures = 0
      return observation
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error
      return this.#failed(error.why)
    } finally {
      clearTimeout(timer)
      this.#pace.looks.delete(ending)
    }
  }

  async #ask(signal: AbortSignal): Promise<Observation> {
    const [fleet, host, now] = [this.#fleet, this.#host, clock()]
    const left = new Map([...this.#left].filter(([, { until }]) => until > now).map(([name, { why }]) => [name, why]))
    const look: Look = {
      nonce: randomBytes(8).toString('hex'),
      pings: this.#somePeers(),
      thorough: now - this.#thorough >= thoroughEvery - this.#pace.interval / 2,
      skip: new Set(left.keys()),
      // It should come to its end before we stop listening.
      seconds: Math.max(3, Math.floor(this.#pace.limit / 1000) - 2),
    }
    const { text, complaint, took } = await this.#connection.ask(
      renderProbe(fleet, host, look),
      `${look.nonce} end`,
      signal,
    )
    const output = readOutput(text, look.nonce, partsOf(fleet, host, look))
    if (!output.begun) {
      // Nothing at all: a connection that is none, or an account without a shell.
      this.#connection.close()
      const said = printable(complaint.trim().split('\n')[0] ?? '').slice(0, 120)
      throw new Unreachable(said === '' ? 'does not answer' : `runs no script: ${said}`)
    }
    this.#count += 1
    this.#remember(look, output)
    return reportOf(fleet, host, {
      at: Date.now(),
      took: output.ended ? Math.round(took) : null,
      parts: new Map([...this.#lasting, ...output.parts]),
      skipped: left,
    })
  }

  #remember(look: Look, output: Output): void {
    if (look.thorough) {
      this.#thorough = clock()
      this.#lasting = new Map([...output.parts].filter(([name]) => lastingParts.includes(name)))
    }
    const asked = partsOf(this.#fleet, this.#host, look)
    const open = asked.filter(({ name }) => (output.parts.get(name)?.status ?? null) === null)
    // When the script came to its end without a few of them, those hang. Else the host is slow, or our connection broke.
    const hung = output.ended && 2 * open.length <= asked.length
    for (const { name } of asked) {
      const part = output.parts.get(name)
      if (part === undefined || part.status === null) {
        if (!hung) continue
        const pause = Math.min(hangs.longest, Math.max(hangs.first, 2 * (this.#left.get(name)?.pause ?? 0)))
        this.#left.set(name, { until: clock() + pause, pause, why: hangs.why })
      } else if (part.status !== 0 && part.lines.some(line => line === 'needs root' || line.startsWith('doas: ')))
        this.#left.set(name, { until: clock() + denied.pause, pause: 0, why: denied.why })
      else this.#left.delete(name)
    }
  }

  #somePeers(): readonly number[] {
    const all = this.#peers
    if (all.length <= pingsInOneLook) return all
    const from = (this.#count * pingsInOneLook) % all.length
    return [...all, ...all].slice(from, from + pingsInOneLook)
  }

  #failed(why: string): Observation {
    this.#failures += 1
    const pause = Math.min(longestPause, this.#pace.interval * 2 ** Math.min(20, this.#failures - 1))
    // Those that fail together do not come back together.
    const until = clock() + pause * (0.8 + 0.2 * spreadOf(this.#host.name))
    this.#pause = { until: this.#failures === 1 ? 0 : until, why }
    return { kind: 'silence', host: this.#host.number, at: Date.now(), why }
  }
}
