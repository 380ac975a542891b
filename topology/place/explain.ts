/** Why an instance lives where it does: who was refused by which rule, and what every other host would have cost. */
import type { HostName } from '../names.ts'
import { Board, type Rejection, type Seat } from './board.ts'
import { compareCosts, type Cost, costOf, terms } from './objective.ts'
import type { Placed, Problem, RoleId } from './problem.ts'

export interface Explanation {
  readonly role: RoleId
  /** In words: `3`, `everywhere`, `with db/postgres`. */
  readonly count: string
  readonly instances: readonly {
    readonly host: HostName
    /** It was here before. */
    readonly stays: boolean
    /** The best of the hosts that could have it instead; null when no other could. */
    readonly runnerUp: Alternative | null
  }[]
  /** Hosts that no instance could move to, in the order of their names. */
  readonly rejected: readonly ({ readonly host: HostName } & Rejection)[]
}

/** A host that would have been allowed, and the first term of the objective that speaks against it. */
export interface Alternative {
  readonly host: HostName
  /** Null: equal in all, and later by name. */
  readonly term: (typeof terms)[number] | null
  readonly here: number
  readonly there: number
}

export function explain(problem: Problem, placed: Placed, role: RoleId, free: boolean): Explanation | null {
  const board = boardOf(problem, placed)
  const seat = board.seats.find(one => one.role.id === role)
  if (seat === undefined) return null
  const now = costOf(board, free)
  const decided = seat.role.count.kind === 'fixed' || seat.role.count.kind === 'per-region'
  const taken = [...(board.taken[seat.index] ?? [])].toSorted((a, b) => a - b)
  const rejections = new Map<number, Rejection>()
  const possible = new Set<number>()
  const instances = taken.map(site => {
    const alternatives: { alternative: Alternative; cost: Cost }[] = []
    if (decided) {
      board.leave(seat, site)
      for (let other = 0; other < board.sites.length; other += 1) {
        if (other === site || board.holds(seat, other)) continue
        const rejection = seat.allowed.includes(other)
          ? board.rejects(seat, other)
          : (board.rejects(seat, other) ?? follower)
        if (rejection === null) {
          possible.add(other)
          alternatives.push(costThere(board, seat, other, now, free))
        } else if (!rejections.has(other)) rejections.set(other, rejection)
      }
      board.take(seat, site)
    }
    const best = alternatives.toSorted((a, b) => compareCosts(a.cost, b.cost))[0]
    return { host: nameOf(board, site), stays: seat.current.has(site), runnerUp: best?.alternative ?? null }
  })
  return {
    ...{ role, instances, count: countText(seat) },
    rejected: [...rejections]
      .filter(([site]) => !possible.has(site))
      .toSorted(([a], [b]) => a - b)
      .map(([site, rejection]) => ({ host: nameOf(board, site), ...rejection })),
  }
}

const follower: Rejection = { rule: 'apart', text: 'a role that comes with it may not live there' }

function costThere(board: Board, seat: Seat, site: number, now: Cost, free: boolean) {
  board.take(seat, site)
  const cost = costOf(board, free)
  board.leave(seat, site)
  const differs = (from: number) => cost.findIndex((value, at) => at >= from && value !== now[at])
  // That it would be a move says little: what else speaks for this host comes first, if anything does.
  const other = differs(1)
  const i = other >= 0 && (cost[other] ?? 0) > (now[other] ?? 0) ? other : differs(0)
  const term = terms[i] ?? null
  return { cost, alternative: { host: nameOf(board, site), term, here: now[i] ?? 0, there: cost[i] ?? 0 } }
}

const nameOf = (board: Board, site: number): HostName => board.sites[site]?.host ?? ('' as HostName)

function countText({ role: { count } }: Seat): string {
  switch (count.kind) {
    case 'fixed':
      return String(count.instances)
    case 'with':
      return count.roles.length === 0 ? 'nobody needs it' : `with ${count.roles.join(', ')}`
    case 'per-region':
      return 'one per region'
    case 'everywhere':
      return 'everywhere'
  }
}

function boardOf(problem: Problem, placed: Placed): Board {
  const board = new Board({ ...problem, sites: problem.sites.toSorted((a, b) => (a.host < b.host ? -1 : 1)) })
  const index = new Map(board.sites.map((site, i) => [site.host, i]))
  for (const seat of board.seats)
    if (seat.role.count.kind !== 'with')
      for (const host of placed.get(seat.role.id) ?? []) {
        const site = index.get(host)
        if (site !== undefined) board.take(seat, site)
      }
  return board
}

/** A step from one placement to a better one. */
export interface Move {
  readonly role: RoleId
  readonly from: HostName
  readonly to: HostName
  /** The first term that gets better, before and after; null: only others together gain by it. */
  readonly gain: { readonly term: (typeof terms)[number]; readonly before: number; readonly after: number } | null
}

/** The moves that lead from what is to the best there could be, the most gainful first. Moves themselves cost nothing here. */
export function rebalance(problem: Problem, from: Placed, to: Placed): readonly Move[] {
  const pending = [...to].flatMap(([role, hosts]) => {
    const before = from.get(role) ?? []
    const gone = before.filter(host => !hosts.includes(host))
    const come = hosts.filter(host => !before.includes(host))
    return gone.flatMap((host, i) => (come[i] === undefined ? [] : [{ role, from: host, to: come[i] }]))
  })
  const moves: Move[] = []
  let here = from
  let cost = costOf(boardOf(problem, here), true)
  const decided = problem.roles.filter(role => role.count.kind !== 'with').map(role => role.id)
  const left = pending.filter(move => decided.includes(move.role))
  while (left.length > 0) {
    const tried = left.map(move => {
      const next = moved(here, move)
      return { move, next, cost: costOf(boardOf(problem, next), true) }
    })
    const best = tried.toSorted((a, b) => compareCosts(a.cost, b.cost))[0]
    if (best === undefined) break
    const i = best.cost.findIndex((value, at) => value !== cost[at])
    const term = terms[i]
    const better = term !== undefined && (best.cost[i] ?? 0) < (cost[i] ?? 0)
    moves.push({
      ...best.move,
      gain: better ? { term, before: cost[i] ?? 0, after: best.cost[i] ?? 0 } : null,
    })
    here = best.next
    cost = best.cost
    left.splice(left.indexOf(best.move), 1)
  }
  return moves
}

const moved = (placed: Placed, move: { role: RoleId; from: HostName; to: HostName }): Placed =>
  new Map(
    [...placed].map(([role, hosts]) => [
      role,
      role === move.role ? hosts.map(host => (host === move.from ? move.to : host)).toSorted() : hosts,
    ]),
  )
