/** Rendered files: changed, gone, or not to be read. */
import { describe, expect, test } from 'vitest'
import { reportFor } from './answered.ts'

describe('files', () => {
  const drift = (...lines: readonly string[]) => reportFor({ files: [lines, 1] })
  const a = `${'a'.repeat(64)} /etc/pf.conf`
  test('changed, not there, and as they should be', () =>
    expect(drift(a, `${'0'.repeat(64)}  /etc/b b`, 'sha256: /etc/c: No such file or directory').drift).toEqual({
      ...{ checked: 3, changed: ['/etc/b b'], missing: ['/etc/c'] },
    }))
  test('what cannot be read is neither', () => {
    const report = drift(a, 'sha256: /etc/b b: Permission denied', 'sha256: /etc/c: No such file or directory')
    expect(report.drift).toEqual({ checked: 2, changed: [], missing: ['/etc/c'] })
    expect(report.missing['sha256']).toBe('1 file cannot be read')
  })
  test('nobody could look', () => {
    const report = drift('needs root')
    expect(report.drift).toBeNull()
    expect(report.missing['sha256']).toBe('needs root')
  })
  test('a file that nobody asked for is no news', () =>
    expect(drift(a, `${'0'.repeat(64)} /etc/x`).drift?.changed).toEqual([]))
})
