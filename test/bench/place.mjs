// npm run bench:place: placements of generated meshes, and how far each can be from the best at most.
import { build } from 'esbuild'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const directory = await mkdtemp(join(tmpdir(), 'meshwright-place-'))
const outfile = join(directory, 'solve.mjs')
await build({
  entryPoints: [fileURLToPath(new URL('../../topology/place/solve.ts', import.meta.url))],
  ...{ outfile, bundle: true, format: 'esm', platform: 'neutral', logLevel: 'error' },
})
const { solve } = await import(pathToFileURL(outfile).href)

const classes = ['core', 'core', 'core', 'edge', 'build', 'weak']
const plain = {
  ...{ place: { document: '', path: [] }, spread: [], voters: false, arch: [], labels: [], hosts: null, regions: null },
  ...{ apart: [], prefers: 'core', moveCost: 1, talksTo: [], maxRtt: null, publicPorts: [] },
}
const fixed = instances => ({ kind: 'fixed', instances })

/** Twelve instances a service: a quorum, a database, an application, a job, and proxies beside the last two. */
function problemOf(hosts, services, regions) {
  const sites = Array.from({ length: hosts }, (_, i) => ({
    ...{ host: `h${String(i).padStart(4, '0')}`, region: `r${i % regions}`, provider: `p${i % 7}`, arch: 'amd64' },
    ...{ class: classes[i % 6], labels: [], drained: false, free: { cpu: 1600, memory: 32_000, disk: 500_000 } },
  }))
  const roles = Array.from({ length: services }, (_, i) => `s${String(i).padStart(4, '0')}`).flatMap(id => {
    const database = [{ role: `${id}/pg`, weight: 10 }]
    return [
      { id: `${id}/etcd`, count: fixed(3), voters: true, demand: { cpu: 20, memory: 256, disk: 4000 } },
      {
        ...{ id: `${id}/pg`, count: fixed(3), spread: [{ by: 'region', max: 1, hard: true }] },
        ...{ demand: { cpu: 100, memory: 1024, disk: 20_000 }, talksTo: [{ role: `${id}/etcd`, weight: 3 }] },
      },
      {
        ...{ id: `${id}/app`, count: fixed(2), spread: [{ by: 'region', max: 1, hard: false }], talksTo: database },
        demand: { cpu: 50, memory: 512, disk: 2000 },
      },
      { id: `${id}/cron`, count: fixed(1), demand: { cpu: 10, memory: 128, disk: 100 }, talksTo: database },
      {
        ...{ id: `${id}/proxy`, count: { kind: 'with', roles: [`${id}/app`, `${id}/cron`] }, talksTo: database },
        demand: { cpu: 5, memory: 64, disk: 100 },
      },
    ].map(role => ({ ...plain, ...role }))
  })
  const roundTrip = (a, b) => (a === b ? 1000 : 10_000 + Math.abs(Number(a.slice(1)) - Number(b.slice(1))) * 7000)
  return { sites, roles, roundTrip, current: new Map() }
}

const listOf = ({ moves, spread, latency, preference, imbalance }) => [
  moves,
  ...spread,
  latency,
  preference,
  ...imbalance,
]
const rows = [['hosts', 'instances', 'first s', 'again s', 'exact', 'objective', 'bound']]
try {
  for (const [hosts, services, regions] of [
    [6, 5, 3],
    [8, 2, 3],
    [100, 50, 5],
    [1000, 416, 10],
  ]) {
    const problem = problemOf(hosts, services, regions)
    const started = performance.now()
    const found = solve(problem)
    const first = performance.now() - started
    if (found.kind === 'impossible') throw new Error(JSON.stringify(found.conflict))
    const before = performance.now()
    const again = solve({ ...problem, current: found.placed })
    if (listOf(again.objective)[0] !== 0) throw new Error('something moved')
    rows.push([
      ...[String(hosts), String([...found.placed.values()].flat().length)],
      ...[(first / 1000).toFixed(2), ((performance.now() - before) / 1000).toFixed(2), String(found.exact)],
      ...[listOf(found.objective).join(' '), listOf(found.bound).join(' ')],
    ])
  }
} finally {
  await rm(directory, { recursive: true, force: true })
}
const widths = rows[0].map((_, i) => Math.max(...rows.map(row => row[i].length)))
for (const row of rows) console.log(row.map((cell, i) => cell.padStart(widths[i])).join('  '))
