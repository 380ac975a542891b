/**
 * Timings of etcd and Patroni from the round trips between their members. etcd: heartbeat 0.5 to 1.5 times the longest
 * round trip, election at least ten times it and five heartbeats, the same on all members (etcd tuning guide). Patroni:
 * loop_wait + 2·retry_timeout ≤ ttl, and a retry outlasts an election, or each election would demote the primary.
 */
import type { Deployed, Instance } from '../kind.ts'

interface Timing {
  /** Milliseconds. */
  readonly heartbeat: number
  readonly election: number
  /** Seconds. */
  readonly ttl: number
  readonly loopWait: number
  readonly retryTimeout: number
}

export function timingOf(milliseconds: number): Timing {
  const heartbeat = Math.max(100, Math.ceil((milliseconds * 1.5) / 10) * 10)
  const election = Math.max(1000, 5 * heartbeat, Math.ceil((milliseconds * 10) / 100) * 100)
  const loopWait = 10
  const retryTimeout = Math.max(10, Math.ceil((2 * election + milliseconds) / 1000))
  return { heartbeat, election, loopWait, retryTimeout, ttl: Math.max(30, loopWait + 2 * retryTimeout) }
}

/** The longest round trip between two of the instances, in milliseconds. */
export function longestTrip(service: Pick<Deployed, 'roundTrip'>, instances: readonly Instance[]): number {
  const trips = instances.flatMap((a, i) =>
    instances.slice(i + 1).map(b => service.roundTrip(a.host.region, b.host.region).milliseconds),
  )
  return Math.max(1, ...trips)
}
