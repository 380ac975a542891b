/** Why something is missing: short, and in words. */
import { describe, expect, test } from 'vitest'
import { reportFor } from './answered.ts'

describe('reasons', () => {
  for (const [what, lines, status, why] of [
    ['nothing came', [], null, 'no answer in time'],
    ['timeout(1) ended it', [], 124, 'no answer in time'],
    ['timeout(1) killed it', [], 137, 'no answer in time'],
    ['no such command', ["timeout: failed to run command 'jls'"], 127, 'there is no such command'],
    ['no root', ['needs root'], 1, 'needs root'],
    ['doas(1) refuses', ['doas: Operation not permitted'], 1, 'needs root'],
    ['a complaint', ['', 'jls: it is broken', 'usage: jls'], 1, 'jls: it is broken'],
    ['no word', [], 3, 'exit status 3'],
  ] as const)
    test(what, () => {
      const report = reportFor({ jails: [lines, status] })
      expect(report.jails).toBeNull()
      expect(report.missing['jls']).toBe(why)
    })

  test('what was not asked says why', () =>
    expect(reportFor({}, { pools: 'asked less often now' }).missing['zpool list']).toBe('asked less often now'))

  test('a reason is never long', () =>
    expect(reportFor({ jails: [['x'.repeat(100_000)], 1] }).missing['jls']?.length).toBeLessThanOrEqual(120))
})
