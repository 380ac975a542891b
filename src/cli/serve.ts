/** `meshwright serve`: the health of the mesh, for Prometheus and Grafana. */
import { type Diagnostic, error } from '../../topology/diagnostic.ts'
import { reason } from '../load/reason.ts'
import { isEverywhere, type Listen, listenText, parseListen, servePort } from '../serve/address.ts'
import { Daemon, type Limits } from '../serve/server.ts'
import { type ExitCode, exitCodes, type Io, refuse, report } from './io.ts'
import { readMesh, type ReadOptions } from './reading.ts'
import { World } from './world.ts'

export interface ServeOptions extends ReadOptions {
  /** As written; none: where this machine is inside the mesh. */
  readonly listen: readonly string[]
  readonly tokenFile?: string
  readonly limits?: Partial<Limits>
}

/** Until it is told to end; SIGHUP has it read the mesh anew. */
export async function serve(io: Io, options: ServeOptions): Promise<ExitCode> {
  const hangups = new Hangups(io)
  try {
    const reading = await readMesh(io, options)
    if ('refused' in reading) return refuse(io, reading.refused, options.json)
    const listens = listensOf(options, reading.inside)
    if ('refused' in listens) return refuse(io, listens.refused, options.json)
    const world = await World.open(io, reading, options)
    if (!(world instanceof World)) return refuse(io, world.refused, options.json)
    return await serveWorlds(io, options, { first: world, listens: listens.listens, hangups })
  } finally {
    hangups.close()
  }
}

interface Beginning {
  readonly first: World
  readonly listens: readonly Listen[]
  readonly hangups: Hangups
}

/** One world after the other, at the same addresses. */
async function serveWorlds(io: Io, options: ServeOptions, { first, listens, hangups }: Beginning): Promise<ExitCode> {
  let world = first
  try {
    const { limits } = options
    const failed = (cause: unknown): void => tellBug(io, cause)
    const daemon = await Daemon.start({ ...world.content, failed, ...(limits && { limits }) }, listens)
    if (!(daemon instanceof Daemon)) return refuse(io, [daemon], options.json)
    for (const address of daemon.addresses)
      io.stderr.write(`serving ${world.reading.graph.mesh} on http://${address}/\n`)
    if (world.content.token === null && listens.some(isEverywhere))
      io.stderr.write('warning: whoever reaches this machine can read all of it: no token is set\n')
    try {
      world.tell()
      world.look()
      // Of a recording, its end stays to be looked at.
      const end = ended(io.signal)
      for (;;) {
        await Promise.race([end, world.broken, hangups.next()])
        if (io.signal.aborted) return exitCodes.done
        const next = await nextWorld(io, options, hangups)
        if (next === null) continue
        daemon.answerFrom(next.content)
        const before = world
        world = next
        await before.close()
        world.tell()
        io.stderr.write(`serving ${world.reading.graph.mesh} as it is now\n`)
        if (options.listen.length === 0 && world.reading.inside !== before.reading.inside)
          io.stderr.write('warning: this machine has another address in the mesh now: a restart listens there\n')
      }
    } finally {
      await daemon.close()
    }
  } finally {
    await world.close()
  }
}

/** Milliseconds until another reading is shown even if some hosts were not heard of in it. */
const patience = 15_000

/** What is to take the place of a world; null: nothing is, or somebody has asked for a newer one meanwhile. */
async function nextWorld(io: Io, options: ServeOptions, hangups: Hangups): Promise<World | null> {
  hangups.heed()
  const next = await readAnew(io, options)
  if (next === null) {
    io.stderr.write('the mesh cannot be read anew: what was served before goes on\n')
    return null
  }
  next.look()
  let waited: NodeJS.Timeout | undefined
  const enough = new Promise<'shown'>(resolve => (waited = setTimeout(resolve, patience, 'shown')))
  const shown = next.known.then(() => 'shown' as const)
  try {
    // What is asked for again may be an older mesh.yaml by now.
    const what = await Promise.race([shown, enough, next.broken, hangups.next(), ended(io.signal)])
    if (what === 'shown' && !io.signal.aborted) return next
  } catch (cause) {
    tellFailed(io, cause)
  } finally {
    clearTimeout(waited)
  }
  await next.close()
  return null
}

async function readAnew(io: Io, options: ServeOptions): Promise<World | null> {
  try {
    const reading = await readMesh(io, options)
    const next = 'refused' in reading ? reading : await World.open(io, reading, options)
    if (next instanceof World) return next
    report(io, next.refused)
  } catch (cause) {
    tellFailed(io, cause)
  }
  return null
}

/** SIGHUP. One that comes while nobody waits is not lost. */
class Hangups {
  readonly #release: (() => void) | undefined
  #come = false
  #wake: () => void = () => undefined

  constructor(io: Io) {
    this.#release = io.onHangup?.(() => {
      this.#come = true
      this.#wake()
    })
  }

  /** Until there is one that nobody has heeded. */
  next(): Promise<void> {
    return new Promise(resolve => {
      this.#wake = resolve
      if (this.#come) resolve()
    })
  }

  heed(): void {
    this.#come = false
  }

  close(): void {
    this.#release?.()
  }
}

function tellBug(io: Io, cause: unknown): void {
  const what = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)
  io.stderr.write(`${what}\nThis is a bug in meshwright.\n`)
}

/** What the system says has a code (errors of Node). */
function tellFailed(io: Io, cause: unknown): void {
  if ((cause as NodeJS.ErrnoException | null)?.code === undefined) tellBug(io, cause)
  else io.stderr.write(`error: ${reason(cause)}\n`)
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

const ended = (signal: AbortSignal): Promise<void> =>
  new Promise(resolve => {
    if (signal.aborted) return resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
