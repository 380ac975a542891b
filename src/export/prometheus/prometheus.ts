/**
 * `meshwright export prometheus`: everything that a Prometheus and an Alertmanager need beside the mesh, as files that
 * find each other by relative paths. No secret is in them: tokens and URLs lie in files beside them.
 */
import { yamlText } from '../../render/yaml.ts'
import { instancesOf } from '../../services/deploy.ts'
import type { ExportFile } from '../files.ts'
import type { Planned } from '../graph.ts'
import { type Target, targetsOf } from '../targets.ts'
import {
  alertGroups,
  alertRules,
  factsOf,
  type Planning,
  recordRules,
  type RuleTimes,
  serveJob,
  usualTimes,
} from './catalogue.ts'
import { alertmanagerFile, type AlertTimes, type Receivers, usualAlertTimes } from './alertmanager.ts'
import { type Discovery, scrapeConfigs, type Scraping, serveToken, targetFiles, tokenOf } from './scrape.ts'
import { probeConfigs } from './probes.ts'
import { testFile } from './unit-tests.ts'

export interface PrometheusExport {
  /** `host:port` of each serve; default: those of the plan, else {@link nearby}. */
  readonly serve?: readonly string[]
  /** Serve wants a bearer token; default: as the plan says. */
  readonly token?: boolean
  /** `host:port` of each Alertmanager; default: those of the plan. */
  readonly alertmanagers?: readonly string[]
  /** How `prometheus.yml` finds exporters; `prometheus-file-sd.yml` is there anyway, but where they are relayed. */
  readonly exporters?: Exclude<Discovery, 'file'>
  readonly receivers?: Partial<Receivers>
  /** Seconds between two scrapes. */
  readonly interval?: number
  readonly ruleTimes?: RuleTimes
  readonly alertTimes?: AlertTimes
}

/** Serve on the machine of Prometheus, where no plan says otherwise. */
const nearby = '127.0.0.1:9587'

const usualReceivers: Receivers = { critical: null, warning: null, watchdog: null }

/** Sorted by path. */
export function prometheusFiles(planned: Planned, options: PrometheusExport = {}): readonly ExportFile[] {
  const { mesh, services } = planned
  const { interval = 15, ruleTimes = { ...usualTimes, every: interval }, alertTimes = usualAlertTimes } = options
  const targets = targetsOf(mesh, services)
  const itself = targets.filter(({ job }) => job === serveJob)
  const scraping: Scraping = {
    targets,
    serve: options.serve ?? (itself.length > 0 ? itself.map(({ address }) => address) : [nearby]),
    token: options.token ?? itself.some(({ bearer }) => bearer !== null),
  }
  const managers = options.alertmanagers ?? managersOf(planned)
  const how = options.exporters ?? 'http'
  const all = factsOf(planningOf(planned), true)
  const facts = how === 'relayed' ? { ...all, probed: false } : all
  const groups = alertGroups(facts)
  const scrapes = (discovery: Discovery): readonly object[] => [
    ...scrapeConfigs(scraping, discovery),
    ...(discovery === 'relayed' ? [] : probeConfigs(planned)),
  ]
  const receivers = { ...usualReceivers, ...options.receivers }
  const config = (discovery: Discovery): string =>
    noted(notesOf(scraping, discovery), {
      ...globalOf(mesh.name, interval),
      rule_files: ['rules/*.yml'],
      ...(managers.length > 0 && { alerting: { alertmanagers: [{ static_configs: [{ targets: managers }] }] } }),
      scrape_configs: scrapes(discovery),
    })
  const files: readonly ExportFile[] = [
    { path: 'prometheus.yml', text: config(how) },
    ...(how === 'relayed' ? [] : [{ path: 'prometheus-file-sd.yml', text: config('file') }, ...targetFiles(scraping)]),
    {
      path: 'victoria-metrics.yml',
      text: noted(
        [
          'victoria-metrics -promscrape.config=victoria-metrics.yml; rules: vmalert -rule=rules/*.yml',
          ...notesOf(scraping, how),
        ],
        { ...globalOf(mesh.name, interval), scrape_configs: scrapes(how) },
      ),
    },
    { path: 'rules/records.yml', text: yamlText({ groups: recordRules(ruleTimes) }) },
    { path: 'rules/alerts.yml', text: yamlText({ groups: alertRules(groups, ruleTimes) }) },
    ...groups.map(group => ({
      path: `tests/${group.name}.yml`,
      text: noted(
        ['promtool test rules tests/*.yml'],
        testFile(group, ['../rules/records.yml', '../rules/alerts.yml']),
      ),
    })),
    { path: 'alertmanager.yml', text: noted(urlNotes(receivers), alertmanagerFile(facts, receivers, alertTimes)) },
  ]
  return files.toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

export const planningOf = ({ mesh, services }: Planned): Planning => ({
  mesh,
  services: services?.services ?? [],
  members: (service, role) => (services === null ? 0 : instancesOf(service, role, mesh, services).length),
})

const globalOf = (mesh: string, interval: number): object => ({
  global: {
    scrape_interval: `${interval}s`,
    scrape_timeout: `${Math.min(10, interval)}s`,
    // What VictoriaMetrics refuses is not here: rules say themselves how often.
    external_labels: { mesh },
  },
})

const managersOf = ({ mesh, services }: Planned): readonly string[] =>
  services === null
    ? []
    : services.services
        .filter(({ kind }) => kind.kind === 'prometheus')
        .flatMap(({ name }) => instancesOf(name, 'alertmanager', mesh, services))
        .map(({ jail }) => `${jail.address.inet.text}:9093`)

function notesOf({ targets, token }: Scraping, how: Discovery): readonly string[] {
  const bearers =
    how === 'relayed' ? [] : targets.flatMap(({ job, bearer }) => (job === serveJob ? [] : (bearer ?? [])))
  const wanted = new Map<string, NonNullable<Target['bearer']>>(bearers.map(bearer => [tokenOf(bearer), bearer]))
  return [
    ...(token ? [`${serveToken}: the token of meshwright serve; readable by Prometheus alone`] : []),
    ...[...wanted].map(
      ([path, { service, purpose }]) => `${path}: the ${purpose} of ${service}; readable by Prometheus alone`,
    ),
  ]
}

const urlNotes = (receivers: Receivers): readonly string[] => [
  ...(Object.values(receivers).some(one => one !== null && 'urlFile' in one)
    ? ['URLs lie in files, readable by Alertmanager alone: since 0.26']
    : []),
  ...(receivers.critical === null
    ? ['Nobody is told of what is critical: --critical names the file with the URL of a webhook']
    : []),
]

/** Behind the first line, which says who made it. */
function noted(notes: readonly string[], value: object): string {
  const [first = '', ...rest] = yamlText(value).split('\n')
  return [first, ...notes.map(note => `# ${note}`), ...rest].join('\n')
}
