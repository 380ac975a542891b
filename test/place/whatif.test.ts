/** Losses, against an oracle that asks every host one by one. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { HostName } from '../../topology/names.ts'
import type { RoleId } from '../../topology/place/problem.ts'
import { breaks, linkOf, type Loss, type Part, type Resilience, whatIf } from '../../topology/place/whatif.ts'

const hosts = ['a', 'b', 'c', 'd', 'e'] as HostName[]
const ids = ['x/1', 'x/2', 'x/3', 'x/4'] as RoleId[]

const resilience: fc.Arbitrary<Resilience> = fc.oneof(
  fc.constantFrom<Resilience>({ kind: 'stateless' }, { kind: 'single' }, { kind: 'voters' }),
  fc.record({
    kind: fc.constant('replicated' as const),
    writes: fc.integer({ min: 1, max: 3 }),
    reads: fc.integer({ min: 1, max: 2 }),
    copies: fc.integer({ min: 1, max: 3 }),
  }),
)

/** Needs point to earlier roles only, as those of real services do. */
const parts: fc.Arbitrary<Part[]> = fc
  .tuple(
    ...ids.map((id, i) =>
      fc.record({
        id: fc.constant(id),
        resilience,
        hosts: fc.subarray(hosts),
        needs: fc.subarray(ids.slice(0, i)),
      }),
    ),
  )
  .map(list => [...list])

const loss: fc.Arbitrary<Loss> = fc
  .tuple(fc.subarray(hosts), fc.array(fc.tuple(fc.constantFrom(...hosts), fc.constantFrom(...hosts)), { maxLength: 5 }))
  .map(([lost, pairs]) => ({ hosts: new Set(lost), links: new Set(pairs.map(([a, b]) => linkOf(a, b))) }))

/** Reach as a matrix, quorum by counting, needs by recursion without memory. */
function oracle(all: readonly Part[], { hosts: lost, links }: Loss) {
  const reaches = (a: HostName, b: HostName) =>
    !lost.has(a) && !lost.has(b) && (a === b || ![...links].some(link => link === `${a} ${b}` || link === `${b} ${a}`))
  const enough = (part: Part, at: HostName, what: 'writes' | 'reads'): boolean => {
    let reached = 0
    for (const other of part.hosts) if (reaches(at, other)) reached += 1
    if (part.resilience.kind === 'voters') return reached * 2 > part.hosts.length
    if (part.resilience.kind === 'replicated') return reached >= part.resilience[what] || reached === part.hosts.length
    return true
  }
  const usable = (part: Part, from: HostName | null, what: 'writes' | 'reads'): boolean => {
    for (const at of part.hosts) {
      if (lost.has(at) || (from !== null && !reaches(from, at)) || !enough(part, at, what)) continue
      let supplied = true
      for (const need of part.needs) {
        const giver = all.find(other => other.id === need)
        if (giver !== undefined && giver.hosts.length > 0 && !usable(giver, at, what)) supplied = false
      }
      if (supplied) return true
    }
    return false
  }
  return all
    .filter(part => part.hosts.length > 0)
    .map(part => {
      const gone = part.hosts.filter(host => lost.has(host)).length
      const { resilience: kind } = part
      return {
        id: part.id,
        quorum: kind.kind === 'voters' ? part.hosts.some(at => !lost.has(at) && enough(part, at, 'writes')) : null,
        writes: usable(part, null, 'writes'),
        reads: usable(part, null, 'reads'),
        dataLost:
          kind.kind === 'single'
            ? gone > 0
            : kind.kind === 'voters'
              ? gone === part.hosts.length
              : kind.kind === 'replicated' && (gone >= kind.copies || gone === part.hosts.length),
      }
    })
}

test('what is left agrees with asking everybody', () => {
  let hurt = 0
  fc.assert(
    fc.property(parts, loss, (all, lost) => {
      const found = whatIf(all, lost).map(({ id, quorum, writes, reads, dataLost }) => ({
        ...{ id, quorum, writes, reads, dataLost },
      }))
      expect(found).toEqual(oracle(all, lost))
      if (found.some(one => !one.writes)) hurt += 1
    }),
    { numRuns: 2000 },
  )
  expect(hurt).toBeGreaterThan(200)
})

test('a flow breaks when somebody is left to ask and reaches nobody', () => {
  const [some, direction] = [fc.subarray(hosts), fc.option(fc.subarray(hosts), { nil: null })]
  const way = fc.option(fc.constantFrom(...hosts), { nil: null })
  const found = new Set<boolean>()
  fc.assert(
    fc.property(direction, some, loss, way, (from, to, lost, through) => {
      const ways = (a: HostName, b: HostName) => (through === null || a === through || b === through ? [] : [through])
      const whole = (a: HostName, b: HostName) => !lost.links.has(linkOf(a, b))
      const reached = (a: HostName, b: HostName) =>
        a === b || (whole(a, b) && ways(a, b).every(on => !lost.hosts.has(on) && whole(a, on) && whole(on, b)))
      const [askers, asked] = [from ?? [], to].map(all => all.filter(host => !lost.hosts.has(host)))
      const expected =
        to.length > 0 &&
        (from === null
          ? asked?.length === 0
          : askers?.length !== 0 && askers?.every(a => asked?.every(b => !reached(a, b))) === true)
      expect(breaks({ from, to }, lost, ways)).toBe(expected)
      found.add(expected)
    }),
    { numRuns: 1000 },
  )
  expect(found.size).toBe(2)
})

describe('three voters', () => {
  const etcd: Part = { id: 'db/etcd', resilience: { kind: 'voters' }, hosts: hosts.slice(0, 3), needs: [] }
  const lose = (names: readonly string[], links: readonly string[] = []) =>
    whatIf([etcd], { hosts: new Set(names as HostName[]), links: new Set(links) })[0]
  test('keep their quorum without any one, and without a link between two', () => {
    expect(lose(['a'])?.quorum).toBe(true)
    expect(lose([], ['a b'])?.quorum).toBe(true)
  })
  test('lose it without two, and when every link is cut', () => {
    expect(lose(['a', 'c'])?.quorum).toBe(false)
    expect(lose([], ['a b', 'a c', 'b c'])?.quorum).toBe(false)
  })
})
