/** Reasons: which host, rather than which, and why not the others. */
import { describe, expect, test } from 'vitest'
import { explain, rebalance } from '../../topology/place/explain.ts'
import { solve } from '../../topology/place/solve.ts'
import { problemOf, roleOf, siteOf } from './problems.ts'

const free = { free: { cpu: 800, memory: 8000, disk: null } }
const sites = [
  siteOf('bohr', 's', free),
  siteOf('curie', 't', { ...free, class: 'build' }),
  siteOf('newton', 't', free),
  siteOf('tesla', 'r', free),
  siteOf('volta', 'r', { ...free, drained: true }),
  siteOf('watt', 'r', { free: { cpu: 800, memory: 500, disk: null } }),
]
const db = roleOf('db/server', {
  count: { kind: 'fixed', instances: 3 },
  voters: true,
  demand: { cpu: 100, memory: 1000, disk: 0 },
})
const app = roleOf('web/app', { talksTo: [{ role: 'db/server', weight: 10 }] })

describe('explain', () => {
  const problem = problemOf(sites, [db, app])
  const found = solve(problem)
  if (found.kind === 'impossible') throw new Error('there is a placement')
  const of = (role: string) => explain(problem, found.placed, role, false)

  test('names the rule and the numbers for every host that cannot have it', () => {
    const rejected = of('db/server')?.rejected ?? []
    expect(rejected.find(one => one.host === 'volta')).toMatchObject({ rule: 'drained' })
    expect(rejected.find(one => one.host === 'watt')).toMatchObject({
      rule: 'capacity',
      text: 'memory: needs 1000 MiB, 500 of 500 are free',
    })
  })

  test('says what speaks against the next best', () => {
    expect(of('db/server')?.instances.map(one => [one.host, one.runnerUp?.host, one.runnerUp?.term])).toEqual([
      ['bohr', undefined, undefined],
      ['newton', 'curie', 'preference'],
      ['tesla', undefined, undefined],
    ])
    expect(of('web/app')?.instances[0]?.runnerUp).not.toBeNull()
    expect(of('nobody/here')).toBeNull()
  })
})

describe('rebalance', () => {
  test('shows the move that gains, and none when nothing would', () => {
    const current = new Map([
      ['db/server', ['bohr', 'curie', 'tesla']],
      ['web/app', ['bohr']],
    ]) as never
    const problem = problemOf(sites, [db, app], current)
    const best = solve(problem, { free: true })
    if (best.kind === 'impossible') throw new Error('there is a placement')
    expect(rebalance(problem, current, best.placed)).toMatchObject([
      { role: 'db/server', from: 'curie', to: 'newton', gain: { term: 'preference', before: 1, after: 0 } },
    ])
    expect(rebalance(problem, best.placed, best.placed)).toEqual([])
  })
})
