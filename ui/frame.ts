/** A frame of the screen from what is known and where people are: as many lines as there are rows, each as wide as it is. */
import { foot, head } from './chrome.ts'
import { fitLine, type Line, type Size, span } from './line.ts'
import { besides, between } from './rows/panel.ts'
import { faint } from './rows/words.ts'
import { headRows, roomOf, type Situation, situationOf } from './situation.ts'
import { pageIn, type State } from './state.ts'
import { help } from './views/help.ts'

export function frameOf(state: State, size: Size): readonly Line[] {
  const columns = Math.max(1, size.columns)
  const rows = Math.max(1, size.rows)
  const at = situationOf(state, { columns, rows })
  const room = roomOf({ columns, rows })
  const middle = at === null ? waiting(state, room) : bodyLines(at, room)
  const lines = [
    ...head(state, at, { columns, rows }),
    ...Array.from({ length: room.rows }, (_, i) => middle[i] ?? []),
    ...(rows - headRows({ columns, rows }) - room.rows > 0 ? [foot(state, at, columns)] : []),
  ]
  return lines.slice(0, rows).map(line => fitLine(line, columns))
}

/** Before the first observation there is help, and nothing else. */
function waiting(state: State, room: Size): readonly Line[] {
  const page = pageIn(state)
  if (page.view !== 'help') return [[], [faint('  Nothing was observed yet.')]]
  return help.lines(room).slice(page.top)
}

const gutter = span('  ')

function bodyLines({ body, row, id, top, height }: Situation, room: Size): readonly Line[] {
  const { rows, above = [], below = [], beside, rest, empty } = body
  const width = beside === undefined ? room.columns : Math.max(1, room.columns - beside.width - between)
  const shown = Math.max(0, Math.min(height, rows.count - top))
  const list = Array.from({ length: shown }, (_, i): Line => {
    const line = rows.line(top + i, Math.max(0, width - 2))
    if (id === null || top + i !== row) return [gutter, ...line]
    return fitLine([span('› ', 'accent'), ...line], width).map(one => ({ ...one, inverse: true }))
  })
  const said: readonly Line[] = rows.count === 0 ? [[faint(`  ${empty}`)]] : list
  const foot = rest?.(width, height - said.length) ?? []
  const blanks = Array.from({ length: Math.max(0, height - said.length - foot.length) }, (): Line => [])
  const indent = (line: Line): Line => (line.length === 0 ? line : [gutter, ...line])
  const lines = [...above.map(indent), ...said, ...foot, ...blanks, ...below.map(indent)].slice(0, room.rows)
  return beside === undefined
    ? lines
    : besides(
        lines,
        Array.from({ length: room.rows }, (_, i) => beside.lines[i] ?? []),
        room.columns,
        beside.width,
      )
}
