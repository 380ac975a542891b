/** Dashboards as files: what Grafana wants of them, which metrics they ask for, and the panels made from such answers. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { Dashboard } from '../../src/export/grafana/dashboard.ts'
import { grafanaFiles, prometheusUrlProblem } from '../../src/export/grafana/grafana.ts'
import { colors, locationsOf, nodeGraph } from '../../src/export/grafana/node-graph.ts'
import type { Panel } from '../../src/export/grafana/panels/panel.ts'
import { queriesOfDashboards } from '../../src/export/grafana/queries.ts'
import type { Graph } from '../../src/export/graph.ts'
import { families } from '../../src/export/metrics/families.ts'
import { records } from '../../src/export/prometheus/records.ts'
import { demoObservations } from '../../src/health/demo/demo.ts'
import { Memory } from '../../src/health/memory.ts'
import type { Snapshot } from '../../src/health/snapshot.ts'
import { serverHealth as bindHealth } from '../../src/services/bind/health.ts'
import { nodeHealth as garageHealth } from '../../src/services/garage/health.ts'
import { proxyHealth } from '../../src/services/haproxy/health.ts'
import { primaryHealth, replicaHealth } from '../../src/services/mariadb/health.ts'
import { etcdHealth, postgresHealth } from '../../src/services/patroni/health.ts'
import { alertmanagerHealth, serverHealth as prometheusHealth } from '../../src/services/prometheus/health.ts'
import { sentinelHealth, serverHealth as valkeyHealth } from '../../src/services/valkey/health.ts'
import { alone, laidOut, withPrograms } from '../services/setting.ts'
import { type DrawnMesh, shippedMesh, sketchedMesh } from './grafana-meshes.ts'
import {
  type Element,
  graphFrames,
  graphProblems,
  mapProblems,
  matrixProblems,
  shownBy,
  snapshotFrames,
  tableFrames,
  transformed,
  valuesOf,
} from './grafana-panels.ts'
import { metricsIn, tokensOf } from './promql-names.ts'

const shipped = await shippedMesh()
const meshes: readonly (readonly [string, DrawnMesh])[] = [
  ['the shipped mesh', shipped],
  ['one host', sketchedMesh(1)],
  ['one host that is nowhere', sketchedMesh(1, () => false)],
  ['two hosts', sketchedMesh(2)],
  ['sixty hosts, half of them nowhere', sketchedMesh(60)],
]
const dashboards = (graph: Graph, snapshot: Snapshot | null = null): ReadonlyMap<string, Dashboard> =>
  new Map(
    grafanaFiles(graph, { snapshot })
      .filter(({ path }) => path.startsWith('dashboards/'))
      .map(({ path, text }) => [path.slice('dashboards/'.length, -'.json'.length), JSON.parse(text) as Dashboard]),
  )
const panelOf = (graph: Graph, dashboard: string, id: number, snapshot: Snapshot | null = null): Panel =>
  dashboards(graph, snapshot)
    .get(dashboard)
    ?.panels.find(panel => panel.id === id) ?? expect.fail(`${dashboard} has no panel ${id}`)

/** What is wrong with a dashboard, in the words of its JSON model. */
function* problemsOf({ uid, title, panels, templating }: Dashboard): Generator<string> {
  if (!/^[A-Za-z0-9_-]{1,40}$/.test(uid)) yield `uid ${uid}`
  if (title.length > 100) yield 'a long title'
  if (new Set(panels.map(({ id }) => id)).size < panels.length) yield 'two panels with one id'
  for (const { id, gridPos } of panels) {
    const { x, y, w, h } = gridPos
    if (![x, y, w, h].every(Number.isInteger) || x < 0 || y < 0 || w < 1 || h < 1) yield `${id} stands nowhere`
    if (x + w > 24) yield `${id} is wider than the grid`
    for (const { id: other, gridPos: there } of panels)
      if (other > id && x < there.x + there.w && there.x < x + w && y < there.y + there.h && there.y < y + h)
        yield `${id} lies over ${other}`
  }
  const known = templating.list.map(({ name }) => name)
  for (const text of strings({ panels, templating }))
    for (const [, braced, plain] of text.matchAll(/\$(?:\{([A-Za-z_]+)[^}]*\}|([A-Za-z_]+))/g)) {
      const name = braced ?? plain ?? ''
      if (!name.startsWith('__') && !known.includes(name)) yield `$${name} is no variable`
    }
  for (const { id, targets = [] } of panels)
    if (new Set(targets.map(({ refId }) => refId)).size < targets.length) yield `${id}: two queries with one name`
}

function* strings(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value
  else if (typeof value === 'object' && value !== null) for (const one of Object.values(value)) yield* strings(one)
}

describe('dashboards', () => {
  test.each(meshes)('of %s are such that Grafana takes them', (_, { graph }) => {
    const all = dashboards(graph)
    expect([...all.keys()]).toEqual(['host', 'mesh', 'placement', 'services', 'topology'])
    for (const [name, dashboard] of all) expect([...problemsOf(dashboard)], name).toEqual([])
    for (const key of ['uid', 'title'] as const)
      expect(new Set([...all.values()].map(one => one[key])).size).toBe(all.size)
  })

  test('that are broken are seen', () => {
    const mesh = dashboards(shipped.graph).get('mesh') ?? expect.fail()
    const broken = (change: (panel: Panel) => object): readonly string[] => {
      const [first, ...others] = mesh.panels
      return [...problemsOf({ ...mesh, panels: [{ ...first, ...change(first as Panel) } as Panel, ...others] })]
    }
    expect(broken(() => ({ id: 2 }))).toContain('two panels with one id')
    expect(broken(() => ({ gridPos: { x: 20, y: 500, w: 8, h: 1 } }))).toContain('1 is wider than the grid')
    expect(broken(() => ({ gridPos: { x: 0, y: 0, w: 8, h: 1 } }))).toContain('1 lies over 2')
    expect(broken(() => ({ title: '$nobody' }))).toContain('$nobody is no variable')
    expect([...problemsOf({ ...mesh, uid: 'x'.repeat(41) })]).toHaveLength(1)
  })

  test('link to each other, keeping time and variables', () => {
    const all = [...dashboards(shipped.graph).values()]
    for (const { tags, links } of all) {
      expect(links).toEqual([
        expect.objectContaining({
          type: 'dashboards',
          tags: ['meshwright', 'aether'],
          includeVars: true,
          keepTime: true,
        }),
      ])
      expect(tags).toEqual(['meshwright', 'aether'])
    }
    const uids = all.map(({ uid }) => uid)
    const to = all.flatMap(dashboard => [...strings(dashboard)].flatMap(text => /^\/d\/([^?]+)/.exec(text)?.[1] ?? []))
    expect(to.length).toBeGreaterThan(8)
    for (const uid of to) expect(uids).toContain(uid)
  })

  test('are the same bytes every time', () => {
    for (const [, { graph }] of meshes) expect(grafanaFiles(graph)).toEqual(grafanaFiles(graph))
  })

  test('keep the numbers of their panels when services come and go', () => {
    const { graph } = shipped
    const numbers = (services: Graph['services']): ReadonlyMap<number, string> =>
      new Map(
        dashboards({ ...graph, services })
          .get('services')
          ?.panels.map(({ id, title }) => [id, title]),
      )
    const all = numbers(graph.services)
    for (const service of graph.services) for (const [id, title] of numbers([service])) expect(all.get(id)).toBe(title)
    const kinds = (kind: string) => [...numbers(graph.services.filter(one => one.kind === kind)).values()]
    expect(kinds('garage')).toContain('Garage')
    expect(kinds('garage')).not.toContain('etcd')
    expect([...numbers([]).values()]).toEqual(['Services'])
  })

  test('are those that lie in the jail of Grafana, and one more', () => {
    const jail = join(import.meta.dirname, '../golden/shipped/expected/ampere/usr/local/jails/graphs-app')
    const there = join(jail, 'usr/local/etc/grafana/dashboards')
    const kept = readdirSync(there).map(
      name => [`dashboards/${name}`, readFileSync(join(there, name), 'utf8')] as const,
    )
    const exported = new Map(grafanaFiles(shipped.graph).map(({ path, text }) => [path, text]))
    expect(kept).toHaveLength(4)
    // There the nearest Prometheus is asked at first, and elsewhere nobody knows which that is.
    const anyOf = (text = ''): string => text.replaceAll(/watch-(?:bohr|newton|tesla)/g, 'watch')
    for (const [path, text] of kept) expect(anyOf(exported.get(path)), path).toBe(anyOf(text))
  })

  test('of two meshes do not meet in one Grafana', () => {
    const of = (mesh: string) => [...dashboards({ ...shipped.graph, mesh }).values()]
    const long = 'a-name-that-is-longer-than-anybody-would-like'
    for (const key of ['uid', 'title'] as const)
      expect(new Set([...of('a'), ...of('b'), ...of(long), ...of(`${long}r`)].map(one => one[key])).size).toBe(20)
  })

  test('ask nothing of the plan alone, and nothing but the built-in source in it', () => {
    for (const [, { graph }] of meshes)
      for (const { datasource, targets = [] } of dashboards(graph).get('topology')?.panels ?? expect.fail()) {
        expect(datasource).toEqual({ type: 'grafana', uid: 'grafana' })
        for (const target of targets) expect(target['queryType']).toBe('snapshot')
      }
  })
})

/** Names that dashboards may ask for. */
const series = new Set<string>([
  ...Object.keys(families),
  ...records.map(({ record }) => record),
  ...['up', 'ALERTS'],
  ...[
    ...[etcdHealth, postgresHealth({ synchronous: 'on' }), garageHealth({ replication: 3 }), proxyHealth()],
    ...[
      primaryHealth({ 'semi-sync': true }),
      replicaHealth,
      bindHealth('primary'),
      alertmanagerHealth,
      prometheusHealth,
    ],
    ...[sentinelHealth, valkeyHealth({ shape: 'shared' })],
  ].flatMap(health => health.series),
])
const unknownIn = (expr: string): readonly string[] =>
  metricsIn(expr).filter(name => !series.has(name) && !name.startsWith('probe_'))

describe('queries', () => {
  test('are there for every role that says more of itself than that it runs', async () => {
    const more = await shippedMesh(undefined, 'sql: {kind: mariadb}')
    for (const { graph, fleet } of [shipped, more]) {
      const asked = new Set(queriesOfDashboards(grafanaFiles(graph)).flatMap(({ expr }) => metricsIn(expr)))
      for (const { id, instances } of fleet.services.flatMap(({ roles }) => roles)) {
        const told = (instances[0]?.health?.series ?? []).filter(name => !name.endsWith('_info'))
        const plain = /\/(?:app|blackbox|node|secondary)$/.test(id)
        if (told.length > 0 && !plain)
          expect(
            told.some(name => asked.has(name)),
            id,
          ).toBe(true)
      }
    }
  })

  test('ask for nothing that nobody gives', () => {
    for (const [name, { graph }] of meshes) {
      const queries = queriesOfDashboards(grafanaFiles(graph))
      expect(queries.length, name).toBeGreaterThan(50)
      for (const { expr, dashboard, panel } of queries)
        expect(unknownIn(expr), `${dashboard}/${panel} ${expr}`).toEqual([])
    }
  })

  test('of variables ask for labels that are there', () => {
    for (const { templating } of dashboards(shipped.graph).values())
      for (const { name, definition } of templating.list.filter(({ type }) => type === 'query')) {
        const [, metric = '', label = ''] = /^label_values\((\w+), (\w+)\)$/.exec(String(definition)) ?? []
        expect(Object.keys(families)).toContain(metric)
        expect(families[metric as keyof typeof families].labels).toContain(label)
        expect(label).toBe(name)
      }
  })

  test.each<[string, readonly string[]]>([
    ['up', ['up']],
    ['max by (host, peer) (a:b_c{x="y{z}",u=~".+"}) / on (host) group_left (q) d', ['a:b_c', 'd']],
    ['rate(a_total[5m]) > bool 1e3 and b offset 5m unless c', ['a_total', 'b', 'c']],
    ['count_values by (a) ("n", sum(m) without (x))', ['m']],
    ['label_replace(m, "to", "$1", "from", "(.*)") or vector(-1)', ['m']],
    ['max_over_time(m[$__range] @ end()) + time()', ['m']],
    ['by + 1', []],
  ])('%s asks for %j', (expr, names) => expect(metricsIn(expr)).toEqual(names))

  test('that are misspelled are seen', () => {
    expect(unknownIn('sum(meshwright_host_stat)')).toEqual(['meshwright_host_stat'])
    expect(unknownIn('patroni_lag > 1')).toEqual(['patroni_lag'])
    expect(() => tokensOf('up ; down')).toThrow('no PromQL')
  })
})

withPrograms('promtool')('promtool', () => {
  const check = (exprs: readonly string[]) => {
    const rules = exprs.map((expr, i) => ({ record: `query_${i}`, expr }))
    const directory = laidOut({ 'rules.yml': JSON.stringify({ groups: [{ name: 'queries', rules }] }) })
    return alone([], `promtool check rules ${directory}/rules.yml`)
  }
  const queries = queriesOfDashboards(meshes.flatMap(([, { graph }]) => grafanaFiles(graph)))
  const fill = (expr: string): string =>
    expr
      .replaceAll('$host', 'tesla')
      .replaceAll('${service:regex}', '.+')
      .replaceAll(/\$__(?:rate_interval|range)/g, '5m')
  const filled = queries.map(({ expr }) => fill(expr))
  const exprs = [...new Set(filled)]

  test('reads every query', () => {
    const { status, output } = check(exprs)
    expect(output).toContain(`${exprs.length} rules found`)
    expect(status).toBe(0)
    expect(exprs.join('')).not.toMatch(/\$[^1"]/)
  })

  test('refuses one that is none', () => expect(check(['sum(up']).status).toBe(1))

  const ask = (id: number, refId: string): string =>
    queries.find(one => one.dashboard === 'mesh' && one.panel === id && one.refId === refId)?.expr ??
    expect.fail(`mesh has no query ${id}/${refId}`)
  /** Series and their values, with one more number each minute; and what comes of them after a minute. */
  const told = (
    series: Readonly<Record<string, string>>,
    expected: readonly (readonly [expr: string, samples: object[]])[],
  ) => {
    const directory = laidOut({
      'tests.yml': JSON.stringify({
        tests: [
          {
            interval: '1m',
            input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
            promql_expr_test: expected.map(([expr, samples]) => ({ expr, eval_time: '10m', exp_samples: samples })),
          },
        ],
      }),
    })
    const { status, output } = alone([], `promtool test rules ${directory}/tests.yml`)
    expect(output).toContain('SUCCESS')
    expect(status).toBe(0)
  }
  const one = '1x20'

  test('draws a host once, though two that serve the metrics have different plans', () => {
    const about = 'host="a", region="r", class="core"'
    told(
      {
        'meshwright_host_level{host="a"}': '0x20',
        'meshwright_host_state{host="a"}': '2x20',
        [`meshwright_host_info{${about}, address="10.64.1.1"}`]: one,
        [`meshwright_host_info{${about}, address="10.64.2.1"}`]: one,
        'meshwright_host_location{host="a", region="r", x="1", y="2"}': one,
        'meshwright_host_location{host="a", region="r", x="3", y="2"}': one,
      },
      [[`count(${ask(10, 'nodes')})`, [{ labels: '{}', value: 1 }]]],
    )
  })

  test('answers for every column of a table that is made of several, whatever is not known', () => {
    const planned = {
      'meshwright_host_info{host="tesla"}': one,
      'meshwright_link_planned{host="tesla", peer="b"}': one,
      'meshwright_instance_planned{service="db", role="etcd", host="tesla", jail="j"}': one,
      'meshwright_role_replicas_wanted{service="db", role="etcd"}': one,
    }
    const tables = meshes.flatMap(([, { graph }]) =>
      [...dashboards(graph).values()].flatMap(({ panels }) =>
        panels.filter(({ transformations = [] }) => transformations.some(({ id }) => id === 'merge')),
      ),
    )
    expect(new Set(tables.map(({ title }) => title))).toEqual(new Set(['Hosts', 'Members', 'Roles', 'Tunnels']))
    const columns = tables.flatMap(({ targets = [] }) => targets.map(target => fill(String(target['expr']))))
    told(
      planned,
      [...new Set(columns)].map(expr => [`count(${expr})`, [{ labels: '{}', value: 1 }]] as const),
    )
  })

  test('says by name what is not well, and that nothing is', () => {
    const snapshot = { meshwright_snapshot_timestamp_seconds: '0+60x20' }
    const well = {
      ...snapshot,
      'meshwright_host_info{host="a"}': one,
      'meshwright_host_level{host="a"}': '0x20',
      'meshwright_service_level{service="db"}': '0x20',
      'meshwright_tunnel_planned{a="a", b="b"}': one,
      'meshwright_tunnel_state{a="a", b="b"}': '4x20',
    }
    const expr = ask(8, 'A')
    told(well, [[expr, [{ labels: '{}', value: 0 }]]])
    told({ ...well, meshwright_snapshot_timestamp_seconds: '0x20' }, [[expr, [{ labels: '{}', value: 1 }]]])
    told(
      {
        ...well,
        'meshwright_host_info{host="b"}': one,
        'meshwright_host_level{host="a"}': '3x20',
        'meshwright_service_level{service="db"}': '2x20',
        'meshwright_tunnel_state{a="a", b="b"}': '1x20',
        'meshwright_tunnel_planned{a="a", b="c"}': one,
        'meshwright_tunnel_state{a="a", b="c"}': '3x20',
        'meshwright_tunnel_planned{a="b", b="c"}': one,
      },
      [
        [
          expr,
          [
            { labels: '{host="a"}', value: 3 },
            { labels: '{host="b"}', value: 1 },
            { labels: '{service="db"}', value: 2 },
            { labels: '{host="a", peer="b"}', value: 3 },
            { labels: '{host="a", peer="c"}', value: 2 },
            { labels: '{host="b", peer="c"}', value: 1 },
          ],
        ],
      ],
    )
  })
})

/** Rows as they are under their names in the node graph, as the queries of the dashboard give them. */
function answersOf({ graph }: DrawnMesh): Readonly<Record<'edges' | 'matrix' | 'nodes', readonly Element[]>> {
  const { nodes, edges } = nodeGraph(graph, null)
  const element = (value: number, labels: Readonly<Record<string, string | number | null>>): Element => ({
    // A label that is empty is not there.
    metric: Object.fromEntries(
      Object.entries(labels).flatMap(([k, v]) => (v == null || v === '' ? [] : [[k, String(v)]])),
    ),
    value: [1767225600, String(value)],
  })
  const pairs = graph.tunnels.flatMap(({ a, b }) => [
    [a, b],
    [b, a],
  ])
  return {
    nodes: nodes.map(({ fixedx, fixedy, ...node }) =>
      element(0, { ...node, host: node.id, fixedX: fixedx, fixedY: fixedy, mainstat: 'up', secondarystat: '1/1' }),
    ),
    edges: edges.map((edge, i) =>
      element(i % 3 === 0 ? -1 : 4, { ...edge, strokeDasharray: i % 3 === 0 ? '4 2' : '' }),
    ),
    matrix: [
      ...pairs.toReversed().map(([host = '', peer = '']) => element(4, { host, peer })),
      ...graph.hosts.map(({ name }) => element(-2, { host: name, peer: name })),
    ],
  }
}

const problem = (text: string) => ({ key: text, level: 'warn', text }) as const

function snapshotOf({ fleet }: DrawnMesh): Snapshot {
  const start = Date.UTC(2026, 0, 1)
  const memory = new Memory({ fleet, source: { kind: 'demo', title: 'test' }, interval: 5000, now: start })
  for (const seconds of [0, 5, 10]) for (const one of demoObservations(fleet, seconds, { start })) memory.take(one)
  return memory.snapshot(start + 10_000)
}

describe('panels, as the code of Grafana makes them,', () => {
  test('say states over time in words', () => {
    const panels = [...dashboards(shipped.graph).values()].flatMap(one => one.panels)
    const timelines = panels.filter(({ type }) => type === 'state-timeline')
    expect(timelines.length).toBeGreaterThan(10)
    for (const { title, fieldConfig, options } of timelines) {
      const { color, mappings } = fieldConfig?.defaults as { color: { mode: string }; mappings: { options: object }[] }
      expect(Object.keys(mappings[0]?.options ?? {}).length, title).toBeGreaterThan(1)
      // Else the panel puts the range of a threshold in place of the word.
      expect([options, color.mode], title).not.toEqual([expect.objectContaining({ mergeValues: true }), 'thresholds'])
    }
    const hosts = panelOf(shipped.graph, 'mesh', 21)
    expect([0, 1, 2].map(value => shownBy(hosts, value))).toEqual(['down red', 'stale orange', 'up green'])
    for (const [id, word] of [
      [101, 'copies'],
      [122, 'follows'],
    ] as const) {
      const leads = panelOf(shipped.graph, 'services', id)
      // A replica is as well as its leader.
      expect([0, 1].map(value => shownBy(leads, value))).toEqual([`${word} ${colors.planned}`, 'leads green'])
    }
  })

  test('have their thresholds in order', () => {
    const above = (value: unknown): readonly unknown[] => {
      if (typeof value !== 'object' || value === null) return []
      return 'steps' in value ? [value.steps] : Object.values(value).flatMap(above)
    }
    for (const steps of above([...dashboards(shipped.graph).values()]) as { value: number | null }[][]) {
      const values = steps.map(({ value }) => value ?? -Infinity)
      expect(values).toEqual(values.toSorted((a, b) => a - b))
    }
  })

  test('are one table, though not all of it is known', async () => {
    const panel = panelOf(shipped.graph, 'host', 31)
    const rows = (value: string): readonly Element[] => [{ metric: { peer: 'bohr' }, value: [1767225600, value] }]
    const answers = Object.fromEntries((panel.targets ?? []).map(({ refId }) => [refId, rows('NaN')]))
    const frames = await transformed(panel, tableFrames({ ...answers, state: rows('0') }))
    expect(frames.map(({ length, fields }) => [length, fields.length])).toEqual([[1, 7]])
    expect([shownBy(panel, NaN), shownBy(panel, 1)].map(text => text.split(' ')[0])).toEqual(['', '1'])
    // Why no column may be without an answer.
    expect(await transformed(panel, tableFrames({ ...answers, trip: [] }))).toHaveLength(6)
  })

  test('put missing jails before those that run', () => {
    for (const [dashboard, id] of [
      ['host', 41],
      ['placement', 25],
    ] as const)
      expect(panelOf(shipped.graph, dashboard, id).options).toMatchObject({
        sortBy: [{ displayName: 'state', desc: false }],
      })
  })

  test.each(meshes)('of %s have nodes and edges', async (_, mesh) => {
    const { nodes, edges } = answersOf(mesh)
    const panel = panelOf(mesh.graph, 'mesh', 10)
    const wanted = panel.targets?.map(({ refId }) => refId)
    expect(wanted).toEqual(mesh.graph.tunnels.length > 0 ? ['nodes', 'edges'] : ['nodes'])
    const frames = await transformed(panel, tableFrames({ nodes, edges }))
    expect([...graphProblems(frames)]).toEqual([])
    expect(graphFrames(frames).edges?.length ?? 0).toBe(mesh.graph.tunnels.length)
  })

  test.each(meshes)('of %s have a map, if any of it is anywhere', async (_, mesh) => {
    const { nodes, edges } = answersOf(mesh)
    const places = locationsOf(mesh.graph)
    const ids = dashboards(mesh.graph)
      .get('mesh')
      ?.panels.map(({ id }) => id)
    expect(ids?.includes(11)).toBe(places.size > 0)
    if (places.size === 0) return
    const panel = panelOf(mesh.graph, 'mesh', 11)
    const on = (labels: Element['metric'], label: string) => places.has(labels[label] ?? '')
    const frames = await transformed(
      panel,
      tableFrames({
        nodes: nodes.filter(({ metric }) => on(metric, 'host')),
        ...((panel.targets ?? []).some(({ refId }) => refId === 'edges') && {
          edges: edges.filter(({ metric }) => on(metric, 'source') && on(metric, 'target')),
        }),
      }),
    )
    expect([...mapProblems(panel, frames)]).toEqual([])
    expect(graphFrames(frames).nodes?.length).toBe(places.size)
  })

  test.each(meshes)('of %s have a line and a column for each host', async (_, mesh) => {
    const hosts = mesh.graph.hosts.map(({ name }) => name).toSorted()
    if (hosts.length === 1) return expect(() => panelOf(mesh.graph, 'mesh', 12)).toThrow('no panel')
    const frames = await transformed(panelOf(mesh.graph, 'mesh', 12), tableFrames({ A: answersOf(mesh).matrix }))
    expect([...matrixProblems(frames, hosts)]).toEqual([])
  })

  test.each(meshes)('of %s can be drawn from the file alone', async (_, mesh) => {
    for (const snapshot of [null, snapshotOf(mesh)]) {
      const graph = panelOf(mesh.graph, 'topology', 1, snapshot)
      expect([...graphProblems(await transformed(graph, snapshotFrames(graph)))]).toEqual([])
      if (locationsOf(mesh.graph).size > 0) {
        const map = panelOf(mesh.graph, 'topology', 2, snapshot)
        expect([...mapProblems(map, await transformed(map, snapshotFrames(map)))]).toEqual([])
      }
      for (const panel of dashboards(mesh.graph, snapshot).get('topology')?.panels ?? [])
        for (const frame of snapshotFrames(panel)) {
          expect(frame.fields.length).toBeGreaterThan(1)
          for (const field of frame.fields) expect(field.values).toHaveLength(frame.length)
        }
    }
  })

  test('that would break are seen', async () => {
    const { nodes, edges, matrix } = answersOf(shipped)
    const [graph, map] = [10, 11].map(id => panelOf(shipped.graph, 'mesh', id)) as [Panel, Panel]
    const [node, ...fewer] = nodes
    const without = (label: string): readonly Element[] => [
      { ...(node as Element), metric: { ...node?.metric, [label]: '' } },
      ...fewer,
    ]
    const drawn = async (given: readonly Element[]) => [
      ...graphProblems(await transformed(graph, tableFrames({ nodes: given, edges }))),
    ]
    const mapped = async (given: Readonly<Record<string, readonly Element[]>>) => [
      ...mapProblems(map, await transformed(map, tableFrames(given))),
    ]
    expect(await drawn(fewer)).toContain(`${edges[0]?.metric['id'] ?? ''} ends nowhere`)
    expect(await drawn([...nodes, ...nodes])).toContain('two nodes with one id')
    expect(await drawn(without('id'))).toContain('nodes without an id')
    expect(await drawn(nodes.map(one => ({ ...one, metric: { ...one.metric, fixedX: 'here' } })))).toContain(
      'nodes without a position',
    )
    expect(await mapped({ nodes })).toContain('no edges')
    expect(await mapped({ nodes, lines: edges })).toContain('edges of another name')
    expect(
      await mapped({ nodes: nodes.map(one => ({ ...one, metric: { ...one.metric, lat: '91' } })), edges }),
    ).toContain('nodes with a wrong lat')
    const names = shipped.graph.hosts.map(({ name }) => name).toSorted()
    const frames = await transformed(
      panelOf(shipped.graph, 'mesh', 12),
      tableFrames({ A: matrix.filter(({ metric }) => metric['host'] !== 'bohr') }),
    )
    expect([...matrixProblems(frames, names)]).toContain('not one line a host')
  })

  test('have the colours of what they show', () => {
    const [snapshot, planned] = [snapshotOf(shipped), null].map(of => panelOf(shipped.graph, 'topology', 1, of))
    const colorsOf = (panel: Panel | undefined) => new Set(valuesOf(snapshotFrames(panel as Panel)[0], 'color'))
    expect(colorsOf(planned)).toEqual(new Set([colors.planned]))
    expect(colorsOf(snapshot).has(colors.good)).toBe(true)
    expect(colorsOf(snapshot).has(colors.planned)).toBe(false)
  })

  test('have words for problems that fit into a circle, and all of them beside it', () => {
    const of = (graph: DrawnMesh, snapshot: Snapshot | null) => nodeGraph(graph.graph, snapshot).nodes
    expect(of(sketchedMesh(2), null).map(({ mainstat }) => mainstat)).toEqual(['1 jail', '1 jail'])
    const is = snapshotOf(shipped)
    const ill = { ...is, hosts: is.hosts.map(host => ({ ...host, problems: [problem('a long story'), problem('b')] })) }
    expect(of(shipped, ill)[0]).toMatchObject({ secondarystat: '2 problems', detail__problems: 'a long story; b' })
  })
})

describe('provisioning', () => {
  const text = (path: string, ...options: Parameters<typeof grafanaFiles>[1][]) =>
    grafanaFiles(shipped.graph, options[0]).find(one => one.path === path)?.text ?? ''
  const sources = (...options: Parameters<typeof grafanaFiles>[1][]) =>
    (
      parse(text('provisioning/datasources/meshwright.yaml', ...options)) as {
        datasources: { uid: string; url: string; isDefault: boolean }[]
      }
    ).datasources

  test('names every Prometheus of the mesh, and dashboards begin with the first', () => {
    const found = sources()
    expect(found.map(({ url }) => url)).toEqual(
      shipped.graph.services
        .find(({ kind }) => kind === 'prometheus')
        ?.roles.find(({ name }) => name === 'server')
        ?.instances.map(id => `http://${shipped.graph.jails.find(one => one.id === id)?.address.inet ?? ''}:9090`),
    )
    // Of what another file says as well, Grafana says that it cannot start.
    expect(found.map(({ isDefault }) => isDefault)).toEqual(found.map(() => false))
    for (const [name, { templating }] of dashboards(shipped.graph))
      if (name !== 'topology') expect(templating.list[0]?.['current']).toMatchObject({ value: found[0]?.uid })
  })

  test('names those that are given, or the one of the machine itself', () => {
    const urls = ['https://mon.example.net/prometheus', 'http://127.0.0.1:8428/?a=$b']
    const yaml = text('provisioning/datasources/meshwright.yaml', { prometheus: urls })
    expect(yaml).toContain('http://127.0.0.1:8428/?a=$$b')
    expect(sources({ prometheus: urls }).map(({ uid }) => uid)).toEqual([
      'meshwright-aether-prometheus',
      'meshwright-aether-prometheus-2',
    ])
    const [, [, bare] = expect.fail()] = meshes
    const alone = grafanaFiles(bare.graph).find(({ path }) => path === 'provisioning/datasources/meshwright.yaml')
    expect(alone?.text).toContain('url: "http://127.0.0.1:9090"')
  })

  test('says where dashboards lie', () => {
    const path = 'provisioning/dashboards/meshwright.yaml'
    expect(text(path)).toContain('path: "/usr/local/etc/grafana/dashboards"')
    expect(text(path, { dashboardsPath: '/var/lib/grafana/dashboards' })).toContain('"/var/lib/grafana/dashboards"')
  })

  test.each([
    ['http://127.0.0.1:9090', null],
    ['https://mon.example.net/prometheus', null],
    ['127.0.0.1:9090', 'is no URL'],
    ['ftp://mon.example.net', 'is neither http:// nor https://'],
    ['http://admin:hunter2@mon.example.net', 'has a name or a password in it'],
  ])('%s', (url, problem) => {
    expect(prometheusUrlProblem(url)).toBe(problem)
    const made = () => grafanaFiles(shipped.graph, { prometheus: [url] })
    if (problem === null) expect(made()).toHaveLength(7)
    else expect(made).toThrow('bug')
  })
})
