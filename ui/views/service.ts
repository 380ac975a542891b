/** One service: its roles, what each needs, and every instance. */
import { type InstanceHealth, type RoleState, type ServiceHealth, type Snapshot } from '../../src/health/snapshot.ts'
import { type Line, type Size, span } from '../line.ts'
import { eventLine } from '../rows/events.ts'
import { blank } from '../rows/panel.ts'
import { quorumText, resilienceText } from '../rows/services.ts'
import { faint, marked, plural, sinceText, strong } from '../rows/words.ts'
import { levelSparkline } from '../sparkline.ts'
import { table, widthFor } from '../table.ts'
import { type Body, type Context, listRows, textRows, type View } from './view.ts'

export const service: View = {
  name: 'service',
  title: ({ subject }) => subject,
  sorts: [],
  filters: false,
  hints: [{ key: 'Enter', does: 'its host' }],
  body,
  target: (_, id) => {
    const [kind = '', where = ''] = id.split(' ')
    return kind === 'instance' ? { view: 'host', subject: where.slice(where.indexOf('@') + 1) } : null
  },
  yaml: ({ page }, id) => (id.startsWith('instance ') ? id : `service ${page.subject}`),
}

interface Row {
  readonly id: string
  readonly line: Line
}

function body({ snapshot, page }: Context, { columns }: Size): Body {
  const found = snapshot.services.find(one => one.service.name === page.subject)
  const empty = 'There is no such service in this mesh.'
  if (found === undefined) return { rows: textRows([]), empty }
  const width = columns - 2
  const rows = [...found.roles.flatMap(role => roleRows(snapshot, role, width)), ...eventRows(snapshot, found)]
  return {
    rows: listRows(
      rows,
      ({ line }) => line,
      // Changes too, so that the oldest can be reached.
      ({ id }) => /^(?:instance|event) /.test(id),
    ),
    above: [...headLines(snapshot, found, width), blank],
    empty,
  }
}

function headLines({ at, history }: Snapshot, found: ServiceHealth, width: number): readonly Line[] {
  const { service: of, level, word, since, quorum, leader, wanted, placed, running } = found
  const spent = sinceText(at, since)
  const label = 'history '
  return [
    [
      marked(level, of.name),
      span('  '),
      strong(word),
      span(spent === '' ? '' : ` for ${spent}`),
      faint(`   ${of.kind} ${of.version}`),
    ],
    [
      faint('wanted '),
      span(String(wanted)),
      faint('  placed '),
      span(String(placed), placed < wanted ? 'warn' : 'plain'),
      faint('  running '),
      span(String(running), running < wanted ? 'warn' : 'plain'),
      ...(quorum === null ? [] : [faint('  quorum '), quorumText(quorum)]),
      ...(leader === null ? [] : [faint('  led by '), span(leader)]),
    ],
    [
      faint(label),
      ...levelSparkline(history.ofService.get(of.name) ?? [], Math.max(8, Math.min(60, width - label.length - 2))),
    ],
  ]
}

function roleRows({ at }: Snapshot, role: RoleState, width: number): readonly Row[] {
  const { role: of, level, running, wanted, leaders, quorum } = role
  const laid = table<InstanceHealth>(
    [
      {
        title: '',
        width:
          widthFor(
            role.instances.map(({ host }) => host),
            10,
            20,
          ) + 4,
        cell: ({ state, host }) => ({ ...marked(state, host), text: `  ${marked(state, host).text}` }),
      },
      { title: '', width: 20, cell: ({ word, state }) => span(word, state === 'ok' ? 'plain' : state) },
      { title: '', width: 26, grows: true, cell: detailText },
      { title: '', width: 20, spare: 3, cell: ({ instance: { jail } }) => faint(jail) },
      { title: '', width: 15, spare: 2, cell: ({ instance: { address } }) => faint(address) },
      { title: '', width: 7, right: true, spare: 1, cell: ({ since }) => span(sinceText(at, since)) },
    ],
    width,
  )
  const heading: Line = [
    span(marked(level, of.name).text, level === 'ok' ? 'strong' : level),
    span(`  ${running}/${wanted} run`),
    ...(quorum === null ? [] : [faint('  quorum '), quorumText(quorum)]),
    ...(leaders.length === 0 ? [] : [faint('  led by '), span(leaders.join(', '))]),
    faint(`  ${resilienceText(role)}`),
  ]
  return [
    { id: `role ${of.name}`, line: heading },
    ...role.instances.map(one => ({ id: `instance ${one.instance.jail}@${one.host}`, line: laid.line(one) })),
    { id: `after ${of.name}`, line: blank },
  ]
}

const detailText = ({ details }: InstanceHealth): Line =>
  Object.entries(details).flatMap(([name, value], i) => [faint(`${i === 0 ? '' : '  '}${name} `), span(value)])

function eventRows({ events, at }: Snapshot, { service: { name, roles } }: ServiceHealth): readonly Row[] {
  const jails = new Set<string>(roles.flatMap(role => role.instances.map(({ jail }) => jail)))
  const own = events.filter(
    ({ subject }) =>
      (subject.kind === 'service' && subject.name === name) ||
      (subject.kind === 'instance' && jails.has(subject.name.slice(0, subject.name.indexOf('@')))),
  )
  if (own.length === 0) return []
  return [
    { id: 'events', line: [strong('events'), faint(`  ${plural(own.length, 'change')}`)] },
    ...own
      .slice(-40)
      .toReversed()
      .map((event, i) => ({ id: `event ${i}`, line: [span('  '), ...eventLine(event, at)] })),
  ]
}
