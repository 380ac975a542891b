/** The planned mesh: every number given out, every address known, every flow resolved. Built once, then only read. */
import type { Endpoint } from './endpoint.ts'
import type { Connections } from './connect.ts'
import type { Flow } from './flow.ts'
import type { DomainName, HostName, JailName, MeshName, RegionName } from './names.ts'
import type { Address, Family, PerFamily, Prefix } from './prefix.ts'
import type { HostSpec, JailSpec } from './spec.ts'

export interface Mesh {
  readonly name: MeshName
  readonly domain: DomainName
  readonly overlay: PerFamily<Prefix>
  readonly topology: 'full' | 'regional'
  readonly presharedKeys: boolean
  readonly pskEpoch: number
  /** Seconds. */
  readonly keepalive: number
  /** Bytes, of wg0 and of every epair. */
  readonly mtu: number
  readonly regions: readonly Region[]
  /** Every host, by name. */
  readonly hosts: readonly Host[]
  readonly connections: Connections
  readonly flows: readonly Flow[]
}

export interface Region {
  readonly name: RegionName
  readonly title: string
  readonly number: number
  readonly prefix: PerFamily<Prefix>
  readonly location: { readonly latitude: number; readonly longitude: number } | null
  readonly hosts: readonly Host[]
}

export interface Host {
  readonly name: HostName
  readonly region: RegionName
  /** `tesla.mesh.example.net` */
  readonly fqdn: string
  readonly number: number
  readonly keyEpoch: number
  /** What it owns in the overlay: its own address and its jails'. */
  readonly prefix: PerFamily<Prefix>
  /** Its own address, on wg0. */
  readonly address: PerFamily<Address>
  /** Where peers can call it; null: not on that family. */
  readonly endpoint: PerFamily<Endpoint | null>
  /** Families it can send on. */
  readonly sends: PerFamily<boolean>
  /** The family listed first under `endpoint:`. */
  readonly prefers: Family
  /** By name. */
  readonly jails: readonly Jail[]
  readonly spec: HostSpec
}

export interface Jail {
  readonly name: JailName
  readonly host: HostName
  /** `app.tesla.mesh.example.net` */
  readonly fqdn: string
  readonly slot: number
  /** epair(4) unit: `epair101a` on the host, `epair101b` in the jail. */
  readonly unit: number
  readonly address: PerFamily<Address>
  /** The host's end of the epair, or the bridge: the jail's default router. */
  readonly router: PerFamily<Address>
  /** Prefix length of the link the two share. */
  readonly linkLength: PerFamily<number>
  /** Where the host's pf sees the jail's packets. */
  readonly filteredOn: string
  readonly wiring: { readonly kind: 'routed' } | { readonly kind: 'bridge'; readonly ether: string }
  readonly spec: JailSpec
}

export const isPublic = (host: Host): boolean => host.endpoint.inet !== null || host.endpoint.inet6 !== null

export const bridgeName = 'bridge1'
