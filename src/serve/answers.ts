/** What there is to ask for, and what is said: made from the newest snapshot, once for all who ask. */
import { asked, groupOf } from '../export/discovery.ts'
import { nodeGraph } from '../export/grafana/node-graph.ts'
import type { Graph } from '../export/graph.ts'
import { relayed } from '../export/metrics/exporters.ts'
import { Metrics } from '../export/metrics/metrics.ts'
import type { Scrape } from '../export/metrics/sample.ts'
import { contentType } from '../export/metrics/text.ts'
import type { Target } from '../export/targets.ts'
import type { Fleet } from '../health/fleet.ts'
import type { Snapshot } from '../health/snapshot.ts'
import { spanText } from '../health/verdict.ts'
import { namesFor } from './host.ts'
import { bytesOf, Shared } from './shared.ts'

export interface Answer {
  readonly status: 200 | 503
  readonly type: string
  readonly body: Iterable<Buffer>
}

export interface Served {
  readonly version: string
  readonly graph: Graph
  readonly fleet: Fleet
  readonly targets: readonly Target[]
  /** What this machine calls itself (hostname(1)). */
  readonly machine?: string
  /** Milliseconds without a new snapshot after which something is wrong. */
  readonly oldAfter: number
  /** Milliseconds since the epoch at which secrets.age was written; null: there is none. */
  readonly secretsWritten: () => number | null
  /** Milliseconds, for spans. */
  readonly clock: () => number
}

const plain = 'text/plain; charset=utf-8'
const json = 'application/json'

const paths = {
  '/metrics': 'the mesh and its health, for Prometheus',
  '/exporters': 'what hosts passed on from the exporters of their services',
  '/api/graph': 'nodes and edges, for Grafana',
  '/sd': 'every exporter of the plan, for http_sd_configs; ?job=NAME and &service=NAME',
  '/healthz': 'is this daemon well?',
} as const

/** Above so many directed tunnels the text is made for each who asks: it is too large to be kept. */
const kept = 250_000

export class Answers {
  /** By which they may be asked for without a token. */
  readonly names: ReadonlySet<string>
  readonly #of: Served
  readonly #metrics: Metrics
  #latest: { readonly scrape: Scrape; readonly taken: number; readonly texts: Map<string, Shared> } | null = null

  constructor(of: Served) {
    this.#of = of
    this.#metrics = new Metrics(of)
    this.names = namesFor(of.graph, of.machine ?? '')
  }

  take(snapshot: Snapshot): void {
    const { clock, secretsWritten } = this.#of
    this.#latest = { scrape: { snapshot, secretsWritten: secretsWritten() }, taken: clock(), texts: new Map() }
  }

  /** Null: there is no such path. */
  of(path: string, query: URLSearchParams): Answer | null {
    switch (path) {
      case '/':
        return { status: 200, type: plain, body: once(this.#index()) }
      case '/healthz':
        return this.#health()
      case '/sd':
        return { status: 200, type: json, body: once(this.#discovery(query)) }
      case '/metrics':
        return this.#made(path, contentType, scrape => this.#metrics.text(scrape))
      case '/exporters':
        return this.#made(path, contentType, ({ snapshot }) => relayed(snapshot))
      case '/api/graph':
        return this.#made(path, json, ({ snapshot }) => [JSON.stringify(nodeGraph(this.#of.graph, snapshot))])
      default:
        return null
    }
  }

  #made(path: string, type: string, make: (scrape: Scrape) => Iterable<string>): Answer {
    const latest = this.#latest
    if (latest === null) return { status: 503, type: plain, body: once('nothing was looked at yet\n') }
    if (this.#of.fleet.tunnels.count > kept) return { status: 200, type, body: bytesOf(make(latest.scrape)) }
    const text = latest.texts.get(path) ?? new Shared(make(latest.scrape))
    latest.texts.set(path, text)
    return { status: 200, type, body: text }
  }

  #index(): string {
    const width = Math.max(...Object.keys(paths).map(path => path.length))
    const lines = Object.entries(paths).map(([path, what]) => `${path.padEnd(width)}  ${what}`)
    return `meshwright ${this.#of.version}: ${this.#of.graph.mesh}\n\n${lines.join('\n')}\n`
  }

  #discovery(query: URLSearchParams): string {
    const found = asked(this.#of.targets, { job: query.get('job'), service: query.get('service') })
    return `${JSON.stringify(found.map(groupOf), null, 2)}\n`
  }

  #health(): Answer {
    const why = this.#problem()
    return { status: why === null ? 200 : 503, type: plain, body: once(`${why ?? 'ok'}\n`) }
  }

  #problem(): string | null {
    if (this.#latest === null) return 'nothing was looked at yet'
    const { scrape, taken } = this.#latest
    if (scrape.snapshot.hosts.every(({ state }) => state === 'unknown')) return 'no host was heard of yet'
    const age = this.#of.clock() - taken
    return age > this.#of.oldAfter ? `the last look was ${spanText(age / 1000)} ago` : null
  }
}

const once = (text: string): readonly Buffer[] => [Buffer.from(text)]
