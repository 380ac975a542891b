/** Placement problems by chance, and the same question answered by looking at everything. */
import fc from 'fast-check'
import type { HostClass, HostLabel, HostName, RegionName } from '../../topology/names.ts'
import type { Count, Domain, Placed, Problem, Role, RoleId, Site } from '../../topology/place/problem.ts'

const place = { document: 'mesh.yaml', path: ['services'] }
const hosts = ['a', 'b', 'c', 'd', 'e'] as HostName[]
const regions = ['r', 's', 't'] as RegionName[]
const none = { cpu: 0, memory: 0, disk: 0 }
const trips: Record<string, number> = { rs: 10_000, rt: 40_000, st: 25_000 }

const roundTrip = (a: RegionName, b: RegionName): number => (a === b ? 1000 : (trips[[a, b].toSorted().join('')] ?? 0))

export const roleOf = (id: string, more: Partial<Role> = {}): Role => ({
  ...{ id: id, place, count: { kind: 'fixed', instances: 1 }, spread: [], voters: false, demand: none },
  ...{ arch: [], labels: [], hosts: null, regions: null, apart: [], prefers: 'core', moveCost: 1, talksTo: [] },
  ...{ maxRtt: null, publicPorts: [] },
  ...more,
})

export const siteOf = (host: string, region: string, more: Partial<Site> = {}): Site => ({
  ...{ host: host as HostName, region: region as RegionName, provider: host, arch: 'amd64', class: 'core' },
  ...{ labels: [], drained: false, free: { cpu: null, memory: null, disk: null } },
  ...more,
})

export const problemOf = (sites: readonly Site[], roles: readonly Role[], current: Placed = new Map()): Problem => ({
  ...{ sites, roles, current, roundTrip },
})

const site = (host: HostName): fc.Arbitrary<Site> =>
  fc
    .record({
      site: plainSite(host),
      reached: fc.constantFrom<Pick<Site, 'callable' | 'ports'>>(
        {},
        {},
        {},
        { callable: false },
        { ports: ['443/tcp'] },
      ),
    })
    .map(({ site: plain, reached }) => ({ ...plain, ...reached }))

const plainSite = (host: HostName): fc.Arbitrary<Site> =>
  fc.record({
    host: fc.constant(host),
    region: fc.constantFrom(...regions),
    provider: fc.constantFrom('p', 'q', 'x'),
    arch: fc.constantFrom('amd64', 'amd64', 'arm64'),
    class: fc.constantFrom<HostClass>('core', 'core', 'edge', 'weak'),
    labels: fc.subarray(['zfs' as HostLabel]),
    drained: fc.integer({ min: 0, max: 9 }).map(n => n === 0),
    free: fc.record({
      cpu: fc.constantFrom(null, 100, 400),
      memory: fc.constantFrom(null, 1000, 4000),
      disk: fc.constantFrom(null, null, 5000),
    }),
  })

const ids = ['k/1', 'k/2', 'l/1', 'm/1'] as RoleId[]

const role = (id: RoleId): fc.Arbitrary<Role> =>
  fc.record({
    id: fc.constant(id),
    place: fc.constant(place),
    count: fc.oneof(
      {
        weight: 6,
        arbitrary: fc.integer({ min: 0, max: 4 }).map((instances): Count => ({ kind: 'fixed', instances })),
      },
      { weight: 1, arbitrary: fc.constant<Count>({ kind: 'per-region' }) },
      ...(id === 'm/1'
        ? [
            {
              weight: 6,
              arbitrary: fc
                .subarray(ids.slice(0, 2), { minLength: 1 })
                .map((roles): Count => ({ kind: 'with', roles })),
            },
          ]
        : []),
    ),
    spread: fc.array(
      fc.record({
        by: fc.constantFrom<Domain>('host', 'provider', 'region'),
        max: fc.integer({ min: 1, max: 2 }),
        hard: fc.integer({ min: 0, max: 3 }).map(n => n === 0),
      }),
      { maxLength: 2 },
    ),
    voters: fc.boolean(),
    demand: fc.record({
      cpu: fc.constantFrom(0, 50, 100),
      memory: fc.constantFrom(0, 300, 900),
      disk: fc.constantFrom(0, 2000),
    }),
    arch: fc.constantFrom<Role['arch']>([], [], [], ['amd64']),
    labels: fc.constantFrom<Role['labels']>([], [], [], ['zfs' as HostLabel]),
    hosts: fc.constantFrom<Role['hosts']>(null, null, null, hosts.slice(0, 3)),
    regions: fc.constantFrom<Role['regions']>(null, null, null, regions.slice(0, 2)),
    apart: fc.constantFrom<Role['apart']>([], [], [], ['k/1']),
    prefers: fc.constantFrom<Role['prefers']>('core', 'edge', null),
    moveCost: fc.integer({ min: 1, max: 3 }),
    talksTo: fc.array(fc.record({ role: fc.constantFrom(...ids), weight: fc.integer({ min: 1, max: 10 }) }), {
      maxLength: 2,
    }),
    maxRtt: fc.constantFrom<Role['maxRtt']>(null, null, null, 30),
    publicPorts: fc.constantFrom<Role['publicPorts']>([], [], [], ['443/tcp']),
  })

export const anyProblem: fc.Arbitrary<Problem> = fc
  .record({
    sites: fc.subarray(hosts, { minLength: 1 }).chain(names => fc.tuple(...names.map(site))),
    roles: fc.subarray(ids, { minLength: 1 }).chain(names => fc.tuple(...names.map(role))),
    current: fc.dictionary(fc.constantFrom(...ids), fc.subarray(hosts), { maxKeys: 3 }),
  })
  .map(({ sites, roles, current }) => {
    const there = new Set(sites.map(one => one.host))
    const known = new Set(roles.map(one => one.id))
    return problemOf(
      sites,
      roles.map(one => ({
        ...one,
        // A role never asks to be apart from itself, and what it names is there.
        apart: one.apart.filter(id => id !== one.id && known.has(id)),
        count:
          one.count.kind === 'with' ? { kind: 'with', roles: one.count.roles.filter(id => known.has(id)) } : one.count,
      })),
      new Map(Object.entries(current).map(([id, names]) => [id as RoleId, names.filter(name => there.has(name))])),
    )
  })

const subsets = <T>(items: readonly T[]): T[][] =>
  items.reduce<T[][]>((all, item) => [...all, ...all.map(one => [...one, item])], [[]])

/** By looking at every placement there is. Null: none is allowed. */
export function bruteForce(problem: Problem, free: boolean): { cost: readonly number[]; placed: Placed } | null {
  const sites = problem.sites.toSorted((a, b) => (a.host < b.host ? -1 : 1))
  const roles = problem.roles.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const chosen = new Map<RoleId, readonly Site[]>()
  let best: { cost: readonly number[]; names: string; placed: Placed } | null = null
  const deciding = roles.filter(one => one.count.kind !== 'with')
  const options = deciding.map(one => subsets(sites).filter(set => legalAlone(one, set, sites, roles)))
  const go = (depth: number): void => {
    const one = deciding[depth]
    if (one !== undefined) {
      for (const set of options[depth] ?? []) {
        chosen.set(one.id, set)
        go(depth + 1)
      }
      chosen.delete(one.id)
      return
    }
    const all = new Map(chosen)
    for (const follower of roles)
      if (follower.count.kind === 'with') {
        const led = new Set(follower.count.roles.flatMap(id => chosen.get(id) ?? []))
        all.set(
          follower.id,
          sites.filter(s => led.has(s)),
        )
      }
    if (!legalTogether(roles, all, sites)) return
    const cost = costOf(problem, roles, all, sites, free)
    const names = roles.map(r => (all.get(r.id) ?? []).map(s => s.host).join(',')).join(' ')
    if (best === null || less(cost, best.cost) || (!less(best.cost, cost) && names < best.names))
      best = { cost, names, placed: new Map([...all].map(([id, set]) => [id, set.map(s => s.host)])) }
  }
  go(0)
  return best
}

const less = (a: readonly number[], b: readonly number[]): boolean => {
  const i = a.findIndex((value, at) => value !== b[at])
  return i >= 0 && (a[i] ?? 0) < (b[i] ?? 0)
}

const domainOf = (s: Site, by: Domain): string => (by === 'host' ? s.host : by === 'region' ? s.region : s.provider)
const mostIn = (set: readonly Site[], by: Domain): number =>
  Math.max(0, ...set.map(s => set.filter(o => domainOf(o, by) === domainOf(s, by)).length))

const legalHost = (one: Role, s: Site): boolean =>
  !s.drained &&
  (one.arch.length === 0 || one.arch.includes(s.arch)) &&
  one.labels.every(label => s.labels.includes(label)) &&
  (one.hosts === null || one.hosts.includes(s.host)) &&
  (one.regions === null || one.regions.includes(s.region)) &&
  !one.publicPorts.some(port => s.ports?.includes(port) === true) &&
  (one.publicPorts.length === 0 || s.callable !== false || one.hosts !== null)

function allowedOf(one: Role, sites: readonly Site[], roles: readonly Role[]): Site[] {
  const followers = roles.filter(r => r.count.kind === 'with' && r.count.roles.includes(one.id))
  // Who must come together and may not be together is allowed nowhere.
  const together = [one, ...followers]
  const clash = (a: Role, b: Role) => a.apart.includes(b.id) || a.publicPorts.some(p => b.publicPorts.includes(p))
  if (together.some(a => together.some(b => a !== b && clash(a, b)))) return []
  return sites.filter(s => legalHost(one, s) && followers.every(f => legalHost(f, s)))
}

function legalAlone(one: Role, set: readonly Site[], sites: readonly Site[], roles: readonly Role[]): boolean {
  const allowed = allowedOf(one, sites, roles)
  if (!set.every(s => allowed.includes(s))) return false
  if (one.count.kind === 'fixed' && set.length !== one.count.instances) return false
  if (one.count.kind === 'per-region') {
    const inAll = new Set(allowed.map(s => s.region)).size
    if (set.length !== inAll || mostIn(set, 'region') > 1) return false
  }
  if (one.spread.some(({ by, max, hard }) => hard && mostIn(set, by) > max)) return false
  if (
    one.maxRtt !== null &&
    set.some(a => set.some(b => a !== b && roundTrip(a.region, b.region) > (one.maxRtt ?? 0) * 1000))
  )
    return false
  if (one.voters && one.count.kind === 'fixed' && one.count.instances > 1) {
    // As few in one region as any set of that size has, and with that as few at one provider.
    const same = subsets(allowed).filter(other => other.length === set.length)
    const region = Math.min(...same.map(other => mostIn(other, 'region')))
    const provider = Math.min(...same.filter(o => mostIn(o, 'region') <= region).map(o => mostIn(o, 'provider')))
    if (mostIn(set, 'region') > region || mostIn(set, 'provider') > provider) return false
  }
  return true
}

function legalTogether(
  roles: readonly Role[],
  all: ReadonlyMap<RoleId, readonly Site[]>,
  sites: readonly Site[],
): boolean {
  for (const s of sites) {
    const here = roles.filter(r => all.get(r.id)?.includes(s) === true)
    for (const what of ['cpu', 'memory', 'disk'] as const) {
      const used = here.reduce((sum, r) => sum + r.demand[what], 0)
      const free = s.free[what]
      // Nothing there is nothing too much.
      if (free !== null && used > free) return false
    }
    for (const one of here)
      for (const other of here)
        if (one !== other && (one.apart.includes(other.id) || one.publicPorts.some(p => other.publicPorts.includes(p))))
          return false
  }
  return true
}

function costOf(
  problem: Problem,
  roles: readonly Role[],
  all: ReadonlyMap<RoleId, readonly Site[]>,
  sites: readonly Site[],
  free: boolean,
): number[] {
  const cost = [0, 0, 0, 0, 0, 0, 0, 0]
  const bump = (i: number, by: number) => (cost[i] = (cost[i] ?? 0) + by)
  for (const one of roles) {
    const set = all.get(one.id) ?? []
    if (!free)
      for (const host of problem.current.get(one.id) ?? []) if (!set.some(s => s.host === host)) bump(0, one.moveCost)
    for (const { by, max, hard } of one.spread) {
      if (hard) continue
      for (const domain of new Set(set.map(s => domainOf(s, by))))
        bump(
          by === 'region' ? 1 : by === 'provider' ? 2 : 3,
          Math.max(0, set.filter(s => domainOf(s, by) === domain).length - max),
        )
    }
    for (const { role: to, weight } of one.talksTo) {
      const targets = all.get(to) ?? []
      if (to === one.id || targets.length === 0) continue
      for (const s of set) bump(4, weight * Math.min(...targets.map(t => roundTrip(s.region, t.region))))
    }
    for (const s of set) if (one.prefers === null ? s.class === 'weak' : s.class !== one.prefers) bump(5, 1)
  }
  for (const [i, what] of [
    [6, 'memory'],
    [7, 'cpu'],
  ] as const)
    for (const s of sites) {
      const used = roles.reduce((sum, r) => sum + (all.get(r.id)?.includes(s) === true ? r.demand[what] : 0), 0)
      const capacity = s.free[what]
      if (capacity !== null && capacity > 0) cost[i] = Math.max(cost[i] ?? 0, Math.ceil((used * 1000) / capacity))
    }
  return cost
}
