/** What `export prometheus` writes, as promtool, amtool and VictoriaMetrics read it. */
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { families } from '../../src/export/metrics/families.ts'
import { alertGroups, alertRules, factsOf, recordRules, usualTimes } from '../../src/export/prometheus/catalogue.ts'
import { inhibitions } from '../../src/export/prometheus/alertmanager.ts'
import { planningOf, prometheusFiles, type PrometheusExport } from '../../src/export/prometheus/prometheus.ts'
import { records } from '../../src/export/prometheus/records.ts'
import { testFile } from '../../src/export/prometheus/unit-tests.ts'
import { yamlText } from '../../src/render/yaml.ts'
import { alone, laidOut, withPrograms } from '../services/setting.ts'
import { everything, shipped, sketched } from './prometheus/planned.ts'

const everyAlert = alertGroups(everything).flatMap(({ alerts }) => alerts)

const filesOf = async (options: PrometheusExport = {}, of = shipped): Promise<Readonly<Record<string, string>>> =>
  Object.fromEntries(prometheusFiles(await of(), options).map(({ path, text }) => [path, text]))

describe('the catalogue', () => {
  test('every alert has a case in which it fires and one in which it stays silent', () => {
    for (const { alert, cases } of everyAlert) {
      expect(
        cases.some(({ fires }) => fires.length > 0),
        `${alert} fires`,
      ).toBe(true)
      // The one that always fires.
      if (alert !== 'Watchdog')
        expect(
          cases.some(({ fires }) => fires.length === 0),
          `${alert} is silent`,
        ).toBe(true)
    }
  })

  test('no name is given twice, and every alert says what to do', () => {
    const names = everyAlert.map(({ alert }) => alert)
    expect(new Set(names).size).toBe(names.length)
    for (const { alert, summary, description } of everyAlert) {
      expect(summary, alert).toMatch(/^\S.{5,}[^.]$/)
      expect(description, alert).toMatch(/^\S.{15,}\.$/)
    }
  })

  test('nothing is asked for that nobody gives', () => {
    const given = new Set<string>([...Object.keys(families), ...records.map(({ record }) => record)])
    for (const { alert, expr } of [...everyAlert, ...records.map(({ record, expr }) => ({ alert: record, expr }))])
      for (const [name] of expr.matchAll(/\b(?:meshwright|wireguard)[_:][a-z0-9_:]+/g))
        expect(given.has(name), `${alert} asks for ${name}`).toBe(true)
  })

  test('who is inhibited, and by whom, is an alert', () => {
    const names = new Set(everyAlert.map(({ alert }) => alert))
    for (const { source_matchers: sources, target_matchers: targets } of inhibitions(everything))
      for (const matcher of [...sources, ...targets]) {
        const [, text] = /^alertname (?:=~?|!~) "(.*)"$/.exec(matcher) ?? []
        for (const name of text?.split('|') ?? [])
          expect(
            [...names].some(one => new RegExp(`^(?:${name})$`).test(one)),
            matcher,
          ).toBe(true)
      }
  })

  test('what is recorded is there until it is recorded again', () => {
    const lookback = 300
    const groups = recordRules({ ...usualTimes, every: 60 }) as readonly { readonly interval: string }[]
    // As long as an evaluation may take.
    for (const { interval } of groups) expect(Number.parseInt(interval, 10)).toBeLessThanOrEqual(lookback - 60)
  })

  test('what follows is told no sooner than its cause', () => {
    const minutes = new Map(everyAlert.map(({ alert, minutes: n }) => [alert, n]))
    const named = (matcher: string) => {
      const [, how, text = ''] = /^alertname (=~?) "(.*)"$/.exec(matcher) ?? []
      return how === undefined ? [] : [...minutes.keys()].filter(name => new RegExp(`^(?:${text})$`).test(name))
    }
    for (const {
      source_matchers: [source = ''],
      target_matchers: [target = ''],
    } of inhibitions(everything))
      for (const cause of named(source))
        for (const effect of named(target))
          expect(minutes.get(effect), `${effect} after ${cause}`).toBeGreaterThanOrEqual(minutes.get(cause) ?? 0)
  })

  test('alerts are those of what is there', async () => {
    const named = async (of: typeof shipped) => {
      const facts = factsOf(planningOf(await of()), true)
      return alertGroups(facts).flatMap(({ alerts }) => alerts.map(({ alert }) => alert))
    }
    const all = await named(shipped)
    expect(all).toEqual(expect.arrayContaining(['GarageNoQuorum', 'RegionLost', 'QuorumDegraded', 'TunnelDown']))
    // Its edge shares no address.
    expect(all.filter(name => name.startsWith('Carp'))).toEqual([])
    const few = await named(sketched({ hosts: 1, regions: 1 }))
    expect(few.filter(name => /Garage|Patroni|Region|Tunnel|Handshake|Quorum|Service|Probe|Edge/.test(name))).toEqual(
      [],
    )
    expect(few).toEqual(expect.arrayContaining(['Watchdog', 'HostDown', 'MeshwrightDown', 'PfOff']))
  })
})

describe('the files', () => {
  test('no token and no URL is in them; where they are to lie is', async () => {
    const receivers = { critical: { urlFile: '/usr/local/etc/alertmanager/critical-url' } }
    const files = await filesOf({ token: true, receivers })
    expect(files['prometheus.yml']).toContain('# credentials/files-metrics-token: the metrics-token of files')
    expect(files['prometheus.yml']).toContain('# credentials/meshwright: the token of meshwright serve')
    expect(files['alertmanager.yml']).toContain('url_file: "/usr/local/etc/alertmanager/critical-url"')
    expect(files['alertmanager.yml']).not.toContain('Nobody is told')
    expect((await filesOf())['alertmanager.yml']).toContain('# Nobody is told of what is critical: --critical names')
    for (const [path, text] of Object.entries(files))
      expect(text, path).not.toMatch(/bearer_token:|credentials:|[^_]url: "https/)
  })

  test('each exporter is found once: by HTTP, by file, or through serve', async () => {
    const jobs = (text: string | undefined) =>
      (parse(text ?? '') as { scrape_configs: { job_name: string }[] }).scrape_configs.map(({ job_name: name }) => name)
    const files = await filesOf()
    const probes = ['bohr', 'newton', 'tesla'].flatMap(host =>
      ['edge', 'ping', 'probe'].map(job => `${job}/watch@${host}`),
    )
    for (const path of ['prometheus.yml', 'prometheus-file-sd.yml'])
      expect(jobs(files[path])).toEqual(['meshwright', 'exporters', 'garage/files', ...probes])
    expect(files['rules/alerts.yml']).toContain('CertificateEnds')
    const relayed = await filesOf({ exporters: 'relayed' })
    expect(jobs(relayed['prometheus.yml'])).toEqual(['meshwright', 'relayed'])
    // What probes say nobody passes on.
    expect(relayed['rules/alerts.yml']).not.toMatch(/\bprobe_/)
    expect(Object.keys(relayed).filter(path => path.startsWith('targets/'))).toEqual([])
    const listed = ['targets/exporters.json', 'targets/garage-files.json'].flatMap(
      path => JSON.parse(files[path] ?? '[]') as { targets: [string] }[],
    )
    const addresses = listed.map(({ targets: [address] }) => address)
    expect(addresses.length).toBeGreaterThan(30)
    expect(new Set(addresses).size).toBe(addresses.length)
  })

  test('the same mesh gives the same bytes', async () => {
    expect(await filesOf()).toEqual(await filesOf())
  })
})

withPrograms(
  'promtool',
  'amtool',
  'victoria-metrics',
  'vmalert',
)('real programs', () => {
  const credentials = { 'credentials/files-metrics-token': 'x\n', 'credentials/meshwright': 'x\n' }
  const run = (files: Readonly<Record<string, string>>, command: string) =>
    alone([], `cd ${laidOut({ ...files, ...credentials })} && timeout 100 ${command}`, 120)

  const meshes = [
    ['the shipped mesh', shipped],
    ['one host', sketched({ hosts: 1, regions: 1 })],
    ['two hosts', sketched({ hosts: 2, regions: 2 })],
  ] as const
  for (const [name, of] of meshes)
    test(`they take what is written for ${name}, and refuse what is not`, async () => {
      for (const options of [{}, { exporters: 'relayed' }, { token: true }] as const) {
        const files = await filesOf(options, of)
        const configs = Object.keys(files).filter(path => /^prometheus.*\.yml$/.test(path))
        const checked = run(
          files,
          `sh -ec 'promtool check config ${configs.join(' ')}; promtool check rules --lint=all --lint-fatal rules/*.yml'`,
        )
        expect(checked.output).not.toMatch(/WARNING|FAILED/)
        expect(checked.status).toBe(0)
        const dry = run(files, 'victoria-metrics -promscrape.config=victoria-metrics.yml -dryRun')
        expect(dry.output).not.toMatch(/fatal/)
        expect(dry.status).toBe(0)
      }
      const files = await filesOf({}, of)
      expect(run(files, 'vmalert -dryRun -rule=rules/*.yml').status).toBe(0)
      expect(
        run(
          { ...files, 'rules/alerts.yml': 'groups: [{name: x, rules: [{alert: A, expr: "1 +"}]}]' },
          'vmalert -dryRun -rule=rules/*.yml',
        ).status,
      ).not.toBe(0)
      const manager = files['alertmanager.yml'] ?? ''
      expect(run({ 'a.yml': manager }, 'amtool check-config a.yml').output).toContain('3 receivers')
      expect(run({ 'a.yml': manager.replace('"nobody"', '"x"') }, 'amtool check-config a.yml').status).toBe(1)
    })

  test('alerts are sent to where they belong', async () => {
    const files = await filesOf({
      receivers: {
        critical: { url: 'http://192.0.2.1/c' },
        warning: { url: 'http://192.0.2.1/w' },
        watchdog: { url: 'http://192.0.2.1/d' },
      },
    })
    const routed = (labels: string) =>
      run(files, `amtool config routes test --config.file alertmanager.yml ${labels}`).output.split('\n')[0]
    expect(routed('alertname=HostDown severity=critical')).toBe('critical')
    expect(routed('alertname=Drift severity=warning')).toBe('warning')
    expect(routed('alertname=LostHost severity=none')).toBe('nobody')
    expect(routed('alertname=Watchdog severity=none')).toBe('watchdog')
  })

  test('each alert fires when it must and a minute before it not, and else stays silent', async () => {
    const files = await filesOf()
    const ran = run(files, 'promtool test rules tests/*.yml')
    expect(ran.output).not.toContain('FAILED')
    expect(ran.status).toBe(0)
    // Tests that are not run prove nothing.
    expect(ran.output.match(/SUCCESS/g)?.length).toBe(
      Object.keys(files).filter(path => path.startsWith('tests/')).length,
    )
  })

  test('so do those that the shipped mesh does not have', async () => {
    const there = new Set(
      alertGroups(factsOf(planningOf(await shipped()), true)).flatMap(({ alerts }) => alerts.map(({ alert }) => alert)),
    )
    const groups = alertGroups(everything)
      .map(({ name, alerts }) => ({ name, alerts: alerts.filter(({ alert }) => !there.has(alert)) }))
      .filter(({ alerts }) => alerts.length > 0)
    expect(groups.flatMap(({ alerts }) => alerts.map(({ alert }) => alert))).toContain('CarpTwoMasters')
    const files = Object.fromEntries([
      ['records.yml', yamlText({ groups: recordRules(usualTimes) })],
      ['alerts.yml', yamlText({ groups: alertRules(groups, usualTimes) })],
      ...groups.map(group => [
        `tests/${group.name}.yml`,
        yamlText(testFile(group, ['../records.yml', '../alerts.yml'])),
      ]),
    ]) as Readonly<Record<string, string>>
    const ran = run(files, 'promtool test rules tests/*.yml')
    expect(ran.output).not.toContain('FAILED')
    expect(ran.status).toBe(0)
  })
})
