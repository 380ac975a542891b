/**
 * The mesh for Graphviz: `dot -Tsvg` lays it out itself, `neato -n2 -Tsvg` keeps our places. Names and texts stand in
 * HTML-like labels, where only &, <, > and quotes mean something (graphviz.org, "HTML-Like Labels").
 */
import type { Graph, GraphHost, GraphJail } from './graph.ts'
import { layoutOf, type Point } from './layout.ts'
import { edgesOf, jailsByHost, marksOf } from './svg/card.ts'
import { kindsOf, type Kinds } from './svg/kinds.ts'
import { tripText } from './svg/svg.ts'
import { plain, xml } from './svg/text.ts'
import { regionHues, themes } from './svg/theme.ts'

const colour = (name: string): string => themes.light[name] ?? '#000000'

export function dotText(graph: Graph): string {
  const { hosts: points } = layoutOf(graph)
  const [jails, kinds, edges] = [jailsByHost(graph), kindsOf(graph), edgesOf(graph)]
  const byName = new Map(graph.hosts.map(host => [host.name, host]))
  return [
    `graph ${quoted(graph.mesh)} {`,
    `  graph [label=<<B>${xml(graph.mesh)}</B>>, labelloc=t, fontname="Helvetica,Arial,sans-serif", fontsize=20, outputorder=edgesfirst, splines=true, nodesep=0.6, ranksep=1.2]`,
    '  node [shape=plain, fontname="Helvetica,Arial,sans-serif", fontsize=10]',
    `  edge [color="${colour('tunnel')}", fontcolor="${colour('soft')}", fontname="Helvetica,Arial,sans-serif", fontsize=9]`,
    ...graph.regions.flatMap((region, n) => [
      `  subgraph ${quoted(`cluster_${region.name}`)} {`,
      `    graph [label=<<B>${xml(region.title)}</B>>, style="rounded,filled", fillcolor="${colour(`r${n % regionHues}`)}", color="${colour('edge')}", fontcolor="${colour(`r${n % regionHues}-ink`)}"]`,
      ...region.hosts.flatMap(name => {
        const host = byName.get(name)
        if (host === undefined) return []
        const label = labelOf(host, jails.get(name) ?? [], { kinds, marks: marksOf(host, edges) })
        return [`    ${quoted(name)} [label=<${label}>, pos="${place(points.get(name))}"]`]
      }),
      '  }',
    ]),
    ...graph.tunnels.map(({ a, b, roundTrip }) => {
      const style = roundTrip.estimated ? ', style=dashed' : ''
      return `  ${quoted(a)} -- ${quoted(b)} [label="${tripText(roundTrip)}"${style}]`
    }),
    '}',
    '',
  ].join('\n')
}

/** Points, upwards, where SVG counts downwards; `!` keeps neato from moving it. */
const place = (point: Point | undefined): string => `${point?.x ?? 0},${point === undefined ? 0 : 0 - point.y}!`

/** A quoted ID: only quotes end it, a backslash before one would not let them (graphviz.org, "DOT Language"). */
const quoted = (text: string): string => `"${plain(text).replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`

interface Said {
  readonly kinds: Kinds
  readonly marks: readonly string[]
}

function labelOf(host: GraphHost, jails: readonly GraphJail[], { kinds, marks }: Said): string {
  const small = [host.class, host.provider, ...marks].filter(word => word !== null).join(', ')
  const rows = [
    `<TR><TD ALIGN="LEFT"><B>${xml(host.name)}</B></TD></TR>`,
    `<TR><TD ALIGN="LEFT"><FONT COLOR="${colour('soft')}">${xml(host.address.inet)}<BR ALIGN="LEFT"/>${xml(small)}<BR ALIGN="LEFT"/></FONT></TD></TR>`,
    ...jails.map(jail => {
      const kind = kinds.classOf(jail.service)
      return `<TR><TD ALIGN="LEFT" BGCOLOR="${colour(kind)}"><FONT COLOR="${colour(`${kind}-ink`)}">${xml(jail.name)}</FONT></TD></TR>`
    }),
  ]
  return `<TABLE BORDER="1" CELLBORDER="0" CELLSPACING="2" CELLPADDING="2" COLOR="${colour('edge')}" BGCOLOR="${colour('card')}" STYLE="ROUNDED">${rows.join('')}</TABLE>`
}
