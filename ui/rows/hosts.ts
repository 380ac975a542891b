/** What all screens say of hosts: who is worst, since when something is wrong, and in which words. */
import { type HostHealth, levels, type Problem, type Snapshot } from '../../src/health/snapshot.ts'
import { spanText } from '../../src/health/verdict.ts'
import { type Span, span } from '../line.ts'
import { memo } from '../memo.ts'
import { levelOfHost, marked, partText, sinceText, symbols } from './words.ts'

export const byLevel = (
  a: { readonly level: HostHealth['level'] },
  b: { readonly level: HostHealth['level'] },
): number => levels.indexOf(b.level) - levels.indexOf(a.level)

const stateRank = { down: 0, stale: 1, unknown: 2, up: 3 } as const
export const worstFirst = (a: HostHealth, b: HostHealth): number =>
  byLevel(a, b) || stateRank[a.state] - stateRank[b.state] || a.number - b.number

/** Symbol of the worst that is known of it, its name. */
export const hostMark = ({ level, name }: HostHealth): Span => marked(level, name)

/** `✗ down`; of a host that is up, for how long by its own clock. */
export function stateWord(host: HostHealth): Span {
  const seconds = uptime(host)
  const word = host.state === 'up' && seconds !== null ? `up ${spanText(seconds)}` : host.state
  return span(word, host.state === 'up' ? 'plain' : levelOfHost(host.state))
}

export function uptime({ report }: HostHealth): number | null {
  const system = report?.system ?? null
  return system === null ? null : Math.max(0, system.clock - system.booted)
}

export const tunnelsOf = ({ tunnels }: HostHealth): { readonly up: number; readonly total: number } => {
  const up = tunnels.up + tunnels.lossy
  return { up, total: up + tunnels.stale + tunnels['one-way'] + tunnels.down + tunnels.unknown }
}

/** `4/5` tunnels; of a host that does not tell, nobody knows. */
export function tunnelsText(host: HostHealth): Span {
  const { up, total } = tunnelsOf(host)
  return host.tunnels.unknown === total && total > 0 ? span(`?/${total}`, 'unknown') : partText(up, total)
}

/** `8/9` jails of the plan run. */
export function jailsText(host: HostHealth, wanted: number): Span {
  if (host.missingJails === null || host.state !== 'up') return span(`?/${wanted}`, wanted === 0 ? 'faint' : 'unknown')
  return partText(wanted - host.missingJails.length, wanted)
}

export interface Trouble {
  readonly level: 'warn' | 'bad' | 'unknown'
  readonly text: string
  /** For how long; empty: not known. */
  readonly since: string
}

/** What is wrong with a host, the worst first. */
export function troublesOf(snapshot: Snapshot, host: HostHealth): readonly Trouble[] {
  const own: Trouble[] = host.problems.map(problem => ({
    level: problem.level,
    text: problem.text,
    since: sinceText(snapshot.at, problemSince(snapshot, host.name, problem)),
  }))
  if (host.state === 'up') return own.toSorted(byLevel)
  const level = levelOfHost(host.state)
  const state = { text: host.why === '' ? host.state : host.why, since: sinceText(snapshot.at, host.since) }
  return [{ ...state, level: level === 'ok' ? 'unknown' : level }, ...own.toSorted(byLevel)]
}

const beganAt = memo<ReadonlyMap<string, number>>(1)
/** When it was first told, since it was last solved; NaN: before the oldest event. */
function problemSince(snapshot: Snapshot, host: string, { key }: Problem): number {
  const began = beganAt(snapshot, '', () => {
    const found = new Map<string, number>()
    for (const { subject, level, at } of snapshot.events) {
      if (subject.kind !== 'problem') continue
      const one = `${subject.name} ${subject.what ?? ''}`
      if (level === 'ok') found.delete(one)
      else if (!found.has(one)) found.set(one, at)
    }
    return found
  })
  return began.get(`${host} ${key}`) ?? NaN
}

export const troubleText = ({ level, text }: Trouble): Span => span(text, level)
export const troubleMarked = ({ level, text }: Trouble): Span => span(`${symbols[level]} ${text}`, level)
