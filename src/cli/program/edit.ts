/** `init`, `schema`, `add`, `remove`: what people write. */
import { type Command, InvalidArgumentError } from 'commander'
import type { NewHost, NewJail, NewRegion } from '../edit.ts'
import { command, common, type Common, type Joining, numeric, picked, waitOption } from './options.ts'

export function editCommands(root: Command, { io, run }: Joining): void {
  root
    .command('schema')
    .description('print the JSON Schema of what people write, for editors, and of `export json`')
    .argument(
      '[file]',
      'mesh, region or graph',
      (value: string) => {
        if (value === 'mesh' || value === 'region' || value === 'graph') return value
        throw new InvalidArgumentError('It is mesh, region or graph.')
      },
      'mesh',
    )
    .action(async (of: 'mesh' | 'region' | 'graph') => {
      const { jsonSchema } = await import('../json-schema.ts')
      io.stdout.write(`${JSON.stringify(jsonSchema(of), null, 2)}\n`)
    })

  root
    .command('init')
    .description('make a new mesh directory that builds at once')
    .argument('[dir]', 'where', '.')
    .option('--name <name>', 'of the mesh (default: that of the directory)')
    .option('--domain <domain>', 'of its hosts', 'mesh.example.net')
    .option('--json', 'for programs', false)
    .action(async (directory: string, o: { name?: string; domain: string; json: boolean }) =>
      run((await import('../init.ts')).init(io, { directory, ...o })),
    )

  const add = root.command('add').description('add a region, host or jail to the YAML, keeping its comments')
  command(add, 'region', 'make regions/NAME.yaml')
    .argument('<name>')
    .option('--title <text>')
    .option('--latitude <degrees>', 'with --longitude: where it is', numeric)
    .option('--longitude <degrees>', '', numeric)
    .option('--provider <name>', 'of hosts that name none')
    .addOption(waitOption())
    .action(async (name: string, o: Common & NewRegion) =>
      run(
        (await import('../edit.ts')).addRegion(
          io,
          name,
          picked(o, ['title', 'latitude', 'longitude', 'provider']),
          common(o),
        ),
      ),
    )
  command(add, 'host', 'add a host to a region')
    .argument('<name>')
    .requiredOption('--region <region>')
    .requiredOption('--endpoint <endpoint...>', 'addresses, a DNS name, none or dynamic')
    .option('--interface <interface>', 'towards the internet', 'vtnet0')
    .option('--provider <name>', 'a failure domain')
    .option('--arch <arch>', 'amd64 or arm64')
    .option('--class <class>', 'core, edge, build or weak')
    .option('--cpus <n>', 'cores', numeric)
    .option('--memory <size>', 'as in 32G')
    .option('--disk <size>', 'as in 500G')
    .option('--release <release>', 'of FreeBSD')
    .addOption(waitOption())
    .action(async (name: string, o: Common & NewHost & { region: string }) =>
      run((await import('../edit.ts')).addHost(io, name, o.region, picked(o, hostOptions), common(o))),
    )
  command(add, 'jail', 'add a jail to a host')
    .argument('<name>')
    .requiredOption('--host <host>')
    .option('--port <port...>', 'it serves, as in 8080/tcp', [])
    .option('--from <who...>', 'may reach these ports', [])
    .option('--cpus <n>', 'cores at most', numeric)
    .option('--memory <size>', 'at most')
    .addOption(waitOption())
    .action(async (name: string, o: Common & NewJail) =>
      run(
        (await import('../edit.ts')).addJail(
          io,
          name,
          picked(o, ['host', 'port', 'from', 'cpus', 'memory']),
          common(o),
        ),
      ),
    )

  const remove = root.command('remove').description('remove a region, host or jail from the YAML, keeping its comments')
  command(remove, 'region', 'remove a region without hosts')
    .argument('<name>')
    .addOption(waitOption())
    .action(async (name: string, o: Common) => run((await import('../edit.ts')).removeRegion(io, name, common(o))))
  command(remove, 'host', 'remove a host; the lock keeps its numbers')
    .argument('<name>')
    .addOption(waitOption())
    .action(async (name: string, o: Common) => run((await import('../edit.ts')).removeHost(io, name, common(o))))
  command(remove, 'jail', 'remove a jail from a host')
    .argument('<name>')
    .requiredOption('--host <host>')
    .addOption(waitOption())
    .action(async (name: string, o: Common & { host: string }) =>
      run((await import('../edit.ts')).removeJail(io, name, o.host, common(o))),
    )
}

const hostOptions = [
  ...(['endpoint', 'interface', 'provider', 'arch', 'class', 'cpus', 'memory', 'disk', 'release'] as const),
]
