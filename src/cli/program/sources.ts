/** Where the commands look that say how the mesh is. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { SourceChoice } from '../sources.ts'
import { numeric, picked } from './options.ts'

export type Watching = Omit<SourceChoice, 'directory'>

/** Where `status`, `ui` and `serve` look; without any of it, at the hosts themselves by ssh. */
export const sourced = (command: Command): Command =>
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
export const watching = (command: Command): Command =>
  sourced(command).addOption(
    new Option('--hooks', 'tell the hooks: of mesh.yaml what changes').default(false).conflicts(['demo', 'replay']),
  )

export const looking = (o: Watching) => ({
  ...{ demo: o.demo, speed: o.speed, hooks: o.hooks },
  ...picked(o, ['interval', 'replay', 'prometheus', 'prometheusToken', 'record', 'identity']),
})
