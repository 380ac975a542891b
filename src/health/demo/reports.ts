/** What each host says of itself at a moment of the demo; those that are lost say nothing. */
import type { Imagined } from '../../services/kind.ts'
import type { Answer, Drift, HostReport, Interface, Observation, Pf, Pool, System } from '../report.ts'
import type { WatchedHost, WatchedInstance } from '../fleet.ts'
import { between, hashOf, mix } from './chance.ts'
import { majority } from './leaders.ts'
import { begun, complement, covered, type Span, union } from './spans.ts'
import { type Traffic, wiresOf } from './traffic.ts'
import { type HostState, type Stage, type World, worldAt } from './world.ts'

/** `look`: the number of this look; which peers are sent echo requests depends on it. */
export type Observer = (seconds: number, look: number) => Iterable<Observation>

/** `start`: when the demo began, in milliseconds since the epoch. Hosts come in the order of their numbers. */
export function observerOf(stage: Stage, start: number): Observer {
  const wires = wiresOf(stage)
  return function* (seconds, look) {
    const world = worldAt(stage, seconds)
    const traffic = wires.at(world, look)
    const at = start + Math.round(seconds * 1000)
    for (const host of stage.fleet.hosts) {
      const state = world.hosts[host.number]
      if (state?.speaks !== true) {
        yield { kind: 'silence', host: host.number, at, why: 'does not answer within 8 s' }
        continue
      }
      const since = seconds - (state.booted ?? -uptimeOf(host, stage.seed))
      yield reportOf({ stage, world, host, state, since, look, at, traffic: traffic(host, since) })
    }
  }
}

interface Moment {
  readonly stage: Stage
  readonly world: World
  readonly host: WatchedHost
  readonly state: HostState
  /** Seconds since it booted. */
  readonly since: number
  readonly look: number
  readonly at: number
  readonly traffic: Traffic
}

/** Seconds for which a host had run when the demo began. */
const uptimeOf = ({ name }: WatchedHost, seed: number): number =>
  Math.round(between(2, 90, hashOf(`uptime ${name}`, seed)) * 86_400)

function reportOf(moment: Moment): HostReport {
  const { host, state, stage, at, look, traffic } = moment
  const jails = jailsOf(moment)
  const stuck = state.faults.has('fact-missing')
  return {
    kind: 'report',
    host: host.number,
    at,
    took: Math.round(between(70, 240, mix(hashOf(host.name, stage.seed), look))),
    system: systemOf(moment),
    pools: stuck ? null : poolsOf(moment),
    jails,
    interfaces: interfacesOf(moment, jails),
    pf: pfOf(moment, jails),
    carp: state.carp === null ? null : [{ interface: 'vtnet0', vhid: 1, state: state.carp }],
    drift: driftOf(moment),
    peers: state.faults.has('stranger') ? { ...traffic.peers, strangers: [strangerOf(host)] } : traffic.peers,
    pings: traffic.pings,
    answers: host.instances.map(instance => answerOf(moment, instance)),
    missing: stuck ? { 'zpool list': 'no answer in time' } : {},
  }
}

/** Cores, and bytes of memory and disk. */
const sizes: Readonly<Record<string, readonly [number, number, number]>> = {
  core: [8, 32e9, 500e9],
  edge: [4, 8e9, 80e9],
  build: [16, 64e9, 2e12],
  weak: [4, 4e9, 64e9],
}
const sizeOf = (host: WatchedHost) => sizes[host.class] ?? ([8, 32e9, 500e9] as const)

/** Around 1, slowly; as each host has it. */
const wave = (seconds: number, hash: number): number =>
  1 + 0.3 * Math.sin(seconds / 47 + hash) + 0.1 * Math.sin(seconds / 11 + 2 * hash)

/** Times of the faults of a kind, in the script's period. */
const spansOf = ({ stage, host }: Moment, kind: string): readonly Span[] =>
  union((stage.faultsOf.get(host.number) ?? []).filter(fault => fault.kind === kind))

function systemOf(moment: Moment): System {
  const { host, stage, world, since, at } = moment
  const [cpus, memory] = sizeOf(host)
  const hash = hashOf(`load ${host.name}`, stage.seed)
  const usual = cpus * between(0.04, 0.3, hash)
  const strained = begun(spansOf(moment, 'load'), world.seconds, stage.period)
  const load = [60, 300, 900].map(forgets => {
    const more = strained.reduce((sum, span) => sum + averaged(span, world.seconds, forgets), 0)
    // The longer the average, the calmer.
    const calm = 1 + (wave(world.seconds - forgets / 2, hash % 100) - 1) * Math.sqrt(60 / forgets)
    return Math.round((usual * calm + 6 * cpus * more) * 100) / 100
  })
  const pressed = strained.some(({ until }) => until > world.seconds)
  const clock = Math.floor(at / 1000)
  return {
    ...{ clock, booted: Math.round(at / 1000 - since), cpus },
    load: [load[0] ?? 0, load[1] ?? 0, load[2] ?? 0],
    memory: {
      total: memory,
      free: Math.round(
        memory * (pressed ? 0.02 : between(0.25, 0.5, mix(hash)) * (1 + 0.1 * (2 - wave(world.seconds, hash % 70)))),
      ),
    },
    release: { kernel: release, running: release, userland: release },
  }
}

const release = '14.4-RELEASE-p2'

/** What a load of 1 during a span has become in an average that forgets in so many seconds. */
function averaged({ from, until }: Span, seconds: number, forgets: number): number {
  const reached = 1 - Math.exp(-(Math.min(seconds, until) - from) / forgets)
  return seconds < until ? reached : reached * Math.exp(-(seconds - until) / forgets)
}

function poolsOf(moment: Moment): readonly Pool[] {
  const { host, stage, world, state } = moment
  const [, , size] = sizeOf(host)
  const hash = hashOf(`disk ${host.name}`, stage.seed)
  const usual = between(0.15, 0.6, hash) + 0.01 * wave(world.seconds / 8, hash % 100)
  const filling = state.faults.has('disk-filling')
    ? begun(spansOf(moment, 'disk-filling'), world.seconds, stage.period)[0]
    : undefined
  const done = filling === undefined ? 0 : (world.seconds - filling.from) / (filling.until - filling.from)
  // Full soon enough for somebody to see it.
  const used = usual + (0.97 - usual) * Math.min(1, 2 * done)
  return [
    {
      ...{ name: 'zroot', size, allocated: Math.round(size * used) },
      health: state.faults.has('pool-degraded') ? 'DEGRADED' : 'ONLINE',
    },
  ]
}

const jailsOf = ({ host, state }: Moment): readonly string[] => [
  ...host.jails.filter(jail => !state.lostJails.has(jail)),
  ...(state.faults.has('foreign-jail') ? ['trial'] : []),
]

/** Bytes a second since the boot, as a counter. */
const counted = (rate: number, seconds: number): number => Math.floor(rate * Math.max(0, seconds))

function interfacesOf({ host, stage, since, traffic }: Moment, jails: readonly string[]): readonly Interface[] {
  const hash = hashOf(`net ${host.name}`, stage.seed)
  const rate = (most: number, n: number): number => most * between(0.05, 1, mix(hash, n)) ** 3
  // Headers outside of the tunnel, and what comes from the world.
  const outside = (inside: number, n: number): number => Math.floor(inside * 1.06) + counted(rate(2e5, n), since)
  const interfaceOf = (name: string, mtu: number, received: number, sent: number): Interface => {
    const errors = 0
    return { name, up: true, mtu, received, sent, errors }
  }
  return [
    interfaceOf('vtnet0', 1500, outside(traffic.received, 1), outside(traffic.sent, 2)),
    interfaceOf('lo0', 16_384, counted(rate(5e4, 3), since), counted(rate(5e4, 3), since)),
    interfaceOf('wg0', 1420, traffic.received, traffic.sent),
    ...jails.map(jail => {
      const known = (host.jails as readonly string[]).indexOf(jail)
      const slot = known < 0 ? 98 : known
      const [received, sent] = [rate(1e5, 4 + 2 * slot), rate(1e5, 5 + 2 * slot)]
      return interfaceOf(`epair${101 + slot}a`, 1420, counted(received, since), counted(sent, since))
    }),
  ]
}

function pfOf(moment: Moment, jails: readonly string[]): Pf {
  const { host, stage, world, since, state } = moment
  const hash = hashOf(`pf ${host.name}`, stage.seed)
  const enabled = !state.faults.has('pf-off')
  // It counts nothing while it is off.
  const on = complement(spansOf(moment, 'pf-off'), stage.period)
  const booted = world.seconds - since
  const worked =
    covered(on, world.seconds, stage.period) - covered(on, Math.max(0, booted), stage.period) + Math.max(0, -booted)
  const label = (name: string, most: number, states: number) => {
    const own = hashOf(name, hash)
    const bytes = counted(most * between(0.1, 1, own), worked)
    const open = enabled ? Math.round(states * wave(world.seconds, own % 100)) : 0
    return { label: name, packets: Math.floor(bytes / 640), bytes, states: open }
  }
  const labels = [
    ...[label('default', 40, 0), label('host-out', 3e4, 12), label('wg-in', 9e4, 6), label('wg-out', 9e4, 6)],
    ...[label('ping in 4', 90, 2), label('ping out 4', 90, 2), label('ssh', 600, 1)],
    ...jails.map(jail => label(`f:${jail}`, 5e4, 9)),
  ]
  const states = enabled ? labels.reduce((sum, one) => sum + one.states, 0) : null
  return { enabled, defaultDeny: true, states, labels }
}

function driftOf({ host, state }: Moment): Drift {
  const changed =
    host.files?.find(({ path }) => path === '/etc/pf.conf')?.path ?? host.files?.[0]?.path ?? '/etc/pf.conf'
  return {
    // As many as a host with such jails would have.
    checked: host.files?.length ?? 16 + 4 * host.jails.length,
    changed: state.faults.has('drift') ? [changed] : [],
    missing: [],
  }
}

const strangerOf = ({ name }: WatchedHost): string => `a peer behind 192.0.2.${1 + (hashOf(`stranger ${name}`) % 254)}`

/** What it talks to, as it sees it from where it is. */
function behindOf(instance: WatchedInstance, { roles }: World): Pick<Imagined, 'behind'> {
  const role = instance.behind === null ? undefined : roles.get(instance.behind)
  if (role === undefined) return {}
  return { behind: { members: role.members, reached: role.reached(instance), led: role.led(instance) } }
}

function answerOf({ world, state }: Moment, instance: WatchedInstance): Answer {
  const { jail, role, service, health, probe } = instance
  const now = world.roles.get(`${service}/${role}`)
  if (state.lostJails.has(jail) || now === undefined) return { jail, alive: false, why: 'no answer', samples: null }
  const imagined = {
    leads: now.leader?.host === instance.host && now.leader.jail === jail,
    members: now.members,
    reached: now.reached(instance),
    led: now.led(instance),
    ...behindOf(instance, world),
    seconds: world.seconds,
  }
  const samples = health?.imagine(imagined) ?? null
  // Members of a quorum say by HTTP that they have none.
  return now.voters && imagined.reached < majority(imagined.members) && probe.kind === 'http'
    ? { jail, alive: false, why: 'HTTP 503', samples }
    : { jail, alive: true, why: '', samples }
}
