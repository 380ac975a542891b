/**
 * `meshwright export …`: the planned mesh for other programs and for people. Needs no keys, changes nothing of the mesh,
 * and asks nobody unless it is told to.
 */
import { isIPv4, isIPv6 } from 'node:net'
import { join } from 'node:path'
import { type Diagnostic, error } from '../../topology/diagnostic.ts'
import { isDomainName } from '../../topology/names.ts'
import type { ExportFile } from '../export/files.ts'
import { type Graph, graphOf } from '../export/graph.ts'
import type { Snapshot } from '../health/snapshot.ts'
import { type Opened, openMesh } from '../load/open.ts'
import { parseLoss } from '../services/losses.ts'
import { writeExport, writeExports, type Written } from '../write/exports.ts'
import { waiting } from './alone.ts'
import { count, type ExitCode, exitCodes, type Io, refuse, report } from './io.ts'
import type { Look, Refused } from './reading.ts'

interface ExportOptions {
  readonly directory: string
  readonly json: boolean
  /** Seconds to wait for another writer. */
  readonly wait: number
  /** A file, or a directory for what is several files. */
  readonly to?: string
}

export interface TextOptions extends ExportOptions {
  /** Of pictures: what is lost, as `whatif --lose` takes it. */
  readonly lose?: readonly string[]
  readonly theme?: 'auto' | 'light' | 'dark'
}

export const texts = {
  dot: async graph => (await import('../export/dot.ts')).dotText(graph),
  mermaid: async graph => (await import('../export/mermaid.ts')).mermaidText(graph),
  svg: async (graph, opened, options) => {
    const { svgMap } = await import('../export/svg/svg.ts')
    const loss =
      options.lose === undefined
        ? null
        : parseLoss(
            options.lose,
            opened.mesh.hosts.map(host => host.spec),
          )
    if (loss !== null && 'severity' in loss) return loss
    return svgMap(graph, { theme: options.theme ?? 'auto', ...(loss !== null && { lost: loss.loss }) })
  },
  html: async graph => (await import('../export/html/html.ts')).htmlMap(graph),
  hosts: async graph => (await import('../export/hosts.ts')).hostsText(graph),
  rc: async () => (await import('../services/meshwright/rc-script.ts')).rcScript().text,
  json: async graph => `${JSON.stringify((await import('../export/json.ts')).graphJson(graph), null, 2)}\n`,
} as const satisfies Readonly<
  Record<string, (graph: Graph, opened: Opened, options: TextOptions) => Promise<string | Diagnostic>>
>
export type TextKind = keyof typeof texts

/** One text, on stdout or in a file. */
export async function exportText(io: Io, kind: TextKind, options: TextOptions): Promise<ExitCode> {
  const opened = await openMesh({ ...options, environment: io.environment, purpose: 'plan' })
  if (opened.mesh === null) return refuse(io, opened.diagnostics, options.json)
  report(io, opened.diagnostics)
  const text = await texts[kind](graphOf(opened), opened, options)
  if (typeof text !== 'string') return refuse(io, [text], options.json)
  if (options.to === undefined || options.to === '-') {
    io.stdout.write(text)
    return exitCodes.done
  }
  // rc(8) passes over a script that is not executable.
  return said(io, await writeExport(options.to, text, waiting(io, options), kind === 'rc'), options)
}

export interface PrometheusOptions extends ExportOptions {
  /** Where `meshwright serve` listens: `10.64.1.5:9587`. None: that of the mesh. */
  readonly serve: readonly string[]
  readonly alertmanager: readonly string[]
  /** Nobody scrapes the exporters themselves: serve tells what they told their hosts. */
  readonly relayed: boolean
  /** Serve asks for a bearer token. */
  readonly token: boolean
  /** Files, where Alertmanager runs, with the URLs of webhooks. */
  readonly critical?: string
  readonly warning?: string
  readonly watchdog?: string
}

export const exportPrometheus = (io: Io, options: PrometheusOptions): Promise<ExitCode> =>
  exportFiles(io, 'prometheus', options, async opened => {
    const { prometheusFiles } = await import('../export/prometheus/prometheus.ts')
    const wrong = [...options.serve, ...options.alertmanager].find(text => !isAddress(text))
    if (wrong !== undefined)
      return error(
        'bad-value',
        `${JSON.stringify(wrong.slice(0, 80))} is no address with a port`,
        undefined,
        'As in 10.64.1.5:9587, [fd00::5]:9587 or mesh.example.net:9587.',
      )
    const receivers: Record<string, { readonly urlFile: string }> = {}
    for (const name of ['critical', 'warning', 'watchdog'] as const) {
      const { [name]: urlFile } = options
      if (urlFile === undefined) continue
      const problem = pathProblem(urlFile, `/usr/local/etc/alertmanager/${name}-url`)
      if (problem !== null) return problem
      receivers[name] = { urlFile }
    }
    if (options.serve.length === 0 && opened.services?.services.some(({ kind }) => kind.kind === 'meshwright') !== true)
      io.stderr.write(
        `No service of ${opened.mesh.name} is of kind meshwright: 127.0.0.1:9587 is asked, where \`meshwright serve --listen 127.0.0.1:9587\` answers.\nSay --serve ADDRESS:PORT where it runs elsewhere.\n`,
      )
    return prometheusFiles(opened, {
      receivers,
      ...(options.serve.length > 0 && { serve: options.serve }),
      ...(options.alertmanager.length > 0 && { alertmanagers: options.alertmanager }),
      ...(options.relayed && { exporters: 'relayed' }),
      ...(options.token && { token: true }),
    })
  })

const isAddress = (text: string): boolean => {
  const [, name = '', digits = ''] = /^(.+):([0-9]{1,5})$/.exec(text) ?? []
  const port = Number(digits)
  return (
    port > 0 &&
    port < 65_536 &&
    (isDomainName(name) || isIPv4(name) || (/^\[.*\]$/.test(name) && isIPv6(name.slice(1, -1))))
  )
}

export interface GrafanaOptions extends ExportOptions {
  /** Of Prometheus; none: those of the mesh. */
  readonly url: readonly string[]
  /** Where the dashboards will lie. */
  readonly dashboardsPath?: string
  /** Where to look how the mesh is, for the dashboard that needs no data source. None: it shows the plan. */
  readonly look?: Look
}

export const exportGrafana = (io: Io, options: GrafanaOptions): Promise<ExitCode> =>
  exportFiles(io, 'grafana', options, async opened => {
    const { grafanaFiles, prometheusUrlProblem } = await import('../export/grafana/grafana.ts')
    for (const url of options.url) {
      const problem = prometheusUrlProblem(url)
      // What is wrong with it may be the password in it.
      if (problem !== null) return error('bad-value', `a --url ${problem}`, undefined, 'As in http://10.64.1.27:9090.')
    }
    const { dashboardsPath, url } = options
    const problem = dashboardsPath === undefined ? null : pathProblem(dashboardsPath, '/var/lib/grafana/dashboards')
    if (problem !== null) return problem
    const snapshot = options.look === undefined ? null : await lookedAt(io, opened, options.look)
    if (snapshot !== null && 'refused' in snapshot) return snapshot
    return grafanaFiles(graphOf(opened), {
      snapshot,
      prometheus: url,
      interval: Math.max(0, ...scrapeIntervals(opened)) || 15,
      ...(dashboardsPath !== undefined && { dashboardsPath }),
    })
  })

async function lookedAt(io: Io, opened: Opened, look: Look): Promise<Snapshot | Refused> {
  const { looked, readingOf } = await import('./reading.ts')
  return looked(io, await readingOf(opened, look), look)
}

/** On another machine: nobody can look whether it is there. A URL said in its place may be a secret, and is not repeated. */
const pathProblem = (path: string, example: string): Diagnostic | null =>
  /^(?:\/[\w.@+-]+)+$/.test(path)
    ? null
    : error(
        'bad-value',
        'what was given is no absolute path of letters, digits, dots and dashes',
        undefined,
        `As in ${example}.`,
      )

/** Seconds, of those who scrape in this mesh. */
const scrapeIntervals = ({ services }: Opened): readonly number[] =>
  (services?.services ?? []).flatMap(({ kind, options }) => {
    const said = kind.offers.includes('metrics') ? (options as { readonly 'scrape-interval'?: unknown }) : {}
    return typeof said['scrape-interval'] === 'number' ? [said['scrape-interval']] : []
  })

export interface ZoneOptions extends ExportOptions {
  readonly servers?: readonly string[]
  readonly contact?: string
  readonly serial?: number
}

export const exportZone = (io: Io, options: ZoneOptions): Promise<ExitCode> =>
  exportFiles(io, 'zone', options, async opened => {
    const { zoneFiles, zoneProblems } = await import('../export/zone.ts')
    const [problem] = zoneProblems(opened, options)
    return problem ?? zoneFiles(opened, options)
  })

/** Several files, in a directory. */
async function exportFiles(
  io: Io,
  name: string,
  options: ExportOptions,
  make: (opened: Opened) => Promise<readonly ExportFile[] | Diagnostic | { readonly refused: readonly Diagnostic[] }>,
): Promise<ExitCode> {
  const opened = await openMesh({ ...options, environment: io.environment, purpose: 'plan' })
  if (opened.mesh === null) return refuse(io, opened.diagnostics, options.json)
  report(io, opened.diagnostics)
  const files = await make(opened)
  if ('severity' in files) return refuse(io, [files], options.json)
  if ('refused' in files) return refuse(io, files.refused, options.json)
  const to = options.to ?? join(options.directory, 'export', name)
  return said(io, await writeExports(to, files, waiting(io, options)), options)
}

function said(io: Io, written: readonly Written[] | Diagnostic, options: ExportOptions): ExitCode {
  if ('severity' in written) return refuse(io, [written], options.json)
  if (options.json) io.stdout.write(`${JSON.stringify({ ok: true, files: written }, null, 2)}\n`)
  else {
    io.stdout.write(written.map(({ path }) => `${path}\n`).join(''))
    const changed = written.filter(one => one.changed).length
    io.stderr.write(`${count(changed, 'file')} written, ${written.length - changed} as they were.\n`)
  }
  return exitCodes.done
}
