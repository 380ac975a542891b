/**
 * What wg0 of a host says in the demo: handshakes, counters and echoes of all its tunnels. Handshakes come as WireGuard
 * has them: a session is renewed after 120 s, by whoever sends next; a host that hears nothing tries again every 5 s.
 * Counters are sums over the time in which packets crossed since the host booted, so that they never fall.
 */
import { isIPv4, isIPv6 } from 'node:net'
import type { Fleet, WatchedHost } from '../fleet.ts'
import type { Peers, Pings } from '../report.ts'
import { between, hashOf, mix, partOf } from './chance.ts'
import type { Crossing } from './crossing.ts'
import { storyPeriod } from './faults.ts'
import { begun, covered, covers, type Span } from './spans.ts'
import type { Stage, World } from './world.ts'

/** Traffic rises and falls in some rhythms, all of which fit into a story. Parts of the story, and where they begin. */
const rhythms = [30, 20, 12, 8, 6, 4, 3, 2].map((parts, i) => ({ seconds: storyPeriod / parts, phase: i * 0.8 }))
const swing = 0.6
/** The mean of what flows is 1; this is how much has flowed. It never falls, because the swing is less than 1. */
const flowed = rhythms.map(({ seconds, phase }) => {
  const turn = (2 * Math.PI) / seconds
  return (at: number): number => at - (swing / turn) * Math.cos(turn * at + phase)
})

/** First and second message of a handshake with their UDP and IPv4 headers are no part of the counters: 148 and 92 bytes. */
const retry = 148 / 5
const response = 92 / 5
/** Echo requests a look at most, as over SSH. */
const echoes = 32
const lossyPart = 0.4

export interface Traffic {
  readonly peers: Peers
  readonly pings: Pings
  /** Bytes of wg0, and of its peers together, whether they are told or not. */
  readonly received: number
  readonly sent: number
}

/** Made once for a stage; then asked once a moment for all of its hosts. */
export interface Wires {
  at(world: World, look: number): (host: WatchedHost, sinceBoot: number) => Traffic
}

/** What has crossed between two classes of hosts, or on one tunnel: up to now, and since the boot of the one that looks. */
interface Crossed {
  /** Seconds of flow, by rhythm. */
  readonly data: Float64Array
  readonly mute: number
  readonly hears: number
  readonly open: boolean
  /** The times in which it was up, the latest first; null: it always was. */
  readonly up: readonly Span[] | null
}

export function wiresOf(stage: Stage): Wires {
  const { fleet, crossings, period } = stage
  const columns = columnsOf(stage)
  const roundTrip = roundTripsOf(stage)
  const endpointsOf = endpointsIn(fleet)
  const unlucky = stage.faults.flatMap(fault => (fault.target === 'tunnel' ? [fault] : []))
  return {
    at(world, look) {
      const { seconds } = world
      const known = new Map<Crossing, Map<number, Crossed>>()
      const crossed = (crossing: Crossing, booted: number): Crossed => {
        const byBoot = known.get(crossing) ?? new Map<number, Crossed>()
        known.set(crossing, byBoot)
        const found = byBoot.get(booted) ?? crossedSince(crossing, booted, seconds, period)
        byBoot.set(booted, found)
        return found
      }
      const now = unlucky.filter(fault => covers([fault], seconds, period))
      const pick = (kind: 'lossy' | 'peer-missing'): number[] =>
        now.flatMap(fault => (fault.kind === kind ? [fault.tunnel] : []))
      const lossy = new Set(pick('lossy').flatMap(tunnel => [tunnel, fleet.tunnels.back[tunnel] ?? tunnel]))
      const missing = new Set(pick('peer-missing'))
      const endpoints = endpointsOf(world)

      return ({ number }, sinceBoot) => {
        const { start, to } = fleet.tunnels
        const [first, end] = [start[number] ?? 0, start[number + 1] ?? 0]
        const count = end - first
        const booted = Math.max(0, seconds - sinceBoot)
        // What flowed before the demo began.
        const before = flowed.map(flow => (sinceBoot > seconds ? flow(0) - flow(seconds - sinceBoot) : 0))
        const own = crossings.between[crossings.classOf[number] ?? 0] ?? []
        const byClass = own.map(crossing => crossed(crossing, booted))
        const special = crossings.hasSpecial[number] === 1
        const of = (tunnel: number): Crossed | undefined => {
          const found = special ? crossings.special.get(tunnel) : undefined
          return found === undefined ? byClass[crossings.classOf[to[tunnel] ?? 0] ?? 0] : crossed(found, booted)
        }
        const [age, received, sent] = [new Float64Array(count), new Float64Array(count), new Float64Array(count)]
        let [allReceived, allSent] = [0, 0]
        for (let i = 0; i < count; i += 1) {
          const tunnel = first + i
          const one = of(tunnel)
          if (one === undefined) continue
          const hash = columns.hash[tunnel] ?? 0
          const rhythm = hash & 7
          const flow = (one.data[rhythm] ?? 0) + (before[rhythm] ?? 0)
          const got = Math.floor((columns.received[tunnel] ?? 0) * flow + retry * one.hears)
          const gave = Math.floor((columns.sent[tunnel] ?? 0) * flow + retry * one.mute + response * one.hears)
          received[i] = got
          sent[i] = gave
          allReceived += got
          allSent += gave
          const since = seconds - handshakeAt(one.up, hash, seconds)
          // What a host knew before it booted, it has forgotten.
          age[i] = since > sinceBoot ? NaN : Math.floor(since)
        }
        const peers: Peers = {
          ...{ to: to.subarray(first, end), age, received, sent, endpoints: endpoints(number), strangers: [] },
        }
        const pings = pingsOf(count, look, index => {
          const tunnel = first + index
          const one = of(tunnel)
          const hash = columns.hash[tunnel] ?? 0
          const answered = one !== undefined && one.open && isReady(one.up, hash, seconds)
          const lost = lossy.has(tunnel) && partOf(mix(hash ^ tunnel, look)) < lossyPart
          return [to[tunnel] ?? 0, answered && !lost ? roundTrip(number, to[tunnel] ?? 0, hash, look) : NaN]
        })
        return {
          peers: missing.size === 0 ? peers : without(peers, first, missing),
          pings,
          received: allReceived,
          sent: allSent,
        }
      }
    },
  }
}

/** By directed tunnel: what does not change with time. */
interface Columns {
  /** The same for both directions. */
  readonly hash: Uint32Array
  /** Bytes a second. */
  readonly received: Float32Array
  readonly sent: Float32Array
}

function columnsOf({ fleet, seed }: Stage): Columns {
  const { count, from, to, back } = fleet.tunnels
  const names = Uint32Array.from(fleet.hosts, host => hashOf(host.name, seed))
  const [hash, received, sent] = [new Uint32Array(count), new Float32Array(count), new Float32Array(count)]
  // A host has some traffic in all, and few tunnels have most of it. What echoes and keepalives need is the least.
  const most = 2_400_000 / Math.max(6, fleet.hosts.length)
  for (let tunnel = 0; tunnel < count; tunnel += 1) {
    const [a, b] = [names[from[tunnel] ?? 0] ?? 0, names[to[tunnel] ?? 0] ?? 0]
    hash[tunnel] = mix(Math.min(a, b), Math.max(a, b))
    sent[tunnel] = 20 + most * partOf(mix(a, mix(b))) ** 6
  }
  for (let tunnel = 0; tunnel < count; tunnel += 1) received[tunnel] = sent[back[tunnel] ?? tunnel] ?? 0
  return { hash, received, sent }
}

function crossedSince({ up, mute, hears }: Crossing, booted: number, seconds: number, period: number): Crossed {
  const since = (spans: readonly Span[], measure?: (at: number) => number): number =>
    covered(spans, seconds, period, measure) - covered(spans, booted, period, measure)
  return {
    data: Float64Array.from(flowed, flow => since(up, flow)),
    ...{ mute: since(mute), hears: since(hears), open: covers(up, seconds, period) },
    up: mute.length === 0 ? null : begun(up, seconds, period),
  }
}

/** A session lives so long, by whoever of the two sends next; and it begins so long after packets cross again. */
const sessionSeconds = (hash: number): number => 120 + ((hash >>> 8) % 26)
const firstHandshakeAfter = (hash: number): number => 1 + ((hash >>> 16) % 4)

function handshakeAt(up: readonly Span[] | null, hash: number, seconds: number): number {
  const session = sessionSeconds(hash)
  const phase = hash % session
  if (up === null) return seconds - (seconds + phase - Math.floor((seconds + phase) / session) * session)
  for (const { from, until } of up) {
    const end = Math.min(until, seconds)
    if (from === -Infinity) return end - ((end + phase) % session)
    const first = from + firstHandshakeAfter(hash)
    if (end >= first) return first + Math.floor((end - first) / session) * session
  }
  return -Infinity
}

const isReady = (up: readonly Span[] | null, hash: number, seconds: number): boolean =>
  up === null || seconds >= (up[0]?.from ?? Infinity) + firstHandshakeAfter(hash)

/** Some at a time, the next ones at the next look. */
function pingsOf(count: number, look: number, ask: (index: number) => readonly [number, number]): Pings {
  const asked = Math.min(count, echoes)
  const [to, milliseconds] = [new Int32Array(asked), new Float64Array(asked)]
  for (let i = 0; i < asked; i += 1) {
    const [peer, time] = ask((look * asked + i) % count)
    to[i] = peer
    milliseconds[i] = time
  }
  return { to, milliseconds }
}

/** Milliseconds between two hosts at a look. Regions lie on a plane: about 1 ms inside of one, 20 to 150 ms between two. */
function roundTripsOf({ fleet, seed }: Stage): (a: number, b: number, hash: number, look: number) => number {
  const region = Uint32Array.from(fleet.hosts, host => hashOf(host.region, seed))
  const x = Float64Array.from(region, place => partOf(mix(place, 1)))
  const y = Float64Array.from(region, place => partOf(mix(place, 2)))
  // A home router adds some.
  const home = Uint8Array.from(fleet.hosts, ({ ssh }) => (ssh.address === null ? 9 : 0))
  const across = (a: number, b: number): number =>
    Math.sqrt(((x[a] ?? 0) - (x[b] ?? 0)) ** 2 + ((y[a] ?? 0) - (y[b] ?? 0)) ** 2) / Math.SQRT2
  return (a, b, hash, look) => {
    const base = region[a] === region[b] ? between(0.4, 1.6, hash) : 20 + 120 * across(a, b) + between(0, 6, hash)
    const jitter = 1 + 0.08 * partOf(mix(hash, look)) ** 2
    return Math.round((base + (home[a] ?? 0) + (home[b] ?? 0)) * jitter * 1000) / 1000
  }
}

/** The columns without the peers that wg0 does not have. */
function without(peers: Peers, first: number, missing: ReadonlySet<number>): Peers {
  const kept = Array.from(peers.to, (_, i) => i).filter(i => !missing.has(first + i))
  if (kept.length === peers.to.length) return peers
  const pick = (column: ArrayLike<number>) => Float64Array.from(kept, i => column[i] ?? NaN)
  return {
    ...{ to: Int32Array.from(kept, i => peers.to[i] ?? 0), strangers: peers.strangers },
    ...{ age: pick(peers.age), received: pick(peers.received), sent: pick(peers.sent) },
    endpoints: kept.map(i => peers.endpoints[i] ?? ''),
  }
}

/** By the peers of each host; made anew only when somebody has moved. */
function endpointsIn({ hosts, tunnels }: Fleet): (world: World) => (host: number) => readonly string[] {
  let known = { moved: '', lists: new Map<number, readonly string[]>() }
  return world => {
    const moved = world.hosts.flatMap(({ moves }, number) => (moves > 0 ? [`${number}:${moves}`] : [])).join(' ')
    if (known.moved !== moved) known = { moved, lists: new Map() }
    const { lists } = known
    const texts =
      lists.size === hosts.length ? [] : hosts.map(host => endpointOf(host, world.hosts[host.number]?.moves ?? 0))
    return number => {
      const found =
        lists.get(number) ??
        Array.from(tunnels.to.subarray(tunnels.start[number], tunnels.start[number + 1]), peer => texts[peer] ?? '')
      lists.set(number, found)
      return found
    }
  }
}

/** Behind NAT, an address for documentation (RFC 5737), and a port that its router has chosen. */
function endpointOf({ name, ssh }: WatchedHost, moves: number): string {
  if (ssh.address !== null && isIPv6(ssh.address)) return `[${ssh.address}]:51820`
  if (ssh.address !== null && isIPv4(ssh.address)) return `${ssh.address}:51820`
  const hash = hashOf(name)
  return `192.0.2.${1 + (hash % 254)}:${1024 + (mix(hash, moves) % 60_000)}`
}
