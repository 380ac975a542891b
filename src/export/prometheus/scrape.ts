/** Who is scraped (Prometheus, scrape_configs): serve, and the exporters of the plan by HTTP, by file or through serve. */
import { byText } from '../../../topology/names.ts'
import { groupOf } from '../discovery.ts'
import type { ExportFile } from '../files.ts'
import type { Target } from '../targets.ts'
import { serveJob } from './catalogue.ts'

/** How the exporters are found. relayed: serve passes on what hosts told it, and nobody else asks them. */
export type Discovery = 'file' | 'http' | 'relayed'

export interface Scraping {
  /** Everything of the plan. */
  readonly targets: readonly Target[]
  /** `host:port` of each serve. */
  readonly serve: readonly string[]
  /** It wants a token. */
  readonly token: boolean
}

/** Files with tokens, as Prometheus is to find them: below its own configuration. */
export const serveToken = 'credentials/meshwright'
export const tokenOf = ({ service, purpose }: NonNullable<Target['bearer']>): string =>
  `credentials/${service}-${purpose}`

/** What needs a configuration of its own: targets with one token, or whose labels are to stay. */
interface Part {
  /** `garage/files`; null: all others. */
  readonly name: string | null
  readonly job: string
  readonly bearer: Target['bearer']
  readonly honorLabels: boolean
  readonly targets: readonly Target[]
}

function partsOf(targets: readonly Target[]): readonly Part[] {
  const parts = new Map<string, Part>()
  for (const target of targets) {
    const { job, bearer, honorLabels } = target
    if (job === serveJob) continue
    const name = bearer !== null ? `${job}/${bearer.service}` : honorLabels ? job : null
    const known = parts.get(name ?? '')
    parts.set(name ?? '', { name, job, bearer, honorLabels, targets: [...(known?.targets ?? []), target] })
  }
  return [...parts].toSorted(([a], [b]) => byText(a, b)).map(([, part]) => part)
}

const fileOf = ({ name }: Part): string => `targets/${(name ?? 'exporters').replace('/', '-')}.json`

export const targetFiles = ({ targets }: Scraping): readonly ExportFile[] =>
  partsOf(targets).map(part => ({
    path: fileOf(part),
    text: `${JSON.stringify(part.targets.map(groupOf), null, 2)}\n`,
  }))

export function scrapeConfigs(scraping: Scraping, how: Discovery): readonly object[] {
  const { targets, serve, token } = scraping
  const [first = '127.0.0.1:9587'] = serve
  // Prometheus 2.42 takes Bearer for granted in scrapes, and in discovery it does not.
  const withToken = token ? { authorization: { type: 'Bearer', credentials_file: serveToken } } : {}
  const asked = {
    honor_labels: true,
    ...withToken,
  }
  const itself = {
    ...{ job_name: serveJob, ...asked, static_configs: [{ targets: serve }] },
    // Samples of members have an instance of their own: those of two that look would be one series.
    relabel_configs: [{ source_labels: ['__address__'], target_label: 'serve' }],
  }
  if (how === 'relayed')
    return [
      itself,
      // Once: what two of them pass on is the same.
      {
        ...{ job_name: 'relayed', ...asked, metrics_path: '/exporters' },
        static_configs: [{ targets: [first] }],
      },
    ]
  const parts = partsOf(targets).map(part => ({
    job_name: part.name ?? 'exporters',
    ...(part.honorLabels && { honor_labels: true }),
    ...(part.bearer !== null && { authorization: { credentials_file: tokenOf(part.bearer) } }),
    ...(how === 'file'
      ? { file_sd_configs: [{ files: [fileOf(part)] }] }
      : { http_sd_configs: [{ url: `http://${first}/sd${queryOf(part)}`, ...withToken }] }),
  }))
  return [itself, ...parts]
}

const queryOf = ({ name, job, bearer }: Part): string =>
  name === null
    ? ''
    : `?job=${encodeURIComponent(job)}${bearer === null ? '' : `&service=${encodeURIComponent(bearer.service)}`}`
