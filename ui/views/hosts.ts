/** All hosts in one list, to be sorted by what is looked for. */
import type { HostHealth, Snapshot } from '../../src/health/snapshot.ts'
import { matcher } from '../filter.ts'
import { type Size, span } from '../line.ts'
import { memo } from '../memo.ts'
import {
  hostMark,
  jailsText,
  stateWord,
  troublesOf,
  troubleText,
  tunnelsOf,
  tunnelsText,
  worstFirst,
} from '../rows/hosts.ts'
import { faint, percentText, plural } from '../rows/words.ts'
import { type Column, table, widthFor } from '../table.ts'
import { type Body, type Context, type View } from './view.ts'

/** Its order, and the column that shows it. */
const sorts: readonly (readonly [name: string, column: string, compare: Compare])[] = [
  ['worst first', '', worstFirst],
  ['by name', 'HOST', (a, b) => a.number - b.number],
  ['by region', 'REGION', () => 0],
  ['by load', 'LOAD', most(loadOf)],
  ['by memory', 'MEMORY', most(memoryOf)],
  ['by pool', 'POOL', most(poolOf)],
  ['by tunnels', 'TUNNELS', most(host => -tunnelsOf(host).up)],
  ['by answer', 'ANSWER', most(host => host.report?.took ?? null)],
]

type Compare = (a: HostHealth, b: HostHealth) => number

const ordered = memo<readonly HostHealth[]>()

export const hosts: View = {
  name: 'hosts',
  title: () => 'hosts',
  sorts: sorts.map(([name]) => name),
  filters: true,
  hints: [{ key: 'Enter', does: 'open' }],
  counts: ({ snapshot, page }) => plural(inOrder(snapshot, page).length, 'host'),
  body,
  target: (_, id) => ({ view: 'host', subject: id }),
  yaml: (_, id) => `host ${id}`,
}

function body({ snapshot, page }: Context, { columns }: Size): Body {
  const list = inOrder(snapshot, page)
  const laid = table(columnsOf(snapshot), columns - 2)
  const [, title = ''] = sorts[page.sort] ?? []
  return {
    rows: {
      count: list.length,
      id: row => list[row]?.name ?? '',
      find: id => list.findIndex(({ name }) => name === id),
      line: row => {
        const host = list[row]
        return host === undefined ? [] : laid.line(host)
      },
    },
    above: [laid.head({ title, down: page.sort > 2 !== page.reversed })],
    empty: page.filter === '' ? 'This mesh has no hosts.' : 'No host has these words.',
  }
}

function inOrder(snapshot: Snapshot, { filter, sort, reversed }: Context['page']): readonly HostHealth[] {
  return ordered(snapshot, `${sort} ${reversed} ${filter}`, () => {
    const { fleet } = snapshot
    const passes = matcher(filter)
    const regions = new Map(fleet.regions.map(({ name }, i) => [name, i]))
    const regionOf = ({ number }: HostHealth) =>
      regions.get(fleet.hosts[number]?.region ?? fleet.regions[0]?.name ?? ('' as never)) ?? 0
    const [name, , compare = worstFirst] = sorts[sort] ?? []
    const found = snapshot.hosts
      .filter(host => {
        const watched = fleet.hosts[host.number]
        const own = [
          host.name,
          host.state,
          host.level,
          watched?.region ?? '',
          watched?.provider ?? '',
          watched?.class ?? '',
        ]
        return passes([...own, ...troublesOf(snapshot, host).map(({ text }) => text)])
      })
      .toSorted(name === 'by region' ? (a, b) => regionOf(a) - regionOf(b) || a.number - b.number : compare)
    return reversed ? found.toReversed() : found
  })
}

function columnsOf(snapshot: Snapshot): readonly Column<HostHealth>[] {
  const { fleet } = snapshot
  const watched = (host: HostHealth) => fleet.hosts[host.number]
  const widthOfNames = widthFor(
    fleet.hosts.map(({ name }) => name),
    8,
    20,
  )
  const widthOfRegions = widthFor(
    fleet.regions.map(({ name }) => name),
    6,
    14,
  )
  return [
    { title: 'HOST', width: widthOfNames + 2, cell: hostMark },
    { title: 'REGION', width: widthOfRegions, spare: 3, cell: host => span(watched(host)?.region ?? '') },
    { title: 'PROVIDER', width: 8, spare: 8, cell: host => faint(watched(host)?.provider ?? '-') },
    { title: 'CLASS', width: 5, spare: 9, cell: host => faint(watched(host)?.class ?? '') },
    { title: 'STATE', width: 9, cell: stateWord },
    {
      title: 'LOAD',
      width: 5,
      right: true,
      spare: 4,
      cell: host => highSpan(loadOf(host), loadPart(host), n => n.toFixed(2)),
    },
    {
      title: 'MEMORY',
      width: 6,
      right: true,
      spare: 6,
      cell: host => highSpan(memoryOf(host), memoryOf(host), percentText),
    },
    { title: 'POOL', width: 5, right: true, spare: 5, cell: host => highSpan(poolOf(host), poolOf(host), percentText) },
    {
      title: 'JAILS',
      width: 5,
      right: true,
      spare: 2,
      cell: host => jailsText(host, watched(host)?.jails.length ?? 0),
    },
    { title: 'TUNNELS', width: 7, right: true, spare: 1, cell: tunnelsText },
    { title: 'ANSWER', width: 7, right: true, spare: 7, cell: host => faint(tookText(host)) },
    { title: 'RELEASE', width: 15, spare: 10, cell: host => faint(host.report?.system?.release?.running ?? '') },
    {
      ...{ title: 'WHAT IS WRONG', width: 26, grows: true },
      cell: host => {
        const [first, ...others] = troublesOf(snapshot, host)
        if (first === undefined) return span('')
        const { text, tone } = troubleText(first)
        return span(others.length === 0 ? text : `${text} (+${others.length})`, tone)
      },
    },
    { title: 'FOR', width: 7, right: true, cell: host => span(troublesOf(snapshot, host)[0]?.since ?? '') },
  ]
}

const highSpan = (value: number | null, part: number | null, text: (n: number) => string) =>
  value === null ? faint('-') : span(text(value), (part ?? 0) >= 0.97 ? 'bad' : (part ?? 0) >= 0.9 ? 'warn' : 'plain')

const tookText = ({ state, report }: HostHealth): string =>
  state !== 'up' || report?.took == null ? '-' : `${Math.round(report.took)} ms`

/** What a host that does not answer said is old. The largest first; what is not known last. */
function most(of: (host: HostHealth) => number | null): Compare {
  return (a, b) => (of(b) ?? -Infinity) - (of(a) ?? -Infinity) || a.number - b.number
}

function loadOf({ state, report }: HostHealth): number | null {
  return state === 'up' ? (report?.system?.load[0] ?? null) : null
}

/** Twice as many wait as there are cores: that is full. */
function loadPart({ report }: HostHealth): number | null {
  const system = report?.system ?? null
  return system === null || system.cpus === 0 ? null : system.load[0] / (2 * system.cpus)
}

function memoryOf({ state, report }: HostHealth): number | null {
  const memory = state === 'up' ? report?.system?.memory : undefined
  return memory === undefined || memory.total === 0 ? null : 1 - memory.free / memory.total
}

/** Of the fullest one. */
function poolOf({ state, report }: HostHealth): number | null {
  if (state !== 'up') return null
  const parts = (report?.pools ?? []).filter(({ size }) => size > 0).map(({ size, allocated }) => allocated / size)
  return parts.length === 0 ? null : Math.max(...parts)
}
