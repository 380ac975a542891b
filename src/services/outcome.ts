/** What a loss does to a mesh, and the words in which that is told: the same on a terminal and in the map. */
import type { Flow } from '../../topology/flow.ts'
import type { HostName } from '../../topology/names.ts'
import type { NamedLoss } from '../../topology/place/losses.ts'
import { breaks, type Effect, type Ends, type Part, type Ways, whatIf } from '../../topology/place/whatif.ts'

export interface Outcome {
  readonly lost: string
  readonly effects: readonly Effect[]
  /** Flows with nobody left at one end, though the other end is there. */
  readonly broken: readonly string[]
}

export interface Losing {
  readonly parts: readonly Part[]
  readonly flows: readonly { readonly name: string; readonly ends: Ends }[]
  /** On which flows and what roles need of each other travel. */
  readonly ways: Ways
}

export const outcomeOf = ({ name, loss }: NamedLoss, { parts, flows, ways }: Losing): Outcome => ({
  lost: name,
  effects: whatIf(parts, loss, ways),
  broken: flows.filter(({ ends }) => breaks(ends, loss, ways)).map(flow => flow.name),
})

export function endsOf({ from, to }: Flow): Ends {
  const homes = (party: Flow['from']): readonly HostName[] =>
    party.kind === 'external' ? [] : [...party.hosts.map(host => host.name), ...party.jails.map(jail => jail.host)]
  return { from: from.kind === 'external' ? null : homes(from), to: homes(to) }
}

export const hurts = (effect: Effect): boolean => !effect.writes || effect.dataLost

export const effectHead = ['ROLE', 'LEFT', 'QUORUM', 'WRITES', 'READS', 'DATA'] as const

export const effectRow = (effect: Effect): readonly string[] => [
  effect.id,
  `${effect.left.length}/${effect.left.length + effect.lost.length}`,
  effect.quorum === null ? '-' : effect.quorum ? 'kept' : 'LOST',
  effect.writes ? 'yes' : 'NO',
  effect.reads ? 'yes' : 'NO',
  effect.dataLost ? 'LOST' : 'safe',
]

export const overviewHead = ['WITHOUT', 'QUORUMS LOST', 'NO LONGER WRITES', 'DATA LOST', 'FLOWS BROKEN'] as const

export function overviewRow({ lost, effects, broken }: Outcome): readonly string[] {
  const stopped = effects.filter(effect => !effect.writes).map(effect => effect.id)
  const gone = effects.filter(effect => effect.dataLost).map(effect => effect.id)
  const quorum = effects.filter(effect => effect.quorum === false).length
  return [lost, String(quorum), few(stopped), few(gone), String(broken.length)]
}

const few = (names: readonly string[]): string =>
  names.length === 0
    ? '-'
    : names.length > 3
      ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`
      : names.join(', ')
