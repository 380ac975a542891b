/** What people type after `/`: words that all must occur, those after `!` must not. Capitals do not matter. */
export interface Term {
  readonly text: string
  readonly wanted: boolean
}

export const termsOf = (filter: string): readonly Term[] =>
  filter
    .toLowerCase()
    .split(/\s+/)
    .map(word => (word.startsWith('!') ? { text: word.slice(1), wanted: false } : { text: word, wanted: true }))
    .filter(({ text }) => text !== '')

/** Does a row with these texts pass? */
export function matcher(filter: string): (texts: readonly string[]) => boolean {
  const terms = termsOf(filter)
  if (terms.length === 0) return () => true
  return texts => {
    const all = texts.join('\n').toLowerCase()
    return terms.every(({ text, wanted }) => all.includes(text) === wanted)
  }
}
