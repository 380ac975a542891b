/** The dashboard of the whole mesh: what is up, where it is, and how it has been. */
import type { ExportFile } from '../files.ts'
import { dashboardFile, hostLink, type Source, sourceVariable } from './dashboard.ts'
import type { LiveMesh } from './live.ts'
import { colors } from './node-graph.ts'
import { geomap } from './panels/geomap.ts'
import { nodeGraphPanel, numeric } from './panels/node-graph.ts'
import {
  type Drawn,
  meaning,
  named,
  now,
  overrideOf,
  range,
  rows,
  type Sketch,
  steps,
  type Transformation,
} from './panels/panel.ts'
import { row } from './panels/row.ts'
import { stat } from './panels/stat.ts'
import { stateTimeline } from './panels/state-timeline.ts'
import { colored as coloredCell, coloredCells, matrix, organized, table } from './panels/table.ts'
import { timeseries } from './panels/timeseries.ts'
import { copied, either, joined, labelled, once, spelled, worded } from './promql.ts'
import { hostStates, levelMeanings, linkStates, unknown } from './states.ts'

export const meshDashboard = (mesh: LiveMesh, source: Source | null): ExportFile =>
  dashboardFile({
    ...{ name: 'mesh', mesh: mesh.mesh, title: 'mesh' },
    description: 'Hosts, tunnels and services: what is up, where it is, and how it has been.',
    variables: [sourceVariable(source)],
    ...{ from: 'now-6h', refresh: '30s' },
    lines: [
      totals(mesh),
      [notWell(mesh), ...pictures(mesh)],
      ...(mesh.linked ? [[matrixOf(mesh)]] : []),
      [row(20, 'States')],
      [
        stateTimeline(
          { id: 21, title: 'Hosts over time', width: 12, height: 9 },
          [range('A', once('host', 'meshwright_host_state'), '{{host}}')],
          hostStates,
          { links: [hostLink(mesh.mesh, '${__field.labels.host}')] },
        ),
        stateTimeline(
          { id: 22, title: 'Services over time', width: 12, height: 9 },
          [range('A', either(once('service', 'meshwright_service_level'), noServices), '{{service}}')],
          [{ ...unknown, word: 'none' }, ...levelMeanings],
        ),
      ],
      ...(mesh.linked ? links(mesh) : []),
      [row(40, 'In numbers')],
      [
        timeseries(
          { id: 41, title: 'Up', description: 'Of those of which something is known.', width: 12, height: 8 },
          [
            range('hosts', 'max(meshwright:hosts_up:ratio)', 'hosts'),
            ...(mesh.linked ? [range('tunnels', 'max(meshwright:tunnels_up:ratio)', 'tunnels')] : []),
            ...(mesh.services.length > 0 ? [range('services', 'max(meshwright:services_ok:ratio)', 'services')] : []),
          ],
          { unit: 'percentunit', min: 0, max: 1 },
        ),
        timeseries(
          { id: 42, title: 'Time to answer', width: 12, height: 8 },
          [range('A', once('host', 'meshwright_probe_duration_seconds'), '{{host}}')],
          { unit: 's', min: 0 },
        ),
      ],
    ],
  })

/** In a mesh without services there is a line that says so. */
const noServices = `on () ${labelled('vector(-1)', { service: 'none' })}`

function totals({ linked, services }: LiveMesh): readonly Drawn[] {
  const of = (sketch: Sketch, up: string, planned: string): Drawn =>
    stat(
      sketch,
      [
        now('up', `sum(${up}) or vector(0)`, 'up'),
        now('missing', `(count(${planned}) or vector(0)) - (sum(${up}) or vector(0))`, 'not up'),
      ],
      { color: { mode: 'thresholds' }, thresholds: steps(colors.good) },
      { textMode: 'value_and_name' },
    )
  const notUp = (drawn: Drawn): Drawn => ({
    ...drawn,
    panel: {
      ...drawn.panel,
      fieldConfig: {
        defaults: drawn.panel.fieldConfig?.defaults ?? {},
        overrides: [overrideOf('not up', { thresholds: steps(colors.good, [1, colors.bad]) })],
      },
    },
  })
  return [
    notUp(
      of(
        { id: 1, title: 'Hosts', width: 4, height: 4 },
        `${once('host', 'meshwright_host_state')} == bool 2`,
        once('host', 'meshwright_host_info'),
      ),
    ),
    notUp(
      of(
        {
          ...{ id: 2, title: 'Tunnels', width: 4, height: 4 },
          description: linked ? 'The worse of both ends; a lossy one is up.' : 'None: the mesh is one host.',
        },
        `${once('a, b', 'meshwright_tunnel_state')} >= bool 3`,
        once('a, b', 'meshwright_tunnel_planned'),
      ),
    ),
    notUp(
      of(
        {
          ...{ id: 3, title: 'Services', width: 4, height: 4 },
          description: services.length > 0 ? 'Up: nothing is wrong with it.' : 'None is planned.',
        },
        `${once('service', 'meshwright_service_level')} == bool 0`,
        once('service', 'meshwright_service_info'),
      ),
    ),
    stat(
      { id: 4, title: 'Worst', description: 'Of all hosts and services.', width: 3, height: 4 },
      [
        now(
          'A',
          `max(${either(once('host', 'meshwright_host_level'), once('service', 'meshwright_service_level'))})`,
          'worst',
        ),
      ],
      meaning(levelMeanings),
      { textMode: 'value' },
    ),
    stat(
      { id: 5, title: 'Alerts', description: 'That fire in this Prometheus.', width: 3, height: 4 },
      [now('A', 'count(ALERTS{alertstate="firing", severity!="none"}) or vector(0)', 'firing')],
      { color: { mode: 'thresholds' }, thresholds: steps(colors.good, [1, colors.bad]) },
      { textMode: 'value' },
    ),
    stat(
      { id: 6, title: 'Last look', description: 'Since the mesh was last looked at.', width: 3, height: 4 },
      [now('A', 'time() - max(meshwright_snapshot_timestamp_seconds)', 'age')],
      {
        ...{ unit: 's', decimals: 0, color: { mode: 'thresholds' } },
        thresholds: steps(colors.good, [120, colors.weak], [300, colors.bad]),
      },
      { textMode: 'value' },
    ),
    stat(
      { id: 7, title: 'Source', description: 'What a demo tells is made up.', width: 3, height: 4 },
      [now('A', 'max by (source, made_up) (meshwright_source_info)', '{{source}}')],
      {},
      { textMode: 'name', colorMode: 'none' },
    ),
  ]
}

const colored = (meanings: readonly { value: number; word: string; color: string }[], word: string) =>
  meanings.map(one => [one.value, { [word]: one.word, color: one.color }] as const)

const hostWords = either(
  ...hostStates.map(({ value, word }) =>
    labelled(`${once('host', 'meshwright_host_state')} == ${value}`, { mainstat: word }),
  ),
  labelled(`(${once('host', 'meshwright_host_info')} unless on (host) meshwright_host_state)`, {
    mainstat: unknown.word,
  }),
)

/** `4/5`: those of its tunnels that it sees up. */
const tunnelsUp = either(
  labelled(
    `label_join(${spelled(`sum by (host) (${once('host, peer', 'meshwright_link_state')} >= bool 3)`, 'up', 'host')} * on (host) group_left (all) ${spelled(`count by (host) (${once('host, peer', 'meshwright_link_planned')})`, 'all', 'host')}, "secondarystat", "/", "up", "all")`,
    { up: '', all: '' },
  ),
  `(${once('host', 'meshwright_host_info')} unless on (host) meshwright_link_state)`,
)

/** Every planned host, whatever becomes of it: a line that ends at none breaks the panel. The value is its level. */
const nodes = (() => {
  const levels = either(
    worded(
      once('host', 'meshwright_host_level'),
      levelMeanings.map(({ value, color }) => [value, { color }]),
    ),
    labelled(`(${once('host', 'meshwright_host_info')} unless on (host) meshwright_host_level)`, {
      color: colors.unknown,
    }),
  )
  const place = copied(once('host, region, x, y, lat, lon', 'meshwright_host_location'), { fixedX: 'x', fixedY: 'y' })
  const about = copied(once('host, address, provider, class', 'meshwright_host_info'), {
    ...{ detail__address: 'address', detail__provider: 'provider', detail__class: 'class' },
  })
  const whole = [
    ['mainstat', hostWords],
    ['secondarystat', tunnelsUp],
    ['region, fixedX, fixedY, lat, lon', place],
    ['detail__address, detail__provider, detail__class', about],
  ].reduce((all, [labels = '', others = '']) => joined(all, 'host', labels, others), levels)
  return copied(whole, { id: 'host', title: 'host', subtitle: 'region' })
})()

/** Every planned tunnel, once. The value is its state. */
const edges = (() => {
  const pair = 'a, b'
  const states = either(
    worded(once(pair, 'meshwright_tunnel_state'), colored(linkStates, 'secondarystat')),
    labelled(`(${once(pair, 'meshwright_tunnel_planned')} * -1 unless on (a, b) meshwright_tunnel_state)`, {
      ...{ secondarystat: unknown.word, color: unknown.color, strokeDasharray: '4 2' },
    }),
  )
  const trips = either(
    `label_replace(${spelled(`round(1000 * ${once(pair, 'meshwright_tunnel_rtt_seconds')}, 0.1)`, 'ms', pair)}, "mainstat", "$1 ms", "ms", "(.*)")`,
    `(${once(pair, 'meshwright_tunnel_planned')} unless on (a, b) meshwright_tunnel_rtt_seconds)`,
  )
  return `label_join(${copied(joined(states, pair, 'mainstat', trips), { source: 'a', target: 'b' })}, "id", "--", "a", "b")`
})()

const located = once('host', 'meshwright_host_location{lat!=""}')

/** The value under a name that does not depend on how many queries there are. */
const valueAs = (refId: string, alias: string): Transformation => ({
  id: 'calculateField',
  filter: { id: 'byRefId', options: refId },
  options: {
    ...{ mode: 'binary', alias, replaceFields: false },
    binary: { left: `Value #${refId}`, operator: '*', right: '1' },
  },
})

/** What is not well, by name: 1 unknown, 2 warn, 3 bad, as levels are. One line where there is none: ok, or unknown when nobody has looked of late. */
function notWell({ mesh, linked, services }: LiveMesh): Drawn {
  const pair = 'a, b'
  const ends = (vector: string): string => labelled(copied(vector, { host: 'a', peer: 'b' }), { a: '', b: '' })
  const hosts = once('host', 'meshwright_host_level')
  const tunnels = once(pair, 'meshwright_tunnel_state')
  return table(
    {
      ...{ id: 8, title: 'Not well', width: 6, height: pictureHeight },
      description: 'Hosts, tunnels and services, the worst first.',
    },
    {
      targets: [
        rows(
          'A',
          either(
            `(${hosts} > 0)`,
            `(${once('host', 'meshwright_host_info')} unless on (host) meshwright_host_level)`,
            ...(services.length > 0 ? [`(${once('service', 'meshwright_service_level')} > 0)`] : []),
            ...(linked
              ? [
                  ends(`(3 - (${tunnels} >= bool 2)) and on (${pair}) (${tunnels} < 4)`),
                  ends(`(${once(pair, 'meshwright_tunnel_planned')} unless on (${pair}) meshwright_tunnel_state)`),
                ]
              : []),
            'on () (time() - max(meshwright_snapshot_timestamp_seconds) >= bool 300)',
          ),
        ),
      ],
      overrides: [
        named('Value', 'level', { ...meaning(levelMeanings), ...coloredLevel }),
        ...['host', 'peer'].map(field => overrideOf(field, { links: [hostLink(mesh, '${__value.text}')] })),
      ],
      transformations: [organized(['Value', 'host', 'peer', 'service'], ['Time'])],
      sortBy: [{ displayName: 'level', desc: true }],
    },
  )
}
const coloredLevel = { ...coloredCell, 'custom.width': 80 } as const

/** Below the totals, on a screen of 768 lines. */
const pictureHeight = 12

function pictures({ mesh, linked, onMap }: LiveMesh): readonly Drawn[] {
  const toHost = (field: string) => overrideOf(field, { links: [hostLink(mesh, `\${__data.fields.${field}}`)] })
  const graph = nodeGraphPanel(
    {
      ...{ id: 10, title: 'Topology', width: onMap.hosts ? 10 : 18, height: pictureHeight },
      description: linked
        ? 'A line is the worse of its two ends, grey and dashed where nothing is known.'
        : 'One host.',
    },
    {
      targets: [rows('nodes', nodes), ...(linked ? [rows('edges', edges)] : [])],
      overrides: [
        toHost('title'),
        ...(linked ? [toHost('source'), toHost('target')] : []),
        ...['address', 'provider', 'class'].map(name => overrideOf(`detail__${name}`, { displayName: name })),
      ],
      transformations: [numeric('fixedX', 'fixedY')],
    },
  )
  if (!onMap.hosts) return [graph]
  const both = ['a', 'b'].map(end => `on (${end}) ${copied(located, { [end]: 'host' })}`).join(' and ')
  const map = geomap(
    { id: 11, title: 'Map', description: 'Hosts of a region stand around its place.', width: 8, height: pictureHeight },
    {
      linked: onMap.tunnels,
      targets: [
        rows('nodes', `${nodes} and on (host) ${located}`),
        ...(onMap.tunnels ? [rows('edges', `(${edges}) and ${both}`)] : []),
      ],
      overrides: [
        overrideOf('level', meaning(levelMeanings)),
        overrideOf('state', meaning([unknown, ...linkStates])),
        toHost('title'),
      ],
      transformations: [
        numeric('lat', 'lon', 'fixedX', 'fixedY'),
        ...(onMap.tunnels
          ? [valueAs('nodes', 'level'), valueAs('edges', 'state')]
          : [
              {
                id: 'calculateField',
                options: {
                  ...{ mode: 'binary', alias: 'level', replaceFields: false },
                  binary: { left: 'Value', operator: '*', right: '1' },
                },
              },
            ]),
      ],
      colorBy: { node: 'level', edge: 'state' },
    },
  )
  return [graph, map]
}

const matrixOf = ({ mesh }: LiveMesh): Drawn =>
  table(
    {
      ...{ id: 12, title: 'Host by host', width: 24, height: 12 },
      description: 'How the host of a line sees its tunnel to the host of a column.',
    },
    {
      targets: [
        rows(
          'A',
          either(
            once('host, peer', 'meshwright_link_state'),
            `(${once('host, peer', 'meshwright_link_planned')} * -1 unless on (host, peer) meshwright_link_state)`,
            copied(`${once('host', 'meshwright_host_info')} * -2`, { peer: 'host' }),
          ),
        ),
      ],
      defaults: {
        ...meaning([{ value: -2, word: '·', color: 'transparent' }, unknown, ...linkStates]),
        custom: { ...coloredCells.custom, minWidth: 60 },
      },
      overrides: [
        overrideOf('host\\peer', {
          ...{ mappings: [], 'custom.cellOptions': { type: 'auto' }, 'custom.align': 'left' },
          links: [hostLink(mesh, '${__value.text}')],
        }),
      ],
      transformations: matrix('host', 'peer'),
    },
  )

/** With more than some, the panel shows those that had the worst of it in this span of time. */
const most = 20

const worstOf = (choose: 'bottomk' | 'topk', pair: string, metric: string): string => {
  const over = choose === 'bottomk' ? 'min_over_time' : 'max_over_time'
  return `${once(pair, metric)} and on (${pair}) ${choose}(${most}, ${once(pair, `${over}(${metric}[$__range] @ end())`)})`
}

const links = ({ mesh }: LiveMesh): readonly (readonly Drawn[])[] => [
  [
    stateTimeline(
      { id: 23, title: 'Tunnels over time', description: `The ${most} that were worst.`, width: 24, height: 10 },
      [range('A', worstOf('bottomk', 'a, b', 'meshwright_tunnel_state'), '{{a}} – {{b}}')],
      linkStates,
    ),
  ],
  [row(30, 'Tunnels')],
  [
    timeseries(
      { id: 31, title: 'Round trips', description: `The ${most} longest.`, width: 8, height: 9 },
      [range('A', worstOf('topk', 'a, b', 'meshwright_tunnel_rtt_seconds'), '{{a}} – {{b}}')],
      { unit: 's', min: 0 },
    ),
    timeseries(
      {
        id: 32,
        title: 'Throughput',
        description: 'Of all tunnels of a host; sent is below zero.',
        width: 8,
        height: 9,
      },
      [
        range('received', throughput('wireguard_received_bytes_total'), '{{host}} received'),
        range('sent', throughput('wireguard_sent_bytes_total'), '{{host}} sent'),
      ],
      { unit: 'Bps', links: [hostLink(mesh, '${__field.labels.host}')] },
      [
        {
          matcher: { id: 'byFrameRefID', options: 'sent' },
          properties: [{ id: 'custom.transform', value: 'negative-Y' }],
        },
      ],
    ),
    timeseries(
      { id: 33, title: 'Handshakes', description: `How old they are: the ${most} oldest.`, width: 8, height: 9 },
      [range('A', worstOf('topk', 'host, peer', 'meshwright:link_handshake_age_seconds'), '{{host}} → {{peer}}')],
      { unit: 's', min: 0 },
    ),
  ],
]

const throughput = (counter: string): string =>
  `sum by (host) (${once('host, peer', `rate(${counter}[$__rate_interval])`)})`
