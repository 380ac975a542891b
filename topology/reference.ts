/** The words of `from:` and `to:`, resolved: who is meant by `db`, `notes@ampere`, `edge`, `admin`, `outside`, a prefix. */
import { type Diagnostic, error, type Place } from './diagnostic.ts'
import type { Host, Jail, Mesh } from './mesh.ts'
import { hostClasses } from './names.ts'
import {
  type Address,
  contains,
  hostPrefix,
  isPrefix,
  overlaps,
  parsePrefix,
  type PerFamily,
  type Prefix,
} from './prefix.ts'
import { nearest } from './suggest.ts'

/** Whoever a word means, on one side of a flow. */
export type Party = External | Members

/** On the underlay. */
export interface External {
  readonly kind: 'external'
  readonly word: string
  /** outside: anybody; admin: each host's own `admin:` prefixes; prefixes: these. */
  readonly who: 'outside' | 'admin' | readonly Prefix[]
}

/**
 * In the overlay. A host by its name is the machine alone. A group of hosts is, as a source, its hosts and their jails;
 * as a destination its hosts alone: nobody opens all jails of a host by naming where they are.
 */
export interface Members {
  readonly kind: 'members'
  readonly word: string
  /** Hosts named as such, directly or as a group. */
  readonly hosts: readonly Host[]
  /** A group: as a source, the jails of its hosts belong to it. */
  readonly withJails: boolean
  /** Jails named as such. */
  readonly jails: readonly Jail[]
  /** A service: whoever reaches one of its jails reaches it. */
  readonly service: boolean
  /** The fewest prefixes that hold all source addresses. */
  readonly sources: readonly PerFamily<Prefix>[]
}

const groups = ['host', 'region', 'class', 'label', 'jail', 'service'] as const
type Group = (typeof groups)[number]

export type Known = Pick<Mesh, 'hosts' | 'regions' | 'overlay'>

export interface Directory {
  /** The party, or what is wrong with the word. */
  resolve(word: string, place: Place): Party | Diagnostic
}

export const isParty = (result: Party | Diagnostic): result is Party => 'kind' in result

export function directoryOf(mesh: Known): Directory {
  const names = indexOf(mesh)
  const known = new Map<string, Party>()
  return {
    resolve: (word, place) => {
      const before = known.get(word)
      if (before !== undefined) return before
      const result = resolve(word, place, mesh, names)
      if (isParty(result)) known.set(word, result)
      return result
    },
  }
}

const isPrefixWord = (word: string): boolean => /^[0-9a-f.:]+(?:\/[0-9]+)?$/i.test(word) && /[.:]/.test(word)

/** Does a word mean somebody on the underlay: anybody, admins, a prefix? */
export const isUnderlayWord = (word: string): boolean => word === 'outside' || word === 'admin' || isPrefixWord(word)

type Names = ReadonlyMap<Group, ReadonlyMap<string, Members>>

function resolve(word: string, place: Place, mesh: Known, names: Names): Party | Diagnostic {
  if (word === 'outside' || word === 'admin') return { kind: 'external', word, who: word }
  if (word === 'hosts') return { ...ofHosts(word, mesh.hosts), sources: [mesh.overlay] }
  if (isPrefixWord(word)) return externalPrefix(word, place, mesh)

  const [, group, bare = word] = /^([a-z]+):(.*)$/.exec(word) ?? []
  const searched = group === undefined ? groups : groups.filter(g => g === group)
  const found = searched.flatMap(g => {
    const party = names.get(g)?.get(bare)
    return party === undefined ? [] : [{ group: g, party }]
  })
  const [first, second] = found
  if (first !== undefined && second === undefined) return { ...first.party, word }
  if (first !== undefined)
    return error(
      'ambiguous-reference',
      `${word} is the name of a ${found.map(f => f.group).join(' and of a ')}`,
      place,
      `Say which: ${found.map(f => `${f.group}:${word}`).join(' or ')}.`,
    )
  return error(
    'unknown-reference',
    `nothing in this mesh is called ${JSON.stringify(word)}`,
    place,
    hintFor(bare, names),
  )
}

function externalPrefix(word: string, place: Place, mesh: Known): Party | Diagnostic {
  const parsed = parsePrefix(word)
  if (!isPrefix(parsed))
    return parsed.kind === 'host-bits'
      ? error('host-bits', `${word} has host bits set`, place, `The prefix is ${parsed.network}.`)
      : error('bad-prefix', `${word} is not an address or prefix`, place)
  if (overlaps(parsed, mesh.overlay[parsed.family]))
    return error(
      'flow-in-overlay',
      `${word} lies in the overlay ${mesh.overlay[parsed.family].text}`,
      place,
      'Name the host or jail instead: the plan knows its addresses.',
    )
  return { kind: 'external', word, who: [parsed] }
}

function hintFor(word: string, names: Names): string {
  const candidates = [...new Set([...names.values()].flatMap(group => [...group.keys()])), 'outside', 'admin', 'hosts']
  const near = nearest(word, candidates)
  return near !== null
    ? `Did you mean ${near}?`
    : 'A host, region, class, label, jail, jail@host, service, a prefix, or one of hosts, admin, outside.'
}

function indexOf(mesh: Known): Names {
  const hosts = new Map<string, Members>()
  const regions = new Map<string, Members>()
  const classes = new Map<string, Host[]>(hostClasses.map(name => [name, []]))
  const labels = new Map<string, Host[]>()
  const jails = new Map<string, Jail[]>()
  const at = new Map<string, Jail[]>()
  const services = new Map<string, Jail[]>()
  for (const host of mesh.hosts) {
    hosts.set(host.name, ofMachine(host))
    classes.get(host.spec.class)?.push(host)
    for (const label of new Set(host.spec.labels)) push(labels, label, host)
    for (const jail of host.jails) {
      push(jails, jail.name, jail)
      at.set(`${jail.name}@${host.name}`, [jail])
      if (jail.spec.service !== null) push(services, jail.spec.service.name, jail)
    }
  }
  for (const region of mesh.regions)
    regions.set(region.name, { ...ofHosts(region.name, region.hosts), sources: [region.prefix] })
  const all = <T>(from: Map<string, T[]>, make: (word: string, of: T[]) => Members) =>
    new Map([...from].filter(([, of]) => of.length > 0).map(([word, of]) => [word, make(word, of)]))
  return new Map<Group, ReadonlyMap<string, Members>>([
    ['host', hosts],
    ['region', regions],
    ['class', all(classes, ofHosts)],
    ['label', all(labels, ofHosts)],
    ['jail', all(new Map([...jails, ...at]), ofJails)],
    ['service', all(services, (word, of) => ({ ...ofJails(word, of), service: true }))],
  ])
}

const push = <T>(into: Map<string, T[]>, key: string, value: T): void => {
  const list = into.get(key)
  if (list === undefined) into.set(key, [value])
  else list.push(value)
}

const ofHosts = (word: string, hosts: readonly Host[]): Members => ({
  kind: 'members',
  word,
  hosts,
  withJails: true,
  jails: [],
  service: false,
  sources: hosts.map(host => host.prefix),
})

const ofMachine = (host: Host): Members => ({
  kind: 'members',
  word: host.name,
  hosts: [host],
  withJails: false,
  jails: [],
  service: false,
  sources: [single(host.address)],
})

export const ofJails = (word: string, jails: readonly Jail[]): Members => ({
  kind: 'members',
  word,
  hosts: [],
  withJails: false,
  jails,
  service: false,
  sources: jails.map(jail => single(jail.address)),
})

const single = ({ inet, inet6 }: PerFamily<Address>): PerFamily<Prefix> => ({
  inet: hostPrefix(inet),
  inet6: hostPrefix(inet6),
})

/** Is every underlay address of `inner` one of `outer`? */
export function externalContains(outer: External, inner: External): boolean {
  if (outer.who === 'outside') return true
  if (outer.who === 'admin' || inner.who === 'outside' || inner.who === 'admin') return outer.who === inner.who
  const wide = outer.who
  return inner.who.every(prefix => wide.some(other => contains(other, prefix)))
}
