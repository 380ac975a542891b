/**
 * What the mesh remembers between runs, so that nothing renumbers: mesh.lock.yaml as a value. Whoever is removed stays
 * here as retired: its numbers are not given to another while this file names it, and it gets them back on its return.
 */
import type { HostName, JailName, MeshName, RegionName } from './names.ts'
import type { Prefix } from './prefix.ts'

export const lockDocument = 'mesh.lock.yaml'
export const lockVersion = 1

export interface Lock {
  readonly mesh: MeshName
  /** Which root secret the public keys come from; shows nothing of it. */
  readonly secret: string
  readonly overlay: { readonly ipv4: Prefix; readonly ipv6: Prefix }
  /** Raised to change every preshared key at once. */
  readonly pskEpoch: number
  readonly regions: ReadonlyMap<RegionName, LockedRegion>
  readonly hosts: ReadonlyMap<HostName, LockedHost>
  /** Where the instances of each role of each service live. */
  readonly services: ReadonlyMap<string, ReadonlyMap<string, LockedRole>>
  /** How often the secrets of a service were renewed, by service; 1 is not written down. */
  readonly serviceEpochs: ReadonlyMap<string, number>
  /** Numbers that rise when what they count changes, by service and name; kept for ever, because none may go back. */
  readonly serials: ReadonlyMap<string, ReadonlyMap<string, LockedSerial>>
}

export interface LockedSerial {
  /** 1 to 2³²−1, as in a SOA record (RFC 1035 §3.3.13). */
  readonly serial: number
  /** Of the text it counts: the first 16 hex digits of its SHA-256. */
  readonly digest: string
}

export interface LockedRole {
  /** By name. */
  readonly hosts: readonly HostName[]
  /** Those of them that were there when the role was first placed. */
  readonly founders: readonly HostName[]
}

export interface LockedRegion {
  readonly number: number
  /** Of a regional mesh: who joins the region to the others, so that a newcomer does not take its place. */
  readonly gateway: HostName | null
  readonly retired: boolean
}

export interface LockedHost {
  readonly region: RegionName
  /** Within its region. */
  readonly number: number
  readonly keyEpoch: number
  /** Of the derived private key at that epoch; null before it was first computed, and for `keys: host`. */
  readonly publicKey: string | null
  /** What the endpoint names of the host were when last looked up, by name. */
  readonly resolved: ReadonlyMap<string, readonly string[]>
  readonly jails: ReadonlyMap<JailName, LockedJail>
  readonly retired: boolean
}

export interface LockedJail {
  readonly slot: number
  readonly retired: boolean
}
