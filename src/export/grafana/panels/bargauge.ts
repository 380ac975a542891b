/** Parts of a whole, side by side (Grafana, bar gauge). */
import { type Drawn, drawn, type Query, type Sketch } from './panel.ts'

export const bargauge = (sketch: Sketch, targets: readonly Query[], defaults: object): Drawn =>
  drawn(sketch, {
    ...{ type: 'bargauge', targets, defaults },
    options: {
      ...{ displayMode: 'lcd', minVizHeight: 16, minVizWidth: 8, orientation: 'horizontal', showUnfilled: true },
      reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
      valueMode: 'color',
    },
  })
