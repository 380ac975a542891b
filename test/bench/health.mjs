// npm run bench:health: snapshots, frames and the screens themselves. CPU seconds, because other work on the machine
// does not count there; limits stand beside what was measured.
import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL, fileURLToPath } from 'node:url'
import { setTimeout as delay } from 'node:timers/promises'
import { bundle } from '../../scripts/bundle.mjs'
import { generateMesh } from './generate.mjs'
import { cpu, printRows } from './measure.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const directory = await mkdtemp(join(tmpdir(), 'meshwright-health-'))
const wanted = process.argv.slice(2)
const chosen = name => wanted.length === 0 || wanted.includes(name)
const rows = [['what', 'measured', 'limit']]
try {
  await bundle({ health: 'test/bench/health-parts.ts', meshwright: 'src/cli/main.ts' }, join(directory, 'dist'))
  const parts = await import(pathToFileURL(join(directory, 'dist/health.js')).href)
  if (chosen('1000')) await large(parts)
  if (chosen('ticks')) await manyTicks(parts)
  if (chosen('screen')) await screen()
} finally {
  await rm(directory, { recursive: true, force: true })
}
printRows(rows)

/** 1000 hosts in a full mesh: 999,000 directed tunnels. */
async function large({ openMesh, fleetOf, Memory, demoObserver, frameOf, initialState, withSnapshot, onKey }) {
  const mesh = join(directory, 'thousand')
  await generateMesh({ directory: mesh, hosts: 1000, regions: 10, topology: 'full' })
  const opened = await openMesh({ directory: mesh, environment: {}, purpose: 'plan' })
  const fleet = cpu(() => fleetOf({ ...opened, files: new Map() }))
  const start = Date.UTC(2026, 0, 1)
  const observe = demoObserver(fleet.value, { start })
  const memory = new Memory({
    fleet: fleet.value,
    source: { kind: 'demo', title: 'DEMO', madeUp: true },
    interval: 10_000,
    now: start,
  })
  const merged = []
  let snapshot
  for (let look = 1; look <= 5; look += 1) {
    const seen = [...observe(look * 10, look)]
    const one = cpu(() => {
      for (const observation of seen) memory.take(observation)
      return memory.snapshot(start + look * 10_000)
    })
    snapshot = one.value
    merged.push(one.cpu)
  }
  const size = { columns: 80, rows: 24 }
  const first = cpu(() => frameOf(withSnapshot(initialState(), snapshot), size))
  rows.push(
    [`${fleet.value.tunnels.count} directed tunnels: fleet from the plan, CPU s`, fleet.cpu.toFixed(2), ''],
    ['  a look taken in and a snapshot, the worst of five, CPU s', Math.max(...merged).toFixed(2), '1'],
    ['  and the first frame, CPU s', (Math.max(...merged) + first.cpu).toFixed(2), '1.5'],
  )
  let worst = { view: '', cpu: 0 }
  for (const [view, key] of [...'12345678'].map((key, i) => [String(i + 1), { kind: 'char', char: key }])) {
    let state = onKey(withSnapshot(initialState(), snapshot), key)
    frameOf(state, size)
    for (const next of [{ kind: 'char', char: 'j' }, { kind: 'pgdn' }, { kind: 'end' }]) {
      const frame = cpu(() => frameOf((state = onKey(state, next)), size))
      if (frame.cpu > worst.cpu) worst = { view, cpu: frame.cpu }
    }
  }
  rows.push([
    `  a frame after a key, the worst of eight views (view ${worst.view}), CPU ms`,
    (worst.cpu * 1000).toFixed(0),
    '60',
  ])
  let renewed = { view: '', cpu: 0 }
  const again = memory.snapshot(start + 60_000)
  for (const key of '12345678') {
    const state = withSnapshot(onKey(withSnapshot(initialState(), snapshot), { kind: 'char', char: key }), again)
    const frame = cpu(() => frameOf(state, size))
    if (frame.cpu > renewed.cpu) renewed = { view: key, cpu: frame.cpu }
  }
  rows.push([
    `  a frame of a new snapshot, the worst of eight views (view ${renewed.view}), CPU ms`,
    (renewed.cpu * 1000).toFixed(0),
    '',
  ])
}

/** Memory after many ticks of the shipped mesh. */
async function manyTicks({ openMesh, fleetOf, Memory, demoObserver, frameOf, initialState, withSnapshot }) {
  const opened = await openMesh({ directory: root, environment: {}, purpose: 'plan', fresh: true })
  const fleet = fleetOf({ ...opened, files: new Map() })
  const start = Date.UTC(2026, 0, 1)
  const observe = demoObserver(fleet, { start })
  const memory = new Memory({
    fleet,
    source: { kind: 'demo', title: 'DEMO', madeUp: true },
    interval: 1000,
    now: start,
  })
  let state = initialState()
  const heap = () => {
    globalThis.gc?.()
    return process.memoryUsage().heapUsed / 1e6
  }
  const marks = []
  const { cpu: spent } = cpu(() => {
    for (let tick = 1; tick <= 10_000; tick += 1) {
      for (const observation of observe(tick, tick)) memory.take(observation)
      state = withSnapshot(state, memory.snapshot(start + tick * 1000))
      frameOf(state, state.size)
      if (tick % 2500 === 0) marks.push(heap())
    }
  })
  rows.push(
    [
      '10,000 ticks of the shipped mesh: heap after each quarter, MB',
      marks.map(mark => mark.toFixed(0)).join(' '),
      'flat',
    ],
    ['  a tick: demo, snapshot and frame, CPU ms', (spent / 10).toFixed(2), ''],
  )
}

/** The program on a terminal, at one snapshot a second. */
async function screen() {
  const socket = ['-L', `bench-${process.pid}`, '-f', '/dev/null']
  const program = `'${process.execPath}' '${join(directory, 'dist/meshwright.js')}' ui --demo --interval 1 -C '${root}'`
  const tmux = (...argv) =>
    spawnSync('tmux', [...socket, ...argv], { env: { ...process.env, LC_ALL: 'C.UTF-8' }, encoding: 'utf8' })
  tmux(
    'new-session',
    '-d',
    '-s',
    'bench',
    '-x',
    '80',
    '-y',
    '24',
    `exec env NODE_ENV=production LC_ALL=C.UTF-8 ${program}`,
  )
  try {
    const pid = tmux('display-message', '-p', '-t', 'bench', '#{pane_pid}').stdout.trim()
    const used = async () => {
      const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ')
      return (Number(fields[11]) + Number(fields[12])) / 100
    }
    const end = performance.now() + 30_000
    while (!/hosts 6\/6/.test(tmux('capture-pane', '-p', '-t', 'bench').stdout)) {
      if (performance.now() > end) throw new Error('the screens did not come')
      await delay(100)
    }
    const [before, began] = [await used(), performance.now()]
    await delay(60_000)
    const part = ((await used()) - before) / ((performance.now() - began) / 1000)
    const peak = /VmHWM:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]
    rows.push(
      ['6 hosts at 1 Hz on 80×24, a minute: part of a core, %', (part * 100).toFixed(1), '3'],
      ['  peak memory, MB', (Number(peak) / 1024).toFixed(0), ''],
    )
  } finally {
    tmux('kill-server')
  }
}
