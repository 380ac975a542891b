/** States over time, a line each (Grafana, state timeline). */
import type { Meaning } from '../states.ts'
import { colors } from '../node-graph.ts'
import { type Drawn, drawn, mappingsOf, type Query, type Sketch } from './panel.ts'

export const stateTimeline = (
  sketch: Sketch,
  targets: readonly Query[],
  meanings: readonly Meaning[],
  more: object = {},
): Drawn =>
  drawn(sketch, {
    ...{ type: 'state-timeline', targets },
    defaults: {
      mappings: mappingsOf(meanings),
      // Coloured by thresholds, it would merge values between them and write `4+` in place of the word.
      color: { mode: 'fixed', fixedColor: colors.unknown },
      ...more,
      custom: { fillOpacity: 80, lineWidth: 0, spanNulls: false },
    },
    options: {
      ...{ alignValue: 'left', mergeValues: true, rowHeight: 0.85, showValue: 'auto', perPage: 20 },
      legend: { displayMode: 'list', placement: 'bottom', showLegend: false },
      tooltip: { mode: 'single', sort: 'none' },
    },
  })
