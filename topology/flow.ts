/** Who may reach whom, on which ports. What is not here is denied, on every host, in both directions. */
import { type Diagnostic, error, warning } from './diagnostic.ts'
import type { Host, Jail, Mesh } from './mesh.ts'
import { byText, type HostName } from './names.ts'
import { byService, type Service, serviceText } from './port.ts'
import { isPrefix, parsePrefix } from './prefix.ts'
import { type Directory, directoryOf, isParty, type Known, type Members, ofJails, type Party } from './reference.ts'
import type { FlowSpec, JailSpec, MeshSpec } from './spec.ts'

export interface Flow {
  /** `edge>notes 8080/tcp`: unique in the mesh, and what a pf label begins with. */
  readonly name: string
  readonly from: Party
  readonly to: Party
  /** Sorted, without repetition. */
  readonly services: readonly Service[]
  readonly why: string
}

export interface Flows {
  readonly flows: readonly Flow[]
  readonly diagnostics: readonly Diagnostic[]
}

export function deriveFlows(mesh: Known, spec: MeshSpec): Flows {
  const directory = directoryOf(mesh)
  const diagnostics: Diagnostic[] = []
  const declared = [
    // Declared ones first: of two with one name, that is the wider one.
    ...spec.flows.flatMap(flow => declaredFlow(flow, directory, diagnostics)).toSorted((a, b) => byText(a.why, b.why)),
    ...servedByJails(mesh, directory, diagnostics),
    ...nameResolution(mesh),
  ]
  const flows = new Map<string, Flow>()
  for (const flow of declared) if (!flows.has(flow.name)) flows.set(flow.name, flow)
  return { flows: [...flows.values()].toSorted((a, b) => byText(a.name, b.name)), diagnostics }
}

/** `ports:` and `from:` of jails. Jails of one name that serve the same to the same are one flow to all of them. */
function servedByJails(mesh: Known, directory: Directory, diagnostics: Diagnostic[]): Flow[] {
  const merged = new Map<string, { from: Party; jails: Jail[]; services: readonly Service[] }>()
  for (const jail of mesh.hosts.flatMap(host => host.jails)) {
    const { serves, from, place } = jail.spec
    for (const [i, word] of from.entries()) {
      const source = directory.resolve(word, { ...place, path: [...place.path, 'from', i] })
      if (!isParty(source)) {
        diagnostics.push(source)
        continue
      }
      if (serves.length === 0) continue
      const services = normal(serves)
      const key = `${source.word} ${jail.name} ${servicesText(services)}`
      const flow = merged.get(key)
      if (flow === undefined) merged.set(key, { from: source, jails: [jail], services })
      else flow.jails.push(jail)
    }
    diagnostics.push(...servesNobody(jail.spec))
  }
  return [...merged.values()].flatMap(({ from, jails, services }) => {
    const name = jails[0]?.name ?? ''
    const word = directoryHas(directory, name) ? name : `jail:${name}`
    return flowsOf(from, ofJails(word, jails), services, `served by ${name}`)
  })
}

const directoryHas = (directory: Directory, name: string): boolean =>
  isParty(directory.resolve(name, { document: '', path: [] }))

function* servesNobody({ name, serves, from, place }: JailSpec): Iterable<Diagnostic> {
  if (serves.length > 0 && from.length === 0)
    yield warning(
      'flow-empty',
      `${name} serves ${servicesText(serves)}, but from: names nobody who may reach it`,
      { ...place, path: [...place.path, 'ports'] },
      'Add from: with hosts, jails, a region, a class, a label, admin or outside.',
    )
}

function declaredFlow(spec: FlowSpec, directory: Directory, diagnostics: Diagnostic[]): Flow[] {
  const side = (key: 'from' | 'to') => {
    const place = { ...spec.place, path: [...spec.place.path, key] }
    const party = directory.resolve(spec[key], place)
    if (isParty(party)) return party
    diagnostics.push(party)
    return null
  }
  const [from, to] = [side('from'), side('to')]
  if (from === null || to === null) return []
  if (from.kind === 'external' && to.kind === 'external') {
    diagnostics.push(
      error(
        'flow-outside-outside',
        `a flow from ${from.word} to ${to.word} does not touch the mesh`,
        spec.place,
        'One side must be a host or a jail.',
      ),
    )
    return []
  }
  return flowsOf(from, to, normal(spec.services), spec.why)
}

/** Resolvers that a host gives its jails are reached by all of them. */
function nameResolution(mesh: Known): Flow[] {
  const jailsBy = new Map<string, Jail[]>()
  for (const host of mesh.hosts)
    for (const resolver of host.jails.length > 0 ? host.spec.resolvers : [])
      jailsBy.set(resolver, [...(jailsBy.get(resolver) ?? []), ...host.jails])
  const services = [
    { kind: 'ports', protocol: 'tcp', first: 53, last: 53 },
    { kind: 'ports', protocol: 'udp', first: 53, last: 53 },
  ] as const
  return [...jailsBy].flatMap(([resolver, jails]) => {
    const who = parsePrefix(resolver)
    if (!isPrefix(who)) return []
    return flowsOf(
      // A jail may be called that too; nobody is called jails@hosts.
      ofJails(jails.some(jail => jail.name === 'jails') ? 'jails@hosts' : 'jails', jails),
      { kind: 'external', word: resolver, who: [who] },
      services,
      'name resolution',
    )
  })
}

const flowsOf = (from: Party, to: Party, services: readonly Service[], why: string): Flow[] =>
  services.length === 0 ? [] : [{ name: `${from.word}>${to.word} ${servicesText(services)}`, from, to, services, why }]

const servicesText = (services: readonly Service[]): string => services.map(serviceText).join(',')

const normal = (services: readonly Service[]): readonly Service[] => {
  const byName = new Map(services.map(service => [serviceText(service), service]))
  return [...byName.values()].toSorted(byService)
}

/** A flow as one host sees it: which of its ends are here. */
export interface LocalFlow {
  readonly flow: Flow
  /** The host itself is a source. */
  readonly hostSends: boolean
  readonly jailsSend: readonly Jail[]
  /** The host itself is a destination. */
  readonly hostServes: boolean
  readonly jailsServe: readonly Jail[]
}

/** For each host, the flows that begin or end on it. */
export function flowsByHost(mesh: Pick<Mesh, 'hosts' | 'flows'>): ReadonlyMap<HostName, readonly LocalFlow[]> {
  const result = new Map<HostName, LocalFlow[]>(mesh.hosts.map(host => [host.name, []]))
  for (const flow of mesh.flows) {
    const here = new Map<HostName, { -readonly [K in keyof LocalFlow]: LocalFlow[K] }>()
    const on = (name: HostName) => {
      const entry = here.get(name) ?? { flow, hostSends: false, jailsSend: [], hostServes: false, jailsServe: [] }
      here.set(name, entry)
      return entry
    }
    const { from, to } = flow
    if (from.kind === 'members') {
      for (const host of from.hosts) {
        on(host.name).hostSends = true
        if (from.withJails) on(host.name).jailsSend = host.jails
      }
      for (const jail of from.jails) on(jail.host).jailsSend = [...on(jail.host).jailsSend, jail]
    }
    if (to.kind === 'members') {
      for (const host of to.hosts) on(host.name).hostServes = true
      for (const jail of to.jails) on(jail.host).jailsServe = [...on(jail.host).jailsServe, jail]
    }
    for (const [name, entry] of here) result.get(name)?.push(entry)
  }
  return result
}

/** One end of a flow, for asking whether somebody may reach somebody. */
export type End = { readonly kind: 'host'; readonly host: Host } | { readonly kind: 'jail'; readonly jail: Jail }

export const sendersOf = (party: Members): readonly End[] => [
  ...party.hosts.flatMap(host => [
    { kind: 'host', host } as const,
    ...(party.withJails ? host.jails.map(jail => ({ kind: 'jail', jail }) as const) : []),
  ]),
  ...party.jails.map(jail => ({ kind: 'jail', jail }) as const),
]

export const serversOf = (party: Members): readonly End[] => [
  ...party.hosts.map(host => ({ kind: 'host', host }) as const),
  ...party.jails.map(jail => ({ kind: 'jail', jail }) as const),
]
