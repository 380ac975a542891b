/**
 * The best placement there is, by branch and bound: roles in the order of their ids, each with every set of hosts that
 * its rules allow, in the order of names. The first best one found is so also the first by name.
 */
import type { Board, Seat } from './board.ts'
import { fillSeat, regionsOf, wanted } from './greedy.ts'
import { compareCosts, type Cost, costOf, fullest, nearest, perMille, seatCost } from './objective.ts'

/** Sets of hosts looked at for one role, and steps taken in all, before it is left at what was found. */
const maxSets = 4000
const maxSteps = 150_000

interface Choice {
  readonly sites: readonly number[]
  readonly own: readonly number[]
}

export interface Searched {
  /** Sites per seat; null: no placement was found. */
  readonly best: readonly (readonly number[])[] | null
  readonly cost: Cost | null
  /** Nothing was left out. */
  readonly complete: boolean
}

/** `board` is empty, and empty again afterwards. `known`: the cost of a placement that is there already. */
export function search(board: Board, known: Cost | null, free: boolean): Searched {
  const everywhere = board.seats.filter(seat => seat.role.count.kind === 'everywhere')
  for (const seat of everywhere) fillSeat(board, seat, free)
  const deciding = board.seats.filter(({ role }) => role.count.kind === 'fixed' || role.count.kind === 'per-region')
  const choices = deciding.map(seat => choicesOf(board, seat, free))
  const result = choices.includes(null)
    ? { best: null, cost: null, complete: false }
    : walk(board, deciding, choices as Choice[][], known, free)
  for (const seat of board.seats) {
    if (seat.role.count.kind === 'with') continue
    for (const site of [...(board.taken[seat.index] ?? [])]) board.leave(seat, site)
  }
  return result
}

function walk(
  board: Board,
  deciding: readonly Seat[],
  choices: readonly (readonly Choice[])[],
  known: Cost | null,
  free: boolean,
): Searched {
  let best: readonly (readonly number[])[] | null = null
  let cost: Cost | null = null
  let steps = 0
  const fixed = board.seats.filter(({ role }) => role.count.kind === 'everywhere')
  const base = sum(fixed.map(seat => seatCost(board, seat, board.taken[seat.index] ?? [], free)))
  const rest = remainders(choices)
  const floor = new Floor(board, deciding)
  const step = (depth: number, own: readonly number[]): boolean => {
    steps += 1
    if (steps > maxSteps) return false
    const seat = deciding[depth]
    if (seat === undefined) {
      const found = costOf(board, free)
      if ((cost === null || compareCosts(found, cost) < 0) && (known === null || compareCosts(found, known) <= 0)) {
        cost = found
        best = board.taken.map(sites => [...sites])
      }
      return true
    }
    for (const choice of choices[depth] ?? []) {
      const taken: number[] = []
      for (const site of choice.sites) {
        if (!board.fits(seat, site)) break
        board.take(seat, site)
        taken.push(site)
      }
      let goOn = true
      if (taken.length === choice.sites.length) {
        const sofar = add(own, choice.own)
        const bound = floor.under(add(sofar, rest[depth + 1] ?? []), depth + 1)
        // Equal to what was known beforehand may still come first by name; equal to what was found here does not.
        const hopeless =
          cost === null ? known !== null && compareCosts(bound, known) > 0 : compareCosts(bound, cost) >= 0
        if (!hopeless) goOn = step(depth + 1, sofar)
      }
      for (const site of taken.toReversed()) board.leave(seat, site)
      if (!goOn) return false
    }
    return true
  }
  const complete = step(0, base)
  return { best, cost, complete }
}

/** No placement of these roles costs less: what stands when nothing is decided yet. */
export function lowerBound(board: Board, free: boolean): Cost {
  const deciding = board.seats.filter(({ role }) => role.count.kind === 'fixed' || role.count.kind === 'per-region')
  const own = deciding.map(seat => {
    const n = wanted(board, seat) ?? 0
    const moves = free ? 0 : seat.role.moveCost * Math.max(0, seat.current.size - n)
    return [moves, 0, 0, 0, 0, 0]
  })
  return new Floor(board, deciding).under(sum(own), 0)
}

/** Lower bounds of what is not decided yet. */
class Floor {
  readonly #board: Board
  readonly #depthOf: ReadonlyMap<number, number>
  /** Per seat and region, the least round trip to any site it may have. */
  readonly #nearestAllowed: readonly (readonly number[])[]
  readonly #share: readonly [number, number]
  readonly #open: readonly number[]

  constructor(board: Board, deciding: readonly Seat[]) {
    this.#board = board
    this.#depthOf = new Map(deciding.map((seat, depth) => [seat.index, depth]))
    this.#nearestAllowed = board.seats.map(seat => {
      const regions = regionsOf(board, seat)
      return Array.from({ length: board.regions }, (_, from) =>
        regions.reduce((least, to) => Math.min(least, board.rttOfRegions(from, to)), Number.MAX_SAFE_INTEGER),
      )
    })
    this.#share = shareOfAll(board, deciding)
    // Talks of roles nobody has decided on yet, at their least.
    const least = deciding.map(seat => {
      const n = wanted(board, seat) ?? 0
      return seat.talks.reduce((total, { to, weight }) => {
        if (this.#allowedNone(to)) return total
        const near = regionsOf(board, seat).map(region => this.#nearestAllowed[to]?.[region] ?? 0)
        return total + n * weight * Math.min(...near)
      }, 0)
    })
    const open = [0]
    for (const value of least.toReversed()) open.unshift((open[0] ?? 0) + value)
    this.#open = open
  }

  #allowedNone(seat: number): boolean {
    const of = this.#board.seats[seat]
    // Whether a follower is there at all is known only when its leaders are.
    return of === undefined || of.role.count.kind === 'with' || of.allowed.length === 0 || wanted(this.#board, of) === 0
  }

  under(own: readonly number[], depth: number): Cost {
    const board = this.#board
    let latency = this.#open[depth] ?? 0
    for (const seat of board.seats) {
      if ((this.#depthOf.get(seat.index) ?? -1) >= depth) continue
      for (const { to, weight } of seat.talks) {
        const decided = (this.#depthOf.get(to) ?? -1) < depth
        const targets = board.taken[to] ?? []
        const follows = board.seats[to]?.role.count.kind === 'with'
        if (decided && !follows) {
          if (targets.length > 0)
            for (const site of board.taken[seat.index] ?? []) latency += weight * nearest(board, site, targets)
        } else if (!this.#allowedNone(to)) {
          for (const site of board.taken[seat.index] ?? [])
            latency += weight * (this.#nearestAllowed[to]?.[board.domainOf.region[site] ?? 0] ?? 0)
        }
      }
    }
    const [memory, cpu] = fullest(board)
    const bound = [...own]
    bound[4] = latency
    bound[6] = Math.max(memory, this.#share[0])
    bound[7] = Math.max(cpu, this.#share[1])
    return bound
  }
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

const add = (a: readonly number[], b: readonly number[]): number[] => a.map((value, i) => value + (b[i] ?? 0))
const sum = (rows: readonly (readonly number[])[]): number[] =>
  rows.reduce<number[]>((total, row) => add(total, row), [0, 0, 0, 0, 0, 0])

/** Per depth, the least that the roles from there on cost by themselves. */
function remainders(choices: readonly (readonly Choice[])[]): readonly (readonly number[])[] {
  const rows = [[0, 0, 0, 0, 0, 0]]
  for (const list of choices.toReversed()) {
    const least = [0, 1, 2, 3, 4, 5].map(i =>
      list.reduce((m, { own }) => Math.min(m, own[i] ?? 0), Number.MAX_SAFE_INTEGER),
    )
    rows.unshift(add(least, rows[0] ?? []))
  }
  return rows
}

/** Every set of hosts a role may have by its own rules, by name; null: too many to look at. */
function choicesOf(board: Board, seat: Seat, free: boolean): Choice[] | null {
  const want = wanted(board, seat) ?? 0
  const sets: number[][] = []
  const regions = seat.role.count.kind === 'per-region' ? regionsOf(board, seat) : null
  const grow = (chosen: number[], from: number): boolean => {
    if (chosen.length === want) {
      sets.push([...chosen])
      return sets.length <= maxSets
    }
    for (let i = from; i < seat.allowed.length; i += 1) {
      const site = seat.allowed[i] ?? 0
      if (regions !== null && chosen.some(other => board.domainOf.region[other] === board.domainOf.region[site]))
        continue
      if (!board.fits(seat, site)) continue
      board.take(seat, site)
      chosen.push(site)
      const more = grow(chosen, i + 1)
      chosen.pop()
      board.leave(seat, site)
      if (!more) return false
    }
    return true
  }
  if (!grow([], 0)) return null
  return sets.map(sites => ({ sites, own: seatCost(board, seat, sites, free) }))
}
