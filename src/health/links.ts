/** What is remembered of tunnels between two looks: arrays by the numbers of the directed tunnels. */
import { type Fleet, tunnelBetween } from './fleet.ts'
import type { HostReport, Peers, Pings } from './report.ts'
import type { TunnelColumns } from './snapshot.ts'
import {
  echoesThatDecide,
  echoesThatTell,
  freshFor,
  hearsWithin,
  judgeTunnel,
  type TunnelState,
  tunnelReasons,
  tunnelStates,
} from './verdict.ts'

/** How many of the last echo requests count. */
const echoes = 20
/** An empty packet of WireGuard is 32 bytes, a handshake's first message 148 (the WireGuard paper, 5.4). */
const keepaliveBytes = 32
const handshakeBytes = 148

const stateNumber = new Map(tunnelStates.map((state, i) => [state, i] as const))
const lossyNumber = stateNumber.get('lossy') ?? 0
const reasonNumber = new Map(tunnelReasons.map((reason, i) => [reason, i] as const))

export class Links {
  readonly #fleet: Fleet
  /** When its host last told of it, in milliseconds; NaN: never. */
  readonly #told: Float64Array
  readonly #age: Float32Array
  readonly #received: Float64Array
  readonly #sent: Float64Array
  readonly #receivedRate: Float32Array
  readonly #sentRate: Float32Array
  readonly #receivedGrew: Float64Array
  readonly #sentGrew: Float64Array
  /** Since when at the latest it sends without having received, and how much it had sent by then. */
  readonly #unanswered: Float64Array
  readonly #sentBefore: Float64Array
  /** The last echo requests, one bit each, the newest lowest; 1: lost. */
  readonly #lost: Uint32Array
  readonly #asked: Uint8Array
  readonly #roundTrip: Float32Array
  #state: Uint8Array
  #since: Float64Array
  /** The last state but unknown: what a new one is held against. */
  readonly #known: Uint8Array
  /** When each host first told of its peers, and when it did last; NaN: its last report says nothing of them. */
  readonly #first: Float64Array
  readonly #latest: Float64Array

  constructor(fleet: Fleet, now: number) {
    const { count } = fleet.tunnels
    const times = () => new Float64Array(count).fill(NaN)
    const rates = () => new Float32Array(count).fill(NaN)
    this.#fleet = fleet
    this.#told = times()
    this.#age = rates()
    this.#received = times()
    this.#sent = times()
    this.#receivedRate = rates()
    this.#sentRate = rates()
    this.#receivedGrew = times()
    this.#sentGrew = times()
    this.#unanswered = times()
    this.#sentBefore = times()
    this.#lost = new Uint32Array(count)
    this.#asked = new Uint8Array(count)
    this.#roundTrip = rates()
    this.#state = new Uint8Array(count)
    this.#since = new Float64Array(count).fill(now)
    this.#known = new Uint8Array(count)
    this.#first = new Float64Array(fleet.hosts.length).fill(NaN)
    this.#latest = new Float64Array(fleet.hosts.length).fill(NaN)
  }

  take({ host, at, peers, pings }: HostReport): void {
    if (peers === null) this.#latest[host] = NaN
    else this.#takePeers(host, at, peers)
    if (pings !== null) this.#takePings(host, pings)
  }

  #takePeers(host: number, at: number, peers: Peers): void {
    const { start, to } = this.#fleet.tunnels
    if (Number.isNaN(this.#first[host])) this.#first[host] = at
    this.#latest[host] = at
    // Peers mostly come in the order of the plan: the next one is the first guess.
    let guess = start[host] ?? 0
    const end = start[host + 1] ?? 0
    for (let i = 0; i < peers.to.length; i += 1) {
      const peer = peers.to[i] ?? -1
      const link = guess < end && to[guess] === peer ? guess : tunnelBetween(this.#fleet.tunnels, host, peer)
      if (link < 0) continue
      guess = link + 1
      this.#takePeer(link, at, peers.age[i] ?? NaN, peers.received[i] ?? NaN, peers.sent[i] ?? NaN)
    }
  }

  #takePeer(link: number, at: number, age: number, received: number, sent: number): void {
    const before = this.#told[link] ?? NaN
    const seconds = (at - before) / 1000
    // Counters that fell began anew: the interface was made again. Nothing is known of the time between.
    const more = received - (this.#received[link] ?? NaN)
    const given = sent - (this.#sent[link] ?? NaN)
    const follows = seconds > 0 && more >= 0 && given >= 0
    if (seconds > 0) {
      this.#receivedRate[link] = follows ? more / seconds : NaN
      this.#sentRate[link] = follows ? given / seconds : NaN
    }
    if (follows && more > 0) {
      this.#receivedGrew[link] = at
      this.#unanswered[link] = NaN
    }
    if (follows && given > 0) {
      this.#sentGrew[link] = at
      if (more === 0 && Number.isNaN(this.#unanswered[link] ?? NaN)) {
        // When in the time since the last look it was sent, nobody knows: perhaps just now.
        this.#unanswered[link] = at
        this.#sentBefore[link] = sent
      }
    }
    if (!follows) this.#unanswered[link] = NaN
    this.#told[link] = at
    this.#age[link] = age
    this.#received[link] = received
    this.#sent[link] = sent
  }

  #takePings(host: number, pings: Pings): void {
    for (let i = 0; i < pings.to.length; i += 1) {
      const link = tunnelBetween(this.#fleet.tunnels, host, pings.to[i] ?? -1)
      if (link < 0) continue
      const milliseconds = pings.milliseconds[i] ?? NaN
      const lost = Number.isNaN(milliseconds)
      // What was lost while nothing came through says nothing of what comes after it.
      if (!lost && inARow(this.#lost[link] ?? 0) >= echoesThatDecide) {
        this.#lost[link] = 0
        this.#asked[link] = 0
      }
      this.#lost[link] = (((this.#lost[link] ?? 0) << 1) | Number(lost)) & (2 ** echoes - 1)
      this.#asked[link] = Math.min(echoes, (this.#asked[link] ?? 0) + 1)
      if (!lost) this.#roundTrip[link] = milliseconds
    }
  }

  /** Milliseconds since the last of its packets came in at any of its peers that still speak; NaN: nobody heard it. */
  heardBySomebody(host: number, now: number, speaks: readonly boolean[]): number {
    const { start, back, to } = this.#fleet.tunnels
    let best = NaN
    for (let link = start[host] ?? 0; link < (start[host + 1] ?? 0); link += 1) {
      if (speaks[to[link] ?? -1] !== true) continue
      const ago = now - (this.#receivedGrew[back[link] ?? -1] ?? NaN)
      if (!(ago >= best)) best = Number.isNaN(ago) ? best : ago
    }
    return best
  }

  /** Is there a tunnel between two hosts that speak of which only lost echo requests tell, and too few of them yet? */
  wantsEchoes(speaks: readonly boolean[]): boolean {
    const { count, from, to, keepalive } = this.#fleet.tunnels
    for (let link = 0; link < count; link += 1) {
      if (speaks[from[link] ?? -1] !== true || speaks[to[link] ?? -1] !== true) continue
      const lost = Math.min(this.#asked[link] ?? 0, inARow(this.#lost[link] ?? 0))
      if (lost > 0 && lost < echoesThatTell && !((this.#age[link] ?? NaN) <= freshFor(keepalive[link] ?? 0)))
        return true
    }
    return false
  }

  /**
   * Judges every tunnel by what its host told last: of the time since then nothing is known, and however long it is, it is
   * no silence. `speaks`: which hosts still tell what they see. `changed` is told of each between two that do whose state
   * is another than it last was, unknown left out: what a host that is down makes of its tunnels is no news beside it.
   */
  judge(
    now: number,
    speaks: readonly boolean[],
    bootedAt: readonly number[],
    changed: (link: number, before: TunnelState, after: TunnelState) => void,
  ): TunnelColumns {
    const { count, from, to, back, keepalive } = this.#fleet.tunnels
    const state = new Uint8Array(count)
    const reason = new Uint8Array(count)
    const since = new Float64Array(count)
    const age = new Float32Array(count)
    const loss = new Float32Array(count)
    const received = this.#receivedRate.slice()
    const sent = this.#sentRate.slice()
    const roundTrip = this.#roundTrip.slice()
    for (let link = 0; link < count; link += 1) {
      const host = from[link] ?? 0
      const told = this.#told[link] ?? NaN
      const configured = told === this.#latest[host]
      const asked = this.#asked[link] ?? 0
      const lostBits = this.#lost[link] ?? 0
      const lost = ones(lostBits)
      const handshakeAge = this.#age[link] ?? NaN
      const first = Math.max(this.#first[host] ?? NaN, bootedAt[host] ?? 0)
      age[link] = handshakeAge + (now - told) / 1000
      loss[link] = asked === 0 ? NaN : lost / asked
      const verdict = judgeTunnel({
        hostSpeaks: speaks[host] === true && !Number.isNaN(this.#latest[host] ?? NaN),
        configured,
        handshakeAge,
        keepalive: keepalive[link] ?? 0,
        receivedAgo: (told - (this.#receivedGrew[link] ?? NaN)) / 1000,
        sentAgo: (told - (this.#sentGrew[link] ?? NaN)) / 1000,
        unansweredFor: this.#unansweredFor(link, told, keepalive[link] ?? 0),
        echoes: asked,
        lost,
        lostInARow: Math.min(asked, inARow(lostBits)),
        otherHears: this.#hears(back[link] ?? -1, speaks),
        wasLossy: this.#known[link] === lossyNumber,
        watchedFor: (told - first) / 1000,
      })
      const is = stateNumber.get(verdict.state) ?? 0
      state[link] = is
      reason[link] = reasonNumber.get(verdict.reason) ?? 0
      const was = this.#state[link] ?? 0
      since[link] = was === is ? (this.#since[link] ?? now) : now
      if (verdict.reason === 'host-silent') {
        // What it once measured is not how things are.
        loss[link] = NaN
        received[link] = NaN
        sent[link] = NaN
        roundTrip[link] = NaN
      }
      // When a silent host is back, all may be as it was.
      if (is === 0 || speaks[to[link] ?? -1] !== true) continue
      const known = this.#known[link] ?? 0
      if (known === is) continue
      this.#known[link] = is
      changed(link, tunnelStates[known] ?? 'unknown', verdict.state)
    }
    this.#state = state
    this.#since = since
    return { state, reason, since, age, received, sent, roundTrip, loss }
  }

  /** Null: its host does not tell, or has not told for long enough. */
  #hears(link: number, speaks: readonly boolean[]): boolean | null {
    const host = this.#fleet.tunnels.from[link] ?? -1
    const told = this.#told[link] ?? NaN
    const long = told - (this.#first[host] ?? NaN) > hearsWithin * 1000
    if (speaks[host] !== true || !long || told !== this.#latest[host]) return null
    return told - (this.#receivedGrew[link] ?? NaN) <= hearsWithin * 1000
  }

  /** Keepalives want no answer: only what is sent beyond them does. */
  #unansweredFor(link: number, told: number, keepalive: number): number {
    const since = this.#unanswered[link] ?? NaN
    if (Number.isNaN(since)) return 0
    const seconds = (told - since) / 1000
    const sent = (this.#sent[link] ?? 0) - (this.#sentBefore[link] ?? 0)
    const idle = keepalive === 0 ? 0 : (seconds / keepalive + 2) * keepaliveBytes + handshakeBytes
    return sent > idle ? seconds : 0
  }
}

/** The newest are the lowest bits: those below the first zero. */
const inARow = (lost: number): number => 31 - Math.clz32(~lost & (lost + 1))

/** Bits that are set (Hacker's Delight, 5-1). */
function ones(bits: number): number {
  let n = bits - ((bits >>> 1) & 0x55555555)
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333)
  return (((n + (n >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24
}
