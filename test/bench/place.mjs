// npm run bench:place: placements of generated meshes, and how far each can be from the best at most.
// With --highs [n]: n (100) meshes by chance, mid-size, each compared with what HiGHS finds, term by term.
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

/** 8 to 12 hosts, some 20 to 50 instances: quorums, spread, labels, pins, talk across services; every other one has a past. */
function randomProblem(seed) {
  let state = seed * 2654435761 + 1
  const random = n => {
    // mulberry32: the same meshes on every machine.
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % n
  }
  const pick = (...items) => items[random(items.length)]
  const regions = 3 + random(2)
  const sites = Array.from({ length: 8 + random(5) }, (_, i) => ({
    ...{ host: `h${String(i).padStart(2, '0')}`, region: `r${i % regions}`, provider: `p${random(4)}`, arch: 'amd64' },
    ...{ class: pick(...classes), labels: random(3) > 0 ? ['zfs'] : [], drained: false },
    free: { cpu: pick(400, 800), memory: pick(4000, 6000, 8000), disk: pick(null, 60_000) },
  }))
  const trips = new Map()
  for (let a = 0; a < regions; a += 1) for (let b = 0; b < a; b += 1) trips.set(`r${b} r${a}`, 5000 + 100 * random(900))
  const services = 2 + random(3)
  const roles = Array.from({ length: services }, (_, i) => `s${i}`).flatMap(id => [
    { id: `${id}/etcd`, count: fixed(3), voters: true, demand: { cpu: 20, memory: 256, disk: 4000 }, moveCost: 20 },
    {
      ...{ id: `${id}/pg`, count: fixed(2 + random(2)), spread: [{ by: 'region', max: 1, hard: random(2) > 0 }] },
      ...{ demand: { cpu: 100, memory: 1024, disk: 10_000 }, labels: pick([], ['zfs']), moveCost: 50 },
      talksTo: [{ role: `${id}/etcd`, weight: 3 }],
    },
    {
      ...{
        id: `${id}/app`,
        count: fixed(1 + random(3)),
        spread: [{ by: pick('region', 'provider'), max: 1, hard: false }],
      },
      ...{ demand: { cpu: 50, memory: 512, disk: 2000 }, prefers: pick('core', 'edge', null) },
      talksTo: [
        { role: `${id}/cache`, weight: 8 },
        ...(random(2) > 0 ? [{ role: `s${random(services)}/pg`, weight: 4 }] : []),
      ],
    },
    { id: `${id}/cache`, count: fixed(1), demand: { cpu: 10, memory: 300, disk: 100 }, apart: pick([], [`${id}/pg`]) },
    {
      ...{ id: `${id}/cron`, count: fixed(1), demand: { cpu: 10, memory: 128, disk: 100 }, prefers: 'build' },
      hosts: random(4) === 0 ? [pick(...sites).host] : null,
    },
    {
      ...{ id: `${id}/proxy`, count: { kind: 'with', roles: [`${id}/app`, `${id}/cron`] } },
      ...{ demand: { cpu: 5, memory: 64, disk: 100 }, prefers: null, talksTo: [{ role: `${id}/pg`, weight: 10 }] },
    },
  ])
  const roundTrip = (a, b) => (a === b ? 1000 : trips.get([a, b].toSorted().join(' ')))
  const problem = { sites, roles: roles.map(role => ({ ...plain, ...role })), roundTrip, current: new Map() }
  const before = seed % 2 === 0 ? solve(problem) : null
  if (before?.kind !== 'solved') return problem
  const drained = random(sites.length)
  return { ...problem, sites: sites.map((site, i) => ({ ...site, drained: i === drained })), current: before.placed }
}

async function compare(count) {
  const { levels, referee } = await import('./highs.mjs')
  const table = levels.map(() => ({ compared: 0, equal: 0, better: 0, gaps: [] }))
  const sizes = []
  let [exact, impossible, disagreed, ours] = [0, 0, 0, 0]
  for (let seed = 1; seed <= count; seed += 1) {
    const problem = randomProblem(seed)
    const started = performance.now()
    const found = solve(problem)
    ours += performance.now() - started
    const best = referee(problem)
    if (found.kind === 'impossible' || best === null) {
      if (found.kind === 'impossible' && best === null) impossible += 1
      else disagreed += 1
      if (found.kind !== 'impossible' || best !== null) console.log(`mesh ${seed}: ${found.kind}, HiGHS: ${best}`)
      continue
    }
    if (found.exact) exact += 1
    sizes.push([...found.placed.values()].flat().length)
    const mine = listOf(found.objective)
    for (const [i, value] of best.entries()) {
      if (value === null) break
      const gap = mine[i] - value
      table[i].compared += 1
      table[i].gaps.push(gap / Math.max(1, value))
      if (gap === 0) {
        table[i].equal += 1
        continue
      }
      // What comes after a difference is not comparable.
      if (gap < 0) table[i].better += 1
      console.log(
        `mesh ${seed}: ${mine.join(' ')}, ${found.exact ? 'said to be the best' : 'a guess'}; HiGHS: ${best.join(' ')}`,
      )
      break
    }
  }
  console.log(
    `${count} meshes by chance, ${Math.min(...sizes)} to ${Math.max(...sizes)} instances: ${exact} said to be the best, ` +
      `${impossible} impossible for both, ${disagreed} for one only; ${(ours / count).toFixed(0)} ms each`,
  )
  const percent = value => `${(100 * value).toFixed(2)}%`
  print([
    ['term', 'compared', 'equal', 'better', 'mean gap', 'max gap'],
    ...table.map(({ compared, equal, better, gaps }, i) => [
      ...[levels[i], String(compared), String(equal), String(better)],
      percent(gaps.reduce((a, b) => a + b, 0) / Math.max(1, gaps.length)),
      percent(Math.max(0, ...gaps)),
    ]),
  ])
}

function print(rows) {
  const widths = rows[0].map((_, i) => Math.max(...rows.map(row => row[i].length)))
  for (const row of rows) console.log(row.map((cell, i) => cell.padStart(widths[i])).join('  '))
}

const cases = [
  [6, 5, 3],
  [8, 2, 3],
  [100, 50, 5],
  [1000, 416, 10],
]
// first: in a process that has just begun; warm: the best of some more; again: with the places it has.
const rows = [['hosts', 'instances', 'first s', 'warm s', 'again s', 'exact', 'objective', 'bound']]
const referees = process.argv.indexOf('--highs')
try {
  if (referees >= 0) await compare(Number(process.argv[referees + 1] ?? 100))
  for (const [hosts, services, regions] of referees >= 0 ? [] : cases) {
    const problem = problemOf(hosts, services, regions)
    const started = performance.now()
    const found = solve(problem)
    const first = performance.now() - started
    let warm = first
    for (let i = 0; i < (hosts < 100 ? 5 : 0); i += 1) {
      const from = performance.now()
      solve(problemOf(hosts, services, regions))
      warm = Math.min(warm, performance.now() - from)
    }
    if (found.kind === 'impossible') throw new Error(JSON.stringify(found.conflict))
    const before = performance.now()
    const again = solve({ ...problem, current: found.placed })
    if (listOf(again.objective)[0] !== 0) throw new Error('something moved')
    rows.push([
      ...[String(hosts), String([...found.placed.values()].flat().length)],
      ...[
        (first / 1000).toFixed(2),
        (warm / 1000).toFixed(3),
        ((performance.now() - before) / 1000).toFixed(2),
        String(found.exact),
      ],
      ...[listOf(found.objective).join(' '), listOf(found.bound).join(' ')],
    ])
  }
} finally {
  await rm(directory, { recursive: true, force: true })
}
if (referees < 0) print(rows)
