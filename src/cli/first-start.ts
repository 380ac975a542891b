/** `meshwright first-start`: the steps that bring services to life, in the order in which somebody runs them. */
import { deploymentOf, openMesh } from '../load/open.ts'
import { scriptPath } from '../services/deploy.ts'
import { type ExitCode, exitCodes, type Io, refuse, report } from './io.ts'
import { table } from './table.ts'
import { unknownNames } from './unknown.ts'

export interface FirstStartOptions {
  readonly directory: string
  readonly json: boolean
}

/** `name`: of one service; null: all. */
export async function firstStart(io: Io, name: string | null, options: FirstStartOptions): Promise<ExitCode> {
  const opened = await openMesh({ ...options, environment: io.environment, purpose: 'read' })
  if (opened.mesh === null) return refuse(io, opened.diagnostics, options.json)
  const known = opened.spec.services.map(service => service.name)
  const unknown = unknownNames('service', name === null ? [] : [name], known)
  if (unknown.length > 0) return refuse(io, unknown, options.json)
  const deployment = await deploymentOf(opened)
  const steps = (deployment?.steps ?? [])
    .filter(({ on }) => name === null || on.service === name)
    .map(step => ({
      ...{ service: step.on.service, step: step.step, host: step.on.host.name, jail: step.on.jail.name },
      script: `/${scriptPath(step)}`,
    }))
  if (options.json) io.stdout.write(`${JSON.stringify(steps, null, 2)}\n`)
  else {
    report(io, opened.diagnostics)
    const rows = steps.map(({ host, jail, script }) => [host, `jexec ${jail} sh ${script}`])
    io.stdout.write(rows.length === 0 ? 'No service has a step to run.\n' : table(rows))
  }
  return exitCodes.done
}
