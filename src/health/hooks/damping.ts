/**
 * Of which changes somebody is told, and when. Pure: what is known, and what happened, become what is known and what is
 * to be told. Nobody wants to be woken for what is over in a moment, for the same thing twice, or for every tunnel of a
 * host that is down; and whoever was woken wants to know when it is over.
 */
import type { Event, Subject } from '../events.ts'
import type { Level } from '../snapshot.ts'
import type { Places } from './places.ts'

export interface Rules {
  readonly on: readonly Subject['kind'][]
  readonly atLeast: 'warn' | 'bad'
  /** Milliseconds that a state must last. */
  readonly hold: number
  readonly places: Places
}

export interface Message {
  /** flapping: single changes are not told any more, until it is calm. */
  readonly kind: 'trouble' | 'ended' | 'flapping'
  readonly subject: {
    readonly kind: Subject['kind'] | 'region' | 'mesh'
    readonly name: string
    readonly what?: string
  }
  readonly level: Level
  /** Words of the states; `before`: the last that was told. */
  readonly before: string
  readonly after: string
  /** Of the trouble, for people; may be empty. */
  readonly why: string
  /** Milliseconds since the epoch: when the state began. */
  readonly since: number
  /** Milliseconds from when the trouble that was told began until it ended; null: it did not. */
  readonly lasted: number | null
  /** Hosts that are down or up again, by name; empty for other subjects. */
  readonly hosts: readonly string[]
}

/** What is known of one subject. */
interface Known {
  readonly subject: Subject
  /** Of the trouble; empty: there is none that is told of. */
  readonly trouble: string
  /** Word of the state, whatever it is. */
  readonly word: string
  readonly level: Level
  readonly why: string
  readonly since: number
  /** False: how it is now, nobody can say. */
  readonly sure: boolean
  readonly told: { readonly trouble: string; readonly why: string; readonly since: number } | null
  /** When it changed, within the last ten minutes. */
  readonly changes: readonly number[]
  readonly flapping: boolean
  /** When it was last found to flap no more, and when its end was last told. */
  readonly calmed: number
  readonly ended: number
}

/** By subject. */
export type Damping = ReadonlyMap<string, Known>
export const nothingKnown: Damping = new Map()

const flapsFrom = 4
const flapWindow = 600_000
const calmAfter = 300_000
/** What changed often and then waited to be told, for a host that was down, flaps no more. */
const fresh = 60_000

export function damp(
  rules: Rules,
  before: Damping,
  events: readonly Event[],
  now: number,
): { readonly state: Damping; readonly messages: readonly Message[] } {
  const state = new Map(before)
  for (const event of events) see(rules, state, event)
  const messages = [...tellHosts(rules, state, now), ...tellOthers(rules, state, now)]
  for (const [key, known] of state) if (isOver(known, rules, now)) state.delete(key)
  return { state, messages }
}

const keyOf = ({ kind, name, what = '' }: Subject): string => `${kind} ${name} ${what}`

function see({ on, atLeast }: Rules, state: Map<string, Known>, event: Event): void {
  const { subject, level, after, why, at } = event
  // The number of tunnels beyond those that are told one by one is no state of anything.
  if (!on.includes(subject.kind) || (subject.kind === 'tunnel' && !subject.name.includes('>'))) return
  const key = keyOf(subject)
  const known = state.get(key)
  if (level === 'unknown') {
    if (known !== undefined) state.set(key, { ...known, sure: false })
    return
  }
  const isTrouble = level === 'bad' || (level === 'warn' && atLeast === 'warn')
  const trouble = isTrouble ? after : ''
  if (known === undefined && !isTrouble) return
  const now = { subject, trouble, level, word: after, why, sure: true }
  if (known === undefined) {
    state.set(key, {
      ...now,
      since: at,
      told: null,
      changes: [at],
      flapping: false,
      calmed: -Infinity,
      ended: -Infinity,
    })
    return
  }
  const same = known.trouble === trouble
  const recent = known.changes.filter(change => at - change < flapWindow)
  state.set(key, {
    ...{ ...known, ...now },
    ...(!same && { since: at, changes: [...recent, at] }),
  })
}

/** What is to be told of one subject now, whatever is known of others. */
function news(known: Known, from: number, { hold }: Rules, now: number): 'trouble' | 'ended' | 'flapping' | null {
  const { trouble, told, changes, flapping, calmed, sure } = known
  const last = changes.at(-1) ?? -Infinity
  if (flapping) {
    if (!sure || now - last < calmAfter) return null
    return trouble === '' ? 'ended' : 'trouble'
  }
  const often = changes.filter(change => now - change < flapWindow).length > flapsFrom
  if (often && last > calmed && now - last < fresh) return 'flapping'
  if (!sure || trouble === (told?.trouble ?? '') || now - from < hold) return null
  return trouble === '' ? 'ended' : 'trouble'
}

function tell(state: Map<string, Known>, known: Known, kind: Message['kind'], now: number): Message {
  const { subject, level, word, why, since, told, trouble } = known
  const began = told?.since ?? (kind === 'flapping' ? (known.changes[0] ?? since) : since)
  state.set(keyOf(subject), {
    ...known,
    told: kind === 'ended' ? null : { trouble: kind === 'flapping' ? '' : trouble, why, since: began },
    flapping: kind === 'flapping',
    calmed: known.flapping ? now : known.calmed,
    ended: kind === 'ended' ? now : known.ended,
  })
  return {
    ...{ kind, subject, level, before: told?.trouble ?? '', after: word, since },
    why: kind === 'ended' ? (told?.why ?? '') : why,
    lasted: kind === 'ended' ? Math.max(0, since - began) : null,
    hosts: subject.kind === 'host' ? [subject.name] : [],
  }
}

/** Hosts one by one; a region as a whole when none of its hosts is left, and so the mesh. */
function tellHosts(rules: Rules, state: Map<string, Known>, now: number): readonly Message[] {
  const messages: Message[] = []
  const falls = new Map<string, Known>()
  const rises = new Map<string, Known>()
  for (const known of state.values()) {
    if (known.subject.kind !== 'host') continue
    const kind = news(known, known.since, rules, now)
    if (kind === 'flapping') messages.push(tell(state, known, kind, now))
    if (kind === 'trouble') falls.set(known.subject.name, known)
    if (kind === 'ended') rises.set(known.subject.name, known)
  }
  const whole = (scope: Scope, of: Map<string, Known>, kind: 'trouble' | 'ended'): void => {
    const members = scope.hosts.flatMap(name => of.get(name) ?? [])
    for (const { subject } of members) of.delete(subject.name)
    messages.push(
      together(
        scope,
        members.map(known => tell(state, known, kind, now)),
      ),
    )
  }
  for (const scope of scopesOf(rules.places)) {
    if (scope.hosts.every(name => rises.has(name))) whole(scope, rises, 'ended')
    if (!scope.hosts.every(name => isDown(state.get(hostKey(name)))) || !scope.hosts.some(name => falls.has(name)))
      continue
    // The last of them may be back in a moment: then it is not the whole region. Until then nobody is told.
    if (scope.hosts.every(name => falls.has(name) || wasTold(state.get(hostKey(name))))) whole(scope, falls, 'trouble')
    else for (const name of scope.hosts) falls.delete(name)
  }
  for (const known of rises.values()) messages.push(tell(state, known, 'ended', now))
  for (const known of falls.values()) messages.push(tell(state, known, 'trouble', now))
  return messages
}

interface Scope {
  readonly kind: 'region' | 'mesh'
  readonly name: string
  readonly hosts: readonly string[]
}

/** The widest first. */
function scopesOf({ mesh, regions }: Places): readonly Scope[] {
  const several = regions.filter(({ hosts }) => hosts.length > 1)
  return [
    ...(regions.length > 1
      ? [{ kind: 'mesh' as const, name: mesh, hosts: regions.flatMap(({ hosts }) => hosts) }]
      : []),
    ...several.map(region => ({ kind: 'region' as const, ...region })),
  ]
}

const hostKey = (name: string): string => keyOf({ kind: 'host', name })
const isDown = (known: Known | undefined): boolean => known !== undefined && known.sure && known.trouble === 'down'
const wasTold = (known: Known | undefined): boolean =>
  known !== undefined && (known.flapping || known.told?.trouble === known.trouble)

function together({ kind, name, hosts }: Scope, of: readonly Message[]): Message {
  const [first] = of
  if (first === undefined) throw new Error('nobody is told of: this is a bug in meshwright')
  const whys = new Set(of.map(({ why }) => why))
  return {
    ...first,
    ...{ subject: { kind, name }, hosts },
    why: whys.size === 1 ? first.why : '',
    since: Math.max(...of.map(({ since }) => since)),
    lasted: first.lasted === null ? null : Math.max(...of.map(({ lasted }) => lasted ?? 0)),
  }
}

function tellOthers(rules: Rules, state: Map<string, Known>, now: number): readonly Message[] {
  const messages: Message[] = []
  for (const known of state.values()) {
    const { subject, since, trouble } = known
    if (subject.kind === 'host') continue
    const hosts = hostsOf(subject).flatMap(name => state.get(hostKey(name)) ?? [])
    // What comes back with its host gets as long for it as anything else.
    const back = trouble === '' ? [] : hosts.map(host => Math.max(host.ended, host.since))
    const from = Math.max(since, ...back)
    const kind = news(known, from, rules, now)
    if (kind === null) continue
    // As long as its host is in trouble, that is the news. What was told before may end all the same.
    if (kind !== 'ended' && hosts.some(host => host.trouble !== '' || host.told !== null)) continue
    messages.push(tell(state, known, kind, now))
  }
  return messages
}

/** Hosts without which a subject cannot be well. */
function hostsOf({ kind, name }: Subject): readonly string[] {
  switch (kind) {
    case 'tunnel':
      return name.split('>')
    case 'instance':
      return [name.slice(name.lastIndexOf('@') + 1)]
    case 'problem':
      return [name]
    case 'host':
    case 'service':
      return []
  }
}

/** Nothing is wrong with it, nobody waits to hear of it, and it does not count for anything else. */
const isOver = ({ trouble, told, flapping, changes, ended, since }: Known, { hold }: Rules, now: number): boolean =>
  trouble === '' &&
  told === null &&
  !flapping &&
  changes.every(change => now - change >= flapWindow) &&
  now - Math.max(ended, since) >= hold
