/**
 * The export at work, in a network namespace of its own: a Prometheus and an Alertmanager as they are written, `serve` with
 * a demo in which things go wrong, and somebody who takes alerts. What happened goes to standard output, a word and JSON on
 * each line.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { dirname, join } from 'node:path'
import { graphOf } from '../../../src/export/graph.ts'
import { records } from '../../../src/export/prometheus/records.ts'
import { prometheusFiles, type PrometheusExport } from '../../../src/export/prometheus/prometheus.ts'
import { targetsOf } from '../../../src/export/targets.ts'
import { demoObservations, demoSource } from '../../../src/health/demo/demo.ts'
import type { Fault } from '../../../src/health/demo/faults.ts'
import { fleetOf } from '../../../src/health/fleet.ts'
import { headerLine, headerOf, observationLine } from '../../../src/health/recording.ts'
import { openReplay } from '../../../src/health/replay.ts'
import type { Source } from '../../../src/health/source.ts'
import { watchOn } from '../../../src/health/watch.ts'
import { SecretText } from '../../../src/keys/secret-text.ts'
import { openMesh } from '../../../src/load/open.ts'
import { Answers } from '../../../src/serve/answers.ts'
import { Daemon } from '../../../src/serve/server.ts'

const [, , directory = '', mesh = '', faultsText = '[]'] = process.argv
/** Seconds since the demo began. */
const faults = JSON.parse(faultsText) as readonly Fault[]
const opened = await openMesh({ directory: mesh, environment: {}, purpose: 'plan', fresh: true })
if (opened.mesh === null) throw new Error('the mesh does not open')
const fleet = fleetOf({ ...opened, files: new Map() })
const world = { graph: graphOf(opened), fleet, targets: targetsOf(opened.mesh, opened.services) }
const prometheus = 'http://127.0.0.1:9090'

const say = (word: string, value: unknown): void => void process.stdout.write(`${word} ${JSON.stringify(value)}\n`)
async function till<T>(what: string, seconds: number, look: () => Promise<T | null> | T | null): Promise<T> {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await new Promise(wake => setTimeout(wake, 100))) {
    const found = await Promise.resolve()
      .then(look)
      .catch(() => null)
    if (found !== null) return found
  }
  throw new Error(`it did not come to this: ${what}`)
}

interface Told {
  readonly status: string
  readonly receiver: string
  readonly groupLabels: Readonly<Record<string, string>>
  readonly alerts: readonly {
    readonly status: string
    readonly labels: Readonly<Record<string, string>>
    readonly annotations: Readonly<Record<string, string>>
  }[]
}

const began = performance.now()
const now = (): number => (performance.now() - began) / 1000
/** Alerts that were told of and not taken back. */
const open = new Set<string>()
const hook = createServer((request, response) => {
  let text = ''
  request.on('data', chunk => (text += String(chunk)))
  request.on('end', () => {
    response.writeHead(200).end()
    const { receiver, groupLabels, alerts } = JSON.parse(text) as Told
    for (const { status, labels } of alerts) {
      if (status === 'firing') open.add(JSON.stringify(labels))
      else open.delete(JSON.stringify(labels))
    }
    say('TOLD', { at: now(), receiver, groupLabels, alerts: alerts.map(({ status, labels }) => ({ status, labels })) })
  })
}).listen(9999, '127.0.0.1')

/** Whoever is scraped beside serve: nobody asks what they say. */
const exporters = [...new Set(world.targets.map(({ address }) => address))].map(address => {
  const [host, port] = address.split(':')
  return createServer((_, response) => response.end('nothing_in_particular 1\n')).listen(Number(port), host)
})

const url = { url: 'http://127.0.0.1:9999/' }
const common: PrometheusExport = {
  ...{ serve: ['127.0.0.1:9587'], alertmanagers: ['127.0.0.1:9093'], interval: 1 },
  receivers: { critical: url, warning: url, watchdog: null },
  ruleTimes: { every: 1, slowly: 1, minute: 5 },
  alertTimes: { wait: 2, interval: 1, repeat: 3600 },
}
const started: ChildProcess[] = []
function lay(name: string, options: PrometheusExport): string {
  const here = join(directory, name)
  const tokens = ['files-metrics-token', 'meshwright'].map(name => ({ path: `credentials/${name}`, text: 'x\n' }))
  for (const { path, text } of [...prometheusFiles(opened as never, { ...common, ...options }), ...tokens]) {
    mkdirSync(dirname(join(here, path)), { recursive: true })
    writeFileSync(join(here, path), text)
  }
  return here
}
function run(program: string, ...args: readonly string[]): ChildProcess {
  const child = spawn(program, args, { stdio: 'ignore' })
  started.push(child)
  return child
}
async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}
function server(here: string, file: string): ChildProcess {
  return run(
    'prometheus',
    ...[`--config.file=${here}/${file}`, `--storage.tsdb.path=${here}/tsdb-${file}`],
    ...['--web.listen-address=127.0.0.1:9090', '--log.level=error'],
  )
}

async function get(path: string): Promise<unknown> {
  const answer = await fetch(prometheus + path, { signal: AbortSignal.timeout(3000) })
  return ((await answer.json()) as { data: unknown }).data
}
const query = async (
  expr: string,
): Promise<readonly { metric: Readonly<Record<string, string>>; value: [number, string] }[]> =>
  ((await get(`/api/v1/query?query=${encodeURIComponent(expr)}`)) as { result: never }).result
interface Active {
  readonly scrapePool: string
  readonly health: string
  readonly lastError: string
}
const targets = async (): Promise<readonly Active[]> =>
  ((await get('/api/v1/targets?state=active')) as { activeTargets: readonly Active[] }).activeTargets
/** Those that are found by asking come after those that are written down. */
const allUp = (least: number, last: string) => async (): Promise<Readonly<Record<string, number>> | null> => {
  const found = await targets()
  if (found.length < least || found.some(({ health }) => health !== 'up')) return null
  const pools: Record<string, number> = {}
  for (const { scrapePool: pool } of found) pools[pool] = (pools[pool] ?? 0) + 1
  return pools[last] === undefined ? null : pools
}

const giveUp = (cause: unknown): void => {
  throw cause
}
async function serve(source: Source): Promise<() => Promise<void>> {
  const answers = new Answers({
    ...{ ...world, version: '0.0.1', oldAfter: 60_000, clock: () => performance.now() },
    secretsWritten: () => Date.now() - 86_400_000,
  })
  const token = new SecretText('x', 'token')
  const daemon = await Daemon.start({ answers, token, failed: giveUp }, [{ address: '127.0.0.1', port: 9587 }])
  if (!(daemon instanceof Daemon)) throw new Error(daemon.message)
  const enough = new AbortController()
  const watched = watchOn({ fleet, source, interval: 1000, signal: enough.signal }, snapshot => answers.take(snapshot))
  return async () => {
    enough.abort()
    await watched
    await daemon.close()
  }
}

try {
  let end = await serve(demoSource(fleet, { faults, start: Date.now() }))
  const demoBegan = now()
  const here = lay('relayed', { exporters: 'relayed' })
  run(
    'prometheus-alertmanager',
    `--config.file=${here}/alertmanager.yml`,
    `--storage.path=${here}/am`,
    '--web.listen-address=127.0.0.1:9093',
    '--cluster.listen-address=',
  )
  const relaying = server(here, 'prometheus.yml')
  say('BEGAN', demoBegan)
  say('RELAYED', await till('relayed targets are up', 15, allUp(2, 'relayed')))
  const missing = () =>
    Promise.all(records.map(async ({ record }) => ((await query(record)).length > 0 ? [] : [record]))).then(all =>
      all.flat(),
    )
  await till('records give samples', 20, async () => ((await missing()).length === 0 ? true : null))
  say('RECORDS', await Promise.all(records.map(async ({ record }) => [record, (await query(record)).length])))

  const last = Math.max(...faults.map(({ until }) => until))
  await till('the last fault is over, and nothing is left of any', last + 25, () =>
    now() - demoBegan > last && open.size === 0 ? true : null,
  )
  say('QUIET', now())
  await end()

  // A recording of which the last word was said long ago.
  const before = Date.UTC(2026, 0, 1)
  const file = join(directory, 'recording.jsonl')
  const looks = Array.from({ length: 7 }, (_, i) => i * 10).flatMap(at =>
    demoObservations(fleet, at, { start: before, faults: 'well' }),
  )
  writeFileSync(file, `${[headerLine(headerOf(fleet, before, 10_000)), ...looks.map(observationLine)].join('\n')}\n`)
  const replay = await openReplay(file, fleet, { speed: Infinity })
  if ('severity' in replay) throw new Error(replay.message)
  end = await serve(replay)
  say(
    'REPLAYED',
    await till('a recording is served', 15, async () => {
      const [info] = await query('meshwright_source_info{source="replay"}')
      const up = await query('meshwright_host_state == 2')
      return info !== undefined && up.length === fleet.hosts.length ? up.length : null
    }),
  )
  await till('it is old', 10, () => ([...open].some(text => text.includes('MeshwrightStuck')) ? true : null))
  say('OLD', true)
  await stop(relaying)

  const direct = lay('direct', {})
  for (const config of ['prometheus.yml', 'prometheus-file-sd.yml']) {
    const child = server(direct, config)
    say(config, await till(`all targets of ${config} are up`, 20, allUp(world.targets.length, 'garage/files')))
    await stop(child)
  }
  await end()
} finally {
  for (const child of started) await stop(child)
  for (const one of [hook, ...exporters]) {
    one.closeAllConnections()
    one.close()
  }
}
