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

/** Between the middles of two neighbours. */
const pitch = 140
const innermost = 200

export function layoutOf({ regions, hosts }: Pick<Graph, 'regions' | 'hosts'>): Layout {
  const points = new Map<string, Point>()
  const sectors = new Map<string, Sector>()
  const width = (2 * Math.PI) / Math.max(1, regions.length)
  let reach = innermost
  for (const [i, region] of regions.entries()) {
    const from = i * width - Math.PI / 2
    const members = hosts.filter(host => host.region === region.name)
    const last = Math.max(...members.map(({ number }) => number), 0)
    const slots = slotsIn(from, width, last)
    for (const host of members) points.set(host.name, rounded(slots[host.number] ?? { x: 0, y: 0 }))
    const outer = Math.max(innermost, ...slots.map(({ x, y }) => Math.hypot(x, y)))
    reach = Math.max(reach, outer)
    sectors.set(region.name, { from, to: from + width, inner: innermost - pitch / 2, outer: outer + pitch / 2 })
  }
  return { reach: Math.ceil(reach + pitch), sectors, hosts: points }
}

/** The places 0 to `last` of a sector: ring after ring, each as full as the pitch allows. */
function slotsIn(from: number, width: number, last: number): readonly Point[] {
  const slots: Point[] = []
  for (let ring = 0; slots.length <= last; ring += 1) {
    const radius = innermost + ring * pitch
    const room = Math.max(1, Math.floor((width * radius) / pitch))
    for (let place = 0; place < room; place += 1) {
      const angle = from + ((place + 0.5) / room) * width
      slots.push({ x: radius * Math.cos(angle), y: radius * Math.sin(angle) })
    }
  }
  return slots
}

const rounded = ({ x, y }: Point): Point => ({ x: Math.round(x * 10) / 10, y: Math.round(y * 10) / 10 })
