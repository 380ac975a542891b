/** Who is whose peer, by which endpoint, and which prefixes are reached through whom. */
import { describe, expect, test } from 'vitest'
import { type Fleet, errorsOf, hostOf, planOf, specOf } from './fleet.ts'

type Options = Parameters<typeof specOf>[1]
const plan = (fleet: Fleet, options: Options = {}) => planOf(specOf(fleet, options))

/** `tesla 203.0.113.1:51820 keepalive: 10.65.0.0/24`: a peer as wg0.conf will have it, with all it takes from it in IPv4. */
function peersOf(of: ReturnType<typeof planOf>, name: string): string[] {
  return of.mesh.connections.neighboursOf(hostOf(of, name)).map(({ host, endpoint, keepalive, carries }) => {
    const at = endpoint === null ? 'calls' : `${endpoint.address.text}:${endpoint.port}`
    const allowed = [host.prefix, ...carries].map(prefix => prefix.inet.text)
    return `${host.name} ${at}${keepalive ? ' keepalive' : ''}: ${allowed.join(' ')}`
  })
}

const transitOf = (of: ReturnType<typeof planOf>, name: string): string[] =>
  of.mesh.connections.transitOf(hostOf(of, name)).map(({ label, a, b }) => `${label}: ${a.inet.text} ${b.inet.text}`)

const [v4, other4, third4] = ['203.0.113.1', '203.0.113.2', '203.0.113.3']
const v6 = '2001:db8::1'

describe('a full mesh', () => {
  test('makes every host a peer of every other, each with its own prefix alone', () => {
    const of = plan({ east: { bohr: { at: v4 }, curie: { at: other4 } }, west: { tesla: { at: third4 } } })
    expect(peersOf(of, 'bohr')).toEqual([
      'curie 203.0.113.2:51820: 10.64.1.0/24',
      'tesla 203.0.113.3:51820: 10.65.0.0/24',
    ])
    expect(peersOf(of, 'tesla')).toEqual([
      'bohr 203.0.113.1:51820: 10.64.0.0/24',
      'curie 203.0.113.2:51820: 10.64.1.0/24',
    ])
    expect(of.mesh.connections).toMatchObject({ tunnels: 3, gateways: new Map() })
    for (const name of ['bohr', 'curie', 'tesla']) expect(transitOf(of, name)).toEqual([])
  })

  for (const [what, a, b, atA, atB] of [
    ['two public hosts call each other', { at: v4 }, { at: other4 }, '203.0.113.2:51820', '203.0.113.1:51820'],
    ['a host behind NAT speaks first and keeps the way open', { at: v4 }, {}, 'calls', '203.0.113.1:51820 keepalive'],
    [
      'a forwarded port is called',
      { at: '203.0.113.1:51999' },
      { at: other4 },
      '203.0.113.2:51820',
      '203.0.113.1:51999',
    ],
    [
      'IPv4 comes first',
      { at: `${v4} ${v6}` },
      { at: `${other4} 2001:db8::2` },
      '203.0.113.2:51820',
      '203.0.113.1:51820',
    ],
    [
      'IPv6 if both list it first',
      { at: `${v6} ${v4}` },
      { at: `2001:db8::2 ${other4}` },
      '2001:db8::2:51820',
      '2001:db8::1:51820',
    ],
    [
      'the family on which both can be called',
      { at: `${v4} ${v6}` },
      { at: '2001:db8::2' },
      '2001:db8::2:51820',
      '2001:db8::1:51820',
    ],
    ['IPv6 from behind NAT', { at: v6 }, { sends: ['inet', 'inet6'] }, 'calls', '2001:db8::1:51820 keepalive'],
    [
      'public on one family, calling on the other',
      { at: v4, sends: ['inet', 'inet6'] },
      { at: v6 },
      '2001:db8::1:51820 keepalive',
      'calls',
    ],
  ] as const)
    test(what, () => {
      const of = plan({ east: { bohr: a, curie: b } })
      expect(errorsOf(of)).toEqual([])
      expect(peersOf(of, 'bohr')).toEqual([`curie ${atA}: 10.64.1.0/24`])
      expect(peersOf(of, 'curie')).toEqual([`bohr ${atB}: 10.64.0.0/24`])
    })

  test('gives two hosts behind NAT a relay, which both take the other from', () => {
    const of = plan({ east: { ampere: {}, bohr: { at: v4 }, volta: {} } })
    expect(peersOf(of, 'ampere')).toEqual(['bohr 203.0.113.1:51820 keepalive: 10.64.1.0/24 10.64.2.0/24'])
    expect(peersOf(of, 'volta')).toEqual(['bohr 203.0.113.1:51820 keepalive: 10.64.1.0/24 10.64.0.0/24'])
    expect(peersOf(of, 'bohr')).toEqual(['ampere calls: 10.64.0.0/24', 'volta calls: 10.64.2.0/24'])
    expect(transitOf(of, 'bohr')).toEqual(['ampere<>volta: 10.64.0.0/24 10.64.2.0/24'])
    expect(of.diagnostics.map(({ code, severity }) => `${severity} ${code}`)).toEqual(['note relay'])
    expect(of.mesh.connections.tunnels).toBe(2)
  })

  test('takes a carried prefix from one peer alone, and it is the same there and back', () => {
    const of = plan({ east: { ampere: {}, bohr: { at: v4 }, curie: { at: other4 }, volta: {} } })
    const via = (name: string, prefix: string) =>
      peersOf(of, name).flatMap(peer => (peer.split(': ')[1]?.split(' ').includes(prefix) ? [peer.split(' ')[0]] : []))
    expect(via('ampere', '10.64.3.0/24')).toHaveLength(1)
    expect(via('ampere', '10.64.3.0/24')).toEqual(via('volta', '10.64.0.0/24'))
  })

  for (const [what, fleet, parts] of [
    ['two hosts behind NAT alone', { east: { ampere: {}, volta: {} } }, 'ampere | volta'],
    ['two families with nobody between', { east: { bohr: { at: v4 }, curie: { at: v6 } } }, 'bohr | curie'],
    [
      'a pair and a single',
      { east: { bohr: { at: v4 }, curie: { at: v6 }, dirac: { at: other4 } } },
      'bohr, dirac | curie',
    ],
  ] as readonly (readonly [string, Fleet, string])[])
    test(`${what} are parts that no tunnel joins`, () => {
      const of = plan(fleet)
      expect(errorsOf(of)).toEqual(['no-path'])
      expect(of.diagnostics[0]?.message).toContain(parts)
    })
})

describe('a regional mesh', () => {
  const regional = { topology: 'regional' } as const
  const two: Fleet = {
    east: { bohr: { at: v4 }, curie: { at: other4 }, dirac: {} },
    west: { ohm: {}, tesla: { at: third4 } },
  }

  test('gives leaves the whole overlay by their gateway, and gateways each other’s region', () => {
    const of = plan(two, regional)
    expect([...of.mesh.connections.gateways].map(([region, { name }]) => `${region} ${name}`)).toEqual([
      'east bohr',
      'west tesla',
    ])
    expect(peersOf(of, 'curie')).toEqual([
      'bohr 203.0.113.1:51820: 10.64.0.0/24 10.64.0.0/10',
      'dirac calls: 10.64.2.0/24',
    ])
    expect(peersOf(of, 'dirac')).toEqual([
      'bohr 203.0.113.1:51820 keepalive: 10.64.0.0/24 10.64.0.0/10',
      'curie 203.0.113.2:51820 keepalive: 10.64.1.0/24',
    ])
    expect(peersOf(of, 'bohr')).toEqual([
      ...['curie 203.0.113.2:51820: 10.64.1.0/24', 'dirac calls: 10.64.2.0/24'],
      'tesla 203.0.113.3:51820: 10.65.1.0/24 10.65.0.0/16',
    ])
    expect(peersOf(of, 'tesla')).toEqual([
      'bohr 203.0.113.1:51820: 10.64.0.0/24 10.64.0.0/16',
      'ohm calls: 10.65.0.0/24',
    ])
    expect(transitOf(of, 'bohr')).toEqual(['east<>overlay: 10.64.0.0/16 10.64.0.0/10'])
    expect(transitOf(of, 'curie')).toEqual([])
    expect(of.mesh.connections.tunnels).toBe(3 + 1 + 1)
  })

  test('of one region is full: nobody is given what is not there', () => {
    const of = plan({ east: two['east'] ?? {} }, regional)
    expect(peersOf(of, 'curie')).toEqual(['bohr 203.0.113.1:51820: 10.64.0.0/24', 'dirac calls: 10.64.2.0/24'])
    expect(transitOf(of, 'bohr')).toEqual([])
  })

  test('a gateway alone in its region carries for nobody', () => {
    const of = plan({ east: { bohr: { at: v4 } }, west: { tesla: { at: third4 } } }, regional)
    expect(peersOf(of, 'bohr')).toEqual(['tesla 203.0.113.3:51820: 10.65.0.0/24 10.65.0.0/16'])
    expect(transitOf(of, 'bohr')).toEqual([])
  })

  test('two leaves behind NAT meet on a host of their region, and get out by the gateway', () => {
    const of = plan({ east: { ampere: {}, bohr: { at: v4 }, volta: {} }, west: { tesla: { at: third4 } } }, regional)
    expect(peersOf(of, 'ampere')).toEqual(['bohr 203.0.113.1:51820 keepalive: 10.64.1.0/24 10.64.2.0/24 10.64.0.0/10'])
    expect(transitOf(of, 'bohr')).toEqual([
      'ampere<>volta: 10.64.0.0/24 10.64.2.0/24',
      'east<>overlay: 10.64.0.0/16 10.64.0.0/10',
    ])
  })

  test('gateways that cannot call each other meet on the gateway of a third region', () => {
    const of = plan({ east: { ampere: {} }, middle: { bohr: { at: v4 } }, west: { volta: {} } }, regional)
    expect(errorsOf(of)).toEqual([])
    expect(peersOf(of, 'ampere')).toEqual(['bohr 203.0.113.1:51820 keepalive: 10.65.0.0/24 10.65.0.0/16 10.66.0.0/16'])
    expect(peersOf(of, 'bohr')).toEqual([
      'ampere calls: 10.64.0.0/24 10.64.0.0/16',
      'volta calls: 10.66.0.0/24 10.66.0.0/16',
    ])
    expect(transitOf(of, 'bohr')).toEqual(['east<>west: 10.64.0.0/16 10.66.0.0/16'])
  })

  describe('the gateway of a region is', () => {
    const gatewayOf = (of: ReturnType<typeof planOf>) =>
      of.mesh.connections.gateways.get(hostOf(of, 'bohr').region)?.name
    for (const [what, hosts, expected] of [
      ['the lowest-numbered host that can be called', { ampere: {}, bohr: { at: v4 }, curie: { at: other4 } }, 'bohr'],
      ['the one that says so', { bohr: { at: v4 }, curie: { at: other4, gateway: true } }, 'curie'],
      ['the one that says so, even behind NAT', { bohr: { at: v4 }, curie: { gateway: true } }, 'curie'],
      ['the lowest-numbered where none can be called', { ampere: { sends: ['inet'] }, bohr: {} }, 'ampere'],
    ] as const)
      test(what, () => {
        expect(gatewayOf(plan({ east: hosts, west: { tesla: { at: third4 } } }, regional))).toBe(expected)
      })

    test('the one it was, whoever comes; another only when it goes or one says so', () => {
      const step = (east: Fleet[string], before: ReturnType<typeof planOf> | null) =>
        planOf(specOf({ east, west: { tesla: { at: third4 } } }, regional), before?.lock ?? null)
      const first = step({ bohr: {} }, null)
      expect(gatewayOf(first)).toBe('bohr')
      const second = step({ aaa: { at: other4 }, bohr: {} }, first)
      expect(gatewayOf(second)).toBe('bohr')
      expect(gatewayOf(step({ aaa: { at: other4, gateway: true }, bohr: {} }, second))).toBe('aaa')
      const gone = planOf(
        specOf({ east: { aaa: { at: other4 } }, west: { tesla: { at: third4 } } }, regional),
        second.lock,
      )
      expect([...gone.mesh.connections.gateways.values()].map(({ name }) => name)).toEqual(['aaa', 'tesla'])
    })

    test('never two', () => {
      const of = plan({ east: { bohr: { at: v4, gateway: true }, curie: { at: other4, gateway: true } } }, regional)
      expect(errorsOf(of)).toEqual(['two-gateways'])
      expect(of.diagnostics[0]?.place?.path).toEqual(['hosts', 'curie', 'gateway'])
    })
  })
})
