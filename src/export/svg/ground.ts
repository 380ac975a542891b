/** The ground on which the hosts of a region stand: as little of its sector as holds them and its title. */
import type { Graph } from '../graph.ts'
import type { Layout, Point, Sector, Size } from '../layout.ts'
import type { Box } from './card.ts'
import { cut, round, widthOf } from './text.ts'

export interface Ground {
  /** Convex, clockwise as SVG counts; without the margin around it. */
  readonly corners: readonly Point[]
  /** Where lines from other regions arrive. */
  readonly door: Point
  readonly title: { readonly text: string; readonly size: number; readonly box: Box }
}

/** Around the cards; less than what a layout keeps free beside the edge of a sector. */
const margin = 14
/** Between the margins of two regions, at the least. */
const seam = 8
/** Of titles on a small map; and how much smaller they may become for want of room. */
const letters = 22
const smallest = 0.6

/** By region. `boxes`: what is drawn of each host. */
export function groundsOf(
  { regions }: Pick<Graph, 'regions'>,
  { sectors, reach }: Layout,
  boxes: ReadonlyMap<string, Box>,
): ReadonlyMap<string, Ground> {
  const size = letters * Math.max(1, Math.round((reach / 900) * 10) / 10)
  return new Map(
    regions.flatMap(({ name, title, hosts }) => {
      const sector = sectors.get(name)
      if (sector === undefined) return []
      const mine = hosts.flatMap(host => boxes.get(host) ?? [])
      return [[name, groundOf(sector, mine, { text: title, size })] as const]
    }),
  )
}

function groundOf(
  sector: Sector,
  boxes: readonly Box[],
  { text: whole, size: largest }: { readonly text: string; readonly size: number },
): Ground {
  const around = hullOf(boxes.flatMap(cornersOf))
  const extent = extentOf(around)
  const title = titleOf(whole, largest, { sector, boxes, around, extent })
  const corners = hullOf([...around, ...cornersOf(title.box)])
  return { corners, door: nearestOf(around.length === 0 ? corners : around), title }
}

interface Standing {
  readonly sector: Sector
  readonly boxes: readonly Box[]
  readonly around: readonly Point[]
  readonly extent: Box
}

/** A long title, or one for which there is no place beside the hosts, has smaller letters, and only then fewer. */
function titleOf(whole: string, largest: number, standing: Standing): Ground['title'] {
  const room = 1.15 * Math.max(standing.extent.width, 250)
  const fit = Math.max(smallest, Math.min(1, room / widthOf(whole, largest, 'bold')))
  const titleAt = (share: number) => {
    const size = share * largest
    const text = cut(whole, room, size, 'bold')
    return { text, size, needs: { width: widthOf(text, size, 'bold'), height: size * 1.15 } }
  }
  for (const share of [fit, 0.85 * fit, 0.7 * fit, smallest]) {
    const { text, size, needs } = titleAt(Math.max(smallest, share))
    const box = besideOf(needs, standing)
    if (box !== null) return { text, size, box }
  }
  const { text, size, needs } = titleAt(fit)
  return { text, size, box: beyondOf(needs, standing) }
}

/** Nobody is there, nor beyond it. */
const isFree = (box: Box, under: boolean, { sector, boxes }: Standing): boolean =>
  isWithin(box, sector) &&
  !boxes.some(
    other =>
      box.x < other.x + other.width &&
      other.x < box.x + box.width &&
      (under ? box.y < other.y + other.height : other.y < box.y + box.height),
  )

/** Above or below a host at the edge, or all of them, so that the ground grows least. */
function besideOf({ width, height }: Size, standing: Standing): Box | null {
  const { boxes, around, extent } = standing
  const apart = height * 0.3
  const outside = boxes.filter(box => cornersOf(box).some(({ x, y }) => around.some(at => at.x === x && at.y === y)))
  const costOf = (box: Box, under: boolean) => {
    const below = under ? 0.1 * extent.width * extent.height : 0
    // Tunnels run between the hosts and the middle.
    const inwards = Math.max(0, far(extent) - far(box)) * width
    return areaOf(hullOf([...around, ...cornersOf(box)])) + below + inwards
  }
  const candidates = [...outside, ...(boxes.length === 0 ? [] : [extent])]
    .flatMap(({ x, y, width: w, height: h }) =>
      [false, true].flatMap(under =>
        [x + (w - width) / 2, x, x + w - width].map(left => ({
          box: { x: left, y: under ? y + h + apart : y - apart - height, width, height },
          under,
        })),
      ),
    )
    .filter(({ box, under }) => isFree(box, under, standing))
    .map(({ box, under }) => ({ box, cost: costOf(box, under) }))
  const best = candidates.reduce<(typeof candidates)[number] | null>(
    (least, one) => (least === null || one.cost < least.cost - 1e-6 ? one : least),
    null,
  )
  return best?.box ?? null
}

/** On the middle of the sector, where it is wide enough. */
function beyondOf({ width, height }: Size, standing: Standing): Box {
  const { sector } = standing
  const middle = (sector.from + sector.to) / 2
  for (let radius = sector.inner; ; radius += height) {
    const box = {
      ...{ x: radius * Math.cos(middle) - width / 2, y: radius * Math.sin(middle) - height / 2 },
      ...{ width, height },
    }
    if (isFree(box, box.y > 0, standing)) return box
  }
}

/** The outline, with round corners. */
export function outlineOf({ corners }: Ground): string {
  const steps = corners.map((from, i) => {
    const to = corners[(i + 1) % corners.length] ?? from
    const long = Math.hypot(to.x - from.x, to.y - from.y)
    const [dx, dy] = [((to.y - from.y) / long) * margin, ((from.x - to.x) / long) * margin]
    return [text({ x: from.x + dx, y: from.y + dy }), text({ x: to.x + dx, y: to.y + dy })] as const
  })
  const arcs = steps.map(([start, end], i) => `${i === 0 ? 'M' : `A${margin} ${margin} 0 0 1 `}${start}L${end}`)
  return `${arcs.join('')}A${margin} ${margin} 0 0 1 ${steps[0]?.[0] ?? ''}Z`
}

/** With its margin. */
export function boundsOf({ corners }: Ground): Box {
  const { x, y, width, height } = extentOf(corners)
  return { x: x - margin, y: y - margin, width: width + 2 * margin, height: height + 2 * margin }
}

const text = ({ x, y }: Point): string => `${round(x)} ${round(y)}`

const cornersOf = ({ x, y, width, height }: Box): readonly Point[] => [
  { x, y },
  { x: x + width, y },
  { x: x + width, y: y + height },
  { x, y: y + height },
]

function extentOf(points: readonly Point[]): Box {
  if (points.length === 0) return { x: 0, y: 0, width: 0, height: 0 }
  const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)]
  const [x, y] = [Math.min(...xs), Math.min(...ys)]
  return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y }
}

/** Andrew's monotone chain. */
function hullOf(points: readonly Point[]): readonly Point[] {
  const sorted = points.toSorted((a, b) => a.x - b.x || a.y - b.y)
  const half = (all: readonly Point[]) => {
    const chain: Point[] = []
    for (const point of all) {
      for (;;) {
        const [a, b] = [chain.at(-2), chain.at(-1)]
        if (a === undefined || b === undefined) break
        if ((b.x - a.x) * (point.y - a.y) - (b.y - a.y) * (point.x - a.x) > 1e-9) break
        chain.pop()
      }
      chain.push(point)
    }
    return chain.slice(0, -1)
  }
  return [...half(sorted), ...half(sorted.toReversed())]
}

const areaOf = (corners: readonly Point[]): number =>
  corners.reduce((sum, { x, y }, i) => {
    const next = corners[(i + 1) % corners.length] ?? { x, y }
    return sum + (x * next.y - next.x * y) / 2
  }, 0)

/** Of the middle of a box from that of the picture. */
const far = ({ x, y, width, height }: Box): number => Math.hypot(x + width / 2, y + height / 2)

/** The point of an outline that is nearest to the middle. */
function nearestOf(corners: readonly Point[]): Point {
  let [nearest, least] = [{ x: 0, y: 0 }, Infinity]
  for (const [i, from] of corners.entries()) {
    const to = corners[(i + 1) % corners.length] ?? from
    const [dx, dy] = [to.x - from.x, to.y - from.y]
    const t = Math.max(0, Math.min(1, -(from.x * dx + from.y * dy) / (dx * dx + dy * dy || 1)))
    const point = { x: from.x + t * dx, y: from.y + t * dy }
    const distance = Math.hypot(point.x, point.y)
    if (distance < least) [nearest, least] = [{ x: round(point.x), y: round(point.y) }, distance]
  }
  return nearest
}

function isWithin(box: Box, { from, to }: Sector): boolean {
  if (to - from > 2 * Math.PI - 1e-9) return true
  const normals = [from + Math.PI / 2, to - Math.PI / 2].map(angle => ({ x: Math.cos(angle), y: Math.sin(angle) }))
  return cornersOf(box).every(({ x, y }) => normals.every(to => x * to.x + y * to.y >= margin + seam / 2))
}
