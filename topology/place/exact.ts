/**
 * The best placement there is, and among equals the first by the names of hosts, role by role. The terms are made least
 * one after the other: first what adds up (moves, spread, round trips, preference), part by part where parts of the
 * mesh have nothing to say to each other; then the fullest host, by memory and by cpu; then names.
 */
import type { Board } from './board.ts'
import { fillSeat } from './greedy.ts'
import { balance, type Cost, costOf } from './objective.ts'
import { compareSums, minus, type Network, networkOf, nothing, plus, type Sum } from './network.ts'
import { resources } from './rooms.ts'
import { type Aim, leastBySet, walk } from './walk.ts'

/** Steps for each of the terms that add up, for balance, for names. */
const mostSteps = { sum: 60_000, balance: 20_000, names: 20_000 }

const mostHalvings = 8

export interface Searched {
  /** Sites per seat; null: no placement was found. */
  readonly best: readonly (readonly number[])[] | null
  readonly cost: Cost | null
  /** Nothing was left out. */
  readonly complete: boolean
  /** No placement costs less. Null: nothing better is known than what can be seen without looking. */
  readonly bound: Cost | null
}

/** A placement: sites per seat, and what it costs. */
interface Known {
  readonly taken: readonly (readonly number[])[]
  readonly cost: Cost
}

const notLooked: Searched = { best: null, cost: null, complete: false, bound: null }

/** `board` is empty, and empty again afterwards. `known`: a placement that is there already. */
export function search(board: Board, known: Known | null, free: boolean): Searched {
  for (const seat of board.seats) if (seat.role.count.kind === 'everywhere') fillSeat(board, seat, free)
  const network = networkOf(board, free)
  const found = network === null ? null : new Search(network, known).run()
  const result = found === null || network === null ? notLooked : outcome(network, found, free)
  for (const seat of board.seats) {
    if (seat.role.count.kind === 'with') continue
    for (const site of [...(board.taken[seat.index] ?? [])]) board.leave(seat, site)
  }
  return result
}

interface Found {
  readonly chosen: readonly number[] | null
  readonly complete: boolean
  readonly bound: Cost
}

function outcome({ board, variables }: Network, { chosen, complete, bound }: Found, free: boolean): Searched {
  if (chosen === null) return { best: null, cost: null, complete, bound }
  for (const [v, { seat, sets }] of variables.entries())
    for (const site of sets[chosen[v] ?? 0] ?? []) board.take(seat, site)
  return { best: board.taken.map(sites => [...sites]), cost: costOf(board, free), complete, bound }
}

type Part = Aim['parts'][number]

interface Peak {
  readonly value: number
  readonly complete: boolean
  readonly least: number
}

class Search {
  readonly #network: Network
  readonly #known: { readonly sum: Sum; readonly cost: Cost } | null
  /** What hosts have. */
  readonly #caps: number[][]
  readonly #near: Neighbours
  #domains: (readonly number[])[]
  #parts: readonly Part[]
  /** The sum of the placement looked for. */
  #limit: Sum | null = null
  #chosen: readonly number[] | null = null

  /** The placement that is there already, by sets; null: it is not one of these. */
  readonly #guess: readonly number[] | null

  constructor(network: Network, known: Known | null) {
    this.#network = network
    this.#known = known === null ? null : { sum: network.sumOf(known.cost), cost: known.cost }
    const guess = network.variables.map(({ seat, sets }) => {
      const sites = (known?.taken[seat.index] ?? []).toSorted((a, b) => a - b).join(' ')
      return sets.findIndex(set => set.join(' ') === sites)
    })
    this.#guess = known === null || guess.includes(-1) ? null : guess
    this.#caps = resources.map(what => network.board.sites.map(site => site.free[what] ?? Number.POSITIVE_INFINITY))
    this.#domains = network.variables.map(({ sets }) => sets.map((_, i) => i))
    this.#near = neighbours(network)
    this.#parts = partsOf(network, this.#near)
  }

  run(): Found {
    const sum = this.#leastSum()
    if (!sum.complete || this.#limit === null) {
      const least = [...this.#network.costOf(sum.least), 0, 0]
      return { chosen: this.#chosen, complete: sum.complete, bound: least }
    }
    this.#narrow()
    const bound = this.#network.costOf(sum.least)
    let complete = true
    for (const [r, goal] of (['memory', 'cpu'] as const).entries()) {
      const peak: Peak | null = complete ? this.#leastPeak(goal, bound) : null
      bound.push(peak?.least ?? 0)
      if (peak === null) continue
      if (peak.value === Number.POSITIVE_INFINITY) return { chosen: null, complete, bound }
      complete = peak.complete
      // What was found is what the next ones have to keep to.
      for (const [site, { free }] of this.#network.board.sites.entries()) {
        const room = free[goal]
        const row = this.#caps[r]
        if (row !== undefined && room !== null)
          row[site] = Math.min(row[site] ?? 0, Math.floor((peak.value * room) / 1000))
      }
    }
    if (complete) this.#firstByName()
    return { chosen: this.#chosen, complete, bound }
  }

  #walk(aim: Partial<Aim> & Pick<Aim, 'goal' | 'steps'>) {
    const walked = walk(this.#network, {
      ...{ parts: this.#parts, domains: this.#domains, caps: this.#caps, limit: this.#limit, byName: null },
      ...{ peakBelow: Number.POSITIVE_INFINITY, ...aim },
    })
    return walked
  }

  /** Each part by itself first: together they cost at least as much, and no more where there is room for all. */
  #leastSum(): { readonly complete: boolean; readonly least: Sum } {
    const apart = this.#parts.map(part => {
      const alone = { ...part, least: nothing }
      return this.#walk({ goal: 'sum', parts: [alone], steps: mostSteps.sum })
    })
    const { base } = this.#network
    if (apart.some(one => one.complete && one.chosen === null)) return { complete: true, least: base }
    this.#parts = this.#parts.map((part, i) => {
      const one = apart[i]
      return { ...part, least: minus(one?.complete === true ? one.sum : (one?.leastSum ?? base), base) }
    })
    const least = this.#parts.reduce((total, part) => plus(total, part.least), base)
    const known = this.#known?.sum ?? null
    if (known !== null && compareSums(known, least) <= 0) {
      this.#limit = known
      return { complete: true, least: known }
    }
    const together = this.#walk({ goal: 'sum', limit: known, steps: mostSteps.sum })
    this.#chosen = together.chosen
    if (!together.complete) {
      this.#improve(together.chosen === null ? known : together.sum)
      return { complete: false, least }
    }
    this.#limit = together.chosen === null ? known : together.sum
    return { complete: true, least: this.#limit ?? least }
  }

  /** Decides on each role and those it has to do with anew, while all others stay, and goes on while that helps. */
  #improve(from: Sum | null): void {
    this.#chosen ??= this.#guess
    let limit = from
    let left = mostSteps.sum
    for (let better = true; better && left > 0;) {
      better = false
      for (const v of this.#network.variables.keys()) {
        const chosen = this.#chosen
        if (chosen === null) return
        const domains = this.#domains.map((domain, other) =>
          other === v || this.#near[v]?.has(other) === true ? domain : [chosen[other] ?? 0],
        )
        const walked = this.#walk({ goal: 'sum', domains, limit, steps: Math.min(left, mostSteps.sum / 40) })
        left -= walked.steps + 10
        if (walked.chosen === null) continue
        this.#chosen = walked.chosen
        limit = walked.sum
        better = true
      }
    }
  }

  /** Leaves out the sets with which the sum cannot be what it is, by asking of each variable as the first to decide. */
  #narrow(): void {
    const limit = this.#limit ?? nothing
    const all = this.#parts.reduce((total, part) => plus(total, part.least), this.#network.base)
    for (const part of this.#parts) {
      const slack = minus(limit, minus(all, part.least))
      for (const v of part.variables) {
        const domain = this.#domains[v] ?? []
        if (domain.length < 2) continue
        const least = leastBySet(this.#network, inOrder(this.#near, part.variables, v), this.#domains)
        this.#domains = this.#domains.with(
          v,
          domain.filter((_, at) => compareSums(least[at] ?? nothing, slack) <= 0),
        )
      }
    }
  }

  #leastPeak(goal: 'memory' | 'cpu', before: Cost): Peak {
    const cost = this.#known?.cost
    const i = goal === 'memory' ? balance : balance + 1
    const level = cost !== undefined && before.every((value, at) => value === cost[at]) ? (cost[i] ?? 0) : null
    const peakBelow = level ?? Number.POSITIVE_INFINITY
    const walked = this.#walk({ goal, peakBelow, steps: mostSteps.balance })
    this.#chosen = walked.chosen ?? this.#chosen
    let value = walked.chosen === null ? peakBelow : walked.peak
    if (walked.complete) return { value, complete: true, least: value }
    // What is too hard at once may be found, or ruled out, below a limit in between.
    let least = walked.leastPeak
    let from = least
    for (let i = 0; i < mostHalvings && from < value && value < Number.POSITIVE_INFINITY; i += 1) {
      const middle = Math.ceil((from + value) / 2)
      const half = this.#walk({ goal, peakBelow: middle, steps: mostSteps.balance / 4 })
      if (half.chosen !== null) {
        this.#chosen = half.chosen
        value = half.peak
      } else from = middle
      if (half.complete) least = half.chosen === null ? Math.max(least, middle) : half.peak
    }
    return { value, complete: least >= value, least }
  }

  /** Role by role the first set with which there still is a placement as good as this. */
  #firstByName(): void {
    this.#chosen = this.#walk({ goal: 'any', steps: mostSteps.names }).chosen
    let left = mostSteps.names
    for (const v of this.#network.variables.keys()) {
      const domain = this.#domains[v] ?? []
      const last = domain.indexOf(this.#chosen?.[v] ?? 0)
      if (last > 0) {
        const home = this.#parts.find(part => part.variables.includes(v))
        if (home === undefined) return
        const first = { ...home, variables: inOrder(this.#near, home.variables, v) }
        const walked = this.#walk({
          ...{ goal: 'any', byName: v, steps: left, parts: [first, ...this.#parts.filter(part => part !== home)] },
          domains: this.#domains.with(v, domain.slice(0, last + 1)),
        })
        left -= walked.steps
        if (walked.chosen === null) return
        this.#chosen = walked.chosen
      }
      this.#domains = this.#domains.with(v, [this.#chosen?.[v] ?? 0])
    }
  }
}

/** Variables that have costs in common, or may not share a host; the heaviest part first. */
function partsOf(network: Network, near: Neighbours): readonly Part[] {
  const parts: Part[] = []
  const seen = new Set<number>()
  for (const v of network.variables.keys()) {
    if (seen.has(v)) continue
    const part = [v]
    seen.add(v)
    for (const one of part)
      for (const other of near[one] ?? [])
        if (!seen.has(other)) {
          seen.add(other)
          part.push(other)
        }
    parts.push({ variables: inOrder(near, part, null), least: nothing })
  }
  const weight = ({ variables }: Part) =>
    variables.reduce((total, v) => {
      const variable = network.variables[v]
      return total + (variable?.demand[0] ?? 0) * (variable?.sets[0]?.length ?? 0)
    }, 0)
  return parts.toSorted((a, b) => weight(b) - weight(a))
}

type Neighbours = readonly ReadonlySet<number>[]

function neighbours({ variables, links, apart, terms, unions }: Network): Neighbours {
  const near = variables.map(() => new Set<number>())
  const groups = [
    ...links.map(({ a, b }) => [a, b]),
    ...[...apart, ...terms.map(term => term.variables), ...unions.map(union => union.leaders)],
  ]
  for (const group of groups) for (const a of group) for (const b of group) if (a !== b) near[a]?.add(b)
  return near
}

/** Each next to those it has to do with, from the one with the most neighbours on, or from the one that is to be first. */
function inOrder(near: Neighbours, part: readonly number[], first: number | null): readonly number[] {
  const order = first === null ? [] : [first]
  const left = new Set(part.filter(v => v !== first))
  const met = (v: number) => order.filter(one => near[v]?.has(one)).length
  while (left.size > 0) {
    const ranked = [...left].map(v => ({ v, met: met(v), degree: near[v]?.size ?? 0 }))
    const next = ranked.toSorted((a, b) => b.met - a.met || b.degree - a.degree || a.v - b.v)[0]
    if (next === undefined) break
    order.push(next.v)
    left.delete(next.v)
  }
  return order
}
