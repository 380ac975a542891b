/** Small meshes written down in a line a host, for tables: planned by topology/ alone, without a file. */
import { type EndpointSpec, parseEndpoint } from '../../topology/endpoint.ts'
import type { Lock } from '../../topology/lock.ts'
import type { Host, Jail } from '../../topology/mesh.ts'
import type {
  DomainName,
  HostLabel,
  HostName,
  InterfaceName,
  JailName,
  MeshName,
  RegionName,
} from '../../topology/names.ts'
import { type Plan, planMesh } from '../../topology/plan.ts'
import { type Family, isPrefix, parsePrefix, type Prefix } from '../../topology/prefix.ts'
import type { HostSpec, MeshSpec } from '../../topology/spec.ts'

interface HostSketch {
  /** Endpoints, with a blank between two; none: behind NAT. */
  readonly at?: string
  /** Families it sends on beyond those of its endpoints; behind NAT, IPv4 if nothing else is said. */
  readonly sends?: readonly Family[]
  readonly jails?: readonly string[]
  readonly wiring?: HostSpec['wiring']
  readonly class?: HostSpec['class']
  readonly labels?: readonly string[]
  readonly gateway?: boolean
}

/** Region → host → what is special about it. */
export type Fleet = Readonly<Record<string, Readonly<Record<string, HostSketch>>>>

interface Options {
  readonly topology?: 'full' | 'regional'
  readonly ipv4?: string
  /** Prefix lengths of regions and hosts, IPv4 and IPv6. */
  readonly lengths?: { readonly region: readonly [number, number]; readonly host: readonly [number, number] }
  readonly latency?: Readonly<Record<string, number>>
}

export function prefixOf(text: string): Prefix {
  const parsed = parsePrefix(text)
  if (!isPrefix(parsed)) throw new Error(`${text} is no prefix`)
  return parsed
}

function endpointOf(text: string): EndpointSpec {
  const parsed = parseEndpoint(text)
  if (typeof parsed === 'string') throw new Error(`${text} is no endpoint: ${parsed}`)
  return parsed
}

export function specOf(fleet: Fleet, options: Options = {}): MeshSpec {
  const { region, host } = options.lengths ?? { region: [16, 56], host: [24, 64] }
  return {
    name: 'table' as MeshName,
    domain: 'mesh.example.net' as DomainName,
    addressing: {
      ipv4: prefixOf(options.ipv4 ?? '10.64.0.0/10'),
      ipv6: prefixOf('fd5c:8e21:77aa::/48'),
      regionLength: { inet: region[0], inet6: region[1] },
      hostLength: { inet: host[0], inet6: host[1] },
    },
    wireguard: { topology: options.topology ?? 'full', port: 51820, keepalive: 25, presharedKeys: true },
    recipients: [],
    latency: new Map(Object.entries(options.latency ?? {})),
    regions: Object.entries(fleet).map(([name, hosts]) => ({
      ...{ name: name as RegionName, title: name, location: null, document: `regions/${name}.yaml` },
      hosts: Object.entries(hosts).map(([hostName, sketch]) => hostSpec(hostName, name, sketch)),
    })),
    ...{ regionsPattern: 'regions/*.yaml', flows: [], services: [], tests: [], hooks: [], document: 'mesh.yaml' },
  }
}

function hostSpec(name: string, region: string, sketch: HostSketch): HostSpec {
  const endpoints = sketch.at === undefined ? [] : sketch.at.split(' ').map(endpointOf)
  const place = { document: `regions/${region}.yaml`, path: ['hosts', name] }
  return {
    ...{ name: name as HostName, region: region as RegionName, endpoints, place },
    underlay: sketch.sends ?? (endpoints.length === 0 ? ['inet'] : []),
    ...{ port: 51820, interface: 'vtnet0' as InterfaceName, underlayMtu: 1500, provider: null, lan: [] },
    ssh: { address: null, user: 'root', port: 22 },
    admin: [prefixOf('198.51.100.0/24')],
    ...{ resolvers: [], arch: 'amd64', cpus: null, memory: null, disk: null },
    class: sketch.class ?? 'core',
    labels: (sketch.labels ?? []) as readonly HostLabel[],
    release: { major: 14, minor: 4 },
    gateway: sketch.gateway ?? false,
    drained: false,
    keys: { kind: 'derived' },
    wiring: sketch.wiring ?? 'routed',
    jailRoot: '/usr/local/jails',
    jails: (sketch.jails ?? []).map(jail => ({
      ...{ name: jail as JailName, serves: [], from: [], cpus: null, memory: null, disk: null, service: null },
      place: { ...place, path: [...place.path, 'jails', jail] },
    })),
  }
}

export const planOf = (spec: MeshSpec, before: Lock | null = null): Plan =>
  planMesh(spec, before, { ula: prefixOf('fd5c:8e21:77aa::/48'), secret: '0'.repeat(16) })

export function hostOf({ mesh }: Plan, name: string): Host {
  const host = mesh.hosts.find(other => other.name === name)
  if (host === undefined) throw new Error(`there is no host ${name}`)
  return host
}

export function jailOf(plan: Plan, name: string, host: string): Jail {
  const jail = hostOf(plan, host).jails.find(other => other.name === name)
  if (jail === undefined) throw new Error(`there is no jail ${name} on ${host}`)
  return jail
}

/** What refuses the mesh. */
export const errorsOf = ({ diagnostics }: Plan): readonly string[] =>
  diagnostics.filter(({ severity }) => severity === 'error').map(({ code }) => code)
