/** A first placement: role by role, the best hosts that are left. */
import type { Diagnostic } from '../diagnostic.ts'
import type { HostName } from '../names.ts'
import type { Place } from '../diagnostic.ts'
import type { Placed, Problem, Role, RoleId, Site } from './problem.ts'

export interface Remark {
  readonly text: string
  readonly place: Diagnostic['place']
}
export interface Solved {
  readonly kind: 'solved'
  readonly placed: Placed
  readonly remarks: readonly Remark[]
}
export interface Impossible {
  readonly kind: 'impossible'
  readonly conflict: readonly { readonly role: RoleId; readonly text: string; readonly place: Place }[]
}

export function solve(problem: Problem, _options: { readonly free?: boolean } = {}): Solved | Impossible {
  const placed = new Map<RoleId, HostName[]>()
  const order = problem.roles.toSorted((a, b) => Number(a.count.kind === 'with') - Number(b.count.kind === 'with'))
  for (const role of order) {
    const allowed = problem.sites.filter(site => allows(role, site))
    const preferred = allowed.toSorted((a, b) => rank(role, a) - rank(role, b))
    const chosen: Site[] = []
    if (role.count.kind === 'everywhere') chosen.push(...allowed)
    else if (role.count.kind === 'with') {
      const wanted = new Set(role.count.roles.flatMap(id => placed.get(id) ?? []))
      chosen.push(...problem.sites.filter(site => wanted.has(site.host)))
    } else {
      const want = role.count.kind === 'fixed' ? role.count.instances : new Set(allowed.map(site => site.region)).size
      for (const most of [1, 2, 99])
        for (const site of preferred) {
          if (chosen.length >= want || chosen.includes(site)) continue
          if (chosen.filter(other => other.region === site.region).length < most) chosen.push(site)
        }
      if (chosen.length < want)
        return { kind: 'impossible', conflict: [{ role: role.id, text: `${want} wanted`, place: role.place }] }
    }
    placed.set(role.id, chosen.map(site => site.host).toSorted())
  }
  return { kind: 'solved', placed, remarks: [] }
}

const rank = (role: Role, site: Site): number => (role.prefers === null ? 0 : site.class === role.prefers ? 0 : 1)
const allows = (role: Role, site: Site): boolean =>
  !site.drained &&
  (role.arch.length === 0 || role.arch.includes(site.arch)) &&
  role.labels.every(label => site.labels.includes(label)) &&
  (role.hosts?.includes(site.host) ?? true) &&
  (role.regions?.includes(site.region) ?? true)
