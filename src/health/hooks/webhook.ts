/**
 * Lines into a chat, as webhooks of Discord take them (Discord, Execute Webhook): several in one message, at the pace
 * that the other side asks for. The URL is the secret: who has it may write there.
 */
import type { SecretText } from '../../keys/secret-text.ts'
import { passed } from '../passed.ts'

interface Reply {
  readonly status: number
  /** Seconds to wait, when the status is 429; null: it does not say. */
  readonly retryAfter: number | null
}

/** Rejects when there is no reply. */
export type Post = (url: SecretText, body: string, signal: AbortSignal) => Promise<Reply>

/** Milliseconds. */
const limit = 10_000
/** Bytes of a reply that are read: it says in JSON how long to wait. */
const longestReply = 2 ** 16

export const poster: Post = async (url, body, signal) => {
  const response = await fetch(url.reveal(), {
    ...{ method: 'POST', body, headers: { 'content-type': 'application/json' } },
    // Nobody else is to get what was meant for this one.
    redirect: 'manual',
    signal: AbortSignal.any([signal, AbortSignal.timeout(limit)]),
  })
  const header = Number(response.headers.get('retry-after') ?? NaN)
  const said = response.status === 429 ? retryIn(await shortBody(response)) : null
  await response.body?.cancel().catch(() => undefined)
  return { status: response.status, retryAfter: said ?? (Number.isFinite(header) ? header : null) }
}

async function shortBody(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of (response.body as AsyncIterable<Uint8Array> | null) ?? []) {
    bytes += chunk.length
    if (bytes > longestReply) break
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function retryIn(text: string): number | null {
  try {
    const { retry_after: seconds } = JSON.parse(text) as { readonly retry_after?: unknown }
    return typeof seconds === 'number' && Number.isFinite(seconds) ? seconds : null
  } catch {
    return null
  }
}

/** Why a secret is no URL of a webhook; null: it is one. The text of it is not in the answer. */
export function urlProblem(text: string): string | null {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null) return 'is no URL'
  if (url.username !== '' || url.password !== '') return 'has a password in its URL'
  if (url.protocol === 'https:') return null
  const isLocal = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(url.hostname)
  return url.protocol === 'http:' && isLocal ? null : 'is no https URL'
}

/** Characters in one message of Discord. */
const longest = 2000

/** Everything that Discord would read as Markdown, a link, or somebody to be called, stands as it is. */
export const escaped = (text: string): string => text.replace(/[\\`*_~|<>[\]()#@:/-]/g, '\\$&')

/** As many of the lines as fit, at least one. */
export function contentOf(
  lines: readonly string[],
  mesh: string,
): { readonly content: string; readonly taken: number } {
  let content = `**${escaped(mesh)}**`
  let taken = 0
  for (const line of lines) {
    const next = `${content}\n${escaped(line)}`
    if (next.length > longest && taken > 0) break
    content = next.slice(0, longest)
    taken += 1
  }
  return { content, taken }
}

const mostWaiting = 500
const tries = 6
/** Milliseconds; and the longest that anybody may make us wait. */
const firstPause = 1000
const longestPause = 120_000

export interface Chat {
  /** Name of the secret. */
  readonly name: string
  readonly url: SecretText
  readonly mesh: string
}

export class Webhook {
  readonly #chat: Chat
  readonly #post: Post
  readonly #note: (text: string) => void
  readonly #pause: number
  readonly #stop = new AbortController()
  #waiting: string[] = []
  #lost = 0
  #working: Promise<void> | null = null

  constructor(chat: Chat, post: Post, note: (text: string) => void, pause = firstPause) {
    this.#chat = chat
    this.#post = post
    this.#note = note
    this.#pause = pause
  }

  say(lines: readonly string[]): void {
    const room = mostWaiting - this.#waiting.length
    this.#waiting.push(...lines.slice(0, room))
    this.#lost += Math.max(0, lines.length - room)
    if (this.#waiting.length > 0) this.#working ??= this.#work()
  }

  async #work(): Promise<void> {
    while (this.#waiting.length > 0 && !isOver(this.#stop.signal)) {
      const [waiting, lost] = [this.#waiting, this.#lost]
      const more = lost > 0 ? [`and ${lost} more changes`] : []
      const { content, taken } = contentOf([...waiting, ...more], this.#chat.mesh)
      this.#waiting = waiting.slice(taken)
      if (taken > waiting.length) this.#lost = 0
      const problem = await this.#send(JSON.stringify({ content, allowed_mentions: { parse: [] } }))
      if (problem !== null) this.#note(`the webhook ${this.#chat.name} ${problem}`)
    }
    this.#working = null
  }

  /** Null: it was taken. What is refused is given up: the next may be what it wants. */
  async #send(body: string): Promise<string | null> {
    const { signal } = this.#stop
    let problem = ''
    for (let attempt = 0; attempt < tries && !isOver(signal); attempt += 1) {
      let pause = this.#pause * 2 ** attempt
      try {
        const { status, retryAfter } = await this.#post(this.#chat.url, body, signal)
        if (status >= 200 && status < 300) return null
        problem = `answers HTTP ${status}`
        if (status === 429) pause = retryAfter === null ? pause : Math.max(0, retryAfter * 1000)
        else if (status < 500) return problem
      } catch {
        // What fetch says may have the URL in it.
        problem = 'does not answer'
      }
      if (attempt + 1 < tries) await passed(Math.min(longestPause, pause), signal)
    }
    return isOver(signal) ? `${problem}, and the watch ended` : `${problem}, and was asked ${tries} times`
  }

  /** Waits until all is said; after so many milliseconds no more. */
  async close(patience: number): Promise<void> {
    if (this.#working === null) return
    const timer = setTimeout(() => this.#stop.abort(), patience)
    await this.#working
    clearTimeout(timer)
  }
}

const isOver = (signal: AbortSignal): boolean => signal.aborted
