/**
 * An answer of the query API of Prometheus (HTTP API, instant queries), read as it comes: that of a large mesh has a
 * million samples, and nobody wants them all in memory, nor to wait for the screen while they are parsed.
 */
import * as z from 'zod'

/** One of an instant vector. */
export interface VectorSample {
  readonly labels: Labels
  readonly value: number
}
export type Labels = Readonly<Record<string, unknown>>

export const label = (labels: Labels, name: string): string => {
  const value = labels[name]
  return typeof value === 'string' ? value : ''
}

/** What the answer is when its samples are taken out. */
export interface Frame {
  readonly status: 'success' | 'error'
  /** By the clock of Prometheus, in seconds; null: it had no samples. */
  readonly evaluated: number | null
  /** Of Prometheus, as it came; empty: it has none. */
  readonly error: string
  readonly warnings: readonly string[]
}

/** Says why an answer is none; the text is ours, and goes on after the name of who answered. */
export class BadAnswer extends Error {}

/**
 * Where one sample ends and the next begins, as all that speak this API write it. In a text this cannot stand: a quote
 * there has a backslash before it, and what follows the quote that ends a text is no letter.
 */
const between = Buffer.from('},{"metric":')
const beforeFirst = Buffer.from('[{"metric":')

/** Samples are parsed as they come, some hundred at a time; the last ones with all that is around them, at the end. */
export class VectorReader {
  readonly #take: (sample: VectorSample) => void
  /** Up to the first sample; null: none was seen yet. */
  #head: Buffer | null = null
  /** What is not parsed yet. */
  #kept: Buffer[] = []
  #evaluated: number | null = null

  constructor(take: (sample: VectorSample) => void) {
    this.#take = take
  }

  push(chunk: Uint8Array): void {
    const seam = this.#kept.at(-1)?.subarray(1 - between.length) ?? Buffer.alloc(0)
    const window = Buffer.concat([seam, chunk])
    // A copy: the chunk goes back to whoever gave it.
    this.#kept.push(window.subarray(seam.length))
    if (this.#head === null && window.includes(beforeFirst)) {
      const all = this.#together()
      const first = all.indexOf(beforeFirst) + 1
      this.#head = all.subarray(0, first)
      this.#kept = [all.subarray(first)]
    }
    if (this.#head === null || !window.includes(between)) return
    const all = this.#together()
    const end = all.lastIndexOf(between) + 1
    if (end === 0) return
    for (const sample of parsed(`[${all.toString('utf8', 0, end)}]`) as readonly unknown[]) this.#read(sample)
    this.#kept = [all.subarray(end + 1)]
  }

  end(): Frame {
    const text = `${this.#head?.toString('utf8') ?? ''}${this.#together().toString('utf8')}`
    const frame = frameSchema.safeParse(parsed(text))
    if (!frame.success) throw new BadAnswer('answers as no Prometheus does')
    const { status, data, error, errorType, warnings } = frame.data
    if (status === 'success' && data?.resultType !== 'vector') throw new BadAnswer('answers with no instant vector')
    for (const sample of data?.result ?? []) this.#read(sample)
    return { status, evaluated: this.#evaluated, error: error ?? errorType ?? '', warnings: warnings ?? [] }
  }

  #together(): Buffer {
    const [first] = this.#kept
    return first !== undefined && this.#kept.length === 1 ? first : Buffer.concat(this.#kept)
  }

  #read(sample: unknown): void {
    const { metric, value } = (sample ?? {}) as { readonly metric?: unknown; readonly value?: unknown }
    if (typeof metric !== 'object' || metric === null || !Array.isArray(value))
      throw new BadAnswer('answers with no instant vector')
    const [time, text] = value as readonly unknown[]
    if (typeof time !== 'number' || typeof text !== 'string') throw new BadAnswer('answers with no instant vector')
    this.#evaluated ??= time
    this.#take({ labels: metric as Labels, value: numberOf(text) })
  }
}

const numberOf = (text: string): number => (text === '+Inf' ? Infinity : text === '-Inf' ? -Infinity : Number(text))

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new BadAnswer('answers with something that is no JSON')
  }
}

const frameSchema = z.object({
  status: z.enum(['success', 'error']),
  data: z.object({ resultType: z.string(), result: z.array(z.unknown()) }).nullish(),
  errorType: z.string().optional(),
  error: z.string().optional(),
  warnings: z.array(z.string()).nullish(),
})
