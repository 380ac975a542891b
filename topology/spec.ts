/**
 * What people write, as values: mesh.yaml and regions/*.yaml after reading. Names and words are those of the files;
 * absent options are already filled with their defaults, except where "not given" means something of its own.
 */
import type { Place } from './diagnostic.ts'
import type { EndpointSpec } from './endpoint.ts'
import type {
  DomainName,
  HostClass,
  HostLabel,
  HostName,
  InterfaceName,
  JailName,
  MeshName,
  RegionName,
} from './names.ts'
import type { Service } from './port.ts'
import type { Family, Prefix } from './prefix.ts'

export interface MeshSpec {
  readonly name: MeshName
  readonly domain: DomainName
  readonly addressing: AddressingSpec
  readonly wireguard: WireguardSpec
  /** age recipients (`age1…`) that secrets.age is encrypted to; none: the operator's own identity. */
  readonly recipients: readonly string[]
  /** Round trip between two regions in milliseconds, by {@link latencyKey}. */
  readonly latency: ReadonlyMap<string, number>
  /** The glob that finds the region files. */
  readonly regionsPattern: string
  readonly regions: readonly RegionSpec[]
  readonly flows: readonly FlowSpec[]
  readonly services: readonly ServiceSpec[]
  readonly tests: readonly TestSpec[]
  readonly hooks: readonly HookSpec[]
  readonly document: string
}

interface AddressingSpec {
  readonly ipv4: Prefix
  /** Null: a ULA is drawn once (RFC 4193) and remembered in the lock. */
  readonly ipv6: Prefix | null
  readonly regionLength: { readonly inet: number; readonly inet6: number }
  readonly hostLength: { readonly inet: number; readonly inet6: number }
}

interface WireguardSpec {
  readonly topology: 'full' | 'regional'
  readonly port: number
  /** Seconds; sent only by hosts behind NAT. */
  readonly keepalive: number
  readonly presharedKeys: boolean
}

export interface RegionSpec {
  readonly name: RegionName
  readonly title: string
  readonly location: { readonly latitude: number; readonly longitude: number } | null
  readonly hosts: readonly HostSpec[]
  readonly document: string
}

export interface HostSpec {
  readonly name: HostName
  readonly region: RegionName
  /** Empty: nobody can call the host (`none`, `dynamic`); it speaks first. */
  readonly endpoints: readonly EndpointSpec[]
  /** Families the host can send on, when it has no endpoint that would tell. */
  readonly underlay: readonly Family[]
  /** The UDP port it listens on. */
  readonly port: number
  readonly interface: InterfaceName
  /** Bytes a packet on the underlay may have. */
  readonly underlayMtu: number
  readonly provider: string | null
  readonly lan: readonly Prefix[]
  readonly ssh: { readonly address: string | null; readonly user: string; readonly port: number }
  readonly admin: readonly Prefix[]
  readonly resolvers: readonly string[]
  readonly arch: 'amd64' | 'arm64'
  readonly cpus: number | null
  /** Bytes. */
  readonly memory: number | null
  readonly disk: number | null
  readonly class: HostClass
  readonly labels: readonly HostLabel[]
  readonly release: { readonly major: number; readonly minor: number }
  readonly gateway: boolean
  /** No service is placed here any more. */
  readonly drained: boolean
  /** `host`: the private key never leaves the host, and this is its public key. */
  readonly keys: { readonly kind: 'derived' } | { readonly kind: 'host'; readonly publicKey: string }
  readonly wiring: 'routed' | 'bridge'
  /** Directory that holds the jails' roots. */
  readonly jailRoot: string
  readonly jails: readonly JailSpec[]
  readonly place: Place
}

export interface JailSpec {
  readonly name: JailName
  readonly serves: readonly Service[]
  readonly from: readonly string[]
  /** Whole cores (rctl pcpu 100 each) and bytes. */
  readonly cpus: number | null
  readonly memory: number | null
  readonly disk: number | null
  /** Null: declared by hand. */
  readonly service: JailService | null
  readonly place: Place
}

/** What a jail has from the service that it is an instance of. */
interface JailService {
  readonly name: string
  readonly role: string
  /** Parameters of jail.conf(5). */
  readonly parameters: ReadonlyMap<string, string | true>
  /** Jails of the same host that start before it. */
  readonly depends: readonly JailName[]
}

/** A service as written; what its keys mean is the business of its kind. */
export interface ServiceSpec {
  readonly name: string
  readonly value: Readonly<Record<string, unknown>>
  readonly place: Place
}

export interface FlowSpec {
  readonly from: string
  readonly to: string
  readonly services: readonly Service[]
  readonly why: string
  readonly place: Place
}

export interface TestSpec {
  readonly kind: 'must-reach' | 'must-not-reach'
  readonly from: string
  readonly to: string
  /** Null: any port (only for `must-not-reach`). */
  readonly service: Service | null
  readonly place: Place
}

export const hookSubjects = ['host', 'tunnel', 'instance', 'service', 'problem'] as const

/** Who is told of changes in health: a program on the operator's machine, or a chat. */
export interface HookSpec {
  readonly on: readonly (typeof hookSubjects)[number][]
  readonly atLeast: 'warn' | 'bad'
  /** Seconds that a state must last. */
  readonly hold: number
  readonly does:
    | { readonly kind: 'command'; readonly argv: readonly [string, ...string[]] }
    /** Name of the secret that holds the URL. */
    | { readonly kind: 'webhook'; readonly secret: string }
  readonly place: Place
}

/** The same for a/b and b/a. */
export const latencyKey = (a: string, b: string): string => (a < b ? `${a}/${b}` : `${b}/${a}`)
