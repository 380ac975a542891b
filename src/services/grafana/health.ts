/** How Grafana is: its probe asks it for its database, its metrics add what runs (Grafana, /metrics). */
import type { Finding, RoleHealth, Sample } from '../kind.ts'
import { noMetrics, readingOf, sample, versionOf } from '../reading.ts'

const build = 'grafana_build_info'

export const uiHealth: RoleHealth = {
  series: [build],
  read(samples): Finding {
    const given = readingOf(samples)
    return given.all(build).length === 0
      ? noMetrics
      : { state: 'ok', word: 'answers', details: versionOf(given, build) }
  },
  imagine: (): readonly Sample[] => [sample(build, 1, { version: '12.1.0', edition: 'oss' })],
}
