/** The rules of a server, by promtool: each alert fires, and stays silent. */
import { expect, test } from 'vitest'
import { alertGroups, type AlertGroup } from '../../src/export/prometheus/catalogue.ts'
import { testFile } from '../../src/export/prometheus/unit-tests.ts'
import { yamlText } from '../../src/render/yaml.ts'
import { factsHere } from '../../src/services/prometheus/rules.yml.ts'
import { alone, laidOut, setting, type Setting, withPrograms } from './setting.ts'

const mine = 'mon: {kind: prometheus}\n'
const services = `
${mine}
db: {kind: patroni}
shop: {kind: generic, needs: [postgresql], hosts: [faraday]}
gate: {kind: haproxy}
cache: {kind: valkey}
`
const rulesYml = 'usr/local/etc/prometheus/rules/meshwright.yml'
const rulesOf = (made: Setting): string => made.textOf('tesla', 'mon-server', rulesYml)

function groupsOf({ deployment }: Setting): readonly AlertGroup[] {
  const own = deployment.services.find(({ name }) => name === 'mon')
  if (own === undefined) throw new Error('nobody watches')
  return alertGroups(factsHere(own))
}
const namesIn = (rules: string): readonly string[] =>
  [...rules.matchAll(/alert: "(\w+)"/g)].map(([, name]) => name ?? '')

withPrograms('promtool')('the rules', () => {
  const promtool = (files: Readonly<Record<string, string>>, command: string) =>
    alone([], `cd ${laidOut(files)} && timeout 100 promtool ${command}`, 120)
  const proven = (rules: string, groups: readonly AlertGroup[]) =>
    promtool(
      {
        'rules.yml': rules,
        ...Object.fromEntries(
          groups.map(group => [`${group.name}.test.yml`, yamlText(testFile(group, ['rules.yml']))]),
        ),
      },
      'test rules *.test.yml',
    )

  test('each alert fires, and stays silent', async () => {
    const made = await setting(services)
    const [rules, groups] = [rulesOf(made), groupsOf(made)]
    expect(namesIn(rules)).toEqual(groups.flatMap(({ alerts }) => alerts.map(({ alert }) => alert)))
    expect(namesIn(rules)).toEqual(expect.arrayContaining(['HostDown', 'PatroniNoPrimary', 'CertificateEnds']))
    const ran = proven(rules, groups)
    expect(ran.output).toContain('SUCCESS')
    expect(ran.status).toBe(0)
    // A rule that asks for the contrary fails where it must fire and where it must not.
    for (const [before, after] of [
      ['(etcd_server_has_leader) == 0', '(etcd_server_has_leader) == 1'],
      ['(patroni_cluster_unlocked) == 1', '(patroni_primary) == 0'],
      ['{job!~\\"edge|ping|probe\\"} == 0"', '{} == 0"'],
    ] as const) {
      expect(rules).toContain(before)
      expect(proven(rules.replaceAll(before, after), groups).status).toBe(1)
    }
  })

  test('with meshwright in the plan, they are about the mesh as well', async () => {
    const made = await setting(`${services}eye: {kind: meshwright}\n`)
    const [rules, groups] = [rulesOf(made), groupsOf(made)]
    expect(namesIn(rules)).toEqual(expect.arrayContaining(['RegionLost', 'TunnelDown', 'QuorumDegraded', 'LostHost']))
    // One of each name: it is down whoever says so.
    expect(new Set(namesIn(rules)).size).toBe(namesIn(rules).length)
    expect(rules).toContain('record: "meshwright:link_rtt_seconds:median1d"')
    expect(promtool({ 'rules.yml': rules }, 'check rules --lint-fatal rules.yml').status).toBe(0)
    const mesh = groups.filter(({ name }) => name === 'hosts' || name === 'lost')
    expect(mesh).toHaveLength(2)
    expect(proven(rules, mesh).status).toBe(0)
    const manager = made.textOf('tesla', 'mon-alertmanager', 'usr/local/etc/alertmanager/alertmanager.yml')
    expect(manager).toContain('alertname = \\"LostRegion\\"')
    expect(
      (await setting(services)).textOf('tesla', 'mon-alertmanager', 'usr/local/etc/alertmanager/alertmanager.yml'),
    ).not.toContain('Lost')
  })

  test('what is said of others does not seem to be said of whoever says it', async () => {
    const made = await setting(`${mine}eye: {kind: meshwright, hosts: [tesla]}\n`)
    const config = made.textOf('tesla', 'mon-server', 'usr/local/etc/prometheus.yml')
    const [, job] = /( {2}- job_name: "meshwright\/eye"\n[^]*?)(?= {2}- job_name|$)/.exec(config) ?? []
    expect(job).toContain('honor_labels: true')
    expect(job).toContain('instance: "eye-serve@tesla"')
    expect(job).not.toMatch(/^ +(?:host|region|service|role):/m)
  })

  test('rules are those of what is there', async () => {
    const made = await setting(mine)
    const rules = rulesOf(made)
    expect(rules).not.toMatch(/etcd|patroni|haproxy|probe_ssl|meshwright_/)
    expect(rules).toContain('node_filesystem_avail_bytes')
    expect(promtool({ 'rules.yml': rules }, 'check rules --lint-fatal rules.yml').status).toBe(0)
    const twice = rules.replace(/( {6}- alert: "TargetDown"[^]*?)(?= {6}- alert)/, '$1$1')
    expect(promtool({ 'rules.yml': twice }, 'check rules --lint-fatal rules.yml').status).not.toBe(0)
  })
})
