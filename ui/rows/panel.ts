/** Frames around what stands beside or below: a rule with a title, lines beside lines. */
import { fitLine, type Line, span, widthOf } from '../line.ts'

/** `─ events ─────────── 3 of 40 ─` */
export function rule(title: Line, width: number, right: Line = []): Line {
  const own = (line: Line) => line.reduce((sum, { text }) => sum + widthOf(text), 0)
  const end: Line = own(right) === 0 ? [] : [span(' '), ...right, span(' ')]
  const start: Line = title.length === 0 ? [] : [span(' '), ...title, span(' ')]
  const left = width - 2 - own(start) - own(end)
  if (left < 0 && own(right) > 0) return rule(title, width)
  return fitLine(
    [span('─', 'faint'), ...start, span('─'.repeat(Math.max(0, left)), 'faint'), ...end, span('─', 'faint')],
    width,
  )
}

/** What stands between two columns. */
export const between = 3

/** Lines in two columns with a line between. */
export function besides(
  left: readonly Line[],
  right: readonly Line[],
  width: number,
  rightWidth: number,
): readonly Line[] {
  const leftWidth = Math.max(0, width - rightWidth - between)
  return Array.from({ length: Math.max(left.length, right.length) }, (_, i) => [
    ...fitLine(left[i] ?? [], leftWidth),
    span(' │ ', 'faint'),
    ...fitLine(right[i] ?? [], rightWidth),
  ])
}

export const blank: Line = []
