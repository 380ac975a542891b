/** Numbers in what hosts say: a number or null, and nothing else that JavaScript would take for one. */

/** Not negative, and finite; null for all that is no number. */
export function numberOf(value: unknown): number | null {
  const number =
    typeof value === 'number'
      ? value
      : typeof value === 'string' && /^[0-9]+(\.[0-9]+)?$/.test(value)
        ? Number(value)
        : NaN
  return Number.isFinite(number) && number >= 0 ? number : null
}

/** Every value, or null. */
export function every(values: readonly (number | null)[]): readonly number[] | null {
  const numbers = values.filter(value => value !== null)
  return numbers.length === values.length ? numbers : null
}
