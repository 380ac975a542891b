/** What the page asks of the mesh: who is where, and what flows between whom. */
import type { HostName } from '../../../topology/names.ts'
import type { Ends, Loss } from '../../../topology/place/whatif.ts'
import type {
  Graph,
  GraphFlow,
  GraphHost,
  GraphJail,
  GraphParty,
  GraphRegion,
  GraphRole,
  GraphService,
} from '../graph.ts'
import type { PageGraph } from './data.ts'
import type { Place } from './state.ts'

/** A host by its name, a jail by its id, or whoever is not in the mesh. */
export type Spot =
  { readonly kind: 'host' | 'jail'; readonly name: string } | { readonly kind: 'outside'; readonly name: '' }

export interface Line {
  readonly from: Spot
  readonly to: Spot
}

export interface FlowsAt {
  /** It asks. */
  readonly out: readonly GraphFlow[]
  /** It is asked. */
  readonly in: readonly GraphFlow[]
}

/** More lines than this are no picture any more. */
const mostLines = 600

export class Model {
  readonly graph: PageGraph
  readonly regions: ReadonlyMap<string, GraphRegion>
  readonly hosts: ReadonlyMap<string, GraphHost>
  readonly jails: ReadonlyMap<string, GraphJail>
  readonly services: ReadonlyMap<string, GraphService>
  readonly roles: ReadonlyMap<string, GraphRole>
  readonly flows: ReadonlyMap<string, GraphFlow>
  readonly #jailsOf: ReadonlyMap<string, readonly GraphJail[]>
  readonly #members = new Map<GraphParty, ReadonlySet<string>>()
  #whole: Graph | null = null

  constructor(graph: PageGraph) {
    this.graph = graph
    this.regions = new Map(graph.regions.map(region => [region.name, region]))
    this.hosts = new Map(graph.hosts.map(host => [host.name, host]))
    this.jails = new Map(graph.jails.map(jail => [jail.id, jail]))
    this.services = new Map(graph.services.map(service => [service.name, service]))
    this.roles = new Map(graph.services.flatMap(({ roles }) => roles.map(role => [role.id, role])))
    this.flows = new Map(graph.flows.map(flow => [flow.name, flow]))
    const jailsOf = new Map<string, GraphJail[]>(graph.hosts.map(({ name }) => [name, []]))
    for (const jail of graph.jails) jailsOf.get(jail.host)?.push(jail)
    this.#jailsOf = jailsOf
  }

  /** With all tunnels: made when somebody asks for it. */
  get whole(): Graph {
    const { graph } = this
    this.#whole ??= {
      ...graph,
      tunnels: graph.hosts.flatMap(({ name }) => graph.tunnelsOf(name).filter(({ a }) => a === name)),
    }
    return this.#whole
  }

  /** With the tunnels that matter to a loss: of a large mesh those of hosts whose links it cuts, as the others are bundles. */
  beside({ links }: Loss): Graph {
    const { graph } = this
    if (graph.hosts.length <= 100) return this.whole
    const ends = new Set([...links].flatMap(link => link.split(' ')))
    const tunnels = [...ends].flatMap(end =>
      graph.tunnelsOf(end).filter(({ a, b }) => end === a || !ends.has(a) || b !== end),
    )
    return { ...graph, tunnels }
  }

  jailsOf(host: string): readonly GraphJail[] {
    return this.#jailsOf.get(host) ?? []
  }

  has({ kind, name }: Place): boolean {
    if (kind === 'link') return this.linkAt(name) !== null
    return {
      region: this.regions,
      host: this.hosts,
      jail: this.jails,
      service: this.services,
      role: this.roles,
      flow: this.flows,
    }[kind].has(name)
  }

  /** The ends of `tesla-bohr`; names may hold dashes themselves. */
  linkAt(name: string): readonly [a: string, b: string] | null {
    for (let dash = name.indexOf('-'); dash !== -1; dash = name.indexOf('-', dash + 1)) {
      const [a, b] = [name.slice(0, dash), name.slice(dash + 1)]
      if (a !== b && this.hosts.has(a) && this.hosts.has(b)) return a < b ? [a, b] : [b, a]
    }
    return null
  }

  hostOf = (jail: string): string => this.jails.get(jail)?.host ?? ''

  /** The jails and, of a host, the host itself that a place is. */
  membersAt({ kind, name }: Place): ReadonlySet<string> {
    switch (kind) {
      case 'host':
        return new Set([name, ...this.jailsOf(name).map(({ id }) => id)])
      case 'region':
        return new Set(
          this.regions.get(name)?.hosts.flatMap(host => [host, ...this.jailsOf(host).map(({ id }) => id)]) ?? [],
        )
      case 'jail':
        return new Set([name])
      case 'role':
        return new Set(this.roles.get(name)?.instances ?? [])
      case 'service':
        return new Set(this.services.get(name)?.roles.flatMap(({ instances }) => instances) ?? [])
      case 'link':
        return new Set(this.linkAt(name) ?? [])
      case 'flow': {
        const flow = this.flows.get(name)
        return new Set(flow === undefined ? [] : [...this.#membersOf(flow.from), ...this.#membersOf(flow.to)])
      }
    }
  }

  /** Jails of the same role. */
  siblingsOf(id: string): readonly string[] {
    const jail = this.jails.get(id)
    if (jail === undefined || jail.service === null || jail.role === null) return []
    return (this.roles.get(`${jail.service}/${jail.role}`)?.instances ?? []).filter(other => other !== id)
  }

  flowsAt(place: Place): FlowsAt {
    if (place.kind === 'link') return { out: [], in: [] }
    if (place.kind === 'flow')
      return { out: [...this.flows.values()].filter(({ name }) => name === place.name), in: [] }
    const mine = this.membersAt(place)
    const touches = (party: GraphParty) => {
      const theirs = this.#membersOf(party)
      const [few, many] = mine.size < theirs.size ? [mine, theirs] : [theirs, mine]
      for (const member of few) if (many.has(member)) return true
      return false
    }
    return {
      out: this.graph.flows.filter(flow => touches(flow.from)),
      in: this.graph.flows.filter(flow => touches(flow.to)),
    }
  }

  /** Who is at the other ends of its flows. */
  partnersAt(place: Place): ReadonlySet<string> {
    const { out, in: incoming } = this.flowsAt(place)
    return new Set([
      ...out.flatMap(({ to }) => [...this.#membersOf(to)]),
      ...incoming.flatMap(({ from }) => [...this.#membersOf(from)]),
    ])
  }

  /** What is drawn of the flows at a place: between hosts, or from jail to jail; none from a host to itself. */
  linesAt(place: Place): readonly Line[] {
    const flows = this.flowsAt(place)
    const mine = this.membersAt(place)
    const whole = place.kind === 'host' || place.kind === 'region'
    const lines = new Map<string, Line>()
    const spotOf = (member: string): Spot =>
      this.jails.has(member)
        ? whole
          ? { kind: 'host', name: this.hostOf(member) }
          : { kind: 'jail', name: member }
        : { kind: 'host', name: member }
    const spotsOf = (party: GraphParty, own: boolean): readonly Spot[] => {
      if (party.external) return [{ kind: 'outside', name: '' }]
      const spots = new Map<string, Spot>()
      // A host that is asked with all its jails is one spot.
      const hosts = new Set(party.hosts)
      for (const member of this.#membersOf(party))
        if ((!own || mine.has(member)) && (own || !hosts.has(this.hostOf(member)) || hosts.has(member))) {
          const spot = spotOf(member)
          spots.set(`${spot.kind} ${spot.name}`, spot)
        }
      return [...spots.values()]
    }
    const draw = (flow: GraphFlow, asks: boolean, both: boolean) => {
      for (const from of spotsOf(flow.from, asks || both))
        for (const to of spotsOf(flow.to, !asks || both)) {
          const same = from.kind === to.kind && from.name === to.name
          if (!same && lines.size < mostLines)
            lines.set(`${from.kind} ${from.name}>${to.kind} ${to.name}`, { from, to })
        }
    }
    for (const flow of flows.out) draw(flow, true, place.kind === 'flow')
    for (const flow of flows.in) draw(flow, false, false)
    return [...lines.values()]
  }

  endsOf({ from, to }: GraphFlow): Ends {
    const homes = (party: GraphParty) =>
      [...party.hosts, ...new Set(party.jails.map(this.hostOf))].map(name => name as HostName)
    return { from: from.external ? null : homes(from), to: to.external ? [] : homes(to) }
  }

  #membersOf(party: GraphParty): ReadonlySet<string> {
    const known = this.#members.get(party)
    if (known !== undefined) return known
    const members = new Set([...party.hosts, ...party.jails])
    this.#members.set(party, members)
    return members
  }
}
