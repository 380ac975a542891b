/** `build`, `plan`, `check`, `explain`, `whatif`, `first-start`: from the description to the tree, and why so. */
import type { Command } from 'commander'
import { command, common, type Common, type Joining, list, outOption, waitOption } from './options.ts'

export function buildCommands(root: Command, { io, run }: Joining): void {
  command(root, 'build', 'write every host’s configuration into out/')
    .addOption(outOption())
    .addOption(waitOption())
    .option('--resolve', 'look endpoint names up again', false)
    .action(async (o: Common & { resolve: boolean }) =>
      run((await import('../build.ts')).build(io, { ...common(o), resolve: o.resolve })),
    )
  command(root, 'plan', 'show what build would change in out/ (exit 3 when there are changes)')
    .addOption(outOption())
    .option('--brief', 'names of files only', false)
    .option('--rebalance', 'show instead what moving services would gain', false)
    .action(async (o: Common & { brief: boolean; rebalance: boolean }) =>
      run(
        o.rebalance
          ? (await import('../rebalance.ts')).rebalance(io, common(o))
          : (await import('../plan.ts')).plan(io, { ...common(o), brief: o.brief }),
      ),
    )
  command(root, 'check', 'say everything that is wrong or worth knowing; write nothing').action(async (o: Common) =>
    run((await import('../check.ts')).check(io, common(o))),
  )
  command(root, 'explain', 'say where the instances of a service live, and why there')
    .argument('[service]', 'SERVICE or SERVICE/ROLE; all without it')
    .action(async (what: string | undefined, o: Common) =>
      run((await import('../explain.ts')).explain(io, what ?? null, common(o))),
    )
  command(root, 'whatif', 'say what still works when something is lost (exit 3 when something stops)')
    .option('--lose <what...>', 'host:NAME, region:NAME, provider:NAME, link:A-B; several are lost together', list, [])
    .option('--all-single', 'every host, provider, region and link alone', false)
    .option('--all-pairs', 'every two hosts', false)
    .action(async (o: Common & { lose: string[]; allSingle: boolean; allPairs: boolean }) =>
      run(
        (await import('../whatif.ts')).whatif(io, {
          ...{ ...common(o), lose: o.lose, allSingle: o.allSingle, allPairs: o.allPairs },
        }),
      ),
    )
  command(root, 'first-start', 'the steps that bring services to life, in their order, each on one host')
    .argument('[service]')
    .action(async (service: string | undefined, o: Common) =>
      run((await import('../first-start.ts')).firstStart(io, service ?? null, common(o))),
    )
}
