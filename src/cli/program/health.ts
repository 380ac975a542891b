/** `status`, `ui`, `serve`: how the mesh is. */
import { type Command, Option } from 'commander'
import { exitCodes } from '../io.ts'
import { command, common, type Common, type Joining, list, outOption, picked } from './options.ts'
import { looking, type Watching, watching } from './sources.ts'

export function healthCommands(root: Command, { io, run }: Joining): void {
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
        self: Command,
      ) => {
        // One look has nothing before it that could have changed.
        if (o.hooks && !o.watch)
          self.error("error: option '--hooks' tells of changes: give --watch with it", { exitCode: exitCodes.usage })
        const { status, ui } = await import('../status.ts')
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
        (await import('../status.ts')).ui(io, {
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
        (await import('../serve.ts')).serve(io, {
          ...{ ...common(o), ...looking(o), ...picked(o, ['tokenFile']), listen: o.listen },
        }),
      ),
    )
}
