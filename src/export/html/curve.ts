/** Curves between what stands on the map: they leave and arrive at its edge, and there and back do not cover each other. */
import type { Point } from '../layout.ts'

/** The middle, and half the width and height of the box around it. */
export interface Box extends Point {
  readonly width: number
  readonly height: number
}

/** As SVG writes a path; empty where one box touches the other. */
export function curve(from: Box, to: Box): string {
  const [dx, dy] = [to.x - from.x, to.y - from.y]
  // Bent to the right of who goes: the way back takes the other side.
  const middle = { x: (from.x + to.x) / 2 - dy * 0.14, y: (from.y + to.y) / 2 + dx * 0.14 }
  const at = (t: number): Point => ({
    x: (1 - t) ** 2 * from.x + 2 * t * (1 - t) * middle.x + t ** 2 * to.x,
    y: (1 - t) ** 2 * from.y + 2 * t * (1 - t) * middle.y + t ** 2 * to.y,
  })
  const inside = ({ x, y }: Point, box: Box, more: number) =>
    Math.abs(x - box.x) <= box.width + more && Math.abs(y - box.y) <= box.height + more
  const steps = 64
  let [first, last] = [0, steps]
  while (first < steps && inside(at(first / steps), from, 1)) first += 1
  while (last > first && inside(at(last / steps), to, 4)) last -= 1
  if (last - first < 2) return ''
  const [a, b] = [first / steps, last / steps]
  // The piece of the curve from a to b has its own handle (de Casteljau).
  const handle = {
    x: (1 - a) * (1 - b) * from.x + (a * (1 - b) + b * (1 - a)) * middle.x + a * b * to.x,
    y: (1 - a) * (1 - b) * from.y + (a * (1 - b) + b * (1 - a)) * middle.y + a * b * to.y,
  }
  return `M${text(at(a))}Q${text(handle)} ${text(at(b))}`
}

/** From the middle of the map outwards, or back in. */
export function ray(box: Box, way: 'out' | 'in', length: number): string {
  const far = Math.hypot(box.x, box.y)
  const [x, y] = far === 0 ? [0, -1] : [box.x / far, box.y / far]
  const edge = Math.min(x === 0 ? Infinity : box.width / Math.abs(x), y === 0 ? Infinity : box.height / Math.abs(y)) + 2
  const near = { x: box.x + x * edge, y: box.y + y * edge }
  const end = { x: near.x + x * length, y: near.y + y * length }
  return way === 'out' ? `M${text(near)}L${text(end)}` : `M${text(end)}L${text(near)}`
}

const text = ({ x, y }: Point): string => `${Math.round(x * 10) / 10} ${Math.round(y * 10) / 10}`
