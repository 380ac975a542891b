/** usr/local/etc/prometheus.yml (Prometheus, configuration): what one server scrapes, probes, and whom it alerts. */
import { byText } from '../../../topology/names.ts'
import { type SecretText } from '../../keys/secret-text.ts'
import { instanceLabels } from '../../export/targets.ts'
import { bearerOf, type Deployed, type Instance, type JailFile } from '../kind.ts'
import type { PrometheusOptions } from './options.ts'
import { rulesPath } from './rules.yml.ts'
import { moduleName, placementOf, type Scrape, type Seen, type Watch, watchesOf } from './watch.ts'
import { yamlText } from '../../render/yaml.ts'

const credentials = 'usr/local/etc/prometheus/credentials'
const reload = { rc: 'prometheus', how: 'reload' } as const

export function renderServer(instance: Instance, service: Deployed<PrometheusOptions>): readonly JailFile[] {
  const watch = watchesOf(service, service.services, placementOf(service)).find(
    one => one.server.name === instance.host.name,
  )
  if (watch === undefined) throw new Error(`${instance.host.name} has no server: this is a bug in meshwright`)
  const managers = service.instances('alertmanager').map(({ jail }) => `${jail.address.inet.text}:9093`)
  const interval = service.options['scrape-interval']
  const file = {
    global: {
      scrape_interval: `${interval}s`,
      scrape_timeout: `${Math.min(10, interval)}s`,
      evaluation_interval: `${interval}s`,
      // No region: what is said of a service would be another alert in each, and be lost with one that has nothing to do with it.
      external_labels: { mesh: service.mesh.name, replica: instance.host.name },
    },
    rule_files: [`/${rulesPath}`],
    ...(managers.length > 0 && {
      alerting: {
        // The same alert from two servers is one.
        alert_relabel_configs: [{ action: 'labeldrop', regex: 'replica' }],
        alertmanagers: [{ static_configs: [{ targets: managers }] }],
      },
    }),
    scrape_configs: [...scrapesOf(watch, service), ...probesOf(watch, service)],
  }
  return [
    {
      path: 'usr/local/etc/prometheus.yml',
      text: yamlText(file),
      ...{ mode: 0o644, secret: false, reload },
    },
    ...tokensOf(watch, service).map(({ path, token }): JailFile => ({
      path,
      text: `${token.reveal()}\n`,
      ...{ mode: 0o640, group: 'prometheus', secret: true },
      // Read again at every scrape.
      reload: null,
    })),
  ]
}

/** What it takes to know where instances are. */
type Located = Pick<Deployed, 'name' | 'mesh' | 'instancesOf'>

const addressOf = ({ service, role, host }: Seen, of: Located): string => {
  const found = of.instancesOf(service, role).find(one => one.host.name === host.name)
  if (found === undefined) throw new Error(`${service}-${role}@${host.name} is nowhere: this is a bug in meshwright`)
  return found.jail.address.inet.text
}

const tokenPath = ({ service, metrics }: Scrape): string => `${credentials}/${service}-${metrics.bearer ?? ''}`

function scrapesOf({ scrapes }: Watch, service: Deployed): readonly object[] {
  const jobs = new Map<string, Scrape[]>()
  for (const scrape of scrapes) {
    // A token is that of one service: its targets are asked with no other.
    const name = scrape.metrics.bearer === undefined ? scrape.metrics.job : `${scrape.metrics.job}/${scrape.service}`
    jobs.set(name, [...(jobs.get(name) ?? []), scrape])
  }
  return [...jobs]
    .toSorted(([a], [b]) => byText(a, b))
    .map(([name, targets]) => {
      const [first] = targets
      return {
        job_name: name,
        ...(first?.metrics.honorLabels === true && { honor_labels: true }),
        ...(first?.metrics.bearer !== undefined && {
          authorization: { credentials_file: `/${tokenPath(first)}` },
          relabel_configs: [{ target_label: 'job', replacement: first.metrics.job }],
        }),
        static_configs: targets.map(target => ({
          targets: [`${addressOf(target, service)}:${target.metrics.port}`],
          labels: {
            ...(target.metrics.path !== '/metrics' && { __metrics_path__: target.metrics.path }),
            ...labelsOf(target),
          },
        })),
      }
    })
}

/** What is said of others is not to seem said of the host that says it; nor, where two say it, by one of them. */
const labelsOf = (target: Scrape): object => {
  const labels = instanceLabels(target)
  return target.metrics.honorLabels === true ? { instance: labels.instance, serve: labels.instance } : labels
}

function tokensOf({ scrapes }: Watch, service: Deployed): readonly { path: string; token: SecretText }[] {
  const tokens = new Map<string, SecretText>()
  for (const scrape of scrapes) {
    const { bearer } = scrape.metrics
    const giver = service.services.find(one => one.name === scrape.service)
    if (bearer !== undefined && giver !== undefined) tokens.set(tokenPath(scrape), bearerOf(giver, bearer))
  }
  return [...tokens].toSorted(([a], [b]) => byText(a, b)).map(([path, token]) => ({ path, token }))
}

export interface ProbeJob {
  readonly job_name: string
  readonly metrics_path: string
  readonly static_configs: readonly { readonly targets: readonly string[]; readonly labels: object }[]
  readonly relabel_configs: readonly object[]
}

export function probesOf({ prober, looks }: Watch, service: Located): readonly ProbeJob[] {
  if (prober === null) return []
  const asked = `${addressOf({ service: service.name, role: 'blackbox', host: prober }, service)}:9115`
  const job = (name: string, targets: readonly { target: string; labels: object }[]): ProbeJob => ({
    job_name: name,
    metrics_path: '/probe',
    static_configs: targets.map(({ target, labels }) => ({ targets: [target], labels })),
    relabel_configs: [
      { source_labels: ['__address__'], target_label: '__param_target' },
      { target_label: '__address__', replacement: asked },
    ],
  })
  const from = prober.region
  const lookAt = (name: 'edge' | 'probe') =>
    looks
      .filter(look => look.job === name)
      .map(look => {
        const address = `${addressOf(look, service)}${look.module.kind === 'icmp' ? '' : `:${look.port}`}`
        const labels = instanceLabels(look)
        return {
          target: look.module.kind === 'http' ? `http://${address}${look.path}` : address,
          labels: {
            __param_module: moduleName(look.module),
            ...labels,
            ...(name === 'edge' && { from, instance: `${labels.instance}:${look.port}` }),
          },
        }
      })
  const ping = service.mesh.hosts.map(({ name, region, address }) => ({
    target: address.inet.text,
    labels: { __param_module: 'icmp', from, host: name, instance: name, region },
  }))
  return [job('edge', lookAt('edge')), job('ping', ping), job('probe', lookAt('probe'))].filter(
    ({ static_configs: targets }) => targets.length > 0,
  )
}
