/** What a build says when it is done: the mesh at a glance, and what was written. */
import { endpointText } from '../../topology/endpoint.ts'
import type { Host, Mesh } from '../../topology/mesh.ts'
import { families } from '../../topology/prefix.ts'
import type { Written } from '../write/tree.ts'
import { count } from './io.ts'
import type { Paint } from './report.ts'
import { table } from './table.ts'

/** More hosts than this are counted by region instead of listed. */
const listed = 40

/** The mesh at a glance, as plain values: kept for the next run. */
export interface Summary {
  readonly name: string
  readonly counts: string
  readonly overlay: string
  readonly rows: readonly (readonly string[])[]
  /** Columns that are numbers. */
  readonly numeric: readonly number[]
  /** Hosts of the rows, where each row is a host. */
  readonly hosts: readonly string[] | null
}

export function summaryOf(mesh: Mesh): Summary {
  const jails = mesh.hosts.reduce((sum, host) => sum + host.jails.length, 0)
  const head = [
    count(mesh.hosts.length, 'host'),
    `in ${count(mesh.regions.length, 'region')}`,
    `${count(mesh.connections.tunnels, 'tunnel')} (${mesh.topology})`,
    count(jails, 'jail'),
    count(mesh.flows.length, 'flow'),
  ]
  const overlay = `overlay ${mesh.overlay.inet.text} and ${mesh.overlay.inet6.text}, MTU ${mesh.mtu}`
  const each = mesh.hosts.length <= listed
  return {
    name: mesh.name,
    counts: `${head[0]} ${head[1]}, ${head.slice(2).join(', ')}`,
    overlay,
    ...(each ? hostRows(mesh.hosts) : regionRows(mesh)),
    hosts: each ? mesh.hosts.map(host => host.name) : null,
  }
}

export function summaryText(of: Summary, tree: Written, out: string, paint: Paint): string {
  const { rows, numeric } = of.hosts === null ? of : withWritten(of, of.hosts, tree)
  return [
    `${paint.strong(of.name)}: ${of.counts}\n`,
    `${of.overlay}\n\n`,
    table(rows, numeric).replace(/^.*/, line => paint.faint(line)),
    '\n',
    `${outcome(tree)} in ${out}\n`,
  ].join('')
}

/** One more column: how many files of each host were written. */
function withWritten({ rows, numeric }: Summary, hosts: readonly string[], { written }: Written) {
  const changed = new Map<string, number>()
  for (const path of written) {
    const name = /^([^/]+?)(?:\.manifest\.json$|\/)/.exec(path)?.[1] ?? path
    changed.set(name, (changed.get(name) ?? 0) + 1)
  }
  const column = ['WRITTEN', ...hosts.map(host => String(changed.get(host) ?? 0))]
  return { rows: rows.map((row, i) => [...row, column[i] ?? '']), numeric: [...numeric, rows[0]?.length ?? 0] }
}

function outcome({ written, removed, unchanged }: Written): string {
  if (written.length === 0 && removed.length === 0) return `Nothing changed: ${count(unchanged, 'file')}`
  const parts = [`wrote ${count(written.length, 'file')}`]
  if (removed.length > 0) parts.push(`removed ${removed.length}`)
  if (unchanged > 0) parts.push(`kept ${unchanged}`)
  const text = parts.join(', ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function hostRows(hosts: readonly Host[]) {
  const cells = hosts.map(host => [
    host.name,
    host.region,
    host.spec.class,
    host.prefix.inet.text,
    whereabouts(host),
    String(host.jails.length),
  ])
  return { rows: [['HOST', 'REGION', 'CLASS', 'OVERLAY', 'ENDPOINT', 'JAILS'], ...cells], numeric: [5] }
}

function whereabouts(host: Host): string {
  const [first, second] = families.flatMap(family => host.endpoint[family] ?? [])
  if (first === undefined) return 'behind NAT'
  return endpointText(first) + (second === undefined ? '' : ' +v6')
}

function regionRows(mesh: Mesh) {
  const cells = mesh.regions.map(region => [
    region.name,
    region.prefix.inet.text,
    String(region.hosts.length),
    String(region.hosts.reduce((sum, host) => sum + host.jails.length, 0)),
    mesh.connections.gateways.get(region.name)?.name ?? '',
  ])
  return { rows: [['REGION', 'OVERLAY', 'HOSTS', 'JAILS', 'GATEWAY'], ...cells], numeric: [2, 3] }
}
