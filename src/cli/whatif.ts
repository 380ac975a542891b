/** `meshwright whatif`: what still works when hosts, links, providers or regions are lost. */
import { error } from '../../topology/diagnostic.ts'
import type { Mesh } from '../../topology/mesh.ts'
import { type NamedLoss, pairLosses, singleLosses } from '../../topology/place/losses.ts'
import { openMesh } from '../load/open.ts'
import { parseLoss, partsOf, packetWays } from '../services/losses.ts'
import {
  endsOf,
  effectHead,
  effectRow,
  hurts,
  type Outcome,
  outcomeOf,
  overviewHead,
  overviewRow,
} from '../services/outcome.ts'
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

/** Exit 3 when something would stop writing or lose data. */
export async function whatif(io: Io, options: WhatIfOptions): Promise<ExitCode> {
  const opened = await openMesh({ ...options, environment: io.environment, purpose: 'plan' })
  if (opened.mesh === null) return refuse(io, opened.diagnostics, options.json)
  const { services, spec, mesh } = opened
  const hosts = spec.regions.flatMap(region => region.hosts)
  const losses: NamedLoss[] = [
    ...(options.allSingle ? singleLosses(hosts) : []),
    ...(options.allPairs ? pairLosses(hosts) : []),
  ]
  if (options.lose.length > 0) {
    const loss = parseLoss(options.lose, hosts)
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
  const flows = mesh.flows.map(flow => ({ name: flow.name, ends: endsOf(flow) }))
  const ways = packetWays(mesh)
  const outcomes = losses.map(loss => outcomeOf(loss, { parts, flows, ways }))
  if (options.json) io.stdout.write(`${JSON.stringify({ ok: true, losses: outcomes }, null, 2)}\n`)
  else {
    report(io, opened.diagnostics)
    const single = outcomes.length === 1 ? outcomes[0] : undefined
    io.stdout.write(single === undefined ? overview(outcomes, mesh, paintOf(io)) : detail(single, paintOf(io)))
  }
  return outcomes.some(({ effects }) => effects.some(hurts)) ? exitCodes.changes : exitCodes.done
}

function detail({ lost, effects, broken }: Outcome, paint: Paint): string {
  const flows =
    broken.length === 0 ? 'No flow breaks.\n' : `Broken flows:\n${broken.map(name => `  ${name}\n`).join('')}`
  return [
    `${paint.strong(`Without ${lost}`)}\n\n`,
    effects.length === 0
      ? 'The mesh has no services.\n'
      : table([effectHead, ...effects.map(effectRow)]).replace(/^.*/, line => paint.faint(line)),
    `\n${flows}`,
  ].join('')
}

function overview(outcomes: readonly Outcome[], mesh: Mesh, paint: Paint): string {
  const bad = outcomes.filter(({ effects }) => effects.some(hurts)).length
  return [
    table([overviewHead, ...outcomes.map(overviewRow)], [1, 4]).replace(/^.*/, line => paint.faint(line)),
    `\n${outcomes.length} losses of ${mesh.name} looked at: ${bad === 0 ? 'nothing stops writing' : `${bad} stop or lose something`}.\n`,
  ].join('')
}
