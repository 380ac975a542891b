/** The pictures in the README are screens of the program: drawn by `UPDATE=1`, and looked at. */
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import type { Fleet } from '../../src/health/fleet.ts'
import { frameOf } from '../../ui/frame.ts'
import { KeyReader } from '../../ui/keys.ts'
import { onKey, withSnapshot } from '../../ui/reduce.ts'
import { initialState, withSize, withTime } from '../../ui/state.ts'
import { expectText } from '../golden-text.ts'
import { demoAt } from '../health/demo-at.ts'
import { shippedFleet } from '../health/fleets.ts'
import { svgOf } from './svg.ts'

let fleet: Fleet
beforeAll(async () => {
  fleet = await shippedFleet()
})

for (const { name, typed, seconds, title, columns, rows } of [
  {
    name: 'overview',
    typed: '1',
    seconds: 600,
    title: 'The overview: what is wrong comes first',
    columns: 80,
    rows: 24,
  },
  {
    name: 'matrix',
    typed: '4',
    seconds: 600,
    title: 'The matrix: every tunnel, in both directions',
    columns: 80,
    rows: 24,
  },
  {
    name: 'service',
    typed: ':service db\r',
    seconds: 600,
    title: 'A service: roles, leaders, lag',
    columns: 80,
    rows: 24,
  },
  { name: 'large', typed: '1', seconds: 600, title: 'The overview on a large terminal', columns: 160, rows: 40 },
])
  test(`the picture of the ${name}`, () => {
    const size = { columns, rows }
    const snapshot = demoAt(fleet, seconds)
    const first = withTime(withSnapshot(withSize(initialState(), size), snapshot), snapshot.at)
    const svg = svgOf(frameOf(new KeyReader().push(typed).reduce(onKey, first), size), columns, title)
    expect(svg).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
    expectText(join(import.meta.dirname, '../../docs/screens', `${name}.svg`), svg)
  })
