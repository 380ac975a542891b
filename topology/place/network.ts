/**
 * A placement problem as a network of costs, made ready for looking for the very best: one variable per role that is
 * decided on, its sets of hosts as values, and what every value, every pair of values and every union of them costs.
 *
 * The terms of the objective before balance are sums, so each is kept as one pair of whole numbers that compares as the
 * terms do: moves and spread in `high`, round trips and preference in `low`.
 */
import type { Board, Seat } from './board.ts'
import { wanted } from './greedy.ts'
import { type Cost, nearest, seatCost } from './objective.ts'

/** Sets of hosts looked at for one role before the whole is left to guessing. */
const maxSets = 4000

export interface Sum {
  readonly high: number
  readonly low: number
}

export const compareSums = (a: Sum, b: Sum): number => a.high - b.high || a.low - b.low
export const plus = (a: Sum, b: Sum): Sum => ({ high: a.high + b.high, low: a.low + b.low })
export const minus = (a: Sum, b: Sum): Sum => ({ high: a.high - b.high, low: a.low - b.low })
export const nothing: Sum = { high: 0, low: 0 }

/** A role to decide on. A set is known by its place in `sets`, which are in the order of names. */
interface Variable {
  readonly seat: Seat
  readonly sets: readonly (readonly number[])[]
  /** What each set costs whatever the others do. */
  readonly own: readonly Sum[]
  /** Per set, which regions it has: sets of the same shape have the same round trips. */
  readonly shape: readonly number[]
  /** Per shape, a set that has it. */
  readonly shapes: readonly (readonly number[])[]
  /** Memory, cpu, disk of one instance, with those who come with this role and no other. */
  readonly demand: readonly number[]
}

/** Two variables whose round trips depend on each other: low parts, by the shape of the one and of the other. */
export interface Link {
  readonly a: number
  readonly b: number
  readonly low: readonly (readonly number[])[]
}

/** A cost that depends on more than two variables. Undecided ones are null; no decision makes the answer less. */
interface Term {
  readonly variables: readonly number[]
  readonly bound: (chosen: readonly (readonly number[] | null)[]) => Sum
}

/** A role that is wherever one of several others is. */
interface Union {
  readonly demand: readonly number[]
  readonly leaders: readonly number[]
  /** Sites where it is in any case. */
  readonly base: readonly number[]
}

export interface Network {
  readonly board: Board
  readonly variables: readonly Variable[]
  readonly links: readonly Link[]
  readonly terms: readonly Term[]
  readonly unions: readonly Union[]
  /** Pairs of variables that may not share a host. */
  readonly apart: readonly (readonly [number, number])[]
  /** What is settled before any decision. */
  readonly base: Sum
  readonly sumOf: (cost: Cost) => Sum
  readonly costOf: (sum: Sum) => number[]
}

/** Where a role will be: known already, where one variable is, or where any of several are. */
type Presence =
  | { readonly kind: 'known'; readonly sites: readonly number[] }
  | { readonly kind: 'variable'; readonly index: number }
  | { readonly kind: 'union'; readonly leaders: readonly number[]; readonly base: readonly number[] }

/** `board` holds the roles that are everywhere, and nothing else. Null: too many sets, or numbers too large to be exact. */
export function networkOf(board: Board, free: boolean): Network | null {
  const scale = scaleOf(board)
  if (scale === null) return null
  const deciding = board.seats.filter(({ role }) => role.count.kind === 'fixed' || role.count.kind === 'per-region')
  const setsOf: (readonly (readonly number[])[])[] = []
  for (const seat of deciding) {
    const sets = allSets(board, seat)
    if (sets === null) return null
    setsOf.push(sets)
  }
  const presences = board.seats.map(seat => presenceOf(board, seat, deciding))
  let base = nothing
  const unions: Union[] = []
  const terms: Term[] = []
  const shadows = deciding.map((): Seat[] => [])
  for (const [i, presence] of presences.entries()) {
    const seat = board.seats[i]
    if (seat === undefined) continue
    const costAt = (sites: readonly number[]) => scale.sumOf(seatCost(board, seat, sites, free))
    if (presence.kind === 'known') base = plus(base, costAt(presence.sites))
    if (presence.kind === 'variable') shadows[presence.index]?.push(seat)
    if (presence.kind === 'union') {
      const { leaders } = presence
      unions.push({ demand: demandOf([seat]), leaders, base: presence.base })
      terms.push({
        variables: leaders,
        bound: chosen => {
          const { sites, all } = reached(presence, chosen)
          return all ? costAt(sites) : nothing
        },
      })
    }
  }
  const variables = deciding.map((seat, i): Variable => {
    const sets = setsOf[i] ?? []
    const here = shadows[i] ?? []
    const own = sets.map(set =>
      here.reduce((total, one) => plus(total, scale.sumOf(seatCost(board, one, set, free))), nothing),
    )
    return { seat, sets, own, ...shapesOf(board, sets), demand: demandOf(here) }
  })
  const wired = wire(board, variables, presences, scale.perPreference)
  return {
    ...{ board, unions, apart: quarrels(deciding), ...scale },
    variables: variables.map((variable, i) => ({
      ...variable,
      own: variable.own.map((sum, at) => ({ ...sum, low: sum.low + (wired.own[i]?.[at] ?? 0) })),
    })),
    links: wired.links,
    terms: [...terms, ...wired.terms],
    base: { ...base, low: base.low + wired.base },
  }
}

/** How terms become two numbers: each counts for more than all that come after it can add up to. */
function scaleOf(board: Board) {
  const limits = [1, 1, 1, 1, 1, 1]
  const most = board.sites.length
  let farthest = 0
  for (let a = 0; a < board.regions; a += 1)
    for (let b = 0; b < board.regions; b += 1) farthest = Math.max(farthest, board.rttOfRegions(a, b))
  const grow = (i: number, by: number) => (limits[i] = (limits[i] ?? 0) + by)
  for (const seat of board.seats) {
    const n = Math.min(most, wanted(board, seat) ?? most)
    grow(0, seat.role.moveCost * seat.current.size)
    for (const { by, hard } of seat.role.spread) if (!hard) grow(by === 'region' ? 1 : by === 'provider' ? 2 : 3, n)
    for (const { weight } of seat.talks) grow(4, n * weight * farthest)
    grow(5, n)
  }
  const [moves = 1, region = 1, provider = 1, host = 1, latency = 1, perPreference = 1] = limits
  if (!Number.isSafeInteger(moves * region * provider * host) || !Number.isSafeInteger(latency * perPreference))
    return null
  return {
    perPreference,
    sumOf: ([m = 0, r = 0, p = 0, h = 0, l = 0, c = 0]: Cost): Sum => ({
      high: ((m * region + r) * provider + p) * host + h,
      low: l * perPreference + c,
    }),
    costOf: ({ high, low }: Sum): number[] => [
      Math.floor(high / (host * provider * region)),
      Math.floor(high / (host * provider)) % region,
      Math.floor(high / host) % provider,
      high % host,
      Math.floor(low / perPreference),
      low % perPreference,
    ],
  }
}

/** Every set of hosts a role may have by its own rules, by name; null: too many to look at. */
function allSets(board: Board, seat: Seat): number[][] | null {
  const want = wanted(board, seat) ?? 0
  const sets: number[][] = []
  const perRegion = seat.role.count.kind === 'per-region'
  const grow = (chosen: number[], from: number): boolean => {
    if (chosen.length === want) {
      sets.push([...chosen])
      return sets.length <= maxSets
    }
    for (let i = from; i <= seat.allowed.length - (want - chosen.length); i += 1) {
      const site = seat.allowed[i] ?? 0
      if (perRegion && chosen.some(other => board.domainOf.region[other] === board.domainOf.region[site])) continue
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
  return grow([], 0) ? sets : null
}

function presenceOf(board: Board, seat: Seat, deciding: readonly Seat[]): Presence {
  const index = deciding.indexOf(seat)
  if (index >= 0) return { kind: 'variable', index }
  // Those who come with a role that is everywhere are there already.
  const base = [...(board.taken[seat.index] ?? [])].toSorted((a, b) => a - b)
  const leaders = deciding.flatMap((one, i) => (one.followers.includes(seat.index) ? [i] : []))
  if (seat.role.count.kind === 'everywhere' || leaders.length === 0) return { kind: 'known', sites: base }
  const only = leaders.length === 1 && base.length === 0 ? leaders[0] : undefined
  return only === undefined ? { kind: 'union', leaders, base } : { kind: 'variable', index: only }
}

function reached(
  presence: Presence,
  chosen: readonly (readonly number[] | null)[],
): { readonly sites: readonly number[]; readonly all: boolean } {
  if (presence.kind === 'known') return { sites: presence.sites, all: true }
  if (presence.kind === 'variable') {
    const sites = chosen[presence.index] ?? null
    return { sites: sites ?? [], all: sites !== null }
  }
  const sites = new Set(presence.base)
  let all = true
  for (const leader of presence.leaders) {
    const set = chosen[leader] ?? null
    if (set === null) all = false
    else for (const site of set) sites.add(site)
  }
  return { sites: [...sites].toSorted((a, b) => a - b), all }
}

const demandOf = (seats: readonly Seat[]): readonly number[] =>
  (['memory', 'cpu', 'disk'] as const).map(what => seats.reduce((total, { role }) => total + role.demand[what], 0))

function shapesOf(board: Board, sets: readonly (readonly number[])[]): Pick<Variable, 'shape' | 'shapes'> {
  const known = new Map<string, number>()
  const shapes: (readonly number[])[] = []
  const shape = sets.map(set => {
    const key = set
      .map(site => board.domainOf.region[site] ?? 0)
      .toSorted((a, b) => a - b)
      .join(' ')
    const before = known.get(key)
    if (before !== undefined) return before
    known.set(key, shapes.length)
    return shapes.push(set) - 1
  })
  return { shape, shapes }
}

/** Pairs of which the one, or who comes with it, keeps apart from the other, or who comes with that. */
function quarrels(deciding: readonly Seat[]): (readonly [number, number])[] {
  return deciding.flatMap((a, i) =>
    deciding.slice(i + 1).flatMap((b, j): (readonly [number, number])[] => {
      const others = new Set([b.index, ...b.followers])
      return a.apart.some(one => others.has(one)) ? [[i, i + 1 + j]] : []
    }),
  )
}

/** Who talks to whom, sorted by how many variables a round trip depends on: none, one, two, more. */
function wire(board: Board, variables: readonly Variable[], presences: readonly Presence[], perPreference: number) {
  let base = 0
  const own = variables.map(({ sets }) => sets.map(() => 0))
  const tables = new Map<string, { a: number; b: number; low: number[][] }>()
  const terms: Term[] = []
  const sizeOf = (i: number): number => variables[i]?.sets[0]?.length ?? 0
  const add = (i: number, price: (set: readonly number[]) => number) => {
    for (const [at, set] of (variables[i]?.sets ?? []).entries()) {
      const list = own[i]
      if (list !== undefined) list[at] = (list[at] ?? 0) + price(set)
    }
  }
  const pair = (from: number, to: number, price: (from: readonly number[], to: readonly number[]) => number) => {
    const [a, b] = [Math.min(from, to), Math.max(from, to)]
    const fresh = () => (variables[a]?.shapes ?? []).map(() => (variables[b]?.shapes ?? []).map(() => 0))
    const table = tables.get(`${a} ${b}`) ?? { a, b, low: fresh() }
    tables.set(`${a} ${b}`, table)
    for (const [i, x] of (variables[a]?.shapes ?? []).entries())
      for (const [j, y] of (variables[b]?.shapes ?? []).entries()) {
        const row = table.low[i]
        if (row !== undefined) row[j] = (row[j] ?? 0) + (from === a ? price(x, y) : price(y, x))
      }
  }
  for (const seat of board.seats)
    for (const { to, weight } of seat.talks) {
      const [from, target] = [presences[seat.index], presences[to]]
      const aim = board.seats[to]
      if (from === undefined || target === undefined || aim === undefined) continue
      const price = (sites: readonly number[], targets: readonly number[]) =>
        targets.length === 0
          ? 0
          : perPreference * weight * sites.reduce((total, site) => total + nearest(board, site, targets), 0)
      if (from.kind === 'union' && target.kind !== 'union') {
        // The leader with the most instances pays like any other role; the term is what its fellows add to that.
        const main = from.leaders.toSorted((a, b) => sizeOf(b) - sizeOf(a) || a - b)[0] ?? 0
        if (target.kind === 'known') add(main, set => price(set, target.sites))
        else if (target.index === main) add(main, set => price(set, set))
        else pair(main, target.index, price)
        terms.push(beyond(board, aim, from, main, target, price))
      } else if (target.kind === 'union') terms.push(talk(board, seat, aim, from, target, price))
      else if (from.kind === 'known' && target.kind === 'known') base += price(from.sites, target.sites)
      else if (from.kind === 'known' && target.kind === 'variable') add(target.index, set => price(from.sites, set))
      else if (from.kind === 'variable' && target.kind === 'known') add(from.index, set => price(set, target.sites))
      else if (from.kind === 'variable' && target.kind === 'variable')
        if (from.index === target.index) add(from.index, set => price(set, set))
        else pair(from.index, target.index, price)
    }
  return { base, own, links: [...tables.values()], terms }
}

type Price = (sites: readonly number[], targets: readonly number[]) => number

const partsOf = (presence: Presence): readonly number[] =>
  presence.kind === 'variable' ? [presence.index] : presence.kind === 'union' ? presence.leaders : []

/** Round trips of a role that comes with several others, from where its main leader is not. */
function beyond(board: Board, aim: Seat, from: Presence, main: number, target: Presence, price: Price): Term {
  const possible = possibleTargets(board, aim, target)
  return {
    variables: [...new Set([...partsOf(from), ...partsOf(target)])],
    bound: chosen => {
      const covered = chosen[main] ?? null
      if (covered === null) return nothing
      const there = reached(target, chosen)
      const sites = reached(from, chosen).sites.filter(site => !covered.includes(site))
      return { high: 0, low: price(sites, there.all ? there.sites : possible) }
    },
  }
}

/** Round trips to a role that comes with several others. */
function talk(board: Board, seat: Seat, aim: Seat, from: Presence, target: Presence, price: Price): Term {
  const possible = possibleTargets(board, aim, target)
  const least = Math.max(
    0,
    ...(seat.role.count.kind === 'with' ? board.seats.filter(one => one.followers.includes(seat.index)) : [seat]).map(
      one => {
        const near = placesOf(board, one).map(site => price([site], possible))
        return (wanted(board, one) ?? 0) * (near.length === 0 ? 0 : Math.min(...near))
      },
    ),
  )
  return {
    variables: [...new Set([...partsOf(from), ...partsOf(target)])],
    bound: chosen => {
      const here = reached(from, chosen)
      const there = reached(target, chosen)
      const low = price(here.sites, there.all ? there.sites : possible)
      return { high: 0, low: here.all && there.all ? low : Math.max(low, least) }
    },
  }
}

/** As near as any place it may have at all; none, where there may be no target. */
function possibleTargets(board: Board, aim: Seat, target: Presence): readonly number[] {
  const sure =
    (wanted(board, aim) ?? 0) > 0 ||
    (target.kind === 'union' && target.base.length > 0) ||
    board.seats.some(one => one.followers.includes(aim.index) && (wanted(board, one) ?? 0) > 0)
  return sure ? placesOf(board, aim) : []
}

/** Sites on which a role can be; of one that comes with others, where any of them can be. */
function placesOf(board: Board, seat: Seat): readonly number[] {
  if (seat.role.count.kind !== 'with') return seat.allowed
  return [...new Set(board.seats.flatMap(one => (one.followers.includes(seat.index) ? one.allowed : [])))]
}
