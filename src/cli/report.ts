/** Diagnostics as people read them: what, where with the line and a caret, and the way out. */
import type { Diagnostic } from '../../topology/diagnostic.ts'
import { placeText } from '../../topology/diagnostic.ts'
import { byText } from '../../topology/names.ts'
import { printable } from '../text/printable.ts'

export interface Paint {
  error(text: string): string
  warning(text: string): string
  note(text: string): string
  strong(text: string): string
  faint(text: string): string
  added(text: string): string
  removed(text: string): string
}

const sgr =
  (on: number, off: number) =>
  (text: string): string =>
    `\u001b[${on}m${text}\u001b[${off}m`
const bare = (text: string): string => text

const plainPaint: Paint = {
  error: bare,
  warning: bare,
  note: bare,
  strong: bare,
  faint: bare,
  added: bare,
  removed: bare,
}
const colours: Paint = {
  error: sgr(31, 39),
  warning: sgr(33, 39),
  note: sgr(36, 39),
  strong: sgr(1, 22),
  faint: sgr(2, 22),
  added: sgr(32, 39),
  removed: sgr(31, 39),
}

/** Colour only on a terminal, and never against NO_COLOR (no-color.org). */
export const paintFor = (
  stream: { readonly isTTY?: boolean },
  environment: Record<string, string | undefined>,
): Paint => (stream.isTTY === true && !environment['NO_COLOR'] && environment['TERM'] !== 'dumb' ? colours : plainPaint)

const ranks = { error: 0, warning: 1, note: 2 } as const

/** Errors first, then by file and line; one blank line between two. */
export function reportText(diagnostics: readonly Diagnostic[], paint: Paint): string {
  const sorted = diagnostics.toSorted(
    (a, b) =>
      ranks[a.severity] - ranks[b.severity] ||
      byText(a.place?.document ?? '', b.place?.document ?? '') ||
      (a.source?.line ?? 0) - (b.source?.line ?? 0) ||
      (a.source?.column ?? 0) - (b.source?.column ?? 0) ||
      byText(a.message, b.message),
  )
  return sorted.map(diagnostic => diagnosticText(diagnostic, paint)).join('\n')
}

function diagnosticText({ severity, code, message, place, source, hint }: Diagnostic, paint: Paint): string {
  const lines = [`${paint[severity](severity)} ${paint.strong(code)}: ${printable(message)}`]
  if (place !== undefined) {
    const at = source ? `${place.document}:${source.line}:${source.column}` : place.document
    const keys = placeText(place.path)
    lines.push(`  ${printable(at)}${keys === '' ? '' : `  ${printable(keys)}`}`)
  }
  if (source !== undefined) {
    const number = String(source.line)
    const { text, column, width } = windowOf(source.text, source.column, source.width)
    lines.push(`  ${paint.faint(`${number} |`)} ${text}`)
    lines.push(
      `  ${paint.faint(`${' '.repeat(number.length)} |`)} ${' '.repeat(column - 1)}${paint[severity]('^'.repeat(width))}`,
    )
  }
  if (hint !== undefined && hint !== '') lines.push(`  ${printable(hint)}`)
  return `${lines.join('\n')}\n`
}

/** What people wrote is data: it reaches the terminal without control characters, and a long line only around its caret. */
function windowOf(line: string, column: number, width: number) {
  const most = 72
  const clean = printable(line)
  const from = column > most - 8 ? column - 24 : 1
  const text = clean.slice(from - 1, from - 1 + most)
  const start = column - from + 1
  return { text, column: start, width: Math.max(1, Math.min(width, text.length - start + 1)) }
}

export const jsonOf = (diagnostics: readonly Diagnostic[]) =>
  diagnostics.map(({ severity, code, message, place, source, hint }) => ({
    ...{ severity, code, message },
    ...(place && { file: place.document, path: place.path }),
    ...(source && { line: source.line, column: source.column }),
    ...(hint !== undefined && { hint }),
  }))
