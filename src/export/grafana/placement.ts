/** The dashboard of the placement: what was wanted where, what is there, and what it runs on. */
import type { ExportFile } from '../files.ts'
import { dashboardFile, hostLink, type Source, sourceVariable } from './dashboard.ts'
import type { LiveMesh } from './live.ts'
import { colors } from './node-graph.ts'
import { bargauge } from './panels/bargauge.ts'
import { type Drawn, meaning, named, now, overrideOf, range, rows, type Sketch, steps } from './panels/panel.ts'
import { row } from './panels/row.ts'
import { stat } from './panels/stat.ts'
import { blank, colored, coloredCells, matrix, merged, organized, table } from './panels/table.ts'
import { timeseries } from './panels/timeseries.ts'
import { answered, either, labelled, once } from './promql.ts'
import { levelMeanings, unknown, yesNo } from './states.ts'

export const placementDashboard = (mesh: LiveMesh, source: Source | null): ExportFile =>
  dashboardFile({
    ...{ name: 'placement', mesh: mesh.mesh, title: 'placement' },
    description: 'What was wanted where, what is there, and what it runs on.',
    variables: [sourceVariable(source)],
    ...{ from: 'now-6h', refresh: '30s' },
    lines: [
      [
        count({ id: 1, title: 'Members wanted', width: 4, height: 4 }, `sum(${wanted}) or vector(0)`, false),
        count({ id: 2, title: 'Members whose jails run', width: 4, height: 4 }, `sum(${placed}) or vector(0)`, false),
        count({ id: 3, title: 'Members at work', width: 4, height: 4 }, `sum(${running}) or vector(0)`, false),
        count({ id: 4, title: 'Jails missing', width: 4, height: 4 }, `sum(1 - ${jailRuns}) or vector(0)`, true),
        count({ id: 5, title: 'Jails foreign', width: 4, height: 4 }, `sum(${foreign}) or vector(0)`, true),
        count(
          { id: 6, title: 'Hosts with drift', width: 4, height: 4 },
          `sum(${once('host', 'meshwright_plan_drift')}) or vector(0)`,
          true,
        ),
      ],
      ...(mesh.services.length > 0 ? services(mesh) : []),
      [row(20, 'Hosts')],
      [hosts(mesh)],
      [
        share({ id: 22, title: 'Memory in use', width: 12, height: 8 }, `1 - ${memoryFree} / ${memory}`),
        share({ id: 23, title: 'Load by core', width: 12, height: 8 }, `${load} / ${cpus}`),
      ],
      [
        timeseries(
          { id: 24, title: 'Jails missing over time', width: 12, height: 8 },
          [range('A', `sum by (host) (1 - ${jailRuns}) or on () vector(0)`, '{{host}}')],
          { min: 0, decimals: 0, links: [hostLink(mesh.mesh, '${__field.labels.host}')] },
        ),
        table(
          { id: 25, title: 'Jails', description: 'Missing ones first.', width: 12, height: 8 },
          {
            targets: [
              rows(
                'A',
                either(
                  jailRuns,
                  `(${jailPlanned} * -1 unless on (host, jail) meshwright_jail_running)`,
                  `on () ${labelled('vector(-1)', { jail: 'none' })}`,
                ),
              ),
            ],
            overrides: [
              named('Value', 'state', { ...meaning([unknown, ...yesNo('runs', 'missing')]), ...colored }),
              overrideOf('host', { links: [hostLink(mesh.mesh, '${__value.text}')] }),
            ],
            transformations: [organized(['host', 'jail', 'Value'], ['Time'])],
            sortBy: [{ displayName: 'state', desc: false }],
          },
        ),
      ],
    ],
  })

const ofRole = (metric: string): string => once('service, role', metric)
const wanted = ofRole('meshwright_role_replicas_wanted')
const placed = ofRole('meshwright_role_replicas_placed')
const running = ofRole('meshwright_role_replicas')
const jailPlanned = once('host, jail', 'meshwright_jail_planned')
const jailRuns = once('host, jail', 'meshwright_jail_running')
const ofHost = (metric: string): string => once('host', metric)
const planned = ofHost('meshwright_host_info')
const foreign = ofHost('meshwright_jails_foreign')
const [memory, memoryFree] = ['meshwright_host_memory_bytes', 'meshwright_host_memory_free_bytes'].map(ofHost)
const [load, cpus] = ['meshwright_host_load1', 'meshwright_host_cpus'].map(ofHost)

const count = (sketch: Sketch, expr: string, noneIsWell: boolean): Drawn =>
  stat(
    sketch,
    [now('A', expr, sketch.title)],
    {
      decimals: 0,
      color: { mode: 'thresholds' },
      thresholds: noneIsWell ? steps(colors.good, [1, colors.bad]) : steps(colors.planned),
    },
    { textMode: 'value' },
  )

const share = (sketch: Sketch, expr: string): Drawn =>
  bargauge(sketch, [now('A', expr, '{{host}}')], {
    ...{ unit: 'percentunit', min: 0, max: 1, color: { mode: 'thresholds' } },
    thresholds: steps(colors.good, [0.8, colors.weak], [0.95, colors.bad]),
  })

const services = ({ mesh }: LiveMesh): readonly (readonly Drawn[])[] => [
  [row(10, 'Services')],
  [
    table(
      {
        id: 11,
        title: 'Roles',
        description: 'Members wanted, those whose jails run, those at work.',
        width: 10,
        height: 14,
      },
      {
        targets: [
          rows('wanted', wanted),
          rows('placed', answered(placed, wanted)),
          rows('running', answered(running, wanted)),
          rows('missing', answered(`${wanted} - ${running}`, wanted, '-1')),
        ],
        defaults: blank,
        overrides: [
          named('Value #wanted', 'wanted'),
          named('Value #placed', 'jails run'),
          named('Value #running', 'at work'),
          named('Value #missing', 'missing', {
            ...meaning([unknown]),
            thresholds: steps(colors.unknown, [0, colors.good], [1, colors.bad]),
            ...colored,
          }),
        ],
        transformations: merged([
          'service',
          'role',
          ...['wanted', 'placed', 'running', 'missing'].map(name => `Value #${name}`),
        ]),
        sortBy: [{ displayName: 'missing', desc: true }],
      },
    ),
    table(
      { id: 12, title: 'Where they are', description: 'How each member is.', width: 14, height: 14 },
      {
        targets: [
          rows(
            'A',
            `max by (host, member) (label_join(${either(
              once('host, service, role', 'meshwright_instance_level'),
              `(${once('host, service, role', 'meshwright_instance_planned')} * -1 unless on (host, service, role) meshwright_instance_level)`,
            )}, "member", "/", "service", "role"))`,
          ),
        ],
        defaults: {
          ...meaning([unknown, ...levelMeanings]),
          custom: { ...coloredCells.custom, minWidth: 90 },
        },
        overrides: [
          overrideOf('host\\member', {
            ...{ mappings: [], 'custom.cellOptions': { type: 'auto' }, 'custom.align': 'left' },
            links: [hostLink(mesh, '${__value.text}')],
          }),
        ],
        transformations: matrix('host', 'member'),
      },
    ),
  ],
]

const hosts = ({ mesh }: LiveMesh): Drawn =>
  table(
    { id: 21, title: 'Hosts', width: 24, height: 10 },
    {
      targets: [
        rows('planned', either(`count by (host) (${jailPlanned})`, `${planned} * 0`)),
        rows('runs', answered(`sum by (host) (${jailRuns})`, planned)),
        rows('foreign', answered(foreign, planned, '-1')),
        rows('drift', `sum by (host) (${once('host, how', 'meshwright_drift_files')}) or ${planned} * -1`),
        rows('cores', answered(cpus ?? '', planned)),
        rows('load', answered(load ?? '', planned)),
        rows('memory', answered(memory ?? '', planned)),
        rows('free', answered(memoryFree ?? '', planned)),
      ],
      defaults: blank,
      overrides: [
        overrideOf('host', { links: [hostLink(mesh, '${__value.text}')] }),
        named('Value #planned', 'jails planned'),
        named('Value #runs', 'jails running'),
        named('Value #foreign', 'jails foreign', {
          ...meaning([unknown]),
          thresholds: steps(colors.unknown, [0, colors.good], [1, colors.weak]),
          ...colored,
        }),
        named('Value #drift', 'files not as built', {
          ...meaning([unknown]),
          thresholds: steps(colors.unknown, [0, colors.good], [1, colors.weak]),
          ...colored,
        }),
        named('Value #cores', 'cores'),
        named('Value #load', 'load'),
        named('Value #memory', 'memory', { unit: 'bytes' }),
        named('Value #free', 'memory free', { unit: 'bytes' }),
      ],
      transformations: merged([
        'host',
        ...['planned', 'runs', 'foreign', 'drift', 'cores', 'load', 'memory', 'free'].map(name => `Value #${name}`),
      ]),
    },
  )
