/**
 * Spans of time, in seconds: in order, apart from each other, from inclusive and until exclusive. They lie within one
 * period, which repeats for ever (Infinity: it never ends). Sums over them stand still to the last bit while none of them
 * runs: counters made from them cannot fall.
 */

export interface Span {
  readonly from: number
  readonly until: number
}

export function union(...lists: readonly (readonly Span[])[]): readonly Span[] {
  const result: { from: number; until: number }[] = []
  for (const { from, until } of lists.flat().toSorted((a, b) => a.from - b.from)) {
    const last = result.at(-1)
    if (until <= from) continue
    if (last !== undefined && from <= last.until) last.until = Math.max(last.until, until)
    else result.push({ from, until })
  }
  return result
}

/** What is left of a period. */
export function complement(spans: readonly Span[], period: number): readonly Span[] {
  const result: Span[] = []
  let from = 0
  for (const span of spans) {
    if (span.from > from) result.push({ from, until: Math.min(span.from, period) })
    from = Math.max(from, span.until)
  }
  if (from < period) result.push({ from, until: period })
  return result
}

export const without = (spans: readonly Span[], other: readonly Span[], period: number): readonly Span[] =>
  complement(union(complement(spans, period), other), period)

/** Where in its period a moment is, and how many have passed. */
export function momentOf(seconds: number, period: number): { readonly passed: number; readonly at: number } {
  if (seconds < period) return { passed: 0, at: seconds }
  const passed = Math.floor(seconds / period)
  return { passed, at: seconds - passed * period }
}

export function covers(spans: readonly Span[], seconds: number, period: number): boolean {
  if (spans.length === 0) return false
  const { at } = momentOf(seconds, period)
  return spans.some(({ from, until }) => from <= at && at < until)
}

/** How much the spans have covered since the beginning, by a measure that grows, and by the same amount in each period. */
export function covered(
  spans: readonly Span[],
  seconds: number,
  period: number,
  measure: (seconds: number) => number = same,
): number {
  if (seconds <= 0) return 0
  const { passed, at } = momentOf(seconds, period)
  let part = 0
  for (const { from, until } of spans) if (from < at) part += measure(Math.min(until, at)) - measure(from)
  if (passed === 0) return part
  let whole = 0
  for (const { from, until } of spans) whole += measure(until) - measure(from)
  return passed * whole + part
}

const same = (seconds: number): number => seconds

/** Spans that have begun, the latest first, of this period and the one before; -Infinity: since ever. Those that touch are one. */
export function begun(spans: readonly Span[], seconds: number, period: number): readonly Span[] {
  const { passed, at } = momentOf(seconds, period)
  const result: { from: number; until: number }[] = []
  for (let n = Math.max(0, passed - 2); n <= passed; n += 1)
    for (const span of spans) {
      if (n === passed && span.from > at) break
      const shift = n === 0 ? 0 : n * period
      const [from, until] = [n === 0 && span.from === 0 ? -Infinity : span.from + shift, span.until + shift]
      const last = result.at(-1)
      if (last !== undefined && last.until === from) last.until = until
      else result.push({ from, until })
    }
  return result.reverse()
}
