/** Who hears whom: a row for each host that tells, a column for each that it tells of; above sixty hosts, regions. */
import type { Fleet } from '../../src/health/fleet.ts'
import { tunnelBetween } from '../../src/health/fleet.ts'
import { type Level, levelOfTunnel, type Snapshot, tunnelAt } from '../../src/health/snapshot.ts'
import { roundTripText, tunnelStates } from '../../src/health/verdict.ts'
import { matcher } from '../filter.ts'
import type { Key } from '../keys.ts'
import { fit, type Line, type Size, type Span, span } from '../line.ts'
import { memo } from '../memo.ts'
import { stateWord } from '../rows/hosts.ts'
import { hostNumbers } from '../rows/tunnels.ts'
import { faint, marked, plural, sinceText, strong, symbols, tunnelSymbols } from '../rows/words.ts'
import type { Page } from '../state.ts'
import { widthFor } from '../table.ts'
import { type Body, type Change, type Context, type View } from './view.ts'

/** From here on single hosts are seen a region at a time. */
const regionsAbove = 60

export const matrix: View = {
  name: 'matrix',
  title: ({ subject }) => (subject === '' ? 'matrix' : subject.replace('>', ' → ')),
  sorts: [],
  filters: true,
  hints: [
    { key: 'h l', does: 'column' },
    { key: 'Enter', does: 'open' },
  ],
  counts: context => {
    const { rows, columns, kind } = axesOf(context)
    return `${rows.length} by ${plural(columns.length, kind)}`
  },
  body,
  target: (context, id) => {
    const { kind } = axesOf(context)
    const across = acrossOf(context)
    if (across === null) return null
    if (kind === 'region') return { view: 'matrix', subject: `${id}>${across}` }
    return id === across ? { view: 'host', subject: id } : { view: 'link', subject: `${id}>${across}` }
  },
  yaml: (context, id) => {
    const across = acrossOf(context)
    if (axesOf(context).kind === 'region' || across === null) return null
    return id === across ? `host ${id}` : `tunnel ${id}>${across}`
  },
  own,
}

/** Names along both sides. */
interface Axes {
  readonly kind: 'host' | 'region'
  readonly rows: readonly string[]
  readonly columns: readonly string[]
}

const axesKnown = memo<Axes>()

function axesOf({ snapshot: { fleet }, page }: Context): Axes {
  return axesKnown(fleet, `${page.subject} ${page.filter}`, () => {
    const passes = matcher(page.filter)
    const regions = fleet.regions.map(({ name }) => name as string)
    const hosts = (region: string) =>
      fleet.regions.find(({ name }) => name === region)?.hosts.flatMap(number => fleet.hosts[number]?.name ?? []) ?? []
    const [from, to] = page.subject.split('>')
    const kind = page.subject === '' && fleet.hosts.length > regionsAbove ? 'region' : 'host'
    const [rows, columns] =
      kind === 'region'
        ? [regions, regions]
        : page.subject === ''
          ? [regions.flatMap(hosts), regions.flatMap(hosts)]
          : [hosts(from ?? ''), hosts(to ?? '')]
    const regionOf = (name: string) => {
      const number = hostNumbers(fleet).get(name)
      return number === undefined ? '' : (fleet.hosts[number]?.region ?? '')
    }
    return { kind, columns, rows: rows.filter(name => passes([name, kind === 'host' ? regionOf(name) : ''])) }
  })
}

function acrossOf(context: Context): string | null {
  const { columns } = axesOf(context)
  const { across } = context.page
  return across !== null && columns.includes(across) ? across : (columns[0] ?? null)
}

function own(context: Context, key: Key): Change | null {
  const step =
    key.kind === 'left' || (key.kind === 'char' && key.char === 'h')
      ? -1
      : key.kind === 'right' || (key.kind === 'char' && key.char === 'l')
        ? 1
        : 0
  if (step === 0) return null
  const { columns } = axesOf(context)
  const at = columns.indexOf(acrossOf(context) ?? '')
  const across = columns[Math.min(columns.length - 1, Math.max(0, at + step))] ?? null
  return { page: { ...context.page, across } }
}

interface Cell {
  readonly level: Level
  /** One column. */
  readonly symbol: string
  /** With room: `✗ down`, `✗ 12 of 99`. */
  readonly text: string
}

/** `✗ one-way`, and a blank before it. */
const wordWidth = 10
/** `✗ one-way 100 min`. */
const numberWidth = 18

function body(context: Context, room: Size): Body {
  const { snapshot, page } = context
  const axes = axesOf(context)
  const width = room.columns - 2
  const label = widthFor([...axes.rows, ...axes.columns], 6, 18)
  const left = width - label - 1
  const each = Math.floor(left / Math.max(1, axes.columns.length))
  // Words and numbers where they fit, words where those fit, else symbols.
  const worded = axes.kind === 'region' || each >= wordWidth
  const cell = worded ? Math.max(wordWidth, Math.min(each, numberWidth)) : 2
  const numbers = cell >= numberWidth
  const fits = Math.max(1, Math.floor(left / cell))
  const across = acrossOf(context)
  const at = Math.max(0, axes.columns.indexOf(across ?? ''))
  const start = Math.min(Math.max(0, at - Math.floor(fits / 2)), Math.max(0, axes.columns.length - fits))
  const columns = axes.columns.slice(start, start + fits)
  const draw = (name: string, selected: boolean): Line => {
    return [
      span(fit(name, label)),
      span(' '),
      ...columns.map((other): Span => {
        const { symbol, text, level } = cellOf(snapshot, axes.kind, name, other, numbers)
        const here = selected && other === across
        const tone = name === other && axes.kind === 'host' ? 'faint' : level
        if (worded) return span(fit(here ? `›${text}` : ` ${text}`, cell), tone)
        return span(here ? `›${symbol}` : ` ${symbol}`, tone)
      }),
    ]
  }
  return {
    rows: {
      count: axes.rows.length,
      id: row => axes.rows[row] ?? '',
      find: id => axes.rows.indexOf(id),
      line: row => draw(axes.rows[row] ?? '', axes.rows[row] === page.selected),
    },
    above: worded ? [wordedHead(columns, across, label, cell)] : uprightHead(columns, across, label, room.rows),
    below: [
      ...(start > 0 || start + fits < axes.columns.length
        ? [[faint(`columns ${start + 1} to ${start + columns.length} of ${axes.columns.length}`)]]
        : []),
      cellLine(context, page),
      legend(axes.kind),
    ],
    empty: page.filter === '' ? 'This mesh has no hosts.' : 'No row has these words.',
  }
}

const wordedHead = (columns: readonly string[], across: string | null, label: number, cell: number): Line => [
  faint(`${fit('FROM', label)} `),
  ...columns.map(name => span(` ${fit(name, cell - 2)} `, name === across ? 'accent' : 'faint')),
]

/** Names from top to bottom, where a column has room for a letter. */
function uprightHead(
  columns: readonly string[],
  across: string | null,
  label: number,
  height: number,
): readonly Line[] {
  const most = widthFor(columns, 1, Math.max(3, Math.floor(height / 4)))
  return Array.from({ length: most }, (_, row): Line => [
    faint(row === most - 1 ? `${fit('FROM', label)} ` : ' '.repeat(label + 1)),
    ...columns.map(name => {
      const letter = name.charAt(row - Math.max(0, most - name.length))
      return span(` ${fit(letter, 1)}`, name === across ? 'accent' : 'faint')
    }),
  ])
}

function cellOf(snapshot: Snapshot, kind: Axes['kind'], from: string, to: string, numbers: boolean): Cell {
  if (kind === 'region') {
    const { worst, wrong, total, unknown } = betweenRegions(snapshot).get(`${from}>${to}`) ?? nobody
    if (total === 0) return { level: 'unknown', symbol: '·', text: '·' }
    const said = wrong > 0 ? `${wrong}/${total}` : unknown > 0 ? `${unknown}/${total}` : 'all up'
    return { level: worst, symbol: symbols[worst], text: `${symbols[worst]} ${said}` }
  }
  if (from === to) return { level: 'unknown', symbol: '·', text: '·' }
  const one = tunnelOf(snapshot, from, to)
  if (one === null) return { level: 'unknown', symbol: ' ', text: '' }
  const text = `${tunnelSymbols[one.state]} ${one.state}`
  const number = one.roundTrip === null ? sinceText(snapshot.at, one.since) : roundTripText(one.roundTrip)
  return { level: one.level, symbol: tunnelSymbols[one.state], text: numbers ? `${text} ${number}` : text }
}

function tunnelOf(snapshot: Snapshot, from: string, to: string) {
  const numbers = hostNumbers(snapshot.fleet)
  const [a, b] = [numbers.get(from), numbers.get(to)]
  if (a === undefined || b === undefined) return null
  const number = tunnelBetween(snapshot.fleet.tunnels, a, b)
  return number < 0 ? null : tunnelAt(snapshot, number)
}

interface Between {
  readonly worst: Level
  readonly wrong: number
  readonly unknown: number
  readonly total: number
}

const nobody: Between = { worst: 'unknown', wrong: 0, unknown: 0, total: 0 }
const aggregated = memo<ReadonlyMap<string, Between>>(1)

/** One pass over all tunnels, by pairs of regions. */
function betweenRegions(snapshot: Snapshot): ReadonlyMap<string, Between> {
  return aggregated(snapshot, '', () => {
    const { fleet, tunnels } = snapshot
    const { regions } = fleet
    const regionOf = regionNumbers(fleet)
    const states = tunnelStates.length
    const counts = new Uint32Array(regions.length * regions.length * states)
    const { count, from, to } = fleet.tunnels
    for (let n = 0; n < count; n += 1) {
      const pair = (regionOf[from[n] ?? 0] ?? 0) * regions.length + (regionOf[to[n] ?? 0] ?? 0)
      const place = pair * states + (tunnels.state[n] ?? 0)
      counts[place] = (counts[place] ?? 0) + 1
    }
    const found = new Map<string, Between>()
    for (const [a, one] of regions.entries())
      for (const [b, other] of regions.entries()) {
        let [worst, wrong, unknown, total]: [Level, number, number, number] = ['ok', 0, 0, 0]
        for (const [i, state] of tunnelStates.entries()) {
          const here = counts[(a * regions.length + b) * states + i] ?? 0
          if (here === 0) continue
          const level = levelOfTunnel(state)
          total += here
          if (level === 'unknown') unknown += here
          else if (level !== 'ok') wrong += here
          if (level === 'bad' || (level === 'warn' && worst !== 'bad') || (level === 'unknown' && worst === 'ok'))
            worst = level
        }
        found.set(`${one.name}>${other.name}`, { worst, wrong, unknown, total })
      }
    return found
  })
}

function regionNumbers({ regions, hosts }: Fleet): Int32Array {
  const numbers = new Int32Array(hosts.length)
  for (const [i, region] of regions.entries()) for (const host of region.hosts) numbers[host] = i
  return numbers
}

const legend = (kind: Axes['kind']): Line =>
  kind === 'region'
    ? [
        marked('ok', 'all up'),
        span('  '),
        marked('warn', 'lossy or stale'),
        span('  '),
        marked('bad', 'down or one-way'),
        span('  '),
        marked('unknown', 'unknown'),
        faint('  how many of all'),
      ]
    : (['up', 'lossy', 'stale', 'one-way', 'down', 'unknown'] as const).flatMap(state => [
        span(`${tunnelSymbols[state]} ${state}`, levelOfTunnel(state)),
        span('   '),
      ])

/** What the selected cell says. */
function cellLine(context: Context, page: Page): Line {
  const { snapshot } = context
  const across = acrossOf(context)
  const { selected } = page
  if (across === null || selected === null) return []
  if (axesOf(context).kind === 'region') {
    const { wrong, unknown, total } = betweenRegions(snapshot).get(`${selected}>${across}`) ?? nobody
    return [
      strong(`${selected} → ${across}  `),
      span(`${plural(total, 'tunnel')}, ${wrong} broken, ${unknown} unknown`),
    ]
  }
  if (across === selected) {
    const health = snapshot.hosts[hostNumbers(snapshot.fleet).get(selected) ?? -1]
    return health === undefined ? [] : [strong(`${selected}  `), stateWord(health)]
  }
  const there = tunnelOf(snapshot, selected, across)
  if (there === null) return [faint(`${selected} and ${across} are no peers`)]
  const back = tunnelOf(snapshot, across, selected)
  const since = sinceText(snapshot.at, there.since)
  return [
    strong(`${selected} → ${across}  `),
    marked(there.level, there.state),
    span(`  ${there.why}`),
    faint(since === '' ? '' : `  for ${since}`),
    ...(back === null ? [] : [faint('   back '), marked(back.level, back.state)]),
  ]
}
