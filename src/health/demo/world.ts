/**
 * The mesh of the demo at a moment: who is there, what crosses, who leads. All of it follows from the fleet, the seed, the
 * faults and the seconds since the demo began: there is no clock here and no chance, and no moment depends on another.
 */
import { type Fleet, tunnelBetween, type WatchedHost, type WatchedInstance, type WatchedRole } from '../fleet.ts'
import { crossingOf, type Crossings, crossingsOf, hostClass } from './crossing.ts'
import { type FaultKind, type Faults, hasCarp, type Resolved, resolve, scriptOf } from './faults.ts'
import { leaderAt, type Terms, termsOf } from './leaders.ts'
import { begun, covers, momentOf } from './spans.ts'

/** What follows from fleet, seed and faults for every moment at once. */
export interface Stage {
  readonly fleet: Fleet
  readonly seed: number
  readonly faults: readonly Resolved[]
  readonly period: number
  readonly crossings: Crossings
  /** Moments within the period at which anything changes, 0 first. */
  readonly moments: readonly number[]
  readonly terms: Terms
  /** Of hosts and their jails, by host. */
  readonly faultsOf: ReadonlyMap<number, readonly Resolved[]>
  /** Hosts, by number. */
  readonly reaches: (a: number, b: number, seconds: number) => boolean
  /** Part of the mesh that each host is in. */
  readonly partsAt: (seconds: number) => Int32Array
  /** It runs, and so does its host. */
  readonly runs: (instance: WatchedInstance, seconds: number) => boolean
}

export interface World {
  readonly seconds: number
  readonly hosts: readonly HostState[]
  /** By id; of every role. */
  readonly roles: ReadonlyMap<string, RoleNow>
}

export interface HostState {
  /** Whoever watches from outside gets an answer. */
  readonly speaks: boolean
  /** Seconds, as the world's; null: before the demo began. */
  readonly booted: number | null
  /** That are going on. */
  readonly faults: ReadonlySet<FaultKind>
  readonly lostJails: ReadonlySet<string>
  /** Null: it shares no address. */
  readonly carp: 'MASTER' | 'BACKUP' | null
  /** How often its router has forgotten it. */
  readonly moves: number
}

interface RoleNow {
  readonly members: number
  readonly voters: boolean
  readonly leader: WatchedInstance | null
  /** How many of the role an instance reaches, itself among them; 0: it does not run. */
  reached(instance: WatchedInstance): number
  /** Does it reach one that leads? */
  led(instance: WatchedInstance): boolean
}

export function stageOf(fleet: Fleet, faults: Faults = 'story', seed = 0): Stage {
  const script = scriptOf(faults, fleet, seed)
  const { period } = script
  const resolved = resolve(script, fleet)
  const crossings = crossingsOf(fleet, resolved, period)
  const moments = momentsOf(resolved, crossings, period)
  const faultsOf = new Map<number, Resolved[]>()
  for (const fault of resolved)
    if (fault.target === 'host' || fault.target === 'jail')
      faultsOf.set(fault.host, [...(faultsOf.get(fault.host) ?? []), fault])
  const { reaches, partsAt } = reachingOf(fleet, crossings, moments, period)
  const runs = (instance: WatchedInstance, seconds: number): boolean =>
    !covers(hostClass(crossings, instance.host).off, seconds, period) &&
    (faultsOf.get(instance.host) ?? []).every(
      fault => fault.target !== 'jail' || fault.jail !== (instance.jail as string) || !covers([fault], seconds, period),
    )
  const terms = termsOf(fleet, resolved, moments, { runs, reaches })
  return { fleet, seed, faults: resolved, period, crossings, moments, terms, faultsOf, reaches, partsAt, runs }
}

function momentsOf(faults: readonly Resolved[], { special }: Crossings, period: number): readonly number[] {
  const all = new Set([0])
  for (const { from, until } of [...faults, ...[...special.values()].flatMap(({ up }) => up)])
    for (const moment of [from, until]) if (moment < period) all.add(moment)
  return [...all].sort((a, b) => a - b)
}

/** Peers reach each other by their tunnel alone, others over hosts between them: by parts of the mesh that hold together. */
function reachingOf(
  fleet: Fleet,
  crossings: Crossings,
  moments: readonly number[],
  period: number,
): Pick<Stage, 'reaches' | 'partsAt'> {
  const { tunnels, hosts } = fleet
  const parts = new Map<number, Int32Array>()
  const partsAt = (seconds: number): Int32Array => {
    const { at } = momentOf(seconds, period)
    const moment = moments.findLastIndex(one => one <= at)
    const known = parts.get(moment)
    if (known !== undefined) return known
    const found = partsOf(hosts.length, union => {
      for (let tunnel = 0; tunnel < tunnels.count; tunnel += 1) {
        const [from, to] = [tunnels.from[tunnel] ?? 0, tunnels.to[tunnel] ?? 0]
        if (from < to && !covers(crossingOf(crossings, tunnel, from, to).mute, at, period)) union(from, to)
      }
    })
    parts.set(moment, found)
    return found
  }
  const reaches = (a: number, b: number, seconds: number): boolean => {
    if (a === b) return true
    const tunnel = tunnelBetween(tunnels, a, b)
    if (tunnel >= 0) return !covers(crossingOf(crossings, tunnel, a, b).mute, seconds, period)
    const part = partsAt(seconds)
    return part[a] === part[b]
  }
  return { reaches, partsAt }
}

/** The part of each host, as the number of one host in it. */
function partsOf(count: number, joinAll: (union: (a: number, b: number) => void) => void): Int32Array {
  const parent = Int32Array.from({ length: count }, (_, i) => i)
  const root = (of: number): number => {
    let here = of
    for (let up = parent[here] ?? here; up !== here; up = parent[here] ?? here) {
      parent[here] = parent[up] ?? up
      here = up
    }
    return here
  }
  joinAll((a, b) => void (parent[root(a)] = root(b)))
  return parent.map((_, i) => root(i))
}

export function worldAt(stage: Stage, seconds: number): World {
  const { fleet, period, crossings, faultsOf } = stage
  const reachable = (host: number): boolean => {
    const { off, lost, isolated } = hostClass(crossings, host)
    return ![off, lost, isolated].some(spans => covers(spans, seconds, period))
  }
  const speaks = ({ number, ssh }: WatchedHost): boolean =>
    reachable(number) &&
    (ssh.address !== null ||
      ssh.via.length === 0 ||
      ssh.via.some(way => reachable(way) && stage.reaches(way, number, seconds)))
  const master = mastersAt(stage, seconds, reachable)
  const hosts = fleet.hosts.map((host): HostState => {
    const all = faultsOf.get(host.number)
    const spoken = speaks(host)
    const carp = master.get(host.number) ?? null
    if (all === undefined) return { ...untouched, speaks: spoken, carp }
    const now = all.filter(fault => covers([fault], seconds, period))
    return {
      ...{ speaks: spoken, carp, booted: bootedAt(stage, host.number, seconds) },
      faults: new Set(now.map(({ kind }) => kind)),
      lostJails: new Set(now.flatMap(fault => (fault.target === 'jail' ? [fault.jail] : []))),
      moves: over(
        all.filter(({ kind }) => kind === 'nat-expired'),
        seconds,
        period,
      ),
    }
  })
  return { seconds, hosts, roles: rolesAt(stage, seconds) }
}

const untouched = { booted: null, faults: new Set<FaultKind>(), lostJails: new Set<string>(), moves: 0 } as const

/** The end of the latest time in which it was off. */
function bootedAt({ crossings, period }: Stage, host: number, seconds: number): number | null {
  const { off } = hostClass(crossings, host)
  if (off.length === 0) return null
  return begun(off, seconds, period).find(({ until }) => until <= seconds)?.until ?? null
}

/** How many have come to their end so far. */
function over(faults: readonly Resolved[], seconds: number, period: number): number {
  const { passed, at } = momentOf(seconds, period)
  return faults.length * passed + faults.filter(({ until }) => until <= at).length
}

/** Hosts of a region that share an address: the first by name that has not given it up. */
function mastersAt(
  { fleet, faultsOf, period }: Stage,
  seconds: number,
  reachable: (host: number) => boolean,
): ReadonlyMap<number, 'MASTER' | 'BACKUP'> {
  const found = new Map<number, 'MASTER' | 'BACKUP'>()
  for (const region of fleet.regions) {
    const sharing = region.hosts.filter(number => fleet.hosts[number] !== undefined && hasCarp(fleet.hosts[number]))
    const willing = sharing.filter(number =>
      (faultsOf.get(number) ?? []).every(fault => fault.kind !== 'carp-moved' || !covers([fault], seconds, period)),
    )
    const master = willing.find(reachable) ?? sharing.find(reachable)
    for (const number of sharing) found.set(number, number === master ? 'MASTER' : 'BACKUP')
  }
  return found
}

/** Beyond so many, members are counted in groups, and not pair by pair. */
const countedInPairs = 64

function rolesAt(stage: Stage, seconds: number): ReadonlyMap<string, RoleNow> {
  const { fleet, terms, period, reaches, runs } = stage
  const stateOf = (role: WatchedRole): RoleNow => {
    const leader = leaderAt(terms, role.id, seconds, period)
    return {
      ...{ members: role.instances.length, voters: role.resilience.kind === 'voters', leader },
      reached: reachedAt(stage, role, seconds),
      // Members without a state follow nobody.
      led: instance =>
        role.resilience.kind === 'stateless'
          ? runs(instance, seconds)
          : leader !== null && reaches(instance.host, leader.host, seconds),
    }
  }
  return new Map(fleet.services.flatMap(({ roles }) => roles.map(role => [role.id, stateOf(role)] as const)))
}

function reachedAt(stage: Stage, { instances }: WatchedRole, seconds: number): RoleNow['reached'] {
  const { crossings, period, reaches, runs, fleet } = stage
  const running = instances.filter(instance => runs(instance, seconds))
  if (instances.length <= countedInPairs)
    return instance =>
      runs(instance, seconds) ? running.filter(other => reaches(instance.host, other.host, seconds)).length : 0
  const { from, to, count } = fleet.tunnels
  const full = count === fleet.hosts.length * (fleet.hosts.length - 1)
  const groupOf: ArrayLike<number> = full ? crossings.classOf : stage.partsAt(seconds)
  const members = new Map<number, number>()
  const onHost = new Map<number, number>()
  for (const { host } of running) {
    const group = groupOf[host] ?? 0
    members.set(group, (members.get(group) ?? 0) + 1)
    onHost.set(host, (onHost.get(host) ?? 0) + 1)
  }
  const open = (a: number, b: number): boolean =>
    full ? !covers(crossings.between[a]?.[b]?.mute ?? [], seconds, period) : a === b
  const cut = [...crossings.special.keys()].filter(tunnel =>
    covers(crossings.special.get(tunnel)?.mute ?? [], seconds, period),
  )
  return instance => {
    if (!runs(instance, seconds)) return 0
    const own = groupOf[instance.host] ?? 0
    let reached = open(own, own) ? 0 : (onHost.get(instance.host) ?? 0)
    for (const [group, there] of members) if (open(own, group)) reached += there
    for (const tunnel of cut) {
      const other = to[tunnel] ?? -1
      if (from[tunnel] === instance.host && open(own, groupOf[other] ?? 0)) reached -= onHost.get(other) ?? 0
    }
    return reached
  }
}
