/**
 * Depth first through a network of costs, never into what cannot be better than what is known. A walk has one aim: the
 * least sum, the least fullest host, or any placement at all; everything else is a limit it stays below.
 *
 * What keeps it short: the costs still to come are counted by shifting each variable's least on to one it is linked to
 * (directed arc consistency: exact where the links are a tree), room by counting what any group of hosts must hold
 * in any case, and a state that came up before is not gone into again.
 */
import { Costs } from './costs.ts'
import { compareSums, type Network, nothing, plus, type Sum } from './network.ts'
import { Rooms } from './rooms.ts'

export interface Aim {
  readonly goal: 'sum' | 'memory' | 'cpu' | 'any'
  /** Parts that have no cost in common; their variables in the order of deciding, and the least each part costs. */
  readonly parts: readonly { readonly variables: readonly number[]; readonly least: Sum }[]
  /** Per variable, the sets that come into question. */
  readonly domains: readonly (readonly number[])[]
  /** Per resource and site, what may be used at most. */
  readonly caps: readonly (readonly number[])[]
  /** Sums above it are of no interest; for the goal `sum`, neither is the limit itself. Null: any. */
  readonly limit: Sum | null
  /** The fullest host must stay below it. */
  readonly peakBelow: number
  /** A variable whose sets are tried in the order of names. */
  readonly byName: number | null
  readonly steps: number
}

export interface Walked {
  /** Per variable, its set; null: none within the limits. */
  readonly chosen: readonly number[] | null
  readonly sum: Sum
  readonly peak: number
  /** Nothing was left out. */
  readonly complete: boolean
  /** No placement within the limits has less. */
  readonly leastSum: Sum
  readonly leastPeak: number
  readonly steps: number
}

const mostStates = 100_000

export function walk(network: Network, aim: Aim): Walked {
  return new Walk(network, aim).result()
}

class Walk {
  readonly #network: Network
  readonly #aim: Aim
  readonly #order: readonly number[]
  readonly #chosen: (readonly number[] | null)[]
  readonly #set: number[]
  readonly #costs: Costs
  /** Per variable, the terms in which it stands, and what each costs so far. */
  readonly #termsOf: number[][]
  readonly #terms: Sum[] = []
  readonly #apart: number[][]
  readonly #unionsOf: number[][]
  readonly #led: Int32Array[]
  readonly #rooms: Rooms
  /** Per depth, the decided variables that matter to those still open; null: too many to be worth remembering. */
  readonly #frontier: (readonly number[] | null)[]
  /** Per depth, what parts that are not begun cost more than their variables show. */
  readonly #hidden: Sum[]
  readonly #seen: Map<string, Sum>[]
  #steps = 0
  #complete = true
  #best: { chosen: readonly number[]; sum: Sum; peak: number } | null = null
  #root: { sum: Sum; peak: number } = { sum: nothing, peak: 0 }

  constructor(network: Network, aim: Aim) {
    const { variables, terms } = network
    this.#network = network
    this.#aim = aim
    this.#order = aim.parts.flatMap(part => part.variables)
    this.#chosen = variables.map(() => null)
    this.#set = variables.map(() => -1)
    const depth = variables.map(() => -1)
    for (const [at, v] of this.#order.entries()) depth[v] = at
    this.#costs = new Costs(network, this.#order, aim.domains)
    this.#termsOf = variables.map(() => [])
    for (const [i, term] of terms.entries()) {
      const open = term.variables.some(v => (depth[v] ?? -1) >= 0)
      this.#terms.push(open ? term.bound(this.#chosen) : nothing)
      if (open) for (const v of term.variables) this.#termsOf[v]?.push(i)
    }
    this.#apart = variables.map(() => [])
    for (const [a, b] of network.apart) {
      this.#apart[a]?.push(b)
      this.#apart[b]?.push(a)
    }
    this.#unionsOf = variables.map(() => [])
    for (const [i, union] of network.unions.entries()) for (const v of union.leaders) this.#unionsOf[v]?.push(i)
    this.#led = network.unions.map(({ base }) => {
      const led = new Int32Array(network.board.sites.length)
      for (const site of base) led[site] = 1
      return led
    })
    this.#rooms = new Rooms(network, aim, this.#order)
    this.#frontier = this.#frontiers(depth)
    this.#seen = this.#order.map(() => new Map<string, Sum>())
    this.#hidden = [nothing]
    for (const part of aim.parts.toReversed()) {
      const inPart = new Set(part.variables)
      const shown = [
        ...part.variables.map(v => this.#costs.least[v] ?? nothing),
        ...terms.flatMap((term, i) => (term.variables.some(v => inPart.has(v)) ? [this.#terms[i] ?? nothing] : [])),
      ].reduce(plus, nothing)
      const after = this.#hidden[0] ?? nothing
      const more = compareSums(part.least, shown) > 0
      const before = more ? { high: part.least.high - shown.high, low: part.least.low - shown.low } : nothing
      this.#hidden.unshift(plus(after, before), ...part.variables.slice(1).map(() => after))
    }
  }

  result(): Walked {
    const { domains, goal } = this.#aim
    const possible = this.#order.every(v => (domains[v] ?? []).length > 0) && !this.#full(0)
    const start = [...this.#order.map(v => this.#costs.least[v] ?? nothing), ...this.#terms].reduce(
      plus,
      this.#network.base,
    )
    this.#root = { sum: plus(start, this.#hidden[0] ?? nothing), peak: this.#rooms.peak(0) }
    if (possible && !this.#hopeless(start, 0)) this.#visit(0, start)
    const none = goal !== 'any' && this.#best === null && this.#complete
    const { limit, peakBelow } = this.#aim
    return {
      chosen: this.#best?.chosen ?? null,
      sum: this.#best?.sum ?? nothing,
      peak: this.#best?.peak ?? 0,
      complete: this.#complete,
      leastSum: none && goal === 'sum' && limit !== null ? limit : this.#root.sum,
      leastPeak: none && goal !== 'sum' ? peakBelow : this.#root.peak,
      steps: this.#steps,
    }
  }

  #frontiers(depth: readonly number[]): (readonly number[] | null)[] {
    const { links, apart, terms, unions, variables } = this.#network
    // How deep each variable matters: to the last of those that have to do with it.
    const until = variables.map((_, v) => depth[v] ?? -1)
    const together = [...links.map(({ a, b }) => [a, b]), ...apart, ...unions.map(union => union.leaders)]
    for (const group of [...together, ...terms.map(term => term.variables)]) {
      const last = Math.max(...group.map(v => depth[v] ?? -1))
      for (const v of group) until[v] = Math.max(until[v] ?? -1, last)
    }
    return this.#order.map((_, at) => {
      const matter = this.#order.slice(0, at).filter(v => (until[v] ?? -1) >= at)
      return at > 1 && matter.length < at && matter.length <= 6 ? matter : null
    })
  }

  #hopeless(sum: Sum, depth: number): boolean {
    const { goal, limit } = this.#aim
    const best = this.#best
    const hidden = this.#hidden[depth] ?? nothing
    const high = sum.high + hidden.high
    const low = sum.low + hidden.low
    if (goal === 'sum') {
      const most = best?.sum ?? limit
      return most !== null && (high > most.high || (high === most.high && low >= most.low))
    }
    return limit !== null && (high > limit.high || (high === limit.high && low > limit.low))
  }

  #full(depth: number): boolean {
    if (!this.#rooms.possible(depth)) return true
    const { goal, peakBelow } = this.#aim
    return (goal === 'memory' || goal === 'cpu') && this.#rooms.peak(depth) >= (this.#best?.peak ?? peakBelow)
  }

  /** `sum`: what is decided, and the least of what is not. False: enough. */
  #visit(depth: number, sum: Sum): boolean {
    const v = this.#order[depth]
    if (v === undefined) return this.#arrive(sum)
    if (this.#known(depth, sum)) return true
    const least = this.#costs.least[v] ?? nothing
    const open = { high: sum.high - least.high, low: sum.low - least.low }
    for (const at of this.#candidates(v, depth, open)) {
      const here = {
        high: open.high + (this.#costs.high[v]?.[at] ?? 0),
        low: open.low + (this.#costs.low[v]?.[at] ?? 0),
      }
      if (this.#hopeless(here, depth + 1)) continue
      this.#steps += 1
      if (this.#steps > this.#aim.steps) {
        this.#complete = false
        return false
      }
      const set = this.#aim.domains[v]?.[at] ?? 0
      const sites = this.#network.variables[v]?.sets[set] ?? []
      if (this.#quarrels(v, sites)) continue
      this.#load(v, sites, 1)
      let goOn = true
      if (!this.#full(depth + 1)) {
        this.#chosen[v] = sites
        this.#set[v] = set
        const shape = this.#network.variables[v]?.shape[set] ?? 0
        const before = (this.#termsOf[v] ?? []).map(i => this.#terms[i] ?? nothing)
        const next = plus(plus(here, this.#costs.tell(v, shape, 1)), this.#weigh(v))
        if (!this.#hopeless(next, depth + 1)) goOn = this.#visit(depth + 1, next)
        this.#costs.tell(v, shape, -1)
        for (const [at, i] of (this.#termsOf[v] ?? []).entries()) this.#terms[i] = before[at] ?? nothing
        this.#chosen[v] = null
        this.#set[v] = -1
      }
      this.#load(v, sites, -1)
      if (!goOn) return false
    }
    return true
  }

  #arrive(sum: Sum): boolean {
    const { goal } = this.#aim
    const peak = this.#rooms.peak(this.#order.length)
    this.#best = { chosen: [...this.#set], sum, peak }
    if (goal === 'any') return false
    return goal === 'sum' ? compareSums(sum, this.#root.sum) > 0 : peak > this.#root.peak
  }

  /** Whether the same state was come upon before, as cheaply: what follows from it is known then. */
  #known(depth: number, sum: Sum): boolean {
    const frontier = this.#frontier[depth]
    const seen = this.#seen[depth]
    if (frontier === null || frontier === undefined || seen === undefined) return false
    let key = this.#rooms.state()
    for (const v of frontier) key += `,${this.#set[v] ?? -1}`
    const before = seen.get(key)
    if (before !== undefined && compareSums(sum, before) >= 0) return true
    if (before !== undefined || seen.size < mostStates) seen.set(key, sum)
    return false
  }

  /** Sets within the limits, the cheapest first, then those that fill hosts least, then by name. */
  #candidates(v: number, depth: number, open: Sum): number[] {
    const high = this.#costs.high[v] ?? []
    const low = this.#costs.low[v] ?? []
    const candidates: number[] = []
    for (let at = 0; at < high.length; at += 1)
      if (!this.#hopeless({ high: open.high + (high[at] ?? 0), low: open.low + (low[at] ?? 0) }, depth + 1))
        candidates.push(at)
    this.#steps += high.length >> 5
    if (v === this.#aim.byName || candidates.length < 2) return candidates
    const variable = this.#network.variables[v]
    const fill = new Float64Array(high.length)
    for (const at of candidates)
      fill[at] = this.#rooms.fill(variable?.sets[this.#aim.domains[v]?.[at] ?? 0] ?? [], variable?.demand ?? [])
    // With the sum as a limit only, room is what matters.
    if (this.#aim.goal !== 'sum')
      return candidates.sort(
        (a, b) =>
          (fill[a] ?? 0) - (fill[b] ?? 0) || (high[a] ?? 0) - (high[b] ?? 0) || (low[a] ?? 0) - (low[b] ?? 0) || a - b,
      )
    return candidates.sort(
      (a, b) =>
        (high[a] ?? 0) - (high[b] ?? 0) || (low[a] ?? 0) - (low[b] ?? 0) || (fill[a] ?? 0) - (fill[b] ?? 0) || a - b,
    )
  }

  #quarrels(v: number, sites: readonly number[]): boolean {
    for (const other of this.#apart[v] ?? []) {
      const there = this.#chosen[other]
      if (there === null || there === undefined) continue
      for (const site of sites) if (there.includes(site)) return true
    }
    return false
  }

  #load(v: number, sites: readonly number[], sign: 1 | -1): void {
    const demand = this.#network.variables[v]?.demand ?? []
    for (const site of sites) {
      this.#rooms.add(site, demand, sign)
      for (const union of this.#unionsOf[v] ?? []) {
        const led = this.#led[union]
        if (led === undefined) continue
        const before = led[site] ?? 0
        led[site] = before + sign
        if (before === 0 || before + sign === 0) this.#rooms.add(site, this.#network.unions[union]?.demand ?? [], sign)
      }
    }
  }

  /** What the terms in which a variable stands cost more, now that it is decided. */
  #weigh(v: number): Sum {
    let high = 0
    let low = 0
    for (const i of this.#termsOf[v] ?? []) {
      const before = this.#terms[i] ?? nothing
      const after = this.#network.terms[i]?.bound(this.#chosen) ?? nothing
      this.#terms[i] = after
      high += after.high - before.high
      low += after.low - before.low
    }
    return { high, low }
  }
}

/** Per set of the variable decided first, what all of them cost at least with it. */
export function leastBySet(
  network: Network,
  order: readonly number[],
  domains: readonly (readonly number[])[],
): readonly Sum[] {
  const [first = 0, ...others] = order
  const costs = new Costs(network, order, domains)
  const none = network.variables.map(() => null)
  const involved = new Set(order)
  const rest = [
    ...others.map(v => costs.least[v] ?? nothing),
    ...network.terms.filter(term => term.variables.some(v => involved.has(v))).map(term => term.bound(none)),
  ].reduce(plus, nothing)
  return (domains[first] ?? []).map((_, at) =>
    plus(rest, { high: costs.high[first]?.[at] ?? 0, low: costs.low[first]?.[at] ?? 0 }),
  )
}
