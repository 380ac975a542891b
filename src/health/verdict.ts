/**
 * How a tunnel is, seen from one of its ends. Evidence in order: packets that cross in both directions, then echo
 * requests, then the age of the handshake; the age alone says nothing where nobody has to send. Limits follow from the
 * timers of WireGuard (REKEY_AFTER_TIME 120 s, REJECT_AFTER_TIME 180 s, KEEPALIVE_TIMEOUT 10 s, REKEY_TIMEOUT 5 s).
 */

/** lossy: it works, but echo requests are lost. one-way: packets arrive at one of its ends only. */
export const tunnelStates = ['unknown', 'up', 'lossy', 'stale', 'one-way', 'down'] as const
export type TunnelState = (typeof tunnelStates)[number]

export const tunnelReasons = [
  'nothing-known',
  'host-silent',
  'not-configured',
  'echo-answered',
  'packets-cross',
  'fresh-handshake',
  'echo-lost',
  'old-handshake',
  'no-handshake',
  'never-shook-hands',
  'waits-for-first-handshake',
  'no-echo',
  'hears-nothing',
  'unheard',
  'idle',
] as const
export type TunnelReason = (typeof tunnelReasons)[number]

/** What one end knows. Times are in seconds before it last told; NaN: never, or not known. */
export interface TunnelEvidence {
  /** Does this end still tell what it sees? */
  readonly hostSpeaks: boolean
  /** Is the other end among its peers? */
  readonly configured: boolean
  readonly handshakeAge: number
  /** Seconds between keepalives of either side; 0: none. */
  readonly keepalive: number
  /** Since the counter last grew. */
  readonly receivedAgo: number
  readonly sentAgo: number
  /** For how long it has been sending without having received anything. */
  readonly unansweredFor: number
  /** Echo requests of the last looks: how many were sent, how many lost, how many of the last ones in a row. */
  readonly echoes: number
  readonly lost: number
  readonly lostInARow: number
  /** Has anything of this end arrived at the other lately? Null: the other end does not tell. */
  readonly otherHears: boolean | null
  /** So it was judged last time: what is on the edge does not go back and forth. */
  readonly wasLossy: boolean
  /** Since this end began to be watched, or booted: whichever is later. */
  readonly watchedFor: number
}

/** A session older than this is refused by both ends, and a keepalive has renewed it before: 165 s, and one keepalive. */
export const freshFor = (keepalive: number): number => 165 + keepalive + 10
const downAfter = 300
const oneWayAfter = 120
/** Counters that grew within this time are packets that cross now. */
const crossesWithin = 180
/**
 * Whoever takes data and has none to give sends an empty packet after KEEPALIVE_TIMEOUT: where echo requests are sent and
 * not even that comes, nothing comes at all.
 */
export const hearsWithin = 45
const lossyFrom = 0.2
const lossyStill = 0.1
const echoesForLoss = 5
/** So many lost in a row: something is wrong; the second: nothing comes through. */
export const echoesThatTell = 3
export const echoesThatDecide = 6

export function judgeTunnel(of: TunnelEvidence): { readonly state: TunnelState; readonly reason: TunnelReason } {
  const { handshakeAge: age } = of
  if (!of.hostSpeaks) return { state: 'unknown', reason: 'host-silent' }
  if (!of.configured) return { state: 'down', reason: 'not-configured' }
  const loss = of.echoes === 0 ? 0 : of.lost / of.echoes
  const lossy = of.echoes >= echoesForLoss && loss >= (of.wasLossy ? lossyStill : lossyFrom)
  const answered = of.echoes > 0 && of.lostInARow === 0
  if (answered) return lossy ? { state: 'lossy', reason: 'echo-lost' } : { state: 'up', reason: 'echo-answered' }
  const silent = of.lostInARow >= echoesThatTell
  const fresh = age <= freshFor(of.keepalive)
  const hears = of.receivedAgo <= (silent ? hearsWithin : crossesWithin)
  if (silent && hears && of.otherHears === false) return { state: 'one-way', reason: 'unheard' }
  // Data is taken only with keys of a session that both ends made: what grows on both sides crosses in both directions.
  if (fresh && hears && of.sentAgo <= crossesWithin && of.unansweredFor < oneWayAfter)
    return lossy || silent ? { state: 'lossy', reason: 'echo-lost' } : { state: 'up', reason: 'packets-cross' }
  if (silent && of.otherHears === true) return { state: 'one-way', reason: 'hears-nothing' }
  if (of.keepalive > 0) {
    if (Number.isNaN(age))
      return of.watchedFor > downAfter
        ? { state: 'down', reason: 'never-shook-hands' }
        : { state: silent ? 'down' : 'stale', reason: silent ? 'no-echo' : 'waits-for-first-handshake' }
    if (age > downAfter) return { state: 'down', reason: 'no-handshake' }
  }
  if (silent) return { state: fresh && of.lostInARow < echoesThatDecide ? 'stale' : 'down', reason: 'no-echo' }
  if (of.unansweredFor >= oneWayAfter)
    return { state: of.otherHears === false ? 'down' : 'one-way', reason: 'hears-nothing' }
  if (fresh) return lossy ? { state: 'lossy', reason: 'echo-lost' } : { state: 'up', reason: 'fresh-handshake' }
  if (of.keepalive > 0) return { state: 'stale', reason: 'old-handshake' }
  return { state: 'unknown', reason: Number.isNaN(age) ? 'nothing-known' : 'idle' }
}

interface Measured {
  /** Seconds. */
  readonly handshakeAge: number | null
  /** Milliseconds. */
  readonly roundTrip: number | null
  readonly loss: number | null
}

export function reasonText(reason: TunnelReason, { handshakeAge, roundTrip, loss }: Measured): string {
  const age = handshakeAge === null ? 'never' : spanText(handshakeAge)
  switch (reason) {
    case 'nothing-known':
      return 'nobody has sent anything yet'
    case 'host-silent':
      return 'its host does not tell'
    case 'not-configured':
      return 'wg0 does not know this peer'
    case 'echo-answered':
      return roundTrip === null ? 'echo answered' : `echo after ${roundTripText(roundTrip)}`
    case 'packets-cross':
      return 'packets cross both ways'
    case 'fresh-handshake':
      return `shook hands ${age} ago`
    case 'echo-lost':
      return loss === null ? 'echoes are lost' : `${Math.round(loss * 100)} % of echoes lost`
    case 'old-handshake':
    case 'no-handshake':
      return `no handshake for ${age}`
    case 'never-shook-hands':
      return 'never shook hands'
    case 'waits-for-first-handshake':
      return 'waits for its first handshake'
    case 'no-echo':
      return 'echoes stay away'
    case 'hears-nothing':
      return 'sends and hears nothing'
    case 'unheard':
      return 'its packets do not arrive'
    case 'idle':
      return `idle: last handshake ${age} ago`
  }
}

/** `45 s`, `12 min`, `3 h`, `9 d`: at most five characters. */
export function spanText(seconds: number): string {
  if (seconds < 100) return `${Math.max(0, Math.round(seconds))} s`
  if (seconds < 6000) return `${Math.round(seconds / 60)} min`
  if (seconds < 48 * 3600) return `${Math.round(seconds / 3600)} h`
  return `${Math.round(seconds / 86_400)} d`
}

export const roundTripText = (milliseconds: number): string =>
  `${milliseconds < 9.95 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`
