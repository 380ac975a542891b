/** What no placement costs less than, seen without looking for one: for meshes too large to look everywhere. */
import type { Board, Seat } from './board.ts'
import { regionsOf, wanted } from './greedy.ts'
import { type Cost, perMille } from './objective.ts'

/** Moves beyond those that stay, every talk as near as can be, and all demand evenly on all hosts. */
export function lowerBound(board: Board, free: boolean): Cost {
  const deciding = board.seats.filter(({ role }) => role.count.kind === 'fixed' || role.count.kind === 'per-region')
  const moves = deciding.reduce((total, seat) => {
    const over = seat.current.size - (wanted(board, seat) ?? 0)
    return total + (free ? 0 : seat.role.moveCost * Math.max(0, over))
  }, 0)
  const latency = board.seats.reduce(
    (total, seat) =>
      seat.talks.reduce((sum, { to, weight }) => {
        const target = board.seats[to]
        return target === undefined ? sum : sum + leastOf(board, seat, target, weight)
      }, total),
    0,
  )
  return [moves, 0, 0, 0, latency, 0, ...shareOfAll(board, deciding)]
}

/** Whether a follower is there at all is known only when its leaders are: as a target it counts nothing beforehand. */
function leastOf(board: Board, seat: Seat, target: Seat, weight: number): number {
  if (target.role.count.kind === 'with') return 0
  // A follower is on as many hosts as any one of its leaders, or more.
  const leaders = board.seats.filter(one => one.followers.includes(seat.index))
  const n =
    seat.role.count.kind === 'with'
      ? Math.max(0, ...leaders.map(one => wanted(board, one) ?? 0))
      : (wanted(board, seat) ?? 0)
  if (n === 0 || target.allowed.length === 0 || wanted(board, target) === 0) return 0
  const to = regionsOf(board, target)
  const near = regionsOf(board, seat).map(from => Math.min(...to.map(region => board.rttOfRegions(from, region))))
  return near.length === 0 ? 0 : n * weight * Math.min(...near)
}

/** Per mille of all memory and cpu that is asked for in all: the fullest host has at least that. */
function shareOfAll(board: Board, deciding: readonly Seat[]): readonly [number, number] {
  const share = (what: 'memory' | 'cpu'): number => {
    if (board.sites.some(site => site.free[what] === null)) return 0
    const free = board.sites.reduce((total, site) => total + (site.free[what] ?? 0), 0)
    const asked = deciding.reduce((total, seat) => total + (wanted(board, seat) ?? 0) * seat.role.demand[what], 0)
    return Math.floor(perMille(asked, free === 0 ? null : free) - 1)
  }
  return [Math.max(0, share('memory')), Math.max(0, share('cpu'))]
}
