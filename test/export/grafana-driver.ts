/**
 * A Prometheus that scrapes `serve` over a demo, and is asked all that dashboards ask: run alone in a network namespace,
 * with a directory to work in and that of the shipped mesh. What it was told goes to `answers.json` there.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { grafanaFiles } from '../../src/export/grafana/grafana.ts'
import { type AskedQuery, queriesOfDashboards } from '../../src/export/grafana/queries.ts'
import { records } from '../../src/export/prometheus/records.ts'
import { demoSource } from '../../src/health/demo/demo.ts'
import type { Faults } from '../../src/health/demo/faults.ts'
import { watchOn } from '../../src/health/watch.ts'
import { Answers } from '../../src/serve/answers.ts'
import { Daemon } from '../../src/serve/server.ts'
import type { Asked, AskedMesh } from './grafana-asked.ts'
import { type DrawnMesh, shippedMesh, sketchedMesh } from './grafana-meshes.ts'
import type { Element } from './grafana-panels.ts'

const [, , directory = '', shipped = ''] = process.argv
const url = 'http://127.0.0.1:9090'

interface Series {
  readonly metric: Readonly<Record<string, string>>
  readonly value?: readonly [number, string]
  readonly values?: readonly unknown[]
}

/** As Grafana fills variables in. */
const filled = (expr: string, host: string): string =>
  expr
    .replaceAll('$host', host)
    .replaceAll('${service:regex}', '.+')
    .replaceAll('$__rate_interval', '15s')
    .replaceAll('$__range', '60s')

async function ask({ expr, instant }: AskedQuery, host: string): Promise<readonly Series[] | string> {
  const now = Date.now() / 1000
  const time = instant ? { time: String(now) } : { start: String(now - 60), end: String(now), step: '5' }
  const body = new URLSearchParams({ query: filled(expr, host), ...time })
  const response = await fetch(`${url}/api/v1/query${instant ? '' : '_range'}`, { method: 'POST', body })
  const answer = (await response.json()) as { data?: { result: readonly Series[] }; error?: string }
  return answer.data?.result ?? answer.error ?? `HTTP ${response.status}`
}

async function askAll(queries: readonly AskedQuery[], hosts: readonly string[]): Promise<readonly Asked[]> {
  const asked: Asked[] = []
  for (const query of queries)
    for (const host of query.expr.includes('$host') ? hosts : ['']) {
      const told = await ask(query, host)
      asked.push({
        ...{ dashboard: query.dashboard, panel: query.panel, refId: query.refId, expr: query.expr, host },
        series: typeof told === 'string' ? 0 : told.length,
        error: typeof told === 'string' ? told : null,
        elements: query.format === 'table' && typeof told !== 'string' ? (told as readonly Element[]) : null,
      })
    }
  return asked
}

const target = (path: string) => ({ targets: ['127.0.0.1:9587'], labels: { __metrics_path__: path } })

function prometheus(name: string): ChildProcess {
  const here = join(directory, name)
  mkdirSync(here)
  const write = (file: string, value: object): void => writeFileSync(join(here, file), JSON.stringify(value))
  // JSON is YAML.
  write('prometheus.yml', {
    global: { scrape_interval: '2s', scrape_timeout: '2s', evaluation_interval: '2s' },
    rule_files: [join(here, 'rules.yml')],
    scrape_configs: [
      { job_name: 'meshwright', honor_labels: true, static_configs: [target('/metrics')] },
      { job_name: 'exporters', honor_labels: true, static_configs: [target('/exporters')] },
    ],
  })
  write('rules.yml', { groups: [{ name: 'meshwright', rules: records }] })
  const args = [`--config.file=${here}/prometheus.yml`, `--storage.tsdb.path=${here}/tsdb`]
  return spawn('prometheus', [...args, '--web.listen-address=127.0.0.1:9090'], { stdio: 'ignore' })
}

/** Until everything was answered, or for so many tries. */
const tries = 20

async function play(
  name: string,
  { graph, fleet }: DrawnMesh,
  faults: Faults,
  lost: readonly string[] = [],
): Promise<AskedMesh> {
  const stop = new AbortController()
  const answers = new Answers({
    ...{ version: 'test', graph, fleet, targets: [], oldAfter: 60_000 },
    ...{ secretsWritten: () => null, clock: () => performance.now() },
  })
  const source = demoSource(fleet, { start: Date.now(), faults })
  const watching = watchOn({ fleet, source, interval: 1000, signal: stop.signal }, snapshot => answers.take(snapshot))
  const daemon = await Daemon.start(
    {
      answers,
      token: null,
      failed: cause => {
        throw cause
      },
    },
    [{ address: '127.0.0.1', port: 9587 }],
  )
  if (!(daemon instanceof Daemon)) throw new Error(daemon.message)
  const server = prometheus(name)
  const gone = once(server, 'exit')
  try {
    const files = grafanaFiles(graph)
    const queries = queriesOfDashboards(files)
    const hosts = graph.hosts.map(host => host.name).slice(0, 6)
    for (let left = tries; ; left -= 1) {
      const asked = await askAll(queries, hosts).catch((cause: unknown) => String(cause))
      if (left === 0 && typeof asked === 'string') throw new Error(asked)
      if (
        typeof asked !== 'string' &&
        (left === 0 || asked.every(({ series, host }) => series > 0 || lost.includes(host)))
      )
        return { name, hosts: graph.hosts.map(host => host.name), files, asked }
      await new Promise(resolve => setTimeout(resolve, 1500))
    }
  } finally {
    server.kill('SIGKILL')
    await gone
    await daemon.close()
    stop.abort()
    await watching
  }
}

const faults: Faults = [
  { kind: 'host-lost', what: 'h0-1', from: 0, until: Infinity },
  { kind: 'link-cut', what: 'h0-2>h1-2', from: 0, until: Infinity },
]
const meshes = [
  await play('shipped', await shippedMesh(shipped, 'sql: {kind: mariadb}'), 'well'),
  await play('one', sketchedMesh(1), 'well'),
  await play('sixty', sketchedMesh(60), faults, ['h0-1']),
]
writeFileSync(join(directory, 'answers.json'), JSON.stringify(meshes))
