/** `meshwright whatif`: what still works when hosts, links, providers or regions are lost. */
import { error } from '../../topology/diagnostic.ts'
import type { Flow } from '../../topology/flow.ts'
import type { Mesh } from '../../topology/mesh.ts'
import type { HostName } from '../../topology/names.ts'
import { type Effect, linkOf, type Loss, whatIf } from '../../topology/place/whatif.ts'
import { openMesh } from '../load/open.ts'
import { type NamedLoss, pairLosses, parseLoss, partsOf, singleLosses } from '../services/losses.ts'
import { type ExitCode, exitCodes, type Io, paintOf, refuse, report } from './io.ts'
import type { Paint } from './report.ts'
import { table } from './table.ts'

export interface WhatIfOptions {
  readonly directory: string
  readonly json: boolean
  readonly lose: readonly string[]
  readonly allSingle: boolean
  readonly allPairs: boolean
}

interface Outcome {
  readonly lost: string
  readonly effects: readonly Effect[]
  /** Flows with nobody left at one end, though the other end is there. */
  readonly broken: readonly string[]
}

/** Exit 3 when something would stop writing or lose data. */
export async function whatif(io: Io, options: WhatIfOptions): Promise<ExitCode> {
  const opened = await openMesh({ ...options, environment: io.environment, purpose: 'plan' })
  if (opened.mesh === null) return refuse(io, opened.diagnostics, options.json)
  const { services, spec, mesh } = opened
  const losses: NamedLoss[] = [
    ...(options.allSingle ? singleLosses(spec) : []),
    ...(options.allPairs ? pairLosses(spec) : []),
  ]
  if (options.lose.length > 0) {
    const loss = parseLoss(options.lose, spec)
    if ('severity' in loss) return refuse(io, [loss], options.json)
    losses.push(loss)
  }
  if (losses.length === 0)
    return refuse(
      io,
      [error('bad-value', 'nothing is lost', undefined, 'Give --lose, --all-single or --all-pairs.')],
      options.json,
    )
  const parts = services === null ? [] : partsOf(services.services, services.solved.placed)
  const outcomes = losses.map(({ name, loss }): Outcome => ({
    lost: name,
    effects: whatIf(parts, loss),
    broken: mesh.flows.filter(flow => breaks(flow, loss)).map(flow => flow.name),
  }))
  if (options.json) io.stdout.write(`${JSON.stringify({ ok: true, losses: outcomes }, null, 2)}\n`)
  else {
    report(io, opened.diagnostics)
    const single = outcomes.length === 1 ? outcomes[0] : undefined
    io.stdout.write(single === undefined ? overview(outcomes, mesh, paintOf(io)) : detail(single, paintOf(io)))
  }
  return outcomes.some(({ effects }) => effects.some(hurts)) ? exitCodes.changes : exitCodes.done
}

const hurts = (effect: Effect): boolean => !effect.writes || effect.dataLost

/** Somebody is left to ask, and reaches nobody: they are gone, or the links to all of them. */
function breaks({ from, to }: Flow, loss: Loss): boolean {
  const homes = (party: Flow['from']): HostName[] =>
    party.kind === 'external' ? [] : [...party.hosts.map(host => host.name), ...party.jails.map(jail => jail.host)]
  const [asking, asked] = [homes(from), homes(to)]
  if (asked.length === 0) return false
  const left = asked.filter(host => !loss.hosts.has(host))
  if (from.kind === 'external') return left.length === 0
  const reaches = (a: HostName) => left.some(b => a === b || !loss.links.has(linkOf(a, b)))
  const askers = asking.filter(host => !loss.hosts.has(host))
  return askers.length > 0 && !askers.some(reaches)
}

function detail({ lost, effects, broken }: Outcome, paint: Paint): string {
  const rows = effects.map(effect => [
    effect.id,
    `${effect.left.length}/${effect.left.length + effect.lost.length}`,
    effect.quorum === null ? '-' : effect.quorum ? 'kept' : 'LOST',
    effect.writes ? 'yes' : 'NO',
    effect.reads ? 'yes' : 'NO',
    effect.dataLost ? 'LOST' : 'safe',
  ])
  const head = ['ROLE', 'LEFT', 'QUORUM', 'WRITES', 'READS', 'DATA']
  const flows =
    broken.length === 0 ? 'No flow breaks.\n' : `Broken flows:\n${broken.map(name => `  ${name}\n`).join('')}`
  return [
    `${paint.strong(`Without ${lost}`)}\n\n`,
    effects.length === 0
      ? 'The mesh has no services.\n'
      : table([head, ...rows]).replace(/^.*/, line => paint.faint(line)),
    `\n${flows}`,
  ].join('')
}

function overview(outcomes: readonly Outcome[], mesh: Mesh, paint: Paint): string {
  const rows = outcomes.map(({ lost, effects, broken }) => {
    const stopped = effects.filter(effect => !effect.writes).map(effect => effect.id)
    const gone = effects.filter(effect => effect.dataLost).map(effect => effect.id)
    const quorum = effects.filter(effect => effect.quorum === false).length
    return [lost, String(quorum), few(stopped), few(gone), String(broken.length)]
  })
  const head = ['WITHOUT', 'QUORUMS LOST', 'NO LONGER WRITES', 'DATA LOST', 'FLOWS BROKEN']
  const bad = outcomes.filter(({ effects }) => effects.some(hurts)).length
  return [
    table([head, ...rows], [1, 4]).replace(/^.*/, line => paint.faint(line)),
    `\n${outcomes.length} losses of ${mesh.name} looked at: ${bad === 0 ? 'nothing stops writing' : `${bad} stop or lose something`}.\n`,
  ].join('')
}

const few = (names: readonly string[]): string =>
  names.length === 0
    ? '-'
    : names.length > 3
      ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`
      : names.join(', ')
