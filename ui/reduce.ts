/** Keys and snapshots: each makes a new state from the one before. Nothing waits, nothing is probed. */
import type { Snapshot } from '../src/health/snapshot.ts'
import { commandOf, complete } from './commands.ts'
import type { Key } from './keys.ts'
import { situationOf, type Situation } from './situation.ts'
import { type MainView, mainViews, type Page, pageIn, pageOf, type State, withPage } from './state.ts'
import { stopFrom, type Target, topOf } from './views/view.ts'

/** Shown at once, unless people paused: then it waits. */
export function withSnapshot(state: State, snapshot: Snapshot): State {
  if (state.paused && state.snapshot !== null) return { ...state, latest: snapshot }
  return settled({ ...state, snapshot, latest: snapshot })
}

/** What was selected stays selected, wherever it is now; the neighbour of what went is selected by its name from now on. */
function settled(state: State): State {
  const at = situationOf(state, state.size)
  if (at === null) return state
  const page = pageIn(state)
  // Nobody has chosen a row yet: the first one, whichever it is.
  if (page.selected === null) return state
  return withPage(state, {
    ...page,
    selected: at.id ?? page.selected,
    row: at.id === null ? page.row : at.row,
    top: at.top,
  })
}

export function onKey(state: State, key: Key): State {
  if (key.kind === 'ctrl' && key.char === 'c') return { ...state, ended: true }
  const quiet = state.note === null ? state : { ...state, note: null }
  return state.prompt === null ? commanded(quiet, key) : prompted(quiet, key)
}

const noted = (state: State, text: string, tone: 'plain' | 'warn' = 'plain'): State => ({
  ...state,
  note: { text, tone },
})

function commanded(state: State, key: Key): State {
  const at = situationOf(state, state.size)
  const own = at?.view.own?.(at.context, key, at.id) ?? null
  if (own !== null) {
    const next = { ...(own.page === undefined ? state : withPage(state, own.page)), marks: own.marks ?? state.marks }
    return own.note === undefined ? next : noted(next, own.note)
  }
  switch (key.kind) {
    case 'up':
      return moved(state, at, -1)
    case 'down':
      return moved(state, at, 1)
    case 'pgup':
      return moved(state, at, -(at?.height ?? 1))
    case 'pgdn':
      return moved(state, at, at?.height ?? 1)
    case 'home':
      return moved(state, at, -Infinity)
    case 'end':
      return moved(state, at, Infinity)
    case 'enter':
      return opened(state, at)
    case 'escape':
      return escaped(state)
    case 'tab':
      return switched(state, mainViews[(mainViews.indexOf(mainOf(state)) + 1) % mainViews.length] ?? 'overview')
    case 'ctrl': {
      const half = Math.max(1, Math.floor((at?.height ?? 2) / 2))
      return key.char === 'd' ? moved(state, at, half) : key.char === 'u' ? moved(state, at, -half) : state
    }
    case 'char':
      return typed(state, at, key.char)
    default:
      return state
  }
}

function typed(state: State, at: Situation | null, char: string): State {
  const digit = mainViews[Number(char) - 1]
  if (/^[1-9]$/.test(char)) return digit === undefined ? state : switched(state, digit)
  switch (char) {
    case 'j':
      return moved(state, at, 1)
    case 'k':
      return moved(state, at, -1)
    case 'g':
      return moved(state, at, -Infinity)
    case 'G':
      return moved(state, at, Infinity)
    case 'q':
      return state.pages.length > 1 ? left(state) : { ...state, ended: true }
    case '?':
      return pushed(state, { view: 'help' })
    case ':':
      return { ...state, prompt: { kind: 'command', text: '' } }
    case '/':
      return at?.view.filters === true
        ? { ...state, prompt: { kind: 'filter', text: pageIn(state).filter } }
        : noted(state, 'there is nothing to filter here')
    case 's':
    case 'S':
      return sorted(state, at, char === 'S')
    case 'p':
      return paused(state)
    case 'r':
      return state.snapshot?.source.kind === 'replay'
        ? noted(state, 'a recording brings nothing new')
        : noted({ ...state, refreshWanted: state.refreshWanted + 1 }, 'looks again')
    case 'y':
      return asYaml(state, at)
    default:
      return state
  }
}

function moved(state: State, at: Situation | null, by: number): State {
  const page = pageIn(state)
  // Before the first observation only help can be read.
  if (at === null)
    return page.view === 'help' ? withPage(state, { ...page, top: Math.max(0, Math.min(40, page.top + by)) }) : state
  const { rows } = at.body
  if (rows.count === 0) return state
  if (rows.still === true) {
    const top = topOf({ ...page, top: at.top + by }, rows, 0, at.height)
    return withPage(state, { ...page, top })
  }
  const wanted = Math.min(rows.count - 1, Math.max(0, at.row + by))
  const row = stopFrom(rows, wanted, by < 0 ? -1 : 1)
  const chosen: Page = { ...page, selected: rows.id(row), row }
  return withPage(state, { ...chosen, top: topOf({ ...page, top: at.top }, rows, row, at.height) })
}

const mainOf = ({ pages: [{ view }] }: State): MainView => mainViews.find(name => name === view) ?? 'overview'

/** The view that is left remembers where people were in it. */
function switched(state: State, view: MainView, filter?: string): State {
  const before = { ...state.left, [mainOf(state)]: state.pages[0] }
  const page = before[view] ?? pageOf(view)
  return { ...state, left: before, pages: [filter === undefined ? page : { ...pageOf(view), filter }] }
}

/** Deeper than anybody wants to go back step by step. */
const deepest = 12

function pushed(state: State, { view, subject = '', filter = '' }: Target): State {
  const page = pageIn(state)
  if (page.view === view && page.subject === subject && filter === '') return state
  const [first, ...rest] = state.pages
  return { ...state, pages: [first, ...rest.slice(-deepest), { ...pageOf(view, subject), filter }] }
}

function left(state: State): State {
  const [first, ...rest] = state.pages
  return { ...state, pages: [first, ...rest.slice(0, -1)] }
}

function opened(state: State, at: Situation | null): State {
  if (at === null || at.id === null) return state
  const target = at.view.target?.(at.context, at.id) ?? null
  // Back leads to the row that was opened.
  return target === null
    ? noted(state, 'there is no more to see of this')
    : pushed(withPage(state, { ...pageIn(state), selected: at.id, row: at.row, top: at.top }), target)
}

function escaped(state: State): State {
  const page = pageIn(state)
  if (page.filter !== '') return withPage(state, { ...page, filter: '', top: 0 })
  return state.pages.length > 1 ? left(state) : noted(state, 'this is the first crumb; q leaves')
}

function sorted(state: State, at: Situation | null, around: boolean): State {
  if (at === null) return state
  const { sorts } = at.view
  if (sorts.length === 0) return noted(state, 'this has one order only')
  const page = pageIn(state)
  const next = around
    ? { ...page, reversed: !page.reversed }
    : { ...page, sort: (page.sort + 1) % sorts.length, reversed: false }
  const turned = next.reversed ? ', the other way round' : ''
  return noted(settled(withPage(state, next)), `${sorts[next.sort] ?? ''}${turned}`)
}

function paused(state: State): State {
  if (!state.paused) return noted({ ...state, paused: true }, 'paused: this picture stays')
  return settled({ ...state, paused: false, snapshot: state.latest })
}

function asYaml(state: State, at: Situation | null): State {
  const selectable = at !== null && (at.id !== null || at.body.rows.still === true)
  const subject = selectable ? (at.view.yaml?.(at.context, at.id ?? '') ?? null) : null
  return subject === null ? noted(state, 'there is no YAML of this') : pushed(state, { view: 'yaml', subject })
}

const clusters = new Intl.Segmenter()
/** What looks like one character goes at once. */
const withoutLast = (text: string): string =>
  Array.from(clusters.segment(text), ({ segment }) => segment)
    .slice(0, -1)
    .join('')

/** Longer than any name or filter. */
const longestPrompt = 200

function prompted(state: State, key: Key): State {
  const { prompt } = state
  if (prompt === null) return state
  const { kind, text } = prompt
  switch (key.kind) {
    case 'escape':
      return kind === 'filter' ? withText({ ...state, prompt: null }, kind, '') : { ...state, prompt: null }
    case 'enter':
      return kind === 'filter' ? { ...state, prompt: null } : ran({ ...state, prompt: null }, text)
    case 'backspace':
      if (text === '') return { ...state, prompt: null }
      return withText(state, kind, withoutLast(text))
    case 'ctrl':
      return key.char === 'u'
        ? withText(state, kind, '')
        : key.char === 'w'
          ? withText(state, kind, text.replace(/\S*\s*$/, ''))
          : state
    case 'tab': {
      if (kind === 'filter') return state
      const { text: longer, others } = complete(text, state.snapshot)
      const next = withText(state, kind, longer)
      return others.length === 0 ? next : noted(next, others.slice(0, 12).join('  '))
    }
    case 'up':
    case 'down':
      return kind === 'filter' ? moved(state, situationOf(state, state.size), key.kind === 'up' ? -1 : 1) : state
    case 'char':
      return withText(state, kind, text + key.char)
    case 'paste':
      return withText(state, kind, text + key.text)
    default:
      return state
  }
}

/** What is typed filters at once. What is no text does not get in. */
function withText(state: State, kind: 'filter' | 'command', typed: string): State {
  const text = typed.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ').slice(0, longestPrompt)
  const prompt = state.prompt === null ? null : { kind, text }
  if (kind === 'command') return { ...state, prompt }
  return withPage({ ...state, prompt }, { ...pageIn(state), filter: text.trim(), top: 0 })
}

function ran(state: State, text: string): State {
  if (text.trim() === '') return state
  const command = commandOf(text, state.snapshot)
  switch (command.kind) {
    case 'go':
      return switched(state, command.view, command.filter)
    case 'open':
      return command.view === 'help'
        ? pushed(state, command)
        : pushed(switched(state, command.view === 'host' ? 'hosts' : 'services'), command)
    case 'quit':
      return { ...state, ended: true }
    case 'pause':
      return paused(state)
    case 'refresh':
      return typed(state, null, 'r')
    case 'unknown':
      return noted(state, command.why, 'warn')
  }
}
