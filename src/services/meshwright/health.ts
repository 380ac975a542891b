/** How those that watch are: what `meshwright serve` says of itself. The rest of what it says is of others. */
import type { Finding, RoleHealth, Sample } from '../kind.ts'
import { labelOf, noMetrics, readingOf, sample, versionOf, worse } from '../reading.ts'

const [build, source, looked] = [
  'meshwright_build_info',
  'meshwright_source_info',
  'meshwright_snapshot_timestamp_seconds',
] as const

export const serveHealth: RoleHealth = {
  series: [build, source, looked],
  read(samples): Finding {
    const given = readingOf(samples)
    if (given.all(build).length === 0) return noMetrics
    const well: Finding = { state: 'ok', word: 'answers', details: versionOf(given, build) }
    if (given.value(looked) === null) return worse(well, 'warn', 'has not looked yet')
    return given.all(source).some(one => labelOf(one, 'made_up') === 'true') ? worse(well, 'warn', 'made up') : well
  },
  imagine: (): readonly Sample[] => [
    sample(build, 1, { version: '0.1.0' }),
    sample(source, 1, { source: 'ssh', made_up: 'false' }),
    sample(looked, 1_795_258_000),
  ],
}
