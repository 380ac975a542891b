/** How the parts of the mesh were, in lines and in one line. */
import type { Snapshot } from '../../src/health/snapshot.ts'
import { spanText } from '../../src/health/verdict.ts'
import { type Line, span } from '../line.ts'
import { sparkline } from '../sparkline.ts'
import { faint, percentText } from './words.ts'

/** Of what there is none there is no history. */
const partsOf = ({ totals }: Snapshot) =>
  (['hosts', 'tunnels', 'services'] as const).filter(part => totals[part].total > 0)

/** One below the other. */
export const historyLines = (snapshot: Snapshot, width: number): readonly Line[] =>
  partsOf(snapshot).map(part => [
    faint(part.padEnd(9)),
    ...sparkline(snapshot.history[part], Math.max(4, width - 16)),
    span(nowText(snapshot.history[part]).padStart(6)),
  ])

/** In one line. */
export function historyLine(snapshot: Snapshot, width: number): Line {
  const { history } = snapshot
  const parts = partsOf(snapshot)
  const each = Math.floor((width - 4) / Math.max(1, parts.length))
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
