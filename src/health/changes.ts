/** Which changes are news: told once, held against the last known state, and called flapping when they come too often. */
import type { Event, Subject } from './events.ts'
import type { Level } from './snapshot.ts'

const keptEvents = 500
/** More than so many changes of one subject within ten minutes. */
const flapsFrom = 4
const flapWindow = 600_000

interface Known {
  readonly level: Level
  readonly word: string
}

export class Changes {
  readonly #known = new Map<string, Known>()
  readonly #since = new Map<string, { readonly state: string; readonly at: number }>()
  readonly #times = new Map<string, readonly number[]>()
  #events: readonly Event[] = []

  /** The oldest first. */
  get events(): readonly Event[] {
    return this.#events
  }

  since(subject: Subject, state: string, now: number): number {
    const key = keyOf(subject)
    const before = this.#since.get(key)
    if (before?.state === state) return before.at
    this.#since.set(key, { state, at: now })
    return now
  }

  /** What it is now. No news: that nothing is known, and what is well at first sight. */
  see(subject: Subject, now: number, level: Level, word: string, why: string): void {
    if (level === 'unknown') return
    const key = keyOf(subject)
    const before = this.#known.get(key)
    if (before?.level === level && before.word === word) return
    this.#known.set(key, { level, word })
    if (before === undefined && level === 'ok') return
    this.tell(subject, now, level, before?.word ?? 'unknown', word, why)
  }

  /** A subject that is there no more: a problem that went away. */
  gone(subject: Subject, now: number): void {
    const key = keyOf(subject)
    const before = this.#known.get(key)
    if (before === undefined) return
    this.#known.delete(key)
    if (before.level !== 'ok') this.tell(subject, now, 'ok', before.word, 'solved', '')
  }

  tell(subject: Subject, at: number, level: Level, before: string, after: string, why: string): void {
    const key = keyOf(subject)
    const times = [...(this.#times.get(key) ?? []).filter(time => at - time < flapWindow), at]
    this.#times.set(key, times)
    const event: Event = { at, subject, level, before, after, why, flapping: times.length > flapsFrom }
    this.#events = [...this.#events.slice(1 - keptEvents), event]
    if (this.#times.size > 4 * keptEvents) this.#forget(at)
  }

  /** Times that are too old to count. */
  #forget(now: number): void {
    for (const [key, times] of this.#times) if (now - (times.at(-1) ?? 0) >= flapWindow) this.#times.delete(key)
  }
}

const keyOf = ({ kind, name, what = '' }: Subject): string => `${kind} ${name} ${what}`
