/** Where people are: the view, its rows, the one that is selected, the part of them that is on the screen. */
import type { Size } from './line.ts'
import { pageIn, type Page, type State } from './state.ts'
import { views } from './views/all.ts'
import { type Body, type Context, placeOf, topOf, type View } from './views/view.ts'

export interface Situation {
  readonly view: View
  readonly context: Context
  readonly body: Body
  readonly row: number
  /** Null: nothing can be selected. */
  readonly id: string | null
  readonly top: number
  /** How many rows are on the screen. */
  readonly height: number
}

/** Lines of the head: totals, views, crumbs. */
export const headRows = ({ rows }: Size): number => (rows >= 9 ? 3 : rows >= 5 ? 1 : 0)
const footRows = ({ rows }: Size): number => (rows >= 3 ? 1 : 0)

/** Between head and foot. */
export const roomOf = (size: Size): Size => ({
  columns: size.columns,
  rows: Math.max(0, size.rows - headRows(size) - footRows(size)),
})

/** Null: nothing was observed yet. Help needs no observation. */
export function situationOf(state: State, size: Size): Situation | null {
  const { snapshot, marks } = state
  if (snapshot === null) return null
  const page = pageIn(state)
  const view = views[page.view]
  const room = roomOf(size)
  const first = view.body({ snapshot, page, marks }, room)
  const row = placeOf(page, first.rows)
  const id = first.rows.still === true || first.rows.count === 0 ? null : first.rows.id(row)
  const resolved: Page = { ...page, selected: id, row }
  const context = { snapshot, page: resolved, marks }
  // What is drawn around the rows may follow the selected one.
  const body = page.selected === id ? first : view.body(context, room)
  const height = Math.max(1, room.rows - (body.above?.length ?? 0) - (body.below?.length ?? 0))
  return { view, context, body, row, id, height, top: topOf(page, body.rows, row, height) }
}
