/** Circles and lines (Grafana, node graph): one frame `nodes`, one `edges`, by the field names of its data API. */
import { type Drawn, drawn, type Override, type Sketch, type Target, type Transformation } from './panel.ts'

interface NodeGraphBody {
  readonly targets: readonly Target[]
  readonly datasource?: object
  readonly overrides: readonly Override[]
  readonly transformations?: readonly Transformation[]
}

export const nodeGraphPanel = (sketch: Sketch, body: NodeGraphBody): Drawn =>
  drawn(sketch, {
    type: 'nodeGraph',
    ...body,
    // Positions are given; where they are not understood, at least not all hosts stand in one column.
    options: { layoutAlgorithm: 'force', zoomMode: 'cooperative', nodes: {}, edges: {} },
  })

/** Labels that are numbers. */
export const numeric = (...fields: readonly string[]): Transformation => ({
  id: 'convertFieldType',
  options: {
    conversions: fields.map(field => ({ targetField: field, destinationType: 'number' })),
    fields: {},
  },
})
