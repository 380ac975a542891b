/** Rows and columns (Grafana, table). */
import { type Drawn, drawn, type Override, type Sketch, type Target, type Transformation } from './panel.ts'

export interface TableBody {
  readonly targets: readonly Target[]
  readonly datasource?: object
  readonly defaults?: object
  readonly overrides?: readonly Override[]
  readonly transformations?: readonly Transformation[]
  readonly sortBy?: readonly { readonly displayName: string; readonly desc: boolean }[]
}

export const table = (sketch: Sketch, { sortBy, ...body }: TableBody): Drawn =>
  drawn(sketch, {
    type: 'table',
    ...body,
    options: { cellHeight: 'sm', showHeader: true, ...(sortBy !== undefined && { sortBy }) },
  })

/** A cell whose colour says what its word does. */
export const colored = { 'custom.cellOptions': { type: 'color-background', mode: 'basic' } } as const
export const coloredCells = { custom: { cellOptions: { type: 'color-background', mode: 'basic' }, align: 'center' } }

/** Numbers that are not known are not written. */
export const blank = {
  mappings: [{ type: 'special', options: { match: 'nan', result: { text: '', index: 0 } } }],
} as const

/** Answers to several queries, which have these columns in common, as one table. None of them may be empty. */
export const merged = (order: readonly string[]): readonly Transformation[] => [
  // Rows of different moments would stay apart.
  { id: 'filterFieldsByName', options: { exclude: { names: ['Time'] } } },
  { id: 'merge', options: {} },
  organized(order, []),
]

export const organized = (order: readonly string[], without: readonly string[]): Transformation => ({
  id: 'organize',
  options: {
    excludeByName: Object.fromEntries(without.map(name => [name, true])),
    indexByName: Object.fromEntries(order.map((name, index) => [name, index])),
    renameByName: {},
  },
})

/** One name of the two against the other, both in the order of the alphabet. */
export const matrix = (rowField: string, columnField: string): readonly Transformation[] => [
  { id: 'sortBy', options: { fields: {}, sort: [{ field: columnField, desc: false }] } },
  { id: 'sortBy', options: { fields: {}, sort: [{ field: rowField, desc: false }] } },
  { id: 'groupingToMatrix', options: { rowField, columnField, valueField: 'Value', emptyValue: 'null' } },
]
