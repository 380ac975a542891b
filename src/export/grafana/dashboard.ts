/** A dashboard as Grafana 10 to 13 read it from a file (dashboard JSON model, classic): no plugin, the data source a variable. */
import type { ExportFile } from '../files.ts'
import type { Drawn, Panel } from './panels/panel.ts'
import { uidOf } from './uid.ts'

type DashboardName = 'host' | 'mesh' | 'placement' | 'services' | 'topology'

export interface Dashboard {
  readonly uid: string
  readonly title: string
  readonly description: string
  readonly tags: readonly string[]
  readonly links: readonly object[]
  readonly templating: { readonly list: readonly Variable[] }
  readonly panels: readonly Panel[]
  readonly [key: string]: unknown
}

export interface Variable {
  readonly type: 'datasource' | 'query'
  readonly name: string
  readonly [key: string]: unknown
}

interface Content {
  readonly name: DashboardName
  readonly mesh: string
  readonly title: string
  readonly description: string
  readonly variables: readonly Variable[]
  /** Side by side, as far as there is room. */
  readonly lines: readonly (readonly Drawn[])[]
  /** How long ago it begins: `now-6h`; what links lead to is shown of the same span. */
  readonly from: string
  /** By default now. */
  readonly to?: string
  /** Null: nothing in it changes. */
  readonly refresh: string | null
}

const dashboardUid = (mesh: string, name: DashboardName): string => uidOf(`${mesh}-${name}`)

export function dashboardFile(content: Content): ExportFile {
  const { name, mesh, title, description, variables, lines, from, to = 'now', refresh } = content
  const tags = [...new Set(['meshwright', mesh])]
  const dashboard: Dashboard = {
    uid: dashboardUid(mesh, name),
    title: `${mesh}: ${title}`,
    ...{ description, tags },
    ...{ timezone: '', editable: true, graphTooltip: 1, schemaVersion: 39, version: 1 },
    ...{ refresh: refresh ?? '', time: { from, to } },
    templating: { list: variables },
    annotations: { list: [] },
    links: [
      {
        ...{ type: 'dashboards', title: 'Dashboards', tags, asDropdown: false, icon: 'external link' },
        ...{ includeVars: true, keepTime: true, targetBlank: false, tooltip: '', url: '' },
      },
    ],
    panels: arranged(lines),
  }
  return { path: `dashboards/${name}.json`, text: `${JSON.stringify(dashboard, null, 2)}\n` }
}

/** Lines from the top, each as high as its highest panel; within a line from the left. */
function arranged(lines: readonly (readonly Drawn[])[]): readonly Panel[] {
  const panels: Panel[] = []
  let y = 0
  for (const line of lines) {
    let x = 0
    for (const { sketch, panel } of line) {
      const { id, type, title, ...rest } = panel
      panels.push({ id, type, title, gridPos: { h: sketch.height, w: sketch.width, x, y }, ...rest })
      x += sketch.width
    }
    y += Math.max(0, ...line.map(({ sketch }) => sketch.height))
  }
  return panels
}

/** Which Prometheus is asked; `uid`: the one that is asked at first. */
export const sourceVariable = (source: Source | null): Variable => ({
  ...{ type: 'datasource', name: 'ds', label: 'Prometheus', query: 'prometheus', regex: '', hide: 0 },
  ...{ includeAll: false, multi: false, options: [], refresh: 1, skipUrlSync: false },
  current: source === null ? {} : { selected: false, text: source.name, value: source.uid },
})

export interface Source {
  readonly name: string
  readonly uid: string
  readonly url: string
  /** Seconds between two scrapes: rates are made of at least four (Grafana, $__rate_interval). */
  readonly interval: number
}

/** Values of a label, asked for when the dashboard opens and when another span of time is shown. */
export const labelVariable = (name: string, label: string, metric: string, multi: boolean): Variable => {
  const definition = `label_values(${metric}, ${name})`
  return {
    ...{ type: 'query', name, label, datasource: { type: 'prometheus', uid: '${ds}' }, definition },
    query: { query: definition, refId: 'PrometheusVariableQueryEditor-VariableQuery' },
    ...{ refresh: 2, regex: '', sort: 1, hide: 0, skipUrlSync: false, options: [] },
    ...{ multi, includeAll: multi, ...(multi && { allValue: '.+' }) },
    current: multi ? { selected: true, text: ['All'], value: ['$__all'] } : {},
  }
}

/** A link of a field to the dashboard of a host; `host`: an expression that Grafana fills in. */
export const hostLink = (mesh: string, host: string): object => linkTo(mesh, host, '&${ds:queryparam}')
/** From a dashboard that asks no Prometheus. */
export const hostLinkAlone = (mesh: string, host: string): object => linkTo(mesh, host, '')

const linkTo = (mesh: string, host: string, source: string): object => ({
  title: `Host ${host}`,
  url: `/d/${dashboardUid(mesh, 'host')}?var-host=${host}${source}&\${__url_time_range}`,
})
