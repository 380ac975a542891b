/**
 * The dashboard of the plan: frames that lie in the file itself, and come out of the data source that every Grafana has
 * (Grafana, snapshot frames). It needs no Prometheus. With a snapshot it shows how the mesh was at that moment.
 */
import type { Snapshot } from '../../health/snapshot.ts'
import type { ExportFile } from '../files.ts'
import type { Graph, GraphParty } from '../graph.ts'
import { dashboardFile, hostLinkAlone } from './dashboard.ts'
import { colors, nodeGraph } from './node-graph.ts'
import { geomap } from './panels/geomap.ts'
import { nodeGraphPanel } from './panels/node-graph.ts'
import { builtIn, type Drawn, meaning, overrideOf, type Sketch, type Target } from './panels/panel.ts'
import { table } from './panels/table.ts'
import { text } from './panels/text.ts'
import type { Meaning } from './states.ts'

type Cell = boolean | number | string | null
type Row = Readonly<Record<string, Cell>>

interface FrameField {
  readonly name: string
  readonly type: 'boolean' | 'number' | 'string'
  readonly config?: object
}

/** What colours stand for, as numbers: a map takes no others. */
const looks: readonly Meaning[] = [
  { value: 0, word: 'planned', color: colors.planned },
  { value: 1, word: 'unknown', color: colors.unknown },
  { value: 2, word: 'well', color: colors.good },
  { value: 3, word: 'weak', color: colors.weak },
  { value: 4, word: 'bad', color: colors.bad },
]
const lookOf = (color: string): number => looks.find(one => one.color === color)?.value ?? 1

export function topologyDashboard(graph: Graph, snapshot: Snapshot | null): ExportFile {
  const { nodes, edges } = nodeGraph(graph, snapshot)
  return dashboardFile({
    ...{ name: 'topology', mesh: graph.mesh, title: 'topology' },
    description:
      snapshot === null
        ? 'The mesh as it is planned. All is in the file: no data source is asked.'
        : `The mesh as it was at ${new Date(snapshot.at).toISOString()}. All is in the file: no data source is asked.`,
    variables: [],
    ...{ from: 'now-1h', refresh: null },
    lines: [pictures(graph, nodes, edges), ...tables(graph)],
  })
}

type Nodes = ReturnType<typeof nodeGraph>['nodes']
type Edges = ReturnType<typeof nodeGraph>['edges']

function pictures(graph: Graph, nodes: Nodes, edges: Edges): readonly Drawn[] {
  const located = nodes.filter(({ lat, lon }) => lat !== null && lon !== null)
  const known = new Set(located.map(({ id }) => id))
  const joining = edges.filter(({ source, target }) => known.has(source) && known.has(target))
  const toHost = (field: string) =>
    overrideOf(field, { links: [hostLinkAlone(graph.mesh, `\${__data.fields.${field}}`)] })
  const graphPanel = nodeGraphPanel(
    { id: 1, title: 'Topology', width: located.length > 0 ? 12 : 24, height: 16 },
    {
      datasource: builtIn,
      targets: [frame('nodes', nodeFields, nodes), ...(edges.length > 0 ? [frame('edges', edgeFields, edges)] : [])],
      overrides: [toHost('title')],
    },
  )
  if (located.length === 0) return [graphPanel]
  const look = (rows: readonly { readonly color: string }[]) => rows.map(one => ({ ...one, look: lookOf(one.color) }))
  const map = geomap(
    { id: 2, title: 'Map', description: 'Hosts of a region stand around its place.', width: 12, height: 16 },
    {
      datasource: builtIn,
      linked: joining.length > 0,
      targets: [
        frame('nodes', placeFields, look(located)),
        ...(joining.length > 0 ? [frame('edges', lineFields, look(joining))] : []),
      ],
      overrides: [toHost('title')],
      colorBy: { node: 'look', edge: 'look' },
    },
  )
  return [graphPanel, map]
}

const words = (...names: readonly string[]): readonly FrameField[] => names.map(name => ({ name, type: 'string' }))
const numbers = (...names: readonly string[]): readonly FrameField[] => names.map(name => ({ name, type: 'number' }))
const details = (...names: readonly string[]): readonly FrameField[] =>
  names.map(name => ({ name: `detail__${name}`, type: 'string', config: { displayName: name } }))
const look: FrameField = { name: 'look', type: 'number', config: meaning(looks) }

const title = words('id', 'title', 'subtitle', 'mainstat', 'secondarystat')
const about = details('address', 'provider', 'class', 'services', 'problems')
const nodeFields = [...title, ...words('color'), ...numbers('fixedx', 'fixedy'), ...about]
const placeFields = [...title, look, ...numbers('lat', 'lon'), ...about]
const ends = words('id', 'source', 'target', 'mainstat', 'secondarystat')
const ways = details('forward', 'backward')
const edgeFields = [...ends, ...words('color'), ...numbers('thickness'), ...ways]
const lineFields = [...ends, look, ...ways]

/** An answer: columns, in the order of the fields. */
function frame(refId: string, fields: readonly FrameField[], rows: readonly object[]): Target {
  const preferred = refId === 'nodes' || refId === 'edges' ? 'nodeGraph' : 'table'
  return {
    ...{ refId, datasource: builtIn, queryType: 'snapshot' },
    snapshot: [
      {
        schema: { refId, name: refId, meta: { preferredVisualisationType: preferred }, fields },
        data: { values: fields.map(({ name }) => rows.map(row => (row as Row)[name] ?? null)) },
      },
    ],
  }
}

function tables(graph: Graph): readonly (readonly Drawn[])[] {
  const { mesh, hosts, jails, tunnels, services, flows } = graph
  const list = (sketch: Sketch, fields: readonly FrameField[], rows: readonly Row[], link?: string): Drawn =>
    rows.length === 0
      ? text(sketch, 'None.')
      : table(sketch, {
          datasource: builtIn,
          targets: [frame('A', fields, rows)],
          ...(link !== undefined && {
            overrides: [overrideOf(link, { links: [hostLinkAlone(mesh, '${__value.text}')] })],
          }),
        })
  return [
    [
      list(
        { id: 3, title: 'Hosts', width: 24, height: 9 },
        [
          ...words('host', 'region', 'provider', 'class', 'arch'),
          { name: 'cores', type: 'number' },
          { name: 'memory', type: 'number', config: { unit: 'bytes' } },
          ...words('address', 'IPv6 address', 'endpoint', 'role in the mesh', 'jails'),
        ],
        hosts.map(host => ({
          ...{ host: host.name, region: host.region, provider: host.provider, class: host.class, arch: host.arch },
          ...{ cores: host.cpus, memory: host.memory, address: host.address.inet, 'IPv6 address': host.address.inet6 },
          endpoint: host.endpoint.inet ?? host.endpoint.inet6,
          'role in the mesh': [...(host.gateway ? ['gateway'] : []), ...(host.nat ? ['behind NAT'] : [])].join(', '),
          jails: jails.flatMap(jail => (jail.host === host.name ? jail.name : [])).join(' '),
        })),
        'host',
      ),
    ],
    [
      list(
        { id: 4, title: 'Tunnels', width: 12, height: 10 },
        [
          ...words('a', 'b'),
          { name: 'round trip', type: 'number', config: { unit: 'ms' } },
          { name: 'estimated', type: 'boolean' },
          { name: 'keepalive', type: 'number', config: { unit: 's' } },
        ],
        tunnels.map(({ a, b, keepalive, roundTrip }) => ({
          ...{ a, b, keepalive, 'round trip': roundTrip.milliseconds, estimated: roundTrip.estimated },
        })),
      ),
      list(
        { id: 5, title: 'Services', width: 12, height: 10 },
        words('service', 'kind', 'version', 'role', 'host', 'jail', 'survives by', 'needs'),
        services.flatMap(service =>
          service.roles.flatMap(role =>
            role.instances.map(id => {
              const jail = jails.find(one => one.id === id)
              return {
                ...{ service: service.name, kind: service.kind, version: service.version, role: role.name },
                ...{ host: jail?.host ?? null, jail: jail?.name ?? null },
                ...{ 'survives by': role.resilience.kind, needs: role.needs.join(' ') },
              }
            }),
          ),
        ),
        'host',
      ),
    ],
    [
      list(
        { id: 6, title: 'Flows', description: 'Who may reach whom. All else is blocked.', width: 24, height: 12 },
        words('from', 'to', 'ports', 'why', 'from whom', 'to whom'),
        flows.map(({ from, to, ports, why }) => ({
          ...{ from: from.word, to: to.word, ports: ports.join(' '), why },
          ...{ 'from whom': partiesOf(from), 'to whom': partiesOf(to) },
        })),
      ),
    ],
  ]
}

const partiesOf = ({ external, hosts, jails }: GraphParty): string =>
  external ? 'outside the mesh' : [...hosts, ...jails].join(' ')
