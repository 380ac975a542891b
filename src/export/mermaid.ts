/**
 * The mesh as a flowchart of Mermaid, for READMEs and wikis. Mermaid draws no more than 500 edges and reads no more than
 * 50000 characters unless its configuration says so (maxEdges, maxTextSize): a larger mesh is drawn with less in it, and
 * a comment says what was left out.
 */
import type { Graph } from './graph.ts'
import { edgesOf, jailsByHost, marksOf } from './svg/card.ts'
import { pairsOf, tripText } from './svg/pairs.ts'
import { plain } from './svg/text.ts'

export const mostEdges = 500
export const mostCharacters = 50_000

interface Detail {
  readonly hosts: boolean
  readonly jails: boolean
  readonly tunnels: boolean
  readonly says: string
}

/** From all to the least. */
const details: readonly Detail[] = [
  { hosts: true, jails: true, tunnels: true, says: '' },
  { hosts: true, jails: false, tunnels: true, says: 'without jails' },
  { hosts: true, jails: true, tunnels: false, says: 'tunnels by region' },
  { hosts: true, jails: false, tunnels: false, says: 'without jails, tunnels by region' },
  { hosts: false, jails: false, tunnels: false, says: 'regions only' },
]

export function mermaidText(graph: Graph): string {
  let last = ''
  for (const detail of details) {
    if (detail.tunnels && graph.tunnels.length > mostEdges) continue
    const { text, edges } = drawn(graph, detail)
    if (edges <= mostEdges && text.length <= mostCharacters) return text
    last = text
  }
  return last
}

function drawn(graph: Graph, detail: Detail): { readonly text: string; readonly edges: number } {
  const all = detail.tunnels ? tunnelsOf(graph) : bundlesOf(graph)
  // Regions that meet in more pairs than can be drawn: the widest are the ones that matter.
  const edges = detail.hosts ? all : all.slice(0, mostEdges)
  const left = all.length - edges.length
  const says = [detail.says, ...(left > 0 ? [`${left} pairs of regions left out`] : [])].filter(word => word !== '')
  const text = [
    'flowchart TB',
    ...(says.length === 0 ? [] : [`  %% A smaller picture, for the limits of Mermaid: ${says.join(', ')}`]),
    ...regionsOf(graph, detail),
    ...edges,
    '  classDef host fill:#ffffff,stroke:#7a8699,color:#1f2430',
    ...(graph.hosts.some(({ nat }) => nat) && detail.hosts
      ? ['  classDef nat fill:#ffffff,stroke:#7a8699,color:#1f2430,stroke-dasharray:5 3']
      : []),
    '',
  ].join('\n')
  return { text, edges: edges.length }
}

function regionsOf(graph: Graph, detail: Detail): readonly string[] {
  const [jails, edges] = [jailsByHost(graph), edgesOf(graph)]
  const byName = new Map(graph.hosts.map(host => [host.name, host]))
  return graph.regions.flatMap(region => {
    if (!detail.hosts)
      return [`  ${idOf('r', region.name)}["${label([region.title, `${region.hosts.length} hosts`])}"]:::host`]
    const hosts = region.hosts.flatMap(name => {
      const host = byName.get(name)
      if (host === undefined) return []
      const marks = marksOf(host, edges)
      const lines = [
        name,
        [host.address.inet, ...marks].join(', '),
        ...(detail.jails ? lined((jails.get(name) ?? []).map(jail => jail.name)) : []),
      ]
      return [`    ${idOf('h', name)}["${label(lines)}"]:::${host.nat ? 'nat' : 'host'}`]
    })
    return [`  subgraph ${idOf('r', region.name)}["${label([region.title])}"]`, ...hosts, '  end']
  })
}

/** A few names a line. */
function lined(names: readonly string[]): readonly string[] {
  const lines: string[] = []
  for (let n = 0; n < names.length; n += 3) lines.push(names.slice(n, n + 3).join(', '))
  return lines
}

const tunnelsOf = ({ tunnels }: Graph): readonly string[] =>
  tunnels.map(
    ({ a, b, roundTrip }) =>
      `  ${idOf('h', a)} ${roundTrip.estimated ? '-.-' : '---'}|"${label([tripText(roundTrip)])}"| ${idOf('h', b)}`,
  )

/** Those within a region are not drawn: a full mesh is what a region is. */
const bundlesOf = (graph: Graph): readonly string[] =>
  pairsOf(graph)
    .filter(({ regions: [a, b] }) => a !== b)
    .toSorted((one, other) => other.tunnels.length - one.tunnels.length)
    .map(({ regions: [a, b], tunnels }) => {
      const trip = tunnels[0]?.roundTrip
      const text = `${tunnels.length} tunnel${tunnels.length === 1 ? '' : 's'}${trip === undefined ? '' : `, ${tripText(trip)}`}`
      return `  ${idOf('r', a)} ${trip?.estimated === false ? '---' : '-.-'}|"${label([text])}"| ${idOf('r', b)}`
    })

/** With a prefix, for `end`, `graph`, `class` and others mean something, and so does an `o` or `x` after a line. */
const idOf = (prefix: 'h' | 'r', name: string): string =>
  `${prefix}_${Array.from(name, c => (/[a-z0-9]/.test(c) ? c : c === '-' ? '_' : `_u${(c.codePointAt(0) ?? 0).toString(16)}_`)).join('')}`

/**
 * Within quotes: whatever might mean something to Mermaid, to Markdown or to HTML is an entity, in Mermaid's spelling; so is
 * what would begin a list, in whose place some releases of Mermaid write "Unsupported markdown: list".
 */
const label = (lines: readonly string[]): string =>
  lines
    .map(line =>
      plain(line)
        .replace(/[^\p{L}\p{N} .,:/@≈·_-]/gu, entity)
        .replace(/(?<=^\d+)\.(?= |$)|^-/, entity),
    )
    .join('<br/>')

const entity = (c: string): string => `#${c.codePointAt(0) ?? 0};`
