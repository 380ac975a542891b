/** Every question that dashboards ask of a Prometheus: for tests that ask them all. */
import type { ExportFile } from '../files.ts'
import type { Dashboard } from './dashboard.ts'
import type { Query } from './panels/panel.ts'

export interface AskedQuery {
  /** `mesh` */
  readonly dashboard: string
  readonly panel: number
  readonly title: string
  readonly refId: string
  /** With the variables of Grafana still in it. */
  readonly expr: string
  readonly instant: boolean
  readonly format: 'table' | 'time_series'
}

export const queriesOfDashboards = (files: readonly ExportFile[]): readonly AskedQuery[] =>
  files
    .filter(({ path }) => /^dashboards\/.*\.json$/.test(path))
    .flatMap(({ path, text }) =>
      (JSON.parse(text) as Dashboard).panels.flatMap(({ id, title, targets = [] }) =>
        targets
          .filter((target): target is Query => typeof target['expr'] === 'string')
          .map(({ refId, expr, instant, format }) => ({
            dashboard: path.slice('dashboards/'.length, -'.json'.length),
            ...{ panel: id, title, refId, expr, instant, format },
          })),
      ),
    )
