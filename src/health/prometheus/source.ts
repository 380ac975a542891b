/** A Prometheus as a source: for fleets that are too large to ask every host. It is queried and never written to. */
import { readFile } from 'node:fs/promises'
import { type Diagnostic, error } from '../../../topology/diagnostic.ts'
import { printable } from '../../text/printable.ts'
import { SecretText } from '../../keys/secret-text.ts'
import { reason } from '../../load/reason.ts'
import type { Fleet } from '../fleet.ts'
import type { Source, Watching } from '../source.ts'
import { ask, type Server } from './ask.ts'
import { type Index, indexOf, Look } from './look.ts'
import { queriesOf, type QueryName } from './queries.ts'
import { assemble, type Seen } from './reports.ts'

export interface PrometheusAt {
  /** Each watches a part of the mesh, or all of it; `http://10.64.1.27:9090`, credentials of a proxy within. */
  readonly urls: readonly string[]
  readonly token?: SecretText | null
  readonly fetch?: typeof globalThis.fetch
  /** Milliseconds since the epoch. */
  readonly now?: () => number
  /** Of one query: milliseconds, and bytes after decompression. */
  readonly limits?: Server['limits']
}

/** A thousand hosts in a full mesh, by their keys, take 150 MB a query. */
const usual: Server['limits'] = { time: 30_000, bytes: 256 * 2 ** 20 }
/** Queries at once: an answer to a large one is worked out on as many cores. */
const atOnce = 3
/** Two scrapes, where nobody has said how long one takes (scrape_interval is a minute if nothing else is said). */
const oldAfter = 120_000

export function prometheusSource(fleet: Fleet, at: PrometheusAt): Source | Diagnostic {
  const servers: Server[] = []
  for (const text of at.urls) {
    const parsed = serverOf(text, at)
    if ('severity' in parsed) return parsed
    servers.push(parsed)
  }
  if (servers.length === 0)
    return error('bad-value', 'no Prometheus is named', undefined, 'As in http://10.64.1.27:9090.')
  return new Prometheus(fleet, servers, at.now ?? (() => Date.now()))
}

/** From a file, else from the environment; null: none is given. */
export async function prometheusToken(
  file: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<SecretText | null | Diagnostic> {
  const where = file ?? 'MESHWRIGHT_PROMETHEUS_TOKEN'
  let text: string | undefined
  try {
    text = file === undefined ? environment['MESHWRIGHT_PROMETHEUS_TOKEN'] : await readFile(file, 'utf8')
  } catch (cause) {
    return error('unreadable', `${where} cannot be read: ${reason(cause)}`)
  }
  const token = text?.trim()
  if (token === undefined || (token === '' && file === undefined)) return null
  // RFC 6750 §2.1; whatever else it is would be shown by whoever refuses it.
  return /^[A-Za-z0-9._~+/-]+=*$/.test(token)
    ? new SecretText(token, 'token of Prometheus')
    : error('bad-value', `${where} holds no bearer token`, undefined, 'One line: letters, digits and -._~+/ only.')
}

function serverOf(text: string, { token = null, fetch, limits = usual }: PrometheusAt): Server | Diagnostic {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^https?:$/.test(url.protocol))
    // Not shown as it is: it may hold a password.
    return error('bad-value', 'the URL of Prometheus is none', undefined, 'As in http://10.64.1.27:9090.')
  const { username, password } = url
  const pair = Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64')
  const basic = username === '' ? null : new SecretText(`Basic ${pair}`, 'password of Prometheus')
  const bearer = token && new SecretText(`Bearer ${token.reveal()}`, 'token of Prometheus')
  return {
    base: `${url.origin}${url.pathname.replace(/\/+$/, '')}`,
    authorization: bearer ?? basic,
    fetch: fetch ?? globalThis.fetch,
    limits,
  }
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

class Prometheus implements Source {
  readonly kind = 'prometheus'
  readonly title: string
  readonly now: () => number
  readonly #index: Index
  readonly #servers: readonly Server[]
  readonly #queries: ReadonlyMap<QueryName, string>
  readonly #told: Float64Array
  readonly #owed: Float32Array
  /** By server: milliseconds from its clock to ours. */
  readonly #clocks: (number | undefined)[] = []
  #wake: () => void = () => undefined

  constructor(fleet: Fleet, servers: readonly Server[], now: () => number) {
    this.now = now
    this.#index = indexOf(fleet)
    this.#servers = servers
    this.#queries = queriesOf(fleet)
    this.#told = new Float64Array(fleet.hosts.length).fill(NaN)
    this.#owed = new Float32Array(fleet.tunnels.count)
    const [first = '', ...others] = servers.map(({ base }) => printable(base))
    this.title = `prometheus ${first}${others.length === 0 ? '' : ` and ${others.length} more`}`
  }

  async watch(watching: Watching): Promise<void> {
    const { interval, rounds, signal } = watching
    for (let round = 1; !signal.aborted; round += 1) {
      const began = performance.now()
      const seen = await Promise.all(this.#servers.map((server, i) => this.#look(server, i, signal)))
      // What was broken off says nothing of the hosts.
      if (isAborted(signal)) return
      const observations = assemble({
        ...{ index: this.#index, seen, now: this.now(), told: this.#told, owed: this.#owed },
        oldAfter: Math.max(2 * interval, oldAfter),
      })
      for (const observation of observations) watching.take(observation)
      if (rounds !== null && round >= rounds) return
      // A Prometheus that needs longer than the interval is left in peace for a moment.
      await this.#pause(Math.max(250, interval - (performance.now() - began)), signal)
    }
  }

  refresh(): void {
    this.#wake()
  }

  #pause(milliseconds: number, signal: AbortSignal): Promise<void> {
    return new Promise(resolve => {
      const done = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        this.#wake = () => undefined
        resolve()
      }
      const timer = setTimeout(done, milliseconds)
      signal.addEventListener('abort', done)
      this.#wake = done
      if (signal.aborted) done()
    })
  }

  async #look(server: Server, number: number, signal: AbortSignal): Promise<Seen> {
    const look = new Look(this.#index)
    const one = async (name: QueryName, time: number | null): Promise<number | null> => {
      const query = this.#queries.get(name)
      if (query === undefined) return null
      const answer = await ask(server, { query, time }, look.taker(name), signal)
      if (typeof answer === 'string') {
        look.fail(name, answer)
        return null
      }
      if (answer.warning !== null) look.warned.set(name, answer.warning)
      return answer.evaluated
    }
    const before = this.now()
    // The time of the first answer is that of all others: they are of one moment.
    const time = await one('sample times', null)
    if (time !== null) this.#setClock(number, before, time)
    const unreachable = look.failed.get('sample times')
    const rest = [...this.#queries.keys()].filter(name => name !== 'sample times')
    if (unreachable !== undefined) {
      for (const name of rest) look.fail(name, unreachable)
      return { look, clockOff: this.#clocks[number] ?? 0 }
    }
    const next = rest.values()
    const work = async (): Promise<void> => {
      for (const name of next) await one(name, time)
    }
    await Promise.all(Array.from({ length: atOnce }, work))
    return { look, clockOff: this.#clocks[number] ?? 0 }
  }

  /** Small differences are the way of the question and the answer, and would make the times of samples tremble. */
  #setClock(number: number, before: number, seconds: number): void {
    const after = this.now()
    const off = (before + after) / 2 - seconds * 1000
    const known = this.#clocks[number] ?? 0
    if (Math.abs(off - known) > 1000 + (after - before) / 2) this.#clocks[number] = off
  }
}

const isAborted = (signal: AbortSignal): boolean => signal.aborted
