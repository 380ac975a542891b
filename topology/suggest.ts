/** "Did you mean …?": the word that was most likely meant. */
import { distance } from 'fastest-levenshtein'

/** The nearest candidate, if it is near: two typing mistakes, or three in a long word. Swapped letters count as one. */
export function nearest(word: string, candidates: readonly string[]): string | null {
  let best: { readonly candidate: string; readonly away: number } | null = null
  for (const candidate of candidates) {
    const away = sameLetters(word, candidate) ? 1 : distance(word, candidate)
    if (best === null || away < best.away) best = { candidate, away }
  }
  if (best === null) return null
  const allowed = Math.min(best.candidate.length - 1, Math.max(2, Math.floor(best.candidate.length / 3)))
  return best.away <= allowed ? best.candidate : null
}

const sameLetters = (a: string, b: string): boolean =>
  a.length === b.length && a.split('').toSorted().join('') === b.split('').toSorted().join('')
