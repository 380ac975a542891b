/** Where `status` and `ui` look: a source, and what goes along with it. */
import type { Diagnostic } from '../../topology/diagnostic.ts'
import type { Event } from '../health/events.ts'
import type { Fleet } from '../health/fleet.ts'
import type { Hooks } from '../health/hooks/hooks.ts'
import type { Snapshot } from '../health/snapshot.ts'
import type { Source } from '../health/source.ts'
import type { WatchOptions } from '../health/watch.ts'
import { tokenRemarks } from '../keys/token-file.ts'
import { type Opened, secretsOf } from '../load/open.ts'
import { type Io, paintOf } from './io.ts'
import { reportText } from './report.ts'

export interface SourceChoice {
  readonly directory: string
  readonly demo: boolean
  readonly replay?: string
  readonly prometheus?: readonly string[]
  /** A file with its bearer token. */
  readonly prometheusToken?: string
  /** Seconds between two looks at a host. */
  readonly interval?: number
  /** Of a replay and of the demo; 1: as it was. */
  readonly speed: number
  readonly record?: string
  /** Tell the hooks of mesh.yaml what changes. */
  readonly hooks: boolean
  /** A file with a private key for ssh. */
  readonly identity?: string
}

export interface Watched extends WatchOptions {
  readonly hooks: { take(events: readonly Event[], at: number, snapshot: Snapshot): void } | null
  /** Nothing is left open, and what there is to say has been said. */
  close(): Promise<void>
}

export type Sourced = { readonly watched: Watched } | { readonly refused: readonly Diagnostic[] }

/** Opens what was chosen; whoever gets it closes it. `later`: a screen is in the way of remarks, they wait for the end. */
export async function openSource(
  io: Io,
  opened: Opened,
  fleet: Fleet,
  choice: SourceChoice,
  later: boolean,
): Promise<Sourced> {
  const waiting: string[] = []
  const tell = (remark: string): void => {
    if (later) waiting.push(remark)
    else io.stderr.write(`${remark}\n`)
  }
  const found = await sourceOf(io, fleet, choice)
  if ('severity' in found) return { refused: [found] }
  if (choice.prometheus !== undefined)
    for (const remark of await tokenRemarks(choice.prometheusToken)) tell(reportText([remark], paintOf(io, 'stderr')))
  const interval = found.interval * 1000
  const hooks = choice.hooks ? await hooksOf(opened, fleet, tell) : { hooks: null }
  if ('refused' in hooks) return hooks
  const source = await recording(found.source, interval, fleet, choice, tell)
  if ('severity' in source) return { refused: [source] }
  return {
    watched: {
      ...{ fleet, source, interval, signal: io.signal, hooks: hooks.hooks },
      pace: choice.demo ? choice.speed : 1,
      close: async () => {
        await hooks.hooks?.close()
        for (const remark of [...waiting, ...(found.notes?.() ?? [])]) io.stderr.write(`${remark}\n`)
      },
    },
  }
}

interface Found {
  readonly source: Source
  /** Seconds. */
  readonly interval: number
  /** What there is to say of it when it is over. */
  readonly notes?: () => readonly string[]
}

async function sourceOf(io: Io, fleet: Fleet, choice: SourceChoice): Promise<Found | Diagnostic> {
  const { speed } = choice
  if (choice.demo) {
    const { demoSource } = await import('../health/demo/demo.ts')
    return { source: demoSource(fleet, { start: Date.now(), speed }), interval: choice.interval ?? 2 }
  }
  if (choice.replay !== undefined) {
    const { openReplay } = await import('../health/replay.ts')
    const replay = await openReplay(choice.replay, fleet, { speed })
    if ('severity' in replay) return replay
    return { source: replay, interval: replay.interval / 1000, notes: () => replay.notes }
  }
  if (choice.prometheus !== undefined) {
    const { prometheusSource, prometheusToken } = await import('../health/prometheus/source.ts')
    const token = await prometheusToken(choice.prometheusToken, io.environment)
    if (token !== null && 'severity' in token) return token
    const source = prometheusSource(fleet, { urls: choice.prometheus, token })
    // It has nothing new between two scrapes.
    return 'severity' in source ? source : { source, interval: choice.interval ?? 30 }
  }
  const { sshSource } = await import('../health/ssh/ssh.ts')
  const { directory, identity } = choice
  const options = { directory, environment: io.environment, ...(identity !== undefined && { identity }) }
  return { source: sshSource(fleet, options), interval: choice.interval ?? 10 }
}

async function hooksOf(
  opened: Opened,
  fleet: Fleet,
  tell: (remark: string) => void,
): Promise<{ readonly hooks: Hooks } | { readonly refused: readonly Diagnostic[] }> {
  const { hookProblems, Hooks: Told } = await import('../health/hooks/hooks.ts')
  const { given } = secretsOf(opened)
  const refused = [...hookProblems(opened.spec.hooks, given)]
  if (refused.length > 0) return { refused }
  return { hooks: new Told(opened.spec.hooks, { fleet, secrets: given, tell }) }
}

async function recording(
  source: Source,
  interval: number,
  fleet: Fleet,
  { record }: SourceChoice,
  tell: (remark: string) => void,
): Promise<Source | Diagnostic> {
  if (record === undefined) return source
  const { headerOf, recorded, Recorder } = await import('../health/recording.ts')
  const recorder = await Recorder.open(record, headerOf(fleet, source.now(), interval, source.madeUp), tell)
  return recorder instanceof Recorder ? recorded(source, recorder) : recorder
}
