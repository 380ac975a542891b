/** Laws of addresses: what may not overlap, and what must be big enough. */
import { type Diagnostic, error, type Place } from '../diagnostic.ts'
import type { Host, Mesh } from '../mesh.ts'
import { byNetwork, contains, families, hostPrefix, overlaps, type Prefix } from '../prefix.ts'
import type { HostSpec, MeshSpec } from '../spec.ts'

export function* checkAddressing({ addressing, document }: MeshSpec): Iterable<Diagnostic> {
  const { ipv4, ipv6, regionLength, hostLength } = addressing
  const chains = [
    ['ipv4', ipv4.length, regionLength.inet, hostLength.inet, 29],
    ['ipv6', ipv6?.length ?? 48, regionLength.inet6, hostLength.inet6, 96],
  ] as const
  for (const [key, mesh, region, host, longest] of chains) {
    const place = { document, path: ['addressing', key] }
    if (!(mesh <= region && region < host))
      yield error(
        'overlay-too-small',
        `addressing.${key}: a mesh of /${mesh} holds regions of /${region} which hold hosts of /${host}: each must be longer than the one before`,
        place,
      )
    if (host > longest)
      yield error(
        'overlay-too-small',
        `addressing.${key}: a host of /${host} has no room for jails; /${longest} is the smallest`,
        place,
      )
  }
}

/** The overlay must be nobody's LAN and hold nobody's endpoint, or packets to it would go the wrong way. */
export function* checkOverlay(mesh: Pick<Mesh, 'overlay' | 'hosts'>, spec: MeshSpec): Iterable<Diagnostic> {
  for (const host of mesh.hosts) {
    for (const [i, lan] of host.spec.lan.entries())
      if (overlaps(lan, mesh.overlay[lan.family]))
        yield error(
          'overlay-overlap',
          `the overlay ${mesh.overlay[lan.family].text} overlaps the LAN ${lan.text} of ${host.name}`,
          under(host.spec, 'lan', i),
          `Take another prefix for addressing.${lan.family === 'inet' ? 'ipv4' : 'ipv6'} in ${spec.document}.`,
        )
    for (const family of families) {
      const endpoint = host.endpoint[family]?.address
      if (endpoint && contains(mesh.overlay[family], hostPrefix(endpoint)))
        yield error(
          'overlay-endpoint',
          `the endpoint ${endpoint.text} of ${host.name} lies in the overlay ${mesh.overlay[family].text}`,
          under(host.spec, 'endpoint'),
          'A tunnel cannot run through itself: the endpoint is an address of the underlay.',
        )
    }
  }
}

/** No list names an address twice. */
export function* checkLists(mesh: Pick<Mesh, 'hosts'>): Iterable<Diagnostic> {
  for (const { spec } of mesh.hosts)
    for (const key of ['lan', 'admin'] as const)
      for (const [i, b] of spec[key].entries()) {
        const a = spec[key].slice(0, i).find(earlier => overlaps(earlier, b))
        if (a !== undefined)
          yield error(
            'lan-overlap',
            a.text === b.text ? `${key}: ${b.text} is there twice` : `${key}: ${b.text} overlaps ${a.text}`,
            under(spec, key, i),
          )
      }
}

/** Every overlay address has one owner. */
export function* checkOwners(mesh: Pick<Mesh, 'hosts' | 'regions'>, lockDocument: string): Iterable<Diagnostic> {
  for (const family of families) {
    yield* collisions(
      mesh.regions.map(r => ({ name: r.name, prefix: r.prefix[family], path: ['regions', r.name] })),
      lockDocument,
    )
    yield* collisions(
      mesh.hosts.map(h => ({ name: h.name, prefix: h.prefix[family], path: ['hosts', h.name] })),
      lockDocument,
    )
    if (family === 'inet')
      for (const host of mesh.hosts)
        yield* collisions(
          host.jails.map(jail => ({
            name: `${jail.name}@${host.name}`,
            prefix: hostPrefix(jail.address.inet),
            path: ['hosts', host.name, 'jails', jail.name],
          })),
          lockDocument,
        )
  }
}

function* collisions(
  owners: readonly { name: string; prefix: Prefix; path: readonly string[] }[],
  document: string,
): Iterable<Diagnostic> {
  const sorted = owners.toSorted((a, b) => byNetwork(a.prefix, b.prefix))
  for (const [i, b] of sorted.entries()) {
    const a = sorted[i - 1]
    if (a !== undefined && overlaps(a.prefix, b.prefix))
      yield error(
        'duplicate-address',
        `${a.name} and ${b.name} both own ${b.prefix.text}: the lock gives them the same number`,
        { document, path: b.path, key: true },
        'Two branches were merged, each with a newcomer: delete one of the two entries, and the next build numbers it anew.',
      )
  }
}

/** One address and port on the underlay is one host. */
export function* checkEndpoints(mesh: Pick<Mesh, 'hosts'>): Iterable<Diagnostic> {
  const owners = new Map<string, Host>()
  for (const host of mesh.hosts)
    for (const family of families) {
      const endpoint = host.endpoint[family]
      if (endpoint === null) continue
      const key = `${endpoint.address.text} port ${endpoint.port}`
      const owner = owners.get(key)
      if (owner === undefined) owners.set(key, host)
      else
        yield error(
          'duplicate-endpoint',
          `${owner.name} and ${host.name} have the same endpoint: ${key}`,
          under(host.spec, 'endpoint'),
          'Two hosts behind one address need different ports: 192.0.2.1:51821.',
        )
    }
}

const under = (spec: HostSpec, ...keys: (string | number)[]): Place => ({
  ...spec.place,
  path: [...spec.place.path, ...keys],
})
