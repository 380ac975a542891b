/** `meshwright plan --rebalance`: what moving instances would gain. Moves nothing: an admin who wants a move pins it. */
import { rebalance as movesTo } from '../../topology/place/explain.ts'
import type { Move } from '../../topology/place/explain.ts'
import { openMesh } from '../load/open.ts'
import { count, type ExitCode, exitCodes, type Io, refuse, report } from './io.ts'
import { jsonOf } from './report.ts'
import { table } from './table.ts'

export async function rebalance(
  io: Io,
  options: { readonly directory: string; readonly json: boolean },
): Promise<ExitCode> {
  const opening = { ...options, environment: io.environment, purpose: 'plan' } as const
  const [now, free] = [await openMesh(opening), await openMesh({ ...opening, free: true })]
  if (now.mesh === null) return refuse(io, now.diagnostics, options.json)
  if (free.mesh === null) return refuse(io, free.diagnostics, options.json)
  const moves =
    now.services === null || free.services === null
      ? []
      : movesTo(now.services.problem, now.services.solved.placed, free.services.solved.placed)
  if (options.json)
    io.stdout.write(`${JSON.stringify({ ok: true, moves, diagnostics: jsonOf(now.diagnostics) }, null, 2)}\n`)
  else {
    report(io, now.diagnostics)
    io.stdout.write(
      moves.length === 0
        ? 'Nothing would gain by moving.\n'
        : `${table([['ROLE', 'FROM', 'TO', 'GAIN'], ...moves.map(rowOf)])}\n${count(moves.length, 'move')}; to make one, pin the role to its new hosts in mesh.yaml.\n`,
    )
  }
  return moves.length === 0 ? exitCodes.done : exitCodes.changes
}

const rowOf = ({ role, from, to, gain }: Move): string[] => [
  ...[role, from, to],
  gain === null ? 'only together with the others' : `${gain.term} ${gain.before} to ${gain.after}`,
]
