/** Which commands there are and what they take (design: stdout is what was asked for, stderr the rest). */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import type { NewHost, NewJail, NewRegion } from './edit.ts'
import type { TextKind } from './export.ts'
import { type ExitCode, exitCodes, type Io } from './io.ts'
import type { SourceChoice } from './sources.ts'

declare const MESHWRIGHT_VERSION: string

interface Common {
  readonly C: string
  readonly json?: boolean
  readonly out?: string
  readonly wait?: number
}

type Watching = Omit<SourceChoice, 'directory'>

interface Exporting extends Common {
  readonly to?: string
  readonly lose?: readonly string[]
  readonly theme?: 'auto' | 'light' | 'dark'
}

interface Receiving {
  readonly critical?: string
  readonly warning?: string
  readonly watchdog?: string
}

interface Rotation {
  readonly all: boolean
  readonly psk: boolean
  readonly service: readonly string[]
  readonly dryRun: boolean
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
    .option('--rebalance', 'show instead what moving services would gain', false)
    .action(async (o: Common & { brief: boolean; rebalance: boolean }) =>
      run(
        o.rebalance
          ? (await import('./rebalance.ts')).rebalance(io, common(o))
          : (await import('./plan.ts')).plan(io, { ...common(o), brief: o.brief }),
      ),
    )
  command(root, 'check', 'say everything that is wrong or worth knowing; write nothing').action(async (o: Common) =>
    run((await import('./check.ts')).check(io, common(o))),
  )
  command(root, 'explain', 'say where the instances of a service live, and why there')
    .argument('[service]', 'SERVICE or SERVICE/ROLE; all without it')
    .action(async (what: string | undefined, o: Common) =>
      run((await import('./explain.ts')).explain(io, what ?? null, common(o))),
    )
  command(root, 'whatif', 'say what still works when something is lost (exit 3 when something stops)')
    .option('--lose <what...>', 'host:NAME, region:NAME, provider:NAME, link:A-B; several are lost together', list, [])
    .option('--all-single', 'every host, provider, region and link alone', false)
    .option('--all-pairs', 'every two hosts', false)
    .action(async (o: Common & { lose: string[]; allSingle: boolean; allPairs: boolean }) =>
      run(
        (await import('./whatif.ts')).whatif(io, {
          ...{ ...common(o), lose: o.lose, allSingle: o.allSingle, allPairs: o.allPairs },
        }),
      ),
    )
  watching(command(root, 'status', 'say how the mesh is (exit 3 when something is not well)'))
    .addOption(outOption())
    .option('--host <names>', 'only these', list, [])
    .option('--link <pairs>', 'only these: tesla-bohr', list, [])
    .option('--service <names>', 'only these, with their instances', list, [])
    .option('--watch', 'the screens; without a terminal, a line for each change', false)
    .addOption(
      new Option('--check', 'one line, exit 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN: for monitors')
        .default(false)
        .conflicts(['watch', 'json']),
    )
    .action(
      async (
        o: Common & Watching & { host: string[]; link: string[]; service: string[]; watch: boolean; check: boolean },
      ) => {
        const { status, ui } = await import('./status.ts')
        const options = {
          ...{ ...common(o), ...looking(o), watch: o.watch, check: o.check },
          wanted: { hosts: o.host, links: o.link, services: o.service },
        }
        const screens = o.watch && !options.json && io.stdout.isTTY === true
        await run(screens ? ui(io, options) : status(io, options))
      },
    )
  watching(command(root, 'ui', 'the screens: the health of the mesh, as long as you look; changes nothing'))
    .addOption(outOption())
    .action(async (o: Common & Watching) =>
      run(
        (await import('./status.ts')).ui(io, {
          ...{ ...common(o), ...looking(o), watch: true, check: false },
          wanted: { hosts: [], links: [], services: [] },
        }),
      ),
    )
  watching(command(root, 'serve', 'give the health of the mesh to Prometheus and Grafana over HTTP, until it is ended'))
    .addOption(outOption())
    .option(
      '--listen <address:port...>',
      'where (default: the address of this machine in the mesh, port 9587)',
      (value: string, before: readonly string[]) => [...before, value],
      [],
    )
    .option('--token-file <file>', 'a bearer token that is asked for (default: $MESHWRIGHT_SERVE_TOKEN)')
    .action(async (o: Common & Watching & { listen: string[]; tokenFile?: string }) =>
      run(
        (await import('./serve.ts')).serve(io, {
          ...{ ...common(o), ...looking(o), ...picked(o, ['tokenFile']), listen: o.listen },
        }),
      ),
    )
  exports(root, io, run)

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
      const { jsonSchema } = await import('./json-schema.ts')
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
      run((await import('./init.ts')).init(io, { directory, ...o })),
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
        (await import('./edit.ts')).addRegion(
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
      run((await import('./edit.ts')).addHost(io, name, o.region, picked(o, hostOptions), common(o))),
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
        (await import('./edit.ts')).addJail(io, name, picked(o, ['host', 'port', 'from', 'cpus', 'memory']), common(o)),
      ),
    )

  const remove = root.command('remove').description('remove a region, host or jail from the YAML, keeping its comments')
  command(remove, 'region', 'remove a region without hosts')
    .argument('<name>')
    .addOption(waitOption())
    .action(async (name: string, o: Common) => run((await import('./edit.ts')).removeRegion(io, name, common(o))))
  command(remove, 'host', 'remove a host; the lock keeps its numbers')
    .argument('<name>')
    .addOption(waitOption())
    .action(async (name: string, o: Common) => run((await import('./edit.ts')).removeHost(io, name, common(o))))
  command(remove, 'jail', 'remove a jail from a host')
    .argument('<name>')
    .requiredOption('--host <host>')
    .addOption(waitOption())
    .action(async (name: string, o: Common & { host: string }) =>
      run((await import('./edit.ts')).removeJail(io, name, o.host, common(o))),
    )

  command(root, 'first-start', 'the steps that bring services to life, in their order, each on one host')
    .argument('[service]')
    .action(async (service: string | undefined, o: Common) =>
      run((await import('./first-start.ts')).firstStart(io, service ?? null, common(o))),
    )

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
        (await import('./keys.ts')).rotate(io, hosts, {
          ...common(o),
          ...{ all: o.all, psk: o.psk, services: o.service, dryRun: o.dryRun },
        }),
      )
    })
  command(keys, 'export-public', 'print every host’s public key').action(async (o: Common) =>
    run((await import('./keys.ts')).exportPublic(io, common(o))),
  )
  command(keys, 'recipients', 'encrypt secrets.age anew, to the recipients in mesh.yaml')
    .addOption(waitOption())
    .action(async (o: Common) => run((await import('./keys.ts')).recipients(io, common(o))))

  const secrets = root
    .command('secrets')
    .description('secrets of your own: a webhook, a certificate; kept in secrets.age')
  command(secrets, 'set', 'read one from standard input')
    .argument('<name>')
    .addOption(waitOption())
    .action(async (name: string, o: Common) => run((await import('./secrets.ts')).setSecret(io, name, common(o))))
  command(secrets, 'remove', 'forget one')
    .argument('<name>')
    .addOption(waitOption())
    .action(async (name: string, o: Common) => run((await import('./secrets.ts')).removeSecret(io, name, common(o))))
  command(secrets, 'list', 'print their names').action(async (o: Common) =>
    run((await import('./secrets.ts')).listSecrets(io, common(o))),
  )

  try {
    await root.parseAsync([...argv], { from: 'user' })
    return result
  } catch (cause) {
    if (!(cause instanceof CommanderError)) throw cause
    return cause.exitCode === 0 ? exitCodes.done : exitCodes.usage
  }
}

/** `export …`: one text goes to stdout or into a file, several go into a directory. */
function exports(root: Command, io: Io, run: (work: Promise<ExitCode>) => Promise<void>): void {
  const parent = root
    .command('export')
    .description('the mesh for Grafana, Prometheus, pictures, name servers and programs')
  const text = (kind: TextKind, description: string) =>
    command(parent, kind, description)
      .option('--to <file>', 'instead of stdout')
      .addOption(waitOption())
      .action(async (o: Exporting) =>
        run((await import('./export.ts')).exportText(io, kind, { ...exported(o), ...picked(o, ['lose', 'theme']) })),
      )
  text('svg', 'a picture: regions, hosts, tunnels, jails')
    .option('--lose <what...>', 'show what is left without host:NAME, region:NAME, provider:NAME, link:A-B', list)
    .addOption(new Option('--theme <theme>', 'how it is coloured').choices(['auto', 'light', 'dark']).default('auto'))
  text('html', 'a map to look around in: one page that asks no network; search, flows, what if')
  text('dot', 'for Graphviz')
  text('mermaid', 'for Markdown that draws Mermaid')
  text('hosts', 'hosts(5)')
  text('json', 'all of it; its schema: meshwright schema graph')
  text('rc', 'the rc(8) script that runs meshwright serve')
  const files = (name: string, description: string) =>
    command(parent, name, description)
      .option('--to <dir>', `where (default: export/${name} in the mesh directory)`)
      .addOption(waitOption())
  files('grafana', 'dashboards, and provisioning of them and of the data source')
    .option('--url <url...>', 'of Prometheus (default: those of the mesh)', list, [])
    .option('--dashboards-path <path>', 'where they will lie (default: /usr/local/etc/grafana/dashboards)')
    .action(async (o: Exporting & { url: string[]; dashboardsPath?: string }) =>
      run(
        (await import('./export.ts')).exportGrafana(io, {
          ...{ ...exported(o), url: o.url, ...picked(o, ['dashboardsPath']) },
        }),
      ),
    )
  files('prometheus', 'what to scrape, rules with their tests, and routes of Alertmanager')
    .option('--serve <addresses...>', 'where meshwright serve listens (default: that of the mesh)', list, [])
    .option('--alertmanager <addresses...>', 'default: those of the mesh', list, [])
    .option('--relayed', 'take what exporters say from serve instead of asking them', false)
    .option('--token', 'serve asks for a bearer token', false)
    .option(
      '--critical <file>',
      'where Alertmanager runs: a file with the URL of the webhook that critical alerts go to',
    )
    .option('--warning <file>', 'the same for warnings')
    .option('--watchdog <file>', 'the same, called as long as watching works: its silence is the alarm')
    .action(
      async (
        o: Exporting & Receiving & { serve: string[]; alertmanager: string[]; relayed: boolean; token: boolean },
      ) =>
        run(
          (await import('./export.ts')).exportPrometheus(io, {
            ...{ ...exported(o), serve: o.serve, alertmanager: o.alertmanager },
            ...{ relayed: o.relayed, token: o.token, ...picked(o, ['critical', 'warning', 'watchdog']) },
          }),
        ),
    )
  files('zone', 'zones for BIND, forward and reverse')
    .option('--servers <names...>', 'the name servers they name, the primary first (default: those of the mesh)', list)
    .option('--contact <address>', 'whom their SOA records name (default: hostmaster of the domain)')
    .option(
      '--serial <n>',
      'of their SOA records (default: counted by build, where the mesh has name servers)',
      numeric,
    )
    .action(async (o: Exporting & { servers?: string[]; contact?: string; serial?: number }) =>
      run(
        (await import('./export.ts')).exportZone(io, {
          ...{ ...exported(o), ...picked(o, ['servers', 'contact', 'serial']) },
        }),
      ),
    )
  sourced(command(parent, 'metrics-textfile', 'one look, as metrics for the textfile collector of node_exporter'))
    .addOption(outOption())
    .option('--to <file>', 'instead of stdout: a name that ends in .prom')
    .addOption(waitOption())
    .action(async (o: Common & Watching & { to?: string; wait: number }) =>
      run(
        (await import('./serve.ts')).metricsTextfile(io, {
          ...{ ...common(o), ...looking(o), hooks: false },
          ...{ to: o.to ?? null, wait: o.wait },
        }),
      ),
    )
}

const exported = (o: Exporting) => ({ ...common(o), ...picked(o, ['to']) })

const command = (parent: Command, name: string, description: string): Command =>
  parent
    .command(name)
    .description(description)
    .option('-C <dir>', 'the mesh directory', '.')
    .option('--json', 'for programs', false)

/** Where `status`, `ui` and `serve` look; without any of it, at the hosts themselves by ssh. */
const sourced = (command: Command): Command =>
  command
    .addOption(
      new Option('--demo', 'a made-up world instead of the hosts').default(false).conflicts(['replay', 'prometheus']),
    )
    .addOption(new Option('--replay <file>', 'what --record wrote').conflicts(['prometheus', 'interval']))
    .option(
      '--prometheus <url>',
      'ask a Prometheus, or several: for fleets too large to ask one by one',
      (url: string, before: readonly string[] | undefined) => [...(before ?? []), url],
    )
    .option('--prometheus-token <file>', 'its bearer token (default: $MESHWRIGHT_PROMETHEUS_TOKEN)')
    .addOption(
      new Option(
        '--interval <seconds>',
        'between two looks at a host (default: 10; of a Prometheus 30, of the demo 2)',
      ).argParser((value: string) => {
        const seconds = numeric(value)
        if (seconds < 1 || seconds > 3600) throw new InvalidArgumentError('It is 1 to 3600.')
        return seconds
      }),
    )
    .addOption(
      new Option('--speed <n>', 'how fast a replay or the demo goes').default(1).argParser((value: string) => {
        const speed = numeric(value)
        if (speed <= 0 || speed > 10_000) throw new InvalidArgumentError('It is more than 0, and at most 10000.')
        return speed
      }),
    )
    .option('--record <file>', 'write down all that is seen')
    .option('--identity <file>', 'private key for ssh (default: the agent, then ~/.ssh/id_*)')

/** And who hears of what changes, where that is seen. */
const watching = (command: Command): Command =>
  sourced(command).addOption(
    new Option('--hooks', 'tell the hooks: of mesh.yaml what changes').default(false).conflicts(['demo', 'replay']),
  )

const looking = (o: Watching) => ({
  ...{ demo: o.demo, speed: o.speed, hooks: o.hooks },
  ...picked(o, ['interval', 'replay', 'prometheus', 'prometheusToken', 'record', 'identity']),
})

const outOption = () => new Option('--out <dir>', 'the rendered tree (default: out in the mesh directory)')
const waitOption = () =>
  new Option('--wait <seconds>', 'how long to wait for another meshwright').default(30).argParser((value: string) => {
    const seconds = Number(value)
    if (!Number.isFinite(seconds) || seconds < 0) throw new InvalidArgumentError('It is a number of seconds.')
    return seconds
  })

const list = (value: string, before: string[] = []): string[] => [
  ...before,
  ...value.split(',').filter(word => word !== ''),
]

function numeric(value: string): number {
  const n = Number(value)
  if (value.trim() === '' || !Number.isFinite(n)) throw new InvalidArgumentError('It is a number.')
  return n
}

const hostOptions = [
  ...(['endpoint', 'interface', 'provider', 'arch', 'class', 'cpus', 'memory', 'disk', 'release'] as const),
]

/** The options that are there, without the ones that belong to the command line. */
const picked = <T extends object, K extends keyof T>(o: T, keys: readonly K[]): Pick<T, K> =>
  Object.fromEntries(keys.flatMap(key => (o[key] === undefined ? [] : [[key, o[key]]]))) as Pick<T, K>

const common = (o: Common) => ({
  directory: o.C,
  json: o.json ?? false,
  wait: o.wait ?? 30,
  ...(o.out !== undefined && { out: o.out }),
})
