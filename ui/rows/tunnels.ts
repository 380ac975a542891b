/**
 * Directed tunnels in order, as arrays of their numbers: a million of them are filtered and sorted without an object for
 * any. Sorting counts digits of 11 bits (LSD radix sort), which keeps the order of the mesh among equals.
 */
import type { Fleet } from '../../src/health/fleet.ts'
import { levelOfTunnel, type Snapshot, type TunnelColumns } from '../../src/health/snapshot.ts'
import { reasonText, tunnelReasons, type TunnelState, tunnelStates } from '../../src/health/verdict.ts'
import { linkOf } from '../../topology/place/whatif.ts'
import { type Term, termsOf } from '../filter.ts'
import { memo } from '../memo.ts'

export const tunnelSorts = [
  ...['worst', 'from', 'to', 'newest', 'round trip', 'loss', 'handshake', 'received', 'sent'],
] as const

/** The worst first, as people want them; what is unknown may be worse than what is well. */
export const tunnelStatesByUrgency: readonly TunnelState[] = ['down', 'one-way', 'stale', 'lossy', 'unknown', 'up']
const urgency = Uint8Array.from(tunnelStates, state => tunnelStatesByUrgency.indexOf(state))

export interface TunnelOrder {
  /** Index in {@link tunnelSorts}. */
  readonly sort: number
  readonly reversed: boolean
  readonly filter: string
}

const orders = memo<Int32Array>()

/** Numbers of the tunnels that pass the filter, in order. What is not known comes last, whichever way. */
export function orderOf(snapshot: Snapshot, { sort, reversed, filter }: TunnelOrder): Int32Array {
  return orders(snapshot, `${sort} ${reversed} ${filter}`, () => {
    const { fleet, tunnels } = snapshot
    return sorted(passing(fleet, tunnels, termsOf(filter)), snapshot, sort, reversed)
  })
}

function passing(fleet: Fleet, columns: TunnelColumns, terms: readonly Term[]): Int32Array {
  const all = new Int32Array(fleet.tunnels.count)
  for (let n = 0; n < all.length; n += 1) all[n] = n
  return terms.reduce<Int32Array>((numbers, term) => withTerm(numbers, term, fleet, columns), all)
}

/** One term at a time, by tables of what it finds in names and words. */
function withTerm(numbers: Int32Array, { text, wanted }: Term, fleet: Fleet, columns: TunnelColumns): Int32Array {
  const { from, to } = fleet.tunnels
  const { state, reason } = columns
  const has = (part: string) => Uint8Array.from(fleet.hosts, ({ name }) => (name.toLowerCase().includes(part) ? 1 : 0))
  const kept = new Int32Array(numbers.length)
  const want = wanted ? 1 : 0
  let next = 0
  const [, one, other] = /^([^>]*)>([^>]*)$/.exec(text) ?? []
  if (one !== undefined && other !== undefined) {
    const [here, there] = [has(one), has(other)]
    for (let i = 0; i < numbers.length; i += 1) {
      const n = numbers[i] ?? 0
      if (((here[from[n] ?? 0] ?? 0) & (there[to[n] ?? 0] ?? 0)) === want) kept[next++] = n
    }
    return kept.slice(0, next)
  }
  const nothing = { handshakeAge: null, roundTrip: null, loss: null }
  const host = has(text)
  const ofState = Uint8Array.from(tunnelStates, is => (`${is} ${levelOfTunnel(is)}`.includes(text) ? 1 : 0))
  const ofReason = Uint8Array.from(tunnelReasons, is => (reasonText(is, nothing).includes(text) ? 1 : 0))
  for (let i = 0; i < numbers.length; i += 1) {
    const n = numbers[i] ?? 0
    const ends = (host[from[n] ?? 0] ?? 0) | (host[to[n] ?? 0] ?? 0)
    const words = (ofState[state[n] ?? 0] ?? 0) | (ofReason[reason[n] ?? 0] ?? 0)
    if ((ends | words) === want) kept[next++] = n
  }
  return kept.slice(0, next)
}

function sorted(numbers: Int32Array, snapshot: Snapshot, sort: number, reversed: boolean): Int32Array {
  const { fleet, tunnels: columns } = snapshot
  const { from, to } = fleet.tunnels
  switch (tunnelSorts[sort]) {
    case 'from':
      return reversed ? byRank(numbers, from, ranks(fleet.hosts.length, true)) : numbers
    case 'to':
      return byRank(numbers, to, ranks(fleet.hosts.length, reversed))
    case 'newest':
      return byNumber(numbers, columns.since, !reversed)
    case 'round trip':
      return byNumber(numbers, columns.roundTrip, !reversed)
    case 'loss':
      return byNumber(numbers, columns.loss, !reversed)
    case 'handshake':
      return byNumber(numbers, columns.age, !reversed)
    case 'received':
      return byNumber(numbers, columns.received, !reversed)
    case 'sent':
      return byNumber(numbers, columns.sent, !reversed)
    default:
      return byRank(numbers, columns.state, reversed ? urgency.map(rank => urgency.length - 1 - rank) : urgency)
  }
}

const ranks = (count: number, down: boolean): Int32Array =>
  Int32Array.from({ length: count }, (_, i) => (down ? count - 1 - i : i))

/** By the rank of a value, the least first. */
function byRank(numbers: Int32Array, values: Uint8Array | Int32Array, rankOf: Uint8Array | Int32Array): Int32Array {
  const places = new Uint32Array(rankOf.length)
  for (let i = 0; i < numbers.length; i += 1) {
    const rank = rankOf[values[numbers[i] ?? 0] ?? 0] ?? 0
    places[rank] = (places[rank] ?? 0) + 1
  }
  startsOf(places)
  const order = new Int32Array(numbers.length)
  for (let i = 0; i < numbers.length; i += 1) {
    const number = numbers[i] ?? 0
    const rank = rankOf[values[number] ?? 0] ?? 0
    const place = places[rank] ?? 0
    places[rank] = place + 1
    order[place] = number
  }
  return order
}

/** Of how many each has, where each begins. */
function startsOf(counts: Uint32Array): void {
  let sum = 0
  for (let i = 0; i < counts.length; i += 1) {
    const here = counts[i] ?? 0
    counts[i] = sum
    sum += here
  }
}

/** By any number; NaN last, whichever way. IEEE 754 without its sign sorts as whole numbers do. */
function byNumber(numbers: Int32Array, values: Float32Array | Float64Array, down: boolean): Int32Array {
  const times = values instanceof Float64Array
  const floats = times ? agesOf(values) : values
  const bits = new Uint32Array(floats.buffer, floats.byteOffset, floats.length)
  // Of times the latest has the least age.
  const rises = down === times
  const keys = new Uint32Array(numbers.length)
  for (let i = 0; i < numbers.length; i += 1) {
    const is = bits[numbers[i] ?? 0] ?? notKnown
    // NaN is above infinity, or has the sign that no number here has.
    keys[i] = is > infinity ? notKnown : rises ? is : infinity - is
  }
  const other = { numbers: new Int32Array(numbers.length), keys: new Uint32Array(numbers.length) }
  const order = { numbers: numbers.slice(), keys }
  byDigit(order, other, 0)
  byDigit(other, order, digitBits)
  byDigit(order, other, 2 * digitBits)
  return other.numbers
}

const infinity = 0x7f800000
const notKnown = 0xffffffff

/** Seconds before the latest of them: times since the epoch are too many for the 24 bits of a float. */
function agesOf(times: Float64Array): Float32Array {
  let latest = 0
  for (let i = 0; i < times.length; i += 1) {
    const time = times[i] ?? 0
    if (time > latest) latest = time
  }
  const ages = new Float32Array(times.length)
  for (let i = 0; i < times.length; i += 1) ages[i] = (latest - (times[i] ?? NaN)) / 1000
  return ages
}

/** Three digits make 33 bits; more buckets than this no longer fit the nearest caches. */
const digitBits = 11

interface Keyed {
  readonly numbers: Int32Array
  readonly keys: Uint32Array
}

/** One stable pass over a digit, from one pair of arrays to another. */
function byDigit({ numbers, keys }: Keyed, into: Keyed, shift: number): void {
  const mask = (1 << digitBits) - 1
  const places = new Uint32Array(1 << digitBits)
  for (let i = 0; i < keys.length; i += 1) {
    const digit = ((keys[i] ?? 0) >>> shift) & mask
    places[digit] = (places[digit] ?? 0) + 1
  }
  startsOf(places)
  for (let i = 0; i < keys.length; i += 1) {
    const key = keys[i] ?? 0
    const digit = (key >>> shift) & mask
    const place = places[digit] ?? 0
    places[digit] = place + 1
    into.numbers[place] = numbers[i] ?? 0
    into.keys[place] = key
  }
}

/** `tesla>bohr`. */
export const tunnelId = ({ hosts, tunnels }: Fleet, n: number): string =>
  `${hosts[tunnels.from[n] ?? -1]?.name ?? ''}>${hosts[tunnels.to[n] ?? -1]?.name ?? ''}`

const numbersByName = memo<ReadonlyMap<string, number>>(1)
/** Numbers of hosts by their names. */
export const hostNumbers = (fleet: Fleet): ReadonlyMap<string, number> =>
  numbersByName(fleet, '', () => new Map(fleet.hosts.map(({ name, number }) => [name as string, number])))

export interface Broken {
  /** The worst first; of a tunnel that is broken both ways, one. A bounded number of them. */
  readonly shown: readonly { readonly number: number; readonly both: boolean }[]
  /** So many more, counted as those above. */
  readonly more: number
  /** Directed tunnels that are not up, of and to hosts that are not up either: no news beside that. */
  readonly ofHosts: number
}

const brokenOf = memo<Broken>(1)
const keptOfState = 8

/** Tunnels between hosts that are up, and do not carry what they should. */
export function brokenTunnels(snapshot: Snapshot): Broken {
  return brokenOf(snapshot, '', () => {
    const { fleet, tunnels, hosts } = snapshot
    const { count, from, to, back } = fleet.tunnels
    const up = Uint8Array.from(hosts, host => (host.state === 'up' ? 1 : 0))
    const [fine, unknown] = [tunnelStates.indexOf('up'), tunnelStates.indexOf('unknown')]
    const lossy = tunnelStates.indexOf('lossy')
    const broken = (n: number): boolean => {
      const state = tunnels.state[n] ?? 0
      return state !== fine && state !== unknown
    }
    const silent = Uint8Array.from(hosts, ({ state }) => (state === 'down' || state === 'stale' ? 1 : 0))
    const found = tunnelStates.map((): { readonly number: number; readonly both: boolean }[] => [])
    let [all, ofHosts] = [0, 0]
    for (let n = 0; n < count; n += 1) {
      const state = tunnels.state[n] ?? 0
      if (state === fine) continue
      // Lossy ones are counted as up.
      if (state !== lossy && ((silent[from[n] ?? 0] ?? 0) | (silent[to[n] ?? 0] ?? 0)) === 1) ofHosts += 1
      if (!broken(n) || up[from[n] ?? 0] === 0 || up[to[n] ?? 0] === 0) continue
      const other = back[n] ?? -1
      const both = other >= 0 && broken(other)
      // Told by the end that sees it worse; by the first of two that agree.
      if (both && !tells(n, other, tunnels)) continue
      all += 1
      const same = found[tunnels.state[n] ?? 0]
      if (same !== undefined && same.length < keptOfState) same.push({ number: n, both })
    }
    const shown = tunnelStatesByUrgency.flatMap(state => found[tunnelStates.indexOf(state)] ?? []).slice(0, keptOfState)
    return { shown, more: all - shown.length, ofHosts }
  })
}

function tells(n: number, other: number, { state }: TunnelColumns): boolean {
  const [here, there] = [urgency[state[n] ?? 0] ?? 0, urgency[state[other] ?? 0] ?? 0]
  return here === there ? n < other : here < there
}

/** Pairs of hosts that are up, as {@link linkOf} has them, between which nothing crosses in one direction at least. */
export function cutLinks({ fleet, tunnels, hosts }: Snapshot): readonly string[] {
  const [down, oneWay] = [tunnelStates.indexOf('down'), tunnelStates.indexOf('one-way')]
  const pairs = new Set<string>()
  const { count, from, to } = fleet.tunnels
  for (let n = 0; n < count && pairs.size < mostLinks; n += 1) {
    const state = tunnels.state[n]
    if (state !== down && state !== oneWay) continue
    const [a, b] = [fleet.hosts[from[n] ?? -1], fleet.hosts[to[n] ?? -1]]
    if (a === undefined || b === undefined) continue
    if (hosts[a.number]?.state !== 'down' && hosts[b.number]?.state !== 'down') pairs.add(linkOf(a.name, b.name))
  }
  return [...pairs]
}
const mostLinks = 500
