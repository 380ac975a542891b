/**
 * Who is whose peer, and who carries whose packets. full: all pairs. regional: all pairs of a region, and one gateway a
 * region with tunnels to the gateways of the others. Words as in wg(8).
 */
import { type Diagnostic, error, note } from './diagnostic.ts'
import type { Endpoint } from './endpoint.ts'
import type { RoundTrips } from './latency.ts'
import { type Host, isPublic, type Region } from './mesh.ts'
import { byName, type HostName, type RegionName } from './names.ts'
import { type Relayed, relayedBy } from './place/ways.ts'
import type { PerFamily, Prefix } from './prefix.ts'
import { canTunnel, findRelays, pairsOfKinds, type Relays, tunnelFamily } from './relay.ts'

export interface Neighbour {
  readonly host: Host
  /** Null: it speaks first, and its address is learnt from the handshake. */
  readonly endpoint: Endpoint | null
  /** This side is behind NAT as the neighbour sees it, and keeps the way open. */
  readonly keepalive: boolean
  /** Prefixes beyond the neighbour's own that are reached through it. */
  readonly carries: readonly PerFamily<Prefix>[]
}

/** Packets between two prefixes that this host passes on from wg0 to wg0, both ways. */
interface Transit {
  readonly label: string
  readonly a: PerFamily<Prefix>
  readonly b: PerFamily<Prefix>
}

export interface Connections {
  /** By name of the neighbour. */
  neighboursOf(host: Host): readonly Neighbour[]
  transitOf(host: Host): readonly Transit[]
  readonly gateways: ReadonlyMap<RegionName, Host>
  /** Pairs without a tunnel, of hosts of one region and of gateways; of a full mesh, any. */
  readonly relayed: readonly Relayed[]
  /** Unordered pairs of hosts that are peers. */
  readonly tunnels: number
}

export interface Connecting {
  readonly topology: 'full' | 'regional'
  readonly regions: readonly Region[]
  readonly hosts: readonly Host[]
  readonly overlay: PerFamily<Prefix>
  readonly trips: RoundTrips
  /** The gateways of the plan before. */
  readonly gatewaysBefore: ReadonlyMap<RegionName, HostName>
}

export function connect(of: Connecting): { connections: Connections; diagnostics: readonly Diagnostic[] } {
  const carried = new Carried()
  const diagnostics: Diagnostic[] = []
  const gateways = new Map<RegionName, Host>()
  if (of.topology === 'full') {
    joinAll(of.hosts, of.trips, carried, diagnostics)
  } else {
    for (const region of of.regions) {
      const others = of.regions.filter(other => other !== region)
      const gateway = gatewayOf(region, others, of.gatewaysBefore.get(region.name), diagnostics)
      if (gateway === null) continue
      gateways.set(region.name, gateway)
    }
    for (const region of of.regions) {
      const relays = joinAll(region.hosts, of.trips, carried, diagnostics)
      const gateway = gateways.get(region.name)
      if (gateway && of.regions.length > 1) reachOut(region, gateway, of.overlay, relays, carried)
    }
    joinRegions(of, gateways, carried, diagnostics)
  }
  diagnostics.push(...carried.notes())

  const isGateway = new Set([...gateways.values()].map(host => host.name))
  const hostsOf = new Map(of.regions.map(region => [region.name, region.hosts]))
  const gatewayHosts = of.hosts.filter(host => isGateway.has(host.name))
  const candidates = (host: Host): readonly Host[] => {
    if (of.topology === 'full') return of.hosts
    const inside = hostsOf.get(host.region) ?? []
    return isGateway.has(host.name) ? merge(inside, gatewayHosts) : inside
  }
  // Renderers ask several times for one host and then go on to the next.
  let last: { readonly host: Host; readonly neighbours: readonly Neighbour[] } | null = null
  const neighboursOf = (host: Host): readonly Neighbour[] => {
    if (last?.host === host) return last.neighbours
    const neighbours: Neighbour[] = []
    for (const other of candidates(host)) {
      if (other === host) continue
      const family = tunnelFamily(host, other)
      if (family !== null)
        neighbours.push({
          host: other,
          endpoint: other.endpoint[family],
          keepalive: host.endpoint[family] === null,
          carries: carried.through(host, other),
        })
    }
    last = { host, neighbours }
    return neighbours
  }
  return {
    connections: {
      neighboursOf,
      transitOf: host => carried.transit(host),
      gateways,
      relayed: carried.relayed,
      tunnels:
        of.topology === 'full'
          ? countTunnels(of.hosts)
          : of.regions.reduce((sum, region) => sum + countTunnels(region.hosts), countTunnels(gatewayHosts)),
    },
    diagnostics,
  }
}

const merge = (a: readonly Host[], b: readonly Host[]): readonly Host[] =>
  [...new Set([...a, ...b])].toSorted((x, y) => (x.name < y.name ? -1 : 1))

const countTunnels = (hosts: readonly Host[]): number =>
  pairsOfKinds(hosts).reduce((sum, { pairs, tunnel }) => sum + (tunnel ? pairs : 0), 0)

/** Finds a relay for every pair that cannot tunnel. */
function joinAll(hosts: readonly Host[], trips: RoundTrips, carried: Carried, diagnostics: Diagnostic[]): Relays {
  const relays = findRelays(hosts, trips)
  let cut = false
  // Whoever has a tunnel to everybody needs no relay: most hosts, skipped at once.
  const limited = pairsOfKinds(hosts)
    .filter(({ tunnel }) => !tunnel)
    .flatMap(({ a, b }) => [...a, ...b])
  const needy = [...new Set(limited)].toSorted(byName)
  for (const [i, a] of needy.entries())
    for (const b of needy.slice(i + 1)) {
      if (canTunnel(a, b)) continue
      const way = relays.between(a, b)
      if (way === null) cut = true
      else carried.along(a, a.prefix, way, b, b.prefix, `${a.name}<>${b.name}`)
    }
  if (cut) diagnostics.push(noPath(relays.islands(), hosts))
  return relays
}

/** Everything outside the region goes to the gateway, by whatever way leads there. */
function reachOut(region: Region, gateway: Host, overlay: PerFamily<Prefix>, relays: Relays, carried: Carried): void {
  const outside = `${region.name}<>overlay`
  for (const host of region.hosts) {
    if (host === gateway) continue
    const way = canTunnel(host, gateway) ? [] : (relays.between(host, gateway) ?? [])
    const next = way[0] ?? gateway
    carried.add(host, next, overlay)
    for (const relay of way) carried.pass(relay, { label: `${host.name}<>overlay`, a: host.prefix, b: overlay })
    for (const [i, relay] of way.entries()) carried.add(relay, way[i + 1] ?? gateway, overlay)
  }
  if (region.hosts.length > 1) carried.pass(gateway, { label: outside, a: region.prefix, b: overlay })
}

function joinRegions(
  of: Connecting,
  gateways: ReadonlyMap<RegionName, Host>,
  carried: Carried,
  diagnostics: Diagnostic[],
) {
  const relays = findRelays([...gateways.values()], of.trips)
  let cut = false
  for (const [i, a] of of.regions.entries())
    for (const b of of.regions.slice(i + 1)) {
      const [from, to] = [gateways.get(a.name), gateways.get(b.name)]
      if (!from || !to) continue
      const way = canTunnel(from, to) ? [] : relays.between(from, to)
      if (way === null) cut = true
      else carried.along(from, a.prefix, way, to, b.prefix, `${a.name}<>${b.name}`)
    }
  if (cut) diagnostics.push(noPath(relays.islands(), [...gateways.values()]))
}

/**
 * The one that says so, else the one of the plan before, else of the hosts that can be called the one that has tunnels to
 * most other regions, the lowest-numbered first.
 */
function gatewayOf(
  region: Region,
  others: readonly Region[],
  before: HostName | undefined,
  diagnostics: Diagnostic[],
): Host | null {
  const declared = region.hosts.filter(host => host.spec.gateway)
  for (const second of declared.slice(1))
    diagnostics.push(
      error(
        'two-gateways',
        `region ${region.name} has two gateways: ${declared[0]?.name} and ${second.name}`,
        { ...second.spec.place, path: [...second.spec.place.path, 'gateway'] },
        'Traffic to an address takes one way: keep `gateway: true` on one of them.',
      ),
    )
  const kept = region.hosts.find(host => host.name === before)
  if (declared.length === 0 && kept !== undefined) return kept
  const candidates = declared.length > 0 ? declared : region.hosts.filter(isPublic)
  const pool = candidates.length > 0 ? candidates : region.hosts
  const reached = new Map(
    pool.map(host => [host, others.filter(other => other.hosts.some(far => canTunnel(host, far))).length]),
  )
  return pool.toSorted((a, b) => (reached.get(b) ?? 0) - (reached.get(a) ?? 0) || a.number - b.number)[0] ?? null
}

function noPath(islands: readonly (readonly string[])[], hosts: readonly Host[]): Diagnostic {
  const few = (names: readonly string[]) =>
    names.length > 4 ? `${names.slice(0, 4).join(', ')} and ${names.length - 4} more` : names.join(', ')
  const smallest = islands.toSorted((x, y) => x.length - y.length)[0]?.[0]
  const place = hosts.find(host => host.name === smallest)?.spec.place
  return error(
    'no-path',
    `the mesh falls into ${islands.length} parts that no tunnel joins: ${islands.map(few).join(' | ')}`,
    place && { ...place, path: [...place.path, 'endpoint'] },
    'One side of a tunnel needs an endpoint the other can send to: give a host both IPv4 and IPv6, or an endpoint.',
  )
}

/** Who carries what for whom; filled while connecting, read afterwards. */
class Carried {
  readonly #through = new Map<HostName, Map<HostName, PerFamily<Prefix>[]>>()
  readonly #transit = new Map<HostName, Transit[]>()
  readonly #relayed = new Map<Host, string[]>()
  readonly relayed: Relayed[] = []

  /** The way from `a` over `between` to `b`, told to every host on it, in both directions. */
  along(
    a: Host,
    aPrefix: PerFamily<Prefix>,
    between: readonly Host[],
    b: Host,
    bPrefix: PerFamily<Prefix>,
    label: string,
  ) {
    const way = [a, ...between, b]
    for (const [i, here] of way.entries()) {
      const [previous, next] = [way[i - 1], way[i + 1]]
      // A host's own prefix is in its peers' allowed-ips already; only a region's or a relayed one is to be added.
      if (next !== undefined && (next !== b || bPrefix !== b.prefix)) this.add(here, next, bPrefix)
      if (previous !== undefined && (previous !== a || aPrefix !== a.prefix)) this.add(here, previous, aPrefix)
    }
    if (between.length > 0)
      this.relayed.push(
        relayedBy(
          a.name,
          b.name,
          between.map(host => host.name),
        ),
      )
    for (const relay of between) {
      this.pass(relay, { label, a: aPrefix, b: bPrefix })
      const pairs = this.#relayed.get(relay) ?? []
      if (pairs.push(label.replace('<>', '–')) === 1) this.#relayed.set(relay, pairs)
    }
  }

  add(at: Host, via: Host, prefix: PerFamily<Prefix>): void {
    const here = this.#through.get(at.name) ?? new Map<HostName, PerFamily<Prefix>[]>()
    this.#through.set(at.name, here)
    const prefixes = here.get(via.name) ?? []
    here.set(via.name, prefixes)
    if (!prefixes.includes(prefix)) prefixes.push(prefix)
  }

  pass(at: Host, transit: Transit): void {
    const here = this.#transit.get(at.name) ?? []
    this.#transit.set(at.name, here)
    here.push(transit)
  }

  through(at: Host, via: Host): readonly PerFamily<Prefix>[] {
    return this.#through.get(at.name)?.get(via.name) ?? []
  }

  transit(at: Host): readonly Transit[] {
    return this.#transit.get(at.name) ?? []
  }

  *notes(): Iterable<Diagnostic> {
    for (const [relay, pairs] of this.#relayed) {
      const shown = pairs.slice(0, 4).join(', ') + (pairs.length > 4 ? ` and ${pairs.length - 4} more` : '')
      yield note(
        'relay',
        `${relay.name} carries ${pairs.length === 1 ? 'a pair' : `${pairs.length} pairs`} that cannot call each other: ${shown}`,
        relay.spec.place,
        'Their packets cross it decrypted; if it is down, they do not reach each other.',
      )
    }
  }
}
