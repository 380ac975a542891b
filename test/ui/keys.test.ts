import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Key, KeyReader } from '../../ui/keys.ts'

const nameOf = (key: Key): string =>
  key.kind === 'char' || key.kind === 'ctrl'
    ? `${key.kind}:${key.char}`
    : key.kind === 'paste'
      ? `paste:${key.text}`
      : key.kind

const keysOf = (...chunks: readonly (string | Uint8Array)[]): string => {
  const reader = new KeyReader()
  return [...chunks.flatMap(chunk => reader.push(chunk)), ...reader.flush()].map(nameOf).join(' ')
}

describe('a chunk', () => {
  for (const [bytes, expected] of [
    ['j', 'char:j'],
    ['jjj', 'char:j char:j char:j'],
    ['é漢👍', 'char:é char:漢 char:👍'],
    ['\r', 'enter'],
    ['\n', 'enter'],
    ['\t', 'tab'],
    ['\x7f', 'backspace'],
    ['\b', 'backspace'],
    ['\x03\x04\x0c\x15\x1a', 'ctrl:c ctrl:d ctrl:l ctrl:u ctrl:z'],
    ['\x00\x1c\x1d\x1e\x1f', ''],
    ['\x1b', 'escape'],
    ['\x1bj', 'escape char:j'], // Alt-j
    ['\x1b\x1b', 'escape escape'],
    ['\x1b\x1b[A', 'escape up'],
    ['\x1b[A\x1b[B\x1b[C\x1b[D', 'up down right left'],
    ['\x1bOA\x1bOB\x1bOC\x1bOD', 'up down right left'], // application cursor keys
    ['\x1b[1;5A', 'up'],
    ['\x1b[H\x1b[F\x1bOH\x1bOF', 'home end home end'],
    ['\x1b[1~\x1b[4~\x1b[7~\x1b[8~', 'home end home end'], // linux, rxvt
    ['\x1b[5~\x1b[6~\x1b[5;2~', 'pgup pgdn pgup'],
    ['\x1b[I\x1b[G', 'pgup pgdn'], // syscons(4)
    ['\x1b[3~', 'delete'],
    ['\x1b[Z', 'backtab'],
    ['\x1bOM', 'enter'],
    ['\x1bOP\x1b[15~\x1b[[Aq', 'char:q'], // function keys
    ['\x1b[2~q', 'char:q'],
    ['\x1b[<0;12;34Mq', 'char:q'], // mouse
    ['\x1b[<0;12;34mq', 'char:q'],
    ['\x1b[M !!q', 'char:q'],
    ['\x1b]11;rgb:0000/0000/0000\x1b\\q', 'char:q'],
    ['\x1b]11;rgb:0000/0000/0000\x07q', 'char:q'],
    ['\x1bP1$r0m\x1b\\q', 'char:q'],
    ['\x1b_Gi=1;OK\x1b\\q', 'char:q'],
    ['\x1b^private\x1b\\q', 'char:q'],
    ['\x1b[?62;22cq', 'char:q'],
    ['\x1b[12;34Rq', 'char:q'],
    ['\x1b[?2026;2$yq', 'char:q'],
    [`\x1b[${'1;'.repeat(5000)}Aq`, 'char:q'], // longer than any sequence
    ['\x1b[\x03', 'ctrl:c'], // broken off: ctrl-c always works
    ['\x1b]0;x\x03', 'ctrl:c'],
    ['\x1b[1\x1b[A', 'up'],
    ['\x1b]0;x\x1b[A', 'up'],
    ['\x1b[200~tesla\x1b[201~q', 'paste:tesla char:q'],
    ['\x1b[200~  two\r\nlines\t\x1b[31m \x1b[201~q', 'paste:two lines [31m char:q'],
    ['\x1b[200~\n\x1b[201~q', 'char:q'],
    ['\x1b[200~a\x1b[20b\x1b\x1b[201~', 'paste:a[20b'],
    ['\x1b[201~q', 'char:q'],
    ['\u202e\u200b\u00ad\ufffdq', 'char:q'],
    ['\u009b31mq', 'char:3 char:1 char:m char:q'], // no C1 in UTF-8
  ] as const)
    test(`${JSON.stringify(bytes).slice(0, 60)} → ${expected}`, () => expect(keysOf(bytes)).toBe(expected))

  for (const [name, bytes, expected] of [
    ['a lead byte alone', [0xc3, 0x71], 'char:q'],
    ['a continuation alone', [0xa9, 0x71], 'char:q'],
    ['overlong', [0xc0, 0xaf, 0x71], 'char:q'],
    ['a surrogate', [0xed, 0xa0, 0x80, 0x71], 'char:q'],
    ['broken off by an arrow', [0xe6, 0xbc, 0x1b, 0x5b, 0x41], 'up'],
    ['X10 mouse beyond ASCII', [0x1b, 0x5b, 0x4d, 0x20, 0xc3, 0xff, 0x71], 'char:q'],
  ] as const)
    test(`bytes that are no UTF-8: ${name}`, () => expect(keysOf(Uint8Array.from(bytes))).toBe(expected))
})

describe('what is not whole', () => {
  test('escape is a key when nothing follows in time', () => {
    const reader = new KeyReader()
    expect(reader.patience).toBeNull()
    expect(reader.push('\x1b')).toEqual([])
    expect(reader.patience).toBeLessThanOrEqual(50)
    expect(reader.flush()).toEqual([{ kind: 'escape' }])
    expect(reader.patience).toBeNull()
    expect(reader.flush()).toEqual([])
  })

  for (const start of ['\x1b[', '\x1bO', '\x1b]0;', '\x1bP', '\x1b[200~abc', '\xc3'])
    test(`${JSON.stringify(start)} is given up, and the next key is one`, () => {
      const reader = new KeyReader()
      expect(reader.push(Buffer.from(start, 'latin1'))).toEqual([])
      expect(reader.patience).toBeGreaterThan(50)
      expect(reader.flush()).toEqual([])
      expect(reader.push('q')).toEqual([{ kind: 'char', char: 'q' }])
    })

  test('an endless paste is cut', () => {
    const reader = new KeyReader()
    reader.push('\x1b[200~')
    for (let i = 0; i < 1000; i++) expect(reader.push('x'.repeat(1000))).toEqual([])
    const [key] = reader.push('\x1b[201~')
    expect(key?.kind === 'paste' && key.text.length).toBe(4096)
  })
})

const pieces = fc.array(
  fc.oneof(
    fc.constantFrom('\x1b', '\x1b[', '\x1bO', '\x1b]', '\x1b\\', '\x1b[200~', '\x1b[201~', '\x1b[M', '\x07', '\x03'),
    fc.string({ unit: 'grapheme', maxLength: 4 }),
    fc.constantFrom('A', '~', '5~', '<1;2;3M', ';', '\r'),
  ),
  { maxLength: 30 },
)
const bytes = fc.oneof(
  pieces.map(all => Uint8Array.from(Buffer.from(all.join('')))),
  fc.uint8Array({ maxLength: 60 }),
)

test('however the bytes are split, the keys are the same', () =>
  fc.assert(
    fc.property(bytes, fc.array(fc.nat(60)), (all, cuts) => {
      const places = [0, ...cuts.filter(cut => cut < all.length), all.length].toSorted((a, b) => a - b)
      const chunks = places.slice(1).map((place, i) => all.subarray(places[i], place))
      expect(keysOf(...chunks)).toBe(keysOf(all))
    }),
  ))

test('a key is one printable character, and a paste one printable line', () =>
  fc.assert(
    fc.property(bytes, all => {
      for (const key of new KeyReader().push(all)) {
        if (key.kind === 'char') expect(Array.from(key.char)).toHaveLength(1)
        if (key.kind === 'ctrl') expect(key.char).toMatch(/^[a-z]$/)
        const shown = key.kind === 'char' ? key.char : key.kind === 'paste' ? key.text : ''
        expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
      }
    }),
  ))
