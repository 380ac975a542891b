/** Golden frames: every view as people see it, in two sizes. UPDATE=1 rewrites them; read the diff before you keep it. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Snapshot } from '../../src/health/snapshot.ts'
import { frameOf } from '../../ui/frame.ts'
import { plainText, type Size, widthOf } from '../../ui/line.ts'
import { onKey, withSnapshot } from '../../ui/reduce.ts'
import { changeText, whyText } from '../../ui/rows/events.ts'
import { countText, momentText, rateText, sinceText, sizeText } from '../../ui/rows/words.ts'
import { initialState, pageOf, type State, type ViewName } from '../../ui/state.ts'
import { alone, everywhere, many, shippedCases } from './stories.ts'

const sizes: readonly Size[] = [
  { columns: 80, rows: 24 },
  { columns: 160, rows: 50 },
]

let cases: ReadonlyMap<string, Snapshot>
beforeAll(async () => {
  const all = [...(await shippedCases()), await alone(), many(60, 4), many(120, 5)]
  cases = new Map(all.map(({ name, snapshot }) => [name, snapshot]))
})

/** A view, what it is about, the cases, and keys that are pressed first. */
const frames: readonly (readonly [view: ViewName, subject: string, cases: readonly string[], keys?: string])[] = [
  ['overview', '', everywhere],
  ['hosts', '', ['well', 'host-down', 'no-leader', 'hostile', '60-hosts']],
  ['links', '', ['well', 'link-cut', 'host-down', '60-hosts', 'alone']],
  ['matrix', '', ['link-cut', 'host-down', '60-hosts', '120-hosts', 'hostile'], 'jll'],
  ['services', '', ['well', 'host-down', 'no-leader', 'hostile', 'alone']],
  ['drift', '', ['well', 'drift', 'hostile']],
  ['events', '', ['host-down', 'link-cut', 'hostile', 'alone']],
  ['whatif', '', ['well']],
  ['whatif', '', ['host-down', 'link-cut'], 'a'],
  ['whatif', '', ['region-lost'], 'j '],
  ['host', 'tesla', ['well', 'host-down', 'drift']],
  ['host', 'bohr', ['link-cut', 'no-leader', 'hostile']],
  ['link', 'tesla>bohr', ['link-cut', 'well']],
  ['service', 'db', ['well', 'no-leader', 'hostile']],
  ['service', 'cloud', ['host-down']],
  ['help', '', ['well']],
  ['yaml', 'host bohr', ['no-leader']],
  ['yaml', 'tunnel tesla>bohr', ['link-cut', 'hostile']],
]

export const shown = (snapshot: Snapshot, view: ViewName, subject: string, size: Size, keys = ''): State => {
  const first = withSnapshot({ ...initialState({ size }), pages: [pageOf(view, subject)] }, snapshot)
  return Array.from(keys).reduce((state, char) => onKey(state, { kind: 'char', char }), first)
}

for (const [view, subject, names, keys] of frames)
  for (const name of names)
    for (const size of sizes) {
      const of = subject === '' ? view : `${view}-${subject.replace(/[^a-z]+/g, '-')}`
      const title = `${of}-${size.columns}x${size.rows}-${name}`
      test(`frame ${title}`, () => {
        const snapshot = cases.get(name)
        if (snapshot === undefined) throw new Error(`no case ${name}`)
        const lines = frameOf(shown(snapshot, view, subject, size, keys), size)
        expect(lines).toHaveLength(size.rows)
        for (const line of lines) expect(line.reduce((sum, { text }) => sum + widthOf(text), 0)).toBe(size.columns)
        const text = `${plainText(lines)}\n`
        expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/)
        const path = join(import.meta.dirname, 'frames', `${title}.txt`)
        if (process.env['UPDATE'] === '1') writeFileSync(path, text)
        expect(existsSync(path), `${path} is there`).toBe(true)
        expect(text).toBe(readFileSync(path, 'utf8'))
      })
    }

describe('numbers in few columns', () => {
  for (const [made, expected] of [
    [rateText(null), ''],
    [rateText(0), '0 B/s'],
    [rateText(999.4), '999 B/s'],
    [rateText(1000), '1.0 kB/s'],
    [rateText(12_345), '12 kB/s'],
    [rateText(999_499), '999 kB/s'],
    [rateText(999_600), '1.0 MB/s'],
    [rateText(4.2e9), '4.2 GB/s'],
    [sizeText(0), '0B'],
    [sizeText(32 * 2 ** 30), '32G'],
    [sizeText(1.5 * 2 ** 40), '1.5T'],
    [sizeText(NaN), '?'],
    [countText(9999), '9999'],
    [countText(123_456), '123k'],
    [countText(1.2e6), '1.2M'],
    [sinceText(1e12, 1e12 - 720_000), '12 min'],
    [sinceText(1e12, NaN), ''],
    [sinceText(1e12, 0), ''],
    [momentText(Date.UTC(2026, 2, 14, 2, 3, 27), Date.UTC(2026, 2, 14, 9)), '02:03:27'],
    [momentText(Date.UTC(2026, 2, 13, 23, 3, 27), Date.UTC(2026, 2, 14, 9)), '03-13 23:03'],
    [momentText(NaN, NaN), '??:??:??'],
  ] as const)
    test(`${made === '' ? 'nothing' : made} is ${expected === '' ? 'nothing' : expected}`, () =>
      expect(made).toBe(expected))
})

describe('events in words', () => {
  const event = { at: 0, level: 'warn' as const, before: 'up', after: 'down', why: 'does not answer', flapping: false }
  for (const [subject, more, said, why] of [
    [{ kind: 'host', name: 'tesla' }, {}, 'up → down', 'does not answer'],
    [{ kind: 'host', name: 'tesla' }, { before: 'unknown' }, 'down', 'does not answer'],
    [{ kind: 'problem', name: 'bohr', what: 'pf' }, { before: '', after: 'bad', why: 'pf is off' }, 'pf is off', ''],
    [{ kind: 'problem', name: 'bohr', what: 'pf' }, { after: 'solved', why: '' }, 'solved: pf', ''],
    [
      { kind: 'tunnel', name: 'many' },
      { before: 'and', after: '12 more changed' },
      '12 more changed',
      'does not answer',
    ],
  ] as const)
    test(`${subject.kind} ${subject.name}: ${said}`, () => {
      expect(changeText({ ...event, ...more, subject })).toBe(said)
      expect(whyText({ ...event, ...more, subject })).toBe(why)
    })
})

describe('what is said stays said without colour', () => {
  test('every level on the overview has its symbol and its word', () => {
    const snapshot = cases.get('no-leader')
    if (snapshot === undefined) throw new Error('no case')
    const text = plainText(
      frameOf(shown(snapshot, 'overview', '', { columns: 160, rows: 50 }), { columns: 160, rows: 50 }),
    )
    expect(text).toContain('✗ bohr')
    expect(text).toContain('jail db-postgres does not run')
    expect(text).toContain('postgres: no leader')
    expect(text).toContain('6 min')
  })
  test('beside a database without leader nobody is said to lead', () => {
    const snapshot = cases.get('no-leader')
    if (snapshot === undefined) throw new Error('no case')
    const services = snapshot.services.map(one => ({ ...one, leader: 'newton' }))
    const size = { columns: 160, rows: 50 }
    const lines = plainText(frameOf(shown({ ...snapshot, services }, 'overview', '', size), size)).split('\n')
    expect(lines.filter(line => line.includes('postgres: no leader')).join('\n')).not.toContain('led by')
    expect(lines.some(line => /cache .* led by newton/.test(line))).toBe(true)
  })
  test('tunnels that are not up are told one by one, or with hosts that are not up', () => {
    for (const [name, there, more] of [
      ['host-down', 16, 14],
      ['region-lost', 12, 18],
    ] as const) {
      const snapshot = cases.get(name)
      if (snapshot === undefined) throw new Error('no case')
      const size = { columns: 160, rows: 50 }
      const text = plainText(frameOf(shown(snapshot, 'overview', '', size), size))
      expect(text).toMatch(new RegExp(`tunnels +${there}/30 up`))
      expect(text).toContain(`${more} end at hosts that are not up`)
    }
  })
})
