import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { AnyKind, Deployed, JailFile } from '../../src/services/kind.ts'
import { renderServer } from '../../src/services/prometheus/prometheus.yml.ts'
import type { PrometheusOptions } from '../../src/services/prometheus/options.ts'
import { alone, complaints, laidOut, type Setting, setting, withPrograms } from './setting.ts'

const others = `
db: {kind: patroni}
shop: {kind: generic, needs: [postgresql], hosts: [faraday], domains: [shop.example.org], check: {port: 80, path: /}}
wiki: {kind: generic, hosts: [curie]}
dns: {kind: unbound}
gate: {kind: haproxy, hosts: [faraday]}
`
/** As Debian 12 has them. */
const services = `mon: {kind: prometheus, version: "2.42", alertmanager: "0.25"}\n${others}`
const core = ['bohr', 'newton', 'tesla']
const yml = 'usr/local/etc/prometheus.yml'
const rulesYml = 'usr/local/etc/prometheus/rules/meshwright.yml'
const alertmanagerYml = 'usr/local/etc/alertmanager/alertmanager.yml'
const blackboxYml = 'usr/local/etc/blackbox_exporter.yml'

interface Config {
  readonly global: { readonly external_labels: Readonly<Record<string, string>> }
  readonly rule_files: readonly string[]
  readonly alerting?: {
    readonly alert_relabel_configs: unknown
    readonly alertmanagers: readonly { readonly static_configs: readonly { readonly targets: readonly string[] }[] }[]
  }
  readonly scrape_configs: readonly {
    readonly job_name: string
    readonly authorization?: { readonly credentials_file: string }
    readonly relabel_configs?: readonly { readonly target_label: string; readonly replacement?: string }[]
    readonly static_configs: readonly {
      readonly targets: readonly [string]
      readonly labels: Readonly<Record<string, string>>
    }[]
  }[]
}
const configOf = (made: Setting, host: string): Config => parse(made.textOf(host, 'mon-server', yml)) as Config
const targetsOf = ({ scrape_configs: jobs }: Config) =>
  jobs.flatMap(({ job_name: job, static_configs: targets }) =>
    targets.map(({ targets: [target], labels }) => ({ job, target, labels })),
  )
const own = (one: { readonly job: string }) => !['edge', 'ping', 'probe'].includes(one.job)

/** Is a connection let through, by the addresses of its two ends? */
function allowed(made: Setting, from: string, to: string, port: number, protocol = 'tcp'): boolean {
  const meant = (party: Setting['mesh']['flows'][number]['from'], address: string, source: boolean): boolean =>
    party.kind === 'members' &&
    (party.jails.some(jail => jail.address.inet.text === address) ||
      party.hosts.some(
        host =>
          host.address.inet.text === address ||
          (source && party.withJails && host.jails.some(jail => jail.address.inet.text === address)),
      ))
  return made.mesh.flows.some(
    flow =>
      meant(flow.from, from, true) &&
      meant(flow.to, to, false) &&
      flow.services.some(
        one => one.kind === 'ports' && one.protocol === protocol && one.first <= port && port <= one.last,
      ),
  )
}

describe('prometheus', () => {
  test('has a server in every region, which scrapes all of its region and nothing else', async () => {
    const made = await setting(services)
    for (const host of core) {
      const config = configOf(made, host)
      const region = made.mesh.hosts.find(one => one.name === host)?.region
      // Without `replica`, an alert is the same whichever of them sends it.
      expect(config.global.external_labels).toEqual({ mesh: 'aether', replica: host })
      expect(
        new Set(
          targetsOf(config)
            .filter(own)
            .map(({ labels }) => labels['region']),
        ),
      ).toEqual(new Set([region]))
    }
    expect(
      targetsOf(configOf(made, 'tesla'))
        .filter(own)
        .map(({ job, labels }) => `${job} ${labels['instance'] ?? ''}`),
    ).toEqual([
      'alertmanager mon-alertmanager@tesla',
      'blackbox mon-blackbox@tesla',
      'etcd db-etcd@tesla',
      'haproxy db-proxy@faraday',
      'haproxy gate-edge@faraday',
      'node mon-node@ampere',
      'node mon-node@faraday',
      'node mon-node@tesla',
      'patroni db-postgres@tesla',
      'prometheus mon-server@tesla',
    ])
  })

  test('what is scraped, probed and alerted is let through, and nothing of another region', async () => {
    const made = await setting(services)
    const scraped = new Set<string>()
    for (const host of core) {
      const config = configOf(made, host)
      const [server] = made.addressesOf(host, 'mon-server')
      const [prober] = made.addressesOf(host, 'mon-blackbox')
      for (const { job, target, labels } of targetsOf(config)) {
        if (job === 'ping') continue
        const [address = '', port] = target
          .replace(/^http:\/\//, '')
          .replace(/\/.*$/, '')
          .split(':')
        const from = own({ job }) ? server : prober
        if (own({ job })) scraped.add(`${host} ${target}`)
        if (from === address) continue
        const protocol = labels['__param_module']?.startsWith('dns') === true ? 'udp' : 'tcp'
        expect([target, allowed(made, from, address, Number(port), protocol)]).toEqual([target, true])
      }
      expect(allowed(made, server, prober, 9115)).toBe(true)
      for (const other of core)
        expect(allowed(made, server, made.addressesOf(other, 'mon-alertmanager')[0], 9093)).toBe(true)
    }
    // Of what others scrape, a server reaches nothing, and an unrelated jail reaches none of it at all.
    const [wiki] = made.addressesOf('curie', 'wiki-app')
    for (const one of scraped) {
      const [host = '', target = ''] = one.split(' ')
      const [address = '', port] = target.split(':')
      for (const other of core.filter(name => name !== host && !target.endsWith(':9093')))
        expect([other, target, allowed(made, made.addressesOf(other, 'mon-server')[0], address, Number(port))]).toEqual(
          [other, target, false],
        )
      expect([target, allowed(made, wiki, address, Number(port))]).toEqual([target, false])
    }
    expect(scraped.size).toBeGreaterThan(15)
    expect(made.mesh.flows.map(flow => flow.name)).toContain('mon-alertmanager>mon-alertmanager 9094/tcp,9094/udp')
    expect(made.mesh.flows.map(flow => flow.name)).toContain('mon-blackbox>hosts icmp')
  })

  test('every region probes the edges and the hosts of all, and the servers of the others', async () => {
    const made = await setting(services)
    const looks = targetsOf(configOf(made, 'bohr')).filter(one => !own(one))
    const [edge] = made.addressesOf('faraday', 'gate-edge')
    expect(
      looks
        .filter(one => one.job === 'edge')
        .map(({ target, labels }) => [target, labels['__param_module'], labels['region'], labels['from']]),
    ).toEqual([
      [`${edge}:80`, 'tcp', 'west-europe', 'usa'],
      [`${edge}:443`, 'tls', 'west-europe', 'usa'],
    ])
    expect(
      looks
        .filter(one => one.job === 'ping')
        .map(({ labels }) => labels['host'])
        .toSorted(),
    ).toEqual(made.mesh.hosts.map(({ name }) => name as string).toSorted())
    expect(looks.filter(one => one.job === 'probe').map(({ labels }) => labels['instance'])).toEqual([
      'db-etcd@bohr',
      'db-postgres@bohr',
      'dns-resolver@bohr',
      'mon-server@newton',
      'mon-server@tesla',
    ])
    expect(made.files.get('bohr/etc/jail.conf.d/mon-blackbox.conf')).toContain('allow.raw_sockets;')
    expect(made.files.get('bohr/etc/jail.conf.d/mon-server.conf')).not.toContain('raw_sockets')
  })

  test('a region without a server is watched from the nearest', async () => {
    const made = await setting(
      services.replace('kind: prometheus,', 'kind: prometheus, count: 2, roles: {server: {hosts: [bohr, newton]}},'),
    )
    const hosts = (host: string) =>
      new Set(
        targetsOf(configOf(made, host))
          .filter(own)
          .map(({ labels }) => labels['host']),
      )
    expect(hosts('bohr')).toEqual(new Set(['bohr']))
    expect(hosts('newton')).toEqual(new Set(['ampere', 'curie', 'faraday', 'newton', 'tesla']))
    expect(
      allowed(made, made.addressesOf('newton', 'mon-server')[0], made.addressesOf('tesla', 'db-etcd')[0], 2379),
    ).toBe(true)
  })

  test('tells all alertmanagers, and two that see the same say the same', async () => {
    const made = await setting(services)
    const { alerting } = configOf(made, 'newton')
    expect(alerting?.alertmanagers[0]?.static_configs[0]?.targets).toEqual(
      core.map(host => `${made.addressesOf(host, 'mon-alertmanager')[0]}:9093`),
    )
    expect(alerting?.alert_relabel_configs).toEqual([{ action: 'labeldrop', regex: 'replica' }])
    expect(made.textOf('tesla', 'mon-alertmanager', 'etc/rc.conf')).toContain(
      ` --cluster.peer=${made.addressesOf('bohr', 'mon-alertmanager')[0]}:9094 --cluster.peer=${made.addressesOf('newton', 'mon-alertmanager')[0]}:9094"`,
    )
    const alone = await setting(
      services.replace('kind: prometheus,', 'kind: prometheus, roles: {alertmanager: {count: 1}},'),
    )
    const rc = [...alone.files].find(([path]) => path.endsWith('/mon-alertmanager/etc/rc.conf'))?.[1]
    expect(rc).toContain('--cluster.listen-address="')
    expect(rc).not.toContain('--cluster.peer')
  })

  test('keeps what the disk holds, listens on what the version can, and has its rules', async () => {
    const made = await setting(services)
    const rc = made.textOf('tesla', 'mon-server', 'etc/rc.conf')
    const [inet, inet6] = made.addressesOf('tesla', 'mon-server')
    expect(rc).toContain(`prometheus_args="--web.listen-address=${inet}:9090 --web.external-url`)
    expect(rc).toContain('--storage.tsdb.retention.time=30d --storage.tsdb.retention.size=24576MB"')
    expect(rc).not.toContain(inet6 + ']:9090')
    const newer = await setting(services.replace('version: "2.42"', 'retention-size: 1G, retention-days: 7'))
    expect(newer.textOf('tesla', 'mon-server', 'etc/rc.conf')).toMatch(
      /--web.listen-address=\[[0-9a-f:]+\]:9090 .* --storage.tsdb.retention.time=7d --storage.tsdb.retention.size=1024MB"/,
    )
    for (const host of core) expect(absentRules(made, host, configOf(made, host))).toEqual([])
    expect(
      absentRules(made, 'tesla', { ...configOf(made, 'tesla'), rule_files: ['/usr/local/etc/rules/*.yml'] }),
    ).toEqual(['/usr/local/etc/rules/*.yml'])
  })

  test('a token of another service lies in a file of its own, and nowhere else', async () => {
    const made = await setting(services)
    const found = made.deployment.services.find(one => one.name === 'mon')
    if (found === undefined) throw new Error('no mon')
    const etcd: AnyKind = {
      ...(made.deployment.services.find(one => one.name === 'db') as Deployed).kind,
      roles: () => [
        {
          ...{ name: 'etcd', count: 3, demand: { cpu: 1, memory: 1, disk: 1 }, probe: { kind: 'process', rc: 'x' } },
          metrics: { port: 3903, path: '/own', job: 'garage', bearer: 'metrics-token' },
        },
      ],
    }
    const service = {
      ...found,
      services: found.services.map(one => (one.name === 'db' ? { ...one, kind: etcd } : one)),
    } as Deployed<PrometheusOptions>
    const instance = service.instances('server').find(({ host }) => host.name === 'tesla')
    if (instance === undefined) throw new Error('no server')
    const files = renderServer(instance, service)
    const token = (service.services.find(one => one.name === 'db') as Deployed).secrets.text('metrics-token').reveal()
    const file = files.find(({ path }) => path.includes('credentials')) as JailFile
    expect(file).toMatchObject({ mode: 0o640, group: 'prometheus', secret: true, text: `${token}\n` })
    expect(files.filter(({ text }) => text.includes(token))).toEqual([file])
    const job = (parse(files[0]?.text ?? '') as Config).scrape_configs.find(one => one.job_name === 'garage/db')
    expect(job?.authorization).toEqual({ credentials_file: `/${file.path}` })
    expect(job?.relabel_configs).toEqual([{ target_label: 'job', replacement: 'garage' }])
    expect(job?.static_configs[0]?.labels).toMatchObject({ __metrics_path__: '/own', instance: 'db-etcd@tesla' })
  })

  test('alerts leave the mesh only when somebody is told', async () => {
    const quiet = await setting(services)
    const loud = await setting(
      services.replace('alertmanager: "0.25"', 'discord: /usr/local/etc/alertmanager/discord-url'),
    )
    const outside = (made: Setting) => made.mesh.flows.some(flow => flow.name === 'mon-alertmanager>outside 443/tcp')
    expect([outside(quiet), outside(loud)]).toEqual([false, true])
    expect(loud.textOf('bohr', 'mon-alertmanager', alertmanagerYml)).toContain(
      'webhook_url_file: "/usr/local/etc/alertmanager/discord-url"',
    )
  })

  test.each([
    ['{kind: prometheus, alertmanager: "0.27", discord: /etc/url}', 'takes no file for discord'],
    ['{kind: prometheus, alertmanager: "0.25", webhook: /etc/url}', 'takes no file for webhook'],
    ['{kind: prometheus, webhook: "https://example.org/secret"}', 'is not an absolute path'],
    ['{kind: prometheus, webhook: /usr/local/etc/alertmanager/alertmanager.yml}', 'own'],
    ['{kind: prometheus, webhook: /etc/../url}', 'is not an absolute path'],
    ['{kind: prometheus, roles: {server: {count: 0}}}', 'nobody watches'],
    ['{kind: prometheus, scrape-interval: 1}', ''],
    ['{kind: prometheus, retention-days: 0}', ''],
    ['{kind: prometheus, version: "1.8"}', ''],
  ])('%s is refused', async (yaml, message) => {
    const said = await complaints(`mon: ${yaml}`)
    expect(said).not.toEqual([])
    expect(said[0]?.message).toContain(message)
  })
})

/** Rule files that a configuration names and nobody renders: a pattern that matches nothing passes promtool. */
const absentRules = (made: Setting, host: string, config: Config): readonly string[] =>
  config.rule_files.filter(path => !made.files.has(`${host}/usr/local/jails/mon-server${path}`))

withPrograms(
  'promtool',
  'amtool',
  'prometheus-blackbox-exporter',
)('their own checks', () => {
  const promtool = (files: Readonly<Record<string, string>>, command: string) => {
    const there = laidOut(files)
    return alone([], `cd ${there} && timeout 20 promtool ${command}`)
  }

  test('promtool reads every configuration, and refuses it broken', async () => {
    const made = await setting(services)
    const check = (config: string, rules: string) => {
      const there = laidOut({ 'prometheus.yml': '', 'rules/meshwright.yml': rules })
      const here = config.replaceAll('/usr/local/etc/prometheus/', `${there}/`)
      return promtool({ 'prometheus.yml': here }, 'check config prometheus.yml')
    }
    for (const host of core) {
      const ran = check(made.textOf(host, 'mon-server', yml), made.textOf(host, 'mon-server', rulesYml))
      expect(ran.output).toContain('SUCCESS: prometheus.yml is valid')
      expect(ran.output).toMatch(/SUCCESS: [1-9]\d+ rules found/)
      expect(ran.status).toBe(0)
    }
    const [config, rules] = [made.textOf('tesla', 'mon-server', yml), made.textOf('tesla', 'mon-server', rulesYml)]
    expect(check(config.replace('alert_relabel_configs', 'alert_relabels'), rules).status).toBe(1)
    expect(check(config.replace('static_configs', 'static_config'), rules).status).toBe(1)
    expect(check(config, rules.replace('vector(1)', 'vector(1')).status).toBe(1)
    // A token that is not there.
    const token = '    authorization:\n      credentials_file: "/nonexistent/token"\n'
    const job = '  - job_name: "etcd"\n'
    expect(check(config.replace(job, job + token), rules).status).toBe(1)
  })

  test('amtool reads the file, and sends each alert where it belongs', async () => {
    const made = await setting(services)
    const amtool = (text: string, command: string) =>
      alone([], `timeout 20 amtool ${command.replace('FILE', `${laidOut({ 'a.yml': text })}/a.yml`)}`)
    const quiet = made.textOf('bohr', 'mon-alertmanager', alertmanagerYml)
    expect(amtool(quiet, 'check-config FILE').status).toBe(0)
    expect(amtool(quiet.replace('group_wait', 'group_weight'), 'check-config FILE').status).toBe(1)
    const said = 'webhook: /etc/webhook, discord: /etc/discord, dead-man: /etc/dead'
    const loud = (await setting(services.replace('alertmanager: "0.25"', said))).textOf(
      'bohr',
      'mon-alertmanager',
      alertmanagerYml,
    )
    // 0.25 takes URLs in the file alone, as the versions here say.
    expect(amtool(loud, 'check-config FILE').output).toMatch(/field (webhook_)?url_file not found/)
    const older = loud.replaceAll(/url_file: "[^"]*"/g, 'url: "https://192.0.2.1/x"')
    expect(amtool(older, 'check-config FILE').output).toContain('4 receivers')
    const routed = (text: string, labels: string) =>
      amtool(text, `config routes test --config.file FILE ${labels}`).output.split('\n')[0]
    expect(routed(older, 'alertname=Watchdog severity=none')).toBe('dead-man')
    expect(routed(older, 'alertname=TargetDown severity=warning')).toBe('discord,webhook')
    expect(routed(quiet, 'alertname=Watchdog')).toBe('nobody')
    expect(routed(quiet, 'alertname=TargetDown')).toBe('nobody')
  })

  test('the prober reads its modules', async () => {
    const made = await setting(services)
    const check = (text: string) =>
      alone(
        [],
        `timeout 20 prometheus-blackbox-exporter --config.check --config.file=${laidOut({ 'b.yml': text })}/b.yml`,
      )
    const text = made.textOf('newton', 'mon-blackbox', blackboxYml)
    expect(check(text).status).toBe(0)
    expect(check(text.replace('valid_status_codes', 'valid_codes')).status).toBe(1)
    const modules = Object.keys((parse(text) as { modules: object }).modules)
    for (const host of core)
      for (const { labels } of targetsOf(configOf(made, host)).filter(one => !own(one)))
        expect(modules).toContain(labels['__param_module'])
  })
})

withPrograms(
  ...['prometheus', 'prometheus-alertmanager', 'prometheus-node-exporter', 'prometheus-blackbox-exporter', 'haproxy'],
  'curl',
  'openssl',
  'openssl',
)('the real programs', () => {
  const argsOf = (made: Setting, host: string, jail: string, variable: string): string => {
    const found = new RegExp(`^${variable}="(.*)"$`, 'm').exec(made.textOf(host, jail, 'etc/rc.conf'))?.[1]
    if (found === undefined) throw new Error(`no ${variable}`)
    return found
  }

  test('what runs is up, what does not is down, and alertmanagers hear of it', { timeout: 90_000 }, async () => {
    const made = await setting(services)
    // Nobody waits here for minutes.
    const sooner = (text: string) => text.replaceAll(/"(?:15|10)s"/g, '"1s"').replaceAll(/for: "\d+[mh]"/g, 'for: "0s"')
    const here = laidOut({
      'prometheus.yml': sooner(made.textOf('tesla', 'mon-server', yml)),
      'prometheus/rules/meshwright.yml': sooner(made.textOf('tesla', 'mon-server', rulesYml)),
      'alertmanager.yml': made.textOf('tesla', 'mon-alertmanager', alertmanagerYml),
      'blackbox.yml': made.textOf('tesla', 'mon-blackbox', blackboxYml),
      'haproxy.cfg': made
        .textOf('faraday', 'db-proxy', 'usr/local/etc/haproxy.conf')
        .replaceAll(/(user|group) www/g, '$1 haproxy'),
    })
    const [server] = made.addressesOf('tesla', 'mon-server')
    const [edge] = made.addressesOf('faraday', 'gate-edge')
    const manager = (host: string) => made.addressesOf(host, 'mon-alertmanager')[0]
    const [node, node6] = made.addressesOf('tesla', 'mon-node')
    const tesla = made.mesh.hosts.find(({ name }) => name === 'tesla')?.address.inet.text ?? ''
    const script = `
      D=${here}
      sed -i "s|/usr/local/etc/|$D/|; s|/var/run/|$D/|" $D/prometheus.yml $D/haproxy.cfg
      ${core
        .map(
          host =>
            `prometheus-alertmanager --config.file=$D/alertmanager.yml --storage.path=$D/am-${host} ${argsOf(made, host, 'mon-alertmanager', 'alertmanager_args')} > $D/am-${host}.log 2>&1 &`,
        )
        .join('\n')}
      prometheus-node-exporter --web.listen-address=${argsOf(made, 'tesla', 'mon-node', 'node_exporter_listen_address')} ${argsOf(made, 'tesla', 'mon-node', 'node_exporter_args')} > $D/node.log 2>&1 &
      prometheus-blackbox-exporter --config.file=$D/blackbox.yml --web.listen-address=${argsOf(made, 'tesla', 'mon-blackbox', 'blackbox_exporter_listen_address')} ${argsOf(made, 'tesla', 'mon-blackbox', 'blackbox_exporter_args')} > $D/blackbox.log 2>&1 &
      openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 7 -subj /CN=edge -keyout $D/edge.pem -out $D/edge.crt 2>/dev/null
      openssl s_server -quiet -accept ${edge}:443 -key $D/edge.pem -cert $D/edge.crt > $D/edge.log 2>&1 &
      haproxy -f $D/haproxy.cfg > $D/haproxy.log 2>&1 &
      prometheus --rules.alert.resend-delay=1s --config.file=$D/prometheus.yml --storage.tsdb.path=$D/tsdb ${argsOf(made, 'tesla', 'mon-server', 'prometheus_args')} > $D/prometheus.log 2>&1 &
      get() { curl -s -m 5 -g "$@"; }
      query() { get http://${server}:9090/api/v1/query --data-urlencode "query=$1" -G; }
      alerts() { get http://${manager('bohr')}:9093/api/v2/alerts; }
      till() { for i in $(seq 120); do "$1" 2>/dev/null | grep -Eq "$2" && return 0; sleep 0.25; done; echo "gave up: $1"; tail -n 5 $D/*.log; return 1; }
      scraped() { query 'count(up{job!~"edge|ping|probe"})'; }
      nodes() { query 'up{job="node"} == 1'; }
      proxies() { query 'haproxy_backend_status{state="DOWN"} == 1'; }
      pinged() { query 'probe_success{job="ping"}'; }
      status() { get http://${manager('tesla')}:9093/api/v2/status; }
      till scraped '"10"' && till nodes node@tesla && till proxies primary && till pinged tesla
      till alerts Watchdog && till alerts TargetDown && till alerts CertificateEnds && till alerts gate-edge@faraday:80 && till status 'peers.*name.*name.*name'
      echo "TARGETS $(get http://${server}:9090/api/v1/targets?state=active)"
      echo "ALERTS $(alerts)"
      echo "SIX $(get -o /dev/null -w '%{http_code}' "http://[${node6}]:9100/metrics")"
      echo "PINGED $(pinged)"
    `
    const addresses = [
      ...[server, node, node6, tesla, edge],
      ...core.flatMap(host => made.addressesOf(host, 'mon-alertmanager')),
      ...made.addressesOf('tesla', 'mon-blackbox'),
      ...made.addressesOf('faraday', 'db-proxy'),
    ]
    const { output } = alone(addresses, script, 85)
    expect(output).not.toContain('gave up')
    const said = (word: string): unknown => JSON.parse(new RegExp(`^${word} (.*)$`, 'm').exec(output)?.[1] ?? 'null')
    const { data } = said('TARGETS') as {
      data: { activeTargets: { labels: Record<string, string>; health: string; lastError: string }[] }
    }
    const health = new Map(
      data.activeTargets
        .filter(one => own({ job: one.labels['job'] ?? '' }))
        .map(one => [one.labels['instance'], one.health]),
    )
    expect(health).toEqual(
      new Map([
        ['mon-alertmanager@tesla', 'up'],
        ['mon-blackbox@tesla', 'up'],
        ['db-etcd@tesla', 'down'],
        ['db-proxy@faraday', 'up'],
        ['gate-edge@faraday', 'down'],
        ['mon-node@ampere', 'down'],
        ['mon-node@faraday', 'down'],
        ['mon-node@tesla', 'up'],
        ['db-postgres@tesla', 'down'],
        ['mon-server@tesla', 'up'],
      ]),
    )
    const alerts = (said('ALERTS') as { labels: Record<string, string> }[]).map(({ labels }) => labels)
    expect(alerts.map(one => one['replica'])).toEqual(alerts.map(() => undefined))
    expect(alerts).toContainEqual({ alertname: 'Watchdog', mesh: 'aether', severity: 'none' })
    expect(alerts.some(one => one['alertname'] === 'TargetDown' && one['instance'] === 'db-etcd@tesla')).toBe(true)
    expect(alerts.some(one => one['alertname'] === 'TargetDown' && one['instance'] === 'mon-node@tesla')).toBe(false)
    // The certificate of 443 is seen, nobody answers on 80.
    expect(alerts.filter(one => one['alertname'] === 'CertificateEnds').map(one => one['instance'])).toEqual([
      'gate-edge@faraday:443',
    ])
    expect(alerts.filter(one => one['alertname'] === 'EdgeUnreachable').map(one => one['instance'])).toContain(
      'gate-edge@faraday:80',
    )
    expect(output).toContain('SIX 200')
    const pinged = (said('PINGED') as { data: { result: { metric: { host: string }; value: [number, string] }[] } })
      .data.result
    expect(new Map(pinged.map(({ metric, value: [, value] }) => [metric.host, value])).get('tesla')).toBe('1')
    expect(new Map(pinged.map(({ metric, value: [, value] }) => [metric.host, value])).get('bohr')).toBe('0')
  })
})
