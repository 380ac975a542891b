/** Answers that lie in the dashboard itself (Grafana, snapshot frames): the data source that every Grafana has gives them. */
import { printable } from '../../../text/printable.ts'
import { builtIn, type Target } from './panel.ts'

type Cell = boolean | number | string | null
export type Row = Readonly<Record<string, Cell>>

export interface FrameField {
  readonly name: string
  readonly type: 'boolean' | 'number' | 'string'
  readonly config?: object
}

export const words = (...names: readonly string[]): readonly FrameField[] =>
  names.map(name => ({ name, type: 'string' }))
export const numbers = (...names: readonly string[]): readonly FrameField[] =>
  names.map(name => ({ name, type: 'number' }))
export const details = (...names: readonly string[]): readonly FrameField[] =>
  names.map(name => ({ name: `detail__${name}`, type: 'string', config: { displayName: name } }))

/**
 * Columns, in the order of the fields. What hosts said is told here and nowhere else: Grafana fills variables into
 * titles, descriptions and texts, and makes markup of some; of cells it does neither.
 */
export function frame(refId: string, fields: readonly FrameField[], rows: readonly object[]): Target {
  const preferred = refId === 'nodes' || refId === 'edges' ? 'nodeGraph' : 'table'
  return {
    ...{ refId, datasource: builtIn, queryType: 'snapshot' },
    snapshot: [
      {
        schema: { refId, name: refId, meta: { preferredVisualisationType: preferred }, fields },
        data: { values: fields.map(({ name }) => rows.map(row => cellOf((row as Row)[name]))) },
      },
    ],
  }
}

const cellOf = (cell: Cell | undefined): Cell => (typeof cell === 'string' ? printable(cell) : (cell ?? null))
