/** What stands around every view: totals of the mesh, the views, crumbs, and the keys that act here. */
import { type Level, type Snapshot, worst } from '../src/health/snapshot.ts'
import { spanText } from '../src/health/verdict.ts'
import { fit, fitLine, type Line, type Size, type Span, span, widthOf } from './line.ts'
import { rule } from './rows/panel.ts'
import { clockText, faint, strong, symbols } from './rows/words.ts'
import { headRows, type Situation } from './situation.ts'
import { mainViews, type State } from './state.ts'
import { views } from './views/all.ts'
import type { Hint } from './views/view.ts'

export function head(state: State, at: Situation | null, size: Size): readonly Line[] {
  const lines = [totalsLine(state, size.columns), viewsLine(state, size.columns), crumbsLine(state, at, size.columns)]
  return headRows(size) === 3 ? lines : lines.slice(0, headRows(size))
}

const widthOfLine = (line: Line): number => line.reduce((sum, { text }) => sum + widthOf(text), 0)

function totalsLine(state: State, columns: number): Line {
  const { snapshot } = state
  if (snapshot === null)
    return fitLine([span(' meshwright', 'title'), faint('  waits for the first observation')], columns)
  const left: Line = [span(` ${snapshot.fleet.mesh} `, 'title'), ...totals(snapshot)]
  const flags = flagsOf(state, snapshot)
  const time = clockText(snapshot.at)
  const age: Span = ageOf(state, snapshot)
  const candidates: readonly Line[] = [
    [...flags, age, span('  '), span(`${time}Z`), faint(sourceText(snapshot, 40))],
    [...flags, age, span('  '), span(`${time}Z`), faint(sourceText(snapshot, 14))],
    [...flags, age, faint(sourceText(snapshot, 10))],
    [...flags, age],
    flags,
  ]
  const room = columns - widthOfLine(left) - 2
  const right = candidates.find(line => widthOfLine(line) <= room)
  // DEMO, PAUSED and ENDED stay, whatever has to go.
  if (right === undefined) return fitLine([...flags, ...left], columns)
  return fitLine([...left, span(' '.repeat(room + 1 - widthOfLine(right))), ...right], columns)
}

function flagsOf({ paused, sourceEnded }: State, { source }: Snapshot): Line {
  return [
    ...(source.madeUp === true ? [{ ...span(' DEMO ', 'warn'), inverse: true }, span(' ')] : []),
    ...(paused ? [{ ...span(' PAUSED ', 'accent'), inverse: true }, span(' ')] : []),
    ...(sourceEnded ? [{ ...span(' ENDED ', 'accent'), inverse: true }, span(' ')] : []),
  ]
}

/** The demo says so already. */
const sourceText = ({ source: { kind, title } }: Snapshot, most: number): string =>
  kind === 'demo' ? '' : `  ${widthOf(title) > most ? fit(title, most) : title}`

/** How old the newest word of any host is. */
function ageOf({ now }: State, { at, hosts }: Snapshot): Span {
  const newest = hosts.reduce((latest, { report }) => Math.max(latest, report?.at ?? -Infinity), -Infinity)
  if (newest === -Infinity) return span('nothing heard', 'unknown')
  const seconds = (Math.max(at, now ?? at) - newest) / 1000
  return span(`${spanText(seconds)} old`, seconds > 60 ? 'warn' : 'faint')
}

function totals({ totals: { hosts, tunnels, services }, ...snapshot }: Snapshot): Line {
  const ofTunnels: Level =
    tunnels.down + tunnels['one-way'] > 0
      ? 'bad'
      : tunnels.stale + tunnels.lossy > 0
        ? 'warn'
        : tunnels.unknown > 0
          ? 'unknown'
          : 'ok'
  return [
    ...total('hosts', worst(snapshot.hosts.map(({ level }) => level)), hosts.up, hosts.total),
    ...total('tunnels', ofTunnels, tunnels.up + tunnels.lossy, tunnels.total),
    ...total('services', worst(snapshot.services.map(({ level }) => level)), services.ok, services.total),
  ]
}

/** Of what there is none, nothing. */
const total = (what: string, level: Level, there: number, all: number): Line =>
  all === 0
    ? []
    : [
        span(` ${symbols[level]} `, level),
        faint(`${what} `),
        span(`${there}/${all} `, level === 'ok' ? 'plain' : level),
      ]

const titles: Readonly<Record<(typeof mainViews)[number], string>> = {
  ...{ overview: 'overview', hosts: 'hosts', links: 'links', matrix: 'matrix' },
  ...{ services: 'services', drift: 'drift', events: 'events', whatif: 'what-if' },
}

function viewsLine({ pages: [{ view: current }] }: State, columns: number): Line {
  const line = mainViews.flatMap((view, i): Line => [
    faint(` ${i + 1} `),
    view === current ? { ...span(titles[view], 'accent'), inverse: true } : span(titles[view]),
  ])
  return fitLine(line, columns)
}

function crumbsLine(state: State, at: Situation | null, columns: number): Line {
  const crumbs = state.pages.map(page => views[page.view].title(page))
  const title: Line = crumbs.flatMap((crumb, i): Line => [
    ...(i === 0 ? [] : [faint(' › ')]),
    i === crumbs.length - 1 ? strong(crumb) : span(crumb),
  ])
  return rule(title, columns, at === null ? [] : statusOf(at))
}

/** `worst first · filter usa · 30 tunnels · 4/30`. */
function statusOf({ view, context, body, row, top, height }: Situation): Line {
  const { sort, reversed, filter } = context.page
  const { count, still } = body.rows
  const place =
    still === true
      ? count > height
        ? `${top + 1} to ${Math.min(count, top + height)} of ${count}`
        : ''
      : count > height
        ? `${row + 1} of ${count}`
        : ''
  const order = view.sorts.length === 0 ? '' : `${view.sorts[sort] ?? ''}${reversed ? ', reversed' : ''}`
  const parts: readonly Line[] = [
    filter === '' ? [] : [faint('filter '), span(filter, 'accent')],
    [faint(view.counts?.(context) ?? '')],
    [faint(order)],
    [span(place)],
  ].filter(line => line.some(({ text }) => text !== ''))
  return parts.flatMap((line, i) => (i === 0 ? line : [faint(' · '), ...line]))
}

/** The prompt, the note, or the keys that act here. */
export function foot(state: State, at: Situation | null, columns: number): Line {
  const { prompt, note } = state
  if (prompt !== null) {
    const cursor = { ...span(' '), inverse: true }
    const help = prompt.kind === 'filter' ? 'Enter keep  Esc clear' : 'Tab complete  Enter go  Esc leave'
    const typed: Line = [span(prompt.kind === 'filter' ? '/' : ':', 'accent'), span(prompt.text), cursor]
    const said = note === null ? help : note.text
    const room = columns - widthOfLine(typed) - widthOf(said) - 2
    // What is typed at its end is what people look at.
    if (room >= 0)
      return fitLine(
        [...typed, span(' '.repeat(room + 1)), span(said, note?.tone === 'warn' ? 'warn' : 'faint')],
        columns,
      )
    const most = columns - 3
    const shown =
      widthOf(prompt.text) > most
        ? `…${Array.from(prompt.text)
            .slice(1 - most)
            .join('')}`
        : prompt.text
    return fitLine([span(prompt.kind === 'filter' ? '/' : ':', 'accent'), span(shown), cursor], columns)
  }
  if (note !== null) return fitLine([span(` ${note.text}`, note.tone)], columns)
  return hintsLine(hintsOf(state, at), columns)
}

function hintsOf({ paused, pages }: State, at: Situation | null): readonly Hint[] {
  const leave = { key: 'q', does: pages.length > 1 ? 'back' : 'quit' }
  if (at === null) return [{ key: '?', does: 'help' }, leave]
  const { view } = at
  return [
    ...(at.body.rows.still === true && at.body.rows.count > at.height ? [{ key: 'j k', does: 'scroll' }] : []),
    ...view.hints,
    ...(view.filters ? [{ key: '/', does: 'filter' }] : []),
    ...(view.sorts.length > 1 ? [{ key: 's', does: 'sort' }] : []),
    ...(view.yaml === undefined ? [] : [{ key: 'y', does: 'yaml' }]),
    { key: ':', does: 'go to' },
    { key: 'p', does: paused ? 'go on' : 'pause' },
    ...(at.context.snapshot.source.kind === 'replay' ? [] : [{ key: 'r', does: 'refresh' }]),
    { key: '?', does: 'help' },
    leave,
  ]
}

/** Those at the end are kept: help, and the way out. */
function hintsLine(hints: readonly Hint[], columns: number): Line {
  const widthOfHints = (some: readonly Hint[]) =>
    some.reduce((sum, { key, does }) => sum + widthOf(key) + widthOf(does) + 3, 0)
  let shown = hints
  while (shown.length > 2 && widthOfHints(shown) > columns) shown = [...shown.slice(0, -3), ...shown.slice(-2)]
  return fitLine(
    shown.flatMap(({ key, does }) => [span(` ${key}`, 'accent'), faint(` ${does} `)]),
    columns,
  )
}
