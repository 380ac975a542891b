/** Numbers over time (Grafana, time series). */
import { type Drawn, drawn, type Override, type Query, type Sketch } from './panel.ts'

export const timeseries = (
  sketch: Sketch,
  targets: readonly Query[],
  defaults: { readonly unit?: string; readonly min?: number; readonly max?: number; readonly [key: string]: unknown },
  overrides: readonly Override[] = [],
): Drawn =>
  drawn(sketch, {
    ...{ type: 'timeseries', targets, overrides },
    defaults: {
      ...defaults,
      custom: { drawStyle: 'line', lineWidth: 1, fillOpacity: 8, showPoints: 'never', spanNulls: false },
    },
    options: {
      legend: { calcs: ['lastNotNull'], displayMode: 'list', placement: 'bottom', showLegend: true },
      tooltip: { mode: 'multi', sort: 'desc' },
    },
  })
