/** The dashboard of one host. */
import type { ExportFile } from '../files.ts'
import { dashboardFile, hostLink, labelVariable, type Source, sourceVariable } from './dashboard.ts'
import type { LiveMesh } from './live.ts'
import { colors } from './node-graph.ts'
import { bargauge } from './panels/bargauge.ts'
import { type Drawn, meaning, named, now, overrideOf, range, rows, steps } from './panels/panel.ts'
import { row } from './panels/row.ts'
import { stat } from './panels/stat.ts'
import { stateTimeline } from './panels/state-timeline.ts'
import { blank, colored, merged, organized, table } from './panels/table.ts'
import { timeseries } from './panels/timeseries.ts'
import { answered, labelled, once } from './promql.ts'
import { carpStates, hostStates, levelMeanings, linkStates, type Meaning, unknown, yesNo } from './states.ts'

const of = (metric: string, more = ''): string => `${metric}{host="$host"${more}}`
const orUnknown = (expr: string): string => `${expr} or vector(-1)`

export const hostDashboard = (mesh: LiveMesh, source: Source | null): ExportFile =>
  dashboardFile({
    ...{ name: 'host', mesh: mesh.mesh, title: 'host' },
    description: 'One host: its state, what it is made of, what runs on it, and its tunnels.',
    variables: [sourceVariable(source), labelVariable('host', 'Host', 'meshwright_host_info', false)],
    ...{ from: 'now-6h', refresh: '30s' },
    lines: [
      [
        word(1, 'State', `max(${of('meshwright_host_state')})`, [unknown, ...hostStates], 3),
        word(2, 'Level', `max(${of('meshwright_host_level')})`, [unknown, ...levelMeanings], 3),
        stat(
          { id: 3, title: 'Problems', width: 4, height: 4 },
          [now('A', once('level', of('meshwright_host_problems')), '{{level}}')],
          { color: { mode: 'thresholds' }, thresholds: steps(colors.good, [1, colors.weak]) },
          { textMode: 'value_and_name' },
        ),
        number(4, 'Up for', `time() - max(${of('meshwright_host_boot_timestamp_seconds')})`, 's', 4),
        number(5, 'Last answer', `time() - max(${of('meshwright_probe_timestamp_seconds')})`, 's', 3, 'How long ago.'),
        number(6, 'Clock', `max(${of('meshwright_host_clock_offset_seconds')})`, 's', 3, 'Ahead of the one that asks.'),
        word(7, 'Files', `max(${of('meshwright_plan_drift')})`, [unknown, ...yesNo('drift', 'as built', false)], 4),
      ],
      [
        timeseries(
          { id: 10, title: 'Load', description: 'Over a minute, beside its cores.', width: 8, height: 8 },
          [
            range('load', `max(${of('meshwright_host_load1')})`, 'load'),
            range('cores', `max(${of('meshwright_host_cpus')})`, 'cores'),
          ],
          { min: 0 },
        ),
        timeseries(
          { id: 11, title: 'Memory', width: 8, height: 8 },
          [
            range(
              'used',
              `max(${of('meshwright_host_memory_bytes')}) - max(${of('meshwright_host_memory_free_bytes')})`,
              'used',
            ),
            range('all', `max(${of('meshwright_host_memory_bytes')})`, 'all'),
          ],
          { unit: 'bytes', min: 0 },
        ),
        bargauge(
          { id: 12, title: 'Pools', description: 'Allocated.', width: 8, height: 8 },
          [
            now(
              'A',
              `${once('pool', of('meshwright_pool_allocated_bytes'))} / ${once('pool', of('meshwright_pool_size_bytes'))}`,
              '{{pool}}',
            ),
          ],
          {
            ...{ unit: 'percentunit', min: 0, max: 1, color: { mode: 'thresholds' } },
            thresholds: steps(colors.good, [0.8, colors.weak], [0.9, colors.bad]),
          },
        ),
      ],
      [
        stateTimeline(
          { id: 13, title: 'Pools online', width: 12, height: 5 },
          [range('A', once('pool', of('meshwright_pool_online')), '{{pool}}')],
          yesNo('ONLINE', 'not ONLINE'),
        ),
        stateTimeline(
          { id: 14, title: 'CARP', width: 12, height: 5 },
          [
            range(
              'A',
              `${once('interface, vhid', of('meshwright_carp_state'))} or on () ${labelled('vector(-1)', { interface: 'none' })}`,
              '{{interface}} {{vhid}}',
            ),
          ],
          carpStates,
        ),
      ],
      [row(20, 'Network')],
      [
        timeseries(
          { id: 21, title: 'Interfaces', description: 'Sent is below zero.', width: 8, height: 8 },
          [
            range('received', perSecond('interface', 'meshwright_interface_receive_bytes_total'), '{{interface}} in'),
            range('sent', perSecond('interface', 'meshwright_interface_transmit_bytes_total'), '{{interface}} out'),
          ],
          { unit: 'Bps' },
          [
            {
              matcher: { id: 'byFrameRefID', options: 'sent' },
              properties: [{ id: 'custom.transform', value: 'negative-Y' }],
            },
          ],
        ),
        timeseries(
          { id: 22, title: 'Errors and drops', description: 'Packets, both ways.', width: 8, height: 8 },
          [range('A', perSecond('interface', 'meshwright_interface_errors_total'), '{{interface}}')],
          { unit: 'pps', min: 0 },
        ),
        stateTimeline(
          { id: 23, title: 'Interfaces up', width: 8, height: 8 },
          [range('A', once('interface', of('meshwright_interface_up')), '{{interface}}')],
          yesNo('up', 'down'),
        ),
      ],
      [
        word(24, 'pf', `max(${of('meshwright_pf_enabled')})`, [unknown, ...yesNo('enabled', 'disabled')], 4),
        word(
          25,
          'First rule of pf',
          `max(${of('meshwright_pf_default_deny')})`,
          [unknown, ...yesNo('block all', 'passes')],
          4,
        ),
        timeseries(
          { id: 26, title: 'pf states', width: 8, height: 8 },
          [range('A', `max(${of('meshwright_pf_states')})`, 'states')],
          { min: 0 },
        ),
        timeseries(
          {
            ...{ id: 27, title: 'Blocked', width: 8, height: 8 },
            description: 'Packets of the rules that block, by label.',
          },
          [
            range(
              'A',
              `${perSecond('label', 'meshwright_pf_label_packets_total', blocking)} or on () vector(0)`,
              '{{label}}',
            ),
          ],
          { unit: 'pps', min: 0 },
        ),
      ],
      [
        timeseries(
          { id: 28, title: 'By rule', description: 'The ten busiest labels of pf.', width: 24, height: 8 },
          [range('A', `topk(10, ${perSecond('label', 'meshwright_pf_label_bytes_total')})`, '{{label}}')],
          { unit: 'Bps', min: 0 },
        ),
      ],
      ...(mesh.linked ? tunnels(mesh) : []),
      [row(40, 'Jails')],
      [jails, members, foreign],
      [
        stateTimeline(
          { id: 44, title: 'Jails over time', width: 24, height: 9 },
          [
            range(
              'A',
              `${once('jail', of('meshwright_jail_running'))} or on () ${labelled('vector(-1)', { jail: 'none told' })}`,
              '{{jail}}',
            ),
          ],
          [unknown, ...yesNo('runs', 'missing')],
        ),
      ],
    ],
  })

/** Labels of rules that block, as pf.conf has them. */
const blocking = ', label=~"default.*|fallback|leak.*|spoof.*|hairpin.*"'

const perSecond = (by: string, counter: string, more = ''): string =>
  once(by, `rate(${of(counter, more)}[$__rate_interval])`)

const word = (id: number, title: string, expr: string, meanings: readonly Meaning[], width: number): Drawn =>
  stat({ id, title, width, height: 4 }, [now('A', orUnknown(expr), title)], meaning(meanings), { textMode: 'value' })

const number = (
  id: number,
  title: string,
  expr: string,
  unit: string,
  width: number,
  description = 'By its own clock.',
): Drawn =>
  stat(
    { id, title, description, width, height: 4 },
    [now('A', expr, title)],
    { unit },
    { textMode: 'value', colorMode: 'none' },
  )

const planned = once('peer', of('meshwright_link_planned'))

const tunnels = ({ mesh }: LiveMesh): readonly (readonly Drawn[])[] => [
  [row(30, 'Tunnels')],
  [
    table(
      { id: 31, title: 'Tunnels', description: 'As this host sees them.', width: 12, height: 10 },
      {
        targets: [
          rows(
            'state',
            `${once('peer', of('meshwright_link_state'))} or (${once('peer', of('meshwright_link_planned'))} * -1 unless on (peer) ${of('meshwright_link_state')})`,
          ),
          rows('trip', answered(once('peer', of('meshwright_link_rtt_seconds')), planned)),
          rows('loss', answered(once('peer', of('meshwright_link_loss_ratio')), planned)),
          rows('age', answered(once('peer', of('meshwright:link_handshake_age_seconds')), planned)),
          rows('in', answered(once('peer', of('meshwright:link_receive_bytes:rate5m')), planned)),
          rows('out', answered(once('peer', of('meshwright:link_transmit_bytes:rate5m')), planned)),
        ],
        defaults: blank,
        overrides: [
          overrideOf('peer', { links: [hostLink(mesh, '${__value.text}')] }),
          named('Value #state', 'state', { ...meaning([unknown, ...linkStates]), ...colored }),
          named('Value #trip', 'round trip', { unit: 's' }),
          named('Value #loss', 'loss', { unit: 'percentunit' }),
          named('Value #age', 'handshake', { unit: 's', decimals: 0 }),
          named('Value #in', 'received', { unit: 'Bps' }),
          named('Value #out', 'sent', { unit: 'Bps' }),
        ],
        transformations: merged(['peer', 'state', 'trip', 'loss', 'age', 'in', 'out'].map(valueColumn)),
      },
    ),
    stateTimeline(
      { id: 32, title: 'Tunnels over time', width: 12, height: 10 },
      [range('A', once('peer', of('meshwright_link_state')), '{{peer}}')],
      linkStates,
    ),
  ],
  [
    timeseries(
      {
        ...{ id: 33, title: 'Round trips', width: 12, height: 8 },
        description: 'Dashed: the median of a day.',
      },
      [
        range('now', once('peer', of('meshwright_link_rtt_seconds')), '{{peer}}'),
        range('day', once('peer', of('meshwright:link_rtt_seconds:median1d')), '{{peer}} (day)'),
      ],
      { unit: 's', min: 0 },
      [
        {
          matcher: { id: 'byFrameRefID', options: 'day' },
          properties: [{ id: 'custom.lineStyle', value: { dash: [4, 4], fill: 'dash' } }],
        },
      ],
    ),
    timeseries(
      { id: 34, title: 'Handshakes', description: 'How old they are.', width: 12, height: 8 },
      [range('A', once('peer', of('meshwright:link_handshake_age_seconds')), '{{peer}}')],
      { unit: 's', min: 0 },
    ),
  ],
]

const valueColumn = (name: string): string => (name === 'peer' ? name : `Value #${name}`)

const jails = table(
  { id: 41, title: 'Jails', description: 'Planned ones, and whether they run.', width: 8, height: 10 },
  {
    targets: [
      rows(
        'A',
        `${once('jail', of('meshwright_jail_running'))} or (${once('jail', of('meshwright_jail_planned'))} * -1 unless on (jail) ${of('meshwright_jail_running')}) or on () ${labelled('vector(-1)', { jail: 'none' })}`,
      ),
    ],
    overrides: [named('Value', 'state', { ...meaning([unknown, ...yesNo('runs', 'missing')]), ...colored })],
    transformations: [organized(['jail', 'Value'], ['Time'])],
    sortBy: [{ displayName: 'state', desc: false }],
  },
)

const members = table(
  { id: 42, title: 'Services', description: 'Members that are here.', width: 12, height: 10 },
  {
    targets: [
      rows(
        'A',
        `${once('service, role, jail', of('meshwright_instance_level'))} or on () ${labelled('vector(-1)', { service: 'none' })}`,
      ),
    ],
    overrides: [named('Value', 'level', { ...meaning([{ ...unknown, word: '' }, ...levelMeanings]), ...colored })],
    transformations: [organized(['service', 'role', 'jail', 'Value'], ['Time'])],
    sortBy: [{ displayName: 'service', desc: false }],
  },
)

const foreign = stat(
  {
    ...{ id: 43, title: 'Not as planned', width: 4, height: 10 },
    description: 'Jails that run and are not planned, and files that are not as they were built.',
  },
  [
    now('A', orUnknown(`max(${of('meshwright_jails_foreign')})`), 'foreign jails'),
    now(
      'B',
      `${once('how', of('meshwright_drift_files'))} or on () ${labelled('vector(-1)', { how: 'changed' })}`,
      'files {{how}}',
    ),
  ],
  {
    ...meaning([unknown]),
    thresholds: steps(colors.unknown, [0, colors.good], [1, colors.weak]),
  },
  { textMode: 'value_and_name' },
)
