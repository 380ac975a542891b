/** How those that watch are themselves: Prometheus, Alertmanager, and the exporters of hosts and probes. */
import type { Finding, RoleHealth, Sample } from '../kind.ts'
import { countText, labelOf, noMetrics, partOf, type Reading, readingOf, sample, versionOf, worse } from '../reading.ts'

/** It goes on with the configuration that it had. */
const oldConfiguration = 'old configuration'

export const serverHealth: RoleHealth = {
  series: [
    'prometheus_config_last_reload_successful',
    'prometheus_tsdb_head_series',
    'prometheus_rule_evaluation_failures_total',
  ],
  read(samples): Finding {
    const given = readingOf(samples)
    const reloaded = given.flag('prometheus_config_last_reload_successful')
    if (reloaded === null) return noMetrics
    const series = given.value('prometheus_tsdb_head_series')
    const failures = given.sum('prometheus_rule_evaluation_failures_total')
    const details = {
      ...(series !== null && { series: countText(series) }),
      // Since its start: whether a rule fails now, its own alert says.
      ...(failures !== null && failures > 0 && { 'rules failed': `${countText(failures)} times` }),
    }
    const well: Finding = { state: 'ok', word: 'answers', details }
    return reloaded ? well : { ...well, state: 'warn', word: oldConfiguration }
  },
  imagine: ({ seconds }): readonly Sample[] => [
    sample('prometheus_config_last_reload_successful', 1),
    sample('prometheus_tsdb_head_series', 24_000 + (Math.floor(seconds) % 900)),
    sample('prometheus_rule_evaluation_failures_total', 0, { rule_group: 'meshwright' }),
  ],
}

const told = 'alertmanager_notifications_total'
const failed = 'alertmanager_notifications_failed_total'

export const alertmanagerHealth: RoleHealth = {
  series: ['alertmanager_config_last_reload_successful', 'alertmanager_cluster_members', told, failed],

  read(samples): Finding {
    const given = readingOf(samples)
    const reloaded = given.flag('alertmanager_config_last_reload_successful')
    if (reloaded === null) return noMetrics
    const members = given.value('alertmanager_cluster_members')
    const [all, lost] = [byIntegration(given, told), byIntegration(given, failed)]
    const failures = [...lost.values()].reduce((sum, count) => sum + count, 0)
    const details = {
      ...(members !== null && { members: countText(members) }),
      ...(failures > 0 && { 'not delivered': countText(failures) }),
    }
    const well: Finding = {
      ...{ state: 'ok', word: 'answers', details },
      numbers: members === null ? {} : { members },
    }
    if (!reloaded) return { ...well, state: 'warn', word: oldConfiguration }
    // Not one message by that way has arrived since it started.
    const never = [...lost].some(([way, count]) => count > 0 && count >= (all.get(way) ?? 0))
    return never ? { ...well, state: 'bad', word: 'cannot deliver' } : well
  },

  /** Those that do not see each other tell everything twice. */
  compare: findings =>
    findings.map(finding => {
      const members = finding?.numbers?.['members']
      return finding === null || members === undefined || members >= findings.length
        ? finding
        : worse(finding, 'warn', `sees ${partOf(members, findings.length)}`)
    }),

  imagine: ({ reached, seconds }): readonly Sample[] => [
    sample('alertmanager_config_last_reload_successful', 1),
    sample('alertmanager_cluster_members', reached),
    sample(told, Math.floor(seconds / 60), { integration: 'webhook' }),
    sample(failed, 0, { integration: 'webhook' }),
  ],
}

/** Later versions tell reasons apart as well. */
function byIntegration(given: Reading, name: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const one of given.all(name)) {
    const way = labelOf(one, 'integration')
    counts.set(way, (counts.get(way) ?? 0) + one.value)
  }
  return counts
}

export const nodeHealth: RoleHealth = {
  series: ['node_exporter_build_info', 'node_textfile_scrape_error'],
  read(samples): Finding {
    const given = readingOf(samples)
    if (given.all('node_exporter_build_info').length === 0) return noMetrics
    const well: Finding = { state: 'ok', word: 'answers', details: versionOf(given, 'node_exporter_build_info') }
    return given.flag('node_textfile_scrape_error') === true
      ? { ...well, state: 'warn', word: 'unreadable text files' }
      : well
  },
  imagine: (): readonly Sample[] => [
    sample('node_exporter_build_info', 1, { version: '1.9.1' }),
    sample('node_textfile_scrape_error', 0),
  ],
}

export const blackboxHealth: RoleHealth = {
  series: ['blackbox_exporter_config_last_reload_successful', 'blackbox_exporter_build_info'],
  read(samples): Finding {
    const given = readingOf(samples)
    const reloaded = given.flag('blackbox_exporter_config_last_reload_successful')
    if (reloaded === null) return noMetrics
    const well: Finding = { state: 'ok', word: 'answers', details: versionOf(given, 'blackbox_exporter_build_info') }
    return reloaded ? well : { ...well, state: 'warn', word: oldConfiguration }
  },
  imagine: (): readonly Sample[] => [
    sample('blackbox_exporter_config_last_reload_successful', 1),
    sample('blackbox_exporter_build_info', 1, { version: '0.27.0' }),
  ],
}
