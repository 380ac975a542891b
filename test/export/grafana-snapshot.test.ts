/** The dashboard that needs no data source, as it shows a mesh that somebody has seen. */
import { describe, expect, test } from 'vitest'
import type { Dashboard } from '../../src/export/grafana/dashboard.ts'
import { grafanaFiles } from '../../src/export/grafana/grafana.ts'
import { colors } from '../../src/export/grafana/node-graph.ts'
import type { Panel } from '../../src/export/grafana/panels/panel.ts'
import { tunnelBetween } from '../../src/health/fleet.ts'
import { levels, type Snapshot } from '../../src/health/snapshot.ts'
import { tunnelStates } from '../../src/health/verdict.ts'
import { type DrawnMesh, shippedMesh, sketchedMesh } from './grafana-meshes.ts'
import {
  type Frame,
  graphFrames,
  graphProblems,
  interpolated,
  mapProblems,
  snapshotFrames,
  tilesOf,
  transformed,
  valuesOf,
} from './grafana-panels.ts'
import { broken, hostile, hostileReport, seen } from './grafana-seen.ts'

const shipped = await shippedMesh()
const sixty = sketchedMesh(60)
const faults = broken([
  ['host-lost', 'h0-1'],
  ['link-cut', 'h0-2>h1-2'],
])
const cases: readonly (readonly [string, DrawnMesh, Snapshot])[] = [
  ['one host that is well', sketchedMesh(1), seen(sketchedMesh(1))],
  ['one host that is lost', sketchedMesh(1), seen(sketchedMesh(1), broken([['host-lost', 'h0-0']]))],
  ['the shipped mesh without a host', shipped, seen(shipped, broken([['host-lost', 'bohr']]))],
  ['the shipped mesh without a tunnel', shipped, seen(shipped, broken([['link-cut', 'bohr>tesla']]))],
  ['the shipped mesh without a leader', shipped, seen(shipped, broken([['database-without-leader', 'db/postgres']]))],
  ['sixty hosts, a lost one and a cut tunnel', sixty, seen(sixty, faults)],
]

const topologyOf = ({ graph }: DrawnMesh, snapshot: Snapshot | null): Dashboard =>
  JSON.parse(
    grafanaFiles(graph, { snapshot }).find(({ path }) => path === 'dashboards/topology.json')?.text ?? '{}',
  ) as Dashboard
const panelOf = ({ panels }: Dashboard, id: number): Panel =>
  panels.find(panel => panel.id === id) ?? expect.fail(`there is no panel ${id}`)
const rowsOf = (frame: Frame | undefined): readonly Readonly<Record<string, unknown>>[] =>
  Array.from({ length: frame?.length ?? 0 }, (_, row) =>
    Object.fromEntries((frame?.fields ?? []).map(({ name, values }) => [name, values[row] as unknown])),
  )
const linesOf = (dashboard: Dashboard, id: number) => rowsOf(snapshotFrames(panelOf(dashboard, id))[0])
const atOf = (frame: Frame | undefined, id: string, field: string): unknown =>
  valuesOf(frame, field)[valuesOf(frame, 'id').indexOf(id)]

const colorOfLevel = { ok: colors.good, unknown: colors.unknown, warn: colors.weak, bad: colors.bad }

/** The colour of a pair by the columns of the snapshot alone: the worse of what is known. */
function colorOfPair({ fleet, tunnels }: Snapshot, a: string, b: string): string {
  const number = (name: string) => fleet.hosts.findIndex(host => host.name === name)
  const ways = [tunnelBetween(fleet.tunnels, number(a), number(b)), tunnelBetween(fleet.tunnels, number(b), number(a))]
  const states = new Set(ways.map(way => tunnelStates[tunnels.state[way] ?? 0]))
  if (states.has('down') || states.has('one-way')) return colors.bad
  if (states.has('stale') || states.has('lossy')) return colors.weak
  return states.has('up') ? colors.good : colors.unknown
}

describe.each(cases)('%s', (_, mesh, snapshot) => {
  const dashboard = topologyOf(mesh, snapshot)

  test('is drawn with the states of that moment, and no line ends nowhere', async () => {
    const graph = panelOf(dashboard, 1)
    const frames = await transformed(graph, snapshotFrames(graph))
    expect([...graphProblems(frames)]).toEqual([])
    const { nodes, edges } = graphFrames(frames)
    expect(valuesOf(nodes, 'id')).toEqual(snapshot.hosts.map(({ name }) => name))
    for (const { name, state, level } of snapshot.hosts) {
      expect(atOf(nodes, name, 'mainstat'), name).toBe(state)
      expect(atOf(nodes, name, 'color'), name).toBe(colorOfLevel[level])
      expect(Number(atOf(nodes, name, `arc__${level}`)), name).toBeGreaterThanOrEqual(0.5)
    }
    const arcs = (nodes?.fields ?? []).filter(({ name }) => name.startsWith('arc__'))
    expect(arcs.map(({ name, config }) => [name, config.color])).toEqual(
      levels.map(level => [`arc__${level}`, { mode: 'fixed', fixedColor: colorOfLevel[level] }]),
    )
    expect(edges?.length ?? 0).toBe(mesh.graph.tunnels.length)
    for (const { a, b } of mesh.graph.tunnels)
      expect(atOf(edges, `${a}--${b}`, 'color'), `${a} ${b}`).toBe(colorOfPair(snapshot, a, b))
    if (!dashboard.panels.some(({ id }) => id === 2)) return
    const map = panelOf(dashboard, 2)
    expect([...mapProblems(map, await transformed(map, snapshotFrames(map)))]).toEqual([])
  })

  test('names all that is not well, the worst first', () => {
    const wrong = [
      ...snapshot.hosts.filter(({ level }) => level !== 'ok').map(({ name }) => name),
      ...snapshot.services.filter(({ level }) => level !== 'ok').map(({ service }) => service.name),
      ...mesh.graph.tunnels
        .filter(({ a, b }) => colorOfPair(snapshot, a, b) !== colors.good)
        .map(({ a, b }) => `${a} ${b}`),
    ]
    const panel = panelOf(dashboard, 8)
    if (wrong.length === 0)
      return expect(panel).toMatchObject({ type: 'text', options: { content: 'Nothing: all is well.' } })
    const lines = linesOf(dashboard, 8)
    const names = lines.map(({ host, peer, service }) =>
      [host, peer, service].flatMap(one => (typeof one === 'string' ? one : [])).join(' '),
    )
    expect(names.toSorted()).toEqual(wrong.toSorted())
    const ranks = lines.map(({ level }) => Number(level))
    expect(ranks).toEqual(ranks.toSorted((a, b) => b - a))
    for (const { why, state } of lines) expect([why, state]).not.toContain('')
  })

  test('says when it was, who saw it and how much was up', () => {
    const { hosts, tunnels, services } = snapshot.totals
    const of = (up: number, total: number) => (total === 0 ? 'none' : `${up} of ${total}`)
    expect(tilesOf(panelOf(dashboard, 7))).toEqual([
      ['seen', '2026-01-01T00:01:00.000Z'],
      ['source', 'DEMO, made up'],
      ['worst', snapshot.totals.level],
      ['hosts up', of(hosts.up, hosts.total)],
      ['tunnel directions up', of(tunnels.up + tunnels.lossy, tunnels.total)],
      ['services at work', of(services.ok, services.total)],
    ])
    // Links lead to the same hour.
    expect(dashboard['time']).toEqual({ from: '2025-12-31T23:01:00.000Z', to: '2026-01-01T00:01:00.000Z' })
    expect(dashboard.description).toContain('as it was at 2026-01-01T00:01:00.000Z, made up by the demo.')
  })

  test('has a state in every list', () => {
    expect(linesOf(dashboard, 3).map(({ host, state, level }) => [host, state, level])).toEqual(
      snapshot.hosts.map(({ name, state, level }) => [name, state, levels.indexOf(level)]),
    )
    if (mesh.graph.tunnels.length > 0)
      for (const { a, b, level } of linesOf(dashboard, 4))
        expect(colorOfLevel[levels[Number(level)] ?? 'ok'], `${String(a)} ${String(b)}`).toBe(
          colorOfPair(snapshot, String(a), String(b)),
        )
    if (mesh.graph.services.length > 0)
      expect(
        linesOf(dashboard, 5)
          .map(({ service, role, host, state }) => [service, role, host, state].join(' '))
          .toSorted(),
      ).toEqual(
        snapshot.services
          .flatMap(({ service, roles }) =>
            roles.flatMap(({ role, instances }) =>
              instances.map(({ host, word }) => [service.name, role.name, host, word].join(' ')),
            ),
          )
          .toSorted(),
      )
  })

  test('asks no data source, and is the same bytes every time', () => {
    for (const { datasource, targets = [] } of dashboard.panels) {
      expect(datasource).toEqual({ type: 'grafana', uid: 'grafana' })
      for (const target of targets) expect(target['queryType']).toBe('snapshot')
    }
    const bytes = () => grafanaFiles(mesh.graph, { snapshot })
    expect(bytes()).toEqual(bytes())
    // Nothing else is changed by a look.
    const others = (of: Snapshot | null) =>
      grafanaFiles(mesh.graph, { snapshot: of }).filter(({ path }) => path !== 'dashboards/topology.json')
    expect(others(snapshot)).toEqual(others(null))
  })
})

test('a fault is where it was made', () => {
  const dashboard = topologyOf(sixty, seen(sixty, faults))
  const { nodes, edges } = graphFrames(snapshotFrames(panelOf(dashboard, 1)))
  expect([atOf(nodes, 'h0-1', 'mainstat'), atOf(nodes, 'h0-1', 'color')]).toEqual(['down', 'red'])
  expect(atOf(nodes, 'h0-1', 'detail__problems')).not.toBe('')
  for (const id of ['h0-2--h1-2', 'h0-0--h0-1']) expect(atOf(edges, id, 'color'), id).toBe('red')
  expect([atOf(nodes, 'h3-3', 'mainstat'), atOf(nodes, 'h3-3', 'color')]).toEqual(['up', 'green'])
  expect(atOf(edges, 'h3-3--h4-4', 'color')).toBe('green')
  // Its half, and the two of its 59 tunnels that are not up.
  expect(atOf(nodes, 'h0-2', 'arc__bad')).toBeGreaterThanOrEqual(2 / 59 / 2)
})

test('the plan has neither a moment nor states', () => {
  const dashboard = topologyOf(shipped, null)
  expect(dashboard.description).toContain('as it is planned')
  expect(JSON.stringify(dashboard)).not.toMatch(/arc__|made up|"Not well"|20[0-9]{2}-[0-9]{2}-[0-9]{2}T/)
  expect(dashboard.panels.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6])
})

describe('what hosts say', () => {
  const lost = broken([['host-lost', 'bohr']])
  const told = seen(shipped, lost, hostileReport)
  const source = { kind: 'replay', title: `replay ${hostile}` } as const
  const dashboard = topologyOf(shipped, { ...told, source })
  const words = ['onerror', 'javascript', '__data.fields.id}', '[[host]]', '{{host}}']

  test('is shown in cells alone, without control characters', () => {
    const text = JSON.stringify(dashboard)
    // It did get there.
    for (const word of words) expect(text).toContain(word)
    for (const panel of dashboard.panels)
      for (const frame of snapshotFrames(panel))
        for (const { values } of frame.fields)
          for (const value of values as unknown[]) expect(String(value)).not.toMatch(/\p{Cc}|\p{Cf}/u)
    const bare = { ...dashboard, panels: dashboard.panels.map(panel => ({ ...panel, targets: [] })) }
    expect(JSON.stringify(bare)).not.toMatch(/onerror|javascript|\[\[host|\{\{host|data\.fields\.id\}/)
    expect(dashboard.panels.filter(({ type }) => type === 'text')).toEqual([])
  })

  test('is nothing that Grafana fills variables into', () => {
    for (const panel of dashboard.panels) {
      const { filled, links, shown } = interpolated(panel)
      expect(filled.filter(text => words.some(word => text.includes(word) && word !== '__data.fields.id}'))).toEqual([])
      if (panel.id === 8) expect(links.length).toBeGreaterThan(0)
      if (panel.id === 8) expect(shown.some(text => text.includes('${__data.fields.id}'))).toBe(true)
    }
  })

  test('that were anywhere else would be seen', () => {
    const panel = panelOf(dashboard, 8)
    const links = [{ id: 'links', value: [{ title: hostile, url: '/x' }] }]
    const overrides = [{ matcher: { id: 'byName', options: 'host' }, properties: links }]
    const { filled } = interpolated({ ...panel, fieldConfig: { defaults: {}, overrides } })
    expect(filled).toContain(hostile)
  })
})
