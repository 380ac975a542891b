/** The dashboard of the services: what each does by its own rules, and what its own metrics say. */
import type { ExportFile } from '../files.ts'
import { dashboardFile, hostLink, labelVariable, type Source, sourceVariable } from './dashboard.ts'
import { kindRows } from './kinds.ts'
import type { LiveMesh } from './live.ts'
import { colors } from './node-graph.ts'
import { bargauge } from './panels/bargauge.ts'
import { type Drawn, mappingsOf, meaning, named, now, overrideOf, range, rows, steps } from './panels/panel.ts'
import { row } from './panels/row.ts'
import { stateTimeline } from './panels/state-timeline.ts'
import { colored, merged, table } from './panels/table.ts'
import { text } from './panels/text.ts'
import { timeseries } from './panels/timeseries.ts'
import { answered, chosen, labelled, once } from './promql.ts'
import { levelMeanings, type Meaning, unknown, yesNo } from './states.ts'

const ofRole = (metric: string): string => once('service, role', chosen(metric))
const member = 'service, role, host, jail'
/** Of members; nobody needs to be told that one does not. */
const leads: readonly Meaning[] = [
  { ...unknown, word: '' },
  { value: 0, word: '', color: 'text' },
  { value: 1, word: 'leads', color: 'text' },
]
const planned = once(member, chosen('meshwright_instance_planned'))

export const servicesDashboard = (mesh: LiveMesh, source: Source | null): ExportFile =>
  dashboardFile({
    ...{ name: 'services', mesh: mesh.mesh, title: 'services' },
    description: 'Each service by its own rules: quorum, leaders and members, and what its exporters say.',
    variables: [sourceVariable(source), labelVariable('service', 'Service', 'meshwright_service_info', true)],
    ...{ from: 'now-6h', refresh: '30s' },
    lines: mesh.services.length === 0 ? [[none]] : [...common(mesh), ...kindRows(mesh)],
  })

const none = text({ id: 1, title: 'Services', width: 24, height: 4 }, 'The mesh has no services.')

const common = ({ mesh }: LiveMesh): readonly (readonly Drawn[])[] => [
  [
    stateTimeline(
      { id: 2, title: 'Levels', width: 12, height: 9 },
      [range('A', once('service', chosen('meshwright_service_level')), '{{service}}')],
      levelMeanings,
    ),
    stateTimeline(
      { id: 3, title: 'Quorum', description: 'Of roles that need one.', width: 12, height: 9 },
      [
        range(
          'A',
          `${ofRole('meshwright_role_quorum')} or on () ${labelled('vector(-1)', { service: 'none' })}`,
          '{{service}} {{role}}',
        ),
      ],
      [{ ...unknown, word: '' }, ...yesNo('quorum', 'no quorum')],
    ),
  ],
  [
    timeseries(
      {
        ...{ id: 4, title: 'Leaders', width: 8, height: 8 },
        description: 'Of roles that have one: none and two are both wrong.',
      },
      [range('A', `${ofRole('meshwright_role_leaders')} or on () vector(0)`, '{{service}} {{role}}')],
      { min: 0, decimals: 0 },
    ),
    timeseries(
      { id: 5, title: 'Members at work', width: 8, height: 8 },
      [range('A', ofRole('meshwright_role_replicas'), '{{service}} {{role}}')],
      { min: 0, decimals: 0 },
    ),
    bargauge(
      { id: 6, title: 'At work, of those wanted', width: 8, height: 8 },
      [
        now(
          'A',
          `${ofRole('meshwright_role_replicas')} / ${ofRole('meshwright_role_replicas_wanted')}`,
          '{{service}} {{role}}',
        ),
      ],
      {
        ...{ unit: 'percentunit', min: 0, max: 1, color: { mode: 'thresholds' } },
        thresholds: steps(colors.bad, [0.5, colors.weak], [1, colors.good]),
      },
    ),
  ],
  [
    table(
      { id: 7, title: 'Members', width: 24, height: 12 },
      {
        targets: [
          rows('level', answered(once(member, chosen('meshwright_instance_level')), planned, '-1')),
          rows('up', answered(once(member, chosen('meshwright_instance_up')), planned, '-1')),
          rows('leads', answered(once(member, chosen('meshwright_instance_leads')), planned, '-1')),
        ],
        overrides: [
          named('Value #level', 'level', { ...meaning([unknown, ...levelMeanings]), ...colored }),
          named('Value #up', 'answers', meaning([unknown, ...yesNo('answers', 'silent')])),
          named('Value #leads', 'leads', {
            mappings: mappingsOf(leads),
          }),
          overrideOf('host', { links: [hostLink(mesh, '${__value.text}')] }),
        ],
        transformations: merged([...member.split(', '), ...['level', 'up', 'leads'].map(name => `Value #${name}`)]),
        sortBy: [{ displayName: 'service', desc: false }],
      },
    ),
  ],
  [row(8, 'Metrics of their own')],
]
