/** What changed, when: between one snapshot and the next. */
import type { Level } from './snapshot.ts'

export interface Event {
  readonly at: number
  readonly subject: Subject
  readonly level: Level
  /** Words of the states: `up`, `down`; `replica`, `leader`. */
  readonly before: string
  readonly after: string
  /** For people; may be empty. */
  readonly why: string
  /** It changes so often that single changes are no news. */
  readonly flapping: boolean
}

export interface Subject {
  readonly kind: 'host' | 'tunnel' | 'instance' | 'service' | 'problem'
  /** `tesla`, `tesla>bohr`, `db-postgres@tesla`, `db`; of a problem, the host. */
  readonly name: string
  /** Of a problem: which of its host's it is. */
  readonly what?: string
}
