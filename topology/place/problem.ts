/**
 * What is to be placed and where it may go: the services of a mesh, reduced to what placement looks at. Every number is
 * a whole one, so that sums do not depend on the order of adding.
 */
import type { Place } from '../diagnostic.ts'
import type { HostClass, HostLabel, HostName, RegionName } from '../names.ts'

/** `db/postgres`: a role of a service. */
export type RoleId = string & { readonly role?: never }

/** A host as somewhere to live. */
export interface Site {
  readonly host: HostName
  readonly region: RegionName
  /** A host whose provider is not known counts as a provider of its own. */
  readonly provider: string
  readonly arch: 'amd64' | 'arm64'
  readonly class: HostClass
  readonly labels: readonly HostLabel[]
  /** Nothing new comes here, and what is here moves away. */
  readonly drained: boolean
  /** False: nobody can call it, so it has no public ports to give. */
  readonly callable?: false
  /** Public ports that jails declared by hand have. */
  readonly ports?: readonly string[]
  /** What jails declared by hand leave over. Null: not known, and never full. */
  readonly free: Demand<number | null>
}

export interface Demand<T = number> {
  /** Hundredths of a core. */
  readonly cpu: T
  /** MiB. */
  readonly memory: T
  readonly disk: T
}

/** Failure domains, the smallest first. */
export const domains = ['host', 'provider', 'region'] as const
export type Domain = (typeof domains)[number]

export type Count =
  | { readonly kind: 'fixed'; readonly instances: number }
  /** On every host that its rules allow. */
  | { readonly kind: 'everywhere' }
  /** One in every region that has a host its rules allow. */
  | { readonly kind: 'per-region' }
  /** On every host that has an instance of one of these. */
  | { readonly kind: 'with'; readonly roles: readonly RoleId[] }

export interface Role {
  readonly id: RoleId
  /** For complaints. */
  readonly place: Place
  readonly count: Count
  /** At most so many instances in one domain; hard ones hold or there is no placement, soft ones are the second term. */
  readonly spread: readonly { readonly by: Domain; readonly max: number; readonly hard: boolean }[]
  /** Members of a quorum: losing any one provider or region leaves a majority, where the sites allow that at all. */
  readonly voters: boolean
  readonly demand: Demand
  /** Empty: any. */
  readonly arch: readonly Site['arch'][]
  /** All of them must be on the host. */
  readonly labels: readonly HostLabel[]
  /** Pins. Null: any. */
  readonly hosts: readonly HostName[] | null
  readonly regions: readonly RegionName[] | null
  /** Never together with these on one host. */
  readonly apart: readonly RoleId[]
  /** The class of host it likes best. Null: any but `weak`. */
  readonly prefers: HostClass | null
  /** Tenths: what a move of one instance costs (state to copy; a voter's counts double already). */
  readonly moveCost: number
  /** Whom its instances talk to, each to the nearest. The weight is of one round trip. */
  readonly talksTo: readonly { readonly role: RoleId; readonly weight: number }[]
  /** Milliseconds between any two of its instances at most. Null: any. */
  readonly maxRtt: number | null
  /** Ports of the host's own public address that only one role of a host can have. */
  readonly publicPorts: readonly string[]
}

export interface Problem {
  /** By name. */
  readonly sites: readonly Site[]
  /** By id. */
  readonly roles: readonly Role[]
  /** Whole microseconds between two regions, 0 < within one. */
  readonly roundTrip: (a: RegionName, b: RegionName) => number
  /** Where instances live now; they stay unless a hard rule forbids it. */
  readonly current: Placed
}

/** Hosts of each role, by name. */
export type Placed = ReadonlyMap<RoleId, readonly HostName[]>

/** Compared from the first term to the last; less is better. */
export interface Objective {
  readonly moves: number
  /** Instances too many in a region, provider, host: compared in this order. */
  readonly spread: readonly [number, number, number]
  /** Weighted microseconds. */
  readonly latency: number
  /** Instances on hosts of a class they do not prefer. */
  readonly preference: number
  /** Per mille of the fullest host's memory, then of its cpu. */
  readonly imbalance: readonly [number, number]
}
