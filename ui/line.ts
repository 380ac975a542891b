/** Lines of a screen: words with a meaning each, measured in columns of a terminal. */
import stringWidth from 'string-width'

/** What a word is, not how it looks: the terminal decides on colours. */
export type Tone = 'plain' | 'faint' | 'strong' | 'ok' | 'warn' | 'bad' | 'unknown' | 'accent' | 'title'

export interface Span {
  readonly text: string
  readonly tone: Tone
  /** On the selected row: the whole line is shown inverse. */
  readonly inverse?: boolean
}

export type Line = readonly Span[]

/** What is drawn at a time: as many lines as the terminal has rows, none wider than it has columns. */
export type Frame = readonly Line[]

export interface Size {
  readonly columns: number
  readonly rows: number
}

export const span = (text: string, tone: Tone = 'plain'): Span => ({ text, tone })

/**
 * Columns it takes once it is {@link printable}: character by character, as wcwidth(3) counts, so that the words of a
 * line are together as wide as each alone.
 */
export function widthOf(text: string): number {
  for (let i = 0; i < text.length; i++) if (!isNarrow(text.charCodeAt(i))) return wideWidthOf(printable(text))
  return text.length
}

function wideWidthOf(text: string): number {
  let columns = 0
  for (const char of text) columns += isNarrow(char.charCodeAt(0)) ? 1 : stringWidth(char)
  return columns
}

/** Exactly `width` columns: padded, or cut with an ellipsis. */
export function fit(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  if (width <= 0) return ''
  const clean = printable(text)
  const columns = widthOf(clean)
  const kept = columns <= width ? clean : `${cut(clean, width - 1)}…`
  const blanks = ' '.repeat(width - (columns <= width ? columns : widthOf(kept)))
  return align === 'left' ? kept + blanks : blanks + kept
}

/** Exactly `width` columns: cut with an ellipsis, or padded; the padding of a selected row belongs to it. */
export function fitLine(line: Line, width: number): Line {
  const fitted: Span[] = []
  const columns = line.reduce((sum, { text }) => sum + widthOf(text), 0)
  let left = width
  for (const one of line) {
    const own = widthOf(one.text)
    if (own > left || (own === left && columns > width && own > 0)) {
      // Here it ends: the ellipsis takes the last column, also when this span alone would just have fitted.
      if (left > 0) fitted.push({ ...one, text: fit(`${printable(one.text)}  `, left) })
      return fitted
    }
    fitted.push({ ...one, text: printable(one.text) })
    left -= own
  }
  if (left <= 0) return fitted
  const blanks = span(' '.repeat(left))
  return [...fitted, line.every(one => one.inverse === true) && line.length > 0 ? { ...blanks, inverse: true } : blanks]
}

/** For golden files: no tones, no trailing blanks. */
export const plainText = (lines: readonly Line[]): string =>
  lines
    .map(line =>
      line
        .map(({ text }) => printable(text))
        .join('')
        .trimEnd(),
    )
    .join('\n')

/**
 * What a terminal would obey, hide or reorder becomes �: controls, formats (bidirectional ones too), what is ignored by
 * default, line separators, halves of characters. Of marks piled on one character three are kept.
 */
export function printable(text: string): string {
  for (let i = 0; i < text.length; i++)
    if (!isNarrow(text.charCodeAt(i))) return text.replace(obeyed, '�').replace(piled, '$1')
  return text
}

const obeyed = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu
const piled = /([\p{Mn}\p{Me}]{3})[\p{Mn}\p{Me}]+/gu

/** Of one column, whatever stands beside it: what nearly all text is made of, so that it needs no segmenter. */
const isNarrow = (code: number): boolean =>
  (code >= 0x20 && code <= 0x7e) ||
  (code >= 0x2500 && code <= 0x25fc) ||
  (code >= 0x2010 && code <= 0x2027) ||
  (code >= 0x2190 && code <= 0x21ff) ||
  (code >= 0xa0 && code <= 0x17f && code !== 0xad) ||
  code === 0x2713 ||
  code === 0x2717

/** As much of its beginning as takes at most `width` columns. */
function cut(text: string, width: number): string {
  let end = 0
  let columns = 0
  for (const char of text) {
    columns += wideWidthOf(char)
    if (columns > width) break
    end += char.length
  }
  return text.slice(0, end)
}
