/** The first screen: what is broken, where, and since when. Regions with their hosts, tunnels, services; the worst first. */
import {
  type HostHealth,
  type Level,
  type ServiceHealth,
  type Snapshot,
  tunnelAt,
  worst,
} from '../../src/health/snapshot.ts'
import type { WatchedRegion } from '../../src/health/fleet.ts'
import { matcher } from '../filter.ts'
import { fit, type Line, type Size, type Span, span } from '../line.ts'
import { memo } from '../memo.ts'
import { eventLine } from '../rows/events.ts'
import { historyLine, historyLines, historySpan } from '../rows/history.ts'
import {
  byLevel,
  hostMark,
  jailsText,
  stateWord,
  type Trouble,
  troublesOf,
  troubleText,
  tunnelsText,
  worstFirst,
} from '../rows/hosts.ts'
import { between, blank, rule } from '../rows/panel.ts'
import { serviceMark, worstServices } from '../rows/services.ts'
import { type Broken, brokenTunnels, tunnelId } from '../rows/tunnels.ts'
import { faint, marked, plural, sinceText, strong } from '../rows/words.ts'
import { levelSparkline } from '../sparkline.ts'
import { type Column, table, widthFor } from '../table.ts'
import { type Body, type Context, listRows, type Target, type View } from './view.ts'

type Row = { readonly id: string } & (
  | { readonly kind: 'region'; readonly region: WatchedRegion; readonly level: Level; readonly up: number }
  | { readonly kind: 'host'; readonly host: HostHealth; readonly trouble: Trouble | null }
  | { readonly kind: 'more'; readonly trouble: Trouble }
  | { readonly kind: 'tunnels'; readonly level: Level; readonly broken: Broken }
  | { readonly kind: 'tunnel'; readonly number: number; readonly both: boolean }
  | { readonly kind: 'services'; readonly level: Level }
  | { readonly kind: 'service'; readonly service: ServiceHealth }
  | { readonly kind: 'remark'; readonly text: string }
)

const rowsOf = memo<readonly Row[]>()

export const overview: View = {
  name: 'overview',
  title: () => 'overview',
  sorts: ['worst first', 'by name'],
  filters: true,
  hints: [{ key: 'Enter', does: 'open' }],
  counts: ({ snapshot: { fleet } }) =>
    `${plural(fleet.hosts.length, 'host')} in ${plural(fleet.regions.length, 'region')}`,
  body,
  target: ({ snapshot }, id) => targetOf(snapshot, id),
  yaml: (_, id) => {
    const [kind = '', name = ''] = id.split(' ')
    return kind === 'host' || kind === 'tunnel' || kind === 'service' ? `${kind} ${name}` : null
  },
}

function targetOf({ fleet }: Snapshot, id: string): Target | null {
  const [kind = '', name = ''] = id.split(' ')
  if (kind === 'host' || kind === 'service') return { view: kind, subject: name }
  if (kind === 'tunnel') return { view: 'link', subject: name }
  if (kind === 'region' && fleet.regions.some(region => region.name === name)) return { view: 'hosts', filter: name }
  return kind === 'tunnels' ? { view: 'links' } : kind === 'services' ? { view: 'services' } : null
}

function body({ snapshot, page }: Context, room: Size): Body {
  const roomy = room.rows >= roomyFrom
  const list = rowsOf(snapshot, `${page.sort} ${page.reversed} ${roomy} ${page.filter}`, () =>
    listed(snapshot, page, roomy),
  )
  const wide = room.columns >= 120
  const panel = wide ? Math.min(64, Math.floor(room.columns * 0.4)) : 0
  const width = room.columns - 2 - (wide ? panel + between : 0)
  const columns = columnsOf(snapshot)
  const laid = table(columns, width)
  const tunnels = table(tunnelColumns(columns, snapshot), width)
  const line = (row: Row): Line =>
    row.kind === 'remark' ? [faint(`    ${row.text}`)] : (row.kind === 'tunnel' ? tunnels : laid).line(row)
  return {
    rows: listRows(list, line, row => row.kind !== 'more' && row.kind !== 'remark'),
    above: [...(wide ? [] : [historyLine(snapshot, width)]), laid.head()],
    ...(wide
      ? { beside: { width: panel, lines: panelLines(snapshot, panel, room.rows) } }
      : { rest: (across: number, height: number) => recent(snapshot, across, height) }),
    empty: page.filter === '' ? 'This mesh has no hosts.' : 'Nothing here has these words.',
  }
}

/** Name, state, tunnels, jails, what is wrong, for how long: of a host. The others say theirs in the same places. */
function columnsOf(snapshot: Snapshot): readonly Column<Row>[] {
  const { fleet } = snapshot
  const names = widthFor([...fleet.hosts.map(({ name }) => name), ...fleet.regions.map(({ name }) => name)], 12, 22)
  return [
    { title: 'HOST', width: names + 4, cell: nameOf },
    { title: 'STATE', width: 9, cell: row => stateOf(row, snapshot) },
    {
      ...{ title: 'TUNNELS', width: 7, right: true, spare: 1 },
      cell: row => (row.kind === 'host' ? tunnelsText(row.host) : nothing),
    },
    {
      ...{ title: 'JAILS', width: 5, right: true, spare: 2 },
      cell: row =>
        row.kind === 'host' ? jailsText(row.host, fleet.hosts[row.host.number]?.jails.length ?? 0) : nothing,
    },
    { title: 'WHAT IS WRONG', width: 30, grows: true, cell: whatOf },
    { title: 'FOR', width: 7, right: true, cell: row => span(forOf(row, snapshot)) },
  ]
}

/** A tunnel has two names, which take the place of name and state, and more to say than there is room for. */
function tunnelColumns([name, state, ...others]: readonly Column<Row>[], snapshot: Snapshot): readonly Column<Row>[] {
  return [
    {
      ...{ title: '', width: (name?.width ?? 0) + 2 + (state?.width ?? 0) },
      cell: row => {
        if (row.kind !== 'tunnel') return nothing
        const { from, to, level } = tunnelAt(snapshot, row.number)
        return span(`  ${marked(level, `${from} → ${to}`).text}`, level)
      },
    },
    ...others
      .filter(({ spare }) => spare === undefined)
      .map(column =>
        column.grows === true
          ? {
              ...column,
              cell: (row: Row) => {
                if (row.kind !== 'tunnel') return nothing
                const { state: is, why, level } = tunnelAt(snapshot, row.number)
                return span(`${is}${row.both && is !== 'one-way' ? ' both ways' : ''}: ${why}`, level)
              },
            }
          : column,
      ),
  ]
}

/** `West Europe` says no more than `west-europe`. */
const plainName = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]+/g, ' ')

const nothing = span('')
const indented = ({ text, tone }: Span): Span => span(`  ${text}`, tone)
const heading = (level: Level, name: string): Span => span(marked(level, name).text, level === 'ok' ? 'strong' : level)

function nameOf(row: Row): Span {
  switch (row.kind) {
    case 'region':
      return heading(row.level, row.region.name)
    case 'tunnels':
    case 'services':
      return heading(row.level, row.kind)
    case 'host':
      return indented(hostMark(row.host))
    case 'service':
      return indented(serviceMark(row.service))
    default:
      return nothing
  }
}

function stateOf(row: Row, { totals: { tunnels, services } }: Snapshot): Span {
  switch (row.kind) {
    case 'region':
      return strong(`${row.up}/${row.region.hosts.length} up`)
    case 'host':
      return stateWord(row.host)
    case 'tunnels':
      return strong(tunnelsUp(tunnels.up + tunnels.lossy, tunnels.total))
    case 'services':
      return strong(`${services.ok}/${services.total} ok`)
    case 'service':
      return span(`${row.service.running}/${row.service.wanted} run`)
    default:
      return nothing
  }
}

/** Beside `postgres: no leader` nobody wants to read who leads something else. */
const serviceText = ({ word, leader, level }: ServiceHealth): string =>
  leader === null || level === 'bad' ? word : `${word}, led by ${leader}`

/** Of many, the part; all of them only if it is all. */
const tunnelsUp = (up: number, total: number): string =>
  total < 1000 ? `${up}/${total} up` : `${Math.floor((up * 1000) / total) / 10} % up`

function whatOf(row: Row): Span {
  switch (row.kind) {
    case 'region':
      return faint(plainName(row.region.title) === plainName(row.region.name) ? '' : row.region.title)
    case 'host':
      return row.trouble === null ? nothing : troubleText(row.trouble)
    case 'more':
      return troubleText(row.trouble)
    case 'service':
      return span(serviceText(row.service), row.service.level === 'ok' ? 'plain' : row.service.level)
    default:
      return nothing
  }
}

function forOf(row: Row, snapshot: Snapshot): string {
  switch (row.kind) {
    case 'host':
    case 'more':
      return row.trouble?.since ?? ''
    case 'tunnel':
      return sinceText(snapshot.at, snapshot.tunnels.since[row.number] ?? NaN)
    case 'service':
      return sinceText(snapshot.at, row.service.since)
    default:
      return ''
  }
}

/** From so many rows on, services that are well are shown too. */
const roomyFrom = 36
/** Above so many hosts, those that are well are only counted: what is wrong must be seen without scrolling. */
const countedAbove = 24

function listed(snapshot: Snapshot, { filter, sort, reversed }: Context['page'], roomy: boolean): readonly Row[] {
  const passes = matcher(filter)
  const counted = sort === 0 && filter === '' && snapshot.hosts.length > countedAbove
  const groups = [
    ...snapshot.fleet.regions.map(region => regionRows(snapshot, region, { byUrgency: sort === 0, counted }, passes)),
    tunnelRows(snapshot, passes),
    serviceRows(snapshot, roomy, passes),
  ].filter(({ rows }) => rows.length > 0)
  const inOrder = sort === 0 ? groups.toSorted(byLevel) : groups
  return (reversed ? inOrder.toReversed() : inOrder).flatMap(({ rows }) => rows)
}

interface Group {
  readonly level: Level
  readonly rows: readonly Row[]
}

type Passes = (texts: readonly string[]) => boolean

interface HostList {
  readonly byUrgency: boolean
  readonly counted: boolean
}

function regionRows(
  snapshot: Snapshot,
  region: WatchedRegion,
  { byUrgency, counted }: HostList,
  passes: Passes,
): Group {
  const all = region.hosts.flatMap(number => snapshot.hosts[number] ?? [])
  const level = worst(all.map(host => host.level))
  const well = counted ? all.filter(host => host.level === 'ok').length : 0
  const chosen = counted ? all.filter(host => host.level !== 'ok') : all
  const rows = (byUrgency ? chosen.toSorted(worstFirst) : chosen).flatMap((host): readonly Row[] => {
    const [first = null, ...others] = troublesOf(snapshot, host)
    const texts = [region.name, region.title, host.name, host.state, host.level, first?.text ?? '']
    if (!passes([...texts, ...others.map(({ text }) => text)])) return []
    return [
      { kind: 'host', id: `host ${host.name}`, host, trouble: first },
      ...others.map((trouble, i): Row => ({ kind: 'more', id: `more ${host.name} ${i}`, trouble })),
    ]
  })
  if (rows.length === 0 && well === 0) return { level, rows }
  const up = all.filter(host => host.state === 'up').length
  const others: readonly Row[] =
    well === 0 || rows.length === 0
      ? []
      : [{ kind: 'remark', id: `others ${region.name}`, text: `${well} more ${well === 1 ? 'is' : 'are'} well` }]
  return { level, rows: [{ kind: 'region', id: `region ${region.name}`, region, level, up }, ...rows, ...others] }
}

function tunnelRows(snapshot: Snapshot, passes: Passes): Group {
  const { fleet, totals } = snapshot
  if (totals.tunnels.total === 0) return { level: 'ok', rows: [] }
  const broken = brokenTunnels(snapshot)
  const rows = broken.shown.flatMap(({ number, both }): readonly Row[] => {
    const { from, to, state, why, level } = tunnelAt(snapshot, number)
    return passes(['tunnel', `${from}>${to}`, state, why, level])
      ? [{ kind: 'tunnel', id: `tunnel ${tunnelId(fleet, number)}`, number, both }]
      : []
  })
  const bad = totals.tunnels.down + totals.tunnels['one-way']
  const wrong = broken.shown.map(({ number }) => tunnelAt(snapshot, number).level)
  // What hosts that are down make of their tunnels is told there.
  const level: Level = wrong.length > 0 ? worst(wrong) : bad + totals.tunnels.unknown > 0 ? 'unknown' : 'ok'
  const remarks = [
    ...(broken.more > 0 ? [`and ${broken.more} more`] : []),
    ...(broken.ofHosts > 0 ? [`${broken.ofHosts} end at hosts that are not up`] : []),
  ].map((text, i): Row => ({ kind: 'remark', id: `remark ${i}`, text }))
  const group: Row = { kind: 'tunnels', id: 'tunnels', level, broken }
  return { level, rows: rows.length === 0 && !passes(['tunnels']) ? [] : [group, ...rows, ...remarks] }
}

function serviceRows(snapshot: Snapshot, roomy: boolean, passes: Passes): Group {
  const { services } = snapshot
  const level = worst(services.map(service => service.level))
  if (services.length === 0) return { level, rows: [] }
  const rows = worstServices(snapshot).flatMap((service): readonly Row[] =>
    (roomy || service.level !== 'ok') && passes(['service', service.service.name, service.word, service.level])
      ? [{ kind: 'service', id: `service ${service.service.name}`, service }]
      : [],
  )
  if (rows.length === 0 && !passes(['services'])) return { level, rows }
  return { level, rows: [{ kind: 'services', id: 'services', level }, ...rows] }
}

/** The newest events, at the foot. */
function recent(snapshot: Snapshot, width: number, height: number): readonly Line[] {
  const { events, at } = snapshot
  if (height < 4 || events.length === 0) return []
  const shown = events.slice(-Math.min(height - 2, 8)).toReversed()
  return [blank, rule([strong('events')], width, [faint('7 all')]), ...shown.map(event => eventLine(event, at))]
}

/** How it was: the whole, each service, and what changed. */
function panelLines(snapshot: Snapshot, width: number, height: number): readonly Line[] {
  const { events, at, history } = snapshot
  const services = worstServices(snapshot)
  const own = services.slice(0, Math.max(3, Math.floor(height / 2) - 6))
  const names = widthFor(
    services.map(({ service }) => service.name),
    8,
    20,
  )
  const left = height - own.length - (own.length === 0 ? 6 : 8)
  return [
    rule([strong('history')], width, [faint(historySpan(snapshot))]),
    ...historyLines(snapshot, width),
    blank,
    ...(own.length === 0
      ? []
      : [
          rule(
            [strong('services')],
            width,
            services.length > own.length ? [faint(`${own.length} of ${services.length}`)] : [],
          ),
          ...own.map(({ service: { name }, running, wanted }): Line => [
            span(fit(name, names)),
            span(' '),
            ...levelSparkline(history.ofService.get(name) ?? [], Math.max(4, width - names - 8)),
            span(fit(`${running}/${wanted}`, 7, 'right'), running < wanted ? 'warn' : 'plain'),
          ]),
          blank,
        ]),
    rule([strong('events')], width, [faint(events.length > left ? `${left} of ${events.length}` : '')]),
    ...(events.length === 0 ? [[faint('Nothing has changed while this was watched.')]] : []),
    ...events
      .slice(-Math.max(1, left))
      .toReversed()
      .map(event => eventLine(event, at)),
  ]
}
