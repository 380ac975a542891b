/**
 * A Prometheus that scrapes what is made up here, and the source that asks it: run alone in a network namespace, with a
 * directory to work in. What it saw goes to standard output, a word and JSON on each line.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { observationLine } from '../../src/health/recording.ts'
import { prometheusSource } from '../../src/health/prometheus/source.ts'
import type { Observation } from '../../src/health/report.ts'
import { fleet } from './prometheus-fleet.ts'
import { keyOf } from './watched.ts'

const directory = process.argv[2] ?? ''
const began = Math.floor(Date.now() / 1000)
const url = 'http://127.0.0.1:9090'

/** Path → what an exporter says there; null: it is down. */
const exporters: Readonly<Record<string, (() => string) | null>> = {
  '/serve': () => `
wireguard_latest_handshake_seconds{host="tesla",peer="bohr"} ${began - 40}
wireguard_latest_handshake_seconds{host="tesla",peer="faraday"} 0
wireguard_received_bytes_total{host="tesla",peer="bohr"} 1000
wireguard_received_bytes_total{host="tesla",peer="faraday"} 0
wireguard_sent_bytes_total{host="tesla",peer="bohr"} 2000
wireguard_sent_bytes_total{host="tesla",peer="faraday"} 148
meshwright_link_rtt_seconds{host="tesla",peer="bohr"} 0.0125
meshwright_link_loss_ratio{host="tesla",peer="bohr"} 0
meshwright_link_loss_ratio{host="tesla",peer="faraday"} 1
`,
  '/node/tesla': () => `
node_load1 0.5
node_load5 0.25
node_load15 0.125
node_time_seconds ${Date.now() / 1000 + 30}
node_boot_time_seconds ${began - 9000}
node_memory_size_bytes 8000
node_memory_free_bytes 100
node_memory_inactive_bytes 500
node_memory_cache_bytes 0
node_zfs_arcstats_size_bytes 3000
node_zfs_arcstats_c_min_bytes 1000
node_cpu_seconds_total{cpu="0",mode="idle"} 1
node_cpu_seconds_total{cpu="0",mode="user"} 1
node_cpu_seconds_total{cpu="1",mode="idle"} 1
`,
  '/node/bohr': null,
  '/wireguard/faraday': () => `
wireguard_latest_handshake_seconds{interface="wg0",public_key="${keyOf('tesla')}",allowed_ips="10.64.1.0/24"} ${began}
wireguard_latest_handshake_seconds{interface="wg0",public_key="stranger=",allowed_ips="10.64.9.0/24"} ${began}
wireguard_received_bytes_total{interface="wg0",public_key="${keyOf('tesla')}",allowed_ips="10.64.1.0/24"} 11
wireguard_sent_bytes_total{interface="wg0",public_key="${keyOf('tesla')}",allowed_ips="10.64.1.0/24"} 12
`,
  '/db/tesla': () => 'db_leader{role="main"} 1\ndb_lag_bytes 7\ndb_unread 1\n',
  '/db/bohr': null,
  '/probe': () => 'probe_success 1\n',
}

const target = (path: string, labels: Readonly<Record<string, string>>) => ({
  targets: ['127.0.0.1:9100'],
  labels: { __metrics_path__: path, ...labels },
})
const instance = (host: string) => ({
  host,
  instance: `db-postgres@${host}`,
  region: 'x',
  role: 'postgres',
  service: 'db',
})
const node = (host: string) => ({ host, instance: `mon-node@${host}`, region: 'x', role: 'node', service: 'mon' })
const config = {
  global: { scrape_interval: '1s', scrape_timeout: '1s' },
  scrape_configs: [
    { job_name: 'meshwright', honor_labels: true, static_configs: [target('/serve', {})] },
    { job_name: 'node', static_configs: ['tesla', 'bohr'].map(host => target(`/node/${host}`, node(host))) },
    { job_name: 'wireguard', static_configs: [target('/wireguard/faraday', { host: 'faraday' })] },
    { job_name: 'patroni', static_configs: ['tesla', 'bohr'].map(host => target(`/db/${host}`, instance(host))) },
    { job_name: 'probe', static_configs: [target('/probe', instance('tesla'))] },
  ],
}

const exporter = createServer((request, response) => {
  const text = exporters[request.url ?? '']?.()
  response.writeHead(text === undefined ? 500 : 200).end(text)
})
await new Promise<void>(resolve => exporter.listen(9100, '127.0.0.1', resolve))

const started: ChildProcess[] = []
function prometheus(name: string, yaml: object): ChildProcess {
  const here = join(directory, name)
  mkdirSync(here)
  // JSON is YAML.
  writeFileSync(join(here, 'prometheus.yml'), JSON.stringify(yaml))
  const args = [`--config.file=${here}/prometheus.yml`, `--storage.tsdb.path=${here}/tsdb`]
  const child = spawn('prometheus', [...args, '--web.listen-address=127.0.0.1:9090'], { stdio: 'ignore' })
  started.push(child)
  return child
}
async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}

const made = prometheusSource(fleet, { urls: [url] })
if ('severity' in made) throw new Error(made.message)
const source = made
async function looked(from = source): Promise<readonly Observation[]> {
  const seen: Observation[] = []
  await from.watch({ interval: 1000, rounds: 1, signal: new AbortController().signal, take: one => seen.push(one) })
  return seen
}
async function till(done: (seen: readonly Observation[]) => boolean): Promise<readonly Observation[]> {
  for (let tries = 0; tries < 100; tries += 1) {
    const fresh = prometheusSource(fleet, { urls: [url] })
    if ('severity' in fresh) throw new Error(fresh.message)
    const seen = await looked(fresh)
    if (done(seen)) return seen
    await new Promise(resolve => setTimeout(resolve, 200))
  }
  throw new Error(`gave up: ${JSON.stringify(await looked())}`)
}
const say = (word: string, value: unknown): void => void process.stdout.write(`${word} ${JSON.stringify(value)}\n`)
const whys = (seen: readonly Observation[]): readonly string[] =>
  seen.map(one => (one.kind === 'silence' ? one.why : 'it speaks'))

try {
  const empty = prometheus('empty', { global: config.global })
  await till(seen => seen.every(one => one.kind === 'silence' && one.why === 'Prometheus has nothing of it'))
  say('EMPTY', whys(await looked()))
  await stop(empty)

  const full = prometheus('full', config)
  const complete = (seen: readonly Observation[]): boolean =>
    seen.some(
      one =>
        one.kind === 'report' &&
        one.answers[0]?.alive === true &&
        one.answers[0].samples !== null &&
        one.peers !== null &&
        one.system !== null,
    ) &&
    seen.some(one => one.kind === 'report' && one.peers?.strangers.length === 1) &&
    seen.some(one => one.kind === 'silence' && one.why.startsWith('nothing'))
  say('SEEN', (await till(complete)).map(observationLine))
  // It goes on with what it has, and asks nobody any more: samples live on, and are no news.
  writeFileSync(join(directory, 'full', 'prometheus.yml'), JSON.stringify({ global: config.global }))
  full.kill('SIGHUP')
  let quiet = 0
  for (let tries = 0; tries < 100 && quiet < 10; tries += 1) {
    quiet = (await looked()).some(one => one.kind === 'report') ? 0 : quiet + 1
    await new Promise(resolve => setTimeout(resolve, 200))
  }
  say('QUIET', quiet)
  await stop(full)
  say('GONE', whys(await looked()))
} finally {
  for (const child of started) await stop(child)
  exporter.closeAllConnections()
  exporter.close()
}
