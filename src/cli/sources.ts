/** Where `status` and `ui` look: a source, and what goes along with it. */
import type { Diagnostic } from '../../topology/diagnostic.ts'
import type { Fleet } from '../health/fleet.ts'
import type { Event } from '../health/events.ts'
import type { Source } from '../health/source.ts'
import type { WatchOptions } from '../health/watch.ts'
import type { Opened } from '../load/open.ts'
import type { Io } from './io.ts'

export interface SourceChoice {
  readonly directory: string
  readonly demo: boolean
  readonly replay?: string
  readonly prometheus?: string
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
  readonly hooks: { take(events: readonly Event[], at: number): void } | null
  close(): Promise<void>
}

export type Sourced = { readonly watched: Watched } | { readonly refused: readonly Diagnostic[] }

/** Opens what was chosen; whoever gets it closes it. */
export async function openSource(io: Io, _opened: Opened, fleet: Fleet, choice: SourceChoice): Promise<Sourced> {
  const found = await sourceOf(io, fleet, choice)
  if ('severity' in found) return { refused: [found] }
  const interval = found.interval * 1000
  const notes: string[] = []
  const source = await recording(found.source, interval, fleet, choice, note => notes.push(note))
  if ('severity' in source) return { refused: [source] }
  return {
    watched: {
      ...{ fleet, source, interval, signal: io.signal, hooks: null },
      close: () => {
        for (const note of notes) io.stderr.write(`${note}\n`)
        return Promise.resolve()
      },
    },
  }
}

interface Found {
  readonly source: Source
  /** Seconds. */
  readonly interval: number
}

async function sourceOf(io: Io, fleet: Fleet, choice: SourceChoice): Promise<Found | Diagnostic> {
  if (choice.demo) {
    const { demoSource } = await import('../health/demo/demo.ts')
    return { source: demoSource(fleet, { start: Date.now(), speed: choice.speed }), interval: choice.interval ?? 2 }
  }
  if (choice.replay !== undefined) {
    const { openReplay } = await import('../health/replay.ts')
    const replay = await openReplay(choice.replay, fleet, { speed: choice.speed })
    return 'severity' in replay ? replay : { source: replay, interval: replay.interval / 1000 }
  }
  const { sshSource } = await import('../health/ssh/ssh.ts')
  const { directory, identity } = choice
  const options = { directory, environment: io.environment, ...(identity !== undefined && { identity }) }
  return { source: sshSource(fleet, options), interval: choice.interval ?? 10 }
}

async function recording(
  source: Source,
  interval: number,
  fleet: Fleet,
  { record }: SourceChoice,
  tell: (note: string) => void,
): Promise<Source | Diagnostic> {
  if (record === undefined) return source
  const { headerOf, recorded, Recorder } = await import('../health/recording.ts')
  const recorder = await Recorder.open(record, headerOf(fleet, source.now(), interval), tell)
  return recorder instanceof Recorder ? recorded(source, recorder) : recorder
}
