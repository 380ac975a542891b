/** Nobody moves when another comes, and nobody stands on another. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cell, type Layout, layoutOf, tunnelPath } from '../../src/export/layout.ts'
import { sketchOf } from './graphs.ts'

const overlaps = ({ hosts }: Layout): readonly string[] => {
  const points = [...hosts]
  return points.flatMap(([a, p], i) =>
    points
      .slice(i + 1)
      .filter(([, q]) => Math.abs(p.x - q.x) < cell.width && Math.abs(p.y - q.y) < cell.height)
      .map(([b]) => `${a} ${b}`),
  )
}

for (const sizes of [
  [1],
  [1, 1],
  [6],
  [3, 2, 1],
  [6, 6, 6, 6],
  [15, 15, 10, 10, 5, 5],
  [50, 50, 40, 30, 20, 10],
  [40, 1, 1, 1],
  Array.from({ length: 30 }, () => 2),
])
  test(`cells of ${sizes.slice(0, 6).join(' + ')} hosts lie apart, each within its sector`, () => {
    const graph = sketchOf(sizes, { jails: 0 })
    const layout = layoutOf(graph)
    expect(layout.hosts.size).toBe(graph.hosts.length)
    expect(overlaps(layout)).toEqual([])
    for (const { name, region } of graph.hosts) {
      const [at, sector] = [layout.hosts.get(name), layout.sectors.get(region)]
      if (at === undefined || sector === undefined) throw new Error(`${name} has no place`)
      for (const [dx, dy] of [
        [-1, -1],
        [-1, 1],
        [1, -1],
        [1, 1],
      ] as const) {
        const [x, y] = [at.x + (dx * cell.width) / 2, at.y + (dy * cell.height) / 2]
        const angle = Math.atan2(y, x)
        const turned = sector.from + ((((angle - sector.from) % (2 * Math.PI)) + 2 * Math.PI) % (2 * Math.PI))
        expect(turned, `${name} leaves ${region}`).toBeLessThan(sector.to)
        expect(Math.hypot(x, y)).toBeLessThan(sector.outer)
        expect(Math.max(Math.abs(x), Math.abs(y))).toBeLessThan(layout.reach)
      }
    }
  })

test('a host that comes moves no other, and turns no sector', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 12 }), {
        minLength: 1,
        maxLength: 7,
      }),
      fc.nat(),
      (regions, at) => {
        const where = at % regions.length
        const numbers = regions.map(all => all.toSorted((a, b) => a - b))
        const next = Math.max(...(numbers[where] ?? [])) + 1
        const more = numbers.map((all, i) => (i === where ? [...all, next] : all))
        const [before, after] = [numbers, more].map(all =>
          layoutOf(
            sketchOf(
              all.map(({ length }) => length),
              { numbers: all, jails: 0 },
            ),
          ),
        )
        for (const [name, point] of before?.hosts ?? []) expect(after?.hosts.get(name)).toEqual(point)
        for (const [name, { from, to, inner }] of before?.sectors ?? [])
          expect(after?.sectors.get(name)).toMatchObject({ from, to, inner })
      },
    ),
    { numRuns: 40 },
  )
})

test('a host that fills a hole near others moves none of them', () => {
  const [before, after] = [
    [0, 1, 5, 17],
    [0, 1, 3, 5, 17],
  ].map(numbers => layoutOf(sketchOf([numbers.length], { numbers: [numbers], jails: 0 })))
  for (const [name, point] of before?.hosts ?? []) expect(after?.hosts.get(name)).toEqual(point)
})

test('hundreds of unused numbers leave no desert', () => {
  const near = layoutOf(sketchOf([3], { numbers: [[0, 1, 254]], jails: 0 }))
  expect(near.reach).toBeLessThan(layoutOf(sketchOf([48], { jails: 0 })).reach)
})

test('a tunnel begins and ends in the middle of its hosts, and of strangers there is none', () => {
  const layout = layoutOf(sketchOf([1, 1], { jails: 0 }))
  const [a, b] = ['h0-0', 'h1-0'].map(name => layout.hosts.get(name))
  expect(tunnelPath(layout, 'h0-0', 'h1-0')).toMatch(new RegExp(`^M${a?.x} ${a?.y}Q.* ${b?.x} ${b?.y}$`))
  expect(tunnelPath(layout, 'h0-0', 'nobody')).toBe('')
})
