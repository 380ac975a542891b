/** Files that are not as they were built, by host. */
import { type HostHealth, type Snapshot } from '../../src/health/snapshot.ts'
import { spanText } from '../../src/health/verdict.ts'
import { matcher } from '../filter.ts'
import { type Line, type Size, span } from '../line.ts'
import { memo } from '../memo.ts'
import { faint, marked, plural } from '../rows/words.ts'
import { widthFor } from '../table.ts'
import { type Body, type Context, listRows, type View } from './view.ts'

export const drift: View = {
  name: 'drift',
  title: () => 'drift',
  sorts: ['most first', 'by name'],
  filters: true,
  hints: [{ key: 'Enter', does: 'its host' }],
  counts: ({ snapshot }) => {
    const off = snapshot.hosts.reduce((n, host) => n + filesOf(host).length, 0)
    return off === 0 ? 'no drift' : `${plural(off, 'file')} not as built`
  },
  body,
  target: (_, id) => ({ view: 'host', subject: id.split(' ')[1] ?? '' }),
  yaml: (_, id) => `drift ${id.split(' ')[1] ?? ''}`,
}

type Row = { readonly id: string } & (
  | { readonly kind: 'host'; readonly host: HostHealth }
  | { readonly kind: 'file'; readonly what: 'changed' | 'missing'; readonly path: string }
)

const rowsOf = memo<readonly Row[]>()

function body({ snapshot, page }: Context, { columns }: Size): Body {
  const names = widthFor(
    snapshot.hosts.map(({ name }) => name),
    8,
    22,
  )
  const list = rowsOf(snapshot, `${page.sort} ${page.reversed} ${page.filter}`, () => listed(snapshot, page))
  return {
    rows: listRows(list, row => (row.kind === 'host' ? hostLine(row.host, snapshot, names, columns) : fileLine(row))),
    above: [[faint(`${'  HOST'.padEnd(names + 2)}  FILES`)]],
    empty: page.filter === '' ? 'This mesh has no hosts.' : 'No file or host has these words.',
  }
}

const filesOf = ({ report }: HostHealth): readonly { readonly what: 'changed' | 'missing'; readonly path: string }[] =>
  report?.drift == null
    ? []
    : [
        ...report.drift.changed.map(path => ({ what: 'changed' as const, path })),
        ...report.drift.missing.map(path => ({ what: 'missing' as const, path })),
      ]

function listed({ hosts }: Snapshot, { filter, sort, reversed }: Context['page']): readonly Row[] {
  const passes = matcher(filter)
  const found = hosts.flatMap(host => {
    const files = filesOf(host).filter(({ what, path }) => passes([host.name, what, path]))
    return files.length > 0 || passes([host.name]) ? [{ host, files }] : []
  })
  // Hosts that did not tell come before those that are as built.
  const weight = ({ host, files }: (typeof found)[number]) =>
    files.length > 0 ? files.length + 1 : host.report?.drift == null ? 1 : 0
  const inOrder = sort === 0 ? found.toSorted((a, b) => weight(b) - weight(a)) : found
  return (reversed ? inOrder.toReversed() : inOrder).flatMap(({ host, files }): readonly Row[] => [
    { kind: 'host', id: `host ${host.name}`, host },
    ...files.map((file): Row => ({ kind: 'file', id: `file ${host.name} ${file.path}`, ...file })),
  ])
}

function hostLine(host: HostHealth, { at, fleet }: Snapshot, names: number, columns: number): Line {
  const { report, name } = host
  const drift = report?.drift ?? null
  const off = filesOf(host).length
  const asked = report === null ? '' : `   said ${spanText((at - report.at) / 1000)} ago`
  const wide = columns >= 100 ? asked : ''
  if (drift === null) {
    const built = fleet.hosts[host.number]?.files !== null
    const why = report?.missing['drift'] ?? (built ? 'not told' : 'nothing was built for it yet')
    return [marked('unknown', name.padEnd(names)), faint(`  ${why}${wide}`)]
  }
  return [
    marked(off === 0 ? 'ok' : 'warn', name.padEnd(names)),
    span(
      off === 0 ? `  ${plural(drift.checked, 'file')} as built` : `  ${off} of ${drift.checked} not as built`,
      off === 0 ? 'plain' : 'warn',
    ),
    faint(wide),
  ]
}

const fileLine = ({ what, path }: Extract<Row, { readonly kind: 'file' }>): Line => [
  span(`    ${what}  `, 'warn'),
  span(path),
]
