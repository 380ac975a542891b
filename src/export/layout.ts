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
/** Between two cells, and between a cell and the edges of its sector. */
const gap = 22
/** The centre belongs to the tunnels, of which there are more the more regions there are: no cell comes nearer to it. */
const clearOf = (regions: number): number => Math.max(100, 40 + 50 * regions)
/** Unused numbers are left out by whole blocks: only who comes back into an empty block moves those beyond it. */
const block = 16

export function layoutOf({ regions, hosts }: Pick<Graph, 'regions' | 'hosts'>): Layout {
  const points = new Map<string, Point>()
  const sectors = new Map<string, Sector>()
  const members = new Map<string, Graph['hosts'][number][]>(regions.map(region => [region.name, []]))
  for (const host of hosts) members.get(host.region)?.push(host)
  const width = (2 * Math.PI) / Math.max(1, regions.length)
  const clear = clearOf(regions.length)
  let reach = clear
  for (const [i, region] of regions.entries()) {
    const wedge = wedgeOf(i * width - Math.PI / 2, width, clear)
    const mine = members.get(region.name) ?? []
    const slotOf = slotsOfNumbers(mine.map(({ number }) => number))
    const slots = slotsIn(wedge, bestPhase(wedge), Math.max(0, ...slotOf.values()) + 1)
    for (const host of mine) points.set(host.name, rounded(slots[slotOf.get(host.number) ?? 0] ?? origin))
    const outer =
      Math.max(...mine.map(({ name }) => farthest(points.get(name) ?? origin)), wedge.clear + cell.height) + gap
    reach = Math.max(reach, outer)
    const [inner, from, to] = [wedge.clear - gap, wedge.middle - width / 2, wedge.middle + width / 2]
    sectors.set(region.name, { from, to, inner: Math.floor(inner), outer: Math.ceil(outer) })
  }
  return { reach: Math.ceil(reach), sectors, hosts: points }
}

/** The path of a tunnel, from the middle of one host to that of the other: the wider apart, the nearer to the centre. */
export function tunnelPath({ hosts }: Pick<Layout, 'hosts'>, a: string, b: string, bend?: Point): string {
  const [from, to] = [hosts.get(a), hosts.get(b)]
  return from === undefined || to === undefined ? '' : curve(from, to, bend)
}

/** `bend`: the handle between them. */
export function curve(from: Point, to: Point, bend: Point = bendOf(from, to)): string {
  return `M${from.x} ${from.y}Q${bend.x} ${bend.y} ${to.x} ${to.y}`
}

/** A point of {@link curve}; `t` from 0 to 1. */
export function onCurve(from: Point, to: Point, t: number, bend: Point = bendOf(from, to)): Point {
  const at = (axis: 'x' | 'y') => (1 - t) ** 2 * from[axis] + 2 * t * (1 - t) * bend[axis] + t ** 2 * to[axis]
  return rounded({ x: at('x'), y: at('y') })
}

export function bendOf(from: Point, to: Point): Point {
  const between = Math.atan2(from.y, from.x) - Math.atan2(to.y, to.x)
  const pull = 0.9 - 0.7 * Math.sin(between / 2) ** 2
  return rounded({ x: ((from.x + to.x) / 2) * pull, y: ((from.y + to.y) / 2) * pull })
}

const origin: Point = { x: 0, y: 0 }

interface Wedge {
  readonly middle: number
  /** No cell comes nearer to the centre. */
  readonly clear: number
  /** Unit vectors that point inwards from its two edges; none: the whole circle. */
  readonly normals: readonly Point[]
  /** Around all of it that is as near as 1. */
  readonly box: Box
}

interface Box {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

/** Of the part of a circle between two angles: its tip, its ends, and where it crosses an axis. */
function boxOf(from: number, to: number): Box {
  const quarter = Math.PI / 2
  const angles = [from, to]
  for (let i = Math.ceil(from / quarter); i * quarter <= to; i += 1) angles.push(i * quarter)
  const [xs, ys] = [angles.map(Math.cos), angles.map(Math.sin)]
  return {
    ...{ left: Math.min(0, ...xs), right: Math.max(0, ...xs) },
    ...{ top: Math.min(0, ...ys), bottom: Math.max(0, ...ys) },
  }
}

function wedgeOf(middle: number, width: number, clear: number): Wedge {
  if (width > 2 * Math.PI - 1e-9) return { middle, clear, normals: [], box: boxOf(0, 2 * Math.PI) }
  // Where a sector is too narrow for a cell, it begins only there.
  const radius = Math.hypot(cell.width, cell.height) / 2
  const tip = radius / Math.sin(width / 2) - radius - gap
  const [from, to] = [middle - width / 2, middle + width / 2]
  const normals = [from + Math.PI / 2, to - Math.PI / 2]
  return {
    ...{ middle, clear: Math.max(clear, tip), box: boxOf(from, to) },
    normals: normals.map(angle => ({ x: Math.cos(angle), y: Math.sin(angle) })),
  }
}

function slotsOfNumbers(numbers: readonly number[]): ReadonlyMap<number, number> {
  const blocks = [...new Set(numbers.map(number => Math.floor(number / block)))].toSorted((a, b) => a - b)
  const rank = new Map(blocks.map((one, i) => [one, i]))
  return new Map(
    numbers.map(number => [number, (rank.get(Math.floor(number / block)) ?? 0) * block + (number % block)]),
  )
}

const pitch: Size = { width: cell.width + gap, height: cell.height + gap }
/** How finely the rows and columns of a sector are moved, to each side, until they fit it best. */
const phases = 8
const tried = 7

/** Rows and columns lie so that the first few hosts are near the centre, the first of all in the middle of its sector. */
function bestPhase(wedge: Wedge): Point {
  let [best, least] = [origin, Infinity]
  for (let i = 0; i < phases; i += 1)
    for (let k = 0; k < phases; k += 1) {
      const phase = { x: (i / phases) * pitch.width, y: (k / phases) * pitch.height }
      const slots = slotsIn(wedge, phase, tried)
      const aside = slots[0] === undefined ? 0 : Math.abs(asideOf(slots[0], wedge))
      const badness = slots.reduce((sum, { x, y }) => sum + Math.hypot(x, y), tried * aside)
      if (badness < least - 1e-6) [best, least] = [phase, badness]
    }
  return best
}

/** The first `count` places of a sector in rows and columns, from the inside out. */
function slotsIn(wedge: Wedge, phase: Point, count: number): readonly Point[] {
  for (let radius = wedge.clear + 2 * pitch.width; ; radius *= 1.3) {
    const slots: { readonly at: Point; readonly distance: number; readonly aside: number }[] = []
    const { left, right, top, bottom } = wedge.box
    const [columns, rows] = [radius / pitch.width, radius / pitch.height]
    for (let i = Math.floor(left * columns) - 1; i <= right * columns + 1; i += 1)
      for (let k = Math.floor(top * rows) - 1; k <= bottom * rows + 1; k += 1) {
        const at = { x: phase.x + i * pitch.width, y: phase.y + k * pitch.height }
        const distance = Math.round(Math.hypot(at.x, at.y))
        if (distance <= radius && fits(at, wedge)) slots.push({ at, distance, aside: asideOf(at, wedge) })
      }
    if (slots.length < count) continue
    return slots
      .toSorted((a, b) => a.distance - b.distance || Math.abs(a.aside) - Math.abs(b.aside) || a.aside - b.aside)
      .slice(0, count)
      .map(({ at }) => at)
  }
}

/** From the line through the middle of a sector; to the right of who looks outwards it is more than 0. */
const asideOf = ({ x, y }: Point, { middle }: Wedge): number =>
  Math.round((y * Math.cos(middle) - x * Math.sin(middle)) * 10) / 10

function fits({ x, y }: Point, { clear: nearest, normals }: Wedge): boolean {
  const [dx, dy] = [Math.max(0, Math.abs(x) - cell.width / 2), Math.max(0, Math.abs(y) - cell.height / 2)]
  return (
    Math.hypot(dx, dy) >= nearest &&
    normals.every(to => x * to.x + y * to.y - (Math.abs(to.x) * cell.width + Math.abs(to.y) * cell.height) / 2 >= gap)
  )
}

/** Of a cell's corners. */
const farthest = ({ x, y }: Point): number => Math.hypot(Math.abs(x) + cell.width / 2, Math.abs(y) + cell.height / 2)

const rounded = ({ x, y }: Point): Point => ({ x: Math.round(x * 10) / 10, y: Math.round(y * 10) / 10 })
