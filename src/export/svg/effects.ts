/** What a loss takes away or weakens, for everything that is drawn: pure, and usable in a browser. */
import { type Effect, linkOf, type Loss, type Part, whatIf } from '../../../topology/place/whatif.ts'
import type { HostName } from '../../../topology/names.ts'
import type { Graph, GraphParty } from '../graph.ts'

/** `lost`: it is gone; `broken`: it is there and does no work; `degraded`: it works, with less than was planned. */
export type State = 'ok' | 'degraded' | 'broken' | 'lost'

export interface RoleEffect extends Effect {
  readonly state: State
  /** Words for people: `read only: 1 of 3 left`. */
  readonly says: string
}

export interface Effects {
  /** By name. */
  readonly hosts: ReadonlyMap<string, State>
  /** By id. */
  readonly jails: ReadonlyMap<string, State>
  /** By {@link linkOf}. */
  readonly tunnels: ReadonlyMap<string, State>
  /** By id. */
  readonly roles: ReadonlyMap<string, RoleEffect>
  /** By name. */
  readonly flows: ReadonlyMap<string, State>
}

/** A loss by names that come from a command line or a page. */
export const lossOf = (hosts: Iterable<string>, links: Iterable<readonly [string, string]> = []): Loss => ({
  hosts: new Set([...hosts] as HostName[]),
  links: new Set([...links].map(([a, b]) => linkOf(a as HostName, b as HostName))),
})

const key = (a: string, b: string): string => linkOf(a as HostName, b as HostName)

export function effectsOf(graph: Graph, loss: Loss): Effects {
  const gone: ReadonlySet<string> = loss.hosts
  const reach = reachIn(graph, loss)
  const tunnels = new Map(
    graph.tunnels.map(({ a, b }): [string, State] => [
      key(a, b),
      gone.has(a) || gone.has(b) ? 'lost' : loss.links.has(key(a, b)) ? 'broken' : 'ok',
    ]),
  )
  const roles = rolesOf(graph, { hosts: loss.hosts, links: reach.cut })
  const jails = new Map<string, State>(graph.jails.map(jail => [jail.id, 'ok']))
  for (const service of graph.services)
    for (const role of service.roles) {
      const effect = roles.get(role.id)
      // One of many that need nothing from each other is as good as before when another is gone.
      const alone = role.resilience.kind === 'stateless' && effect?.writes === true
      if (effect !== undefined && effect.state !== 'ok' && !alone)
        for (const id of role.instances) jails.set(id, effect.state)
    }
  for (const { id, host } of graph.jails) if (gone.has(host)) jails.set(id, 'lost')
  return { hosts: hostsOf(graph, loss, tunnels), jails, tunnels, roles, flows: flowsOf(graph, reach, gone) }
}

function hostsOf(graph: Graph, loss: Loss, tunnels: ReadonlyMap<string, State>): ReadonlyMap<string, State> {
  const [whole, cut] = [new Set<string>(), new Set<string>()]
  for (const { a, b } of graph.tunnels) {
    const state = tunnels.get(key(a, b))
    if (state === 'ok' || state === 'broken') for (const end of [a, b]) (state === 'ok' ? whole : cut).add(end)
  }
  return new Map(
    graph.hosts.map(({ name }): [string, State] => [
      name,
      loss.hosts.has(name as HostName) ? 'lost' : !cut.has(name) ? 'ok' : whole.has(name) ? 'degraded' : 'broken',
    ]),
  )
}

function rolesOf({ parts, services }: Graph, loss: Loss): ReadonlyMap<string, RoleEffect> {
  const byId = new Map(parts.map(part => [part.id as string, part]))
  const effects = new Map<string, Effect>(whatIf(parts, loss).map(effect => [effect.id, effect]))
  const roles = new Map<string, RoleEffect>()
  for (const service of services)
    for (const { id } of service.roles) {
      const [effect, part] = [effects.get(id), byId.get(id)]
      if (effect !== undefined && part !== undefined)
        roles.set(id, { ...effect, state: stateOf(effect), says: wordsOf(effect, part) })
    }
  return roles
}

const stateOf = (effect: Effect): State =>
  effect.left.length === 0
    ? 'lost'
    : !effect.writes && !effect.reads
      ? 'broken'
      : effect.lost.length > 0 || !effect.writes || effect.dataLost
        ? 'degraded'
        : 'ok'

function wordsOf(effect: Effect, part: Part): string {
  const left = `${effect.left.length} of ${part.hosts.length} left`
  const data = effect.dataLost ? ', data may be gone for good' : ''
  if (effect.left.length === 0) return `lost: none of ${part.hosts.length} left${data}`
  if (effect.quorum === false) return `no quorum: ${left}${data}`
  if (!effect.writes && !effect.reads) return `does no work: ${left}${data}`
  if (!effect.writes) return `read only: ${left}${data}`
  return effect.lost.length > 0 ? `works: ${left}${data}` : `works${data}`
}

interface Reach {
  /** Do two hosts that both live still reach each other, if they did? */
  readonly holds: (a: string, b: string) => boolean
  /** False: all who live still reach each other. */
  readonly broken: boolean
  /** Pairs that no longer reach each other, of hosts that matter to services; those of the loss among them. */
  readonly cut: ReadonlySet<string>
}

/** In a regional mesh the regions meet at their gateways: a lost gateway, or a cut between two, parts others too. */
function reachIn(graph: Graph, loss: Loss): Reach {
  const gateways = new Map(graph.hosts.filter(host => host.gateway).map(host => [host.region, host.name]))
  const regionOf = new Map(graph.hosts.map(host => [host.name, host.region]))
  const gone: ReadonlySet<string> = loss.hosts
  const linked = (a: string, b: string) => a === b || !loss.links.has(key(a, b))
  const holds = (a: string, b: string): boolean => {
    const [from, to] = [regionOf.get(a) ?? '', regionOf.get(b) ?? '']
    if (graph.topology === 'full' || from === to) return linked(a, b)
    const [near, far] = [gateways.get(from), gateways.get(to)]
    if (near === undefined || far === undefined) return linked(a, b)
    return !gone.has(near) && !gone.has(far) && linked(a, near) && linked(near, far) && linked(far, b)
  }
  const parted = graph.topology === 'regional' && [...gateways.values()].some(name => gone.has(name))
  const broken = loss.links.size > 0 || parted
  if (graph.topology === 'full' || !broken) return { holds, broken, cut: loss.links }
  const members = [...new Set<string>(graph.parts.flatMap(part => part.hosts))].filter(name => !gone.has(name))
  const cut = new Set<string>(loss.links)
  for (const [i, a] of members.entries()) for (const b of members.slice(0, i)) if (!holds(a, b)) cut.add(key(a, b))
  return { holds, broken, cut }
}

function flowsOf(graph: Graph, reach: Reach, gone: ReadonlySet<string>): ReadonlyMap<string, State> {
  const hostOfJail = new Map(graph.jails.map(jail => [jail.id, jail.host]))
  const hostsIn = (party: GraphParty): readonly string[] => [
    ...new Set([...party.hosts, ...party.jails.map(id => hostOfJail.get(id) ?? '')]),
  ]
  return new Map(
    graph.flows.map((flow): [string, State] => {
      const sides = [flow.from, flow.to].filter(party => !party.external).map(hostsIn)
      const alive = sides.map(hosts => hosts.filter(host => !gone.has(host)))
      if (alive.some((hosts, i) => hosts.length === 0 && (sides[i]?.length ?? 0) > 0)) return [flow.name, 'lost']
      const fewer = alive.some((hosts, i) => hosts.length < (sides[i]?.length ?? 0))
      const [from, to] = alive
      if (!reach.broken || from === undefined || to === undefined) return [flow.name, fewer ? 'degraded' : 'ok']
      let [some, all] = [false, true]
      for (const a of from) {
        for (const b of to)
          if (reach.holds(a, b)) some = true
          else all = false
        if (some && !all) break
      }
      return [flow.name, !some ? 'broken' : fewer || !all ? 'degraded' : 'ok']
    }),
  )
}
