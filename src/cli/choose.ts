/** Which hosts, tunnels and services somebody asked about. */
import type { Diagnostic } from '../../topology/diagnostic.ts'
import { error } from '../../topology/diagnostic.ts'
import { type Fleet, tunnelBetween } from '../health/fleet.ts'
import { levels, type Snapshot, tunnelAt, type TunnelHealth } from '../health/snapshot.ts'
import { tunnelStates } from '../health/verdict.ts'
import type { Showing } from './status-table.ts'
import { unknownNames } from './unknown.ts'

export interface Wanted {
  readonly hosts: readonly string[]
  /** `tesla-bohr`: both directions. */
  readonly links: readonly string[]
  readonly services: readonly string[]
}

export interface Choice {
  readonly hosts: ReadonlySet<number>
  /** Numbers of directed tunnels. */
  readonly tunnels: readonly number[]
  readonly services: ReadonlySet<string>
  /** Nobody asked for anything in particular. */
  readonly all: boolean
}

export function chooseOf(fleet: Fleet, { hosts, links, services }: Wanted): Choice | readonly Diagnostic[] {
  const problems: Diagnostic[] = [
    ...unknownNames(
      'host',
      hosts,
      fleet.hosts.map(host => host.name),
    ),
    ...unknownNames(
      'service',
      services,
      fleet.services.map(service => service.name),
    ),
  ]
  const tunnels: number[] = []
  for (const link of links) {
    const pair = tunnelsOf(fleet, link)
    if (pair.length === 0)
      problems.push(
        error('unknown-reference', `${JSON.stringify(link)} is no pair of peers`, undefined, 'As in tesla-bohr.'),
      )
    tunnels.push(...pair)
  }
  if (problems.length > 0) return problems
  return {
    hosts: new Set(fleet.hosts.filter(host => hosts.includes(host.name)).map(host => host.number)),
    tunnels: [...new Set(tunnels)],
    services: new Set(services),
    all: hosts.length + links.length + services.length === 0,
  }
}

/** Names may hold dashes themselves: the pair is found by trying every one of them. */
function tunnelsOf(fleet: Fleet, link: string): readonly number[] {
  for (const a of fleet.hosts) {
    if (!link.startsWith(`${a.name}-`)) continue
    const b = fleet.hosts.find(other => link === `${a.name}-${other.name}`)
    if (b === undefined) continue
    const there = tunnelBetween(fleet.tunnels, a.number, b.number)
    return there < 0 ? [] : [there, fleet.tunnels.back[there] ?? there]
  }
  return []
}

/** Above so many directed tunnels, those that are well are left out. */
const listedTunnels = 20_000

/** `every`: tunnels that are well as well, unless there are too many. */
export function chosenFrom(snapshot: Snapshot, choice: Choice, every: boolean): Showing {
  const { fleet, tunnels } = snapshot
  const { count, from } = fleet.tunnels
  const whole = every && count <= listedTunnels
  const [up, unknown] = [tunnelStates.indexOf('up'), tunnelStates.indexOf('unknown')]
  const shown: TunnelHealth[] = choice.tunnels.map(number => tunnelAt(snapshot, number))
  for (let number = 0; number < count; number += 1) {
    const state = tunnels.state[number] ?? 0
    // Of a host that does not tell, it is said once, with the host.
    const listed = choice.all ? whole || (state !== up && state !== unknown) : choice.hosts.has(from[number] ?? -1)
    if (listed) shown.push(tunnelAt(snapshot, number))
  }
  return {
    hosts: snapshot.hosts.filter(host => choice.all || choice.hosts.has(host.number)),
    tunnels: shown.toSorted((a, b) => levels.indexOf(b.level) - levels.indexOf(a.level) || a.number - b.number),
    services: snapshot.services.filter(({ service }) => choice.all || choice.services.has(service.name)),
    instances: choice.services.size > 0,
  }
}
