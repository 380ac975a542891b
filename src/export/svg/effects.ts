/** What a loss takes away or weakens, for everything that is drawn: pure, and usable in a browser. */
import {
  cutBy,
  type Effect,
  linkOf,
  type Loss,
  type Part,
  reachAfter,
  type Ways,
  whatIf,
} from '../../../topology/place/whatif.ts'
import { waysOf } from '../../../topology/place/ways.ts'
import type { HostName } from '../../../topology/names.ts'
import type { Graph, GraphParty, GraphTunnel } from '../graph.ts'

/** `lost`: it is gone; `broken`: it is there and does no work; `degraded`: it works, with less than was planned. */
export type State = 'ok' | 'degraded' | 'broken' | 'lost'

/** As a class of what is drawn, after others. */
export const stateClass = (state: State | undefined): string =>
  state === undefined || state === 'ok' ? '' : ` ${state}`

interface RoleEffect extends Effect {
  readonly state: State
  /** Words for people: `read only: 1 of 3 left`. */
  readonly says: string
}

export interface Effects {
  /** By name. */
  readonly hosts: ReadonlyMap<string, State>
  /** By id. */
  readonly jails: ReadonlyMap<string, State>
  /** Asked for and not written down: a thousand hosts have half a million. */
  readonly tunnel: (tunnel: Pick<GraphTunnel, 'a' | 'b'>) => State
  /** Between hosts that are there. */
  readonly cut: readonly GraphTunnel[]
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

export function effectsOf(graph: Graph, loss: Loss): Effects {
  const gone: ReadonlySet<string> = loss.hosts
  const ways = waysOf(graph)
  const isCut = cutBy(loss)
  const tunnel: Effects['tunnel'] = ({ a, b }) => (gone.has(a) || gone.has(b) ? 'lost' : isCut(a, b) ? 'broken' : 'ok')
  const cut = loss.links.size === 0 ? [] : graph.tunnels.filter(one => tunnel(one) === 'broken')
  const roles = rolesOf(graph, loss, ways)
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
  return { hosts: hostsOf(graph, { gone, tunnel, cut }), jails, tunnel, cut, roles, flows: flowsOf(graph, loss, ways) }
}

function hostsOf(
  { hosts, tunnels }: Graph,
  { gone, tunnel, cut }: Pick<Effects, 'tunnel' | 'cut'> & { readonly gone: ReadonlySet<string> },
): ReadonlyMap<string, State> {
  const hurt = new Set(cut.flatMap(({ a, b }) => [a, b]))
  const whole = new Set<string>()
  if (hurt.size > 0)
    for (const one of tunnels)
      if ((hurt.has(one.a) || hurt.has(one.b)) && tunnel(one) === 'ok') whole.add(one.a).add(one.b)
  return new Map(
    hosts.map(({ name }): [string, State] => [
      name,
      gone.has(name) ? 'lost' : !hurt.has(name) ? 'ok' : whole.has(name) ? 'degraded' : 'broken',
    ]),
  )
}

function rolesOf({ parts, services }: Graph, loss: Loss, ways: Ways): ReadonlyMap<string, RoleEffect> {
  const byId = new Map(parts.map(part => [part.id as string, part]))
  const effects = new Map<string, Effect>(whatIf(parts, loss, ways).map(effect => [effect.id, effect]))
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

function flowsOf(graph: Graph, loss: Loss, ways: Ways): ReadonlyMap<string, State> {
  const gone: ReadonlySet<string> = loss.hosts
  const reaches = reachAfter(loss, ways)
  const carriers = [
    ...graph.hosts.flatMap(({ name, gateway }) => (gateway ? [name] : [])),
    ...graph.relayed.flatMap(({ through }) => through),
  ]
  const whole = loss.links.size === 0 && !carriers.some(name => gone.has(name))
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
      if (whole || from === undefined || to === undefined) return [flow.name, fewer ? 'degraded' : 'ok']
      let [some, all] = [false, true]
      for (const a of from) {
        for (const b of to)
          if (reaches(a as HostName, b as HostName)) some = true
          else all = false
        if (some && !all) break
      }
      return [flow.name, !some ? 'broken' : fewer || !all ? 'degraded' : 'ok']
    }),
  )
}
