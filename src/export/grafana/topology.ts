/**
 * The dashboard that needs no Prometheus: all of it lies in the file. It shows the plan, or with a snapshot how the mesh
 * was at that moment.
 */
import { time } from '../../health/json.ts'
import type { Snapshot } from '../../health/snapshot.ts'
import type { SourceKind } from '../../health/source.ts'
import type { ExportFile } from '../files.ts'
import type { Graph } from '../graph.ts'
import { dashboardFile } from './dashboard.ts'
import { nodeGraph } from './node-graph.ts'
import { pictures } from './topology/pictures.ts'
import { notWell, summary } from './topology/seen.ts'
import { tables } from './topology/tables.ts'

export function topologyDashboard(graph: Graph, snapshot: Snapshot | null): ExportFile {
  const drawn = nodeGraph(graph, snapshot)
  return dashboardFile({
    ...{ name: 'topology', mesh: graph.mesh, title: 'topology' },
    description:
      snapshot === null
        ? 'The mesh as it is planned. All is in the file: no data source is asked.'
        : `The mesh as it was at ${time(snapshot.at)}, ${seenBy[snapshot.source.kind]}. All is in the file: no data source is asked.`,
    variables: [],
    // Who follows a link of a snapshot asks how that host was then.
    ...(snapshot === null ? { from: 'now-1h' } : { from: time(snapshot.at - hour), to: time(snapshot.at) }),
    refresh: null,
    lines: [
      ...(snapshot === null ? [] : [summary(snapshot)]),
      pictures(graph, drawn, snapshot),
      ...(snapshot === null ? [] : [[notWell(graph, snapshot)]]),
      ...tables(graph, snapshot),
    ],
  })
}

const hour = 3_600_000

/** In our words: a title may be a path or a URL of somebody else's. */
const seenBy: Readonly<Record<SourceKind, string>> = {
  ...{ ssh: 'as its hosts said by ssh', prometheus: 'as a Prometheus had it', replay: 'as a recording has it' },
  demo: 'made up by the demo',
}
