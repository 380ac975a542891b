/**
 * When packets cross between two hosts, as one of them sees it. Hosts to which the same happens are of one class, and
 * what crosses between two of them follows from their classes: a million tunnels are judged by a few dozen pairs.
 */
import type { Fleet } from '../fleet.ts'
import type { Resolved } from './faults.ts'
import { complement, type Span, union, without } from './spans.ts'

/** What happens to a host, all its tunnels alike. */
interface HostClass {
  /** Neither sends nor receives, and forgets all: it boots at the end of each. */
  readonly off: readonly Span[]
  /** Alone, and cut from everybody. */
  readonly lost: readonly Span[]
  /** Cut from everybody but those of its own region. */
  readonly isolated: readonly Span[]
  /** Sends, and nothing reaches it. */
  readonly deaf: readonly Span[]
  /** Number of the region that was isolated, if it was: hosts of two regions are never of one class. */
  readonly region: number
}

/** As one end sees it. */
export interface Crossing {
  /** Both directions work: there is a session, and it carries data. */
  readonly up: readonly Span[]
  /** They do not: it sends first messages of handshakes, and waits. */
  readonly mute: readonly Span[]
  /** Of those, when it still hears the first messages of the other. */
  readonly hears: readonly Span[]
}

export interface Crossings {
  /** Class of each host. */
  readonly classOf: Uint16Array
  readonly classes: readonly HostClass[]
  /** By class of the host that looks, then of its peer. */
  readonly between: readonly (readonly Crossing[])[]
  /** Of tunnels that have faults of their own, both ways. */
  readonly special: ReadonlyMap<number, Crossing>
  /** Whether any special tunnel begins at a host. */
  readonly hasSpecial: Uint8Array
}

/** A flapping tunnel is cut so long, and whole so long. */
const flapSeconds = 12

export function crossingsOf(fleet: Fleet, faults: readonly Resolved[], period: number): Crossings {
  const { classOf, classes } = classesOf(fleet, faults)
  const cut = new Map<number, Span[]>()
  const add = (tunnel: number, span: Span): void => void cut.set(tunnel, [...(cut.get(tunnel) ?? []), span])
  const { from, to, back } = fleet.tunnels
  for (const fault of faults) {
    if (fault.target !== 'tunnel') continue
    const { kind, tunnel } = fault
    const other = back[tunnel] ?? tunnel
    const both = (span: Span): void => {
      add(tunnel, span)
      add(other, span)
    }
    if (kind === 'link-cut' || kind === 'peer-missing') both(fault)
    else if (kind === 'one-way') add(tunnel, fault)
    else if (kind === 'flap')
      for (let start = fault.from; start < fault.until; start += 2 * flapSeconds)
        both({ from: start, until: Math.min(fault.until, start + flapSeconds) })
  }
  const special = new Map<number, Crossing>()
  const hasSpecial = new Uint8Array(fleet.hosts.length)
  for (const one of cut.keys())
    for (const tunnel of [one, back[one] ?? one]) {
      const [own, peer] = [from[tunnel] ?? 0, to[tunnel] ?? 0]
      const ends = [classes[classOf[own] ?? 0] ?? nothing, classes[classOf[peer] ?? 0] ?? nothing] as const
      special.set(tunnel, crossing(ends, cut.get(tunnel) ?? [], cut.get(back[tunnel] ?? -1) ?? [], period))
      hasSpecial[own] = 1
    }
  const between = classes.map(own => classes.map(peer => crossing([own, peer], [], [], period)))
  return { classOf, classes, between, special, hasSpecial }
}

const nothing: HostClass = { off: [], lost: [], isolated: [], deaf: [], region: -1 }
const always: Crossing = { up: [{ from: 0, until: Infinity }], mute: [], hears: [] }

export const hostClass = ({ classes, classOf }: Crossings, host: number): HostClass =>
  classes[classOf[host] ?? 0] ?? nothing

/** By the fault of the tunnel itself, or by what happens to its two hosts. */
export const crossingOf = (
  { classOf, between, special }: Crossings,
  tunnel: number,
  from: number,
  to: number,
): Crossing => special.get(tunnel) ?? between[classOf[from] ?? 0]?.[classOf[to] ?? 0] ?? always

function classesOf(fleet: Fleet, faults: readonly Resolved[]): Pick<Crossings, 'classOf' | 'classes'> {
  const regionOf = new Int32Array(fleet.hosts.length)
  for (const [number, region] of fleet.regions.entries()) for (const host of region.hosts) regionOf[host] = number
  const perHost = new Map<number, HostClass>()
  const extend = (host: number, key: 'off' | 'lost' | 'isolated' | 'deaf', span: Span): void => {
    const before = perHost.get(host) ?? nothing
    const region = key === 'isolated' ? (regionOf[host] ?? -1) : before.region
    perHost.set(host, { ...before, [key]: union(before[key], [span]), region })
  }
  for (const fault of faults) {
    const span = { from: fault.from, until: fault.until }
    if (fault.target === 'region') for (const host of fault.hosts) extend(host, 'isolated', span)
    else if (fault.target !== 'host') continue
    else if (fault.kind === 'reboot') extend(fault.host, 'off', span)
    else if (fault.kind === 'host-lost') extend(fault.host, 'lost', span)
    else if (fault.kind === 'nat-expired') extend(fault.host, 'deaf', span)
  }
  const classes: HostClass[] = [nothing]
  const known = new Map<string, number>()
  const classOf = new Uint16Array(fleet.hosts.length)
  for (const [host, one] of perHost) {
    const key = JSON.stringify(one)
    const number = known.get(key) ?? classes.push(one) - 1
    known.set(key, number)
    classOf[host] = number
  }
  return { classOf, classes }
}

/** Cut by faults of the tunnel alone: `out`, what it sends; `back`, what is sent to it. */
function crossing(
  [own, peer]: readonly [HostClass, HostClass],
  out: readonly Span[],
  back: readonly Span[],
  period: number,
): Crossing {
  const apart = own.region >= 0 && own.region === peer.region ? [] : [own.isolated, peer.isolated]
  const both = [own.off, peer.off, own.lost, peer.lost, ...apart]
  const notOut = union(...both, peer.deaf, out)
  const notIn = union(...both, own.deaf, back)
  const mute = union(notOut, notIn)
  return { up: complement(mute, period), mute, hears: without(mute, notIn, period) }
}
