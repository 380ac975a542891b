/** Placement, against looking at everything. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Objective, Problem } from '../../topology/place/problem.ts'
import { type Solved, solve } from '../../topology/place/solve.ts'
import { anyProblem, bruteForce, problemOf, roleOf, siteOf } from './problems.ts'

const listOf = ({ moves, spread, latency, preference, imbalance }: Objective): number[] => [
  ...[moves, ...spread, latency, preference, ...imbalance],
]

const solved = (problem: Problem, free = false): Solved => {
  const result = solve(problem, { free })
  if (result.kind === 'impossible') throw new Error(result.conflict.map(one => `${one.role}: ${one.text}`).join('\n'))
  return result
}

describe('small meshes', () => {
  test.each([false, true])('2500 by chance are placed as well as can be, or rightly not at all (free: %s)', free => {
    let sound = 0
    let impossible = 0
    fc.assert(
      fc.property(anyProblem, problem => {
        const best = bruteForce(problem, free)
        const found = solve(problem, { free })
        if (best === null) {
          impossible += 1
          expect(found.kind).toBe('impossible')
          return
        }
        sound += 1
        if (found.kind === 'impossible') throw new Error('there is a placement')
        expect(found.exact).toBe(true)
        expect(listOf(found.objective)).toEqual(best.cost)
        expect(Object.fromEntries(found.placed)).toEqual(Object.fromEntries(best.placed))
        expect(listOf(found.bound)).toEqual(best.cost)
      }),
      { numRuns: 2500 },
    )
    expect(sound).toBeGreaterThan(500)
    expect(impossible).toBeGreaterThan(100)
  })
})

const core = { free: { cpu: 800, memory: 32_000, disk: 500_000 } }
const three = [siteOf('bohr', 's', core), siteOf('newton', 't', core), siteOf('tesla', 'r', core)]
const voters = roleOf('db/etcd', { count: { kind: 'fixed', instances: 3 }, voters: true })

describe('a quorum', () => {
  test('has one member in each of three regions, whatever else there is', () => {
    const more = [...three, siteOf('faraday', 'r', core), siteOf('galvani', 'r', core)]
    expect(solved(problemOf(more, [voters])).placed.get(voters.id)).toEqual(['bohr', 'faraday', 'newton'])
  })

  test('of two regions is placed, and its weakness said', () => {
    const found = solved(problemOf([...three.slice(0, 2), siteOf('faraday', 's', core)], [voters]))
    expect(found.remarks.map(({ text }) => text)).toEqual([
      'db/etcd: the loss of one region takes 2 of 3 voters and with them the majority',
    ])
    expect(solved(problemOf(three, [voters])).remarks).toEqual([])
  })
})

describe('what lives somewhere', () => {
  const roles = [
    voters,
    roleOf('web/app', { count: { kind: 'fixed', instances: 2 }, demand: { cpu: 100, memory: 2000, disk: 0 } }),
  ]
  const before = solved(problemOf(three, roles))

  test('stays when a host comes, however good it is', () => {
    const more = [...three, siteOf('aaa', 'r', { free: { cpu: 9999, memory: 999_999, disk: null } })]
    expect(solved(problemOf(more, roles, before.placed)).placed).toEqual(before.placed)
    expect(solved(problemOf(more, roles)).placed).not.toEqual(before.placed)
  })

  test('leaves a drained host, and nobody else moves', () => {
    const drained = three.map(site => (site.host === 'tesla' ? { ...site, drained: true } : site))
    const more = [...drained, siteOf('volta', 'r', core)]
    const after = solved(problemOf(more, roles, before.placed)).placed
    for (const [id, names] of before.placed)
      expect(after.get(id)).toEqual(names.map(name => (name === 'tesla' ? 'volta' : name)).toSorted())
  })
})

describe('what cannot be', () => {
  test('names the fewest demands that conflict, with their numbers', () => {
    const small = [siteOf('bohr', 's', { free: { cpu: 100, memory: 1000, disk: null } })]
    const large = roleOf('x/large', { demand: { cpu: 0, memory: 800, disk: 0 } })
    const other = roleOf('x/other', { demand: { cpu: 0, memory: 300, disk: 0 }, labels: [] })
    const bystander = roleOf('x/by', { demand: { cpu: 0, memory: 100, disk: 0 } })
    const found = solve(problemOf(small, [large, other, bystander]))
    expect(found.kind).toBe('impossible')
    const conflict = found.kind === 'impossible' ? found.conflict : []
    expect(conflict.map(one => one.role)).toEqual(['x/large', 'x/other'])
    expect(conflict[0]?.text).toContain('needs 800 MiB of memory')
  })

  test('by chance: without any one of the demands named there is a placement', () => {
    let seen = 0
    fc.assert(
      fc.property(anyProblem, problem => {
        const found = solve(problem)
        if (found.kind !== 'impossible') return
        seen += 1
        const named = found.conflict.map(one => one.role)
        const of = (ids: readonly string[]) => ({
          ...problem,
          roles: problem.roles.filter(role => ids.includes(role.id)),
        })
        expect(bruteForce(of(named), true)).toBeNull()
        for (const id of named) expect(bruteForce(of(named.filter(other => other !== id)), true)).not.toBeNull()
      }),
      { numRuns: 300 },
    )
    expect(seen).toBeGreaterThan(30)
  })
})

test('the order of sites and roles changes nothing', () => {
  fc.assert(
    fc.property(
      anyProblem.chain(problem =>
        fc.tuple(
          fc.constant(problem),
          fc.shuffledSubarray([...problem.sites], { minLength: problem.sites.length }),
          fc.shuffledSubarray([...problem.roles], { minLength: problem.roles.length }),
        ),
      ),
      ([problem, sites, roles]) => {
        expect(solve({ ...problem, sites, roles })).toEqual(solve(problem))
      },
    ),
    { numRuns: 200 },
  )
})
