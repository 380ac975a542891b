/** The packet filter: whether it filters, and what its rules counted. */
import { describe, expect, test } from 'vitest'
import { reportFor } from './answered.ts'

describe('pf', () => {
  const info = [
    'Status: Enabled for 3 days 04:05:06           Debug: Urgent',
    '  current entries                       42',
  ]
  const pf = (...lines: readonly string[]) => reportFor({ pf: [[...info, ...lines], 0] }).pf
  for (const [rule, denies] of [
    ['block drop log all label "default"', true],
    ['block drop all', true],
    ['block return log (all) all', true],
    ['block return-icmp(port-unr, port-unr) all', true],
    ['block drop log quick all', true],
    ['block drop in all', false], // out passes
    ['block drop inet all', false], // IPv6 passes
    ['block drop log on vtnet0 all', false],
    ['pass all flags S/SA keep state', false],
  ] as const)
    test(`${rule}: ${denies ? 'all is denied first' : 'not everything is denied'}`, () =>
      expect(pf('rules', rule, 'labels')?.defaultDeny).toBe(denies))
  test('no rule passes everything', () => expect(pf('rules', 'labels')?.defaultDeny).toBe(false))
  test('rules that were not told', () => expect(pf()?.defaultDeny).toBeNull())
  test('labels', () =>
    expect(pf('rules', 'labels', '3 252 0 ping in 4', 'nonsense', '-3 1 1 x', '1 1 1 ')?.labels).toEqual([
      { label: 'ping in 4', packets: 3, bytes: 252, states: 0 },
    ]))
  test('without its module it filters nothing', () => {
    const report = reportFor({ pf: [['pfctl: /dev/pf: No such file or directory'], 1] })
    expect(report.pf).toEqual({ enabled: false, defaultDeny: null, states: null, labels: [] })
    expect(report.missing['pfctl']).toBeUndefined()
  })
  test('disabled', () =>
    expect(reportFor({ pf: [['Status: Disabled', 'rules', 'labels'], 0] }).pf).toMatchObject({
      enabled: false,
      states: null,
    }))
})
