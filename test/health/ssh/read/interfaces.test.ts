/** Interfaces and CARP, in the shapes of netstat(1) and ifconfig(8). */
import { describe, expect, test } from 'vitest'
import { reportFor } from './answered.ts'

describe('interfaces', () => {
  const of = (document: unknown) => reportFor({ interfaces: [[JSON.stringify(document)], 0] }).interfaces
  const link = { name: 'em0', flags: '0x8843', mtu: 1500, network: '<Link#1>', 'received-bytes': 5 }
  const within = (...entries: readonly unknown[]) => of({ statistics: { interface: entries } })
  test('numbers that are none count as zero', () =>
    expect(within({ ...link, 'received-bytes': -5, 'sent-bytes': 'x', mtu: {} })).toEqual([
      { name: 'em0', up: true, mtu: 0, received: 0, sent: 0, errors: 0 },
    ]))
  test('a star is for one that is down', () =>
    expect(within({ ...link, name: 'em0*' })?.[0]).toMatchObject({ name: 'em0', up: false }))
  test('without flags the star tells', () => expect(within({ ...link, flags: undefined })?.[0]?.up).toBe(true))
  test('what is no interface is passed over', () =>
    expect(
      within(null, 5, [], {}, { ...link, name: 7 }, { ...link, name: 'a\u001bb' }, { ...link, network: '10/8' }),
    ).toEqual([]))
  for (const [what, document] of [
    ['a list', []],
    ['nothing', null],
    ['no list', { statistics: { interface: {} } }],
  ] as const)
    test(`${what} is no answer`, () => expect(of(document)).toBeNull())
  test('cut text is no answer', () =>
    expect(reportFor({ interfaces: [['{"statistics": {"interf'], 0] }).missing['netstat']).toBe(
      'its answer makes no sense',
    ))
})

test('carp', () =>
  expect(
    reportFor({ carp: [['em0 \tcarp: BACKUP vhid 7 advbase 1 advskew 100', 'em0 carp: nonsense'], 0] }).carp,
  ).toEqual([{ interface: 'em0', vhid: 7, state: 'BACKUP' }]))
