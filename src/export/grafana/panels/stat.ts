/** A number or a word, large (Grafana, stat). */
import { type Drawn, drawn, type Query, type Sketch } from './panel.ts'

export const stat = (
  sketch: Sketch,
  targets: readonly Query[],
  defaults: object,
  options: { readonly textMode?: 'auto' | 'name' | 'value' | 'value_and_name'; readonly colorMode?: string } = {},
): Drawn =>
  drawn(sketch, {
    ...{ type: 'stat', targets, defaults },
    options: {
      ...{ colorMode: options.colorMode ?? 'background', graphMode: 'none', justifyMode: 'auto', orientation: 'auto' },
      reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
      textMode: options.textMode ?? 'auto',
    },
  })
