/**
 * Panels as Grafana makes them from answers: its own code for frames and transformations (@grafana/data), and what is
 * known to break the node graph and the map.
 */
import { createRequire } from 'node:module'
import type * as GrafanaData from '@grafana/data'
import type { Panel } from '../../src/export/grafana/panels/panel.ts'

// Its modules for import do not load under Node.
const data = createRequire(import.meta.url)('@grafana/data') as typeof GrafanaData
// It asks the browser whether it runs within a dashboard.
Object.assign(globalThis, { window: globalThis })
// And of its language, when it writes numbers; Node 20 has no such thing.
if (!('navigator' in globalThis)) Object.assign(globalThis, { navigator: { language: 'en', languages: ['en'] } })

// The program itself takes them from a registry that only it fills.
// eslint-disable-next-line @typescript-eslint/no-deprecated
const transformers = new Map(Object.values(data.standardTransformers).map(one => [one.id, one] as const))
data.standardTransformersRegistry.setInit(
  () =>
    [...transformers].map(([id, transformation]) => ({
      ...{ id, name: transformation.name, transformation: () => Promise.resolve(transformation), editor: () => null },
      ...{ imageDark: '', imageLight: '' },
    })) as never,
)

export type Frame = GrafanaData.DataFrame

/** An element of an instant vector, as the HTTP API gives it. */
export interface Element {
  readonly metric: Readonly<Record<string, string>>
  readonly value: readonly [number, string]
}

/**
 * Answers by refId as the data source for Prometheus makes tables of them: a field a label, and the value, also when
 * there are none. */
export function tableFrames(answers: Readonly<Record<string, readonly Element[]>>): Frame[] {
  const told = Object.entries(answers)
  return told.map(([refId, elements]) => {
    const labels = [...new Set(elements.flatMap(({ metric }) => Object.keys(metric)))].toSorted()
    const field = (name: string, type: string, values: readonly unknown[]) => ({ name, type, config: {}, values })
    return data.toDataFrame({
      refId,
      fields: [
        field(
          'Time',
          'time',
          elements.map(({ value }) => value[0] * 1000),
        ),
        ...labels.map(label =>
          field(
            label,
            'string',
            elements.map(({ metric }) => metric[label] ?? ''),
          ),
        ),
        field(
          told.length > 1 ? `Value #${refId}` : 'Value',
          'number',
          elements.map(({ value }) => Number(value[1])),
        ),
      ] as never,
    })
  })
}

/** What lies in the panel itself. */
export const snapshotFrames = (panel: Panel): Frame[] =>
  (panel.targets ?? []).flatMap(target =>
    ((target['snapshot'] ?? []) as GrafanaData.DataFrameJSON[]).map(json => data.dataFrameFromJSON(json)),
  )

export const transformed = (panel: Panel, frames: Frame[]): Promise<Frame[]> =>
  new Promise((resolve, reject) => {
    data
      .transformDataFrame([...(panel.transformations ?? [])] as never, frames)
      .subscribe({ next: resolve, error: reject })
  })

const theme = data.createTheme()
const named = ['green', 'orange', 'red'].map(name => [theme.visualization.getColorByName(name), name] as const)

/** The word and the colour of a value in this panel. */
export function shownBy({ fieldConfig }: Panel, value: number): string {
  const field = { name: 'Value', type: data.FieldType.number, config: fieldConfig?.defaults ?? {}, values: [value] }
  const { text, color } = data.getDisplayProcessor({ field, theme })(value)
  return `${text} ${named.find(([code]) => code === color)?.[1] ?? String(color)}`
}

/** What a panel of large words shows: a name and a text each. */
export const tilesOf = (panel: Panel): readonly (readonly [name: string, text: string])[] =>
  data
    .getFieldDisplayValues({
      ...{ fieldConfig: panel.fieldConfig as never, data: readied(panel, text => text), theme },
      reduceOptions: (panel.options as { reduceOptions: GrafanaData.ReduceDataOptions }).reduceOptions,
      replaceVariables: text => text,
    })
    .map(({ display }) => [display.title ?? '', display.text])

/** Frames of a panel with its settings in them, as panels get them. */
const readied = (panel: Panel, replaceVariables: (text: string) => string): Frame[] =>
  data.applyFieldOverrides({
    ...{ data: snapshotFrames(panel), fieldConfig: panel.fieldConfig as never, theme, replaceVariables },
    fieldConfigRegistry: settings,
  })

/** What overrides may set; the program itself has a list with an editor for each. */
const settings = new data.FieldConfigOptionsRegistry(() =>
  ['color', 'displayName', 'links', 'mappings', 'thresholds', 'unit'].map(
    id => ({ ...{ id, path: id, name: id }, process: (value: unknown) => value, shouldApply: () => true }) as never,
  ),
)

/** Every cell as it is shown, with its links, and every text that variables were filled into on the way. */
export function interpolated(panel: Panel): Readonly<Record<'filled' | 'links' | 'shown', readonly string[]>> {
  const [filled, links]: [string[], string[]] = [[], []]
  const shown = readied(panel, text => {
    filled.push(text)
    return text
  }).flatMap(({ fields }) =>
    fields.flatMap(({ display, values, getLinks }) =>
      values.map((value: unknown, valueRowIndex) => {
        links.push(...(getLinks?.({ valueRowIndex }) ?? []).map(({ href }) => href))
        return display?.(value).text ?? String(value)
      }),
    ),
  )
  return { filled, links, shown }
}

interface Column {
  readonly name: string
  readonly type: string
  readonly values: readonly unknown[]
}

const fieldOf = (frame: Frame | undefined, name: string): Column | undefined =>
  frame?.fields.find(field => field.name.toLowerCase() === name.toLowerCase())

export const valuesOf = (frame: Frame | undefined, name: string): readonly unknown[] =>
  fieldOf(frame, name)?.values ?? []

/** As the panel tells them apart: edges have a source. */
export function graphFrames(frames: readonly Frame[]): {
  readonly nodes: Frame | undefined
  readonly edges: Frame | undefined
} {
  const isEdges = (frame: Frame) => frame.name === 'edges' || frame.fields.some(({ name }) => name === 'source')
  return { nodes: frames.find(frame => !isEdges(frame)), edges: frames.find(isEdges) }
}

const isNumber = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value)
const isWord = (value: unknown): boolean => typeof value === 'string' && value !== ''

/** What makes the node graph throw, or draw nonsense. */
export function* graphProblems(frames: readonly Frame[]): Generator<string> {
  const { nodes, edges } = graphFrames(frames)
  if (nodes === undefined) {
    yield 'no nodes'
    return
  }
  const ids = valuesOf(nodes, 'id')
  if (ids.length === 0 || !ids.every(isWord)) yield 'nodes without an id'
  if (new Set(ids).size < ids.length) yield 'two nodes with one id'
  for (const name of ['title', 'subtitle', 'mainstat', 'color'])
    if (!valuesOf(nodes, name).every(isWord) || fieldOf(nodes, name)?.type !== 'string') yield `nodes: ${name}`
  const [x, y] = [valuesOf(nodes, 'fixedX'), valuesOf(nodes, 'fixedY')]
  if (![...x, ...y].every(isNumber) || x.length !== ids.length || y.length !== ids.length)
    yield 'nodes without a position'
  const places = new Set(ids.map((_, i) => `${String(x[i])} ${String(y[i])}`))
  if (places.size < ids.length) yield 'two nodes in one place'
  const arcs = nodes.fields.filter(({ name }) => name.startsWith('arc__'))
  for (const [i] of arcs.length > 0 ? ids.entries() : [])
    if (Math.abs(arcs.reduce((sum, arc) => sum + Number(arc.values[i]), 0) - 1) > 1e-9) yield 'arcs that are no whole'
  if (edges !== undefined) yield* edgeProblems(edges, ids)
}

function* edgeProblems(edges: Frame, nodes: readonly unknown[]): Generator<string> {
  const [ids, sources, targets] = ['id', 'source', 'target'].map(name => valuesOf(edges, name))
  if (ids?.length !== edges.length || !ids.every(isWord)) yield 'edges without an id'
  if (new Set(ids).size < edges.length) yield 'two edges with one id'
  for (const [i, source] of (sources ?? []).entries())
    if (!nodes.includes(source) || !nodes.includes(targets?.[i])) yield `${String(ids?.[i])} ends nowhere`
    else if (source === targets?.[i]) yield `${String(ids?.[i])} ends where it began`
}

/** What makes the network layer of the map throw, or hide something. */
export function* mapProblems(panel: Panel, frames: readonly Frame[]): Generator<string> {
  const { nodes, edges } = graphFrames(frames)
  const { layers } = panel.options as {
    layers: { type: string; config: Record<string, { color?: { field?: string } }> }[]
  }
  const network = layers.find(({ type }) => type === 'network')
  if (nodes === undefined) {
    yield 'no nodes'
    return
  }
  if (nodes.refId !== 'nodes') yield 'nodes of another name'
  for (const [name, most] of [
    ['lat', 90],
    ['lon', 540],
  ] as const) {
    const all = valuesOf(nodes, name)
    if (fieldOf(nodes, name)?.type !== 'number' || all.length !== nodes.length) yield `nodes without ${name}`
    if (!all.every(value => isNumber(value) && Math.abs(Number(value)) <= most)) yield `nodes with a wrong ${name}`
  }
  const numeric = (frame: Frame, field: string | undefined) =>
    field !== undefined && fieldOf(frame, field)?.type === 'number' && valuesOf(frame, field).every(isNumber)
  for (const layer of layers)
    if (!numeric(nodes, layer.config['style']?.color?.field)) yield `${layer.type}: nodes without a colour`
  if (network === undefined) return
  // It reads edges without asking whether there are any.
  if (edges === undefined) {
    yield 'no edges'
    return
  }
  if (edges.refId !== 'edges') yield 'edges of another name'
  if (!numeric(edges, network.config['edgeStyle']?.color?.field)) yield 'edges without a colour'
  yield* edgeProblems(edges, valuesOf(nodes, 'id'))
}

/** A table of each against each, with the same names in the same order both ways. */
export function* matrixProblems(frames: readonly Frame[], names: readonly string[]): Generator<string> {
  const [frame] = frames
  const [head, ...columns] = frame?.fields ?? []
  if (head?.name !== 'host\\peer') yield `head is ${head?.name ?? 'missing'}`
  if (JSON.stringify(head?.values) !== JSON.stringify(names)) yield 'not one line a host'
  if (JSON.stringify(columns.map(({ name }) => name)) !== JSON.stringify(names)) yield 'not one column a host'
  for (const [i, column] of columns.entries()) if (column.values[i] !== -2) yield `${column.name} is a peer of itself`
}
