/** Laws of single hosts: what FreeBSD, the admin and the jails need of each. */
import { type Diagnostic, error, warning, type Place } from '../diagnostic.ts'
import type { Host, Mesh } from '../mesh.ts'
import { families } from '../prefix.ts'
import { sizeText } from '../quantity.ts'
import type { HostSpec } from '../spec.ts'
import { tunnelOverhead } from '../mtu.ts'

/** IPv6 runs over no link with less (RFC 8200). */
const smallestMtu = 1280

export function* checkHosts(mesh: Pick<Mesh, 'hosts' | 'flows'>): Iterable<Diagnostic> {
  const keys = new Map<string, Host>()
  for (const host of mesh.hosts) {
    yield* checkMachine(host)
    yield* checkCapacity(host)
    yield* checkBridge(host, mesh)
    if (host.spec.keys.kind !== 'host') continue
    const other = keys.get(host.spec.keys.publicKey)
    if (other === undefined) keys.set(host.spec.keys.publicKey, host)
    else
      yield error(
        'duplicate-public-key',
        `${other.name} and ${host.name} have the same public key`,
        under(host.spec, 'public-key'),
        'WireGuard tells peers apart by their keys: make one for each host with wg genkey.',
      )
  }
}

function* checkMachine(host: Host): Iterable<Diagnostic> {
  const { spec } = host
  if (spec.underlayMtu - tunnelOverhead < smallestMtu)
    yield error(
      'mtu-too-small',
      `an underlay MTU of ${spec.underlayMtu} on ${host.name} leaves ${spec.underlayMtu - tunnelOverhead} bytes inside the tunnel; IPv6 needs ${smallestMtu}`,
      under(spec, 'mtu'),
      `The underlay must carry packets of ${smallestMtu + tunnelOverhead} bytes.`,
    )
  if (spec.release.major < 14)
    yield error(
      'release-too-old',
      `${host.name} runs FreeBSD ${spec.release.major}.${spec.release.minor}: its branch has ended, and wg(8) is not in its base system`,
      under(spec, 'release'),
      'FreeBSD 14.0 is the first release that meshwright renders for.',
    )
  if (spec.admin.length === 0)
    yield error(
      'no-admin',
      `nobody may log in to ${host.name}: no admin: prefix, and pf denies what is not allowed`,
      spec.place,
      'Give defaults.admin or the host its own admin: with the addresses you come from.',
    )
}

function* checkCapacity({ name, spec }: Host): Iterable<Diagnostic> {
  for (const key of ['memory', 'disk'] as const) {
    const wanted = spec.jails.reduce((sum, jail) => sum + (jail[key] ?? 0), 0)
    const there = spec[key]
    if (there !== null && wanted > there)
      yield error(
        'capacity',
        `the jails of ${name} take ${sizeText(wanted)} of ${key}, and it has ${sizeText(there)}`,
        under(spec, key),
      )
  }
}

/** The blind spot of a bridge: what two members say to each other never reaches the host's pf (if_bridge(4)). */
function* checkBridge(host: Host, mesh: Pick<Mesh, 'flows'>): Iterable<Diagnostic> {
  const open = openMembers(host, mesh)
  if (open.length > 0)
    yield warning(
      'bridge-unfiltered',
      `on ${host.name} the jails ${open.join(', ')} share a bridge and a flow: between them pf filters nothing`,
      { ...host.spec.place, key: true },
      'With wiring: routed every packet between jails crosses pf.',
    )
}

/** Jails of a bridged host that a flow joins to another jail of it. The rest are private members and cannot talk. */
export function openMembers(host: Host, mesh: Pick<Mesh, 'flows'>): readonly string[] {
  if (host.spec.wiring !== 'bridge') return []
  const open = new Set<string>()
  for (const { from, to } of mesh.flows) {
    if (from.kind !== 'members' || to.kind !== 'members') continue
    const sends = host.jails.filter(jail => from.jails.includes(jail) || (from.withJails && from.hosts.includes(host)))
    const serves = host.jails.filter(jail => to.jails.includes(jail))
    for (const a of sends)
      for (const b of serves)
        if (a !== b) {
          open.add(a.name)
          open.add(b.name)
        }
  }
  return [...open].toSorted()
}

/** Jails that may leave the mesh need an address of the underlay to leave from. */
export function* checkEgress(mesh: Pick<Mesh, 'hosts' | 'flows'>): Iterable<Diagnostic> {
  for (const { from, to, name } of mesh.flows) {
    if (from.kind !== 'members' || to.kind !== 'external') continue
    const groups = from.withJails ? from.hosts : []
    for (const host of new Set([...groups, ...mesh.hosts.filter(h => h.jails.some(j => from.jails.includes(j)))])) {
      if (host.jails.length === 0) continue
      const wanted = families.filter(
        family => to.who === 'outside' || prefixesOf(to.who, host).some(p => p.family === family),
      )
      if (!wanted.some(family => egressOn(host, family)))
        yield warning(
          'no-egress',
          `flow ${name}: the jails of ${host.name} cannot get there, for the host has no ${wanted.map(f => (f === 'inet' ? 'IPv4' : 'IPv6')).join(' or ')} address on the underlay`,
          under(host.spec, 'endpoint'),
        )
    }
  }
}

const prefixesOf = (who: 'admin' | Host['spec']['admin'], host: Host) => (who === 'admin' ? host.spec.admin : who)

/** IPv4 by the address of the interface; IPv6 only where the endpoint tells the address to translate to. */
export const egressOn = (host: Host, family: 'inet' | 'inet6'): boolean =>
  family === 'inet' ? host.sends.inet : host.endpoint.inet6 !== null

const under = (spec: HostSpec, ...keys: (string | number)[]): Place => ({
  ...spec.place,
  path: [...spec.place.path, ...keys],
})
