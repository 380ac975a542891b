/** Which commands there are and what they take (design: stdout is what was asked for, stderr the rest). */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { type ExitCode, exitCodes, type Io } from './io.ts'

declare const MESHWRIGHT_VERSION: string

interface Common {
  readonly C: string
  readonly json?: boolean
  readonly out?: string
  readonly wait?: number
}

export async function program(io: Io, argv: readonly string[]): Promise<ExitCode> {
  let result: ExitCode = exitCodes.done
  const run = (work: Promise<ExitCode>) => work.then(code => void (result = code))
  const root = new Command('meshwright')
    .description('One YAML description becomes every FreeBSD host’s WireGuard, jail, route and pf configuration.')
    .version(typeof MESHWRIGHT_VERSION === 'string' ? MESHWRIGHT_VERSION : 'development')
    .showHelpAfterError('(meshwright --help lists the commands)')
    .configureOutput({ writeOut: text => void io.stdout.write(text), writeErr: text => void io.stderr.write(text) })
    .exitOverride()

  command(root, 'build', 'write every host’s configuration into out/')
    .addOption(outOption())
    .addOption(waitOption())
    .option('--resolve', 'look endpoint names up again', false)
    .action(async (o: Common & { resolve: boolean }) =>
      run((await import('./build.ts')).build(io, { ...common(o), resolve: o.resolve })),
    )
  command(root, 'plan', 'show what build would change in out/ (exit 3 when there are changes)')
    .addOption(outOption())
    .option('--brief', 'names of files only', false)
    .action(async (o: Common & { brief: boolean }) =>
      run((await import('./plan.ts')).plan(io, { ...common(o), brief: o.brief })),
    )
  command(root, 'check', 'say everything that is wrong or worth knowing; write nothing').action(async (o: Common) =>
    run((await import('./check.ts')).check(io, common(o))),
  )
  root
    .command('schema')
    .description('print the JSON Schema of what people write, for editors')
    .argument(
      '[file]',
      'mesh or region',
      (value: string) => {
        if (value === 'mesh' || value === 'region') return value
        throw new InvalidArgumentError('It is mesh or region.')
      },
      'mesh',
    )
    .action(async (of: 'mesh' | 'region') => {
      const { jsonSchema } = await import('../load/schema.ts')
      io.stdout.write(`${JSON.stringify(jsonSchema(of), null, 2)}\n`)
    })

  const keys = root.command('keys').description('rotate keys, export the public ones, change who can open secrets.age')
  command(keys, 'rotate', 'give hosts new keys: raises their epochs in the lock and shows what will change')
    .argument('[hosts...]', 'hosts whose keys change')
    .option('--all', 'all hosts', false)
    .option('--psk', 'all preshared keys', false)
    .option('--dry-run', 'only show it', false)
    .addOption(outOption())
    .addOption(waitOption())
    .action(async (hosts: string[], o: Common & { all: boolean; psk: boolean; dryRun: boolean }, self: Command) => {
      if (hosts.length === 0 && !o.all && !o.psk)
        self.error('error: name hosts, or give --all or --psk', { exitCode: exitCodes.usage })
      await run(
        (await import('./keys.ts')).rotate(io, hosts, { ...common(o), all: o.all, psk: o.psk, dryRun: o.dryRun }),
      )
    })
  command(keys, 'export-public', 'print every host’s public key').action(async (o: Common) =>
    run((await import('./keys.ts')).exportPublic(io, common(o))),
  )
  command(keys, 'recipients', 'encrypt secrets.age anew, to the recipients in mesh.yaml')
    .addOption(waitOption())
    .action(async (o: Common) => run((await import('./keys.ts')).recipients(io, common(o))))

  try {
    await root.parseAsync([...argv], { from: 'user' })
    return result
  } catch (cause) {
    if (!(cause instanceof CommanderError)) throw cause
    return cause.exitCode === 0 ? exitCodes.done : exitCodes.usage
  }
}

const command = (parent: Command, name: string, description: string): Command =>
  parent
    .command(name)
    .description(description)
    .option('-C <dir>', 'the mesh directory', '.')
    .option('--json', 'for programs', false)

const outOption = () => new Option('--out <dir>', 'the rendered tree (default: out in the mesh directory)')
const waitOption = () =>
  new Option('--wait <seconds>', 'how long to wait for another meshwright').default(30).argParser((value: string) => {
    const seconds = Number(value)
    if (!Number.isFinite(seconds) || seconds < 0) throw new InvalidArgumentError('It is a number of seconds.')
    return seconds
  })

const common = (o: Common) => ({
  directory: o.C,
  json: o.json ?? false,
  wait: o.wait ?? 30,
  ...(o.out !== undefined && { out: o.out }),
})
