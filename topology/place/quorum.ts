/**
 * How many voters of one quorum may share a failure domain: as few as the hosts allow. A majority of n is ⌊n/2⌋+1, so
 * it survives the loss of a domain that holds at most n − ⌊n/2⌋ − 1 of them.
 */
import type { Domain } from './problem.ts'

const majority = (n: number): number => Math.floor(n / 2) + 1

/** Most voters in one domain with which its loss leaves a majority; 0 where one voter is all there is. */
export const survivable = (n: number): number => n - majority(n)

type DomainOf = Readonly<Record<Domain, readonly number[]>>

/** The fewest per region, and with that the fewest per provider, with which `n` of the allowed sites can be chosen. */
export function capOf(
  n: number,
  allowed: readonly number[],
  domainOf: DomainOf,
): { region?: number; provider?: number } {
  if (n < 2) return {}
  const region = smallest(n, k => choosable(allowed, domainOf, k, n) >= n)
  if (region === null) return {}
  const provider = smallest(n, k => choosable(allowed, domainOf, region, k) >= n)
  return provider === null ? { region } : { region, provider }
}

function smallest(limit: number, holds: (k: number) => boolean): number | null {
  for (let k = 1; k <= limit; k += 1) if (holds(k)) return k
  return null
}

/** How many sites can be chosen with at most so many per region and per provider: a flow from regions to providers. */
function choosable(
  allowed: readonly number[],
  { region, provider }: DomainOf,
  perRegion: number,
  perProvider: number,
): number {
  const inRegion = new Map<number, number>()
  const byProvider = new Map<number, number[]>()
  const chosen = new Set<number>()
  /** Frees a place at a provider by moving one of its sites' choice elsewhere in that site's region. */
  const reach = (from: number, seen: Set<number>): boolean => {
    for (const site of allowed) {
      if (chosen.has(site) || region[site] !== from) continue
      const to = provider[site] ?? 0
      if (seen.has(to)) continue
      seen.add(to)
      const there = byProvider.get(to) ?? []
      if (there.length < perProvider) {
        byProvider.set(to, [...there, site])
        chosen.add(site)
        return true
      }
      for (const other of there) {
        chosen.delete(other)
        chosen.add(site)
        byProvider.set(to, [...there.filter(one => one !== other), site])
        if (reach(region[other] ?? 0, seen)) return true
        chosen.delete(site)
        chosen.add(other)
        byProvider.set(to, there)
      }
    }
    return false
  }
  let total = 0
  for (const one of new Set(allowed.map(site => region[site] ?? 0)))
    for (let i = 0; i < perRegion; i += 1) {
      if (!reach(one, new Set())) break
      inRegion.set(one, (inRegion.get(one) ?? 0) + 1)
      total += 1
    }
  return total
}
