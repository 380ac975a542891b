/** One question to a Prometheus: its HTTP API, with a limit on time and size, and a reason for people when it fails. */
import { printable } from '../../text/printable.ts'
import type { SecretText } from '../../keys/secret-text.ts'
import { BadAnswer, type Frame, VectorReader, type VectorSample } from './vector.ts'

export interface Server {
  /** Without credentials, and without a slash at its end. */
  readonly base: string
  /** Value of the header Authorization. */
  readonly authorization: SecretText | null
  readonly fetch: typeof globalThis.fetch
  /** Milliseconds, and bytes after decompression. */
  readonly limits: { readonly time: number; readonly bytes: number }
}

export interface Question {
  readonly query: string
  /** Seconds since the epoch, by the clock of Prometheus; null: now. */
  readonly time: number | null
}

export interface Answered {
  readonly evaluated: number | null
  /** It may not be all: for people. Null: it is. */
  readonly warning: string | null
}

/** Beyond this, some proxies refuse a URL. */
const longestGet = 1500
/** Bytes of an answer that only says what is wrong. */
const longestRefusal = 2 ** 16

/** Never rejects: a text says why there is no answer. Samples that were taken before that are none. */
export async function ask(
  server: Server,
  { query, time }: Question,
  take: (sample: VectorSample) => void,
  signal: AbortSignal,
): Promise<Answered | string> {
  const { limits, authorization } = server
  const form = new URLSearchParams({ query, timeout: `${Math.ceil(limits.time / 1000)}s` })
  if (time !== null) form.set('time', time.toFixed(3))
  const long = query.length > longestGet
  const url = `${server.base}/api/v1/query`
  const clean = (text: string): string => {
    const known = authorization === null ? text : text.replaceAll(secretOf(authorization), '(token)')
    const line = printable(known).trim()
    return line.length > 200 ? `${line.slice(0, 199)}…` : line
  }
  const over = new AbortController()
  const stop = (): void => over.abort()
  const timer = setTimeout(stop, limits.time)
  signal.addEventListener('abort', stop)
  if (signal.aborted) stop()
  try {
    const response = await server.fetch(long ? url : `${url}?${form.toString()}`, {
      method: long ? 'POST' : 'GET',
      ...(long && { body: form }),
      headers: { accept: 'application/json', ...(authorization && { authorization: authorization.reveal() }) },
      // A token is for whom it was given, and nobody that this one points to.
      redirect: 'manual',
      signal: over.signal,
    })
    if (response.status >= 300) {
      const said = await refusalOf(response)
      return clean(statusText(response.status, authorization !== null) + (said === '' ? '' : `: ${said}`))
    }
    const reader = new VectorReader(take)
    let bytes = 0
    for await (const chunk of body(response)) {
      bytes += chunk.length
      if (bytes > limits.bytes) return `answers with more than ${Math.floor(limits.bytes / 2 ** 20)} MiB`
      reader.push(chunk)
    }
    const frame = reader.end()
    if (frame.status === 'error') return clean(`refuses a query: ${frame.error}`)
    return { evaluated: frame.evaluated, warning: warningOf(frame, clean) }
  } catch (cause) {
    if (cause instanceof BadAnswer) return cause.message
    if (over.signal.aborted && !signal.aborted) return `does not answer within ${Math.ceil(limits.time / 1000)} s`
    return signal.aborted ? 'stopped' : clean(troubleText(cause))
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
    // What was not read to its end is not read any further.
    stop()
  }
}

const body = (response: Response): AsyncIterable<Uint8Array> | Iterable<Uint8Array> =>
  (response.body as AsyncIterable<Uint8Array> | null) ?? []

const secretOf = (authorization: SecretText): string => authorization.reveal().replace(/^\S+ /, '')

const warningOf = ({ warnings }: Frame, clean: (text: string) => string): string | null =>
  warnings[0] === undefined ? null : clean(`warns: ${warnings[0]}`)

function statusText(status: number, hasToken: boolean): string {
  if (status < 400) return `points to another place (HTTP ${status}): its own URL is wanted`
  if (status === 401 || status === 403)
    return hasToken ? `refuses the token (HTTP ${status})` : `wants a token (HTTP ${status})`
  if (status === 404) return 'is no Prometheus, or lies elsewhere (HTTP 404)'
  return `says HTTP ${status}`
}

/** What Prometheus says of its refusal; empty: nothing that can be read. */
async function refusalOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body(response)) {
    bytes += chunk.length
    if (bytes > longestRefusal) return ''
    chunks.push(chunk)
  }
  try {
    const { error } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { readonly error?: unknown }
    return typeof error === 'string' ? error : ''
  } catch {
    return ''
  }
}

/** undici hides what happened below `fetch failed`. */
function troubleText(cause: unknown): string {
  const inner = (cause as { readonly cause?: unknown } | null)?.cause ?? cause
  const code = (inner as { readonly code?: unknown } | null)?.code
  if (typeof code !== 'string') return 'lost the connection'
  if (/CERT|SIGNATURE|ISSUER/.test(code)) return `has a certificate that nobody here trusts (${code})`
  return troubles[code] ?? `lost the connection (${code})`
}
const troubles: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refuses connections',
  ECONNRESET: 'broke the connection off',
  EHOSTUNREACH: 'cannot be reached',
  ENETUNREACH: 'cannot be reached',
  ENOTFOUND: 'has a name without an address',
  EAI_AGAIN: 'has a name that cannot be looked up now',
  ETIMEDOUT: 'does not answer',
  UND_ERR_CONNECT_TIMEOUT: 'does not answer',
  UND_ERR_SOCKET: 'broke the connection off',
}
