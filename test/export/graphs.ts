/** Graphs for tests of pictures: the shipped mesh, and sketches of any size. */
import { join } from 'node:path'
import { type Graph, type GraphHost, graphOf, type GraphTunnel } from '../../src/export/graph.ts'
import { openMesh } from '../../src/load/open.ts'
import type { HostName } from '../../topology/names.ts'

/** The shipped mesh with all its services. */
export async function shippedGraph(): Promise<Graph> {
  const directory = join(import.meta.dirname, '../..')
  const opened = await openMesh({ directory, environment: {}, purpose: 'plan', fresh: true })
  if (opened.mesh === null) throw new Error('the shipped mesh does not open')
  return graphOf({ ...opened, mesh: opened.mesh })
}

interface Sketch {
  readonly topology?: 'full' | 'regional'
  /** Jails of each host. */
  readonly jails?: number
  /** What all names are made of: `h` gives `h0-3`. */
  readonly names?: { readonly region?: string; readonly host?: string; readonly jail?: string; readonly title?: string }
  /** Numbers of the hosts of a region, where they are not 0, 1, 2 … */
  readonly numbers?: readonly (readonly number[])[]
}

const roles = ['etcd', 'postgres', 'proxy', 'server', 'sentinel', 'storage', 'app', 'resolver'] as const
const kinds = ['patroni', 'patroni', 'patroni', 'valkey', 'valkey', 'garage', 'nextcloud', 'unbound'] as const

/** A mesh of regions of these sizes; each host has a few jails, of services that all regions share. */
export function sketchOf(sizes: readonly number[], sketch: Sketch = {}): Graph {
  const { topology = 'full', jails: many = 6, names = {}, numbers = [] } = sketch
  const title = (n: number) =>
    names.title ?? ['West Europe', 'North Europe', 'United States', 'Asia Pacific'][n] ?? `Region ${n}`
  const hosts = sizes.flatMap((size, r) =>
    Array.from({ length: size }, (_, n): GraphHost => {
      const number = numbers[r]?.[n] ?? n
      const name = `${names.host ?? 'h'}${r}-${number}`
      return {
        ...{ name, fqdn: `${name}.mesh.example.net`, region: `${names.region ?? 'region-'}${r}`, number },
        ...{ provider: 'alpha', class: n === 1 ? 'edge' : 'core', labels: [], arch: 'amd64', cpus: 4, memory: 2 ** 33 },
        address: {
          inet: `10.${64 + (r % 190)}.${number}.1`,
          inet6: `fd5c:8e21:77aa:${(r * 256 + number).toString(16)}::1`,
        },
        prefix: {
          inet: `10.${64 + (r % 190)}.${number}.0/24`,
          inet6: `fd5c:8e21:77aa:${(r * 256 + number).toString(16)}::/64`,
        },
        endpoint: n === 2 ? { inet: null, inet6: null } : { inet: `198.18.${r % 256}.${number % 256}`, inet6: null },
        endpointPort: { inet: n === 2 ? null : 51820, inet6: null },
        ...{ nat: n === 2, gateway: topology === 'regional' && n === 0, publicKey: null },
      }
    }),
  )
  const jails = hosts.flatMap(host =>
    Array.from({ length: many }, (_, n) => {
      const name = `${names.jail ?? ''}${kinds[n % 8] ?? ''}-${roles[n % 8] ?? ''}${n < 8 ? '' : n}`
      return {
        ...{ id: `${name}@${host.name}`, name, host: host.name, fqdn: `${name}.${host.fqdn}`, address: host.address },
        ...(n === many - 1
          ? { service: null, role: null }
          : { service: `s-${kinds[n % 8] ?? ''}`, role: `${roles[n % 8] ?? ''}${n < 8 ? '' : n}` }),
      }
    }),
  )
  const services = [...new Set(kinds)].map(kind => ({
    ...{ name: `s-${kind}`, kind, version: '1' },
    roles: [...new Set(jails.flatMap(jail => (jail.service === `s-${kind}` ? [jail.role] : [])))].map(role => ({
      ...{ name: role, id: `s-${kind}/${role}`, resilience: { kind: 'voters' } as const, needs: [] },
      instances: jails.filter(jail => jail.service === `s-${kind}` && jail.role === role).map(jail => jail.id),
    })),
  }))
  const hostOf = new Map(jails.map(jail => [jail.id, jail.host]))
  return {
    ...{ mesh: 'sketch', domain: 'mesh.example.net', topology },
    overlay: { inet: '10.64.0.0/10', inet6: 'fd5c:8e21:77aa::/48' },
    regions: sizes.map((_, r) => ({
      ...{ name: `${names.region ?? 'region-'}${r}`, title: title(r), number: r, location: null },
      hosts: hosts.filter(host => host.region === `${names.region ?? 'region-'}${r}`).map(host => host.name),
    })),
    ...{ hosts, jails, services, relayed: [] },
    tunnels: tunnelsOf(hosts, topology),
    flows: [
      {
        name: 'outside>s-nextcloud 443/tcp',
        from: { word: 'outside', external: true, hosts: [], jails: [] },
        to: {
          ...{ word: 's-nextcloud', external: false, hosts: [] },
          jails: jails
            .filter(jail => jail.service === 's-nextcloud')
            .slice(0, 1)
            .map(jail => jail.id),
        },
        ports: ['443/tcp'],
        why: 'requests of the world',
      },
    ],
    parts: services.flatMap(service =>
      service.roles.map(role => ({
        ...{ id: role.id, resilience: role.resilience, needs: [] },
        hosts: role.instances.map(id => hostOf.get(id) as HostName),
      })),
    ),
  }
}

function tunnelsOf(hosts: readonly GraphHost[], topology: 'full' | 'regional'): readonly GraphTunnel[] {
  const tunnels: GraphTunnel[] = []
  for (const [i, one] of hosts.entries())
    for (const other of hosts.slice(i + 1)) {
      if (topology === 'regional' && one.region !== other.region && !(one.gateway && other.gateway)) continue
      const [a, b] = one.name < other.name ? [one.name, other.name] : [other.name, one.name]
      const same = one.region === other.region
      const milliseconds = same
        ? 1
        : 20 + ((one.region.length * 7 + Number(one.region.at(-1)) * 31 + Number(other.region.at(-1)) * 17) % 90)
      tunnels.push({
        ...{ a, b, keepalive: 25 },
        roundTrip: { milliseconds, estimated: same || milliseconds % 2 === 1 },
      })
    }
  return tunnels.toSorted((x, y) => (`${x.a} ${x.b}` < `${y.a} ${y.b}` ? -1 : 1))
}
