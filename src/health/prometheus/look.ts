/** What one Prometheus says in one look, in arrays by the numbers of hosts, tunnels and instances. */
import type { Sample } from '../../services/kind.ts'
import { printable } from '../../text/printable.ts'
import { type Fleet, tunnelBetween, type WatchedInstance } from '../fleet.ts'
import type { QueryName } from './queries.ts'
import { label, type Labels, type VectorSample } from './vector.ts'

/** Words of the answers, as numbers. */
export interface Index {
  readonly fleet: Fleet
  readonly hosts: ReadonlyMap<string, number>
  readonly keys: ReadonlyMap<string, number>
  readonly instances: readonly WatchedInstance[]
  /** `db/postgres/tesla` → place in `instances`. */
  readonly instance: ReadonlyMap<string, number>
  /** By host, places in `instances`. */
  readonly on: readonly (readonly number[])[]
}

export function indexOf(fleet: Fleet): Index {
  const instances = fleet.services.flatMap(({ roles }) => roles.flatMap(role => role.instances))
  const on = fleet.hosts.map((): number[] => [])
  for (const [i, { host }] of instances.entries()) on[host]?.push(i)
  return {
    ...{ fleet, instances, on },
    hosts: new Map(fleet.hosts.map(({ name, number }) => [name, number])),
    keys: new Map(fleet.hosts.flatMap(({ publicKey, number }) => (publicKey === null ? [] : [[publicKey, number]]))),
    instance: new Map(
      instances.map(({ service, role, host }, i) => [`${service}/${role}/${fleet.hosts[host]?.name ?? ''}`, i]),
    ),
  }
}

/** Peers of one host that the plan does not know: as many as somebody reads. */
const mostStrangers = 20
/** Of one instance. */
const mostSamples = 10_000

export class Look {
  readonly #index: Index
  /** Queries without a usable answer, and why; those that may lack something. */
  readonly failed = new Map<QueryName, string>()
  readonly warned = new Map<QueryName, string>()
  /** Seconds since the epoch, of the newest sample of each host; NaN: none. */
  readonly times: Float64Array
  /** By tunnel; NaN: no sample. Of handshakes, seconds since the epoch, 0: never. */
  readonly handshakes: Float64Array
  /** By tunnel; 1: meshwright gave that time, by its own clock; 0: the host did, by its. */
  readonly ours: Uint8Array
  readonly received: Float64Array
  readonly sent: Float64Array
  /** Seconds, and a part of 1. */
  readonly roundTrips: Float64Array
  readonly lost: Float64Array
  /** By host. */
  readonly strangers = new Map<number, Set<string>>()
  readonly system = new Map<number, Map<string, number>>()
  readonly cores: Float64Array
  readonly clocks: Float64Array
  /** By host: 1 if some prober reaches it, 0 if none does. */
  readonly pings: Float64Array
  /** By host: 1 if something there gives metrics, 0 if nothing does that is asked for them. */
  readonly hostUp: Float64Array
  /** By instance. */
  readonly up: Float64Array
  readonly probed: Float64Array
  readonly samples: (Sample[] | undefined)[] = []

  constructor(index: Index) {
    const { hosts, tunnels } = index.fleet
    const by = (length: number) => new Float64Array(length).fill(NaN)
    this.#index = index
    this.times = by(hosts.length)
    this.handshakes = by(tunnels.count)
    this.ours = new Uint8Array(tunnels.count)
    this.received = by(tunnels.count)
    this.sent = by(tunnels.count)
    this.roundTrips = by(tunnels.count)
    this.lost = by(tunnels.count)
    this.cores = by(hosts.length)
    this.clocks = by(hosts.length)
    this.pings = by(hosts.length)
    this.hostUp = by(hosts.length)
    this.up = by(index.instances.length)
    this.probed = by(index.instances.length)
  }

  /** What takes the samples of a query. */
  taker(query: QueryName): (sample: VectorSample) => void {
    switch (query) {
      case 'sample times':
        return sample => this.#ofHost(this.times, sample)
      case 'handshakes':
        return this.#ofTunnels(this.handshakes, true)
      case 'bytes received':
        return this.#ofTunnels(this.received, false)
      case 'bytes sent':
        return this.#ofTunnels(this.sent, false)
      case 'round trips':
        return this.#ofTunnels(this.roundTrips, false)
      case 'echoes lost':
        return this.#ofTunnels(this.lost, false)
      case 'system':
        return sample => this.#takeSystem(sample)
      case 'cores':
        return sample => this.#ofHost(this.cores, sample)
      case 'clocks':
        return sample => this.#ofHost(this.clocks, sample)
      case 'answers':
        return sample => this.#takeAnswer(sample)
      case 'service metrics':
        return sample => this.#takeSample(sample)
    }
  }

  /** Half an answer is none: absent handshakes would be tunnels that are not there. */
  fail(query: QueryName, why: string): void {
    this.failed.set(query, why)
    const columns: Partial<Record<QueryName, readonly Float64Array[]>> = {
      'sample times': [this.times],
      handshakes: [this.handshakes],
      'bytes received': [this.received],
      'bytes sent': [this.sent],
      'round trips': [this.roundTrips],
      'echoes lost': [this.lost],
      cores: [this.cores],
      clocks: [this.clocks],
      answers: [this.pings, this.hostUp, this.up, this.probed],
    }
    for (const column of columns[query] ?? []) column.fill(NaN)
    if (query === 'handshakes') this.strangers.clear()
    if (query === 'system') this.system.clear()
    if (query === 'service metrics') this.samples.length = 0
  }

  #ofHost(column: Float64Array, { labels, value }: VectorSample): void {
    const host = this.#index.hosts.get(label(labels, 'host'))
    if (host !== undefined) column[host] = value
  }

  #ofTunnels(column: Float64Array, tells: boolean): (sample: VectorSample) => void {
    const { fleet, hosts, keys } = this.#index
    const { start, to } = fleet.tunnels
    // Samples mostly come in the order of the plan: the next tunnel is the first guess.
    let guess = 0
    return ({ labels, value }) => {
      const host = hosts.get(label(labels, 'host'))
      if (host === undefined) return
      const name = label(labels, 'peer')
      const key = label(labels, 'public_key')
      const peer = name === '' ? keys.get(key) : hosts.get(name)
      const guessed = guess >= (start[host] ?? 0) && guess < (start[host + 1] ?? 0) && to[guess] === peer
      const tunnel = peer === undefined ? -1 : guessed ? guess : tunnelBetween(fleet.tunnels, host, peer)
      if (tunnel < 0) {
        if (tells) this.#takeStranger(host, name === '' ? `key ${key}` : name)
        return
      }
      guess = tunnel + 1
      if (tells) {
        // A peer may be known by its name and by its key: then by times of two clocks, of which one is enough.
        if (name === '' && this.ours[tunnel] === 1) return
        if (name !== '' && this.ours[tunnel] === 0) column[tunnel] = NaN
        this.ours[tunnel] = name === '' ? 0 : 1
      }
      raise(column, tunnel, value)
    }
  }

  #takeStranger(host: number, who: string): void {
    const known = this.strangers.get(host) ?? new Set()
    this.strangers.set(host, known)
    if (known.size < mostStrangers) known.add(`${printable(who.slice(0, 100))} is a peer, and not in the plan`)
  }

  #takeSystem({ labels, value }: VectorSample): void {
    const host = this.#index.hosts.get(label(labels, 'host'))
    if (host === undefined) return
    const known = this.system.get(host) ?? new Map<string, number>()
    this.system.set(host, known)
    known.set(label(labels, '__name__'), value)
  }

  #takeAnswer({ labels, value }: VectorSample): void {
    const host = this.#index.hosts.get(label(labels, 'host'))
    if (host === undefined) return
    if (label(labels, 'job') === 'ping') return raise(this.pings, host, value)
    const isUp = label(labels, '__name__') === 'up'
    if (isUp) raise(this.hostUp, host, value)
    const instance = this.#instance(labels)
    if (instance !== undefined) raise(isUp ? this.up : this.probed, instance, value)
  }

  #takeSample({ labels, value }: VectorSample): void {
    const instance = this.#instance(labels)
    if (instance === undefined) return
    const samples = (this.samples[instance] ??= [])
    if (samples.length < mostSamples) samples.push({ name: label(labels, '__name__'), labels: own(labels), value })
  }

  #instance = (labels: Labels): number | undefined =>
    this.#index.instance.get(`${label(labels, 'service')}/${label(labels, 'role')}/${label(labels, 'host')}`)
}

/** NaN is below all. */
function raise(column: Float64Array, at: number, value: number): void {
  if (!((column[at] ?? NaN) >= value)) column[at] = value
}

/** Labels that our scrape configuration puts on a target; those of the program itself move out of their way. */
const ofTarget = new Set(['__name__', 'host', 'instance', 'job', 'region', 'role', 'service', 'mesh', 'replica'])

/** Labels as the program itself gave them. */
function own(labels: Labels): Readonly<Record<string, string>> {
  const found: [string, string][] = []
  for (const [key, value] of Object.entries(labels)) {
    if (typeof value !== 'string' || ofTarget.has(key)) continue
    const before = key.startsWith('exported_') ? key.slice('exported_'.length) : key
    found.push([ofTarget.has(before) ? before : key, value])
  }
  return Object.fromEntries(found)
}
