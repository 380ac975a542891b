/** `keys`, `secrets`. */
import type { Command } from 'commander'
import { exitCodes } from '../io.ts'
import { command, common, type Common, type Joining, list, outOption, waitOption } from './options.ts'

interface Rotation {
  readonly all: boolean
  readonly psk: boolean
  readonly service: readonly string[]
  readonly dryRun: boolean
}

export function keyCommands(root: Command, { io, run }: Joining): void {
  const keys = root.command('keys').description('rotate keys, export the public ones, change who can open secrets.age')
  command(keys, 'rotate', 'give hosts new keys: raises their epochs in the lock and shows what will change')
    .argument('[hosts...]', 'hosts whose keys change')
    .option('--all', 'all hosts', false)
    .option('--psk', 'all preshared keys', false)
    .option('--service <names>', 'secrets of services: db,files', list, [])
    .option('--dry-run', 'only show it', false)
    .addOption(outOption())
    .addOption(waitOption())
    .action(async (hosts: string[], o: Common & Rotation, self: Command) => {
      if (hosts.length === 0 && !o.all && !o.psk && o.service.length === 0)
        self.error('error: name hosts, or give --all, --psk or --service', { exitCode: exitCodes.usage })
      await run(
        (await import('../keys.ts')).rotate(io, hosts, {
          ...common(o),
          ...{ all: o.all, psk: o.psk, services: o.service, dryRun: o.dryRun },
        }),
      )
    })
  command(keys, 'export-public', 'print every host’s public key').action(async (o: Common) =>
    run((await import('../keys.ts')).exportPublic(io, common(o))),
  )
  command(keys, 'recipients', 'encrypt secrets.age anew, to the recipients in mesh.yaml')
    .addOption(waitOption())
    .action(async (o: Common) => run((await import('../keys.ts')).recipients(io, common(o))))

  const secrets = root
    .command('secrets')
    .description('secrets of your own: a webhook, a certificate; kept in secrets.age')
  command(secrets, 'set', 'read one from standard input')
    .argument('<name>')
    .addOption(waitOption())
    .action(async (name: string, o: Common) => run((await import('../secrets.ts')).setSecret(io, name, common(o))))
  command(secrets, 'remove', 'forget one')
    .argument('<name>')
    .addOption(waitOption())
    .action(async (name: string, o: Common) => run((await import('../secrets.ts')).removeSecret(io, name, common(o))))
  command(secrets, 'list', 'print their names').action(async (o: Common) =>
    run((await import('../secrets.ts')).listSecrets(io, common(o))),
  )
}
