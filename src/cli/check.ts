/** `meshwright check`: everything that can be said about a mesh without its keys. Writes nothing. */
import { openMesh } from '../load/open.ts'
import { count, type ExitCode, exitCodes, type Io, paintOf, refuse } from './io.ts'
import { jsonOf, reportText } from './report.ts'

export async function check(
  io: Io,
  options: { readonly directory: string; readonly json: boolean },
): Promise<ExitCode> {
  const opened = await openMesh({ ...options, environment: io.environment, purpose: 'plan' })
  if (opened.mesh === null) return refuse(io, opened.diagnostics, options.json)
  const { mesh, diagnostics, spec } = opened
  if (options.json) {
    io.stdout.write(`${JSON.stringify({ ok: true, mesh: mesh.name, diagnostics: jsonOf(diagnostics) }, null, 2)}\n`)
    return exitCodes.done
  }
  if (diagnostics.length > 0) io.stdout.write(`${reportText(diagnostics, paintOf(io))}\n`)
  const warnings = diagnostics.filter(d => d.severity === 'warning').length
  const found = [
    count(mesh.hosts.length, 'host'),
    count(mesh.flows.length, 'flow'),
    `${count(spec.tests.length, 'test')} held`,
    warnings === 0 ? 'no warnings' : count(warnings, 'warning'),
  ]
  io.stdout.write(`${mesh.name} is sound: ${found.join(', ')}\n`)
  return exitCodes.done
}
