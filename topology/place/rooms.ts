/** How full hosts are and must become, alone and in groups, for a walk that looks for a placement. */
import type { Network } from './network.ts'
import { perMille } from './objective.ts'
import type { Aim } from './walk.ts'

export const resources = ['memory', 'cpu', 'disk'] as const

/** With so many hosts every group of them is counted. */
const fewSites = 6

/** What hosts hold, alone and in groups: what all sets of a role have in common in a group is there in any case. */
export class Rooms {
  readonly #goal: number
  readonly #free: readonly (number | null)[][]
  readonly #used: Float64Array[]
  readonly #groupsOf: readonly (readonly number[])[]
  /** Per resource: groups that can be too full, or that show how full the fullest host is at least. */
  readonly #watched: readonly (readonly number[])[]
  readonly #loads: Float64Array[]
  readonly #caps: Float64Array[]
  readonly #room: Float64Array[]
  /** Per resource and depth, what the open variables bring to each group at least. */
  readonly #needs: readonly (readonly Float64Array[])[]
  /** Resource and site of every number that can make a difference. */
  readonly #telling: readonly (readonly [number, number])[]

  constructor(network: Network, aim: Aim, order: readonly number[]) {
    const { board, variables, unions } = network
    this.#goal = aim.goal === 'memory' ? 0 : aim.goal === 'cpu' ? 1 : -1
    this.#free = resources.map(what => board.sites.map(site => site.free[what]))
    const groups = groupsOf(network, aim, order)
    this.#groupsOf = board.sites.map((_, site) => groups.flatMap((group, i) => (group.includes(site) ? [i] : [])))
    this.#used = resources.map(what => Float64Array.from(board.sites, (_, site) => board.used(site)[what]))
    const total = (values: (site: number) => number) =>
      Float64Array.from(groups, group => group.reduce((sum, site) => sum + values(site), 0))
    this.#loads = resources.map((_, r) => total(site => this.#used[r]?.[site] ?? 0))
    this.#caps = resources.map((_, r) => total(site => aim.caps[r]?.[site] ?? Number.POSITIVE_INFINITY))
    this.#room = resources.map((_, r) => total(site => this.#free[r]?.[site] ?? Number.POSITIVE_INFINITY))
    const most = resources.map((_, r) => Float64Array.from(this.#used[r] ?? []))
    const involved = new Set(order)
    for (const v of order) {
      const sites = new Set((aim.domains[v] ?? []).flatMap(set => variables[v]?.sets[set] ?? []))
      for (const site of sites)
        for (const [r, row] of most.entries()) row[site] = (row[site] ?? 0) + (variables[v]?.demand[r] ?? 0)
    }
    for (const union of unions)
      if (union.leaders.some(v => involved.has(v)))
        for (const [r, row] of most.entries())
          for (let site = 0; site < row.length; site += 1) row[site] = (row[site] ?? 0) + (union.demand[r] ?? 0)
    const tight = (r: number, site: number) => (most[r]?.[site] ?? 0) > (aim.caps[r]?.[site] ?? 0)
    const counts = (r: number, site: number) =>
      tight(r, site) || (r === this.#goal && (this.#free[r]?.[site] ?? null) !== null)
    this.#telling = resources.flatMap((_, r) =>
      board.sites.flatMap((_, site) => (counts(r, site) ? [[r, site] as const] : [])),
    )
    this.#watched = resources.map((_, r) =>
      groups.flatMap((group, i) =>
        group.some(site => counts(r, site)) && group.every(site => (this.#free[r]?.[site] ?? null) !== null) ? [i] : [],
      ),
    )
    this.#needs = resources.map((_, r) => {
      const rows = [new Float64Array(groups.length)]
      for (const v of order.toReversed()) {
        const before = rows[0]
        const row = Float64Array.from(before ?? [])
        const demand = variables[v]?.demand[r] ?? 0
        if (demand > 0 && (this.#watched[r] ?? []).length > 0)
          for (const i of this.#watched[r] ?? [])
            row[i] = (row[i] ?? 0) + demand * fewestIn(groups[i] ?? [], v, network, aim)
        rows.unshift(row)
      }
      return rows
    })
  }

  add(site: number, demand: readonly number[], sign: 1 | -1): void {
    for (let r = 0; r < 3; r += 1) {
      const by = sign * (demand[r] ?? 0)
      const used = this.#used[r]
      const loads = this.#loads[r]
      if (by === 0 || used === undefined || loads === undefined) continue
      used[site] = (used[site] ?? 0) + by
      for (const i of this.#groupsOf[site] ?? []) loads[i] = (loads[i] ?? 0) + by
    }
  }

  possible(depth: number): boolean {
    for (let r = 0; r < 3; r += 1) {
      const needs = this.#needs[r]?.[depth]
      const loads = this.#loads[r]
      const caps = this.#caps[r]
      for (const i of this.#watched[r] ?? []) if ((loads?.[i] ?? 0) + (needs?.[i] ?? 0) > (caps?.[i] ?? 0)) return false
    }
    return true
  }

  /** Per mille of the fullest host at least. */
  peak(depth: number): number {
    if (this.#goal < 0) return 0
    const needs = this.#needs[this.#goal]?.[depth]
    const loads = this.#loads[this.#goal]
    const room = this.#room[this.#goal]
    let most = 0
    for (const i of this.#watched[this.#goal] ?? [])
      most = Math.max(most, perMille((loads?.[i] ?? 0) + (needs?.[i] ?? 0), room?.[i] ?? null))
    return most
  }

  /** Per mille of the fullest of these sites with this demand added: memory, then cpu, in one number. */
  fill(sites: readonly number[], demand: readonly number[]): number {
    let memory = 0
    let cpu = 0
    for (const site of sites) {
      memory = Math.max(
        memory,
        perMille((this.#used[0]?.[site] ?? 0) + (demand[0] ?? 0), this.#free[0]?.[site] ?? null),
      )
      cpu = Math.max(cpu, perMille((this.#used[1]?.[site] ?? 0) + (demand[1] ?? 0), this.#free[1]?.[site] ?? null))
    }
    return this.#goal === 1 ? cpu * 1e6 + memory : memory * 1e6 + cpu
  }

  state(): string {
    let key = ''
    for (const [r, site] of this.#telling) key += `${this.#used[r]?.[site] ?? 0} `
    return key
  }
}

/** How few instances any set of a variable has in a group of hosts. */
function fewestIn(group: readonly number[], v: number, { variables }: Network, aim: Aim): number {
  let fewest = Number.MAX_SAFE_INTEGER
  for (const set of aim.domains[v] ?? []) {
    let count = 0
    for (const site of variables[v]?.sets[set] ?? []) if (group.includes(site)) count += 1
    fewest = Math.min(fewest, count)
    if (fewest === 0) break
  }
  return fewest
}

/** Groups of hosts worth counting: all of those that come into question where they are few, else those that roles share. */
function groupsOf({ board, variables }: Network, aim: Aim, order: readonly number[]): readonly (readonly number[])[] {
  const sitesOf = order.map(v => new Set((aim.domains[v] ?? []).flatMap(set => variables[v]?.sets[set] ?? [])))
  const everySite = board.sites.map((_, site) => site)
  const all = everySite.filter(site => sitesOf.some(sites => sites.has(site)))
  const untouched = everySite.filter(site => !all.includes(site)).map(site => [site])
  if (all.length <= fewSites)
    return [
      ...Array.from({ length: 2 ** all.length - 1 }, (_, i) => all.filter((_, at) => ((i + 1) >> at) & 1)),
      ...untouched,
    ]
  const groups = new Map<string, readonly number[]>()
  const add = (group: readonly number[]) => {
    if (group.length > 0) groups.set(group.join(' '), group)
  }
  for (const site of all) add([site])
  for (const by of ['region', 'provider'] as const)
    for (const domain of new Set(board.domainOf[by])) add(all.filter(site => board.domainOf[by][site] === domain))
  for (const kind of new Set(board.sites.map(site => site.class)))
    add(all.filter(site => board.sites[site]?.class === kind))
  for (const sites of sitesOf) if (groups.size < 2 * board.sites.length + 32) add(all.filter(site => sites.has(site)))
  add(all)
  return [...groups.values(), ...untouched]
}
