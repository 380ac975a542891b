/** What holds for every placement, on meshes too large to look at all of them. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { HostClass, HostName, RegionName } from '../../topology/names.ts'
import type { Placed, Problem, Role, RoleId, Site } from '../../topology/place/problem.ts'
import { solve } from '../../topology/place/solve.ts'
import { problemOf, roleOf, siteOf } from './problems.ts'

const regions = ['r', 's', 't'] as RegionName[]

/** Six to twelve hosts in three regions, each region with at least one; some full, some weak. */
const sites = fc.integer({ min: 6, max: 12 }).chain(n =>
  fc.tuple(
    ...Array.from({ length: n }, (_, i) =>
      fc
        .record({
          memory: fc.constantFrom(2000, 4000, 8000),
          cpu: fc.constantFrom(200, 400, 800),
          provider: fc.constantFrom('p', 'q', 'u', 'v'),
          class: fc.constantFrom<HostClass>('core', 'core', 'core', 'edge', 'weak'),
        })
        .map(({ memory, cpu, provider, class: kind }) =>
          siteOf(`h${String(i).padStart(2, '0')}`, regions[i % 3] ?? 'r', {
            ...{ provider, class: kind, free: { cpu, memory, disk: 50_000 } },
          }),
        ),
    ),
  ),
)

const service = (name: string): fc.Arbitrary<readonly Role[]> =>
  fc
    .record({
      voters: fc.constantFrom(1, 3, 5),
      apps: fc.integer({ min: 1, max: 4 }),
      memory: fc.constantFrom(100, 400, 900),
    })
    .map(({ voters, apps, memory }) => [
      roleOf(`${name}/etcd`, {
        ...{ count: { kind: 'fixed', instances: voters }, voters: true, moveCost: 20 },
        demand: { cpu: 20, memory: 100, disk: 1000 },
      }),
      roleOf(`${name}/app`, {
        ...{ count: { kind: 'fixed', instances: apps }, spread: [{ by: 'host', max: 1, hard: true }] },
        ...{ demand: { cpu: 50, memory, disk: 500 }, talksTo: [{ role: `${name}/etcd` as RoleId, weight: 5 }] },
      }),
      roleOf(`${name}/proxy`, {
        ...{ count: { kind: 'with', roles: [`${name}/app` as RoleId] }, prefers: null },
        demand: { cpu: 5, memory: 50, disk: 10 },
      }),
    ])

const mesh: fc.Arbitrary<Problem> = fc
  .record({ sites, roles: fc.tuple(service('k'), service('l'), service('m')) })
  .map(({ sites: all, roles }) => problemOf(all, roles.flat()))

const placedIn = (problem: Problem): Placed | null => {
  const found = solve(problem)
  return found.kind === 'solved' ? found.placed : null
}
const hostsOf = (placed: Placed, id: RoleId): readonly HostName[] => placed.get(id) ?? []
const siteNamed = (problem: Problem, host: HostName): Site => {
  const found = problem.sites.find(one => one.host === host)
  if (found === undefined) throw new Error(`nobody is called ${host}`)
  return found
}
const most = (names: readonly string[]): number =>
  Math.max(0, ...names.map(name => names.filter(other => other === name).length))

/** Runs a law on placements there are; the greater part of the meshes must have one. */
function holds(law: (problem: Problem, placed: Placed) => void, numRuns = 60): void {
  let seen = 0
  fc.assert(
    fc.property(mesh, problem => {
      const placed = placedIn(problem)
      if (placed === null) return
      seen += 1
      law(problem, placed)
    }),
    { numRuns },
  )
  expect(seen).toBeGreaterThan(numRuns / 2)
}

test('no host is overfilled, and nobody is twice on one', () =>
  holds((problem, placed) => {
    for (const site of problem.sites)
      for (const what of ['cpu', 'memory', 'disk'] as const) {
        const here = problem.roles.filter(role => hostsOf(placed, role.id).includes(site.host))
        const used = here.reduce((sum, role) => sum + role.demand[what], 0)
        expect(used).toBeLessThanOrEqual(site.free[what] ?? Infinity)
      }
    for (const { id } of problem.roles) expect(new Set(hostsOf(placed, id)).size).toBe(hostsOf(placed, id).length)
  }))

test('a role is as often there as it says, and whoever comes with others is where they are', () =>
  holds((problem, placed) => {
    for (const { id, count } of problem.roles) {
      if (count.kind === 'fixed') expect(hostsOf(placed, id)).toHaveLength(count.instances)
      if (count.kind === 'with')
        expect(hostsOf(placed, id)).toEqual(
          [...new Set(count.roles.flatMap(other => hostsOf(placed, other)))].toSorted(),
        )
    }
  }))

test('any one region, and any one host, can be lost: a quorum of three or five stays', () =>
  holds((problem, placed) => {
    for (const { id, voters, count } of problem.roles) {
      if (!voters || count.kind !== 'fixed' || count.instances < 3) continue
      const members = hostsOf(placed, id).map(host => siteNamed(problem, host))
      const majority = Math.floor(members.length / 2) + 1
      for (const by of ['region', 'host'] as const) {
        const lost = most(members.map(one => one[by]))
        expect(members.length - lost).toBeGreaterThanOrEqual(majority)
        // Three regions hold three, and five as evenly as they can.
        if (by === 'region') expect(lost).toBe(Math.ceil(members.length / 3))
      }
    }
  }))

test('what has a place keeps it: again, with another host in a region, and in any order', () =>
  holds((problem, placed) => {
    const again = { ...problem, current: placed }
    expect(placedIn(again)).toEqual(placed)
    const newcomer = siteOf('aaa', 'r', { provider: 'w', free: { cpu: 9999, memory: 99_999, disk: 999_999 } })
    const grown = { ...again, sites: [newcomer, ...problem.sites] }
    const larger = placedIn(grown)
    const crowd = (of: Placed | null, id: RoleId, by: 'region' | 'provider') =>
      most(hostsOf(of ?? new Map(), id).map(host => siteNamed(grown, host)[by]))
    for (const { id, count, voters } of problem.roles) {
      if (count.kind !== 'fixed') continue
      const domains = ['region', 'provider'] as const
      // Voters move only where that takes one out of a crowd that could not be avoided before.
      if (voters && domains.some(by => crowd(larger, id, by) < crowd(placed, id, by))) continue
      expect(larger?.get(id)).toEqual(placed.get(id))
    }
    expect(placedIn({ ...problem, sites: problem.sites.toReversed(), roles: problem.roles.toReversed() })).toEqual(
      placed,
    )
  }, 40))

test('a drained host is left by all, and nobody else moves where nobody has to', () =>
  holds((problem, placed) => {
    const [drained] = problem.sites
    if (drained === undefined) return
    // A newcomer with room for all takes what leaves.
    const newcomer = siteOf('zzz', drained.region, {
      provider: drained.provider,
      free: { cpu: 9999, memory: 99_999, disk: 999_999 },
    })
    const found = placedIn({
      ...problem,
      sites: [...problem.sites.map(site => (site === drained ? { ...site, drained: true } : site)), newcomer],
      current: placed,
    })
    for (const { id, count } of problem.roles) {
      const [before, after] = [hostsOf(placed, id), found === null ? [] : hostsOf(found, id)]
      expect(after).not.toContain(drained.host)
      if (count.kind === 'fixed')
        expect(before.filter(host => !after.includes(host))).toEqual(before.filter(host => host === drained.host))
    }
  }, 40))
