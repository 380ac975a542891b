/**
 * `meshwright export grafana`: dashboards and what Grafana reads to find them. Nothing of it needs a plugin: one with a
 * program of its own does not run on FreeBSD.
 */
import type { Snapshot } from '../../health/snapshot.ts'
import { byText } from '../../../topology/names.ts'
import type { ExportFile } from '../files.ts'
import type { Graph } from '../graph.ts'
import type { Source } from './dashboard.ts'
import { hostDashboard } from './host.ts'
import { type LiveMesh, liveMeshOf } from './live.ts'
import { meshDashboard } from './mesh.ts'
import { placementDashboard } from './placement.ts'
import { freebsd, providerText, sourcesText } from './provisioning.ts'
import { servicesDashboard } from './services.ts'
import { topologyDashboard } from './topology.ts'
import { uidOf } from './uid.ts'

export interface GrafanaOptions {
  /** URLs, the first of them the default; none: those of the plan, or the one of the machine itself. */
  readonly prometheus?: readonly string[]
  /** Seconds between two scrapes; default 15. */
  readonly interval?: number
  /** Where the dashboards will lie. */
  readonly dashboardsPath?: string
  /** How the mesh is: in the dashboard that needs no data source. Null: as planned. */
  readonly snapshot?: Snapshot | null
}

const local = 'http://127.0.0.1:9090'

/** All files, below the directory of the export. */
export function grafanaFiles(graph: Graph, options: GrafanaOptions = {}): readonly ExportFile[] {
  const { prometheus = [], dashboardsPath = freebsd.dashboards, snapshot = null, interval = 15 } = options
  const found = prometheus.length > 0 ? given(graph.mesh, prometheus) : sourcesOf(graph)
  const sources = found.map(source => ({ ...source, interval }))
  return [
    ...liveDashboards(liveMeshOf(graph), sources[0] ?? null),
    topologyDashboard(graph, snapshot),
    { path: 'provisioning/dashboards/meshwright.yaml', text: providerText(dashboardsPath) },
    { path: 'provisioning/datasources/meshwright.yaml', text: sourcesText(sources, false) },
  ].toSorted((a, b) => byText(a.path, b.path))
}

/** Those that ask a Prometheus. */
export const liveDashboards = (mesh: LiveMesh, source: Source | null): readonly ExportFile[] =>
  [hostDashboard, meshDashboard, placementDashboard, servicesDashboard].map(dashboard => dashboard(mesh, source))

/** Why this is no URL of a Prometheus; null: it is one. Passwords have no place in these files. */
export function prometheusUrlProblem(url: string): string | null {
  if (!URL.canParse(url)) return 'is no URL'
  const { protocol, username, password } = new URL(url)
  if (protocol !== 'http:' && protocol !== 'https:') return 'is neither http:// nor https://'
  return username === '' && password === '' ? null : 'has a name or a password in it'
}

type Found = Omit<Source, 'interval'>

function given(mesh: string, urls: readonly string[]): readonly Found[] {
  for (const url of urls)
    if (prometheusUrlProblem(url) !== null) throw new Error('a URL was not checked: this is a bug in meshwright')
  return urls.map((url, i) => sourceOf(`${mesh}-prometheus${i === 0 ? '' : `-${i + 1}`}`, url))
}

function sourcesOf({ mesh, services, jails }: Graph): readonly Found[] {
  const found = services.flatMap(({ name, kind, roles }) =>
    kind === 'prometheus'
      ? roles.flatMap(role =>
          (role.name === 'server' ? role.instances : []).flatMap(id => {
            const jail = jails.find(one => one.id === id)
            return jail === undefined ? [] : [sourceOf(`${name}-${jail.host}`, `http://${jail.address.inet}:9090`)]
          }),
        )
      : [],
  )
  return found.length > 0 ? found : given(mesh, [local])
}

const sourceOf = (name: string, url: string): Found => ({ name, uid: uidOf(name), url })
