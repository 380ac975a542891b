/** A good placement quickly: the tightest roles first, each instance to the best host that is left, then single moves. */
import type { Board, Seat } from './board.ts'
import { dislikes, nearest, perMille } from './objective.ts'
import type { Domain } from './problem.ts'

/** How many instances a seat wants; null: as many as fit. */
export function wanted(board: Board, seat: Seat): number | null {
  const { count } = seat.role
  if (count.kind === 'fixed') return count.instances
  return count.kind === 'per-region' ? regionsOf(board, seat).length : null
}

export const regionsOf = (board: Board, seat: Seat): readonly number[] =>
  [...new Set(seat.allowed.map(site => board.domainOf.region[site] ?? 0))].toSorted((a, b) => a - b)

/** Seats to decide on, the tightest first: everywhere, then voters, then by how few hosts there are for each instance. */
function inOrder(board: Board): readonly Seat[] {
  const rank = (seat: Seat) =>
    seat.role.count.kind === 'everywhere' ? 0 : seat.role.voters ? 1 : seat.role.count.kind === 'per-region' ? 2 : 3
  const slack = (seat: Seat) => seat.allowed.length / Math.max(1, wanted(board, seat) ?? 1)
  return board.seats
    .filter(seat => seat.role.count.kind !== 'with')
    .toSorted(
      (a, b) =>
        rank(a) - rank(b) || slack(a) - slack(b) || b.role.demand.memory - a.role.demand.memory || a.index - b.index,
    )
}

/** Fills the board. The seat that found no place, or null. */
export function fillGreedily(board: Board, free: boolean): Seat | null {
  for (const seat of inOrder(board)) if (!fillSeat(board, seat, free)) return seat
  return null
}

export function fillSeat(board: Board, seat: Seat, free: boolean): boolean {
  if (seat.role.count.kind === 'everywhere') {
    for (const site of seat.allowed) if (board.fits(seat, site)) board.take(seat, site)
    return true
  }
  const want = wanted(board, seat) ?? 0
  const perRegion = seat.role.count.kind === 'per-region'
  for (let i = 0; i < want; i += 1) {
    const region = perRegion ? regionsOf(board, seat)[i] : undefined
    const best = bestSite(board, seat, free, region)
    if (best === null) return false
    board.take(seat, best)
  }
  return true
}

function bestSite(board: Board, seat: Seat, free: boolean, region: number | undefined): number | null {
  let best: number | null = null
  let least: readonly number[] = []
  const talk = latencyByRegion(board, seat)
  for (const site of seat.allowed) {
    if (region !== undefined && board.domainOf.region[site] !== region) continue
    if (!board.fits(seat, site)) continue
    const cost = costHere(board, seat, site, free, talk)
    if (best === null || less(cost, least)) [best, least] = [site, cost]
  }
  return best
}

const less = (a: readonly number[], b: readonly number[]): boolean => {
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return (a[i] ?? 0) < (b[i] ?? 0)
  return false
}

/** The terms of the objective, as far as one more instance at one site changes them. */
function costHere(board: Board, seat: Seat, site: number, free: boolean, talk: readonly number[]): number[] {
  const used = board.used(site)
  const capacity = board.sites[site]?.free
  const more = seat.role.demand
  return [
    !free && seat.current.size > 0 && !seat.current.has(site) ? 1 : 0,
    crowd(board, seat, site, 'region'),
    crowd(board, seat, site, 'provider'),
    crowd(board, seat, site, 'host'),
    talk[board.domainOf.region[site] ?? 0] ?? 0,
    dislikes(board, seat, site) ? 1 : 0,
    perMille(used.memory + more.memory, capacity?.memory ?? null),
    perMille(used.cpu + more.cpu, capacity?.cpu ?? null),
  ]
}

function crowd(board: Board, seat: Seat, site: number, by: Domain): number {
  let over = 0
  for (const spread of seat.role.spread) {
    if (spread.hard || spread.by !== by) continue
    const mine = board.domainOf[by][site]
    let count = 1
    for (const other of board.taken[seat.index] ?? []) if (board.domainOf[by][other] === mine) count += 1
    if (count > spread.max) over += 1
  }
  return over
}

/** What an instance in each region adds to the weighted round trips, to and from those already placed. */
function latencyByRegion(board: Board, seat: Seat): readonly number[] {
  return Array.from({ length: board.regions }, (_, region) => {
    let sum = 0
    for (const { to, weight } of seat.talks) {
      let best = Number.MAX_SAFE_INTEGER
      for (const target of board.taken[to] ?? [])
        best = Math.min(best, board.rttOfRegions(region, board.domainOf.region[target] ?? 0))
      if (best < Number.MAX_SAFE_INTEGER) sum += weight * best
    }
    const own = board.taken[seat.index] ?? []
    for (const { from, weight } of seat.heard)
      for (const talker of board.taken[from] ?? []) {
        const here = board.rttOfRegions(board.domainOf.region[talker] ?? 0, region)
        sum += weight * (own.length === 0 ? here : Math.min(0, here - nearest(board, talker, own)))
      }
    return sum
  })
}
