/** What is left when hosts or links are lost: which services still have a quorum, write, read, and keep their data. */
import type { HostName } from '../names.ts'
import type { RoleId } from './problem.ts'

/** How a role stands the loss of members. */
export type Resilience =
  | { readonly kind: 'stateless' }
  /** One instance holds it all. */
  | { readonly kind: 'single' }
  | { readonly kind: 'voters' }
  /** Members a write and a read need, and on how many of them acknowledged data lies. */
  | { readonly kind: 'replicated'; readonly writes: number; readonly reads: number; readonly copies: number }

export interface Part {
  readonly id: RoleId
  readonly resilience: Resilience
  readonly hosts: readonly HostName[]
  /** Roles without which it does no work. */
  readonly needs: readonly RoleId[]
}

export interface Loss {
  readonly hosts: ReadonlySet<HostName>
  /** Pairs of hosts that do not reach each other, by {@link linkOf}; whoever is reached over such a link is parted too. */
  readonly links: ReadonlySet<string>
}

export const linkOf = (a: HostName, b: HostName): string => (a < b ? `${a} ${b}` : `${b} ${a}`)

/** The hosts that packets between two pass, in order. */
export type Ways = (a: HostName, b: HostName) => readonly HostName[]

/** As if everybody had a tunnel to everybody. */
export const direct: Ways = () => nobody
const nobody: readonly HostName[] = []

/** Is the link between two hosts among these? It is asked of millions of pairs, for which no text is put together. */
export function cutBy({ links }: Pick<Loss, 'links'>): (a: string, b: string) => boolean {
  if (links.size === 0) return () => false
  let othersOf: ReadonlyMap<string, ReadonlySet<string>> | null = null
  return (a, b) => {
    // Of most losses nobody asks: those who are left reach each other on the same host.
    othersOf ??= endsByHost(links)
    return othersOf.get(a)?.has(b) === true
  }
}

function endsByHost(links: ReadonlySet<string>): ReadonlyMap<string, ReadonlySet<string>> {
  const ends = new Map<string, Set<string>>()
  for (const link of links) {
    const [a = '', b = ''] = link.split(' ')
    ends.set(a, (ends.get(a) ?? new Set()).add(b))
    ends.set(b, (ends.get(b) ?? new Set()).add(a))
  }
  return ends
}

/** Do two hosts that are left still reach each other? */
export function reachAfter(loss: Loss, ways: Ways): (a: HostName, b: HostName) => boolean {
  const { hosts } = loss
  const cut = cutBy(loss)
  return (a, b) => {
    if (a === b) return true
    if (cut(a, b)) return false
    let last = a
    for (const next of ways(a, b)) {
      if (hosts.has(next) || cut(last, next)) return false
      last = next
    }
    return last === a || !cut(last, b)
  }
}

export interface Effect {
  readonly id: RoleId
  readonly lost: readonly HostName[]
  readonly left: readonly HostName[]
  /** Null: it has none. */
  readonly quorum: boolean | null
  readonly writes: boolean
  readonly reads: boolean
  /** Acknowledged data may be gone for good. */
  readonly dataLost: boolean
}

/** In the order of `parts`; a role without instances is left out. */
export function whatIf(parts: readonly Part[], loss: Loss, ways: Ways = direct): readonly Effect[] {
  const reaches = reachAfter(loss, ways)
  /** Does this member reach as many others as its role needs? */
  const holds = ({ resilience, hosts }: Part, at: HostName, what: 'writes' | 'reads'): boolean => {
    if (resilience.kind === 'stateless' || resilience.kind === 'single') return true
    const reached = hosts.filter(host => host === at || (!loss.hosts.has(host) && reaches(at, host))).length
    return resilience.kind === 'voters'
      ? reached >= Math.floor(hosts.length / 2) + 1
      : reached >= Math.min(hosts.length, resilience[what])
  }
  const byId = new Map(parts.map(part => [part.id, part]))
  const known = new Map<string, boolean>()
  /** Does the role work, seen from one host (null: from anywhere)? */
  const works = (id: RoleId, what: 'writes' | 'reads', from: HostName | null): boolean => {
    const key = `${id} ${what} ${from ?? ''}`
    const before = known.get(key)
    if (before !== undefined) return before
    // A circle of needs holds itself up.
    known.set(key, true)
    const part = byId.get(id)
    const result =
      part !== undefined &&
      part.hosts.some(
        host =>
          !loss.hosts.has(host) &&
          (from === null || reaches(from, host)) &&
          holds(part, host, what) &&
          part.needs.every(need => (byId.get(need)?.hosts.length ?? 0) === 0 || works(need, what, host)),
      )
    known.set(key, result)
    return result
  }
  return parts
    .filter(part => part.hosts.length > 0)
    .map(part => {
      const lost = part.hosts.filter(host => loss.hosts.has(host))
      const left = part.hosts.filter(host => !loss.hosts.has(host))
      return {
        ...{ id: part.id, lost, left },
        quorum: part.resilience.kind === 'voters' ? left.some(host => holds(part, host, 'writes')) : null,
        writes: works(part.id, 'writes', null),
        reads: works(part.id, 'reads', null),
        dataLost: losesData(part, lost.length),
      }
    })
}

/** The two ends of a flow: the hosts on which it begins and ends, once or more often. */
export interface Ends {
  /** Null: from the outside. */
  readonly from: readonly HostName[] | null
  /** None: to the outside. */
  readonly to: readonly HostName[]
}

/** Somebody is left to ask, and reaches nobody: they are gone, or the links to all of them. */
export function breaks({ from, to }: Ends, loss: Loss, ways: Ways = direct): boolean {
  if (to.length === 0) return false
  const isLeft = (host: HostName) => !loss.hosts.has(host)
  if (from === null) return !to.some(isLeft)
  if (!from.some(isLeft)) return false
  const reaches = reachAfter(loss, ways)
  // The first two that do are nearly always the first two that are asked: nothing is made of the others.
  return !from.some(a => isLeft(a) && to.some(b => isLeft(b) && reaches(a, b)))
}

function losesData({ resilience, hosts }: Part, lost: number): boolean {
  if (resilience.kind === 'single') return lost > 0
  if (resilience.kind === 'voters') return lost === hosts.length
  return resilience.kind === 'replicated' && lost >= Math.min(hosts.length, resilience.copies)
}
