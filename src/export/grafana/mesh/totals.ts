/** How much of the mesh is up, in large numbers. */
import type { LiveMesh } from '../live.ts'
import { colors } from '../node-graph.ts'
import { type Drawn, meaning, now, overrideOf, type Sketch, steps } from '../panels/panel.ts'
import { stat } from '../panels/stat.ts'
import { either, once } from '../promql.ts'
import { levelMeanings } from '../states.ts'

export function totals({ linked, services }: LiveMesh): readonly Drawn[] {
  const of = (sketch: Sketch, up: string, planned: string): Drawn =>
    stat(
      sketch,
      [
        now('up', `sum(${up}) or vector(0)`, 'up'),
        now('missing', `(count(${planned}) or vector(0)) - (sum(${up}) or vector(0))`, 'not up'),
      ],
      { color: { mode: 'thresholds' }, thresholds: steps(colors.good) },
      { textMode: 'value_and_name' },
    )
  const notUp = (drawn: Drawn): Drawn => ({
    ...drawn,
    panel: {
      ...drawn.panel,
      fieldConfig: {
        defaults: drawn.panel.fieldConfig?.defaults ?? {},
        overrides: [overrideOf('not up', { thresholds: steps(colors.good, [1, colors.bad]) })],
      },
    },
  })
  return [
    notUp(
      of(
        { id: 1, title: 'Hosts', width: 4, height: 4 },
        `${once('host', 'meshwright_host_state')} == bool 2`,
        once('host', 'meshwright_host_info'),
      ),
    ),
    notUp(
      of(
        {
          ...{ id: 2, title: 'Tunnels', width: 4, height: 4 },
          description: linked ? 'The worse of both ends; a lossy one is up.' : 'None: the mesh is one host.',
        },
        `${once('a, b', 'meshwright_tunnel_state')} >= bool 3`,
        once('a, b', 'meshwright_tunnel_planned'),
      ),
    ),
    notUp(
      of(
        {
          ...{ id: 3, title: 'Services', width: 4, height: 4 },
          description: services.length > 0 ? 'Up: nothing is wrong with it.' : 'None is planned.',
        },
        `${once('service', 'meshwright_service_level')} == bool 0`,
        once('service', 'meshwright_service_info'),
      ),
    ),
    stat(
      { id: 4, title: 'Worst', description: 'Of all hosts and services.', width: 3, height: 4 },
      [
        now(
          'A',
          `max(${either(once('host', 'meshwright_host_level'), once('service', 'meshwright_service_level'))})`,
          'worst',
        ),
      ],
      meaning(levelMeanings),
      { textMode: 'value' },
    ),
    stat(
      { id: 5, title: 'Alerts', description: 'That fire in this Prometheus.', width: 3, height: 4 },
      [now('A', 'count(ALERTS{alertstate="firing", severity!="none"}) or vector(0)', 'firing')],
      { color: { mode: 'thresholds' }, thresholds: steps(colors.good, [1, colors.bad]) },
      { textMode: 'value' },
    ),
    stat(
      { id: 6, title: 'Last look', description: 'Since the mesh was last looked at.', width: 3, height: 4 },
      [now('A', 'time() - max(meshwright_snapshot_timestamp_seconds)', 'age')],
      {
        ...{ unit: 's', decimals: 0, color: { mode: 'thresholds' } },
        thresholds: steps(colors.good, [120, colors.weak], [300, colors.bad]),
      },
      { textMode: 'value' },
    ),
    stat(
      { id: 7, title: 'Source', description: 'What a demo tells is made up.', width: 3, height: 4 },
      [now('A', 'max by (source, made_up) (meshwright_source_info)', '{{source}}')],
      {},
      { textMode: 'name', colorMode: 'none' },
    ),
  ]
}
