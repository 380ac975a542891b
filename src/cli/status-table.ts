/** Health as one table, for people, cron and mail: words, no symbols; what is wrong follows in lines of its own. */
import type { Chosen } from '../health/json.ts'
import type { HostHealth, InstanceHealth, Level, ServiceHealth, Snapshot, TunnelHealth } from '../health/snapshot.ts'
import type { Pool } from '../health/report.ts'
import { roundTripText, spanText } from '../health/verdict.ts'
import type { Paint } from './report.ts'
import { table } from './table.ts'

export interface Showing extends Chosen {
  /** Instances of each service as well. */
  readonly instances: boolean
}

export function statusText(snapshot: Snapshot, showing: Showing, paint: Paint): string {
  const parts = [
    hostsText(showing.hosts, snapshot, paint),
    tunnelsText(showing.tunnels, paint),
    servicesText(showing.services, paint),
    showing.instances ? instancesText(showing.services, paint) : '',
  ]
  return [headline(snapshot, paint), ...parts.filter(part => part !== '')].join('\n')
}

/** `aether: 5 of 6 hosts up, 28 of 30 tunnels up, 8 of 9 services work` */
export function headlineOf({ fleet, totals: { hosts, tunnels, services }, source }: Snapshot): string {
  const counts = [
    `${hosts.up} of ${hosts.total} hosts up`,
    ...(tunnels.total === 0 ? [] : [`${tunnels.up + tunnels.lossy} of ${tunnels.total} tunnel directions up`]),
    ...(services.total === 0 ? [] : [`${services.ok} of ${services.total} services work`]),
  ]
  return `${source.madeUp === true ? 'DEMO ' : ''}${fleet.mesh}: ${counts.join(', ')}`
}

const headline = (snapshot: Snapshot, paint: Paint): string =>
  `${painted(snapshot.totals.level, headlineOf(snapshot), paint)}\n`

const painted = (level: Level, text: string, paint: Paint): string =>
  level === 'bad' ? paint.error(text) : level === 'warn' ? paint.warning(text) : text

/** A table whose first row is its head, with each row in the colour of its level. */
function coloured(
  head: readonly string[],
  rows: readonly { readonly level: Level; readonly cells: readonly string[] }[],
  paint: Paint,
  numeric: readonly number[] = [],
): string {
  const [first = '', ...lines] = table([head, ...rows.map(({ cells }) => cells)], numeric)
    .trimEnd()
    .split('\n')
  return [paint.faint(first), ...lines.map((line, i) => painted(rows[i]?.level ?? 'ok', line, paint)), ''].join('\n')
}

function hostsText(hosts: readonly HostHealth[], { fleet, at }: Snapshot, paint: Paint): string {
  if (hosts.length === 0) return ''
  const head = ['HOST', 'REGION', 'STATE', 'TUNNELS', 'JAILS', 'LOAD', 'MEMORY', 'POOLS', 'PF', 'TOLD']
  const rows = hosts.map(host => ({
    level: host.level,
    cells: [
      ...[host.name, fleet.hosts[host.number]?.region ?? '', host.state],
      ...hostCells(host, fleet.hosts[host.number]?.jails.length ?? 0),
      host.report === null ? '-' : `${spanText((at - host.report.at) / 1000)} ago`,
    ],
  }))
  const wrong = hosts.flatMap(host => [
    ...(host.why === '' ? [] : [[host.name, host.state, host.why]]),
    ...host.problems.map(({ level, text }) => [host.name, level, text]),
  ])
  return `${coloured(head, rows, paint)}${wrong.length === 0 ? '' : `\n${table(wrong)}`}`
}

function hostCells({ state, report, tunnels, missingJails }: HostHealth, jails: number): readonly string[] {
  if (report === null || state !== 'up') return ['-', '-', '-', '-', '-', '-']
  const { system, pools, pf } = report
  const missing = missingJails?.length ?? 0
  const total = Object.values(tunnels).reduce((sum, n) => sum + n, 0)
  return [
    `${tunnels.up + tunnels.lossy}/${total}`,
    report.jails === null ? '-' : `${jails - missing}/${jails}`,
    system === null ? '-' : system.load[0].toFixed(2),
    system === null || system.memory.total === 0
      ? '-'
      : `${Math.round((1 - system.memory.free / system.memory.total) * 100)} %`,
    pools === null || pools.length === 0 ? '-' : pools.map(poolText).join(', '),
    pf === null ? '-' : pf.enabled ? 'on' : 'OFF',
  ]
}

const poolText = ({ name, size, allocated, health }: Pool): string =>
  `${name} ${size === 0 ? 0 : Math.round((allocated / size) * 100)} %${health === 'ONLINE' ? '' : ` ${health}`}`

function tunnelsText(tunnels: readonly TunnelHealth[], paint: Paint): string {
  if (tunnels.length === 0) return ''
  const head = ['FROM', 'TO', 'STATE', 'HANDSHAKE', 'RTT', 'LOSS', 'WHY']
  const rows = tunnels.map(({ from, to, state, level, handshakeAge, roundTrip, loss, why }) => ({
    level,
    cells: [
      ...[from, to, state],
      handshakeAge === null ? '-' : `${spanText(handshakeAge)} ago`,
      roundTrip === null ? '-' : roundTripText(roundTrip),
      loss === null ? '-' : `${Math.round(loss * 100)} %`,
      why,
    ],
  }))
  return coloured(head, rows, paint)
}

const quorumText = (quorum: boolean | null): string => (quorum === null ? '-' : quorum ? 'kept' : 'LOST')

function servicesText(services: readonly ServiceHealth[], paint: Paint): string {
  if (services.length === 0) return ''
  const head = ['SERVICE', 'KIND', 'STATE', 'WANTED', 'PLACED', 'RUNNING', 'QUORUM', 'LEADER']
  const rows = services.map(({ service, level, word, wanted, placed, running, quorum, leader }) => ({
    level,
    cells: [
      ...[service.name, service.kind, word, String(wanted), String(placed), String(running)],
      ...[quorumText(quorum), leader ?? '-'],
    ],
  }))
  return coloured(head, rows, paint, [3, 4, 5])
}

function instancesText(services: readonly ServiceHealth[], paint: Paint): string {
  const all = services.flatMap(({ roles }) => roles.flatMap(({ instances }) => instances))
  const details = ({ details: of }: InstanceHealth) =>
    Object.entries(of)
      .map(([key, value]) => `${key} ${value}`)
      .join(', ')
  const rows = all.map(one => ({
    level: one.state,
    cells: [one.instance.jail, one.host, one.state === 'ok' ? 'ok' : one.state, one.word, details(one)],
  }))
  return coloured(['JAIL', 'HOST', 'STATE', 'SAYS', ''], rows, paint)
}
