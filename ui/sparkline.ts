/** History in one line: eight heights of a block, the newest at the right. */
import { levels } from '../src/health/snapshot.ts'
import { type Line, type Span, span, type Tone } from './line.ts'

const blocks = '▁▂▃▄▅▆▇█'

/** Parts of the whole, 0 to 1: of entries that share a column the worst shows, so that no dip is lost. */
export const sparkline = (parts: readonly number[], width: number): Line =>
  drawn(parts, width, part => [
    // Only all of it is a full block.
    blocks[part >= 1 ? 7 : Math.max(0, Math.floor(part * 7))] ?? '▁',
    part >= 1 ? 'ok' : part >= 0.5 ? 'warn' : 'bad',
  ])

/** Indexes in {@link levels}. */
export function levelSparkline(indexes: readonly number[], width: number): Line {
  const heights = { ok: 1, unknown: 0.9, warn: 0.5, bad: 0 } as const
  const parts = indexes.map(index => heights[levels[index] ?? 'unknown'])
  return drawn(parts, width, part =>
    part === 1 ? ['█', 'ok'] : part === 0.9 ? ['·', 'unknown'] : part === 0.5 ? ['▄', 'warn'] : ['▁', 'bad'],
  )
}

function drawn(parts: readonly number[], width: number, look: (part: number) => readonly [string, Tone]): Line {
  if (width <= 0) return []
  const columns = Math.min(width, parts.length)
  const spans: Span[] = columns < width ? [span('·'.repeat(width - columns), 'faint')] : []
  for (let column = 0; column < columns; column += 1) {
    const first = Math.floor((column * parts.length) / columns)
    const next = Math.floor(((column + 1) * parts.length) / columns)
    const [text, tone] = look(Math.min(...parts.slice(first, next)))
    const before = spans.at(-1)
    if (before?.tone === tone) spans[spans.length - 1] = span(before.text + text, tone)
    else spans.push(span(text, tone))
  }
  return spans
}
