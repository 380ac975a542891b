/** Whom packets pass, against the routes that wg0 takes; and what it does to services when they are gone. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Host } from '../../topology/mesh.ts'
import type { HostName } from '../../topology/names.ts'
import { lossOf } from '../../topology/place/losses.ts'
import { breaks, type Part, whatIf } from '../../topology/place/whatif.ts'
import { graphOf } from '../../src/export/graph.ts'
import { packed, unpacked } from '../../src/export/html/data.ts'
import { waysOf } from '../../topology/place/ways.ts'
import { contains, hostPrefix } from '../../topology/prefix.ts'
import { packetWays } from '../../src/services/losses.ts'
import { type Fleet, planOf, specOf } from '../topology/fleet.ts'

const meshOf = (fleet: Fleet, topology: 'full' | 'regional') => planOf(specOf(fleet, { topology })).mesh

/** Hosts that can be called on both families, on one of them, or not at all. */
const reach = [
  { at: '203.0.113.1 2001:db8::1' },
  { at: '203.0.113.2' },
  { at: '2001:db8::2' },
  {},
  { sends: ['inet6'] as const },
] as const

const fleets = fc
  .tuple(
    fc.array(fc.array(fc.constantFrom(...reach), { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 }),
    fc.constantFrom('full' as const, 'regional' as const),
  )
  .map(([regions, topology]) => {
    const fleet = Object.fromEntries(
      regions.map((hosts, r) => [`r${r}`, Object.fromEntries(hosts.map((host, n) => [`h${r}${n}`, host]))]),
    )
    return { fleet, topology }
  })

test('packets pass whom the allowed-ips of WireGuard lead them over', () => {
  let [far, cut] = [0, 0]
  fc.assert(
    fc.property(fleets, ({ fleet, topology }) => {
      const mesh = meshOf(fleet, topology)
      const ways = packetWays(mesh)
      /** The longest prefix wins, as in the trie of wg(4). */
      const next = (at: Host, to: Host): Host | null => {
        const found = mesh.connections
          .neighboursOf(at)
          .flatMap(({ host, carries }) => [host.prefix, ...carries].map(prefix => ({ host, prefix: prefix.inet })))
          .filter(({ prefix }) => contains(prefix, hostPrefix(to.address.inet)))
          .toSorted((x, y) => y.prefix.length - x.prefix.length)
        return found[0]?.host ?? null
      }
      for (const a of mesh.hosts)
        for (const b of mesh.hosts) {
          if (a === b) continue
          const way: HostName[] = []
          let at: Host | null = next(a, b)
          while (at !== null && at !== b && way.length < 9) {
            way.push(at.name)
            at = next(at, b)
          }
          // A mesh that falls into parts is refused.
          if (at === null) cut += 1
          else {
            expect(ways(a.name, b.name), `${a.name} to ${b.name}`).toEqual(way)
            if (way.length > 0) far += 1
          }
        }
    }),
    { numRuns: 300 },
  )
  expect(far).toBeGreaterThan(500)
  expect(cut).toBeGreaterThan(0)
})

test('the page knows the same ways as the command line', () => {
  fc.assert(
    fc.property(fleets, ({ fleet, topology }) => {
      const spec = specOf(fleet, { topology })
      const plan = planOf(spec)
      const [here, there] = [
        packetWays(plan.mesh),
        waysOf(unpacked(packed(graphOf({ ...plan, spec, services: null })))),
      ]
      for (const { name: a } of plan.mesh.hosts)
        for (const { name: b } of plan.mesh.hosts) if (a !== b) expect(there(a, b)).toEqual(here(a, b))
    }),
    { numRuns: 60 },
  )
})

describe('two regions that meet at their gateways', () => {
  const at = (n: number) => ({ at: `203.0.113.${n}` })
  const mesh = meshOf(
    {
      east: { a: { ...at(1), gateway: true }, b: at(2), c: at(3) },
      west: { x: { ...at(4), gateway: true }, y: at(5) },
    },
    'regional',
  )
  const ways = packetWays(mesh)
  const names = (text: string) => text.split(' ') as HostName[]
  const hosts = mesh.hosts.map(({ name, region }) => ({ name, region, provider: null }))
  const etcd: Part = { id: 'db/etcd', resilience: { kind: 'voters' }, hosts: names('b c y'), needs: [] }
  const app: Part = { id: 'app/app', resilience: { kind: 'stateless' }, hosts: names('y'), needs: [etcd.id] }
  const lose = (...words: string[]) => {
    const named = lossOf(words, hosts)
    if ('unknown' in named) throw new Error(named.word)
    return {
      works: whatIf([etcd, app], named.loss, ways)
        .filter(effect => effect.writes)
        .map(effect => effect.id),
      across: breaks({ from: names('b'), to: names('y') }, named.loss, ways),
      within: breaks({ from: names('b'), to: names('c') }, named.loss, ways),
    }
  }

  for (const [word, works, across] of [
    ['host:x', ['db/etcd'], true],
    ['host:a', ['db/etcd'], true],
    ['link:a-x', ['db/etcd'], true],
    ['link:a-b', ['db/etcd', 'app/app'], true],
    ['link:b-c', ['db/etcd', 'app/app'], false],
    ['link:b-x', ['db/etcd', 'app/app'], false],
  ] as const)
    test(`without ${word}`, () => expect(lose(word)).toEqual({ works, across, within: word === 'link:b-c' }))
})

test('a host that carries the packets of two behind NAT parts them when it is lost', () => {
  const mesh = meshOf({ east: { relay: { at: '203.0.113.1' }, a: {}, b: {} } }, 'full')
  const loss = { hosts: new Set(['relay' as HostName]), links: new Set<string>() }
  const ends = { from: ['a' as HostName], to: ['b' as HostName] }
  expect(breaks(ends, loss, packetWays(mesh))).toBe(true)
  expect(breaks(ends, loss)).toBe(false)
})
