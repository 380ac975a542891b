/** Where a jail's slot puts it: addresses, unit, and what the host's pf sees it on. */
import { describe, expect, test } from 'vitest'
import { bridgeAddress, bridgeSegment, etherAddress, maxSlots, wireJails } from '../../topology/wire.ts'
import type { HostSpec } from '../../topology/spec.ts'
import { hostOf, jailOf, planOf, prefixOf, specOf } from './fleet.ts'

const first = { inet: prefixOf('10.64.0.0/24'), inet6: prefixOf('fd5c:8e21:77aa::/64') }
const later = { inet: prefixOf('10.65.2.0/24'), inet6: prefixOf('fd5c:8e21:77aa:102::/64') }

function wired(wiring: HostSpec['wiring'], slot: number, prefix = first, regionNumber = 0, number = 0) {
  const spec = specOf({ east: { tesla: { wiring, jails: ['web'] } } }).regions[0]?.hosts[0]
  if (spec === undefined) throw new Error('a host')
  const slots = new Map([['web', { slot, retired: false }]])
  const [jail] = wireJails({ spec, fqdn: 'tesla.mesh.example.net', regionNumber, number, prefix, slots })
  if (jail === undefined) throw new Error('a jail')
  return jail
}

describe('a routed jail has a /31 and a /126 with its host', () => {
  for (const [slot, prefix, router4, address4, router6, address6] of [
    [1, first, '10.64.0.2', '10.64.0.3', 'fd5c:8e21:77aa::5', 'fd5c:8e21:77aa::6'],
    [2, first, '10.64.0.4', '10.64.0.5', 'fd5c:8e21:77aa::9', 'fd5c:8e21:77aa::a'],
    [3, first, '10.64.0.6', '10.64.0.7', 'fd5c:8e21:77aa::d', 'fd5c:8e21:77aa::e'],
    // 126 is the last: .254 and .255 stay free, for the latter reads as a broadcast.
    [126, first, '10.64.0.252', '10.64.0.253', 'fd5c:8e21:77aa::1f9', 'fd5c:8e21:77aa::1fa'],
    [1, later, '10.65.2.2', '10.65.2.3', 'fd5c:8e21:77aa:102::5', 'fd5c:8e21:77aa:102::6'],
  ] as const)
    test(`slot ${slot} of ${prefix.inet.text} is ${address4} behind ${router4}`, () => {
      const jail = wired('routed', slot, prefix)
      expect([jail.router.inet.text, jail.address.inet.text]).toEqual([router4, address4])
      expect([jail.router.inet6.text, jail.address.inet6.text]).toEqual([router6, address6])
      expect(jail.linkLength).toEqual({ inet: 31, inet6: 126 })
      expect(jail).toMatchObject({ unit: 100 + slot, filteredOn: `epair${100 + slot}a`, wiring: { kind: 'routed' } })
    })
})

describe('a bridged jail stands in the upper half and in the second /80', () => {
  for (const [slot, prefix, region, host, router4, address4, router6, address6, ether] of [
    [
      ...[1, first, 0, 0, '10.64.0.129', '10.64.0.130'],
      ...['fd5c:8e21:77aa:0:1::1', 'fd5c:8e21:77aa:0:1::2', '02:6d:77:00:00:65'],
    ],
    // The last: .255 is the broadcast of the segment.
    [
      ...[125, first, 0, 0, '10.64.0.129', '10.64.0.254'],
      ...['fd5c:8e21:77aa:0:1::1', 'fd5c:8e21:77aa:0:1::7e', '02:6d:77:00:00:e1'],
    ],
    [
      ...[2, later, 1, 2, '10.65.2.129', '10.65.2.131'],
      ...['fd5c:8e21:77aa:102:1::1', 'fd5c:8e21:77aa:102:1::3', '02:6d:77:01:02:66'],
    ],
  ] as const)
    test(`slot ${slot} of ${prefix.inet.text} is ${address4} behind ${router4}`, () => {
      const jail = wired('bridge', slot, prefix, region, host)
      expect([jail.router.inet.text, jail.address.inet.text]).toEqual([router4, address4])
      expect([jail.router.inet6.text, jail.address.inet6.text]).toEqual([router6, address6])
      expect(jail.linkLength).toEqual({ inet: 25, inet6: 80 })
      expect(jail).toMatchObject({ unit: 100 + slot, filteredOn: 'bridge1', wiring: { kind: 'bridge', ether } })
    })

  test('the bridge itself has the first address, and unit 1 in its MAC', () => {
    expect(bridgeAddress(later).inet.text).toBe('10.65.2.129')
    expect([bridgeSegment(later).inet, bridgeSegment(later).inet6].map(p => `${p.network}/${p.length}`)).toEqual([
      `${prefixOf('10.65.2.128/25').network}/25`,
      `${prefixOf('fd5c:8e21:77aa:102:1::/80').network}/80`,
    ])
    expect(etherAddress(1, 2, 1)).toBe('02:6d:77:01:02:01')
  })
})

describe('a full host', () => {
  for (const wiring of ['routed', 'bridge'] as const)
    for (const length of [22, 23, 24, 26, 29])
      test(`${wiring} in a /${length}: every address is of the host's prefix, nobody's twice, no broadcast`, () => {
        const prefix = { inet: prefixOf(`10.64.0.0/${length}`), inet6: first.inet6 }
        const size = 2 ** (32 - length)
        const taken = new Map([[1n, 'host']])
        for (let slot = 1; slot <= maxSlots(wiring, length); slot += 1) {
          const jail = wired(wiring, slot, prefix)
          const own = wiring === 'routed' ? [jail.router, jail.address] : [jail.address]
          for (const { inet } of own) {
            const offset = inet.value - prefix.inet.network
            expect(taken.get(offset), inet.text).toBeUndefined()
            taken.set(offset, `slot ${slot}`)
            expect(Number(offset)).toBeGreaterThan(1)
            expect(Number(offset)).toBeLessThan(size - 1)
          }
          expect(jail.unit).toBeLessThan(255)
        }
        if (wiring === 'bridge') expect(taken.has(BigInt(size / 2 + 1))).toBe(false)
      })
})

test('hosts and their jails from the lock to the last address', () => {
  const plan = planOf(
    specOf({ east: { bohr: {} }, west: { curie: {}, tesla: { at: '203.0.113.1', jails: ['db', 'web'] } } }),
  )
  const { prefix, address } = hostOf(plan, 'tesla')
  expect([prefix.inet.text, prefix.inet6.text]).toEqual(['10.65.1.0/24', 'fd5c:8e21:77aa:101::/64'])
  expect([address.inet.text, address.inet6.text]).toEqual(['10.65.1.1', 'fd5c:8e21:77aa:101::1'])
  expect(jailOf(plan, 'web', 'tesla').address.inet.text).toBe('10.65.1.5')
  expect(jailOf(plan, 'web', 'tesla').fqdn).toBe('web.tesla.mesh.example.net')
})
