/** How tunnels run: bent so that as little of them as can be lies behind the hosts of others. */
import type { Graph } from '../graph.ts'
import { bendOf, type Layout, onCurve, type Point } from '../layout.ts'
import type { Box } from './card.ts'
import { round } from './text.ts'

/** By both hosts of a tunnel, `a` first: the handle of its curve. */
export type Bends = ReadonlyMap<string, Point>

/** Of the length of a tunnel, to its one side or the other. */
const aside = [0, 0.15, -0.15, 0.3, -0.3, 0.45, -0.45, 0.6, -0.6]
const samples = 24
/** A line that touches a box seems to end there. */
const apart = 4

export function bendsOf(
  { tunnels }: Pick<Graph, 'tunnels'>,
  { hosts }: Pick<Layout, 'hosts'>,
  boxes: ReadonlyMap<string, Box>,
): Bends {
  const bends = new Map<string, Point>()
  for (const { a, b } of tunnels) {
    const [from, to] = [hosts.get(a), hosts.get(b)]
    if (from === undefined || to === undefined) continue
    const others = [...boxes].filter(([name]) => name !== a && name !== b).map(([, box]) => box)
    const middle = bendOf(from, to)
    let [best, least] = [middle, Infinity]
    for (const side of aside) {
      const bend = { x: round(middle.x - (to.y - from.y) * side), y: round(middle.y + (to.x - from.x) * side) }
      // So much behind others is worth as much as a bend is ugly.
      const cost = hidden(from, to, bend, others) + 2 * Math.abs(side)
      if (cost < least) [best, least] = [bend, cost]
      if (cost === 0) break
    }
    bends.set(`${a} ${b}`, best)
  }
  return bends
}

/** How many of the samples of a curve lie within boxes. */
function hidden(from: Point, to: Point, bend: Point, boxes: readonly Box[]): number {
  let found = 0
  for (let n = 1; n < samples; n += 1) {
    const { x, y } = onCurve(from, to, n / samples, bend)
    if (
      boxes.some(
        box =>
          x > box.x - apart && x < box.x + box.width + apart && y > box.y - apart && y < box.y + box.height + apart,
      )
    )
      found += 1
  }
  return found
}
