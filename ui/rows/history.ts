/** How the parts of the mesh were, in lines and in one line. */
import type { Snapshot } from '../../src/health/snapshot.ts'
import { spanText } from '../../src/health/verdict.ts'
import { type Line, span } from '../line.ts'
import { sparkline } from '../sparkline.ts'
import { faint, percentText } from './words.ts'

const parts = ['hosts', 'tunnels', 'services'] as const

/** One below the other. */
export const historyLines = ({ history }: Snapshot, width: number): readonly Line[] =>
  parts.map(part => [
    faint(part.padEnd(9)),
    ...sparkline(history[part], Math.max(4, width - 16)),
    span(nowText(history[part]).padStart(6)),
  ])

/** In one line. */
export function historyLine({ history }: Snapshot, width: number): Line {
  const each = Math.floor((width - 4) / parts.length)
  return parts.flatMap((part, i) => [
    faint(`${i === 0 ? '' : '  '}${part} `),
    ...sparkline(history[part], Math.max(2, each - part.length - 7)),
    span(nowText(history[part]).padStart(6)),
  ])
}

const nowText = (values: readonly number[]): string => percentText(values.at(-1) ?? 1)

/** `the last 12 min`. */
export function historySpan({ history: { at }, at: now }: Snapshot): string {
  const [first] = at
  return first === undefined ? 'nothing yet' : `the last ${spanText((now - first) / 1000)}`
}
