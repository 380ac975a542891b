/** `export …`: one text goes to stdout or into a file, several go into a directory. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { TextKind } from '../export.ts'
import { command, common, type Common, type Joining, list, numeric, outOption, picked, waitOption } from './options.ts'
import { looking, sourced, type Watching } from './sources.ts'

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

export function exportCommands(root: Command, { io, run }: Joining): void {
  const parent = root
    .command('export')
    .description('the mesh for Grafana, Prometheus, pictures, name servers and programs')
  const text = (kind: TextKind, description: string) =>
    command(parent, kind, description)
      .option('--to <file>', 'instead of stdout', place)
      .addOption(waitOption())
      .action(async (o: Exporting) =>
        run((await import('../export.ts')).exportText(io, kind, { ...exported(o), ...picked(o, ['lose', 'theme']) })),
      )
  text('svg', 'a picture: regions, hosts, tunnels, jails')
    .option('--lose <what...>', 'show what is left without host:NAME, region:NAME, provider:NAME, link:A-B', list)
    .addOption(new Option('--theme <theme>', 'how it is coloured').choices(['auto', 'light', 'dark']).default('auto'))
  text('html', 'a map to look around in: one page that asks no network; search, flows, what if')
  text('dot', 'for Graphviz')
  text('mermaid', 'for Markdown that draws Mermaid')
  text('hosts', 'hosts(5)')
  text('json', 'all of it; its schema: meshwright schema graph')
  text('rc', 'the rc(8) script that runs meshwright serve, for /usr/local/etc/rc.d')
  const files = (name: string, description: string) =>
    command(parent, name, description)
      .option('--to <dir>', `where (default: export/${name} in the mesh directory)`, directory)
      .addOption(waitOption())
  sourced(
    files('grafana', 'dashboards, and provisioning of them and of the data source')
      .option('--url <url...>', 'of Prometheus (default: those of the mesh, else http://127.0.0.1:9090)', list, [])
      .option('--dashboards-path <path>', 'where they will lie (default: /usr/local/etc/grafana/dashboards)')
      .option(
        '--snapshot',
        'show in Topology how the mesh is now, and not the plan: one look, by ssh or where these say:',
        false,
      ),
  )
    .addOption(outOption())
    .action(
      async (
        o: Exporting & Watching & { url: string[]; dashboardsPath?: string; snapshot: boolean },
        self: Command,
      ) => {
        // One who takes --prometheus for --url is told so, before anybody is asked.
        const where = o.snapshot ? undefined : ofLook.find(name => self.getOptionValueSource(name) === 'cli')
        if (where !== undefined) {
          const flag = self.options.find(option => option.attributeName() === where)?.long ?? where
          const hint = where.startsWith('prometheus') ? ' Where dashboards ask is --url.' : ''
          self.error(`error: ${flag} is of the look that --snapshot takes.${hint}`, { code: 'meshwright.noSnapshot' })
        }
        await run(
          (await import('../export.ts')).exportGrafana(io, {
            ...{ ...exported(o), url: o.url, ...picked(o, ['dashboardsPath']) },
            ...(o.snapshot && { look: { ...common(o), ...looking(o), hooks: false } }),
          }),
        )
      },
    )
  files('prometheus', 'what to scrape, rules with their tests, and routes of Alertmanager')
    .option(
      '--serve <addresses...>',
      'where meshwright serve listens (default: that of the mesh, else 127.0.0.1:9587)',
      list,
      [],
    )
    .option('--alertmanager <addresses...>', 'where it is told of alerts (default: those of the mesh)', list, [])
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
          (await import('../export.ts')).exportPrometheus(io, {
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
        (await import('../export.ts')).exportZone(io, {
          ...{ ...exported(o), ...picked(o, ['servers', 'contact', 'serial']) },
        }),
      ),
    )
  sourced(command(parent, 'metrics-textfile', 'one look, as metrics for the textfile collector of node_exporter'))
    .addOption(outOption())
    .option('--to <file>', 'instead of stdout: a name that ends in .prom', textfile)
    .addOption(waitOption())
    .action(async (o: Common & Watching & { to?: string; wait: number }) =>
      run(
        (await import('../textfile.ts')).metricsTextfile(io, {
          ...{ ...common(o), ...looking(o), hooks: false },
          ...{ to: o.to ?? null, wait: o.wait },
        }),
      ),
    )
}

function place(value: string): string {
  // An unset variable of a script.
  if (value === '') throw new InvalidArgumentError('It is empty.')
  // Where stdout is a file, on Linux this is a name of it, and the file would be replaced by another.
  return value === '/dev/stdout' ? '-' : value
}

function textfile(value: string): string {
  const to = place(value)
  if (to !== '-' && !to.endsWith('.prom'))
    throw new InvalidArgumentError('node_exporter reads no file whose name does not end in .prom.')
  return to
}

function directory(value: string): string {
  if (value === '-') throw new InvalidArgumentError('These are several files: name a directory, as in ./- .')
  return place(value)
}

const ofLook = [
  'demo',
  'replay',
  'prometheus',
  'prometheusToken',
  'interval',
  'speed',
  'record',
  'identity',
  'out',
] as const

const exported = (o: Exporting) => ({ ...common(o), ...picked(o, ['to']) })
