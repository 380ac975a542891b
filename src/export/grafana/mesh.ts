/** The dashboard of the whole mesh: what is up, where it is, and how it has been. */
import type { ExportFile } from '../files.ts'
import { dashboardFile, hostLink, type Source, sourceVariable } from './dashboard.ts'
import type { LiveMesh } from './live.ts'
import { matrixOf } from './mesh/matrix.ts'
import { notWell } from './mesh/not-well.ts'
import { pictures } from './mesh/pictures.ts'
import { totals } from './mesh/totals.ts'
import { tunnels } from './mesh/tunnels.ts'
import { range } from './panels/panel.ts'
import { row } from './panels/row.ts'
import { stateTimeline } from './panels/state-timeline.ts'
import { timeseries } from './panels/timeseries.ts'
import { either, labelled, once } from './promql.ts'
import { hostStates, levelMeanings, unknown } from './states.ts'

export const meshDashboard = (mesh: LiveMesh, source: Source | null): ExportFile =>
  dashboardFile({
    ...{ name: 'mesh', mesh: mesh.mesh, title: 'mesh' },
    description: 'Hosts, tunnels and services: what is up, where it is, and how it has been.',
    variables: [sourceVariable(source)],
    ...{ from: 'now-6h', refresh: '30s' },
    lines: [
      totals(mesh),
      [notWell(mesh), ...pictures(mesh)],
      ...(mesh.linked ? [[matrixOf(mesh)]] : []),
      [row(20, 'States')],
      [
        stateTimeline(
          { id: 21, title: 'Hosts over time', width: 12, height: 9 },
          [range('A', once('host', 'meshwright_host_state'), '{{host}}')],
          hostStates,
          { links: [hostLink(mesh.mesh, '${__field.labels.host}')] },
        ),
        stateTimeline(
          { id: 22, title: 'Services over time', width: 12, height: 9 },
          [range('A', either(once('service', 'meshwright_service_level'), noServices), '{{service}}')],
          [{ ...unknown, word: 'none' }, ...levelMeanings],
        ),
      ],
      ...(mesh.linked ? tunnels(mesh) : []),
      [row(40, 'In numbers')],
      [
        timeseries(
          { id: 41, title: 'Up', description: 'Of those of which something is known.', width: 12, height: 8 },
          [
            range('hosts', 'max(meshwright:hosts_up:ratio)', 'hosts'),
            ...(mesh.linked ? [range('tunnels', 'max(meshwright:tunnels_up:ratio)', 'tunnels')] : []),
            ...(mesh.services.length > 0 ? [range('services', 'max(meshwright:services_ok:ratio)', 'services')] : []),
          ],
          { unit: 'percentunit', min: 0, max: 1 },
        ),
        timeseries(
          { id: 42, title: 'Time to answer', width: 12, height: 8 },
          [range('A', once('host', 'meshwright_probe_duration_seconds'), '{{host}}')],
          { unit: 's', min: 0 },
        ),
      ],
    ],
  })

/** In a mesh without services there is a line that says so. */
const noServices = `on () ${labelled('vector(-1)', { service: 'none' })}`
