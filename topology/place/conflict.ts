/** Why there is no placement: of all demands the fewest that cannot be met together, by taking them away one by one. */
import type { Place } from '../diagnostic.ts'
import { Board, staticRejection } from './board.ts'
import { wanted } from './greedy.ts'
import type { Problem, Role, RoleId } from './problem.ts'

export interface Demanded {
  readonly role: RoleId
  readonly text: string
  readonly place: Place
}

/** A rule of one role that can be taken away. */
interface Relaxation {
  readonly applies: (role: Role) => boolean
  readonly without: (role: Role) => Role
  readonly text: (role: Role) => string
}

const relaxations: readonly Relaxation[] = [
  { applies: r => r.arch.length > 0, without: r => ({ ...r, arch: [] }), text: r => `arch ${r.arch.join(' or ')}` },
  {
    applies: r => r.labels.length > 0,
    without: r => ({ ...r, labels: [] }),
    text: r => `label ${r.labels.join(' and ')}`,
  },
  {
    applies: r => r.hosts !== null,
    without: r => ({ ...r, hosts: null }),
    text: r => `only on ${r.hosts?.join(', ') ?? ''}`,
  },
  {
    applies: r => r.regions !== null,
    without: r => ({ ...r, regions: null }),
    text: r => `only in ${r.regions?.join(', ') ?? ''}`,
  },
  {
    applies: r => r.demand.cpu + r.demand.memory + r.demand.disk > 0,
    without: r => ({ ...r, demand: { cpu: 0, memory: 0, disk: 0 } }),
    text: r => `needs ${r.demand.memory} MiB of memory, ${r.demand.cpu / 100} cores, ${r.demand.disk} MiB of disk`,
  },
  {
    applies: r => r.spread.some(one => one.hard),
    without: r => ({ ...r, spread: r.spread.filter(one => !one.hard) }),
    text: r =>
      r.spread
        .filter(one => one.hard)
        .map(({ by, max }) => `at most ${max} in one ${by}`)
        .join(', '),
  },
  {
    applies: r => r.apart.length > 0,
    without: r => ({ ...r, apart: [] }),
    text: r => `apart from ${r.apart.join(', ')}`,
  },
  {
    applies: r => r.publicPorts.length > 0,
    without: r => ({ ...r, publicPorts: [] }),
    text: r => `port ${r.publicPorts.join(', ')} of the host`,
  },
  {
    applies: r => r.maxRtt !== null,
    without: r => ({ ...r, maxRtt: null }),
    text: r => `at most ${r.maxRtt ?? 0} ms between two`,
  },
]

/** `possible` says whether a problem has a placement. */
export function conflictOf(problem: Problem, possible: (candidate: Problem) => boolean): readonly Demanded[] {
  // A role without which there is still no placement has no part in it.
  const alone = problem.roles.find(role => !possible({ ...problem, roles: [role] }))
  let roles = alone === undefined ? [...problem.roles] : [alone]
  for (const role of roles) {
    const fewer = roles.filter(other => other !== role)
    if (fewer.length > 0 && !possible({ ...problem, roles: fewer })) roles = fewer
  }
  const kept: { id: RoleId; relaxation: Relaxation; original: Role }[] = []
  for (const original of roles)
    for (const relaxation of relaxations) {
      const here = roles.find(role => role.id === original.id)
      if (here === undefined || !relaxation.applies(here)) continue
      const looser = roles.map(role => (role === here ? relaxation.without(role) : role))
      if (possible({ ...problem, roles: looser })) kept.push({ id: original.id, relaxation, original })
      else roles = looser
    }
  return roles.map(role => {
    const rules = kept.filter(({ id }) => id === role.id).map(({ relaxation, original }) => relaxation.text(original))
    return { role: role.id, place: role.place, text: [countText(problem, role), ...rules].join('; ') }
  })
}

function countText(problem: Problem, role: Role): string {
  const all = problem.sites.length
  const allowed = problem.sites.filter(site => staticRejection(role, site) === null)
  const board = new Board({ ...problem, roles: [role] })
  const seat = board.seats[0]
  const n = seat === undefined ? null : wanted(board, seat)
  const regions = new Set(allowed.map(site => site.region)).size
  const hosts = `${allowed.length} of ${all} hosts in ${regions} ${regions === 1 ? 'region' : 'regions'} may have it`
  const drained = problem.sites.filter(site => site.drained).length
  const away = drained === 0 ? '' : `; ${drained} ${drained === 1 ? 'is' : 'are'} being drained`
  return `${n ?? 'any number of'} ${n === 1 ? 'instance' : 'instances'}; ${hosts}${away}`
}
