/** Which commands there are (design: stdout is what was asked for, stderr the rest). */
import { Command, CommanderError, Help } from 'commander'
import { type ExitCode, exitCodes, type Io } from './io.ts'
import { buildCommands } from './program/build.ts'
import { editCommands } from './program/edit.ts'
import { exportCommands } from './program/export.ts'
import { healthCommands } from './program/health.ts'
import { keyCommands } from './program/keys.ts'
import { version } from './version.ts'

export async function program(io: Io, argv: readonly string[]): Promise<ExitCode> {
  let result: ExitCode = exitCodes.done
  const joining = { io, run: (work: Promise<ExitCode>) => work.then(code => void (result = code)) }
  const root = new Command('meshwright')
    .description('One YAML description becomes every FreeBSD host’s WireGuard, jail, route and pf configuration.')
    .version(version)
    .showHelpAfterError('(meshwright --help lists the commands)')
    .configureOutput({ writeOut: text => void io.stdout.write(text), writeErr: text => void io.stderr.write(text) })
    // That an option is off or empty until it is given needs no saying.
    .configureHelp({
      optionDescription: option => new Help().optionDescription(option).replace(/ \(default: (?:false|\[\])\)$/, ''),
    })
    .exitOverride()

  buildCommands(root, joining)
  healthCommands(root, joining)
  exportCommands(root, joining)
  editCommands(root, joining)
  keyCommands(root, joining)

  try {
    await root.parseAsync([...argv], { from: 'user' })
    return result
  } catch (cause) {
    if (!(cause instanceof CommanderError)) throw cause
    return cause.exitCode === 0 ? exitCodes.done : exitCodes.usage
  }
}
