import fc from 'fast-check'
import stringWidth from 'string-width'
import { expect, test } from 'vitest'
import { fit, fitLine, type Line, plainText, printable, span, widthOf } from '../../ui/line.ts'

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom(...Array.from('ab ●…─█→漢é\u0301👍🏽🇩🇪\u202e\x1b\x07')) }),
)
const lines = fc.array(
  text.map(one => span(one)),
  { maxLength: 6 },
)

for (const [from, width, align, expected] of [
  ['tesla', 8, 'left', 'tesla   '],
  ['tesla', 8, 'right', '   tesla'],
  ['tesla', 5, 'left', 'tesla'],
  ['tesla', 4, 'left', 'tes…'],
  ['tesla', 4, 'right', 'tes…'],
  ['tesla', 1, 'left', '…'],
  ['tesla', 0, 'left', ''],
  ['', 2, 'left', '  '],
  ['漢字', 4, 'left', '漢字'],
  ['漢字漢', 4, 'left', '漢… '], // a wide character does not fit in half
  ['a\x1b[2Jb', 8, 'left', 'a�[2Jb  '],
  ['e\u0301te\u0301', 2, 'left', 'e\u0301…'],
] as const)
  test(`fit ${JSON.stringify(from)} ${width} ${align}`, () => expect(fit(from, width, align)).toBe(expected))

for (const [from, expected] of [
  ['tesla', 'tesla'],
  ['Zürich ● → …', 'Zürich ● → …'],
  ['\x1b]0;x\x07', '�]0;x�'],
  ['\u009b31m', '�31m'],
  ['\u202eabc\u2066', '�abc�'],
  ['a\u200bb\ufeffc\u00add', 'a�b�c�d'],
  ['\ud800', '�'],
  ['a\u2028b\nc', 'a�b�c'],
  [`e${'\u0301'.repeat(50)}`, `e${'\u0301'.repeat(3)}`],
] as const)
  test(`printable ${JSON.stringify(from)}`, () => expect(printable(from)).toBe(expected))

test('words are together as wide as each alone', () =>
  fc.assert(
    fc.property(text, text, (one, other) => {
      expect(widthOf(one + other)).toBe(widthOf(one) + widthOf(other))
    }),
  ))

test('a character is as wide as its libraries say, also the many that are not asked about', () => {
  const wrong: string[] = []
  for (let code = 0x20; code < 0x3000; code++) {
    const char = String.fromCharCode(code)
    if (widthOf(char) !== stringWidth(printable(char))) wrong.push(code.toString(16))
  }
  expect(wrong).toEqual([])
})

test('a fitted text has exactly the width, on either side', () =>
  fc.assert(
    fc.property(text, fc.nat(30), fc.constantFrom('left', 'right'), (one, width, align) => {
      expect(widthOf(fit(one, width, align))).toBe(width)
    }),
  ))

test('a fitted line has exactly the width, and fitting it again changes nothing', () =>
  fc.assert(
    fc.property(lines, fc.nat(60), (line, width) => {
      const fitted = fitLine(line, width)
      expect(widthOf(fitted.map(one => one.text).join(''))).toBe(width)
      expect(plainText([fitLine(fitted, width)])).toBe(plainText([fitted]))
    }),
  ))

for (const [name, line, width, expected] of [
  ['padded', ['ab', 'cd'], 6, ['ab', 'cd', '  ']],
  ['just right', ['ab', 'cd'], 4, ['ab', 'cd']],
  ['cut in the last word', ['ab', 'cd'], 3, ['ab', '…']],
  ['cut where a word ends', ['ab', 'cd'], 2, ['a…']],
  ['nothing', ['ab'], 0, []],
] as const)
  test(`a line, ${name}`, () =>
    expect(
      fitLine(
        line.map(one => span(one, 'ok')),
        width,
      ).map(one => one.text),
    ).toEqual(expected))

test('the padding of a selected row is selected', () => {
  const selected: Line = [{ ...span('ab'), inverse: true }]
  expect(fitLine(selected, 4).at(-1)).toEqual({ text: '  ', tone: 'plain', inverse: true })
  expect(fitLine([span('ab')], 4).at(-1)).toEqual({ text: '  ', tone: 'plain' })
})

test('plain text has no trailing blanks and no controls', () =>
  expect(plainText([[span('a '), span('b  ', 'bad')], [], [span('\x1b[2J')]])).toBe('a b\n\n�[2J'))
