/**
 * One observation of the whole mesh: what screens, tables, exports and alerts are made from. Times are milliseconds since
 * the epoch by the clock of the source; NaN in a column: not known.
 */
import type { Finding } from '../services/kind.ts'
import type { Event } from './events.ts'
import type { Fleet, WatchedInstance, WatchedRole, WatchedService } from './fleet.ts'
import type { HostReport } from './report.ts'
import type { SourceKind } from './source.ts'
import { reasonText, type TunnelReason, tunnelReasons, type TunnelState, tunnelStates } from './verdict.ts'

/** From best to worst, but for unknown: nothing can be said. */
export const levels = ['ok', 'unknown', 'warn', 'bad'] as const
export type Level = (typeof levels)[number]
export const worst = (all: Iterable<Level>): Level => {
  let found: Level = 'ok'
  for (const level of all) if (levels.indexOf(level) > levels.indexOf(found)) found = level
  return found
}

export interface Snapshot {
  readonly fleet: Fleet
  readonly source: { readonly kind: SourceKind; readonly title: string; readonly madeUp?: true }
  readonly at: number
  /** By number. */
  readonly hosts: readonly HostHealth[]
  readonly tunnels: TunnelColumns
  readonly services: readonly ServiceHealth[]
  readonly totals: Totals
  /** The oldest first, a bounded number of them. */
  readonly events: readonly Event[]
  readonly history: History
}

/** stale: it did not answer last time, or has not been heard of for longer than it should; down: nor the time before. */
export type HostState = 'up' | 'stale' | 'down' | 'unknown'

export interface HostHealth {
  readonly number: number
  readonly name: string
  readonly state: HostState
  /** Since when it is in that state. */
  readonly since: number
  /** Of the state, for people; empty when up. */
  readonly why: string
  /** Worst of its state and its problems. */
  readonly level: Level
  /** The last it said; null: nothing yet. What it says may be old: see `state`. */
  readonly report: HostReport | null
  readonly problems: readonly Problem[]
  /** Jails that should run and do not; null: not told. */
  readonly missingJails: readonly string[] | null
  /** Jails that run and are not in the plan. */
  readonly foreignJails: readonly string[]
  /** Of its own tunnels: how many it sees in each state. */
  readonly tunnels: Readonly<Record<TunnelState, number>>
}

/** One thing that is wrong with a host: `pool zroot is DEGRADED`, `jail db-etcd does not run`. */
export interface Problem {
  /** Tells it apart from the host's others, whatever numbers its text holds: `pool zroot`. */
  readonly key: string
  readonly level: 'warn' | 'bad'
  readonly text: string
}

/** By number of the directed tunnel; new arrays in each snapshot. */
export interface TunnelColumns {
  /** Index in {@link tunnelStates}. */
  readonly state: Uint8Array
  /** Index in {@link tunnelReasons}. */
  readonly reason: Uint8Array
  readonly since: Float64Array
  /** Seconds since the latest handshake, at the time of the snapshot; NaN: never, or not told. */
  readonly age: Float32Array
  /** Bytes a second. */
  readonly received: Float32Array
  readonly sent: Float32Array
  /** Milliseconds. */
  readonly roundTrip: Float32Array
  /** Of the last echo requests, 0 to 1. */
  readonly loss: Float32Array
}

export interface TunnelHealth {
  readonly number: number
  readonly from: string
  readonly to: string
  readonly state: TunnelState
  readonly level: Level
  /** `echo after 24 ms`, `no handshake for 12 min`. */
  readonly why: string
  readonly since: number
  /** Null: never, or not told. */
  readonly handshakeAge: number | null
  readonly received: number | null
  readonly sent: number | null
  readonly roundTrip: number | null
  readonly loss: number | null
}

export interface InstanceHealth {
  readonly instance: WatchedInstance
  /** Name of its host. */
  readonly host: string
  readonly state: Level
  /** `leader`, `replica`, `no answer`, `its host is down`. */
  readonly word: string
  readonly leads: boolean
  readonly details: Readonly<Record<string, string>>
  readonly finding: Finding | null
  /** Does its jail run? Null: not told. */
  readonly jailRuns: boolean | null
  readonly since: number
}

export interface RoleState {
  readonly role: WatchedRole
  readonly level: Level
  /** Null: it has none, or too few are known about. */
  readonly quorum: boolean | null
  /** Host names. */
  readonly leaders: readonly string[]
  readonly wanted: number
  /** Their jails run. */
  readonly placed: number
  /** They answer, and do their work. */
  readonly running: number
  readonly instances: readonly InstanceHealth[]
}

export interface ServiceHealth {
  readonly service: WatchedService
  readonly level: Level
  /** `works`, `degraded`, `no quorum`, `no leader`, `down`, `unknown`. */
  readonly word: string
  readonly since: number
  readonly quorum: boolean | null
  /** `postgres tesla`, for roles that have one. */
  readonly leader: string | null
  readonly wanted: number
  readonly placed: number
  readonly running: number
  readonly roles: readonly RoleState[]
}

export interface Totals {
  readonly level: Level
  readonly hosts: { readonly total: number; readonly up: number }
  /** Directed. */
  readonly tunnels: Readonly<Record<TunnelState, number>> & { readonly total: number }
  readonly services: { readonly total: number; readonly ok: number }
}

/** One entry a tick, the oldest first, a bounded number of them. */
export interface History {
  readonly at: readonly number[]
  /** Parts of the whole, 0 to 1. */
  readonly hosts: readonly number[]
  readonly tunnels: readonly number[]
  readonly services: readonly number[]
  /** Index in {@link levels} of each host, and of each service by name. */
  readonly ofHost: readonly (readonly number[])[]
  readonly ofService: ReadonlyMap<string, readonly number[]>
}

export const levelOfTunnel = (state: TunnelState): Level =>
  state === 'up' ? 'ok' : state === 'unknown' ? 'unknown' : state === 'lossy' || state === 'stale' ? 'warn' : 'bad'

const known = (value: number | undefined): number | null => (value === undefined || Number.isNaN(value) ? null : value)

export function tunnelAt({ fleet, tunnels }: Pick<Snapshot, 'fleet' | 'tunnels'>, number: number): TunnelHealth {
  const state = tunnelStates[tunnels.state[number] ?? 0] ?? 'unknown'
  const reason: TunnelReason = tunnelReasons[tunnels.reason[number] ?? 0] ?? 'nothing-known'
  const one = {
    handshakeAge: known(tunnels.age[number]),
    roundTrip: known(tunnels.roundTrip[number]),
    loss: known(tunnels.loss[number]),
  }
  return {
    ...{ number, state, level: levelOfTunnel(state) },
    from: fleet.hosts[fleet.tunnels.from[number] ?? 0]?.name ?? '',
    to: fleet.hosts[fleet.tunnels.to[number] ?? 0]?.name ?? '',
    why: reasonText(reason, one),
    since: tunnels.since[number] ?? 0,
    received: known(tunnels.received[number]),
    sent: known(tunnels.sent[number]),
    ...one,
  }
}
