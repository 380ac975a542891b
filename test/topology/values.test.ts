import { describe, expect, test } from 'vitest'
import { parseEndpoint } from '../../topology/endpoint.ts'
import { roundTrips } from '../../topology/latency.ts'
import { nameProblem, type RegionName } from '../../topology/names.ts'
import { covers, parseService, serviceText } from '../../topology/port.ts'
import { contains, isPrefix, overlaps, parseAddress, parsePrefix, type Prefix } from '../../topology/prefix.ts'
import { parseMilliseconds, parseSize, sizeText } from '../../topology/quantity.ts'
import { nearest } from '../../topology/suggest.ts'
import { maxSlots } from '../../topology/wire.ts'

describe('prefixes', () => {
  for (const [text, expected] of [
    ['10.64.0.0/10', '10.64.0.0/10'],
    ['10.64.0.1', '10.64.0.1/32'],
    ['FD5C:8E21:77AA:0::/48', 'fd5c:8e21:77aa::/48'], // RFC 5952
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['10.64.3.0/10', 'host-bits'],
    ['fd5c::1/64', 'host-bits'],
    ['10.64.0.0/33', 'not-a-prefix'],
    ['10.64.0.0/010', 'not-a-prefix'],
    ['010.64.0.0/10', 'not-a-prefix'], // octal somewhere, decimal elsewhere
    ['10.64/10', 'not-a-prefix'],
    ['fe80::1%em0/64', 'not-a-prefix'],
    ['', 'not-a-prefix'],
  ] as const)
    test(`${JSON.stringify(text)} is ${expected}`, () => {
      const parsed = parsePrefix(text)
      expect(isPrefix(parsed) ? parsed.text : parsed.kind).toBe(expected)
    })

  test('containing and overlapping', () => {
    const p = (text: string) => parsePrefix(text) as Prefix
    expect(contains(p('10.64.0.0/10'), p('10.64.3.0/24'))).toBe(true)
    expect(contains(p('10.64.3.0/24'), p('10.64.0.0/10'))).toBe(false)
    expect(overlaps(p('10.64.3.0/24'), p('10.64.0.0/10'))).toBe(true)
    expect(overlaps(p('10.64.3.0/24'), p('10.64.4.0/24'))).toBe(false)
    expect(contains(p('0.0.0.0/0'), p('::/0'))).toBe(false)
    expect(parseAddress('::ffff:192.0.2.1')?.family).toBe('inet6')
  })
})

describe('endpoints', () => {
  for (const [text, expected] of [
    ['203.0.113.10', 'address'],
    ['203.0.113.10:51821', 'address'],
    ['2001:db8:1::10', 'address'],
    ['[2001:db8:1::10]:51821', 'address'],
    ['gate.example.net:51821', 'name'],
    ['2001:db8:1::10:51820', 'needs-brackets'], // five digits are no group of an address
    ['203.0.113.10:0', 'bad-port'],
    ['203.0.113.10:65536', 'bad-port'],
    ['[203.0.113.10]:51820', 'not-an-endpoint'],
    ['203.0.113.256', 'not-an-endpoint'],
    ['gate', 'not-an-endpoint'], // one label is a typing mistake more often than a name
    ['$(id).example.net', 'not-an-endpoint'],
  ] as const)
    test(`${text} is ${expected}`, () => {
      const parsed = parseEndpoint(text)
      expect(typeof parsed === 'string' ? parsed : parsed.kind).toBe(expected)
    })
})

describe('ports', () => {
  for (const text of ['5432/tcp', '53/udp', '6000-6010/tcp', 'icmp'])
    test(`${text} is read and written back`, () => {
      const parsed = parseService(text)
      expect(parsed && serviceText(parsed)).toBe(text)
    })
  for (const text of ['0/tcp', '65536/tcp', '20-10/tcp', '80', 'http', '80/sctp', '080/tcp'])
    test(`${text} is none`, () => expect(parseService(text)).toBeNull())
  test('a range covers what lies in it', () => {
    const s = (text: string) => parseService(text) ?? { kind: 'ping' as const }
    expect(covers(s('5000-6000/tcp'), s('5432/tcp'))).toBe(true)
    expect(covers(s('5432/tcp'), s('5000-6000/tcp'))).toBe(false)
    expect(covers(s('5432/tcp'), s('5432/udp'))).toBe(false)
    expect(covers(s('icmp'), s('5432/tcp'))).toBe(false)
  })
})

test('sizes and round trips', () => {
  expect([parseSize('256M'), parseSize('32G'), parseSize('8'), parseSize('8GB'), parseSize('0G')]).toEqual([
    2 ** 28,
    2 ** 35,
    null,
    null,
    null,
  ])
  expect(sizeText(2 ** 35)).toBe('32G')
  expect([parseMilliseconds('95ms'), parseMilliseconds('0.4ms'), parseMilliseconds('95')]).toEqual([95, 0.4, null])
})

test('names are labels, and words with a meaning are not names', () => {
  for (const name of ['tesla', 'web-1', 'a'.repeat(63)]) expect(nameProblem(name)).toBeNull()
  for (const name of [
    '',
    'Tesla',
    '1a',
    'a-',
    'a.b',
    '../a',
    'a;b',
    'a b',
    'ü',
    'a'.repeat(64),
    'admin',
    'edge',
    'hosts',
  ])
    expect(nameProblem(name), name).not.toBeNull()
})

test('a round trip is the one given, in either order, else estimated from the locations', () => {
  const region = (name: string, latitude: number, longitude: number) =>
    ({ name: name as RegionName, title: name, location: { latitude, longitude }, hosts: [], document: '' }) as const
  const trips = roundTrips(
    [region('a', 52.37, 4.9), region('b', 39.04, -77.49), region('c', 60.17, 24.94)],
    new Map([['a/b', 90]]),
  )
  const [a, b, c] = ['a', 'b', 'c'] as RegionName[]
  if (!a || !b || !c) throw new Error('three regions')
  expect(trips(b, a)).toEqual({ milliseconds: 90, estimated: false })
  // Amsterdam to Helsinki is 1,500 km as the crow flies.
  expect(trips(a, c).estimated).toBe(true)
  expect(trips(a, c).milliseconds).toBeGreaterThan(20)
  expect(trips(a, c).milliseconds).toBeLessThan(28)
})

test('a /24 has room for 126 jails when routed, 125 on a bridge', () => {
  expect([maxSlots('routed', 24), maxSlots('bridge', 24), maxSlots('routed', 29), maxSlots('routed', 22)]).toEqual([
    126, 125, 2, 154,
  ])
})

test('a mistyped word finds the one that was meant, a strange one none', () => {
  expect(nearest('wbe', ['db', 'web', 'cache'])).toBe('web')
  expect(nearest('wiregard', ['wireguard', 'regions'])).toBe('wireguard')
  expect(nearest('zebra', ['db', 'web', 'cache'])).toBeNull()
  expect(nearest('x', [])).toBeNull()
})
