/** Sizes and durations as people write them. */

const units = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 } as const

/** Bytes of `256M` or `32G`: a whole number and one of K, M, G, T (powers of 1024, as expand_number(3)). */
export function parseSize(text: string): number | null {
  const match = /^([1-9][0-9]{0,8})([KMGT])$/.exec(text)
  if (match === null) return null
  const bytes = Number(match[1]) * units[match[2] as keyof typeof units]
  return Number.isSafeInteger(bytes) ? bytes : null
}

export function sizeText(bytes: number): string {
  for (const unit of ['T', 'G', 'M', 'K'] as const)
    if (bytes % units[unit] === 0) return `${bytes / units[unit]}${unit}`
  return String(bytes)
}

/** Milliseconds of `95ms` or `0.4ms`. */
export function parseMilliseconds(text: string): number | null {
  const match = /^([0-9]{1,6}(?:\.[0-9]{1,3})?)ms$/.exec(text)
  return match === null ? null : Number(match[1])
}
