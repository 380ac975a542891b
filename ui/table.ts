/** Columns that fit a width: those that matter least go first, and one takes what is left. */
import { fit, fitLine, type Line, type Span, span, widthOf } from './line.ts'

export interface Column<Row> {
  readonly title: string
  readonly width: number
  /** Takes what is left; at least `width`. */
  readonly grows?: true
  readonly right?: true
  /** The highest goes first where there is no room; without: it stays. */
  readonly spare?: number
  cell(row: Row): Span | Line
}

export interface Table<Row> {
  /** Titles; of the column that rows are sorted by, with an arrow. */
  head(sorted?: Sorted): Line
  line(row: Row): Line
}

interface Sorted {
  readonly title: string
  /** The largest, or the last of the alphabet, first. */
  readonly down: boolean
}

const gap = 2
const gapText = '  '

export function table<Row>(columns: readonly Column<Row>[], width: number): Table<Row> {
  const laid = widths(columns, width)
  const put = (said: (column: Column<Row>) => Span | Line): Line =>
    laid.flatMap(({ column, columns: own }, i) => {
      const cell = said(column)
      const fitted =
        'text' in cell
          ? [span(fit(cell.text, own, column.right === true ? 'right' : 'left'), cell.tone)]
          : fitLine(cell, own)
      return i === 0 ? fitted : [span(gapText), ...fitted]
    })
  return {
    head: sorted =>
      put(({ title }) =>
        title === sorted?.title ? span(title + (sorted.down ? '↓' : '↑'), 'strong') : span(title, 'faint'),
      ),
    line: row => put(column => column.cell(row)),
  }
}

function widths<Row>(columns: readonly Column<Row>[], width: number) {
  let kept = columns
  const needed = () => kept.reduce((sum, column) => sum + column.width, gap * (kept.length - 1))
  for (;;) {
    if (needed() <= width) break
    const spare = Math.max(0, ...kept.map(column => column.spare ?? 0))
    if (spare === 0) break
    kept = kept.filter(column => (column.spare ?? 0) !== spare)
  }
  const left = Math.max(0, width - needed())
  const growing = kept.filter(column => column.grows === true).length
  return kept.map(column => ({
    column,
    columns: column.width + (column.grows === true ? Math.floor(left / Math.max(1, growing)) : 0),
  }))
}

/** As wide as the widest of these, within bounds. */
export function widthFor(texts: Iterable<string>, least: number, most: number): number {
  let width = least
  for (const text of texts) {
    if (width >= most) return most
    width = Math.max(width, Math.min(most, widthOf(text)))
  }
  return width
}
