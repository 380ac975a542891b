/**
 * `meshwright serve --demo`, a Prometheus that scrapes it, and `meshwright status --prometheus`: run alone in a network
 * namespace, with a directory to work in and that of a mesh. What the two say goes to standard output as JSON.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Io } from '../../src/cli/io.ts'
import { serve } from '../../src/cli/serve.ts'
import { status } from '../../src/cli/status.ts'
import type { NodeGraph } from '../../src/export/grafana/node-graph.ts'

const [, , directory = '', mesh = ''] = process.argv
const stop = new AbortController()

function heard(): { readonly io: Io; readonly said: { text: string } } {
  const said = { text: '' }
  const io: Io = {
    stdout: { write: (text: string) => (said.text += text) },
    stderr: process.stderr,
    read: () => Promise.resolve(new Uint8Array()),
    ...{ environment: {}, signal: stop.signal, program: () => Promise.resolve('test') },
  }
  return { io, said }
}

const common = { directory: mesh, speed: 1, hooks: false, json: true }
const serving = serve(heard().io, { ...common, demo: true, interval: 1, listen: ['127.0.0.1:9587'] })

const target = (path: string) => ({ targets: ['127.0.0.1:9587'], labels: { __metrics_path__: path } })
// JSON is YAML.
const config = {
  global: { scrape_interval: '1s', scrape_timeout: '1s' },
  scrape_configs: [
    { job_name: 'meshwright', honor_labels: true, static_configs: [target('/metrics')] },
    { job_name: 'exporters', honor_labels: true, static_configs: [target('/exporters')] },
  ],
}
writeFileSync(join(directory, 'prometheus.yml'), JSON.stringify(config))
const prometheus = spawn(
  'prometheus',
  [
    ...[`--config.file=${directory}/prometheus.yml`, `--storage.tsdb.path=${directory}/tsdb`],
    '--web.listen-address=127.0.0.1:9090',
  ],
  { stdio: 'ignore' },
)
const gone = once(prometheus, 'exit')

interface Told {
  readonly hosts: readonly { readonly name: string; readonly state: string }[]
  readonly tunnels: readonly { readonly state: string }[]
}

const wanted = { hosts: [], links: [], services: [] }
async function asked(): Promise<Told | null> {
  const { io, said } = heard()
  const prometheus = ['http://127.0.0.1:9090']
  await status(io, { ...common, demo: false, prometheus, watch: false, check: false, wanted })
  const told = JSON.parse(said.text) as Told & { readonly ok?: false }
  return told.ok === false ? null : told
}

try {
  let told: Told | null = null
  for (let tries = 0; tries < 25; tries += 1) {
    await new Promise(resolve => setTimeout(resolve, 1000))
    told = await asked().catch((cause: unknown) => {
      process.stderr.write(`${String(cause)}\n`)
      return null
    })
    if (told?.hosts.every(({ state }) => state === 'up') === true && told.tunnels.every(({ state }) => state === 'up'))
      break
  }
  const graph = (await (await fetch('http://127.0.0.1:9587/api/graph')).json()) as NodeGraph
  process.stdout.write(`told ${JSON.stringify({ told, graph })}\n`)
} finally {
  prometheus.kill('SIGKILL')
  await gone
  stop.abort()
  await serving
}
