/**
 * What a placement costs, as a list of whole numbers compared from the first to the last (services are never weighed
 * against each other): moves; soft spread by region, provider, host; latency; preference; the fullest host's memory, cpu.
 */
import type { Board, Seat } from './board.ts'
import { domains, type Objective } from './problem.ts'

/** In the order of comparison. */
export const terms = [
  'moves',
  'spread over regions',
  'spread over providers',
  'spread over hosts',
  'latency',
  'preference',
  'fullest memory',
  'fullest cpu',
] as const
export type Cost = readonly number[]
/** The first term that says how evenly hosts are filled. */
export const balance = 6

export function compareCosts(a: Cost, b: Cost): number {
  for (let i = 0; i < terms.length; i += 1) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

export const objectiveOf = (cost: Cost): Objective => ({
  moves: cost[0] ?? 0,
  spread: [cost[1] ?? 0, cost[2] ?? 0, cost[3] ?? 0],
  latency: cost[4] ?? 0,
  preference: cost[5] ?? 0,
  imbalance: [cost[6] ?? 0, cost[7] ?? 0],
})

/** `free`: moves cost nothing. */
export function costOf(board: Board, free: boolean): Cost {
  const cost = [0, 0, 0, 0, 0, 0, 0, 0]
  for (const seat of board.seats) {
    const taken = board.taken[seat.index] ?? []
    const own = seatCost(board, seat, taken, free)
    for (const [i, value] of own.entries()) cost[i] = (cost[i] ?? 0) + value
    cost[4] = (cost[4] ?? 0) + latencyOf(board, seat)
  }
  const [memory, cpu] = fullest(board)
  cost[6] = memory
  cost[7] = cpu
  return cost
}

/** Moves, the three spreads, nothing for latency, preference: what one role costs whatever the others do. */
export function seatCost(board: Board, seat: Seat, sites: readonly number[], free: boolean): number[] {
  let moves = 0
  if (!free) for (const site of seat.current) if (!sites.includes(site)) moves += seat.role.moveCost
  const spread = [0, 0, 0]
  for (const { by, max, hard } of seat.role.spread) {
    if (hard) continue
    const slot = 2 - domains.indexOf(by)
    const counts = new Map<number, number>()
    for (const site of sites) {
      const domain = board.domainOf[by][site] ?? 0
      counts.set(domain, (counts.get(domain) ?? 0) + 1)
    }
    for (const count of counts.values()) spread[slot] = (spread[slot] ?? 0) + Math.max(0, count - max)
  }
  let preference = 0
  for (const site of sites) if (dislikes(board, seat, site)) preference += 1
  return [moves, ...spread, 0, preference]
}

export function dislikes(board: Board, seat: Seat, site: number): boolean {
  const { prefers } = seat.role
  const here = board.sites[site]?.class
  return prefers === null ? here === 'weak' : here !== prefers
}

/** Every instance to the nearest of those it talks to, weighted. */
function latencyOf(board: Board, seat: Seat): number {
  let sum = 0
  for (const { to, weight } of seat.talks) {
    const targets = board.taken[to] ?? []
    if (targets.length === 0) continue
    for (const site of board.taken[seat.index] ?? []) sum += weight * nearest(board, site, targets)
  }
  return sum
}

export function nearest(board: Board, site: number, targets: readonly number[]): number {
  let best = Number.MAX_SAFE_INTEGER
  for (const target of targets) best = Math.min(best, board.rtt(site, target))
  return best
}

/** Per mille of memory and of cpu, of the host where each is scarcest. */
function fullest(board: Board): readonly [number, number] {
  let memory = 0
  let cpu = 0
  for (const [i, { free }] of board.sites.entries()) {
    const used = board.used(i)
    memory = Math.max(memory, perMille(used.memory, free.memory))
    cpu = Math.max(cpu, perMille(used.cpu, free.cpu))
  }
  return [memory, cpu]
}

export const perMille = (used: number, free: number | null): number =>
  free === null || used === 0 ? 0 : free === 0 ? 1000 : Math.ceil((used * 1000) / free)
