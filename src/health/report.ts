/**
 * What a source brings: what one host said of itself, or that it did not. Texts are as they came, cut and without control
 * characters; what did not come is null, and `missing` says why. A report has no secrets in it: it may be recorded.
 */
import type { Sample } from '../services/kind.ts'

export type Observation = HostReport | HostSilence

export interface HostSilence {
  readonly kind: 'silence'
  /** Number in the fleet. */
  readonly host: number
  /** Milliseconds since the epoch, by the clock of whoever watches. */
  readonly at: number
  /** `does not answer`, `refuses the key`: for people. */
  readonly why: string
}

export interface HostReport {
  readonly kind: 'report'
  readonly host: number
  readonly at: number
  /** How long the host took to answer, in milliseconds; null: nobody measured it. */
  readonly took: number | null
  readonly system: System | null
  readonly pools: readonly Pool[] | null
  /** Names of the jails that run; null: not told. */
  readonly jails: readonly string[] | null
  readonly interfaces: readonly Interface[] | null
  readonly pf: Pf | null
  readonly carp: readonly Carp[] | null
  readonly drift: Drift | null
  readonly peers: Peers | null
  readonly pings: Pings | null
  /** By the jail of the instance. */
  readonly answers: readonly Answer[]
  /** Facts that did not come: `zpool list` → `no answer in time`. */
  readonly missing: Readonly<Record<string, string>>
}

export interface System {
  /** The host's own clock and its boot, in seconds since the epoch. */
  readonly clock: number
  readonly booted: number
  readonly cpus: number
  /** Over 1, 5 and 15 minutes. */
  readonly load: readonly [number, number, number]
  /** Bytes; `free` counts what can be had without swapping. */
  readonly memory: { readonly total: number; readonly free: number }
  /** As freebsd-version(1) says it: installed kernel, running kernel, userland. */
  readonly release: { readonly kernel: string; readonly running: string; readonly userland: string } | null
}

/** As zpool-list(8) says it; sizes in bytes. */
export interface Pool {
  readonly name: string
  readonly size: number
  readonly allocated: number
  readonly health: string
}

/** Counters of netstat(1) since boot. */
export interface Interface {
  readonly name: string
  readonly up: boolean
  readonly mtu: number
  readonly received: number
  readonly sent: number
  /** Packets in error or dropped, both ways. */
  readonly errors: number
}

export interface Pf {
  readonly enabled: boolean
  /** Does the first filter rule block everything? Null: the rules were not told. */
  readonly defaultDeny: boolean | null
  readonly states: number | null
  readonly labels: readonly PfLabel[]
}

/** Of pfctl -s labels since the rules were loaded; rules of one label are added up. `states`: ever made. */
export interface PfLabel {
  readonly label: string
  readonly packets: number
  readonly bytes: number
  readonly states: number
}

/** A shared address on an interface, by ifconfig(8): MASTER, BACKUP or INIT. */
export interface Carp {
  readonly interface: string
  readonly vhid: number
  readonly state: string
}

/** Files that are not as they were built. */
export interface Drift {
  readonly checked: number
  readonly changed: readonly string[]
  readonly missing: readonly string[]
}

/** Columns of equal length: one entry a peer that the plan knows. */
export interface Peers {
  /** Numbers of hosts. */
  readonly to: ArrayLike<number>
  /** Seconds since the latest handshake by the host's own clock; NaN: never. */
  readonly age: ArrayLike<number>
  /** Bytes. */
  readonly received: ArrayLike<number>
  readonly sent: ArrayLike<number>
  /** Where each was last heard from; empty: not told. */
  readonly endpoints: readonly string[]
  /** Peers that the plan does not know, and planned ones with another key, for people. */
  readonly strangers: readonly string[]
}

/** Echo requests through tunnels, one each. */
export interface Pings {
  readonly to: ArrayLike<number>
  /** Milliseconds; NaN: no answer. */
  readonly milliseconds: ArrayLike<number>
}

export interface Answer {
  readonly jail: string
  /** Null: nobody could ask. */
  readonly alive: boolean | null
  /** `HTTP 503`, `no answer`: for people; empty when alive. */
  readonly why: string
  /** Those that the role's health reads; null: it gave none. */
  readonly samples: readonly Sample[] | null
}
