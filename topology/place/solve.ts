/**
 * Where every instance lives: exactly where that can be afforded, else by a good guess that says how far from the best
 * it can be at most. The same problem in any order gives the same answer.
 */
import type { Place } from '../diagnostic.ts'
import { byText } from '../names.ts'
import { Board } from './board.ts'
import { lowerBound } from './bound.ts'
import { conflictOf } from './conflict.ts'
import { search } from './exact.ts'
import { fillGreedily, fillSeat, wanted } from './greedy.ts'
import { compareCosts, type Cost, costOf, objectiveOf } from './objective.ts'
import type { Objective, Placed, Problem, RoleId } from './problem.ts'
import { survivable } from './quorum.ts'

interface Remark {
  readonly text: string
  readonly place: Place
}

export interface Solved {
  readonly kind: 'solved'
  readonly placed: Placed
  readonly objective: Objective
  /** No placement is better than this; equal to the objective when exact. */
  readonly bound: Objective
  readonly exact: boolean
  readonly remarks: readonly Remark[]
}

export interface Impossible {
  readonly kind: 'impossible'
  /** The smallest set of demands that cannot be met together. */
  readonly conflict: readonly { readonly role: RoleId; readonly text: string; readonly place: Place }[]
}

/** `free`: as if nothing lived anywhere yet. */
export function solve(problem: Problem, { free = false }: { readonly free?: boolean } = {}): Solved | Impossible {
  const sorted: Problem = {
    ...problem,
    sites: problem.sites.toSorted((a, b) => byText(a.host, b.host)),
    roles: problem.roles.toSorted((a, b) => byText(a.id, b.id)),
  }
  const found = place(sorted, free)
  if (found === null)
    return { kind: 'impossible', conflict: conflictOf(sorted, candidate => place(candidate, free) !== null) }
  const { board, cost, exact, bound } = found
  return {
    kind: 'solved',
    placed: board.placed(),
    objective: objectiveOf(cost),
    bound: objectiveOf(exact ? cost : bestBound(lowerBound(new Board(sorted), free), bound)),
    exact,
    remarks: [...remarksOn(board)],
  }
}

interface Found {
  readonly board: Board
  readonly cost: Cost
  readonly exact: boolean
  /** What the search knows that no placement is better than. Null: it did not look. */
  readonly bound: Cost | null
}

const bestBound = (seen: Cost, searched: Cost | null): Cost =>
  searched === null || compareCosts(seen, searched) > 0 ? seen : searched

/** Null: there is no placement, as far as was looked. */
function place(problem: Problem, free: boolean): Found | null {
  const board = new Board(problem)
  const guessed = fillGreedily(board, free) === null ? improve(board, free) : null
  const known = guessed === null ? null : { taken: board.taken, cost: guessed }
  const searched = search(new Board(problem), known, free)
  if (searched.best === null) {
    if (guessed === null) return null
    return { board, cost: guessed, exact: searched.complete, bound: searched.bound }
  }
  const best = new Board(problem)
  for (const seat of best.seats)
    if (seat.role.count.kind !== 'with') for (const site of searched.best[seat.index] ?? []) best.take(seat, site)
  const { complete: exact, bound } = searched
  // What was found on the way may be the guess itself, or no better in the end.
  const cost = exact ? (searched.cost ?? costOf(best, free)) : improve(best, free)
  if (!exact && guessed !== null && compareCosts(guessed, cost) <= 0) return { board, cost: guessed, exact, bound }
  return { board: best, cost, exact, bound }
}

/** Takes single instances out and puts them back where they fit best, while that helps. Returns the cost. */
function improve(board: Board, free: boolean): Cost {
  let cost = costOf(board, free)
  const seats = board.seats.filter(({ role }) => role.count.kind === 'fixed')
  const instances = seats.reduce((total, seat) => total + (wanted(board, seat) ?? 0), 0)
  // Each try weighs the whole mesh: what a thousand instances gain is not worth a minute.
  for (let round = 0; round < (instances > 1000 ? 0 : 4); round += 1) {
    const before = cost
    for (const seat of seats)
      for (const site of [...(board.taken[seat.index] ?? [])]) {
        const all = [...(board.taken[seat.index] ?? [])]
        for (const one of all) board.leave(seat, one)
        for (const one of all) if (one !== site) board.take(seat, one)
        const better = refill(board, seat, free)
        const now = better ? costOf(board, free) : null
        if (now !== null && compareCosts(now, cost) < 0) {
          cost = now
          continue
        }
        for (const one of [...(board.taken[seat.index] ?? [])]) board.leave(seat, one)
        for (const one of all) board.take(seat, one)
      }
    if (compareCosts(cost, before) >= 0) break
  }
  return cost
}

function refill(board: Board, seat: Board['seats'][number], free: boolean): boolean {
  const missing = (wanted(board, seat) ?? 0) - (board.taken[seat.index] ?? []).length
  const one = { ...seat, role: { ...seat.role, count: { kind: 'fixed', instances: missing } as const } }
  return fillSeat(board, one, free)
}

/** Quorums that do not survive what they should, because the hosts do not allow it; and hosts that were left out. */
function* remarksOn(board: Board): Iterable<Remark> {
  for (const seat of board.seats) {
    const { role } = seat
    const n = (board.taken[seat.index] ?? []).length
    if (role.count.kind === 'everywhere' && n < seat.allowed.length) {
      const left = seat.allowed.filter(site => !board.holds(seat, site)).map(site => board.sites[site]?.host ?? '')
      yield { text: `${role.id} has no room on ${left.join(', ')}`, place: role.place }
    }
    if (!role.voters || n === 0) continue
    for (const by of ['region', 'provider', 'host'] as const) {
      const counts = new Map<number, number>()
      for (const site of board.taken[seat.index] ?? []) {
        const domain = board.domainOf[by][site] ?? 0
        counts.set(domain, (counts.get(domain) ?? 0) + 1)
      }
      const most = Math.max(...counts.values())
      if (most <= survivable(n)) continue
      yield {
        text: `${role.id}: the loss of one ${by} takes ${most} of ${n} voters and with them the majority`,
        place: role.place,
      }
      break
    }
  }
}
