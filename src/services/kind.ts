/**
 * What a kind of service is: its options, its roles and where they may live, who talks to whom, and every file an
 * instance needs. A kind is one folder with one such value in it; the catalogue lists them, and nothing else knows any.
 */
import type * as z from 'zod'
import type { Diagnostic, Place } from '../../topology/diagnostic.ts'
import type { Host, Jail, Mesh } from '../../topology/mesh.ts'
import type { HostClass, HostLabel, HostName, RegionName } from '../../topology/names.ts'
import type { Demand, Domain } from '../../topology/place/problem.ts'
import type { Resilience } from '../../topology/place/whatif.ts'
import type { HostSpec, MeshSpec } from '../../topology/spec.ts'
import type { SecretText } from '../keys/secret-text.ts'
import type { ServiceSecrets } from '../keys/service.ts'
import type { FileMode, Reload } from '../render/file.ts'
import type { Capability, Offers } from './capability.ts'

/** A service as declared, its options read and its dependencies found. */
export interface Service<O = unknown> {
  readonly name: string
  readonly kind: AnyKind
  /** One of the kind's versions. */
  readonly version: string
  readonly options: O
  /** `services.NAME` in mesh.yaml. */
  readonly place: Place
  /** Pins of the whole service, and of single roles. */
  readonly everywhere: RoleOverride
  readonly roles: ReadonlyMap<string, RoleOverride>
  /** Secrets that people gave, as files of its jails. */
  readonly secretFiles: readonly SecretFile[]
  /** Who gives it what it needs: one service, but for a need of `many`. */
  readonly uses: ReadonlyMap<Capability, readonly Service[]>
  /** Who uses it, by name; the same service may use several capabilities. */
  readonly clients: readonly Client[]
}

export interface Client {
  readonly service: Service
  readonly capability: Capability
  /** The roles of the client that connect. */
  readonly roles: readonly string[]
}

/** All services of a mesh, by name: for kinds that look at the others (metrics, names). */
export type Services = readonly Service[]

/** Where roles are, for flows between single instances: said as words, `db-postgres@tesla`. */
export interface Placement {
  /** All of the mesh, by name. */
  readonly hosts: readonly HostSpec[]
  /** By name. */
  hostsOf(service: string, role: string): readonly HostSpec[]
  roundTrip(a: RegionName, b: RegionName): { readonly milliseconds: number }
}

export interface ServiceKind<O = unknown> {
  readonly kind: string
  /** One line for people: what it is. */
  readonly summary: string
  /** Versions it renders for, the default first; options that a version does not know are refused by `check`. */
  readonly versions: readonly [string, ...string[]]
  /** Keys of the kind beside those every service has (kind, version, uses, hosts, regions, labels, roles). */
  readonly options: z.ZodRawShape
  /** What it can give to others. */
  readonly offers: readonly Capability[]
  /** What it needs of others, and which of its roles connect. */
  needs(options: O): readonly Need[]
  /** What options cannot say of each other by schema alone: versions, counts. Places are below `service.place`. */
  check?(service: Service<O>, services: Services): Iterable<Diagnostic>
  /** What can be said only when its roles have hosts: `hostsOf` gives those of a role, by name. `mesh`: as written. */
  checkPlaced?(
    service: Service<O>,
    hostsOf: (role: string) => readonly HostSpec[],
    mesh: MeshSpec,
  ): Iterable<Diagnostic>
  /** Texts that carry a number which rises whenever they change, by name and without it: see {@link Deployed.serialOf}. */
  counts?(service: Addressed<O>): ReadonlyMap<string, string>
  roles(service: Service<O>): readonly RoleSpec[]
  flows(service: Service<O>, services: Services, placement: Placement): readonly FlowDraft[]
  /** Every file of one instance, and what its rc.conf says. Called after addresses are known. */
  render(instance: Instance, service: Deployed<O>): JailContent
  /** What an instance needs of its host, outside of any jail. Null: nothing. */
  hostPart?(instance: Instance, service: Deployed<O>): HostPart | null
  /** Steps that are done once in the life of a service, each on one host. */
  firstStart?(service: Deployed<O>): readonly FirstStart[]
  /** What a client needs to know to connect. Only for the capabilities it offers. */
  offer?<C extends Capability>(capability: C, service: Deployed<O>, client: Instance): Offers[C]
}

/** A kind whose options are its own business. */
export type AnyKind = ServiceKind

/** Ties the options' schema to the type the rest of the kind works with. */
export const defineKind = <S extends z.ZodRawShape>(
  kind: ServiceKind<z.output<z.ZodObject<S>>> & { readonly options: S },
): AnyKind => kind

export interface Need {
  readonly capability: Capability
  /** Roles of this kind that connect to it. */
  readonly roles: readonly string[]
  /** Without it the service works too, with less. */
  readonly optional?: true
  /** Every service that offers it, not one. */
  readonly many?: true
}

export interface RoleSpec {
  /** Its jails are called SERVICE-ROLE. */
  readonly name: string
  /** `with-clients`: on every host that has an instance of a client's role. */
  readonly count: number | 'everywhere' | 'per-region' | 'with-clients'
  readonly spread?: readonly { readonly by: Domain; readonly max: number; readonly hard: boolean }[]
  /** Members of a quorum. */
  readonly voters?: true
  /** How it stands the loss of members. Default: voters, if it is one; else stateless. */
  readonly resilience?: Resilience
  /** Roles of this service without which it does no work. What it uses of others, it needs as well. */
  readonly needs?: readonly string[]
  readonly demand: Demand
  readonly arch?: readonly ('amd64' | 'arm64')[]
  readonly labels?: readonly HostLabel[]
  /** The class of host it likes best; default `core`. Null: any but `weak`. */
  readonly prefers?: HostClass | null
  /** Roles of this service that never share its host. */
  readonly apart?: readonly string[]
  /** Tenths: 1 for what has no state. */
  readonly moveCost?: number
  /** Roles of this service, or capabilities it uses, that it talks to; SQL 10, locks 8, S3 3, metrics 1. */
  readonly talksTo?: readonly { readonly role?: string; readonly capability?: Capability; readonly weight: number }[]
  /** Milliseconds between any two instances. */
  readonly maxRtt?: number
  /** Roles of this service that its jail starts after, where they share a host. Providers of what it uses come first anyway. */
  readonly after?: readonly string[]
  /** Parameters of jail.conf(5) beyond the usual: `{'allow.raw_sockets': true}`. */
  readonly jail?: Readonly<Record<string, string | true>>
  /** Of a jail that a client of this capability connects to. Default: its first role. */
  readonly serves?: readonly { readonly capability: Capability; readonly ports: readonly string[] }[]
  /** Ports that the outside reaches on the host's own address: `443/tcp`. */
  readonly publicPorts?: readonly string[]
  /** Jails of its host ask it for names. */
  readonly resolves?: true
  readonly metrics?: Metrics
  /** What its metrics say of its health. */
  readonly health?: RoleHealth
  readonly probe: Probe
  /** Directories in the jail that hold what must not be lost. */
  readonly state?: readonly string[]
}

export interface Metrics {
  readonly port: number
  readonly path: string
  /** Prometheus job: `patroni`. */
  readonly job: string
  /** Purpose of a bearer token: {@link bearerOf} is what both sides write. */
  readonly bearer?: string
  /** Where the jail itself has that token: `usr/local/etc/garage/metrics_token`. */
  readonly tokenFile?: string
  /** What it gives is about others: its labels stay as they are (`honor_labels`). */
  readonly honorLabels?: true
}

/** One sample of the Prometheus text format. */
export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** How an instance is, read from metrics: the same whether its host asked for them or a Prometheus has them. */
export interface RoleHealth {
  /** Names of the metrics it reads; no others leave the host. */
  readonly series: readonly string[]
  /** `samples`: those of one instance, of the names above, in any order; may be empty. */
  read(samples: readonly Sample[]): Finding
  /**
   * What only shows beside the others: by instance, in the same order; null changes nothing. `beside`: what those of the
   * other roles of the service were found to be, by role.
   */
  compare?(findings: Findings, beside?: ReadonlyMap<string, Findings>): Findings
  /** Samples as an instance in this part gives them: what the demo is made of, and what `read` must understand. */
  imagine(of: Imagined): readonly Sample[]
}

export type Findings = readonly (Finding | null)[]

/** The part an instance plays in the demo. */
export interface Imagined {
  readonly leads: boolean
  /** Instances of its role, and how many of them it reaches, itself among them. */
  readonly members: number
  readonly reached: number
  /** Does one of those that it reaches lead? */
  readonly led: boolean
  /** The same of the role that it leads to, as a proxy sees it. Not there: all is well behind it. */
  readonly behind?: Pick<Imagined, 'members' | 'reached' | 'led'>
  /** Since the demo began: for counters and positions that grow. */
  readonly seconds: number
}

export interface Finding {
  /** warn: it works, and somebody should look. bad: it does not do its work. */
  readonly state: 'ok' | 'warn' | 'bad'
  /** What it is or what is wrong, in a few words: `leader`, `replica`, `no leader`, `2 of 3 servers`. */
  readonly word: string
  /** It leads its role: the primary, the leader, the master. */
  readonly leads?: boolean
  /** Shown in this order: `{timeline: '4', lag: '0 B'}`. */
  readonly details?: Readonly<Record<string, string>>
  /** For `compare`: `{wal: 117440512}`. */
  readonly numbers?: Readonly<Record<string, number>>
}

/** The token by which metrics of a service are read. */
export const bearerOf = ({ secrets }: Pick<Deployed, 'secrets'>, purpose: string): SecretText => secrets.text(purpose)

/** How the health of an instance is asked for, from its own host. */
export type Probe =
  | { readonly kind: 'tcp'; readonly port: number }
  | {
      readonly kind: 'http'
      readonly port: number
      readonly path: string
      readonly expect: readonly number[]
      /** A regular expression that the body fits. */
      readonly body?: string
    }
  /** `@`: the domain of the mesh; it is written out in the manifest. */
  | { readonly kind: 'dns'; readonly port: number; readonly name: string }
  | { readonly kind: 'redis'; readonly port: number }
  | { readonly kind: 'process'; readonly rc: string }

/** An end of a flow: a role of this service, one of another service, or a word of mesh.yaml (`outside`, `hosts`, a region). */
export type FlowEnd = { readonly role: string; readonly service?: string } | { readonly word: string }

export interface FlowDraft {
  readonly from: FlowEnd
  readonly to: FlowEnd
  /** `5432/tcp` */
  readonly ports: readonly string[]
  readonly why: string
  /** Only between instances on the same host. */
  readonly beside?: true
}

/** One jail of a service. */
export interface Instance {
  readonly service: string
  readonly role: string
  readonly host: Host
  readonly jail: Jail
  /** Was there when the role was first placed: it forms the cluster; whoever comes later joins it. */
  readonly founder: boolean
}

/** A service whose instances have addresses. */
export interface Addressed<O = unknown> extends Service<O> {
  readonly mesh: Mesh
  /** By host name. */
  instances(role: string): readonly Instance[]
}

/** And what it takes to render them. */
export interface Deployed<O = unknown> extends Addressed<O> {
  /** The instances of any service. */
  instancesOf(service: string, role: string): readonly Instance[]
  readonly secrets: ServiceSecrets
  /** The number of a text that the kind counts: 1 at first, and one more after each change of the text. */
  serialOf(name: string): number
  /** What the services that it uses tell this client, by service; empty when an optional one is not there. */
  offers<C extends Capability>(capability: C, client: Instance): ReadonlyMap<string, Offers[C]>
  /** Milliseconds between two regions; `estimated` when nobody measured it. */
  roundTrip(a: RegionName, b: RegionName): { readonly milliseconds: number; readonly estimated: boolean }
  readonly services: readonly Deployed[]
}

/** A text that a file holds: plain, or with secrets in it. */
export interface JailFile {
  /** Inside the jail, without the leading slash: `usr/local/etc/haproxy.conf`. */
  readonly path: string
  readonly text: string
  readonly mode: 0o600 | 0o640 | 0o644 | 0o700 | 0o755
  /** Names of the jail's passwd(5); default root and wheel. */
  readonly owner?: string
  readonly group?: string
  /** Secrets are in it. */
  readonly secret: boolean
  /** rc(8) script and what to do with it when the file changes. */
  readonly reload: { readonly rc: string; readonly how: 'reload' | 'restart' } | null
}

export interface JailContent {
  readonly files: readonly JailFile[]
  /** Of the jail's rc.conf, in this order: `{postgresql_enable: 'YES'}`. */
  readonly rc: Readonly<Record<string, string>>
  /** Names of packages, as pkg(8) knows them. */
  readonly packages: readonly string[]
}

/** What a service has on the host itself: for what no jail can do. */
export interface HostPart {
  readonly files: readonly HostFile[]
  /** Filter rules of pf.conf(5), whole lines; `$ext` is the host's own interface. */
  readonly rules: readonly string[]
}

export interface HostFile {
  /** Without the leading slash: `etc/rc.conf.d/netif/meshwright-carp`. */
  readonly path: string
  readonly text: string
  readonly mode: FileMode
  readonly secret: boolean
  readonly reload: Reload
}

/** A checked step in sh(1), run once by root in the jail of one instance, and harmless when run again. */
export interface FirstStart {
  /** `bootstrap`: the script is usr/local/libexec/meshwright/SERVICE-STEP.sh in that jail. */
  readonly step: string
  readonly on: Instance
  /** Whole script, `#!/bin/sh` first. */
  readonly text: string
  readonly secret: boolean
}

interface SecretFile {
  /** Absolute, in the jail. */
  readonly path: string
  /** Its name in secrets.age. */
  readonly secret: string
  /** Not there: in all of them. */
  readonly roles?: readonly string[] | undefined
  readonly owner: string
  readonly group: string
}

/** What people say of one role in `roles:`; absent keys leave it to the kind. */
export interface RoleOverride {
  readonly count?: number | undefined
  readonly hosts?: readonly HostName[] | undefined
  readonly regions?: readonly RegionName[] | undefined
  readonly labels?: readonly HostLabel[] | undefined
  /** Cores, and bytes. */
  readonly cpus?: number | undefined
  readonly memory?: number | undefined
  readonly disk?: number | undefined
}
