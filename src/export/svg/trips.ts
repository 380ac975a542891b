/** How long it takes between regions: labels on tunnels, where nothing else is. */
import { bendOf, onCurve, type Point } from '../layout.ts'
import type { Box } from './card.ts'
import { type Pair, tripText } from './pairs.ts'
import { mostTunnels, type Picture } from './picture.ts'
import { round, widthOf, xml } from './text.ts'

/** Above this many regions, the labels of their pairs would cover all else. */
const mostLabelled = 12

/** What was measured, once for each pair of regions, where nothing else is. */
export function tripsOf(picture: Picture): readonly string[] {
  const { graph, boxes, grounds, scale, pairs } = picture
  if (graph.regions.length > mostLabelled) return []
  const size = 12.5 * scale
  const taken: Box[] = [...boxes.values(), ...[...grounds.values()].map(({ title }) => title.box)]
  return pairs.flatMap(({ regions: [a, b], tunnels }) => {
    const trip = tunnels[0]?.roundTrip
    if (a === b || trip === undefined || trip.estimated) return []
    const text = tripText(trip)
    const [width, height] = [widthOf(text, size) + size, size * 1.7]
    for (const { from, to, bend } of linesOf(picture, { regions: [a, b], tunnels }, graph.tunnels.length))
      for (const t of [0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74]) {
        const middle = onCurve(from, to, t, bend)
        const box = { x: middle.x - width / 2, y: middle.y - height / 2, width, height }
        if (taken.some(other => overlap(box, other))) continue
        taken.push(box)
        return [
          `<g class="trip" data-regions="${xml(`${a} ${b}`)}"><title>${xml(`${a} – ${b}: ${text}, measured`)}</title>` +
            `<rect x="${round(box.x)}" y="${round(box.y)}" width="${round(width)}" height="${round(height)}" rx="${round(height / 2)}"/>` +
            `<text x="${middle.x}" y="${round(middle.y + size * 0.36)}" font-size="${round(size)}" text-anchor="middle">${xml(text)}</text></g>`,
        ]
      }
    return []
  })
}

/** The lines that are drawn between two regions, those of the innermost hosts first. */
function linesOf({ layout, grounds, bends }: Picture, { regions: [a, b], tunnels }: Pair, all: number) {
  const [from, to] = [grounds.get(a), grounds.get(b)]
  if (all > mostTunnels && tunnels.length > 1 && from !== undefined && to !== undefined)
    return [{ from: from.door, to: to.door, bend: bendOf(from.door, to.door) }]
  return tunnels
    .flatMap(tunnel => {
      const [near, far] = [layout.hosts.get(tunnel.a), layout.hosts.get(tunnel.b)]
      return near === undefined || far === undefined
        ? []
        : [{ from: near, to: far, bend: bends.get(`${tunnel.a} ${tunnel.b}`) ?? bendOf(near, far) }]
    })
    .toSorted((one, other) => lengthOf(one) - lengthOf(other))
    .slice(0, 5)
}

const lengthOf = ({ from, to }: { readonly from: Point; readonly to: Point }): number =>
  Math.hypot(from.x, from.y) + Math.hypot(to.x, to.y)

const overlap = (a: Box, b: Box): boolean =>
  a.x < b.x + b.width + 4 && b.x < a.x + a.width + 4 && a.y < b.y + b.height + 4 && b.y < a.y + a.height + 4
