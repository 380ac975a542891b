/** Peers and echoes: whose they are, how old, and who has no business there. */
import { describe, expect, test } from 'vitest'
import { bohr, curie, nobody, reportFor } from './answered.ts'

describe('peers', () => {
  const shakes = (...peers: readonly (readonly [string, number])[]) => peers.map(([key, at]) => `${key}\t${at}`)
  const peers = (tunnels: readonly string[], ends: readonly string[] = [], status = 0) =>
    reportFor({ tunnels: [tunnels, status], ends: [ends, 0] })

  test('by the clock of the host, in the order of hosts', () =>
    expect(
      peers(
        ['clock 1000', ...shakes([curie, 0], [bohr, 910]), 'transfer', `${bohr}\t11\t22`, `${curie}\t0\t148`],
        [`${bohr}\t10.64.1.0/24 fd5c:0:0:1::/64`, 'endpoints', `${bohr}\t[2001:db8::2]:51820`, `${curie}\t(none)`],
      ).peers,
    ).toEqual({
      ...{ to: [1, 2], age: [90, NaN], received: [11, 0], sent: [22, 148] },
      ...{ endpoints: ['[2001:db8::2]:51820', ''], strangers: [] },
    }))

  test('a clock that was set back makes no age negative', () =>
    expect(peers(['clock 1000', ...shakes([bohr, 5000])]).peers?.age).toEqual([0]))

  test('a counter that was not told is no zero', () =>
    expect(peers(['clock 1000', ...shakes([bohr, 900]), 'transfer', `${bohr}\t-5\tx`]).peers?.received).toEqual([NaN]))

  test('a peer with another key is known by its prefix', () =>
    expect(
      peers(['clock 1000', ...shakes([nobody, 900])], [`${nobody}\t10.64.1.0/24 fd5c:0:0:1::/64`]).peers,
    ).toMatchObject({ to: [1], age: [100], strangers: ['bohr has another key than planned'] }))

  test('two peers are not one host: the planned key wins', () =>
    expect(
      peers(['clock 1000', ...shakes([nobody, 990], [bohr, 900])], [`${nobody}\t10.64.1.0/24`]).peers,
    ).toMatchObject({ to: [1], age: [100], strangers: ['unknown peer DDDDDDDD...'] }))

  test('nobody knows it: no whole key is shown', () => {
    const { strangers, to } = peers(['clock 1000', ...shakes([nobody, 900])]).peers ?? { strangers: [], to: [] }
    expect(to).toEqual([])
    expect(strangers).toEqual(['unknown peer DDDDDDDD...'])
  })

  test('many strangers are counted', () => {
    const many = Array.from({ length: 300 }, (_, n): readonly [string, number] => [
      `${String(n).padStart(43, 'x')}=`,
      1,
    ])
    const { strangers } = peers(['clock 1000', ...shakes(...many)]).peers ?? { strangers: [] }
    expect(strangers).toHaveLength(20)
    expect(strangers.at(-1)).toBe('and 281 more')
  })

  test('a host without wg0 knows no peers', () => {
    for (const what of ['wg0: No such device', 'interface: Device not configured']) {
      const report = peers(['clock 1000', `Unable to access interface ${what}`], [], 1)
      expect(report.peers?.to).toEqual([])
      expect(report.missing['wg show']).toBe('there is no wg0')
    }
    const other = peers(['clock 1000', 'Unable to access interface: Operation not permitted'], [], 1)
    expect(other.peers).toBeNull()
    expect(other.missing['wg show']).toBe('Unable to access interface: Operation not permitted')
  })
})

test('pings', () =>
  expect(reportFor({ pings: [['1 24.518', '2 -', '99 1.0', '-1 5', '1e3 4', 'x'], 0] }).pings).toEqual({
    ...{ to: [1, 2], milliseconds: [24.518, NaN] },
  }))
test('no pings were asked for', () => {
  const report = reportFor({})
  expect(report.pings).toBeNull()
  expect(report.missing['ping']).toBeUndefined()
})
