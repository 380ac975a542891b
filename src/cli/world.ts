/** One reading of the mesh as `meshwright serve` has it: the plan, where its health comes from, and what is told of both. */
import { hostname } from 'node:os'
import { targetsOf } from '../export/targets.ts'
import type { Snapshot } from '../health/snapshot.ts'
import { watchOn } from '../health/watch.ts'
import { tokenRemarks } from '../keys/token-file.ts'
import { Answers } from '../serve/answers.ts'
import type { Content } from '../serve/server.ts'
import { serveToken } from '../serve/token.ts'
import { type Io, report } from './io.ts'
import { type Reading, type ReadOptions, type Refused, secretsWritten } from './reading.ts'
import { openSource, type Watched } from './sources.ts'
import { version } from './version.ts'

/** Looks without a new snapshot, and milliseconds that it may take in any case. */
const tooOld = { intervals: 5, least: 60_000 }

/** Whoever opened it closes it. */
export class World {
  readonly reading: Reading
  readonly content: Content
  /** Every host was heard of. */
  readonly known: Promise<void>
  /** What went wrong while looking; it never comes to anything else. */
  readonly broken: Promise<never>
  readonly #watched: Watched
  readonly #stop: AbortController
  #knows: () => void = () => undefined
  #breaks: (cause: unknown) => void = () => undefined
  #tells = false
  #looking: Promise<void> = Promise.resolve()

  private constructor(reading: Reading, content: Content, watched: Watched, stop: AbortController) {
    ;[this.reading, this.content] = [reading, content]
    ;[this.#watched, this.#stop] = [watched, stop]
    this.known = new Promise(resolve => (this.#knows = resolve))
    this.broken = new Promise((_, reject) => (this.#breaks = reject))
    // Nobody may be waiting for it yet.
    this.broken.catch(() => undefined)
  }

  static async open(
    io: Io,
    reading: Reading,
    options: ReadOptions & { readonly tokenFile?: string },
  ): Promise<World | Refused> {
    const token = await serveToken(options.tokenFile, io.environment)
    if (token !== null && 'severity' in token) return { refused: [token] }
    report(io, await tokenRemarks(options.tokenFile))
    const { mesh, graph, fleet } = reading
    const stop = new AbortController()
    const signal = AbortSignal.any([io.signal, stop.signal])
    const sourced = await openSource({ ...io, signal }, mesh, fleet, options, false)
    if ('refused' in sourced) return sourced
    const answers = new Answers({
      ...{ version, graph, fleet, targets: targetsOf(mesh.mesh, mesh.services), machine: hostname() },
      oldAfter: Math.max(tooOld.intervals * sourced.watched.interval, tooOld.least),
      secretsWritten: secretsWritten(options.directory),
      clock: () => performance.now(),
    })
    return new World(reading, { answers, token }, sourced.watched, stop)
  }

  /** Until the source comes to its end, or it is closed. */
  look(): void {
    this.#looking = watchOn(this.#watched, snapshot => this.#take(snapshot)).catch(this.#breaks)
  }

  /** From now on hooks hear of what changes: of two worlds at once, only one tells them. */
  tell(): void {
    this.#tells = true
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await this.#looking
    await this.#watched.close()
  }

  #take(snapshot: Snapshot): void {
    if (this.#tells) this.#watched.hooks?.take(snapshot.events, snapshot.at, snapshot)
    this.content.answers.take(snapshot)
    if (snapshot.hosts.every(({ state }) => state !== 'unknown')) this.#knows()
  }
}
