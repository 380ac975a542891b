/** What a screen is: rows that people move on, lines that stay around them, and what keys do there. */
import type { Snapshot } from '../../src/health/snapshot.ts'
import type { Key } from '../keys.ts'
import type { Line, Size } from '../line.ts'
import type { Page, ViewName } from '../state.ts'

export interface Context {
  readonly snapshot: Snapshot
  readonly page: Page
  readonly marks: ReadonlySet<string>
}

/** Rows are drawn only when they are seen: there may be a million. */
export interface Rows {
  readonly count: number
  id(row: number): string
  /** -1: it is not there. */
  find(id: string): number
  /** As wide or narrower. */
  line(row: number, width: number): Line
  /** May it be selected? Not there: all may. */
  stops?(row: number): boolean
  /** Text to read: nothing is selected, all of it moves. */
  readonly still?: true
}

export interface Body {
  readonly rows: Rows
  /** Stay where they are: heads of columns, histories. */
  readonly above?: readonly Line[]
  readonly below?: readonly Line[]
  /** A panel at the right. */
  readonly beside?: { readonly width: number; readonly lines: readonly Line[] }
  /** Shown at the foot of the rows if they leave so much room, the most important first. */
  readonly rest?: (width: number, height: number) => readonly Line[]
  /** Said when there are no rows. */
  readonly empty: string
}

export interface Hint {
  readonly key: string
  readonly does: string
}

export interface Target {
  readonly view: ViewName
  readonly subject?: string
  readonly filter?: string
}

export interface Change {
  readonly page?: Page
  readonly marks?: ReadonlySet<string>
  readonly note?: string
}

export interface View {
  readonly name: ViewName
  /** Its crumb. */
  title(page: Page): string
  /** Names of its orders, the first is the usual one; empty: it has one order only. */
  readonly sorts: readonly string[]
  readonly filters: boolean
  readonly hints: readonly Hint[]
  /** How many of what, for the line above: `30 tunnels`. */
  counts?(context: Context): string
  /** `room`: of everything between the head and the foot of the screen. */
  body(context: Context, room: Size): Body
  /** Where Enter leads from a row. */
  target?(context: Context, id: string): Target | null
  /** The subject of its YAML: `host tesla`. */
  yaml?(context: Context, id: string): string | null
  /** Keys of its own. */
  own?(context: Context, key: Key, id: string | null): Change | null
}

/** The row that is selected: the same as before, or the neighbour of one that went. */
export function placeOf(page: Page, rows: Rows): number {
  if (rows.count === 0) return 0
  const { selected, row } = page
  if (selected !== null) {
    if (row < rows.count && rows.id(row) === selected) return row
    const found = rows.find(selected)
    if (found >= 0) return found
  }
  return stopFrom(rows, Math.min(Math.max(0, selected === null ? 0 : row), rows.count - 1), 1)
}

/** The nearest row in this direction where one may stop; else in the other one. */
export function stopFrom(rows: Rows, row: number, step: 1 | -1): number {
  const stops = (at: number) => rows.stops?.(at) ?? true
  for (let at = row; at >= 0 && at < rows.count; at += step) if (stops(at)) return at
  for (let at = row; at >= 0 && at < rows.count; at -= step) if (stops(at)) return at
  return row
}

/** The first row on a screen of `height`, so that the selected one is on it; what stands before the first stop shows with it. */
export function topOf({ top }: Page, rows: Rows, row: number, height: number): number {
  const most = Math.max(0, rows.count - height)
  if (rows.still === true) return Math.min(Math.max(0, top), most)
  if (row <= stopFrom(rows, 0, 1) && row < height) return 0
  if (row >= stopFrom(rows, rows.count - 1, -1)) return Math.min(most, row)
  return Math.min(most, row, Math.max(top, row - height + 1))
}

export const textRows = (lines: readonly Line[]): Rows => ({
  count: lines.length,
  id: String,
  find: id => (Number(id) < lines.length ? Number(id) : -1),
  line: row => lines[row] ?? [],
  still: true,
})

export const listRows = <T extends { readonly id: string }>(
  list: readonly T[],
  line: (one: T, width: number) => Line,
  stops?: (one: T) => boolean,
): Rows => ({
  count: list.length,
  id: row => list[row]?.id ?? '',
  find: id => list.findIndex(one => one.id === id),
  line: (row, width) => {
    const one = list[row]
    return one === undefined ? [] : line(one, width)
  },
  ...(stops === undefined
    ? {}
    : {
        stops: (row: number) => {
          const one = list[row]
          return one !== undefined && stops(one)
        },
      }),
})
