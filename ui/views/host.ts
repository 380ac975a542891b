/** One host: how it is, what runs on it, its tunnels seen from both ends, its interfaces, filter and files. */
import type { WatchedHost } from '../../src/health/fleet.ts'
import type { HostReport, PfLabel } from '../../src/health/report.ts'
import {
  type HostHealth,
  levelOfTunnel,
  type Snapshot,
  tunnelAt,
  type TunnelHealth,
  worst,
} from '../../src/health/snapshot.ts'
import { roundTripText, spanText, tunnelStates } from '../../src/health/verdict.ts'
import { type Line, type Size, span } from '../line.ts'
import { memo } from '../memo.ts'
import { eventLine } from '../rows/events.ts'
import { byLevel, jailsText, troubleMarked, troublesOf, tunnelsText, uptime } from '../rows/hosts.ts'
import { between, blank } from '../rows/panel.ts'
import { hostNumbers, tunnelStatesByUrgency } from '../rows/tunnels.ts'
import { countText, faint, marked, percentText, plural, rateText, sinceText, sizeText, strong } from '../rows/words.ts'
import { levelSparkline } from '../sparkline.ts'
import { table, widthFor } from '../table.ts'
import { type Body, type Context, listRows, type Target, textRows, type View } from './view.ts'

export const host: View = {
  name: 'host',
  title: ({ subject }) => subject,
  sorts: [],
  filters: false,
  hints: [{ key: 'Enter', does: 'open' }],
  body,
  target: (_, id): Target | null => {
    const [kind = '', name = ''] = id.split(' ')
    return kind === 'tunnel'
      ? { view: 'link', subject: name }
      : kind === 'service'
        ? { view: 'service', subject: name }
        : null
  },
  yaml: ({ page }, id) => (id.startsWith('tunnel ') ? id : `host ${page.subject}`),
}

interface Row {
  readonly id: string
  readonly line: Line | (() => Line)
}

const bodies = memo<readonly Row[]>(6)

function body({ snapshot, page }: Context, { columns, rows: room }: Size): Body {
  const number = hostNumbers(snapshot.fleet).get(page.subject)
  const health = number === undefined ? undefined : snapshot.hosts[number]
  const watched = number === undefined ? undefined : snapshot.fleet.hosts[number]
  const empty = 'There is no such host in this mesh.'
  if (health === undefined || watched === undefined) return { rows: textRows([]), empty }
  const panelWidth = Math.min(66, Math.floor(columns * 0.42))
  const machine = machineLines(snapshot, health, panelWidth)
  // Beside the rows it does not move: it must be seen as a whole.
  const wide = columns >= 130 && machine.length <= room
  const panel = wide ? panelWidth : 0
  const width = columns - 2 - (wide ? panel + between : 0)
  const rows = bodies(snapshot, `${page.subject} ${columns} ${wide}`, () => [
    ...section('wrong', wrongLines(snapshot, health), 'what is wrong'),
    ...jailRows(snapshot, health, watched),
    ...tunnelRows(snapshot, health, width),
    ...(wide ? [] : section('machine', machineLines(snapshot, health, width))),
    ...eventRows(snapshot, watched),
  ])
  return {
    rows: listRows(
      rows,
      ({ line }) => (typeof line === 'function' ? line() : line),
      ({ id }) => !/^(?:head|after) /.test(id),
    ),
    above: [...headLines(snapshot, health, watched, width), blank],
    ...(wide ? { beside: { width: panel, lines: machine } } : {}),
    empty,
  }
}

/** Its heading, its lines, a blank. */
function section(name: string, lines: readonly Line[], title?: string): readonly Row[] {
  if (lines.length === 0) return []
  return [
    ...(title === undefined ? [] : [{ id: `head ${name}`, line: [strong(title)] }]),
    ...lines.map((line, i) => ({ id: line.length === 0 ? `after ${name} ${i}` : `${name} ${i}`, line })),
    { id: `after ${name}`, line: blank },
  ]
}

function headLines(
  { history, at }: Snapshot,
  health: HostHealth,
  watched: WatchedHost,
  width: number,
): readonly Line[] {
  const system = health.report?.system ?? null
  const seconds = uptime(health)
  const since = health.state === 'up' ? '' : sinceText(at, health.since)
  const asked =
    health.report === null ? 'nothing was heard of it yet' : `said ${spanText((at - health.report.at) / 1000)} ago`
  const where = [watched.region, watched.provider, watched.class].filter(word => word !== null).join(' · ')
  const label = 'history '
  return [
    [
      marked(health.level, health.name),
      span('  '),
      seconds === null || health.state !== 'up' ? strong(health.state) : strong(`up ${spanText(seconds)}`),
      span(since === '' ? '' : ` for ${since}`),
      faint(`   ${where}   ${watched.address.inet}${width < 80 ? '' : `   ${watched.address.inet6}`}`),
    ],
    system === null
      ? [faint('The machine has not told of itself.')]
      : [
          span(system.release === null ? '' : `FreeBSD ${system.release.running}   `),
          faint('load '),
          span(system.load.map(load => load.toFixed(2)).join(' ')),
          faint(` on ${plural(system.cpus, 'core')}   `),
          faint('memory '),
          span(`${sizeText(system.memory.total - system.memory.free)}/${sizeText(system.memory.total)}`),
        ],
    [
      faint(label),
      ...levelSparkline(history.ofHost[health.number] ?? [], Math.max(8, Math.min(48, width - label.length - 28))),
      span(`   ${asked}`, health.state === 'up' || health.report === null ? 'faint' : 'warn'),
    ],
  ]
}

function wrongLines(snapshot: Snapshot, health: HostHealth): readonly Line[] {
  const { start } = snapshot.fleet.tunnels
  const [first, next] = [start[health.number] ?? 0, start[health.number + 1] ?? 0]
  const broken: TunnelHealth[] = []
  for (let n = first; n < next; n += 1) {
    const level = levelOfTunnel(tunnelStates[snapshot.tunnels.state[n] ?? 0] ?? 'unknown')
    if (level === 'warn' || level === 'bad') broken.push(tunnelAt(snapshot, n))
  }
  const names = broken.toSorted(byLevel).map(({ to, state }) => `${to} ${state}`)
  const level = worst(broken.map(one => one.level))
  const said = names.length <= 3 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`
  return [
    ...troublesOf(snapshot, health).map((one): Line => [
      span('  '),
      troubleMarked(one),
      ...(one.since === '' ? [] : [faint(`   ${one.since}`)]),
    ]),
    ...(names.length === 0 ? [] : [[span('  '), marked(level, `${plural(names.length, 'tunnel')}: ${said}`)]]),
  ]
}

function jailRows(snapshot: Snapshot, health: HostHealth, watched: WatchedHost): readonly Row[] {
  if (watched.jails.length === 0 && health.foreignJails.length === 0) return []
  const running = new Set(health.report?.jails ?? [])
  const width = widthFor(watched.jails, 12, 24)
  const stale = health.state !== 'up'
  const missing = new Set(stale ? [] : health.missingJails)
  const rows = watched.jails
    .toSorted((a, b) => Number(missing.has(b)) - Number(missing.has(a)))
    .map((jail): Row => {
      const instance = watched.instances.find(one => one.jail === jail)
      const state = instance === undefined ? null : instanceOf(snapshot, instance.service, instance.role, health.name)
      const runs = health.missingJails === null || stale ? null : running.has(jail)
      const word = runs === null ? 'not told' : runs ? 'runs' : 'does not run'
      const level = runs === null ? 'unknown' : runs ? 'ok' : 'bad'
      return {
        id: instance === undefined ? `jail ${jail}` : `service ${instance.service} ${jail}`,
        line: [
          span(`  ${marked(level, jail.padEnd(width)).text}  ${word.padEnd(12)}`, level === 'ok' ? 'plain' : level),
          ...(state === null ? [] : [span('  '), marked(state.state, state.word)]),
          ...Object.entries(state?.details ?? {}).flatMap(([name, value]) => [faint(`   ${name} `), span(value)]),
        ],
      }
    })
  return [
    { id: 'head jails', line: [strong('jails'), span('  '), jailsText(health, watched.jails.length), faint(' run')] },
    ...rows,
    ...health.foreignJails.map(jail => ({
      id: `foreign ${jail}`,
      line: [span('  '), marked('warn', jail.padEnd(width)), span('  runs, and is not in the plan', 'warn')],
    })),
    { id: 'after jails', line: blank },
  ]
}

const instanceOf = ({ services }: Snapshot, service: string, role: string, host: string) =>
  services
    .find(one => one.service.name === service)
    ?.roles.find(one => one.role.name === role)
    ?.instances.find(one => one.host === host) ?? null

interface Peer {
  readonly there: TunnelHealth
  readonly back: TunnelHealth | null
}

/** There may be a thousand: each is looked at when it is seen. */
function tunnelRows(snapshot: Snapshot, health: HostHealth, width: number): readonly Row[] {
  const { fleet, at } = snapshot
  const { tunnels } = fleet
  const [first, next] = [tunnels.start[health.number] ?? 0, tunnels.start[health.number + 1] ?? 0]
  if (first === next) return []
  const urgency = tunnelStates.map(state => tunnelStatesByUrgency.indexOf(state))
  const rank = (n: number): number => urgency[snapshot.tunnels.state[n] ?? 0] ?? 0
  const peers = Array.from({ length: next - first }, (_, i) => first + i).sort((a, b) => rank(a) - rank(b) || a - b)
  const names = peers.map(n => fleet.hosts[tunnels.to[n] ?? -1]?.name ?? '')
  const peerAt = (n: number): Peer => {
    const back = tunnels.back[n] ?? -1
    return { there: tunnelAt(snapshot, n), back: back < 0 ? null : tunnelAt(snapshot, back) }
  }
  const laid = table<Peer>(
    [
      { title: 'TO', width: widthFor(names, 10, 18), cell: ({ there }) => span(there.to) },
      { title: 'STATE', width: 9, cell: ({ there }) => marked(there.level, there.state) },
      {
        title: 'WHY',
        width: 18,
        grows: true,
        cell: ({ there: { why, level } }) => span(why, level === 'ok' ? 'plain' : level),
      },
      {
        title: 'FROM THERE',
        width: 10,
        cell: ({ back }) => (back === null ? faint('-') : marked(levelOfTunnel(back.state), back.state)),
      },
      {
        title: 'RTT',
        width: 6,
        right: true,
        spare: 1,
        cell: ({ there: { roundTrip } }) => (roundTrip === null ? faint('-') : span(roundTripText(roundTrip))),
      },
      {
        title: 'RECEIVED',
        width: 9,
        right: true,
        spare: 2,
        cell: ({ there }) => faint(rateText(there.received) || '-'),
      },
      { title: 'SENT', width: 9, right: true, spare: 2, cell: ({ there }) => faint(rateText(there.sent) || '-') },
      { title: 'FOR', width: 7, right: true, cell: ({ there }) => span(sinceText(at, there.since)) },
    ],
    width - 2,
  )
  return [
    { id: 'head tunnels', line: [strong('tunnels'), span('  '), tunnelsText(health), faint(' up')] },
    { id: 'head of tunnels', line: [span('  '), ...laid.head()] },
    ...peers.map((n, i) => ({
      id: `tunnel ${health.name}>${names[i] ?? ''}`,
      line: () => [span('  '), ...laid.line(peerAt(n))],
    })),
    ...(health.report?.peers?.strangers ?? []).map((text, i) => ({
      id: `stranger ${i}`,
      line: [span('  '), marked('warn', text)],
    })),
    { id: 'after tunnels', line: blank },
  ]
}

/** Pools, carp, the filter, files, interfaces: what the host says of itself, or said when it was last heard of. */
function machineLines({ at }: Snapshot, { report, state }: HostHealth, width: number): readonly Line[] {
  if (report === null) return [[faint('Nothing is known of the machine yet.')]]
  const groups = [
    state === 'up' ? [] : [[span(`as it was ${spanText((at - report.at) / 1000)} ago`, 'warn')]],
    poolLines(report),
    carpLines(report),
    pfLines(report, width),
    driftLines(report),
    missingLines(report),
    interfaceLines(report, width),
  ]
  return groups.filter(lines => lines.length > 0).flatMap((lines, i) => (i === 0 ? lines : [blank, ...lines]))
}

const poolLines = ({ pools }: HostReport): readonly Line[] =>
  pools === null || pools.length === 0
    ? []
    : [
        [strong('pools')],
        ...pools.map(({ name, health, size, allocated }): Line => {
          const full = size > 0 ? allocated / size : 0
          return [
            span('  '),
            marked(health === 'ONLINE' ? 'ok' : health === 'DEGRADED' ? 'warn' : 'bad', `${name} ${health}`),
            span(`   ${sizeText(allocated)} of ${sizeText(size)}`),
            span(`  ${percentText(full)}`, full >= 0.97 ? 'bad' : full >= 0.9 ? 'warn' : 'faint'),
          ]
        }),
      ]

function interfaceLines({ interfaces }: HostReport, width: number): readonly Line[] {
  if (interfaces === null || interfaces.length === 0) return []
  const laid = table<(typeof interfaces)[number]>(
    [
      { title: 'INTERFACE', width: 12, grows: true, cell: ({ name, up }) => marked(up ? 'ok' : 'warn', name) },
      { title: 'STATE', width: 5, cell: ({ up }) => span(up ? 'up' : 'down', up ? 'plain' : 'warn') },
      { title: 'MTU', width: 5, right: true, spare: 1, cell: ({ mtu }) => span(String(mtu)) },
      { title: 'RECEIVED', width: 8, right: true, cell: ({ received }) => span(sizeText(received)) },
      { title: 'SENT', width: 8, right: true, cell: ({ sent }) => span(sizeText(sent)) },
      {
        title: 'ERRORS',
        width: 6,
        right: true,
        cell: ({ errors }) => span(countText(errors), errors === 0 ? 'faint' : 'warn'),
      },
    ],
    Math.min(width - 2, 60),
  )
  return [
    [strong('interfaces'), faint('  since boot')],
    [span('  '), ...laid.head()],
    ...interfaces.map((one): Line => [span('  '), ...laid.line(one)]),
  ]
}

const carpLines = ({ carp }: HostReport): readonly Line[] =>
  carp === null || carp.length === 0
    ? []
    : [
        [strong('carp')],
        ...carp.map(({ interface: on, vhid, state }): Line => [
          span('  '),
          marked(state === 'MASTER' || state === 'BACKUP' ? 'ok' : 'warn', `vhid ${vhid} on ${on}`),
          span(`  ${state}`),
        ]),
      ]

const busiest = 8

function pfLines({ pf }: HostReport, width: number): readonly Line[] {
  if (pf === null) return []
  const { enabled, defaultDeny, states, labels } = pf
  const shown = labels.toSorted((a, b) => b.bytes - a.bytes).slice(0, busiest)
  const laid = table<PfLabel>(
    [
      { title: 'BUSIEST RULES', width: 16, grows: true, cell: ({ label }) => span(label) },
      { title: 'STATES', width: 6, right: true, spare: 1, cell: one => span(countText(one.states)) },
      { title: 'PACKETS', width: 7, right: true, cell: ({ packets }) => span(countText(packets)) },
      { title: 'BYTES', width: 6, right: true, cell: ({ bytes }) => span(sizeText(bytes)) },
    ],
    Math.min(width - 2, 60),
  )
  return [
    [
      strong('pf'),
      span('  '),
      marked(enabled ? 'ok' : 'bad', enabled ? 'on' : 'off'),
      ...(defaultDeny === null
        ? []
        : [
            span('   '),
            marked(defaultDeny ? 'ok' : 'bad', defaultDeny ? 'denies by default' : 'does not deny by default'),
          ]),
      ...(states === null ? [] : [faint(`   ${plural(states, 'state')}`)]),
    ],
    ...(shown.length === 0
      ? []
      : [[span('  '), ...laid.head()], ...shown.map((one): Line => [span('  '), ...laid.line(one)])]),
  ]
}

function driftLines({ drift }: HostReport): readonly Line[] {
  if (drift === null) return []
  const { checked, changed, missing } = drift
  const off = changed.length + missing.length
  return [
    [
      strong('files'),
      span('  '),
      off === 0
        ? marked('ok', `${plural(checked, 'file')} as built`)
        : marked('warn', `${off} of ${checked} not as built`),
    ],
    ...changed.map((path): Line => [span('  changed  ', 'warn'), span(path)]),
    ...missing.map((path): Line => [span('  missing  ', 'warn'), span(path)]),
  ]
}

const missingLines = ({ missing }: HostReport): readonly Line[] => {
  const all = Object.entries(missing)
  return all.length === 0
    ? []
    : [
        [strong('not told')],
        ...all.map(([what, why]): Line => [span('  '), marked('unknown', what), faint(`  ${why}`)]),
      ]
}

function eventRows({ events, at }: Snapshot, { name }: WatchedHost): readonly Row[] {
  const own = events.filter(({ subject }) =>
    subject.kind === 'tunnel'
      ? subject.name.split('>').includes(name)
      : subject.name === name || subject.name.endsWith(`@${name}`),
  )
  return section(
    'event',
    own
      .slice(-30)
      .toReversed()
      .map((event): Line => [span('  '), ...eventLine(event, at)]),
    'events',
  )
}
