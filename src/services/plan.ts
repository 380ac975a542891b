/** From `services:` to jails and flows: declared, placed, and written into the mesh as if by hand. */
import { type Diagnostic, error, hasErrors, warning } from '../../topology/diagnostic.ts'
import type { Lock, LockedRole } from '../../topology/lock.ts'
import type { HostName } from '../../topology/names.ts'
import { staticRejection } from '../../topology/place/board.ts'
import type { Placed, Problem } from '../../topology/place/problem.ts'
import { solve, type Solved } from '../../topology/place/solve.ts'
import type { MeshSpec } from '../../topology/spec.ts'
import { catalogue } from './catalogue.ts'
import { hintFor } from '../load/issues.ts'
import { below, declareServices } from './declare.ts'
import { expand } from './expand.ts'
import type { Service } from './kind.ts'
import { problemOf, roleId, stillThere } from './problem.ts'

export interface ServicePlan {
  readonly spec: MeshSpec
  readonly services: readonly Service[]
  readonly problem: Problem
  readonly solved: Solved
  /** For the lock. */
  readonly remembered: Lock['services']
  /** Of the secrets, by service; 1 for those that are not here. */
  readonly epochs: Lock['serviceEpochs']
  /** For the lock too: as it had them, until the instances have addresses. */
  readonly serials: Lock['serials']
}

export type ServicePlanning =
  | { readonly plan: ServicePlan; readonly diagnostics: readonly Diagnostic[] }
  | { readonly plan: null; readonly diagnostics: readonly Diagnostic[] }

/** `free`: as if nothing had been placed yet. */
export function planServices(spec: MeshSpec, before: Lock | null, free = false): ServicePlanning {
  const { services, diagnostics } = declareServices(spec.services, catalogue)
  if (hasErrors(diagnostics)) return { plan: null, diagnostics }
  const strangers = services.flatMap(service => [...unknownPins(service, spec)])
  if (strangers.length > 0) return { plan: null, diagnostics: [...diagnostics, ...strangers] }
  const problem = problemOf(spec, services, stillThere(spec, placedBefore(before)))
  const solved = solve(problem, { free })
  if (solved.kind === 'impossible')
    return {
      plan: null,
      diagnostics: [
        ...diagnostics,
        ...solved.conflict.map(({ role, text, place }, i) =>
          error('placement-impossible', i === 0 ? `${role} has no place: ${text}` : `and ${role}: ${text}`, place),
        ),
      ],
    }
  const lacking = [...homeless(problem, solved.placed), ...(free ? [] : replaced(problem, services, solved.placed))]
  if (lacking.length > 0) return { plan: null, diagnostics: [...diagnostics, ...lacking] }
  const expanded = expand(spec, services, solved.placed)
  const hosts = new Map(spec.regions.flatMap(region => region.hosts.map(host => [host.name, host] as const)))
  const placed = services.flatMap(service => [
    ...(service.kind.checkPlaced?.(
      service,
      role => (solved.placed.get(roleId(service, role)) ?? []).flatMap(name => hosts.get(name) ?? []),
      spec,
    ) ?? []),
  ])
  if (hasErrors(placed)) return { plan: null, diagnostics: [...diagnostics, ...placed] }
  const moved = free ? [] : [...moves(problem, solved.placed)]
  const remarks = solved.remarks.map(({ text, place }) => warning('placement-weak', text, place))
  return {
    plan: {
      ...{ services, problem, solved, spec: expanded.spec },
      remembered: remember(services, solved.placed, before),
      epochs: before?.serviceEpochs ?? new Map(),
      serials: before?.serials ?? new Map(),
    },
    diagnostics: [...diagnostics, ...placed, ...moved, ...remarks, ...expanded.diagnostics],
  }
}

/** Roles that go wherever they may, and may nowhere. */
function* homeless({ roles, sites }: Problem, placed: Placed): Iterable<Diagnostic> {
  for (const role of roles) {
    const { kind } = role.count
    if ((kind !== 'everywhere' && kind !== 'per-region') || (placed.get(role.id) ?? []).length > 0) continue
    const reasons = new Map<string, number>()
    for (const site of sites) {
      const rule = staticRejection(role, site)?.rule ?? 'capacity'
      reasons.set(rule, (reasons.get(rule) ?? 0) + 1)
    }
    const why = [...reasons].map(([rule, n]) => `${rule} rules out ${n}`).join(', ')
    yield error('placement-impossible', `${role.id} has no place: of ${sites.length} hosts ${why}`, role.place)
  }
}

/** What leaves a host that is still there: its data has to follow, or its new place to join. */
function* moves({ roles, current }: Problem, placed: Placed): Iterable<Diagnostic> {
  for (const { id, count, place } of roles) {
    if (count.kind !== 'fixed' && count.kind !== 'per-region') continue
    const [before, now] = [current.get(id) ?? [], placed.get(id) ?? []]
    const left = before.filter(host => !now.includes(host))
    const come = now.filter(host => !before.includes(host))
    if (left.length === 0) continue
    const where = come.length === 0 ? 'and is there no more' : `for ${come.join(', ')}`
    yield warning('placement-moved', `${id} leaves ${left.join(', ')} ${where}`, place)
  }
}

/** Quorums of which a majority would be new, and data of which nobody who has it would stay. */
function* replaced({ roles, current }: Problem, services: readonly Service[], placed: Placed): Iterable<Diagnostic> {
  const replicated = new Set(
    services.flatMap(service =>
      service.kind
        .roles(service)
        .filter(role => role.resilience?.kind === 'replicated')
        .map(role => roleId(service, role.name)),
    ),
  )
  for (const { id, voters, place } of roles) {
    const before = current.get(id) ?? []
    const now = placed.get(id) ?? []
    if (before.length === 0 || now.length === 0) continue
    const stay = before.filter(host => now.includes(host)).length
    if (!voters && replicated.has(id) && stay === 0)
      yield error(
        'quorum-replaced',
        `${id} would keep none of its ${before.length} members: nobody would have its data`,
        place,
        'Move one at a time, and let it copy the data before the next. If the data is gone for good, delete its lines in mesh.lock.yaml.',
      )
    if (voters && stay * 2 <= before.length)
      yield error(
        'quorum-replaced',
        `${id} would keep ${stay} of its ${before.length} members: the new ones would find no quorum to join`,
        place,
        'Move a minority at a time, and let it join before the next. If that cluster is gone for good, delete its lines in mesh.lock.yaml.',
      )
  }
}

/** Hosts and regions that pins name and the mesh does not have. */
function* unknownPins(service: Service, spec: MeshSpec): Iterable<Diagnostic> {
  const known = {
    hosts: spec.regions.flatMap(region => region.hosts.map(host => host.name as string)),
    regions: spec.regions.map(region => region.name as string),
  }
  const said = [
    { path: [], pins: service.everywhere },
    ...[...service.roles].map(([role, pins]) => ({ path: ['roles', role], pins })),
  ]
  for (const { path, pins } of said)
    for (const key of ['hosts', 'regions'] as const)
      for (const [i, name] of (pins[key] ?? []).entries())
        if (!known[key].includes(name))
          yield error(
            'unknown-reference',
            `there is no ${key === 'hosts' ? 'host' : 'region'} ${JSON.stringify(name)}`,
            below(service, ...path, key, i),
            hintFor(name, known[key]),
          )
}

const placedBefore = (before: Lock | null): Placed =>
  new Map(
    [...(before?.services ?? [])].flatMap(([service, roles]) =>
      [...roles].map(([role, { hosts }]) => [roleId({ name: service }, role), hosts] as const),
    ),
  )

/** Those who were there first stay founders as long as they stay; who comes later joins. */
function remember(services: readonly Service[], placed: Placed, before: Lock | null): Lock['services'] {
  return new Map(
    services.map(service => [
      service.name,
      new Map(
        service.kind.roles(service).map(({ name }): [string, LockedRole] => {
          const hosts: readonly HostName[] = placed.get(roleId(service, name)) ?? []
          const known = before?.services.get(service.name)?.get(name)
          const founders = known === undefined ? hosts : known.founders.filter(host => hosts.includes(host))
          return [name, { hosts, founders }]
        }),
      ),
    ]),
  )
}
