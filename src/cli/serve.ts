/** `meshwright serve` and `meshwright export metrics-textfile`: the health of the mesh, for Prometheus and Grafana. */
import { existsSync, statSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { type Diagnostic, error } from '../../topology/diagnostic.ts'
import { graphOf, type Graph } from '../export/graph.ts'
import { Metrics } from '../export/metrics/metrics.ts'
import { targetsOf } from '../export/targets.ts'
import { builtFiles } from '../health/built.ts'
import { type Fleet, fleetOf, fromInside } from '../health/fleet.ts'
import { lookOnce, watchOn } from '../health/watch.ts'
import { tokenRemarks } from '../keys/token-file.ts'
import { secretsDocument } from '../load/directory.ts'
import { type Opened, openMesh } from '../load/open.ts'
import {
  insideMesh,
  isEverywhere,
  type Listen,
  listenText,
  ownAddresses,
  parseListen,
  servePort,
} from '../serve/address.ts'
import { Answers } from '../serve/answers.ts'
import { Daemon, type Limits } from '../serve/server.ts'
import { serveToken } from '../serve/token.ts'
import { writeExport } from '../write/exports.ts'
import { outOf, waiting } from './alone.ts'
import { type ExitCode, exitCodes, type Io, refuse, report } from './io.ts'
import { openSource, type SourceChoice } from './sources.ts'

declare const MESHWRIGHT_VERSION: string
const version = typeof MESHWRIGHT_VERSION === 'string' ? MESHWRIGHT_VERSION : 'development'

interface Common extends SourceChoice {
  readonly directory: string
  readonly out?: string
  readonly json: boolean
}

export interface ServeOptions extends Common {
  /** As written; none: where this machine is inside the mesh. */
  readonly listen: readonly string[]
  readonly tokenFile?: string
  /** Of this machine. */
  readonly addresses?: () => readonly string[]
  readonly limits?: Partial<Limits>
}

export interface TextfileOptions extends Common {
  /** Null: standard output. */
  readonly to: string | null
  /** Seconds to wait for another writer. */
  readonly wait: number
  readonly addresses?: () => readonly string[]
}

/** Until it is told to end. */
export async function serve(io: Io, options: ServeOptions): Promise<ExitCode> {
  const opened = await open(io, options)
  if ('refused' in opened) return refuse(io, opened.refused, options.json)
  const { mesh, graph, fleet, inside } = opened
  const listens = listensOf(options, inside)
  if ('refused' in listens) return refuse(io, listens.refused, options.json)
  const token = await serveToken(options.tokenFile, io.environment)
  if (token !== null && 'severity' in token) return refuse(io, [token], options.json)
  report(io, await tokenRemarks(options.tokenFile))
  const sourced = await openSource(io, mesh, fleet, options, false)
  if ('refused' in sourced) return refuse(io, sourced.refused, options.json)
  const { watched } = sourced
  try {
    const answers = new Answers({
      ...{ version, graph, fleet, targets: targetsOf(mesh.mesh, mesh.services), machine: hostname() },
      oldAfter: Math.max(tooOld.intervals * watched.interval, tooOld.least),
      secretsWritten: secretsWritten(options.directory),
      clock: () => performance.now(),
    })
    const { limits } = options
    const failed = (cause: unknown): void => {
      const what = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)
      io.stderr.write(`${what}\nThis is a bug in meshwright.\n`)
    }
    const daemon = await Daemon.start({ answers, token, failed, ...(limits && { limits }) }, listens.listens)
    if (!(daemon instanceof Daemon)) return refuse(io, [daemon], options.json)
    for (const address of daemon.addresses) io.stderr.write(`serving ${graph.mesh} on http://${address}/\n`)
    if (token === null && listens.listens.some(isEverywhere))
      io.stderr.write('warning: whoever reaches this machine can read all of it: no token is set\n')
    try {
      await watchOn(watched, snapshot => {
        watched.hooks?.take(snapshot.events, snapshot.at, snapshot)
        answers.take(snapshot)
      })
      // Of a recording, its end stays to be looked at.
      await ended(io.signal)
    } finally {
      await daemon.close()
    }
    return exitCodes.done
  } finally {
    await watched.close()
  }
}

/** One look, for the textfile collector of node_exporter: it reads *.prom, and never half of one. */
export async function metricsTextfile(io: Io, options: TextfileOptions): Promise<ExitCode> {
  const opened = await open(io, options)
  if ('refused' in opened) return refuse(io, opened.refused, options.json)
  const { mesh, graph, fleet } = opened
  const sourced = await openSource(io, mesh, fleet, options, false)
  if ('refused' in sourced) return refuse(io, sourced.refused, options.json)
  const { watched } = sourced
  try {
    const snapshot = await lookOnce(watched)
    // A look that was broken off says nothing of the mesh.
    io.signal.throwIfAborted()
    const scrape = { snapshot, secretsWritten: secretsWritten(options.directory)() }
    const text = new Metrics({ version, graph, fleet }).text(scrape)
    if (options.to === null || options.to === '-') {
      for (const chunk of text) io.stdout.write(chunk)
      return exitCodes.done
    }
    const place = dirname(options.to)
    // One that is mistyped is not made: nobody would read there.
    if (!existsSync(place)) return refuse(io, [error('unwritable', `there is no directory ${place}`)], options.json)
    // Two at once would spoil what either writes.
    const written = await writeExport(options.to, [...text].join(''), waiting(io, options))
    if ('severity' in written) return refuse(io, [written], options.json)
    if (options.json) io.stdout.write(`${JSON.stringify({ ok: true, files: written }, null, 2)}\n`)
    return exitCodes.done
  } finally {
    await watched.close()
  }
}

/** Looks without a new snapshot, and milliseconds that it may take in any case. */
const tooOld = { intervals: 5, least: 60_000 }

interface Ready {
  readonly mesh: Opened
  readonly graph: Graph
  readonly fleet: Fleet
  /** The address of this machine in the mesh. */
  readonly inside: string | null
}

async function open(
  io: Io,
  options: Common & { readonly addresses?: () => readonly string[] },
): Promise<Ready | { readonly refused: readonly Diagnostic[] }> {
  const mesh = await openMesh({
    ...{ directory: options.directory, environment: io.environment },
    purpose: options.hooks ? 'read' : 'plan',
  })
  if (mesh.mesh === null) return { refused: mesh.diagnostics }
  if (!options.json) report(io, mesh.diagnostics)
  const names = mesh.mesh.hosts.map(host => host.name)
  const planned = fleetOf({ ...mesh, files: await builtFiles(outOf(options), names) })
  const graph = graphOf(mesh)
  const inside = insideMesh(graph, (options.addresses ?? ownAddresses)())
  return { mesh, graph, inside, fleet: inside === null ? planned : fromInside(planned) }
}

function listensOf(
  { listen }: ServeOptions,
  inside: string | null,
): { readonly listens: readonly Listen[] } | { readonly refused: readonly Diagnostic[] } {
  if (listen.length === 0) {
    if (inside !== null) return { listens: [{ address: inside, port: servePort }] }
    const what = 'this machine has no address in the mesh to listen on'
    const hint = `Is wg0 up? Outside of the mesh, say where: \`--listen ${listenText({ address: '127.0.0.1', port: servePort })}\`.`
    return { refused: [error('cannot-listen', what, undefined, hint)] }
  }
  const [listens, refused]: [Listen[], Diagnostic[]] = [[], []]
  for (const parsed of listen.map(parseListen))
    if ('severity' in parsed) refused.push(parsed)
    // Said twice is meant once; 0 is another port each time.
    else if (parsed.port === 0 || !listens.some(one => listenText(one) === listenText(parsed))) listens.push(parsed)
  return refused.length > 0 ? { refused } : { listens }
}

/** Null as well where nobody lets us see it. */
const secretsWritten = (directory: string) => (): number | null => {
  try {
    return statSync(join(directory, secretsDocument)).mtimeMs
  } catch {
    return null
  }
}

const ended = (signal: AbortSignal): Promise<void> =>
  new Promise(resolve => {
    if (signal.aborted) return resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
