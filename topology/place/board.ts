/**
 * A placement problem made ready for counting: sites and roles by index, what each role may never do worked out once,
 * and the state of a placement in the making. Nothing outside topology/place sees it.
 */
import { byText, type HostName } from '../names.ts'
import { capOf } from './quorum.ts'
import {
  type Demand,
  type Domain,
  domains,
  type Placed,
  type Problem,
  type Role,
  type RoleId,
  type Site,
} from './problem.ts'

/** Why a host cannot take an instance; in the order in which rules are reported. */
export interface Rejection {
  readonly rule:
    | 'drained'
    | 'arch'
    | 'labels'
    | 'hosts'
    | 'regions'
    | 'capacity'
    | 'port'
    | 'apart'
    | 'spread'
    | 'quorum'
    | 'latency'
  readonly text: string
}

/** A role with its rules in numbers. */
export interface Seat {
  readonly role: Role
  readonly index: number
  /** Sites that no rule of their own forbids. */
  readonly allowed: readonly number[]
  /** Most instances in one domain of each kind, hard. */
  readonly caps: Readonly<Record<Domain, number>>
  /** Of them, those that the quorum law set. */
  readonly quorumCaps: Readonly<Partial<Record<Domain, number>>>
  readonly talks: readonly { readonly to: number; readonly weight: number }[]
  /** Roles that talk to this one. */
  readonly heard: readonly { readonly from: number; readonly weight: number }[]
  /** Seats that follow this one to every host it has. */
  readonly followers: readonly number[]
  readonly apart: readonly number[]
  readonly current: ReadonlySet<number>
}

export class Board {
  readonly problem: Problem
  readonly sites: readonly Site[]
  readonly seats: readonly Seat[]
  /** Per kind of domain, the number of each site's own. */
  readonly domainOf: Readonly<Record<Domain, readonly number[]>>
  readonly #used: readonly Demand[]
  readonly #rtt: readonly (readonly number[])[]
  readonly #regionCount: number
  /** Sites of each seat, in the order in which they were taken. */
  readonly taken: number[][]
  /** How many leaders of a follower a site has. */
  readonly #led: Int32Array[]

  constructor(problem: Problem) {
    this.problem = problem
    this.sites = problem.sites
    const numbered = (keys: readonly string[]) => {
      const names = [...new Set(keys)].toSorted(byText)
      const index = new Map(names.map((name, i) => [name, i]))
      return keys.map(key => index.get(key) ?? 0)
    }
    this.domainOf = {
      host: problem.sites.map((_, i) => i),
      provider: numbered(problem.sites.map(site => site.provider)),
      region: numbered(problem.sites.map(site => site.region)),
    }
    const byRegion: Site[] = []
    for (const [i, site] of problem.sites.entries()) byRegion[this.domainOf.region[i] ?? 0] ??= site
    this.#regionCount = byRegion.length
    this.#rtt = byRegion.map(a => byRegion.map(b => problem.roundTrip(a.region, b.region)))
    this.seats = compile(problem, this.domainOf)
    this.#used = problem.sites.map(() => ({ cpu: 0, memory: 0, disk: 0 }))
    this.taken = this.seats.map(() => [])
    this.#led = this.seats.map(() => new Int32Array(problem.sites.length))
  }

  get regions(): number {
    return this.#regionCount
  }

  /** Microseconds between the regions of two sites. */
  rtt(a: number, b: number): number {
    return this.#rtt[this.domainOf.region[a] ?? 0]?.[this.domainOf.region[b] ?? 0] ?? 0
  }

  rttOfRegions(a: number, b: number): number {
    return this.#rtt[a]?.[b] ?? 0
  }

  used(site: number): Demand {
    return this.#used[site] ?? { cpu: 0, memory: 0, disk: 0 }
  }

  holds(seat: Seat, site: number): boolean {
    return this.taken[seat.index]?.includes(site) === true
  }

  /** What one more instance brings to a site: its own demand, and that of followers who are not there yet. */
  demandAt(seat: Seat, site: number): Demand {
    let { cpu, memory, disk } = seat.role.demand
    for (const index of seat.followers) {
      if ((this.#led[index]?.[site] ?? 0) > 0) continue
      const more = this.seats[index]?.role.demand
      cpu += more?.cpu ?? 0
      memory += more?.memory ?? 0
      disk += more?.disk ?? 0
    }
    return { cpu, memory, disk }
  }

  /** Null: one more instance of the seat may go there. */
  rejects(seat: Seat, site: number): Rejection | null {
    const of = this.sites[site]
    if (of === undefined) return null
    const own = staticRejection(seat.role, of)
    if (own !== null) return own
    return this.#full(seat, site, of) ?? this.#together(seat, site, of) ?? this.#spread(seat, site)
  }

  /** As {@link rejects}, without a reason: for those who ask a million times. Knows that the site is allowed. */
  fits(seat: Seat, site: number): boolean {
    return (
      this.#roomFor(seat, site) === null &&
      this.#neighbourOf(seat, site) === null &&
      this.#crowd(seat, site) === null &&
      this.#tooFar(seat, site) === null
    )
  }

  #roomFor(seat: Seat, site: number): keyof Demand | null {
    const free = this.sites[site]?.free
    const used = this.#used[site]
    if (free === undefined || used === undefined) return null
    const more = seat.followers.length === 0 ? seat.role.demand : this.demandAt(seat, site)
    if (free.cpu !== null && used.cpu + more.cpu > free.cpu) return 'cpu'
    if (free.memory !== null && used.memory + more.memory > free.memory) return 'memory'
    if (free.disk !== null && used.disk + more.disk > free.disk) return 'disk'
    return null
  }

  #full(seat: Seat, site: number, of: Site): Rejection | null {
    const what = this.#roomFor(seat, site)
    if (what === null) return null
    const need = this.demandAt(seat, site)[what]
    const left = (of.free[what] ?? 0) - this.used(site)[what]
    const [divisor, unit] = what === 'cpu' ? [100, ' cores'] : [1, ' MiB']
    const text = `${what}: needs ${need / divisor}${unit}, ${left / divisor} of ${(of.free[what] ?? 0) / divisor} are free`
    return { rule: 'capacity', text }
  }

  #neighbourOf(seat: Seat, site: number): Seat | null {
    for (const index of seat.apart) {
      const other = this.seats[index]
      if (other !== undefined && this.holds(other, site)) return other
    }
    return null
  }

  #together(seat: Seat, site: number, of: Site): Rejection | null {
    const other = this.#neighbourOf(seat, site)
    if (other === null) return null
    const port = seat.role.publicPorts.find(one => other.role.publicPorts.includes(one))
    return port === undefined
      ? { rule: 'apart', text: `${other.role.id} lives on ${of.host}, and the two stay apart` }
      : { rule: 'port', text: `${other.role.id} has port ${port} of ${of.host}` }
  }

  #crowd(seat: Seat, site: number): Domain | null {
    const taken = this.taken[seat.index] ?? []
    for (const by of domains) {
      const cap = seat.caps[by]
      if (taken.length < cap) continue
      const mine = this.domainOf[by][site]
      let count = 0
      for (const other of taken) if (this.domainOf[by][other] === mine) count += 1
      if (count >= cap) return by
    }
    return null
  }

  #tooFar(seat: Seat, site: number): number | null {
    if (seat.role.maxRtt === null) return null
    for (const other of this.taken[seat.index] ?? []) if (this.rtt(site, other) > seat.role.maxRtt * 1000) return other
    return null
  }

  #spread(seat: Seat, site: number): Rejection | null {
    const by = this.#crowd(seat, site)
    if (by !== null) {
      const of = this.sites[site]
      const name = by === 'host' ? of?.host : by === 'region' ? of?.region : of?.provider
      const quorum = seat.quorumCaps[by] === seat.caps[by]
      return {
        rule: quorum ? 'quorum' : 'spread',
        text: `${by} ${name ?? ''} has ${seat.caps[by]} of them already${quorum ? ': a majority must survive its loss' : ''}`,
      }
    }
    const far = this.#tooFar(seat, site)
    if (far === null) return null
    const text = `${this.rtt(site, far) / 1000} ms to ${this.sites[far]?.host ?? ''}, more than ${seat.role.maxRtt ?? 0} ms`
    return { rule: 'latency', text }
  }

  take(seat: Seat, site: number): void {
    this.#change(seat, site, 1)
    this.taken[seat.index]?.push(site)
  }

  leave(seat: Seat, site: number): void {
    const list = this.taken[seat.index] ?? []
    list.splice(list.lastIndexOf(site), 1)
    this.#change(seat, site, -1)
  }

  #change(seat: Seat, site: number, sign: 1 | -1): void {
    const used = this.#used[site] as { cpu: number; memory: number; disk: number } | undefined
    if (used === undefined) return
    const add = ({ cpu, memory, disk }: Demand) => {
      used.cpu += sign * cpu
      used.memory += sign * memory
      used.disk += sign * disk
    }
    add(seat.role.demand)
    for (const index of seat.followers) {
      const led = this.#led[index]
      const follower = this.seats[index]
      if (led === undefined || follower === undefined) continue
      const before = led[site] ?? 0
      led[site] = before + sign
      if ((sign === 1 && before === 0) || (sign === -1 && before === 1)) {
        add(follower.role.demand)
        if (sign === 1) this.taken[index]?.push(site)
        else this.taken[index]?.splice(this.taken[index].indexOf(site), 1)
      }
    }
  }

  placed(): Placed {
    const hosts = (sites: readonly number[]): readonly HostName[] =>
      sites
        .toSorted((a, b) => a - b)
        .flatMap(site => this.sites[site]?.host ?? [])
        .toSorted(byText)
    return new Map(this.seats.map(seat => [seat.role.id, hosts(this.taken[seat.index] ?? [])]))
  }
}

/** Rules that look at nothing but the role and the host. */
export function staticRejection(role: Role, site: Site): Rejection | null {
  if (site.drained) return { rule: 'drained', text: `${site.host} is being drained` }
  if (role.arch.length > 0 && !role.arch.includes(site.arch))
    return { rule: 'arch', text: `${site.host} is ${site.arch}, not ${role.arch.join(' or ')}` }
  const missing = role.labels.filter(label => !site.labels.includes(label))
  if (missing.length > 0) return { rule: 'labels', text: `${site.host} has no label ${missing.join(', ')}` }
  if (role.hosts !== null && !role.hosts.includes(site.host))
    return { rule: 'hosts', text: `only on ${role.hosts.join(', ')}` }
  if (role.regions !== null && !role.regions.includes(site.region))
    return { rule: 'regions', text: `only in ${role.regions.join(', ')}` }
  // Whoever pins a public port to a host that nobody can call knows of another way in.
  if (role.publicPorts.length > 0 && site.callable === false && role.hosts === null)
    return { rule: 'port', text: `${site.host} has no endpoint: nobody outside can call it` }
  const port = role.publicPorts.find(one => site.ports?.includes(one) === true)
  if (port !== undefined) return { rule: 'port', text: `a jail of ${site.host} has its port ${port} already` }
  return null
}

function compile(problem: Problem, domainOf: Board['domainOf']): readonly Seat[] {
  const roles = problem.roles.toSorted((a, b) => byText(a.id, b.id))
  const index = new Map<RoleId, number>(roles.map((role, i) => [role.id, i]))
  const sites = new Map(problem.sites.map((site, i) => [site.host, i]))
  const leaders = roles.map(role => leadersOf(role, roles, index, new Set()))
  const allowedBy = (role: Role) =>
    problem.sites.flatMap((site, i) => (staticRejection(role, site) === null ? [i] : []))
  const own = roles.map(role => new Set(allowedBy(role)))
  const apart = strangers(roles, index)
  const followersOf: number[][] = roles.map(() => [])
  for (const [j, leading] of leaders.entries()) for (const i of leading) followersOf[i]?.push(j)
  const heardBy: { from: number; weight: number }[][] = roles.map(() => [])
  for (const [from, { talksTo }] of roles.entries())
    for (const { role, weight } of talksTo) heardBy[index.get(role) ?? -1]?.push({ from, weight })
  return roles.map((role, i): Seat => {
    const followers = followersOf[i] ?? []
    const together = [i, ...followers]
    // Who comes with others has their dislikes too; and those who come together may not dislike each other.
    const disliked = new Set(together.flatMap(j => apart[j] ?? []))
    const quarrel = together.some(j => disliked.has(j))
    // A host that a follower may not have is none for its leader either.
    const allowed = quarrel ? [] : [...(own[i] ?? [])].filter(site => followers.every(j => own[j]?.has(site) === true))
    const hard = (by: Domain) =>
      Math.min(...role.spread.filter(one => one.hard && one.by === by).map(one => one.max), Number.MAX_SAFE_INTEGER)
    const quorumCaps = role.voters && role.count.kind === 'fixed' ? capOf(role.count.instances, allowed, domainOf) : {}
    const heard = heardBy[i] ?? []
    return {
      ...{ role, index: i, allowed, followers, heard, quorumCaps },
      caps: {
        host: Math.min(1, hard('host')),
        provider: Math.min(hard('provider'), quorumCaps.provider ?? Number.MAX_SAFE_INTEGER),
        region: Math.min(hard('region'), quorumCaps.region ?? Number.MAX_SAFE_INTEGER),
      },
      talks: role.talksTo.flatMap(({ role: to, weight }) => {
        const target = index.get(to)
        return target === undefined || target === i ? [] : [{ to: target, weight }]
      }),
      apart: [...disliked],
      current: new Set((problem.current.get(role.id) ?? []).flatMap(host => sites.get(host) ?? [])),
    }
  })
}

/** Per seat those that may not share a host with it: by its own word, by theirs, or for a public port. */
function strangers(roles: readonly Role[], index: ReadonlyMap<RoleId, number>): readonly (readonly number[])[] {
  const found = roles.map(() => new Set<number>())
  const part = (a: number, b: number) => {
    found[a]?.add(b)
    found[b]?.add(a)
  }
  const byPort = new Map<string, number[]>()
  for (const [i, role] of roles.entries()) {
    for (const id of role.apart) {
      const other = index.get(id)
      if (other !== undefined) part(i, other)
    }
    for (const port of role.publicPorts) {
      const others = byPort.get(port) ?? []
      for (const other of others) part(i, other)
      byPort.set(port, [...others, i])
    }
  }
  return found.map(set => [...set])
}

/** Seats whose hosts a role follows to, also by way of other followers. */
function leadersOf(
  role: Role,
  roles: readonly Role[],
  index: ReadonlyMap<RoleId, number>,
  seen: Set<RoleId>,
): Set<number> {
  if (role.count.kind !== 'with' || seen.has(role.id)) return new Set()
  seen.add(role.id)
  return new Set(
    role.count.roles.flatMap(id => {
      const i = index.get(id)
      const other = i === undefined ? undefined : roles[i]
      if (i === undefined || other === undefined) return []
      return other.count.kind === 'with' ? [...leadersOf(other, roles, index, seen)] : [i]
    }),
  )
}
