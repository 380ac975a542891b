/**
 * The best placement there is, by branch and bound: roles in the order of their ids, each with every set of hosts that
 * its rules allow, in the order of names. The first best one found is so also the first by name.
 */
import type { Board, Seat } from './board.ts'
import { fillSeat, regionsOf, wanted } from './greedy.ts'
import { balance, compareCosts, type Cost, costOf, fullest, nearest, perMille, seatCost } from './objective.ts'

/** Sets of hosts looked at for one role, and steps taken in all, before it is left at what was found. */
const maxSets = 4000
const maxSteps = 40_000
/** When all but balance is known to be at its best already. */
const maxStepsForBalance = 4000

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
  const choices = allChoices(board, deciding, free)
  const result =
    choices === null ? { best: null, cost: null, complete: false } : walk(board, deciding, choices, known, free)
  for (const seat of board.seats) {
    if (seat.role.count.kind === 'with') continue
    for (const site of [...(board.taken[seat.index] ?? [])]) board.leave(seat, site)
  }
  return result
}

function allChoices(board: Board, deciding: readonly Seat[], free: boolean): Choice[][] | null {
  const choices: Choice[][] = []
  for (const seat of deciding) {
    const sets = choicesOf(board, seat, free)
    if (sets === null) return null
    choices.push(sets)
  }
  return choices
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
  const root = floor.under(add(base, rest[0] ?? []), floor.latencyAt(-1), 0)
  const settled = known !== null && root.slice(0, balance).every((value, i) => value === known[i])
  const most = settled ? maxStepsForBalance : maxSteps
  const step = (depth: number, own: readonly number[], latency: number): boolean => {
    steps += 1
    if (steps > most) return false
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
        const travelled = latency + floor.latencyAt(depth)
        const bound = floor.under(add(sofar, rest[depth + 1] ?? []), travelled, depth + 1)
        // Equal to what was known beforehand may still come first by name; equal to what was found here does not.
        const hopeless =
          cost === null ? known !== null && compareCosts(bound, known) > 0 : compareCosts(bound, cost) >= 0
        if (!hopeless) goOn = step(depth + 1, sofar, travelled)
      }
      for (const site of taken.toReversed()) board.leave(seat, site)
      if (!goOn) return false
    }
    return true
  }
  const complete = step(0, base, floor.latencyAt(-1))
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
  return new Floor(board, deciding).under(sum(own), 0, 0)
}

/** Two roles that talk, and the depth from which on both are decided. */
interface Talk {
  readonly from: number
  readonly to: number
  readonly weight: number
  readonly ready: number
  /** The least it can cost. */
  readonly least: number
}

/** Lower bounds of what is not decided yet. */
class Floor {
  readonly #board: Board
  readonly #talks: ReadonlyMap<number, readonly Talk[]>
  readonly #share: readonly [number, number]
  /** Per depth, the least that the talks not yet ready will cost. */
  readonly #open: readonly number[]

  constructor(board: Board, deciding: readonly Seat[]) {
    this.#board = board
    const depths = new Map(deciding.map((seat, depth) => [seat.index, depth]))
    // A follower is where it is when the last of its leaders is.
    const depthOf = (seat: Seat): number =>
      seat.role.count.kind === 'with'
        ? Math.max(-1, ...deciding.flatMap((one, depth) => (one.followers.includes(seat.index) ? [depth] : [])))
        : (depths.get(seat.index) ?? -1)
    const talks = board.seats.flatMap(seat =>
      seat.talks.flatMap(({ to, weight }): Talk[] => {
        const target = board.seats[to]
        if (target === undefined) return []
        const ready = Math.max(depthOf(seat), depthOf(target))
        return [{ from: seat.index, to, weight, ready, least: leastOf(board, seat, target, weight) }]
      }),
    )
    const byDepth = new Map<number, Talk[]>()
    for (const talk of talks) byDepth.set(talk.ready, [...(byDepth.get(talk.ready) ?? []), talk])
    this.#talks = byDepth
    this.#open = Array.from({ length: deciding.length + 1 }, (_, depth) =>
      talks.reduce((total, talk) => total + (talk.ready >= depth ? talk.least : 0), 0),
    )
    this.#share = shareOfAll(board, deciding)
  }

  /** Weighted round trips of the talks that the decision at this depth has settled. */
  latencyAt(depth: number): number {
    let sum = 0
    for (const { from, to, weight } of this.#talks.get(depth) ?? []) {
      const targets = this.#board.taken[to] ?? []
      if (targets.length > 0)
        for (const site of this.#board.taken[from] ?? []) sum += weight * nearest(this.#board, site, targets)
    }
    return sum
  }

  under(own: readonly number[], latency: number, depth: number): Cost {
    const [memory, cpu] = fullest(this.#board)
    const bound = [...own]
    bound[4] = latency + (this.#open[depth] ?? 0)
    bound[6] = Math.max(memory, this.#share[0])
    bound[7] = Math.max(cpu, this.#share[1])
    return bound
  }
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
