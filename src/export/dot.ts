/**
 * The mesh for Graphviz: `dot -Tsvg` lays it out itself, `neato -n2 -Tsvg` keeps our places. Of many tunnels dot makes
 * nothing: it loses some and takes minutes, so then the text itself asks for our places and straight lines. Names and texts
 * stand in HTML-like labels, where only &, <, > and quotes mean something (graphviz.org, "HTML-Like Labels").
 */
import type { Graph, GraphHost, GraphJail } from './graph.ts'
import { layoutOf, type Point } from './layout.ts'
import { type Box, cardBox, edgesOf, jailsByHost, marksOf } from './svg/card.ts'
import { groundsOf } from './svg/ground.ts'
import { kindsOf, type Kinds } from './svg/kinds.ts'
import { tripText } from './svg/pairs.ts'
import { plain, xml } from './svg/text.ts'
import { regionHues, themes } from './svg/theme.ts'

/** Above this many, dot 2.43 has "trouble in init_rank", and soon no end. */
const mostRouted = 105
/** A host of a cell has room for no more. */
const mostJails = 7

const colour = (name: string): string => themes.light[name] ?? '#000000'

export function dotText(graph: Graph): string {
  const layout = layoutOf(graph)
  const [jails, kinds, edges] = [jailsByHost(graph), kindsOf(graph), edgesOf(graph)]
  const byName = new Map(graph.hosts.map(host => [host.name, host]))
  const placed = graph.tunnels.length > mostRouted
  const boxes = new Map([...layout.hosts].map(([name, at]) => [name, cardBox(at, 0, 'dot')]))
  const grounds = groundsOf(graph, layout, boxes)
  const laid = placed ? 'layout=neato, inputscale=72, splines=line' : 'splines=true'
  return [
    `graph ${quoted(graph.mesh)} {`,
    `  graph [label=<<B>${xml(graph.mesh)}</B>>, labelloc=t, fontname="Helvetica,Arial,sans-serif", fontsize=20, outputorder=edgesfirst, ${laid}, nodesep=0.6, ranksep=1.2]`,
    '  node [shape=plain, fontname="Helvetica,Arial,sans-serif", fontsize=10]',
    `  edge [color="${colour('tunnel')}", fontcolor="${colour('soft')}", fontname="Helvetica,Arial,sans-serif", fontsize=9${placed ? ', penwidth=0.5' : ''}]`,
    ...graph.regions.flatMap((region, n) => {
      const [fill, ink] = [colour(`r${n % regionHues}`), colour(`r${n % regionHues}-ink`)]
      const title = `<<B>${xml(region.title)}</B>>`
      const ground = grounds.get(region.name)
      return [
        `  subgraph ${quoted(`cluster_${region.name}`)} {`,
        `    graph [label=${placed ? '""' : title}, style="rounded,filled", fillcolor="${fill}", color="${colour('edge')}", fontcolor="${ink}"]`,
        // Among hosts with places of their own, the title needs one as well.
        ...(placed && ground !== undefined
          ? [
              `    ${quoted(`title_${region.name}`)} [label=${title}, fontcolor="${ink}", fontsize=${Math.round(ground.title.size)}, pos="${place(middleOf(ground.title.box))}"]`,
            ]
          : []),
        ...region.hosts.flatMap(name => {
          const host = byName.get(name)
          if (host === undefined) return []
          const mine = jails.get(name) ?? []
          const shown = placed && mine.length > mostJails ? mostJails - 1 : mine.length
          const label = labelOf(host, mine, { kinds, marks: marksOf(host, edges), shown })
          return [`    ${quoted(name)} [label=<${label}>, pos="${place(layout.hosts.get(name))}"]`]
        }),
        '  }',
      ]
    }),
    ...graph.tunnels.map(({ a, b, roundTrip }) => {
      const style = roundTrip.estimated ? ', style=dashed' : ''
      return `  ${quoted(a)} -- ${quoted(b)} [${placed ? 'tooltip' : 'label'}="${tripText(roundTrip)}"${style}]`
    }),
    '}',
    '',
  ].join('\n')
}

const middleOf = ({ x, y, width, height }: Box): Point => ({
  x: Math.round(x + width / 2),
  y: Math.round(y + height / 2),
})

/** Points, upwards, where SVG counts downwards; `!` keeps neato from moving it. */
const place = (point: Point | undefined): string => `${point?.x ?? 0},${point === undefined ? 0 : 0 - point.y}!`

/** A quoted ID: only quotes end it, a backslash before one would not let them (graphviz.org, "DOT Language"). */
const quoted = (text: string): string => `"${plain(text).replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`

interface Said {
  readonly kinds: Kinds
  readonly marks: readonly string[]
  /** So many jails by name, the others as a number. */
  readonly shown: number
}

function labelOf(host: GraphHost, jails: readonly GraphJail[], { kinds, marks, shown }: Said): string {
  const small = [host.class, host.provider, ...marks].filter(word => word !== null).join(', ')
  const rows = [
    `<TR><TD ALIGN="LEFT"><B>${xml(host.name)}</B></TD></TR>`,
    `<TR><TD ALIGN="LEFT"><FONT COLOR="${colour('soft')}">${xml(host.address.inet)}<BR ALIGN="LEFT"/>${xml(small)}<BR ALIGN="LEFT"/></FONT></TD></TR>`,
    ...jails.slice(0, shown).map(jail => {
      const kind = kinds.classOf(jail.service)
      return `<TR><TD ALIGN="LEFT" BGCOLOR="${colour(kind)}"><FONT COLOR="${colour(`${kind}-ink`)}">${xml(jail.name)}</FONT></TD></TR>`
    }),
    ...(shown < jails.length ? [`<TR><TD ALIGN="LEFT">+${jails.length - shown}</TD></TR>`] : []),
  ]
  return `<TABLE BORDER="1" CELLBORDER="0" CELLSPACING="2" CELLPADDING="2" COLOR="${colour('edge')}" BGCOLOR="${colour('card')}" STYLE="ROUNDED">${rows.join('')}</TABLE>`
}
