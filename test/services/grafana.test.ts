import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { grafanaKeys, iniValue } from '../../src/services/grafana/grafana.ini.ts'
import { uidOf } from '../../src/export/grafana/uid.ts'
import { complaints, type Setting, setting } from './setting.ts'

const services = `
mon: {kind: prometheus}
panels: {kind: grafana, domains: [panels.example.org], hosts: [ampere]}
gate: {kind: haproxy, tls: none, hosts: [faraday]}
`
const etc = 'usr/local/etc/grafana'
const iniOf = (made: Setting) => made.textOf('ampere', 'panels-app', `${etc}/grafana.ini`)
const datasourcesYaml = `${etc}/provisioning/datasources/meshwright.yaml`
const dashboardsYaml = `${etc}/provisioning/dashboards/meshwright.yaml`

/** Sections, keys and values of an ini file, and what Grafana would overlook in it. */
function readIni(text: string): { values: ReadonlyMap<string, string>; problems: readonly string[] } {
  const values = new Map<string, string>()
  const problems: string[] = []
  let section = ''
  for (const line of text.split('\n').filter(one => one !== '' && !one.startsWith('#'))) {
    const header = /^\[([a-z.]+)\]$/.exec(line)?.[1]
    const [, key, value] = /^([a-z_]+) = (.+)$/.exec(line) ?? []
    if (header !== undefined) {
      section = header
      if (!(header in grafanaKeys)) problems.push(`unknown section ${header}`)
    } else if (key === undefined || value === undefined) problems.push(`no setting: ${line}`)
    else {
      if (grafanaKeys[section]?.includes(key) !== true) problems.push(`unknown key ${section}.${key}`)
      if (values.has(`${section}.${key}`)) problems.push(`${section}.${key} twice`)
      if (/[;#$%"'`]/.test(value)) problems.push(`${section}.${key} needs quoting`)
      values.set(`${section}.${key}`, value)
    }
  }
  return { values, problems }
}

/** What Grafana refuses at its start, or takes in silence and does not do. */
function datasourceProblems(text: string): readonly string[] {
  const { apiVersion, datasources } = parse(text) as { apiVersion: number; datasources: Record<string, unknown>[] }
  const problems: string[] = apiVersion === 1 ? [] : ['apiVersion']
  const known = ['name', 'uid', 'orgId', 'type', 'access', 'url', 'isDefault', 'editable', 'jsonData']
  if (datasources.filter(one => one['isDefault'] === true).length !== 1) problems.push('not one default')
  for (const key of ['name', 'uid'])
    if (new Set(datasources.map(one => one[key])).size < datasources.length) problems.push(`${key} twice`)
  for (const one of datasources) {
    for (const key of Object.keys(one)) if (!known.includes(key)) problems.push(`unknown key ${key}`)
    if (!/^[A-Za-z0-9_-]{1,40}$/.test(String(one['uid']))) problems.push(`uid ${String(one['uid'])}`)
    if (!/^http:\/\/[0-9.]+:9090$/.test(String(one['url']))) problems.push(`url ${String(one['url'])}`)
  }
  return problems
}

describe('grafana', () => {
  test('listens on its own address, keeps its secrets to itself, and asks nobody outside', async () => {
    const made = await setting(services)
    const { values, problems } = readIni(iniOf(made))
    expect(problems).toEqual([])
    expect(values.get('server.http_addr')).toBe(made.addressesOf('ampere', 'panels-app')[0])
    expect(values.get('server.root_url')).toBe('https://panels.example.org/')
    for (const key of ['reporting_enabled', 'check_for_updates', 'check_for_plugin_updates'])
      expect(values.get(`analytics.${key}`)).toBe('false')
    expect(values.get('plugins.preinstall_disabled')).toBe('true')
    expect(values.get('database.type')).toBe('sqlite3')
    const secrets = [values.get('security.admin_password') ?? '', values.get('security.secret_key') ?? '']
    expect(new Set(secrets).size).toBe(2)
    for (const secret of secrets) {
      expect(secret).toMatch(/^[A-Za-z0-9]{32}$/)
      expect([...made.files].filter(([, text]) => text.includes(secret)).map(([path]) => path)).toEqual([
        'ampere/usr/local/jails/panels-app/usr/local/etc/grafana/grafana.ini',
      ])
    }
    const { files } = JSON.parse(made.files.get('ampere.manifest.json') ?? '') as {
      files: { path: string; mode: string; group?: string; secret?: boolean }[]
    }
    expect(files.find(({ path }) => path.endsWith('grafana.ini'))).toMatchObject({ mode: '0640', group: 'grafana' })
    const other = await setting(services.replaceAll('panels:', 'charts:'))
    const elsewhere = other.textOf('ampere', 'charts-app', `${etc}/grafana.ini`)
    expect(readIni(elsewhere).values.get('security.secret_key')).not.toBe(secrets[1])
    expect(iniOf(await setting(services))).toBe(iniOf(made))
  })

  test('a broken grafana.ini is seen', async () => {
    const text = iniOf(await setting(services))
    for (const [before, after, problem] of [
      ['[analytics]', '[analysis]', 'unknown section analysis'],
      ['http_addr =', 'http_adr =', 'unknown key server.http_adr'],
      ['http_port = 3000', 'http_port 3000', 'no setting: http_port 3000'],
      ['admin_password = ', 'admin_password = ;', 'security.admin_password needs quoting'],
      ['http_port = 3000', 'protocol = https', 'server.protocol twice'],
    ] as const) {
      expect(text).toContain(before)
      expect(readIni(text.replace(before, after)).problems).toContain(problem)
    }
    for (const value of ['a;b', 'a#b', '$__file{x}', '%(domain)s', 'a\nb', ' a', '"a"'])
      expect(() => iniValue(value)).toThrow('bug')
  })

  test('every prometheus is a source, the nearest the default, by a name that stays', async () => {
    const made = await setting(services)
    const text = made.textOf('ampere', 'panels-app', datasourcesYaml)
    expect(datasourceProblems(text)).toEqual([])
    const { datasources } = parse(text) as {
      datasources: { name: string; uid: string; url: string; isDefault: boolean }[]
    }
    expect(datasources.map(({ name, uid, isDefault }) => [name, uid, isDefault])).toEqual([
      ['mon-tesla', 'meshwright-mon-tesla', true],
      ['mon-newton', 'meshwright-mon-newton', false],
      ['mon-bohr', 'meshwright-mon-bohr', false],
    ])
    expect(datasources[0]?.url).toBe(`http://${made.addressesOf('tesla', 'mon-server')[0]}:9090`)
    for (const [before, after] of [
      ['isDefault: false', 'isDefault: true'],
      ['uid: "meshwright-mon-bohr"', 'uid: "meshwright-mon-tesla"'],
      ['uid: "', 'uid: "a b'],
      ['access:', 'acces:'],
      ['url: "http', 'url: "ftp'],
    ] as const) {
      expect(text).toContain(before)
      expect(datasourceProblems(text.replace(before, after))).not.toEqual([])
    }
    const long = uidOf('a-very-long-name-of-a-service-and-of-a-host')
    expect(long).toMatch(/^meshwright-[0-9a-f]{29}$/)
    expect(uidOf('a-very-long-name-of-a-service-and-of-b-host')).not.toBe(long)
    const { providers } = parse(made.textOf('ampere', 'panels-app', dashboardsYaml)) as {
      providers: { options: { path: string } }[]
    }
    expect(providers.map(({ options }) => options.path)).toEqual(['/usr/local/etc/grafana/dashboards'])
  })

  test('its dashboards lie where it looks, and ask the nearest prometheus at first', async () => {
    const made = await setting(services)
    const names = ['host', 'mesh', 'placement', 'services']
    for (const name of names) {
      const text = made.textOf('ampere', 'panels-app', `${etc}/dashboards/${name}.json`)
      const { uid, templating, panels } = JSON.parse(text) as {
        uid: string
        templating: { list: { name: string; current: object }[] }
        panels: { title: string }[]
      }
      expect(uid).toBe(`meshwright-aether-${name}`)
      expect(templating.list[0]).toMatchObject({ name: 'ds', current: { value: 'meshwright-mon-tesla' } })
      // Only of what this mesh has.
      const titles = panels.map(({ title }) => title)
      if (name === 'services') expect([titles.includes('Prometheus'), titles.includes('etcd')]).toEqual([true, false])
      if (name === 'mesh') expect(titles).toContain('Map')
    }
    const { files } = JSON.parse(made.files.get('ampere.manifest.json') ?? '') as {
      files: { path: string; mode: string; group?: string; reload?: object }[]
    }
    const dashboards = files.filter(({ path }) => path.includes('/etc/grafana/dashboards/'))
    expect(dashboards).toHaveLength(names.length)
    for (const one of dashboards) expect(one).toMatchObject({ mode: '0640', group: 'grafana' })
  })

  test('reaches the servers, is reached by the edge, and others do neither', async () => {
    const made = await setting(`${services}wiki: {kind: generic, hosts: [curie]}\n`)
    const flows = made.mesh.flows.map(flow => flow.name)
    expect(flows).toContain('panels-app>mon-server 9090/tcp')
    expect(flows).toContain('gate-edge>panels-app 3000/tcp')
    expect(flows.filter(name => name.startsWith('wiki-app>'))).toEqual([])
    expect(flows.filter(name => name.endsWith('>panels-app 3000/tcp') && !name.startsWith('gate-edge'))).toEqual([])
    const conf = made.textOf('faraday', 'gate-edge', 'usr/local/etc/haproxy.conf')
    expect(conf).toContain(`${made.addressesOf('ampere', 'panels-app')[0]}:3000`)
    expect(conf).toContain('/api/health')
  })

  test('its own numbers are not shown to the world', async () => {
    const inside = await setting(services.replace('domains: [panels.example.org], ', ''))
    const outside = await setting(services)
    const scraped = (made: Setting) =>
      made.textOf('tesla', 'mon-server', 'usr/local/etc/prometheus.yml').includes('job_name: "grafana"')
    expect([scraped(inside), scraped(outside)]).toEqual([true, false])
    expect([inside, outside].map(made => readIni(iniOf(made)).values.get('metrics.enabled'))).toEqual(['true', 'false'])
  })

  test('a session goes over TLS alone, unless browsers come without', async () => {
    const secure = async (yaml: string) => readIni(iniOf(await setting(yaml))).values.get('security.cookie_secure')
    expect(await secure(services)).toBe('true')
    expect(await secure(services.replace('grafana,', 'grafana, scheme: http,'))).toBe('false')
    expect(await secure(services.replace('domains: [panels.example.org], ', ''))).toBe('false')
  })

  test('its database can be one that survives', async () => {
    const made = await setting(`${services.replace('grafana,', 'grafana, database: postgresql,')}db: {kind: patroni}\n`)
    const { values, problems } = readIni(iniOf(made))
    expect(problems).toEqual([])
    expect(values.get('database.type')).toBe('postgres')
    expect(values.get('database.host')).toBe(`${made.addressesOf('ampere', 'db-proxy')[0]}:5000`)
    expect(values.get('database.user')).toBe('panels')
    const sql = made.textOf('tesla', 'db-postgres', 'usr/local/etc/patroni/clients.sql')
    expect(sql).toContain(`PASSWORD '${values.get('database.password') ?? ''}'`)
    expect(made.mesh.flows.map(flow => flow.name).join('\n')).toMatch(/^panels-app@(\w+)>db-proxy@\1 5000/m)
  })

  test.each([
    ['panels: {kind: grafana}', 'missing-service'],
    ['mon: {kind: prometheus}\npanels: {kind: grafana, database: postgresql}', 'missing-service'],
    ['mon: {kind: prometheus}\npanels: {kind: grafana, roles: {app: {count: 2}}}', 'service-option'],
    ['mon: {kind: prometheus}\npanels: {kind: grafana, domains: ["a b"]}', 'bad-value'],
    ['mon: {kind: prometheus}\npanels: {kind: grafana, admin-user: "x;y"}', 'bad-value'],
    ['mon: {kind: prometheus}\npanels: {kind: grafana, database: mysql}', 'bad-value'],
  ])('%s is refused', async (yaml, code) => {
    expect((await complaints(yaml)).map(one => one.code)).toEqual([code])
  })
})
