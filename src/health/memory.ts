/**
 * Observations in, snapshots out: what is remembered between two looks. The only state of watching; it grows with the
 * mesh and not with time.
 */
import { Changes } from './changes.ts'
import type { Fleet, WatchedHost } from './fleet.ts'
import { Links } from './links.ts'
import { missingJails, problemsOf } from './problems.ts'
import type { HostReport, Observation } from './report.ts'
import { servicesOf } from './services.ts'
import {
  type History,
  type HostHealth,
  type HostState,
  type Level,
  levelOfTunnel,
  levels,
  type Problem,
  type ServiceHealth,
  type Snapshot,
  type Totals,
  tunnelAt,
  type TunnelColumns,
  worst,
} from './snapshot.ts'
import { spanText, type TunnelState, tunnelStates } from './verdict.ts'

/** How many ticks a sparkline can look back. */
const keptTicks = 120
/** Above so many changes of tunnels at once, their number is the news. */
const singleTunnels = 50

export interface Remembering {
  readonly fleet: Fleet
  readonly source: Snapshot['source']
  /** Milliseconds between two looks at a host. */
  readonly interval: number
  readonly now: number
}

interface HostMemory {
  report: HostReport | null
  /** Of the last silence that no report followed. */
  why: string
  silences: number
  /** Milliseconds; 0: it never told. */
  bootedAt: number
  problems: readonly Problem[]
}

export class Memory {
  readonly #of: Remembering
  readonly #hosts: readonly HostMemory[]
  readonly #links: Links
  readonly #changes = new Changes()
  /** Keys of the problems each host had, to tell when they end. */
  readonly #told: Set<string>[]
  #history: History
  /** When whoever watches woke up; see {@link slept}. */
  #awake = -Infinity

  constructor(of: Remembering) {
    this.#of = of
    this.#links = new Links(of.fleet, of.now)
    this.#hosts = of.fleet.hosts.map(() => ({ report: null, why: '', silences: 0, bootedAt: 0, problems: [] }))
    this.#told = of.fleet.hosts.map(() => new Set())
    this.#history = {
      ...{ at: [], hosts: [], tunnels: [], services: [] },
      ofHost: of.fleet.hosts.map(() => []),
      ofService: new Map(of.fleet.services.map(({ name }) => [name, []])),
    }
  }

  take(observation: Observation): void {
    const host = this.#hosts[observation.host]
    const watched = this.#of.fleet.hosts[observation.host]
    if (host === undefined || watched === undefined) return
    if (observation.kind === 'silence') {
      host.why = observation.why
      if (observation.at >= this.#awake + wakingUp) host.silences += 1
      return
    }
    host.report = observation
    host.silences = 0
    // By its own clock, which may be another than ours: only the time in between is the same.
    const { system, at } = observation
    if (system !== null) host.bootedAt = Math.min(at, at - (system.clock - system.booted) * 1000) || 0
    host.problems = problemsOf(watched, observation)
    this.#links.take(observation)
  }

  /** Whoever watches stood still until now: that nobody was heard of meanwhile says nothing of the hosts. */
  slept(now: number): void {
    this.#awake = now
  }

  /** Would one more look tell what this one left open: who did not answer once, an echo request that was lost? */
  get undecided(): boolean {
    const speaks = this.#hosts.map(({ report, silences }) => report !== null && silences === 0)
    return this.#hosts.some(({ silences }) => silences === 1) || this.#links.wantsEchoes(speaks)
  }

  snapshot(now: number): Snapshot {
    const { fleet, source } = this.#of
    const states = this.#hosts.map(host => this.#stateOf(host, now))
    const speaks = states.map(state => state === 'up')
    const news: { readonly link: number; readonly before: TunnelState; readonly after: TunnelState }[] = []
    let changed = 0
    const tunnels = this.#links.judge(
      now,
      speaks,
      this.#hosts.map(({ bootedAt }) => bootedAt),
      (link, before, after) => {
        // What is well at first sight is no news.
        if (before === 'unknown' && after === 'up') return
        changed += 1
        if (news.length < singleTunnels) news.push({ link, before, after })
      },
    )
    const counts = countsOf(fleet, tunnels)
    const hosts = fleet.hosts.map((host, i) => this.#hostHealth(host, states[i] ?? 'unknown', now, speaks, counts))
    const services = servicesOf(fleet, hosts, (kind, name, state) => this.#changes.since({ kind, name }, state, now))
    this.#tellHosts(hosts, now)
    this.#tellTunnels(tunnels, news, changed, now)
    this.#tellServices(services, now)
    const totals = totalsOf(hosts, tunnels, services)
    // Before anybody has said anything there is nothing to look back at.
    if (states.some(state => state !== 'unknown')) this.#remember(now, hosts, services, totals)
    return {
      ...{ fleet, source, at: now, hosts, tunnels, services, totals },
      events: this.#changes.events,
      history: this.#history,
    }
  }

  #stateOf({ report, silences }: HostMemory, now: number): HostState {
    const { interval, source } = this.#of
    if (silences >= 2) return 'down'
    if (silences > 0) return 'stale'
    if (report === null) return 'unknown'
    const quiet = now - Math.max(report.at, this.#awake) - (report.took ?? 0)
    const looks = quiet / (source.kind === 'prometheus' ? Math.max(interval, scrape) : interval)
    return looks <= 2 ? 'up' : looks <= 4 || quiet <= slowest ? 'stale' : 'down'
  }

  #hostHealth(
    host: WatchedHost,
    state: HostState,
    now: number,
    speaks: readonly boolean[],
    counts: readonly Record<TunnelState, number>[],
  ): HostHealth {
    const { report, why, problems, silences } = this.#hosts[host.number] ?? this.#missing(host)
    const own = state === 'up' ? problems : []
    return {
      ...{ number: host.number, name: host.name, state, report },
      since: this.#changes.since({ kind: 'host', name: host.name }, state, now),
      why: state === 'up' ? '' : this.#whyNot(host, state, silences > 0 ? why : '', now, speaks),
      level: worst([levelOfHost(state), ...own.map(({ level }) => level)]),
      problems: own,
      missingJails: report?.jails == null ? null : missingJails(host, report.jails),
      foreignJails: (report?.jails ?? []).filter(jail => !(host.jails as readonly string[]).includes(jail)),
      tunnels: counts[host.number] ?? this.#missing(host),
    }
  }

  #missing(host: WatchedHost): never {
    throw new Error(`nothing is remembered of ${host.name}: this is a bug in meshwright`)
  }

  /** A host that whoever watches cannot reach may well be there for its peers. */
  #whyNot(host: WatchedHost, state: HostState, why: string, now: number, speaks: readonly boolean[]): string {
    const said = why !== '' ? why : state === 'unknown' ? 'not heard of yet' : 'nothing new of it'
    const heard = this.#links.heardBySomebody(host.number, now, speaks) / 1000
    return heard < heardInMesh ? `${said}; its peers heard it ${spanText(heard)} ago` : said
  }

  #tellHosts(hosts: readonly HostHealth[], now: number): void {
    for (const host of hosts) {
      this.#changes.see({ kind: 'host', name: host.name }, now, levelOfHost(host.state), host.state, host.why)
      if (host.state !== 'up') continue
      const told = this.#told[host.number] ?? new Set<string>()
      const there = new Set(host.problems.map(({ key }) => key))
      for (const { key, level, text } of host.problems) {
        told.add(key)
        this.#changes.see({ kind: 'problem', name: host.name, what: key }, now, level, level, text)
      }
      for (const key of told)
        if (!there.has(key)) {
          told.delete(key)
          this.#changes.gone({ kind: 'problem', name: host.name, what: key }, now)
        }
    }
  }

  #tellTunnels(
    tunnels: TunnelColumns,
    news: readonly { readonly link: number; readonly before: TunnelState; readonly after: TunnelState }[],
    changed: number,
    now: number,
  ): void {
    const { fleet } = this.#of
    for (const { link, before, after } of news) {
      const { from, to, why } = tunnelAt({ fleet, tunnels }, link)
      this.#changes.tell({ kind: 'tunnel', name: `${from}>${to}` }, now, levelOfTunnel(after), before, after, why)
    }
    if (changed > news.length)
      this.#changes.tell(
        { kind: 'tunnel', name: 'many' },
        now,
        'warn',
        'and',
        `${changed - news.length} more changed`,
        '',
      )
  }

  #tellServices(services: readonly ServiceHealth[], now: number): void {
    for (const { service, level, word, roles } of services) {
      this.#changes.see({ kind: 'service', name: service.name }, now, level, word, '')
      for (const { instance, host, state, word: is } of roles.flatMap(role => role.instances))
        // Its host's going is the news.
        if (host !== '' && is !== 'its host is down')
          this.#changes.see({ kind: 'instance', name: `${instance.jail}@${host}` }, now, state, is, '')
    }
  }

  #remember(now: number, hosts: readonly HostHealth[], services: readonly ServiceHealth[], totals: Totals): void {
    const push = <T>(all: readonly T[], one: T): readonly T[] => [...all.slice(1 - keptTicks), one]
    const part = (n: number, total: number) => (total === 0 ? 1 : n / total)
    const before = this.#history
    const number = (level: Level) => levels.indexOf(level)
    this.#history = {
      at: push(before.at, now),
      hosts: push(before.hosts, part(totals.hosts.up, totals.hosts.total)),
      tunnels: push(before.tunnels, part(totals.tunnels.up + totals.tunnels.lossy, totals.tunnels.total)),
      services: push(before.services, part(totals.services.ok, totals.services.total)),
      ofHost: hosts.map((host, i) => push(before.ofHost[i] ?? [], number(host.level))),
      ofService: new Map(
        services.map(({ service: { name }, level }) => [name, push(before.ofService.get(name) ?? [], number(level))]),
      ),
    }
  }
}

/** Milliseconds until our own network is back, and connections that broke meanwhile are known to be broken. */
const wakingUp = 30_000
/** Milliseconds: a Prometheus brings what it has scraped, each minute if nothing else is said (scrape_interval). */
const scrape = 60_000
/** Milliseconds: two looks at a host that takes all the time it is given. */
const slowest = 20_000

/** Seconds within which a packet that a peer had of a host shows that it is alive. */
const heardInMesh = 30

const levelOfHost = (state: HostState): Level =>
  state === 'up' ? 'ok' : state === 'down' ? 'bad' : state === 'stale' ? 'warn' : 'unknown'

/** Of its own tunnels, by host. */
function countsOf(fleet: Fleet, { state }: TunnelColumns): readonly Record<TunnelState, number>[] {
  const { from, count } = fleet.tunnels
  const counts = fleet.hosts.map(() => new Uint32Array(tunnelStates.length))
  for (let link = 0; link < count; link += 1) {
    const of = counts[from[link] ?? 0]
    const is = state[link] ?? 0
    if (of !== undefined) of[is] = (of[is] ?? 0) + 1
  }
  return counts.map(byState)
}

const byState = (numbers: Uint32Array): Record<TunnelState, number> => ({
  unknown: numbers[tunnelStates.indexOf('unknown')] ?? 0,
  up: numbers[tunnelStates.indexOf('up')] ?? 0,
  lossy: numbers[tunnelStates.indexOf('lossy')] ?? 0,
  stale: numbers[tunnelStates.indexOf('stale')] ?? 0,
  'one-way': numbers[tunnelStates.indexOf('one-way')] ?? 0,
  down: numbers[tunnelStates.indexOf('down')] ?? 0,
})

function totalsOf(hosts: readonly HostHealth[], { state }: TunnelColumns, services: readonly ServiceHealth[]): Totals {
  const numbers = new Uint32Array(tunnelStates.length)
  for (const is of state) numbers[is] = (numbers[is] ?? 0) + 1
  const tunnels = byState(numbers)
  // Where nobody has anything to send, nothing is wrong.
  const ofTunnels = tunnelStates.filter(one => one !== 'unknown' && tunnels[one] > 0).map(levelOfTunnel)
  return {
    level: worst([...hosts.map(({ level }) => level), ...services.map(({ level }) => level), ...ofTunnels]),
    hosts: { total: hosts.length, up: hosts.filter(host => host.state === 'up').length },
    tunnels: { ...tunnels, total: state.length },
    services: { total: services.length, ok: services.filter(({ level }) => level === 'ok').length },
  }
}
