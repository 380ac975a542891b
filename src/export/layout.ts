/**
 * Where things are drawn: hosts around a centre, each region a sector of its own, filled from the inside out in the order
 * of the numbers that the lock gave. So a new host takes the next free place, and all others stay where they were.
 */
import type { Graph } from './graph.ts'

export interface Layout {
  /** Half the side of the square around 0, 0 in which all is. */
  readonly reach: number
  /** By region. Radians, clockwise from the right as SVG counts. */
  readonly sectors: ReadonlyMap<string, Sector>
  /** By host; the middle of it. */
  readonly hosts: ReadonlyMap<string, Point>
}

export interface Sector {
  readonly from: number
  readonly to: number
  readonly inner: number
  readonly outer: number
}

export interface Point {
  readonly x: number
  readonly y: number
}

export interface Size {
  readonly width: number
  readonly height: number
}

/** What a host may fill, whatever is drawn of it. */
export const cell: Size = { width: 250, height: 222 }
/** Between two cells, and between a cell and the edge of its sector. */
const gap = 22
/** The centre belongs to the tunnels. */
const innermost = 300
/** Up to this radius the first ring is widened until three find room. */
const wideEnough = 450
const step = 6
/** Unused numbers are left out by whole blocks: only who comes back into an empty block moves those beyond it. */
const block = 16

export function layoutOf({ regions, hosts }: Pick<Graph, 'regions' | 'hosts'>): Layout {
  const points = new Map<string, Point>()
  const sectors = new Map<string, Sector>()
  const width = (2 * Math.PI) / Math.max(1, regions.length)
  const wedges = regions.map((_, i) => ({ middle: -Math.PI / 2 + i * width, width }))
  const first = firstRadius(wedges)
  const members = new Map<string, Graph['hosts'][number][]>(regions.map(region => [region.name, []]))
  for (const host of hosts) members.get(host.region)?.push(host)
  let reach = first
  for (const [i, region] of regions.entries()) {
    const wedge = wedges[i] ?? { middle: 0, width }
    const mine = members.get(region.name) ?? []
    const slotOf = slotsOfNumbers(mine.map(({ number }) => number))
    const slots = slotsIn(wedge, first, Math.max(0, ...slotOf.values()))
    for (const host of mine) points.set(host.name, rounded(slots[slotOf.get(host.number) ?? 0] ?? { x: 0, y: 0 }))
    const outer = Math.max(
      ...mine.map(({ name }) => farthest(points.get(name) ?? { x: 0, y: 0 })),
      first + cell.height / 2,
    )
    reach = Math.max(reach, outer + gap)
    sectors.set(region.name, {
      ...{ from: wedge.middle - width / 2, to: wedge.middle + width / 2 },
      ...{
        inner: Math.floor(first - Math.hypot(cell.width, cell.height) / 2 - gap / 2),
        outer: Math.ceil(outer + gap),
      },
    })
  }
  return { reach: Math.ceil(reach), sectors, hosts: points }
}

/** The path of a tunnel, from the middle of one host to that of the other: the wider apart, the nearer to the centre. */
export function tunnelPath({ hosts }: Pick<Layout, 'hosts'>, a: string, b: string): string {
  const [from, to] = [hosts.get(a), hosts.get(b)]
  return from === undefined || to === undefined ? '' : curve(from, to)
}

export function curve(from: Point, to: Point): string {
  const { x, y } = bendOf(from, to)
  return `M${from.x} ${from.y}Q${x} ${y} ${to.x} ${to.y}`
}

/** A point of {@link curve}; `t` from 0 to 1. */
export function onCurve(from: Point, to: Point, t: number): Point {
  const bend = bendOf(from, to)
  const at = (axis: 'x' | 'y') => (1 - t) ** 2 * from[axis] + 2 * t * (1 - t) * bend[axis] + t ** 2 * to[axis]
  return rounded({ x: at('x'), y: at('y') })
}

function bendOf(from: Point, to: Point): Point {
  const between = Math.atan2(from.y, from.x) - Math.atan2(to.y, to.x)
  const pull = 0.9 - 0.7 * Math.sin(between / 2) ** 2
  return rounded({ x: ((from.x + to.x) / 2) * pull, y: ((from.y + to.y) / 2) * pull })
}

interface Wedge {
  readonly middle: number
  readonly width: number
}

/** Where the first ring lies: in every sector there is room for one host, and if it costs little, for three. */
function firstRadius(wedges: readonly Wedge[]): number {
  const holds = (count: number, radius: number) => wedges.every(wedge => ringAt(wedge, radius).length >= count)
  for (let radius = innermost; radius <= wideEnough; radius += step) if (holds(3, radius)) return radius
  for (let radius = innermost; ; radius += step) if (holds(1, radius)) return radius
}

function slotsOfNumbers(numbers: readonly number[]): ReadonlyMap<number, number> {
  const blocks = [...new Set(numbers.map(number => Math.floor(number / block)))].toSorted((a, b) => a - b)
  const rank = new Map(blocks.map((one, i) => [one, i]))
  return new Map(
    numbers.map(number => [number, (rank.get(Math.floor(number / block)) ?? 0) * block + (number % block)]),
  )
}

/** The places 0 to `last` of a sector: ring after ring, each as close to the one before and as full as cells allow. */
function slotsIn(wedge: Wedge, first: number, last: number): readonly Point[] {
  const slots: Point[] = []
  let before: readonly Point[] = []
  for (let radius = first; slots.length <= last; radius += step) {
    const ring = ringAt(wedge, radius)
    if (ring.length === 0 || ring.some(point => before.some(other => meet(point, other)))) continue
    slots.push(...ring)
    before = [...before.slice(-4 * ring.length), ...ring]
  }
  return slots
}

/** The places of one ring, from the middle of the sector to its edges. */
function ringAt(wedge: Wedge, radius: number): readonly Point[] {
  const at = (angle: number): Point => ({ x: radius * Math.cos(angle), y: radius * Math.sin(angle) })
  const whole = wedge.width > 2 * Math.PI - 1e-9
  const most = Math.floor((wedge.width * radius) / (Math.min(cell.width, cell.height) + gap)) + 1
  if (whole) {
    for (let count = most; count > 1; count -= 1) {
      const ring = Array.from({ length: count }, (_, i) => at(wedge.middle + (i / count) * 2 * Math.PI))
      if (apart(ring)) return spread(count).map(i => ring[i] ?? at(0))
    }
    return [at(wedge.middle)]
  }
  if (!fits(at(wedge.middle), wedge)) return []
  const side = widest(radius, wedge)
  for (let count = most; count > 1; count -= 1) {
    // An even ring has no place in the middle, where the first host of a region belongs.
    const angles = Array.from({ length: count }, (_, i) => (i / (count - 1) - 0.5) * 2 * side)
    const ring = angles.map(angle => at(wedge.middle + angle))
    if (count % 2 === 1 && apart(ring))
      return angles.toSorted((a, b) => Math.abs(a) - Math.abs(b) || a - b).map(angle => at(wedge.middle + angle))
  }
  return [at(wedge.middle)]
}

/** How far from the middle of its sector a cell may be, to both sides. */
function widest(radius: number, wedge: Wedge): number {
  const fitsAt = (angle: number) =>
    [angle, -angle].every(one =>
      fits({ x: radius * Math.cos(wedge.middle + one), y: radius * Math.sin(wedge.middle + one) }, wedge),
    )
  let [low, high] = [0, wedge.width / 2]
  for (let n = 0; n < 20; n += 1) {
    const middle = (low + high) / 2
    if (fitsAt(middle)) low = middle
    else high = middle
  }
  return low
}

/** A half plane to either side: right for all but the one sector that is the whole circle. */
function fits({ x, y }: Point, { middle, width }: Wedge): boolean {
  return [middle - width / 2 + Math.PI / 2, middle + width / 2 - Math.PI / 2].every(normal => {
    const [nx, ny] = [Math.cos(normal), Math.sin(normal)]
    const nearest = x * nx + y * ny - (Math.abs(nx) * cell.width + Math.abs(ny) * cell.height) / 2
    return nearest >= gap
  })
}

const meet = (a: Point, b: Point): boolean =>
  Math.abs(a.x - b.x) < cell.width + gap && Math.abs(a.y - b.y) < cell.height + gap

const apart = (ring: readonly Point[]): boolean =>
  ring.every((point, i) => ring.every((other, k) => k >= i || !meet(point, other)))

/** 0 to `count` − 1 around a circle, so that the first few are far from each other: halves, quarters, eighths. */
function spread(count: number): readonly number[] {
  const order = new Set<number>()
  for (let k = 0; order.size < count; k += 1) {
    let [fraction, half] = [0, 0.5]
    for (let rest = k; rest > 0; rest >>= 1, half /= 2) fraction += (rest & 1) * half
    order.add(Math.floor(fraction * count))
  }
  return [...order]
}

/** Of a cell's corners. */
const farthest = ({ x, y }: Point): number => Math.hypot(Math.abs(x) + cell.width / 2, Math.abs(y) + cell.height / 2)

const rounded = ({ x, y }: Point): Point => ({ x: Math.round(x * 10) / 10, y: Math.round(y * 10) / 10 })
