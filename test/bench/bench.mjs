// npm run bench [-- NAME…]: builds of generated meshes, each against `cp -r` of its own output in the same run, because
// machines differ and only ratios travel. Columns: wall seconds, CPU seconds, peak memory, and what they are compared to.
import { spawn } from 'node:child_process'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { generateMesh } from './generate.mjs'

const cli = fileURLToPath(new URL('../../dist/meshwright.js', import.meta.url))
const cases = [
  { name: '6', hosts: 6, regions: 3, topology: 'full' },
  { name: '100', hosts: 100, regions: 5, topology: 'full' },
  { name: '300', hosts: 300, regions: 5, topology: 'full' },
  { name: '1000', hosts: 1000, regions: 10, topology: 'full' },
  { name: '1000-regional', hosts: 1000, regions: 20, topology: 'regional' },
  { name: '10000-regional', hosts: 10000, regions: 200, topology: 'regional' },
]
const wanted = process.argv.slice(2)
const chosen = cases.filter(({ name }) => wanted.length === 0 || wanted.includes(name))

const rows = [
  [
    'mesh',
    'tunnels',
    'MB',
    'first s',
    'CPU s',
    'peak MB',
    'cp -r s',
    'first/cp',
    'again s',
    'again/first',
    'µs/tunnel',
    'written again',
  ],
]
const temporary = await mkdtemp(join(tmpdir(), 'meshwright-bench-'))
try {
  for (const { name, hosts, regions, topology } of chosen) {
    const directory = join(temporary, name)
    await generateMesh({ directory, hosts, regions, topology })
    const environment = { ...process.env, MESHWRIGHT_IDENTITY: join(temporary, 'identity.txt') }
    const build = () => run(process.execPath, [cli, 'build', '-C', directory, '--json'], environment)
    const first = await build()
    const bytes = await sizeOf(join(directory, 'out'))
    const copy = await run('cp', ['-r', join(directory, 'out'), join(directory, 'copy')], environment)
    await rm(join(directory, 'copy'), { recursive: true })
    const again = await build()
    const { tunnels } = JSON.parse(first.stdout)
    rows.push([
      name,
      String(tunnels),
      (bytes / 1e6).toFixed(1),
      first.seconds.toFixed(2),
      first.cpu.toFixed(2),
      first.peak.toFixed(0),
      copy.seconds.toFixed(2),
      (first.seconds / copy.seconds).toFixed(1),
      again.seconds.toFixed(2),
      (again.seconds / first.seconds).toFixed(2),
      ((first.seconds * 1e6) / tunnels).toFixed(1),
      String(JSON.parse(again.stdout).written.length),
    ])
    await rm(directory, { recursive: true })
  }
} finally {
  await rm(temporary, { recursive: true, force: true })
}
const widths = rows[0].map((_, i) => Math.max(...rows.map(row => row[i].length)))
for (const row of rows) console.log(row.map((cell, i) => cell.padStart(widths[i])).join('  '))

/** Wall and CPU seconds and peak memory of one process, by GNU time where it is, else without memory. */
function run(command, args, env) {
  const script =
    'import os,resource,subprocess,sys,time\nt=time.time()\nr=subprocess.run(sys.argv[1:])\nu=resource.getrusage(resource.RUSAGE_CHILDREN)\nos.write(3,f"{time.time()-t} {u.ru_utime+u.ru_stime} {u.ru_maxrss/1024}".encode())\nsys.exit(r.returncode)'
  return new Promise((resolve, reject) => {
    const child = spawn('python3', ['-c', script, command, ...args], {
      env,
      stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
    })
    let stdout = ''
    let usage = ''
    child.stdout.on('data', data => (stdout += data))
    child.stdio[3].on('data', data => (usage += data))
    child.on('error', reject)
    child.on('close', code => {
      if (code !== 0) return reject(new Error(`${command} ${args.join(' ')}: exit ${code}`))
      const [seconds, cpu, peak] = usage.split(' ').map(Number)
      resolve({ stdout, seconds, cpu, peak })
    })
  })
}

async function sizeOf(directory) {
  let sum = 0
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) sum += (await stat(join(entry.parentPath, entry.name))).size
  return sum
}
