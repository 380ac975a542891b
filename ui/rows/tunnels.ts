/**
 * Directed tunnels in order, as arrays of their numbers: a million of them are filtered and sorted without an object for
 * any. Sorting counts digits of 16 bits (LSD radix sort), which keeps the order of the mesh among equals.
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
  const { count, from, to } = fleet.tunnels
  const found = new Int32Array(count)
  if (terms.length === 0) {
    for (let n = 0; n < count; n += 1) found[n] = n
    return found
  }
  const names = fleet.hosts.map(({ name }) => name.toLowerCase())
  const tests = terms.map(({ text, wanted }) => {
    const [, one, other] = /^([^>]*)>([^>]*)$/.exec(text) ?? []
    const has = (part: string) => Uint8Array.from(names, name => (name.includes(part) ? 1 : 0))
    const ends = one !== undefined && other !== undefined ? { from: has(one), to: has(other) } : null
    const host = has(text)
    const words = tunnelStates.map(state => `${state} ${levelOfTunnel(state)}`)
    const state = Uint8Array.from(words, word => (word.includes(text) ? 1 : 0))
    const nothing = { handshakeAge: null, roundTrip: null, loss: null }
    const reason = Uint8Array.from(tunnelReasons, is => (reasonText(is, nothing).includes(text) ? 1 : 0))
    return { wanted: wanted ? 1 : 0, ends, host, state, reason }
  })
  let next = 0
  for (let n = 0; n < count; n += 1) {
    const [a, b] = [from[n] ?? 0, to[n] ?? 0]
    let passes = true
    for (const { wanted, ends, host, state, reason } of tests) {
      const has =
        ends === null
          ? (host[a] ?? 0) |
            (host[b] ?? 0) |
            (state[columns.state[n] ?? 0] ?? 0) |
            (reason[columns.reason[n] ?? 0] ?? 0)
          : (ends.from[a] ?? 0) & (ends.to[b] ?? 0)
      if (has !== wanted) {
        passes = false
        break
      }
    }
    if (passes) found[next++] = n
  }
  return found.slice(0, next)
}

function sorted(numbers: Int32Array, snapshot: Snapshot, sort: number, reversed: boolean): Int32Array {
  const { fleet, tunnels: columns } = snapshot
  switch (tunnelSorts[sort]) {
    case 'from':
      return reversed ? counted(numbers, n => fleet.hosts.length - (fleet.tunnels.from[n] ?? 0)) : numbers
    case 'to': {
      const { to } = fleet.tunnels
      return counted(numbers, reversed ? n => fleet.hosts.length - (to[n] ?? 0) : n => to[n] ?? 0)
    }
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
    default: {
      const { state } = columns
      return counted(numbers, n => {
        const rank = urgency[state[n] ?? 0] ?? 0
        return reversed ? tunnelStates.length - rank : rank
      })
    }
  }
}

/** By a small whole number, the least first. */
function counted(numbers: Int32Array, key: (n: number) => number): Int32Array {
  const keys = new Uint16Array(numbers.length)
  for (let i = 0; i < numbers.length; i += 1) keys[i] = key(numbers[i] ?? 0)
  return pass(numbers, keys).order
}

/** By any number; NaN last, whichever way. */
function byNumber(numbers: Int32Array, values: Float32Array | Float64Array, down: boolean): Int32Array {
  const { low, high } = digits(numbers, values, down)
  const first = pass(numbers, low, high)
  return pass(first.order, first.carried ?? high).order
}

/** Halves of keys that sort like the values: IEEE 754 without its sign sorts as whole numbers do. */
function digits(numbers: Int32Array, values: Float32Array | Float64Array, down: boolean) {
  const [low, high] = [new Uint16Array(numbers.length), new Uint16Array(numbers.length)]
  // Times since the epoch are too many for 24 bits: they are held against the latest.
  let latest = 0
  if (values instanceof Float64Array) for (const value of values) if (value > latest) latest = value
  const float = new Float32Array(1)
  const bits = new Uint32Array(float.buffer)
  for (let i = 0; i < numbers.length; i += 1) {
    const value = values[numbers[i] ?? 0] ?? NaN
    if (Number.isNaN(value)) {
      low[i] = high[i] = 0xffff
      continue
    }
    // Of a time, how long ago it is: the latest has the least.
    const ago = values instanceof Float64Array
    float[0] = ago ? (latest - value) / 1000 : Math.max(0, value)
    const is = bits[0] ?? 0
    const key = down === ago ? is : 0x7fffffff - is
    low[i] = key & 0xffff
    high[i] = key >>> 16
  }
  return { low, high }
}

/** One stable pass over a digit; the other digit comes along. */
function pass(numbers: Int32Array, digit: Uint16Array, other?: Uint16Array) {
  const places = new Uint32Array(0x10000)
  for (const key of digit) places[key] = (places[key] ?? 0) + 1
  let sum = 0
  for (let key = 0; key < places.length; key += 1) {
    const here = places[key] ?? 0
    places[key] = sum
    sum += here
  }
  const order = new Int32Array(numbers.length)
  const carried = other === undefined ? undefined : new Uint16Array(numbers.length)
  for (let i = 0; i < numbers.length; i += 1) {
    const key = digit[i] ?? 0
    const place = places[key] ?? 0
    places[key] = place + 1
    order[place] = numbers[i] ?? 0
    if (carried !== undefined) carried[place] = other?.[i] ?? 0
  }
  return { order, carried }
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
  /** Directed tunnels to hosts that are not up themselves: no news beside that. */
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
    const broken = (n: number): boolean => {
      const state = tunnels.state[n] ?? 0
      return state !== fine && state !== unknown
    }
    const found = tunnelStates.map((): { readonly number: number; readonly both: boolean }[] => [])
    let [all, ofHosts] = [0, 0]
    for (let n = 0; n < count; n += 1) {
      if (!broken(n)) continue
      if (up[from[n] ?? 0] === 0 || up[to[n] ?? 0] === 0) {
        ofHosts += 1
        continue
      }
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
