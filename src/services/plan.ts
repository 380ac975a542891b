/** From `services:` to jails and flows: declared, placed, and written into the mesh as if by hand. */
import { type Diagnostic, error, hasErrors, warning } from '../../topology/diagnostic.ts'
import type { Lock, LockedRole } from '../../topology/lock.ts'
import type { HostName } from '../../topology/names.ts'
import type { Placed, Problem } from '../../topology/place/problem.ts'
import { solve, type Solved } from '../../topology/place/solve.ts'
import type { MeshSpec } from '../../topology/spec.ts'
import { catalogue } from './catalogue.ts'
import { declareServices } from './declare.ts'
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
}

export type ServicePlanning =
  | { readonly plan: ServicePlan; readonly diagnostics: readonly Diagnostic[] }
  | { readonly plan: null; readonly diagnostics: readonly Diagnostic[] }

/** `free`: as if nothing had been placed yet. */
export function planServices(spec: MeshSpec, before: Lock | null, free = false): ServicePlanning {
  const { services, diagnostics } = declareServices(spec.services, catalogue)
  if (hasErrors(diagnostics)) return { plan: null, diagnostics }
  const sorted = services.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  const problem = problemOf(spec, sorted, stillThere(spec, placedBefore(before)))
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
  const expanded = expand(spec, sorted, solved.placed)
  const hosts = new Map(spec.regions.flatMap(region => region.hosts.map(host => [host.name, host] as const)))
  const placed = sorted.flatMap(service => [
    ...(service.kind.checkPlaced?.(service, role =>
      (solved.placed.get(roleId(service, role)) ?? []).flatMap(name => hosts.get(name) ?? []),
    ) ?? []),
  ])
  if (hasErrors(placed)) return { plan: null, diagnostics: [...diagnostics, ...placed] }
  const remarks = solved.remarks.map(({ text, place }) => warning('placement-weak', text, place))
  return {
    plan: {
      ...{ services: sorted, problem, solved, spec: expanded.spec },
      remembered: remember(sorted, solved.placed, before),
    },
    diagnostics: [...diagnostics, ...placed, ...remarks, ...expanded.diagnostics],
  }
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
