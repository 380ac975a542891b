/**
 * What goes wrong in the demo, and when: a list of faults, as data. The story is the list that people see who have no
 * hosts yet: made for a fleet by its names alone, most is well at any time, and after twenty minutes it repeats.
 */
import { type Fleet, tunnelBetween, type WatchedHost } from '../fleet.ts'
import { hashOf, shuffled } from './chance.ts'
import { failoverOf } from './leaders.ts'
import type { Span } from './spans.ts'

/** What each kind of fault befalls; how that is written is said at {@link Fault.what}. */
export const faultKinds = {
  /** No packet crosses, in either direction. */
  'link-cut': 'tunnel',
  /** Packets of the first host do not reach the second. */
  'one-way': 'tunnel',
  /** Two of five echo requests are lost. */
  lossy: 'tunnel',
  /** Cut and whole again, every few seconds. */
  flap: 'tunnel',
  /** The first host does not have the second among its peers. */
  'peer-missing': 'tunnel',
  /** Its router has forgotten it: nothing reaches it, and afterwards it is seen at another port. */
  'nat-expired': 'host',
  /** It is off the network, and goes on as it was when it returns. */
  'host-lost': 'host',
  /** Down from the first moment to the last, and then as after a boot: all counters begin anew. */
  reboot: 'host',
  'pool-degraded': 'host',
  /** Its pool fills up until the end, and is tidied up then. */
  'disk-filling': 'host',
  'pf-off': 'host',
  /** Somebody has changed a file by hand. */
  drift: 'host',
  load: 'host',
  /** Its wg0 knows a peer that is in no plan. */
  stranger: 'host',
  /** A jail runs that is in no plan. */
  'foreign-jail': 'host',
  /** One of its commands does not come back. */
  'fact-missing': 'host',
  /** It gives up the address that it shares with another. */
  'carp-moved': 'host',
  /** None of its hosts is reached from outside; among themselves they are. */
  'region-lost': 'region',
  /** It does not run. */
  'jail-lost': 'jail',
  /** Nobody leads, and nobody is elected. */
  'database-without-leader': 'role',
} as const
export type FaultKind = keyof typeof faultKinds

/** From and until: seconds since the demo began, or since the story was begun again. */
export interface Fault extends Span {
  readonly kind: FaultKind
  /** host `tesla`, tunnel `tesla>bohr`, region `usa`, jail `db-postgres@tesla`, role `db/postgres` */
  readonly what: string
}

export interface Script {
  readonly faults: readonly Fault[]
  /** Seconds after which it begins again; Infinity: never. */
  readonly period: number
}

/** `well`: nothing ever; `story`: what {@link storyOf} makes of the fleet. */
export type Faults = 'well' | 'story' | readonly Fault[]

export const scriptOf = (faults: Faults, fleet: Fleet, seed: number): Script =>
  faults === 'story'
    ? { faults: storyOf(fleet, seed), period: storyPeriod }
    : { faults: faults === 'well' ? [] : faults, period: Infinity }

/** Seconds. */
export const storyPeriod = 1200

/** What a fleet does not have cannot fail: a story of one host without jails is shorter. In the order of their beginning. */
export function storyOf(fleet: Fleet, seed = 0): readonly Fault[] {
  const cast = castOf(fleet, seed)
  const { host, tunnel } = cast
  // In a large fleet one tunnel more or less is nothing that anybody sees.
  const many = Math.min(8, Math.ceil(fleet.hosts.length / 64))
  const of = (count: number, from: number, until: number, kind: FaultKind, what: () => string | null): Fault[] =>
    Array.from({ length: count }, what).flatMap(found => (found === null ? [] : [{ from, until, kind, what: found }]))
  return [
    // An election takes 2 s: people who look every 5 s are not to meet with one.
    ...of(1, 10, 230, 'drift', host),
    ...of(many, 60, 190, 'lossy', tunnel),
    ...of(1, 100, 260, 'load', host),
    ...of(many, 150, 420, 'link-cut', tunnel),
    ...of(many, 242, 332, 'host-lost', cast.dispensable),
    ...of(many, 352, 432, 'jail-lost', cast.jail),
    ...of(1, 450, 520, 'database-without-leader', cast.role),
    ...of(many, 470, 690, 'one-way', tunnel),
    ...of(1, 540, 700, 'pool-degraded', host),
    ...of(1, 570, 600, 'carp-moved', cast.carp),
    ...of(1, 600, 680, 'flap', tunnel),
    ...of(many, 702, 747, 'reboot', cast.dispensable),
    ...of(1, 750, 800, 'nat-expired', cast.hidden),
    ...of(1, 760, 900, 'disk-filling', host),
    ...of(1, 810, 850, 'fact-missing', host),
    ...of(1, 830, 890, 'pf-off', host),
    ...of(1, 922, 1042, 'region-lost', cast.region),
    ...of(1, 1060, 1130, 'foreign-jail', host),
  ]
}

type Draw = () => string | null

interface Cast {
  readonly host: Draw
  /** A host without which the others go on. */
  readonly dispensable: Draw
  /** A host behind NAT. */
  readonly hidden: Draw
  readonly carp: Draw
  readonly tunnel: Draw
  readonly region: Draw
  readonly jail: Draw
  readonly role: Draw
}

/** Each draw takes the next one, so that misfortune is spread. */
function castOf(fleet: Fleet, seed: number): Cast {
  const { hosts, regions, services, tunnels } = fleet
  const order = shuffled(hosts, hashOf('hosts', seed))
  const host = inTurn(order.map(one => one.name))
  const pairs = inTurn(shuffled(hosts, hashOf('tunnels', seed)))
  const jailsIn = (of: (host: WatchedHost) => readonly string[]): readonly string[] =>
    order.flatMap(one => {
      const [jail] = shuffled(
        of(one).map(name => ({ name })),
        seed,
      )
      return jail === undefined ? [] : [`${jail.name}@${one.name}`]
    })
  const stateful = new Set(
    services.flatMap(({ roles }) =>
      roles
        .filter(({ resilience: { kind } }) => kind === 'voters' || kind === 'replicated')
        .flatMap(one => one.instances),
    ),
  )
  // What has a state is missed most; and more screens show a jail of a service than one by hand.
  const jails =
    [
      jailsIn(({ instances }) => instances.filter(one => stateful.has(one)).map(({ jail }) => jail)),
      jailsIn(({ instances }) => instances.map(({ jail }) => jail)),
    ].find(found => found.length > 0) ?? jailsIn(one => one.jails)
  // Those whose lock lies with voters have one leader, and the slowest election is the one that people see.
  const led = services
    .filter(service => service.roles.some(({ resilience }) => resilience.kind === 'voters'))
    .toSorted((a, b) => failoverOf(b) - failoverOf(a))
    .flatMap(service => service.roles)
    .filter(({ resilience, instances }) => resilience.kind === 'replicated' && instances.length > 1)
  const small = regions.filter(region => region.hosts.length * 2 <= hosts.length && region.hosts.length > 0)
  return {
    host,
    dispensable: hosts.length > 1 ? host : () => null,
    hidden: inTurn(order.filter(({ ssh }) => ssh.address === null).map(one => one.name)),
    carp: inTurn(order.filter(hasCarp).map(one => one.name)),
    tunnel: () => {
      for (let tried = 0; tried < hosts.length; tried += 1) {
        const from = pairs()
        if (from === null) return null
        const first = tunnels.start[from.number] ?? 0
        const count = (tunnels.start[from.number + 1] ?? 0) - first
        const to = hosts[tunnels.to[first + (hashOf(from.name, seed) % Math.max(1, count))] ?? -1]
        if (count > 0 && to !== undefined) return `${from.name}>${to.name}`
      }
      return null
    },
    region: regions.length > 1 ? inTurn(shuffled(small, seed).map(one => one.name)) : () => null,
    jail: inTurn(jails),
    role: inTurn(led.map(role => role.id)),
  }
}

function inTurn<T>(all: readonly T[]): () => T | null {
  let next = 0
  return () => (all.length === 0 ? null : (all[next++ % all.length] ?? null))
}

const carpFile = '/etc/rc.conf.d/netif/meshwright-carp'

/** Does it share an address with another host? */
export const hasCarp = ({ files }: WatchedHost): boolean => files?.some(({ path }) => path === carpFile) ?? false

/** A fault whose names are found in the fleet. */
export type Resolved = Span & { readonly kind: FaultKind } & Victim

type Victim =
  | { readonly target: 'host'; readonly host: number }
  | { readonly target: 'tunnel'; readonly tunnel: number }
  | { readonly target: 'region'; readonly hosts: readonly number[] }
  | { readonly target: 'jail'; readonly host: number; readonly jail: string }
  | { readonly target: 'role'; readonly role: string }

/** Throws for a name that the fleet does not have: a list of faults is written by hand. */
export function resolve({ faults, period }: Script, fleet: Fleet): readonly Resolved[] {
  const hosts = new Map<string, number>(fleet.hosts.map(({ name, number }) => [name, number]))
  const regions = new Map<string, readonly number[]>(fleet.regions.map(region => [region.name, region.hosts]))
  const roles = new Set(fleet.services.flatMap(service => service.roles.map(role => role.id)))
  return faults.map(({ from, until, kind, what }) => {
    const refuse = (why: string): never => {
      throw new Error(`fault ${kind} of ${JSON.stringify(what)}: ${why}`)
    }
    if (!(from >= 0 && until > from && from < period)) refuse(`from ${from} until ${until} is no span of time`)
    const hostNamed = (name: string): number => hosts.get(name) ?? refuse(`there is no host ${JSON.stringify(name)}`)
    const common = { kind, from, until: Math.min(until, period) }
    const target = faultKinds[kind]
    switch (target) {
      case 'host':
        return { ...common, target, host: hostNamed(what) }
      case 'tunnel': {
        const [a = '', b = ''] = what.split('>')
        const tunnel = tunnelBetween(fleet.tunnels, hostNamed(a), hostNamed(b))
        return { ...common, target, tunnel: tunnel < 0 ? refuse('they are no peers') : tunnel }
      }
      case 'region':
        return { ...common, target, hosts: regions.get(what) ?? refuse('there is no such region') }
      case 'jail': {
        const [jail = '', name = ''] = what.split('@')
        const host = hostNamed(name)
        const known = fleet.hosts[host]?.jails.some(one => one === jail) === true
        return { ...common, target, host, jail: known ? jail : refuse('that host has no such jail') }
      }
      case 'role':
        return { ...common, target, role: roles.has(what) ? what : refuse('there is no such role') }
    }
  })
}
