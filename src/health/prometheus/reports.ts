/** What each host would have said of itself, from what one Prometheus or several say of it. */
import type { Fleet } from '../fleet.ts'
import type { Answer, HostReport, HostSilence, Observation, Peers, Pings, System } from '../report.ts'
import { spanText } from '../verdict.ts'
import type { Index, Look } from './look.ts'
import type { QueryName } from './queries.ts'

/** A look, and milliseconds to add to the clock of its Prometheus to have that of whoever watches. */
export interface Seen {
  readonly look: Look
  readonly clockOff: number
}

export interface Assembly {
  readonly index: Index
  readonly seen: readonly Seen[]
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Milliseconds after which what a host said is no longer how it is. */
  readonly oldAfter: number
  /** Seconds, by host: the sample time of the last report; those are not told twice. */
  readonly told: Float64Array
  /** By tunnel: echoes that were lost and not told yet, as a part of 1. */
  readonly owed: Float32Array
}

/**
 * `told` and `owed` are brought up to date. A host whose newest samples were told already brings nothing: between two
 * scrapes there is no news, and counters that stand still would look like traffic that does.
 */
export function assemble(of: Assembly): readonly Observation[] {
  return of.index.fleet.hosts.flatMap(({ number }) => observationOf(number, of) ?? [])
}

function observationOf(host: number, of: Assembly): Observation | null {
  const { seen, now, told } = of
  const speaking = seen.filter(({ look }) => speaks(look, host, of.index))
  const silent = (why: string): HostSilence => ({ kind: 'silence', host, at: now, why })
  if (speaking.length === 0) return silent(whyOf(host, seen))
  // Two that see the same host: whoever has the news.
  const [best] = speaking.toSorted((a, b) => atOf(b, host, now) - atOf(a, host, now))
  if (best === undefined) return null
  const at = atOf(best, host, now)
  if (now - at > of.oldAfter) return silent(`Prometheus last heard of it ${spanText((now - at) / 1000)} ago`)
  const time = best.look.times[host] ?? NaN
  if (time <= (told[host] ?? NaN)) return null
  told[host] = time
  return reportOf(host, at, best, of)
}

/** Milliseconds, by the clock of whoever watches; what has no time of its own is of now. */
function atOf({ look, clockOff }: Seen, host: number, now: number): number {
  const time = look.times[host] ?? NaN
  return Number.isNaN(time) ? now : Math.min(now, time * 1000 + clockOff)
}

/** Something of it is known that it must have said itself. */
const speaks = (look: Look, host: number, { fleet, on }: Index): boolean =>
  look.hostUp[host] === 1 ||
  look.system.has(host) ||
  tellsOfTunnels(look, host, fleet) ||
  (on[host] ?? []).some(i => look.probed[i] === 1 || (look.samples[i]?.length ?? 0) > 0)

function tellsOfTunnels({ handshakes }: Look, host: number, { tunnels: { start } }: Fleet): boolean {
  for (let i = start[host] ?? 0; i < (start[host + 1] ?? 0); i += 1)
    if (!Number.isNaN(handshakes[i] ?? NaN)) return true
  return false
}

function whyOf(host: number, seen: readonly Seen[]): string {
  const looks = seen.map(({ look }) => look)
  const reached = looks.some(look => look.pings[host] === 1)
  if (looks.some(look => !Number.isNaN(look.hostUp[host] ?? NaN)))
    return reached ? 'answers echo requests; nothing on it gives metrics' : 'nothing on it gives metrics'
  const broken = looks.flatMap(look => [...look.failed.values()])[0]
  if (broken !== undefined) return `Prometheus ${broken}`
  const warned = looks.flatMap(look => [...look.warned.values()])[0]
  if (warned !== undefined) return `Prometheus has nothing of it, and ${warned}`
  return reached ? 'answers echo requests; Prometheus has no metrics of it' : 'Prometheus has nothing of it'
}

function reportOf(host: number, at: number, seen: Seen, of: Assembly): HostReport {
  const { look } = seen
  const system = systemOf(look, host, at)
  const peers = peersOf(host, at, seen, of.index.fleet)
  const pings = pingsOf(host, look, of)
  const answers = answersOf(host, look, of.index)
  const lacks = (query: QueryName): boolean => {
    if (query === 'handshakes') return peers === null
    if (query === 'system') return system === null
    return true
  }
  return {
    ...{ kind: 'report', host, at, took: null, system, peers, pings, answers },
    ...{ pools: null, jails: null, interfaces: null, pf: null, carp: null, drift: null },
    missing: Object.fromEntries([
      ...[...look.failed].filter(([query]) => lacks(query)).map(([query, why]) => [query, `Prometheus ${why}`]),
      ...[...look.warned].map(([query, why]) => [query, `Prometheus ${why}`] as const),
    ]) as Readonly<Record<string, string>>,
  }
}

function systemOf(look: Look, host: number, at: number): System | null {
  const known = look.system.get(host)
  if (known === undefined) return null
  const of = (name: string): number => known.get(`node_${name}`) ?? NaN
  const orNone = (name: string): number => known.get(`node_${name}`) ?? 0
  // Of the ARC, all but its least is given back when somebody wants memory (loader variable vfs.zfs.arc.min).
  const arc = Math.max(0, orNone('zfs_arcstats_size_bytes') - orNone('zfs_arcstats_c_min_bytes'))
  const free = of('memory_free_bytes') + orNone('memory_inactive_bytes') + orNone('memory_cache_bytes') + arc
  const linux = known.has('node_memory_MemTotal_bytes')
  return {
    clock: at / 1000 + (look.clocks[host] ?? NaN),
    booted: of('boot_time_seconds'),
    cpus: look.cores[host] ?? NaN,
    load: [of('load1'), of('load5'), of('load15')],
    memory: linux
      ? { total: of('memory_MemTotal_bytes'), free: of('memory_MemAvailable_bytes') }
      : { total: of('memory_size_bytes'), free },
    release: null,
  }
}

/** Null: nobody tells of its handshakes. */
function peersOf(host: number, at: number, { look, clockOff }: Seen, fleet: Fleet): Peers | null {
  const strangers = [...(look.strangers.get(host) ?? [])].toSorted()
  if (!tellsOfTunnels(look, host, fleet) && strangers.length === 0) return null
  const { start, to } = fleet.tunnels
  const [first, end] = [start[host] ?? 0, start[host + 1] ?? 0]
  const told = (tunnel: number): boolean => !Number.isNaN(look.handshakes[tunnel] ?? NaN)
  let length = 0
  for (let tunnel = first; tunnel < end; tunnel += 1) length += told(tunnel) ? 1 : 0
  const peers = new Int32Array(length)
  const [age, received, sent] = [new Float64Array(length), new Float64Array(length), new Float64Array(length)]
  // wg(8) gives the time of a handshake by the host's own clock, which meshwright has allowed for.
  const time = (at - clockOff) / 1000
  const skew = look.clocks[host] || 0
  let next = 0
  for (let tunnel = first; tunnel < end; tunnel += 1) {
    if (!told(tunnel)) continue
    const handshake = look.handshakes[tunnel] ?? 0
    peers[next] = to[tunnel] ?? 0
    const seenAt = time + (look.ours[tunnel] === 1 ? 0 : skew)
    age[next] = handshake === 0 ? NaN : Math.max(0, seenAt - handshake)
    received[next] = look.received[tunnel] ?? NaN
    sent[next] = look.sent[tunnel] ?? NaN
    next += 1
  }
  return { to: peers, age, received, sent, endpoints: Array<string>(length).fill(''), strangers }
}

/** Of so and so many echoes a part was lost: that part of the looks tells of one that was. */
function pingsOf(host: number, look: Look, { index: { fleet }, owed }: Assembly): Pings | null {
  const { start, to } = fleet.tunnels
  const peers: number[] = []
  const milliseconds: number[] = []
  for (let tunnel = start[host] ?? 0; tunnel < (start[host + 1] ?? 0); tunnel += 1) {
    const roundTrip = look.roundTrips[tunnel] ?? NaN
    const lost = look.lost[tunnel] ?? NaN
    if (Number.isNaN(roundTrip) && !(lost >= 1)) continue
    const due = Math.min(1, Math.max(0, lost || 0)) + (owed[tunnel] ?? 0)
    // Float32 adds twenty times 0.05 to a little less than 1.
    const isLost = due > 0.9999
    owed[tunnel] = isLost ? Math.max(0, due - 1) : due
    peers.push(to[tunnel] ?? 0)
    milliseconds.push(isLost ? NaN : roundTrip * 1000)
  }
  return peers.length === 0 ? null : { to: peers, milliseconds }
}

/** What the prober says of an instance counts for more than that its metrics can be read. */
function answersOf(host: number, look: Look, { instances, on }: Index): readonly Answer[] {
  return (on[host] ?? []).flatMap((i): Answer[] => {
    const instance = instances[i]
    if (instance === undefined) return []
    const [up, probed] = [look.up[i] ?? NaN, look.probed[i] ?? NaN]
    const samples = look.samples[i] ?? null
    if (Number.isNaN(up) && Number.isNaN(probed) && samples === null) return []
    const told = Number.isNaN(probed) ? up : probed
    const alive = Number.isNaN(told) ? null : told === 1
    const why = alive !== false ? '' : Number.isNaN(probed) ? 'gives no metrics' : 'does not answer as it should'
    return [{ jail: instance.jail, alive, why, samples: instance.health === null ? null : samples }]
  })
}
