/** Ways between hosts that cannot call each other. */
import { describe, expect, test } from 'vitest'
import { roundTrips } from '../../topology/latency.ts'
import { findRelays } from '../../topology/relay.ts'
import { type Fleet, hostOf, planOf, specOf } from './fleet.ts'

function ways(fleet: Fleet, latency: Readonly<Record<string, number>> = {}) {
  const spec = specOf(fleet, { latency })
  const plan = planOf(spec)
  const relays = findRelays(plan.mesh.hosts, roundTrips(spec.regions, spec.latency))
  return {
    way: (a: string, b: string) =>
      relays
        .between(hostOf(plan, a), hostOf(plan, b))
        ?.map(host => host.name)
        .join(' ') ?? null,
    islands: () => relays.islands().map(island => island.join(' ')),
  }
}

/** Public on IPv4 or IPv6 alone; `calls6` can send on IPv6 as well, and nobody can call it there. */
const v4 = { at: '203.0.113.1' } as const
const calls6 = { at: '203.0.113.4', sends: ['inet', 'inet6'] } as const
const v6 = { at: '2001:db8::6' } as const
const both = { at: '203.0.113.9 2001:db8::9' } as const
const nat4 = {} as const
const nat6 = { sends: ['inet6'] } as const
const natBoth = { sends: ['inet', 'inet6'] } as const

describe('the way', () => {
  for (const [what, fleet, latency, expected] of [
    ['of two behind NAT leads over whom both can call', { e: { a: nat4, p: v4, z: nat4 } }, {}, 'p'],
    ['of two families leads over who speaks both', { e: { a: v4, p: both, z: v6 } }, {}, 'p'],
    ['may lead over a host behind NAT that calls both', { e: { a: v4, p: natBoth, z: v6 } }, {}, 'p'],
    ['has two hops where no host can be reached by both', { e: { a: nat4, p: calls6, q: v6, z: nat6 } }, {}, 'p q'],
    [
      'has three where the two in the middle cannot call each other',
      { e: { a: nat4, p: v4, q: natBoth, r: v6, z: nat6 } },
      {},
      'p q r',
    ],
    [
      'is the one with fewer hops, however far',
      { e: { a: nat4, p: calls6, q: v6, z: nat6 }, far: { m: both } },
      { 'e/far': 900 },
      'm',
    ],
    ['avoids NAT at equal hops', { e: { a: v4, p: natBoth, z: v6 }, far: { m: both } }, { 'e/far': 900 }, 'm'],
    [
      'is the nearer of two public ones',
      { e: { a: nat4, z: nat4 }, near: { p: v4 }, far: { m: { at: '203.0.113.3' } } },
      { 'e/far': 90, 'e/near': 20 },
      'p',
    ],
    [
      'is the nearer of two public ones, in either order',
      { e: { a: nat4, z: nat4 }, near: { p: v4 }, far: { m: { at: '203.0.113.3' } } },
      { 'e/far': 20, 'e/near': 90 },
      'm',
    ],
    [
      'stays in the region rather than leave it',
      { e: { a: nat4, p: v4, z: nat4 }, far: { m: { at: '203.0.113.3' } } },
      { 'e/far': 5 },
      'p',
    ],
    ['is not there where nobody can be called', { e: { a: nat4, z: nat4 } }, {}, null],
    ['is not there where the families do not meet', { e: { a: nat4, p: v4, q: v6, z: nat6 } }, {}, null],
  ] as readonly (readonly [string, Fleet, Readonly<Record<string, number>>, string | null])[])
    test(`${what}: ${expected ?? 'none'}`, () => {
      const { way } = ways(fleet, latency)
      expect(way('a', 'z')).toBe(expected)
      expect(way('z', 'a')).toBe(expected?.split(' ').toReversed().join(' ') ?? null)
    })

  test('of a way is a way: every hop of a best way begins the best way from there', () => {
    const { way } = ways({ e: { a: nat4, p: v4 }, m: { q: natBoth }, w: { r: v6, z: nat6 } })
    expect(way('a', 'z')).toBe('p q r')
    expect([way('p', 'z'), way('p', 'r'), way('a', 'r'), way('a', 'q')]).toEqual(['q r', 'q', 'p q', 'p'])
  })

  test('of equally good ones is the same for all, whatever the order of the files', () => {
    const hosts = { a: nat4, b: nat4, m: v4, p: { at: '203.0.113.3' }, z: nat4 }
    const one = ways({ e: hosts })
    const other = ways({ e: Object.fromEntries(Object.entries(hosts).toReversed()) })
    for (const [x, y] of [
      ['a', 'b'],
      ['a', 'z'],
      ['z', 'b'],
    ] as const) {
      expect(one.way(x, y)).toMatch(/^[mp]$/)
      expect(other.way(y, x)).toBe(one.way(x, y))
    }
  })
})

describe('islands', () => {
  for (const [what, fleet, expected] of [
    ['one where a way leads everywhere', { e: { a: nat4, p: calls6, q: v6, z: nat6 } }, ['a p q z']],
    ['by family', { e: { a: nat4, b: nat4, p: v4, q: v6, z: nat6 } }, ['a b p', 'q z']],
    ['each alone behind NAT', { e: { a: nat4 }, w: { z: nat4 } }, ['a', 'z']],
  ] as readonly (readonly [string, Fleet, readonly string[]])[])
    test(what, () => expect(ways(fleet).islands()).toEqual(expected))
})

/** By the plan: what each host on a way of two hops takes from which peer. */
test('over two relays every host takes every prefix from one peer, there and back', () => {
  const plan = planOf(specOf({ e: { a: nat4, p: calls6, q: v6, z: nat6 } }))
  const taken = ['a', 'p', 'q', 'z'].map(name =>
    plan.mesh.connections.neighboursOf(hostOf(plan, name)).map(
      ({ host, carries }) =>
        `${name} ${host.name}: ${[host.prefix, ...carries]
          .map(p => p.inet.text)
          .toSorted()
          .join(' ')}`,
    ),
  )
  const [a, p, q, z] = ['10.64.0.0/24', '10.64.1.0/24', '10.64.2.0/24', '10.64.3.0/24']
  expect(taken).toEqual([
    [`a p: ${p} ${q} ${z}`],
    [`p a: ${a}`, `p q: ${q} ${z}`],
    [`q p: ${a} ${p}`, `q z: ${z}`],
    [`z q: ${a} ${p} ${q}`],
  ])
  const transits = ['p', 'q'].map(name =>
    plan.mesh.connections
      .transitOf(hostOf(plan, name))
      .map(({ label }) => label)
      .toSorted(),
  )
  expect(transits).toEqual([
    ['a<>q', 'a<>z'],
    ['a<>z', 'p<>z'],
  ])
})
