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

export function summaryText(mesh: Mesh, tree: Written, out: string, paint: Paint): string {
  const jails = mesh.hosts.reduce((sum, host) => sum + host.jails.length, 0)
  const head = [
    count(mesh.hosts.length, 'host'),
    `in ${count(mesh.regions.length, 'region')}`,
    `${count(mesh.connections.tunnels, 'tunnel')} (${mesh.topology})`,
    count(jails, 'jail'),
    count(mesh.flows.length, 'flow'),
  ]
  const overlay = `overlay ${mesh.overlay.inet.text} and ${mesh.overlay.inet6.text}, MTU ${mesh.mtu}`
  const rows = mesh.hosts.length <= listed ? hostRows(mesh.hosts, tree) : regionRows(mesh)
  return [
    `${paint.strong(mesh.name)}: ${head[0]} ${head[1]}, ${head.slice(2).join(', ')}\n`,
    `${overlay}\n\n`,
    table(rows.cells, rows.numeric).replace(/^.*/, line => paint.faint(line)),
    '\n',
    `${outcome(tree)} in ${out}\n`,
  ].join('')
}

function outcome({ written, removed, unchanged }: Written): string {
  if (written.length === 0 && removed.length === 0) return `Nothing changed: ${count(unchanged, 'file')}`
  const parts = [`wrote ${count(written.length, 'file')}`]
  if (removed.length > 0) parts.push(`removed ${removed.length}`)
  if (unchanged > 0) parts.push(`kept ${unchanged}`)
  const text = parts.join(', ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function hostRows(hosts: readonly Host[], { written }: Written) {
  const changed = new Map<string, number>()
  for (const path of written) {
    const name = /^([^/]+?)(?:\.manifest\.json$|\/)/.exec(path)?.[1] ?? path
    changed.set(name, (changed.get(name) ?? 0) + 1)
  }
  const cells = hosts.map(host => [
    host.name,
    host.region,
    host.spec.class,
    host.prefix.inet.text,
    whereabouts(host),
    String(host.jails.length),
    String(changed.get(host.name) ?? 0),
  ])
  return { cells: [['HOST', 'REGION', 'CLASS', 'OVERLAY', 'ENDPOINT', 'JAILS', 'WRITTEN'], ...cells], numeric: [5, 6] }
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
  return { cells: [['REGION', 'OVERLAY', 'HOSTS', 'JAILS', 'GATEWAY'], ...cells], numeric: [2, 3] }
}
