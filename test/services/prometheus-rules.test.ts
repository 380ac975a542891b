/** Each alert against series of its own, by promtool: it fires, and it stays silent. */
import { expect, test } from 'vitest'
import { alone, laidOut, setting, withPrograms } from './setting.ts'

const mine = 'mon: {kind: prometheus}\n'
const services = `
${mine}
db: {kind: patroni}
shop: {kind: generic, needs: [postgresql], hosts: [faraday]}
gate: {kind: haproxy}
cache: {kind: valkey}
`
const rulesYml = 'usr/local/etc/prometheus/rules/meshwright.yml'

interface Case {
  readonly alert: string
  readonly fires: readonly string[]
  readonly silent: readonly string[]
  readonly minutes: number
  readonly labels: Readonly<Record<string, string>>
  readonly summary: string
}

const at = 'host="h",instance="i",region="r",service="s"'
const where = { host: 'h', instance: 'i', region: 'r', service: 's' }
/** One of each alert: series with which it fires, and such with which it does not. Time begins at 0. */
const cases: readonly Case[] = [
  {
    ...{ alert: 'Watchdog', fires: [], silent: [], minutes: 0 },
    ...{ labels: { severity: 'none' }, summary: 'Watching works; when this falls silent, it does not' },
  },
  {
    ...{ alert: 'TargetDown', minutes: 3, labels: { severity: 'warning', job: 'etcd', ...where } },
    fires: [`up{job="etcd",${at}} 0x10`],
    silent: [`up{job="etcd",${at}} 1 0 1 0 1 0 1`, `up{job="probe",${at}} 0x10`],
    summary: 'i gives no metrics',
  },
  {
    ...{ alert: 'HostDown', minutes: 3, labels: { severity: 'critical', host: 'h', region: 'r' } },
    fires: [`up{job="etcd",${at}} 0x10`, `up{job="node",${at}} 0x10`, `up{job="probe",${at}} 1x10`],
    silent: [`up{job="etcd",${at}} 0x10`, `up{job="node",${at}} 1x10`],
    summary: 'Nothing on h gives metrics',
  },
  {
    ...{ alert: 'ReloadFailed', minutes: 6, labels: { severity: 'warning', ...where } },
    fires: [`alertmanager_config_last_reload_successful{${at}} 0x10`],
    silent: [
      `alertmanager_config_last_reload_successful{${at}} 1x10`,
      `prometheus_config_last_reload_successful{${at}} 1x10`,
    ],
    summary: 'i works with an old configuration',
  },
  {
    ...{ alert: 'AlertsNotDelivered', minutes: 25, labels: { severity: 'critical', integration: 'webhook', ...where } },
    fires: [`alertmanager_notifications_failed_total{integration="webhook",${at}} 0+1x40`],
    silent: [`alertmanager_notifications_failed_total{integration="webhook",${at}} 7x40`],
    summary: 'i cannot deliver alerts by webhook',
  },
  {
    ...{ alert: 'AlertmanagersParted', minutes: 11, labels: { severity: 'warning', ...where, service: 'mon' } },
    fires: [`alertmanager_cluster_members{${at.replace('"s"', '"mon"')}} 2x20`],
    silent: [
      `alertmanager_cluster_members{${at.replace('"s"', '"mon"')}} 3x20`,
      `alertmanager_cluster_members{${at}} 1x20`,
    ],
    summary: 'i sees 2 of 3 alertmanagers',
  },
  {
    ...{ alert: 'EtcdNoLeader', minutes: 2, labels: { severity: 'critical', ...where } },
    fires: [`etcd_server_has_leader{${at}} 0x10`],
    silent: [`etcd_server_has_leader{${at}} 1x10`],
    summary: 'i sees no leader of s',
  },
  {
    ...{
      alert: 'HAProxyBackendDown',
      minutes: 2,
      labels: { severity: 'critical', proxy: 'primary', state: 'DOWN', ...where },
    },
    fires: [`haproxy_backend_status{proxy="primary",state="DOWN",${at}} 1x10`],
    silent: [
      `haproxy_backend_status{proxy="primary",state="DOWN",${at}} 0x10`,
      `haproxy_backend_status{proxy="primary",state="UP",${at}} 1x10`,
    ],
    summary: 'i reaches no server of primary',
  },
  {
    ...{ alert: 'DiskFillsUp', minutes: 16, labels: { severity: 'warning', fstype: 'zfs', mountpoint: '/', ...where } },
    fires: [
      `node_filesystem_avail_bytes{fstype="zfs",mountpoint="/",${at}} 5x20`,
      `node_filesystem_size_bytes{fstype="zfs",mountpoint="/",${at}} 100x20`,
    ],
    silent: [
      `node_filesystem_avail_bytes{fstype="zfs",mountpoint="/",${at}} 50x20`,
      `node_filesystem_size_bytes{fstype="zfs",mountpoint="/",${at}} 100x20`,
      `node_filesystem_avail_bytes{fstype="devfs",mountpoint="/dev",${at}} 0x20`,
      `node_filesystem_size_bytes{fstype="devfs",mountpoint="/dev",${at}} 100x20`,
    ],
    summary: 'h: 5% left on /',
  },
  {
    ...{ alert: 'PatroniNoPrimary', minutes: 2, labels: { severity: 'critical', scope: 'db', ...where } },
    fires: [`patroni_cluster_unlocked{scope="db",${at}} 1x10`],
    // A region of replicas: the primary is elsewhere.
    silent: [`patroni_cluster_unlocked{scope="db",${at}} 0x10`, `patroni_primary{scope="db",${at}} 0x10`],
    summary: 'i sees no primary of s',
  },
  {
    ...{ alert: 'PatroniPostgresDown', minutes: 3, labels: { severity: 'warning', scope: 'db', ...where } },
    fires: [`patroni_postgres_running{scope="db",${at}} 0x10`],
    silent: [`patroni_postgres_running{scope="db",${at}} 1x10`],
    summary: 'PostgreSQL does not run at i',
  },
  {
    ...{ alert: 'SentinelNoQuorum', minutes: 2, labels: { severity: 'critical', master_name: 's', ...where } },
    fires: [`redis_sentinel_master_ckquorum_status{master_name="s",${at}} 0x10`],
    silent: [`redis_sentinel_master_ckquorum_status{master_name="s",${at}} 1x10`],
    summary: 'i knows too few sentinels to replace a primary of s',
  },
  {
    ...{ alert: 'ValkeyDown', minutes: 3, labels: { severity: 'warning', ...where } },
    fires: [`redis_up{${at}} 0x10`],
    silent: [`redis_up{${at}} 1x10`],
    summary: 'The server at i does not answer',
  },
  {
    ...{ alert: 'ValkeyReplicaCut', minutes: 6, labels: { severity: 'warning', ...where } },
    fires: [`redis_master_link_up{${at}} 0x10`],
    // A primary has no such link.
    silent: [`redis_master_link_up{${at}} 1x10`, `redis_connected_slaves{${at}} 0x10`],
    summary: 'i does not copy its primary',
  },
  {
    ...{ alert: 'ProbeFailed', minutes: 3, labels: { severity: 'warning', job: 'probe', ...where } },
    fires: [`probe_success{job="probe",${at}} 0x10`],
    silent: [`probe_success{job="probe",${at}} 1x10`, `probe_success{job="edge",${at}} 0x10`],
    summary: 'i does not answer as it should',
  },
  {
    ...{ alert: 'HostUnreachable', minutes: 3, labels: { severity: 'warning', job: 'ping', from: 'usa', ...where } },
    fires: [`probe_success{job="ping",from="usa",${at}} 0x10`],
    silent: [`probe_success{job="ping",from="usa",${at}} 1x10`],
    summary: 'h does not answer usa',
  },
  {
    ...{ alert: 'EdgeUnreachable', minutes: 3, labels: { severity: 'critical', job: 'edge', from: 'usa', ...where } },
    fires: [`probe_success{job="edge",from="usa",${at}} 0x10`],
    silent: [`probe_success{job="edge",from="usa",${at}} 1x10`],
    summary: 'i does not answer usa',
  },
  {
    ...{ alert: 'CertificateEnds', minutes: 61, labels: { severity: 'warning', job: 'edge', from: 'usa', ...where } },
    // Seconds since 1970: a day and an hour; three weeks.
    fires: [`probe_ssl_earliest_cert_expiry{job="edge",from="usa",${at}} 90060x70`],
    silent: [`probe_ssl_earliest_cert_expiry{job="edge",from="usa",${at}} ${21 * 86_400}x70`],
    summary: 'The certificate of i ends in 1d 0h 0m 0s',
  },
]

const testsOf = (of: readonly Case[]): string =>
  JSON.stringify({
    rule_files: ['rules.yml'],
    evaluation_interval: '1m',
    tests: of.flatMap(({ alert, fires, silent, minutes, labels, summary }) =>
      [
        { series: fires, expected: [{ exp_labels: labels, exp_annotations: { summary } }] },
        ...(alert === 'Watchdog' ? [] : [{ series: silent, expected: [] }]),
      ].map(({ series, expected }) => ({
        interval: '1m',
        input_series: series.map(one => {
          const cut = one.lastIndexOf('} ') + 1
          return { series: one.slice(0, cut), values: one.slice(cut + 1) }
        }),
        alert_rule_test: [{ eval_time: `${minutes}m`, alertname: alert, exp_alerts: expected }],
      })),
    ),
  })

withPrograms('promtool')('the rules', () => {
  const promtool = (files: Readonly<Record<string, string>>, command: string) =>
    alone([], `cd ${laidOut(files)} && timeout 20 promtool ${command}`)

  test('each alert fires, and stays silent', async () => {
    const made = await setting(services)
    const rules = made.textOf('tesla', 'mon-server', rulesYml)
    const known = [...rules.matchAll(/alert: "(\w+)"/g)].map(([, name]) => name)
    expect(cases.map(({ alert }) => alert).toSorted()).toEqual(known.toSorted())
    const run = (text: string, of = cases) =>
      promtool({ 'rules.yml': text, 'test.yml': testsOf(of) }, 'test rules test.yml')
    const ran = run(rules)
    expect(ran.output).toContain('SUCCESS')
    expect(ran.status).toBe(0)
    // A rule that asks for the contrary fails where it must fire and where it must not.
    for (const [before, after] of [
      ['etcd_server_has_leader == 0', 'etcd_server_has_leader == 1'],
      ['patroni_cluster_unlocked == 1', 'patroni_primary == 0'],
      ['{job!~\\"edge|ping|probe\\"} == 0"', '{} == 0"'],
    ] as const) {
      expect(rules).toContain(before)
      expect(run(rules.replaceAll(before, after)).status).toBe(1)
    }
  })

  test('rules are those of what is there', async () => {
    const made = await setting(mine)
    const rules = made.textOf('tesla', 'mon-server', rulesYml)
    expect(rules).not.toMatch(/etcd|patroni|haproxy|probe_ssl/)
    expect(rules).toContain('node_filesystem_avail_bytes')
    expect(promtool({ 'rules.yml': rules }, 'check rules --lint-fatal rules.yml').status).toBe(0)
    const twice = rules.replace(/( {6}- alert: "TargetDown"[^]*?)(?= {6}- alert)/, '$1$1')
    expect(promtool({ 'rules.yml': twice }, 'check rules --lint-fatal rules.yml').status).not.toBe(0)
  })
})
