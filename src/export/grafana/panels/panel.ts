/** What all panels of a dashboard have (Grafana, dashboard JSON model, classic, schema 39). */
import { colors } from '../node-graph.ts'
import type { Meaning } from '../states.ts'

/** A panel before it has its place. */
export interface Sketch {
  /** Within its dashboard, for ever: alerts and addresses of panels name it. */
  readonly id: number
  readonly title: string
  readonly description?: string
  /** Of 24 columns. */
  readonly width: number
  /** Rows of 30 pixels. */
  readonly height: number
}

export interface Target {
  readonly refId: string
  readonly [key: string]: unknown
}

export interface Query extends Target {
  readonly expr: string
  readonly format: 'table' | 'time_series'
  readonly instant: boolean
}

export interface Override {
  readonly matcher: { readonly id: string; readonly options: string }
  readonly properties: readonly { readonly id: string; readonly value: unknown }[]
}

export interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly description?: string
  readonly gridPos: { readonly h: number; readonly w: number; readonly x: number; readonly y: number }
  readonly pluginVersion?: string
  readonly datasource?: object
  readonly targets?: readonly Target[]
  readonly fieldConfig?: { readonly defaults: object; readonly overrides: readonly Override[] }
  readonly options?: object
  readonly transformations?: readonly Transformation[]
  readonly collapsed?: boolean
  readonly panels?: readonly Panel[]
}

export interface Transformation {
  readonly id: string
  readonly filter?: { readonly id: string; readonly options: string }
  readonly options: Readonly<Record<string, unknown>>
}

export interface Drawn {
  readonly sketch: Sketch
  readonly panel: Omit<Panel, 'gridPos'>
}

const prometheus = { type: 'prometheus', uid: '${ds}' } as const
/** Built in: snapshot frames are its answer, wherever Grafana runs. */
export const builtIn = { type: 'grafana', uid: 'grafana' } as const

interface Body {
  readonly type: string
  readonly datasource?: object
  readonly targets?: readonly Target[]
  readonly defaults?: object
  readonly overrides?: readonly Override[]
  readonly options: object
  readonly transformations?: readonly Transformation[]
}

export function drawn(sketch: Sketch, { type, targets = [], options, ...body }: Body): Drawn {
  const { id, title, description } = sketch
  const { datasource = prometheus, defaults = {}, overrides = [], transformations } = body
  return {
    sketch,
    panel: {
      ...{ id, type, title },
      ...(description !== undefined && { description }),
      // Of the oldest Grafana for which it is: newer ones know what to change.
      pluginVersion: '10.0.0',
      ...{ datasource, targets },
      ...{ fieldConfig: { defaults, overrides }, options },
      ...(transformations !== undefined && { transformations }),
    },
  }
}

const query = (refId: string, expr: string, more: Pick<Query, 'format' | 'instant'>, legend: string): Query => ({
  ...{ refId, datasource: prometheus, editorMode: 'code', expr },
  ...{ format: more.format, instant: more.instant, range: !more.instant, legendFormat: legend },
})

/** Over time. */
export const range = (refId: string, expr: string, legend: string): Query =>
  query(refId, expr, { format: 'time_series', instant: false }, legend)
/** Now. */
export const now = (refId: string, expr: string, legend: string): Query =>
  query(refId, expr, { format: 'time_series', instant: true }, legend)
/** Now, with labels as columns. */
export const rows = (refId: string, expr: string): Query =>
  query(refId, expr, { format: 'table', instant: true }, '__auto')

export const steps = (base: string, ...above: readonly (readonly [from: number, color: string])[]): object => ({
  mode: 'absolute',
  steps: [{ color: base, value: null }, ...above.map(([value, color]) => ({ color, value }))],
})

export const mappingsOf = (meanings: readonly Meaning[]): readonly object[] => [
  {
    type: 'value',
    options: Object.fromEntries(
      meanings.map(({ value, word, color }, index) => [String(value), { text: word, color, index }]),
    ),
  },
]

/** Numbers that are states: words and colours; by value, the least first. */
export const meaning = (meanings: readonly Meaning[]) => ({
  mappings: mappingsOf(meanings),
  color: { mode: 'thresholds' },
  thresholds: steps(colors.unknown, ...meanings.map(({ value, color }) => [value, color] as const)),
})

export const overrideOf = (field: string, properties: Readonly<Record<string, unknown>>): Override => ({
  matcher: { id: 'byName', options: field },
  properties: Object.entries(properties).map(([id, value]) => ({ id, value })),
})

export const named = (field: string, displayName: string, more: Readonly<Record<string, unknown>> = {}): Override =>
  overrideOf(field, { displayName, ...more })
