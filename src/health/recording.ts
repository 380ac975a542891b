/**
 * A watch written down, to be looked at again or mailed: JSON, one line an observation, after one that says of which
 * mesh. What JSON has no number for is null (NaN), "+Inf" or "-Inf".
 */
import { type FileHandle, open } from 'node:fs/promises'
import * as z from 'zod'
import { type Diagnostic, error } from '../../topology/diagnostic.ts'
import { printable } from '../text/printable.ts'
import { reason } from '../load/reason.ts'
import type { Fleet } from './fleet.ts'
import type { HostReport, Observation } from './report.ts'
import type { Source } from './source.ts'

export interface RecordingHeader {
  readonly mesh: string
  /** By their numbers in this recording. */
  readonly hosts: readonly string[]
  /** Milliseconds since the epoch. */
  readonly started: number
  /** Milliseconds between two looks at a host. */
  readonly interval: number
  /** Of the demo. */
  readonly madeUp: boolean
}

/** Bytes of a line: a report of ten thousand peers has less than one million. */
export const longestLine = 16 * 2 ** 20

export const headerLine = ({ mesh, hosts, started, interval, madeUp }: RecordingHeader): string =>
  JSON.stringify({ meshwright: 'recording', version: 1, mesh, madeUp, hosts, started, interval })

export const observationLine = (observation: Observation): string =>
  JSON.stringify(observation.kind === 'silence' ? observation : plain(observation))

/** JSON.stringify makes null of NaN by itself; arrays with types it would write as maps. */
const plain = (report: HostReport) => ({
  ...report,
  peers: report.peers && {
    ...{ to: Array.from(report.peers.to), age: Array.from(report.peers.age) },
    ...{ received: Array.from(report.peers.received), sent: Array.from(report.peers.sent) },
    ...{ endpoints: report.peers.endpoints, strangers: report.peers.strangers },
  },
  pings: report.pings && {
    ...{ to: Array.from(report.pings.to), milliseconds: Array.from(report.pings.milliseconds) },
  },
  answers: report.answers.map(answer => ({
    ...answer,
    samples: answer.samples?.map(sample => ({ ...sample, value: written(sample.value) })) ?? null,
  })),
})

const written = (value: number): number | string | null =>
  value === Infinity ? '+Inf' : value === -Infinity ? '-Inf' : Number.isNaN(value) ? null : value

/**
 * Writes observations as they come. A disk that is full ends the recording, never the watch: that is told once, and
 * what follows is not recorded.
 */
export class Recorder {
  readonly #file: Pick<FileHandle, 'appendFile' | 'close'>
  readonly #tell: (problem: string) => void
  #pending: string[] = []
  #bytes = 0
  #working: Promise<void> | null = null
  #over = false

  /** `tell` hears at most once why nothing is recorded any more. */
  constructor(
    file: Pick<FileHandle, 'appendFile' | 'close'>,
    header: RecordingHeader,
    tell: (problem: string) => void,
  ) {
    this.#file = file
    this.#tell = tell
    this.#put(headerLine(header))
  }

  /** Never writes over anything: a recording may be all that is left of an outage. */
  static async open(
    path: string,
    header: RecordingHeader,
    tell: (problem: string) => void,
  ): Promise<Recorder | Diagnostic> {
    try {
      return new Recorder(await open(path, 'wx', 0o600), header, tell)
    } catch (cause) {
      return error(
        'unwritable',
        `${path} cannot be written: ${reason(cause)}`,
        undefined,
        'A recording is a new file, in a directory that is there.',
      )
    }
  }

  take(observation: Observation): void {
    if (!this.#over) this.#put(observationLine(observation))
  }

  #put(line: string): void {
    // A disk that hangs must not fill the memory.
    if (this.#bytes > 16 * longestLine) return this.#end('the disk is too slow')
    this.#pending.push(line, '\n')
    this.#bytes += line.length
    this.#working ??= this.#work()
  }

  async #work(): Promise<void> {
    // What comes in the same turn is written at once.
    await Promise.resolve()
    try {
      while (this.#pending.length > 0) {
        const text = this.#pending.join('')
        this.#pending = []
        this.#bytes = 0
        await this.#file.appendFile(text)
      }
    } catch (cause) {
      this.#end(reason(cause))
    }
    this.#working = null
  }

  #end(why: string): void {
    if (!this.#over) this.#tell(`the recording ends here: ${printable(why)}`)
    this.#over = true
    this.#pending = []
    this.#bytes = 0
  }

  /** Writes what is left. */
  async close(): Promise<void> {
    await this.#working
    try {
      await this.#file.close()
    } catch (cause) {
      // Some file systems say only now that the disk is full (close(2)).
      this.#end(reason(cause))
    }
    this.#over = true
  }
}

/** A source whose observations are written down on their way. The recording is complete when its watch is over. */
export const recorded = (source: Source, recorder: Recorder): Source => ({
  kind: source.kind,
  title: source.title,
  ...(source.madeUp === true && { madeUp: true }),
  now: () => source.now(),
  async watch(watching) {
    const take = (observation: Observation): void => {
      recorder.take(observation)
      watching.take(observation)
    }
    try {
      await source.watch({ ...watching, take })
    } finally {
      await recorder.close()
    }
  },
  ...(source.refresh && { refresh: () => source.refresh?.() }),
})

export const headerOf = (
  fleet: Pick<Fleet, 'mesh' | 'hosts'>,
  started: number,
  interval: number,
  madeUp = false,
): RecordingHeader => ({
  ...{ mesh: fleet.mesh, hosts: fleet.hosts.map(({ name }) => name) },
  ...{ started, interval, madeUp },
})

// Reading: whoever made a recording may mean harm. Nothing of another type gets in, nothing without a bound, and no
// text that a terminal would obey.

/** The year 9999: later, there are no dates. */
const time = z.number().min(0).max(253_402_300_799_999)
const words = (most: number) => z.string().transform(text => printable(text.slice(0, most)))
const number = z.union([z.number(), z.null().transform(() => NaN)])
const sampleValue = z.union([
  number,
  z.literal('+Inf').transform(() => Infinity),
  z.literal('-Inf').transform(() => -Infinity),
])
const most = 2 ** 17
const list = <T extends z.ZodType>(of: T) => z.array(of).max(4096)

/** Read by hand: a column of a large mesh has more entries than a schema for each of them is worth. */
const column = z.unknown().transform((value, context): Float64Array => {
  const fail = (): never => {
    context.addIssue({ code: 'custom', message: 'not a column of numbers' })
    return z.NEVER
  }
  if (!Array.isArray(value) || value.length > most) return fail()
  const numbers = new Float64Array(value.length)
  for (let i = 0; i < value.length; i += 1) {
    const one: unknown = value[i]
    if (typeof one === 'number') numbers[i] = one
    else if (one === null) numbers[i] = NaN
    else return fail()
  }
  return numbers
})

const even = (columns: readonly { readonly length: number }[]): boolean =>
  columns.every(({ length }) => length === columns[0]?.length)

const silence = z.strictObject({ kind: z.literal('silence'), host: z.int().min(0), at: time, why: words(500) })
const report = z.strictObject({
  kind: z.literal('report'),
  host: z.int().min(0),
  at: time,
  took: z.number().nullable(),
  system: z
    .strictObject({
      ...{ clock: number, booted: number, cpus: number },
      load: z.tuple([number, number, number]),
      memory: z.strictObject({ total: number, free: number }),
      release: z.strictObject({ kernel: words(100), running: words(100), userland: words(100) }).nullable(),
    })
    .nullable(),
  pools: list(z.strictObject({ name: words(256), size: number, allocated: number, health: words(64) })).nullable(),
  jails: list(words(256)).nullable(),
  interfaces: list(
    z.strictObject({
      ...{ name: words(64), up: z.boolean(), mtu: number },
      ...{ received: number, sent: number, errors: number },
    }),
  ).nullable(),
  pf: z
    .strictObject({
      ...{ enabled: z.boolean(), defaultDeny: z.boolean().nullable(), states: number.nullable() },
      labels: list(z.strictObject({ label: words(256), packets: number, bytes: number, states: number })),
    })
    .nullable(),
  carp: list(z.strictObject({ interface: words(64), vhid: number, state: words(64) })).nullable(),
  drift: z.strictObject({ checked: number, changed: list(words(1024)), missing: list(words(1024)) }).nullable(),
  peers: z
    .strictObject({
      ...{ to: column, age: column, received: column, sent: column },
      ...{ endpoints: z.array(words(100)).max(most), strangers: list(words(500)) },
    })
    .refine(({ to, age, received, sent, endpoints }) => even([to, age, received, sent, endpoints]))
    .nullable(),
  pings: z
    .strictObject({ to: column, milliseconds: column })
    .refine(({ to, milliseconds }) => even([to, milliseconds]))
    .nullable(),
  answers: list(
    z.strictObject({
      ...{ jail: words(256), alive: z.boolean().nullable(), why: words(500) },
      samples: z
        .array(
          z.strictObject({
            name: words(256),
            labels: z.record(words(128), words(1024)),
            value: sampleValue,
          }),
        )
        .max(most)
        .nullable(),
    }),
  ),
  missing: z.record(words(100), words(500)),
})
const observation = z.discriminatedUnion('kind', [report, silence])

/** Keys of later versions are passed over: the version is complained of. */
const header = z.object({
  meshwright: z.literal('recording'),
  version: z.int().min(1),
  mesh: words(100),
  hosts: z.array(z.string().max(100)).max(most),
  started: time,
  interval: z.number().min(1).max(86_400_000),
  madeUp: z.boolean().default(false),
})

/** Null: no observation. Its hosts have the numbers of the recording. */
export const readObservation = (line: string): Observation | null => read(line, observation)

export function readHeader(line: string): (RecordingHeader & { readonly version: number }) | null {
  return read(line, header)
}

function read<T extends z.ZodType>(line: string, schema: T): z.output<T> | null {
  try {
    const { success, data } = schema.safeParse(JSON.parse(line))
    return success ? data : null
  } catch {
    return null
  }
}
