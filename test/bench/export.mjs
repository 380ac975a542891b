// npm run bench:export: metrics of a scrape, pictures, and the page in a browser. Limits stand beside what was measured;
// CPU time is what other work on the machine does not count in.
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { bundle } from '../../scripts/bundle.mjs'
import { generateMesh } from './generate.mjs'
import { cpu, printRows } from './measure.mjs'

const directory = await mkdtemp(join(tmpdir(), 'meshwright-export-'))
const wanted = process.argv.slice(2)
const chosen = name => wanted.length === 0 || wanted.includes(name)
const rows = [['what', 'measured', 'limit']]
try {
  await bundle({ export: 'test/bench/export-parts.ts', meshwright: 'src/cli/main.ts' }, join(directory, 'dist'))
  const parts = await import(pathToFileURL(join(directory, 'dist/export.js')).href)
  if (chosen('metrics')) {
    await metrics(parts, { hosts: 100, regions: 5, topology: 'full' }, '150')
    await metrics(parts, { hosts: 1000, regions: 25, topology: 'regional' }, '1000')
  }
  if (chosen('pictures')) {
    await pictures(parts, { hosts: 200, regions: 5, topology: 'full' }, '2000')
    await pictures(parts, { hosts: 1000, regions: 25, topology: 'regional' }, '')
    await loss(parts, { hosts: 1000, regions: 25, topology: 'full' })
  }
  if (chosen('page')) await page()
} finally {
  await rm(directory, { recursive: true, force: true })
}
printRows(rows)

async function meshOf({ openMesh, graphOf }, of) {
  const mesh = join(directory, `${of.hosts}-${of.topology}`)
  await generateMesh({ directory: mesh, ...of })
  const opened = await openMesh({ directory: mesh, environment: {}, purpose: 'plan' })
  return { mesh, opened, graph: graphOf(opened) }
}

/** What one scrape costs: the first, and the worst of five that follow. What is worked out once, serve does at its start. */
async function metrics(parts, of, limit) {
  const { fleetOf, demoObserver, Memory, Metrics } = parts
  const { opened, graph } = await meshOf(parts, of)
  const fleet = fleetOf({ ...opened, files: new Map() })
  const start = Date.UTC(2026, 0, 1)
  const source = { kind: 'demo', title: 'DEMO', madeUp: true }
  const memory = new Memory({ fleet, source, interval: 10_000, now: start })
  const observe = demoObserver(fleet, { start })
  const made = cpu(() => new Metrics({ version: 'bench', graph, fleet }))
  let [first, worst, busiest, bytes] = [0, 0, 0, 0]
  for (let look = 1; look <= 6; look += 1) {
    for (const observation of observe(look * 10, look)) memory.take(observation)
    const snapshot = memory.snapshot(start + look * 10_000)
    const scrape = cpu(() => {
      let length = 0
      for (const text of made.value.text({ snapshot, secretsWritten: null })) length += Buffer.from(text).length
      return length
    })
    bytes = scrape.value
    if (look === 1) first = scrape.wall * 1000
    else worst = Math.max(worst, scrape.wall * 1000)
    busiest = Math.max(busiest, scrape.cpu * 1000)
  }
  rows.push(
    [
      `/metrics of ${of.hosts} hosts, ${of.topology}: ${fleet.tunnels.count} directed tunnels, ms`,
      worst.toFixed(0),
      limit,
    ],
    ['  the first, ms', first.toFixed(0), limit],
    ['  the most of all threads, with those that compile and collect, CPU ms', busiest.toFixed(0), ''],
    ['  what is worked out once, at the start, CPU ms', (made.cpu * 1000).toFixed(0), ''],
    ['  its size, MB', (bytes / 1e6).toFixed(1), ''],
  )
}

async function pictures(parts, of, limit) {
  const { mesh, graph } = await meshOf(parts, of)
  const svg = cpu(() => parts.svgMap(graph))
  rows.push([`svg of ${of.hosts} hosts, ${of.topology}, CPU ms`, (svg.cpu * 1000).toFixed(0), ''])
  const file = join(directory, `${of.hosts}.html`)
  const began = performance.now()
  const run = spawnSync(
    process.execPath,
    [join(directory, 'dist/meshwright.js'), 'export', 'html', '-C', mesh, '--to', file],
    { encoding: 'utf8' },
  )
  if (run.status !== 0) throw new Error(run.stderr)
  rows.push(['  meshwright export html, the whole process, ms', (performance.now() - began).toFixed(0), limit])
}

/** What it costs to draw a lost region, beside the same picture without a loss. */
async function loss(parts, of) {
  const { graph } = await meshOf(parts, of)
  const lost = parts.lossOf(graph.regions[1].hosts)
  const [whole, without] = [{}, { lost }].map(options => {
    parts.svgMap(graph, options)
    return cpu(() => parts.svgMap(graph, options)).cpu * 1000
  })
  rows.push(
    [`svg of ${of.hosts} hosts, ${of.topology}: ${graph.tunnels.length} tunnels, CPU ms`, whole.toFixed(0), ''],
    ['  without one of its regions, CPU ms', without.toFixed(0), ''],
  )
}

/** From the beginning of navigation until the page says that it can be used. */
async function page() {
  const { chromium } = await import('playwright-core')
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
  try {
    for (const [hosts, limit] of [
      [200, '2000'],
      [1000, ''],
    ]) {
      const times = []
      for (let i = 0; i < 3; i += 1) {
        const tab = await browser.newPage()
        await tab.goto(pathToFileURL(join(directory, `${hosts}.html`)).href)
        const found = await tab.waitForFunction(
          () => performance.getEntriesByName('meshwright-interactive')[0]?.startTime,
          undefined,
          { timeout: 60_000 },
        )
        times.push(await found.jsonValue())
        await tab.close()
      }
      rows.push([`the page of ${hosts} hosts can be used, the best of three, ms`, Math.min(...times).toFixed(0), limit])
    }
  } finally {
    await browser.close()
  }
}
