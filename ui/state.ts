/** What the screens remember: values only. Keys, snapshots and sizes each make a new one. */
import type { Snapshot } from '../src/health/snapshot.ts'
import type { Size } from './line.ts'

/** In the order of their number keys. */
export const mainViews = ['overview', 'hosts', 'links', 'matrix', 'services', 'drift', 'events', 'whatif'] as const
export type MainView = (typeof mainViews)[number]
export type ViewName = MainView | 'host' | 'link' | 'service' | 'help' | 'yaml'

/** One crumb: a view, what it is about, and where in it people are. */
export interface Page {
  readonly view: ViewName
  /** Of a host `tesla`, of a link `tesla>bohr`, of YAML `host tesla`; empty: the whole mesh. */
  readonly subject: string
  /** Id of the selected row; null: the first. It stays selected when rows change places. */
  readonly selected: string | null
  /** Where that row was: its neighbour is selected when it goes. */
  readonly row: number
  /** The first row on the screen. */
  readonly top: number
  /** The selected column, of a matrix. */
  readonly across: string | null
  readonly filter: string
  /** Index in the sorts of its view. */
  readonly sort: number
  readonly reversed: boolean
}

interface Prompt {
  readonly kind: 'filter' | 'command'
  readonly text: string
}

interface Note {
  readonly text: string
  readonly tone: 'plain' | 'warn'
}

export interface State {
  /** What is shown; null: nothing was observed yet. */
  readonly snapshot: Snapshot | null
  /** The newest one, which is not shown while paused. */
  readonly latest: Snapshot | null
  readonly paused: boolean
  /** Rises with each wish to look again at once. */
  readonly refreshWanted: number
  /** The last one is shown; the first is a main view. */
  readonly pages: readonly [Page, ...Page[]]
  /** Main views as they were left. */
  readonly left: Partial<Readonly<Record<MainView, Page>>>
  readonly prompt: Prompt | null
  /** Gone with the next key. */
  readonly note: Note | null
  /** What is lost in what-if: `host tesla`, `region usa`, `provider alpha`, `link bohr tesla`. */
  readonly marks: ReadonlySet<string>
  readonly size: Size
  /** By the clock of the source; null: nobody says. The age of what is shown is held against it. */
  readonly now: number | null
  /** Nothing new will come: a recording is at its end. */
  readonly sourceEnded: boolean
  readonly ended: boolean
}

export interface Options {
  readonly view?: MainView
  readonly size?: Size
}

export const pageOf = (view: ViewName, subject = ''): Page => ({
  ...{ view, subject, selected: null, row: 0, top: 0, across: null },
  ...{ filter: '', sort: 0, reversed: false },
})

export const initialState = ({ view = 'overview', size = { columns: 80, rows: 24 } }: Options = {}): State => ({
  ...{ snapshot: null, latest: null, paused: false, refreshWanted: 0 },
  ...{ pages: [pageOf(view)], left: {}, prompt: null, note: null, marks: new Set<string>() },
  ...{ size, now: null, sourceEnded: false, ended: false },
})

export const pageIn = ({ pages }: State): Page => pages.at(-1) ?? pages[0]

export function withPage(state: State, page: Page): State {
  const [first, ...rest] = state.pages
  return { ...state, pages: rest.length === 0 ? [page] : [first, ...rest.slice(0, -1), page] }
}

/** So that a page down is a page of this terminal. */
export const withSize = (state: State, size: Size): State =>
  size.columns === state.size.columns && size.rows === state.size.rows ? state : { ...state, size }

export const withSourceEnd = (state: State): State => ({ ...state, sourceEnded: true })

export const withTime = (state: State, now: number): State => ({ ...state, now })
