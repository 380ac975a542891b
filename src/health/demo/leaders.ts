/**
 * Who leads each role. A leader stays until it is lost or reaches too few; then time passes until another is chosen, as
 * long as Patroni, Sentinel and Raft take. When the story begins again, the first ones lead again.
 */
import type { Fleet, WatchedInstance, WatchedRole, WatchedService } from '../fleet.ts'
import { hashOf } from './chance.ts'
import type { Resolved } from './faults.ts'
import { momentOf } from './spans.ts'

/** What can be asked of any moment within the period. */
export interface Reaching {
  /** It runs, and so does its host. */
  readonly runs: (instance: WatchedInstance, at: number) => boolean
  /** Hosts, by number. */
  readonly reaches: (a: number, b: number, at: number) => boolean
}

/** From then on until the next; null: nobody. */
interface Term {
  readonly from: number
  readonly leader: WatchedInstance | null
}

/** By id of the role. */
export type Terms = ReadonlyMap<string, readonly Term[]>

/** Seconds from the loss of a leader to the next one: TTL of Patroni's lock; down-after of Sentinel. */
const failovers: Readonly<Record<string, number>> = { patroni: 30, valkey: 10 }
export const failoverOf = ({ kind }: WatchedService): number => failovers[kind] ?? 15
/** Raft: a few election timeouts. */
const election = 2

export const majority = (members: number): number => Math.floor(members / 2) + 1

export function termsOf(fleet: Fleet, faults: readonly Resolved[], moments: readonly number[], world: Reaching): Terms {
  return new Map(
    fleet.services.flatMap(service =>
      service.roles.map(role => {
        const vacant = faults.filter(fault => fault.target === 'role' && fault.role === role.id)
        const mayLead = (instance: WatchedInstance, at: number): boolean =>
          vacant.every(({ from, until }) => at < from || at >= until) && canLead(instance, role, service, at, world)
        return [role.id, termsOfRole(role, delayOf(role, service), moments, mayLead)] as const
      }),
    ),
  )
}

const delayOf = ({ resilience }: WatchedRole, service: WatchedService): number => {
  if (resilience.kind === 'voters') return election
  return resilience.kind === 'replicated' ? failoverOf(service) : 0
}

/** `moments`: whenever anything changes, 0 first. */
function termsOfRole(
  role: WatchedRole,
  delay: number,
  moments: readonly number[],
  mayLead: (instance: WatchedInstance, at: number) => boolean,
): readonly Term[] {
  // Else all that is first by name would lead on one host.
  const keys = new Map(role.instances.map(one => [one, hashOf(role.id, one.host)]))
  const instances = role.instances.toSorted((a, b) => (keys.get(a) ?? 0) - (keys.get(b) ?? 0))
  const first = instances.findIndex(instance => mayLead(instance, 0))
  const terms: Term[] = [{ from: 0, leader: instances[first] ?? null }]
  let vacantSince = 0
  for (const [i, moment] of moments.entries()) {
    const before = terms.at(-1)?.leader ?? null
    if (before !== null) {
      if (mayLead(before, moment)) continue
      terms.push({ from: moment, leader: null })
      vacantSince = moment
    }
    const chosenAt = Math.max(moment, vacantSince + delay)
    if (chosenAt >= (moments[i + 1] ?? Infinity)) continue
    const next = instances.find(instance => mayLead(instance, moment))
    if (next !== undefined) terms.push({ from: chosenAt, leader: next })
  }
  return terms
}

/** Voters need most of themselves. Where a service has voters, its other leaders need most of those: their lock lies there. */
function canLead(
  instance: WatchedInstance,
  role: WatchedRole,
  service: WatchedService,
  at: number,
  { runs, reaches }: Reaching,
): boolean {
  if (!runs(instance, at)) return false
  const { kind } = role.resilience
  if (kind === 'stateless' || kind === 'single') return true
  const needed = kind === 'voters' ? [role] : service.roles.filter(other => other.resilience.kind === 'voters')
  return needed.every(
    ({ instances }) =>
      instances.filter(other => runs(other, at) && reaches(instance.host, other.host, at)).length >=
      majority(instances.length),
  )
}

export function leaderAt(terms: Terms, role: string, seconds: number, period: number): WatchedInstance | null {
  const { at } = momentOf(seconds, period)
  return terms.get(role)?.findLast(({ from }) => from <= at)?.leader ?? null
}
