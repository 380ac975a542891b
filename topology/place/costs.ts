/**
 * What every set of every open variable costs, given what is decided: no more than the truth, and the truth once all is
 * decided. Costs of later variables are shifted on to the earlier ones they are linked to, from the last to the first
 * (directed arc consistency), so that the least of each add up to the least of all where the links are a tree.
 */
import { compareSums, type Link, type Network, nothing, plus, type Sum } from './network.ts'

/** A link as the later of its two variables sees it. */
interface Wire {
  readonly from: number
  readonly to: number
  /** By the shape of the earlier one, then of the later. */
  readonly low: readonly (readonly number[])[]
  /** Per shape of the earlier one, what was shifted on to it. */
  readonly shifted: readonly Sum[]
  /** The later one's own costs went there too. */
  readonly parent: boolean
}

export class Costs {
  readonly #network: Network
  readonly #domains: readonly (readonly number[])[]
  readonly #order: readonly number[]
  readonly #own: Sum[][] = []
  readonly #wires: readonly (readonly Wire[])[]
  /** Per variable, by the place of a set in its domain. */
  readonly high: Float64Array[] = []
  readonly low: Float64Array[] = []
  readonly least: Sum[] = []

  /** `order`: of deciding. */
  constructor(network: Network, order: readonly number[], domains: readonly (readonly number[])[]) {
    this.#network = network
    this.#order = order
    this.#domains = domains
    this.#wires = this.#shift()
  }

  /** Shifts what later variables cost on to earlier ones, from the last to the first. */
  #shift(): Wire[][] {
    const depth = this.#network.variables.map(() => -1)
    for (const [at, v] of this.#order.entries()) depth[v] = at
    const { variables, links } = this.#network
    const domains = this.#domains
    const wires = variables.map((): Wire[] => [])
    const earlier = variables.map((): { from: number; link: Link }[] => [])
    for (const link of links) {
      const [a, b] = [depth[link.a] ?? -1, depth[link.b] ?? -1]
      if (a < 0 || b < 0) continue
      if (a < b) earlier[link.b]?.push({ from: link.a, link })
      else earlier[link.a]?.push({ from: link.b, link })
    }
    for (const v of this.#order) this.#own[v] = (domains[v] ?? []).map(set => variables[v]?.own[set] ?? nothing)
    for (const v of this.#order.toReversed()) {
      const own = this.#own[v] ?? []
      const domain = domains[v] ?? []
      const shapeOf = variables[v]?.shape ?? []
      const last = Math.max(-1, ...(earlier[v] ?? []).map(({ from }) => depth[from] ?? -1))
      // Per shape, only the cheapest set counts.
      const cheapest: (Sum | undefined)[] = []
      for (const [at, set] of domain.entries()) {
        const shape = shapeOf[set] ?? 0
        const sum = own[at] ?? nothing
        const before = cheapest[shape]
        if (before === undefined || compareSums(sum, before) < 0) cheapest[shape] = sum
      }
      for (const { from, link } of earlier[v] ?? []) {
        const parent = depth[from] === last
        const low = link.a === from ? link.low : transposed(link.low)
        const shifted = low.map(row => {
          let least: Sum | null = null
          for (const [shape, sum] of cheapest.entries()) {
            if (sum === undefined) continue
            const here = { high: parent ? sum.high : 0, low: (parent ? sum.low : 0) + (row[shape] ?? 0) }
            if (least === null || compareSums(here, least) < 0) least = here
          }
          return least ?? nothing
        })
        const target = this.#own[from] ?? []
        const fromShape = variables[from]?.shape ?? []
        for (const [at, set] of (domains[from] ?? []).entries())
          target[at] = plus(target[at] ?? nothing, shifted[fromShape[set] ?? 0] ?? nothing)
        wires[from]?.push({ from, to: v, low, shifted, parent })
      }
      const gone = last >= 0
      this.high[v] = Float64Array.from(own, sum => (gone ? 0 : sum.high))
      this.low[v] = Float64Array.from(own, sum => (gone ? 0 : sum.low))
      this.least[v] = this.#leastOf(v)
    }
    return wires
  }

  #leastOf(v: number): Sum {
    const high = this.high[v] ?? []
    const low = this.low[v] ?? []
    let best = 0
    for (let i = 1; i < high.length; i += 1) {
      const difference = (high[i] ?? 0) - (high[best] ?? 0)
      if (difference < 0 || (difference === 0 && (low[i] ?? 0) < (low[best] ?? 0))) best = i
    }
    return { high: high[best] ?? 0, low: low[best] ?? 0 }
  }

  /** Tells those that are linked to a variable which shape its set has, or takes it back. Returns what that adds in all. */
  tell(v: number, shape: number, sign: 1 | -1): Sum {
    let high = 0
    let low = 0
    for (const wire of this.#wires[v] ?? []) {
      const before = this.least[wire.to] ?? nothing
      this.#carry(wire, shape, sign)
      const after = this.#leastOf(wire.to)
      this.least[wire.to] = after
      high += after.high - before.high
      low += after.low - before.low
    }
    return { high, low }
  }

  #carry({ to, low, shifted, parent }: Wire, shape: number, sign: 1 | -1): void {
    const row = low[shape] ?? []
    const less = shifted[shape] ?? nothing
    const highs = this.high[to]
    const lows = this.low[to]
    const own = this.#own[to] ?? []
    const domain = this.#domains[to] ?? []
    const shapeOf = this.#network.variables[to]?.shape ?? []
    if (highs === undefined || lows === undefined) return
    for (let at = 0; at < domain.length; at += 1) {
      const mine = parent ? (own[at] ?? nothing) : nothing
      highs[at] = (highs[at] ?? 0) + sign * (mine.high - less.high)
      lows[at] = (lows[at] ?? 0) + sign * (mine.low + (row[shapeOf[domain[at] ?? 0] ?? 0] ?? 0) - less.low)
    }
  }
}

const transposed = (rows: readonly (readonly number[])[]): number[][] =>
  (rows[0] ?? []).map((_, i) => rows.map(row => row[i] ?? 0))
