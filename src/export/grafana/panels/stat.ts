/** A number or a word, large (Grafana, stat). */
import { type Drawn, drawn, type Override, type Sketch, type Target } from './panel.ts'

interface StatOptions {
  readonly textMode?: 'auto' | 'name' | 'value' | 'value_and_name'
  readonly colorMode?: 'background' | 'none' | 'value'
  /** Which, as a regular expression; by default those that are numbers. */
  readonly fields?: string
  readonly datasource?: object
  readonly overrides?: readonly Override[]
}

export const stat = (
  sketch: Sketch,
  targets: readonly Target[],
  defaults: object,
  { textMode = 'auto', colorMode = 'background', fields = '', ...body }: StatOptions = {},
): Drawn =>
  drawn(sketch, {
    ...{ type: 'stat', targets, defaults, ...body },
    options: {
      ...{ colorMode, graphMode: 'none', justifyMode: 'auto', orientation: 'auto' },
      reduceOptions: { calcs: ['lastNotNull'], fields, values: false },
      textMode,
    },
  })
