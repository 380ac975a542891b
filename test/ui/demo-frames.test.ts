/** Whole screens over the demo, and over recordings of what can go wrong; `UPDATE=1` rewrites them, and the diff is read. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, test } from 'vitest'
import { demoObserver } from '../../src/health/demo/demo.ts'
import type { Fault } from '../../src/health/demo/faults.ts'
import type { Fleet } from '../../src/health/fleet.ts'
import { headerLine, headerOf, observationLine } from '../../src/health/recording.ts'
import { openReplay } from '../../src/health/replay.ts'
import type { Snapshot } from '../../src/health/snapshot.ts'
import { lookOnce } from '../../src/health/watch.ts'
import { frameOf } from '../../ui/frame.ts'
import { KeyReader } from '../../ui/keys.ts'
import { plainText } from '../../ui/line.ts'
import { onKey, withSnapshot } from '../../ui/reduce.ts'
import { initialState, withSize, withTime } from '../../ui/state.ts'
import { expectText } from '../golden-text.ts'
import { demoAt, start } from '../health/demo-at.ts'
import { shippedFleet } from '../health/fleets.ts'

const interval = 10_000

let fleet: Fleet
beforeAll(async () => {
  fleet = await shippedFleet()
})

/** Four minutes written down, and read again. */
async function recorded(faults: readonly Fault[]): Promise<Snapshot> {
  const observe = demoObserver(fleet, { start, faults })
  const lines = [headerLine(headerOf(fleet, start, interval))]
  for (let at = 10; at <= 240; at += 10) for (const one of observe(at, at / 10)) lines.push(observationLine(one))
  const directory = mkdtempSync(join(tmpdir(), 'meshwright-'))
  try {
    const path = join(directory, 'seen.jsonl')
    writeFileSync(path, `${lines.join('\n')}\n`)
    const source = await openReplay(path, fleet)
    if ('severity' in source) throw new Error(source.message)
    const snapshot = await lookOnce({ fleet, source, interval, signal: new AbortController().signal })
    return { ...snapshot, source: { ...snapshot.source, title: 'replay seen.jsonl' } }
  } finally {
    rmSync(directory, { recursive: true })
  }
}

const always = { from: 60, until: Infinity }
const cases: Readonly<Record<string, () => Snapshot | Promise<Snapshot>>> = {
  demo: () => demoAt(fleet, 600),
  'host-and-link': () =>
    recorded([
      { ...always, kind: 'host-lost', what: 'bohr' },
      { ...always, kind: 'one-way', what: 'tesla>newton' },
      { ...always, kind: 'drift', what: 'newton' },
    ]),
  'no-leader': () =>
    recorded([
      { ...always, kind: 'database-without-leader', what: 'db/postgres' },
      { ...always, kind: 'pool-degraded', what: 'tesla' },
    ]),
  'region-lost': () => recorded([{ ...always, kind: 'region-lost', what: 'west-europe' }]),
}

/** What is typed to get there. */
const views: Readonly<Record<string, string>> = {
  overview: '1',
  hosts: '2',
  links: '3',
  matrix: '4',
  services: '5',
  drift: '6',
  events: '7',
  'what-if': '8j ',
  host: ':host tesla\r',
  service: ':service db\r',
  link: '3\r',
  yaml: '2y',
}

describe.each(Object.keys(cases))('screens: %s', name => {
  let snapshot: Snapshot
  beforeAll(async () => {
    const of = cases[name]
    if (of !== undefined) snapshot = await of()
  })
  for (const [columns, rows] of [
    [80, 24],
    [160, 50],
  ] as const)
    for (const [view, typed] of Object.entries(views))
      test(`${view} at ${columns}×${rows}`, () => {
        const size = { columns, rows }
        const first = withTime(withSnapshot(withSize(initialState(), size), snapshot), snapshot.at + 2000)
        const state = new KeyReader().push(typed).reduce(onKey, first)
        const frame = plainText(frameOf(state, size))
        expectText(join(import.meta.dirname, 'screens', name, `${view}-${columns}x${rows}.txt`), `${frame}\n`)
      })
})
