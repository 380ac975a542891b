/** Where observations come from. All sources bring the same reports; what is made of them never asks which it was. */
import type { Observation } from './report.ts'

export type SourceKind = 'ssh' | 'prometheus' | 'replay' | 'demo'

export interface Source {
  readonly kind: SourceKind
  /** For the header: `ssh`, `prometheus http://10.64.1.27:9090`, `replay FILE`, `DEMO`. */
  readonly title: string
  /** Of no real world: the demo, and recordings of it. */
  readonly madeUp?: true
  /** Milliseconds since the epoch; a replay and the demo have clocks of their own. */
  now(): number
  /** Brings observations until the rounds are done, the recording ends, or the signal says so. Never rejects for a host. */
  watch(watching: Watching): Promise<void>
  /** Looks at every host again at once; nothing where that means nothing. */
  refresh?(): void
}

export interface Watching {
  /** Milliseconds between two looks at a host. */
  readonly interval: number
  /** So many looks at each host; null: until the signal. */
  readonly rounds: number | null
  readonly signal: AbortSignal
  take(observation: Observation): void
}
