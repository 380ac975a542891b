/** The demo as somebody sees it who has watched it from its first moment on. */
import { demoObserver } from '../../src/health/demo/demo.ts'
import type { Fleet } from '../../src/health/fleet.ts'
import { Memory } from '../../src/health/memory.ts'
import type { Snapshot } from '../../src/health/snapshot.ts'

export const start = Date.UTC(2026, 0, 1)
const interval = 10_000

export function demoAt(fleet: Fleet, seconds: number): Snapshot {
  const observe = demoObserver(fleet, { start })
  const memory = new Memory({ fleet, source: { kind: 'demo', title: 'DEMO', madeUp: true }, interval, now: start })
  let snapshot = memory.snapshot(start)
  for (let at = 0; at <= seconds; at += 10) {
    for (const observation of observe(at, at / 10)) memory.take(observation)
    snapshot = memory.snapshot(start + at * 1000)
  }
  return snapshot
}
