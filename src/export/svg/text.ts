/** Text and numbers in pictures: what XML forbids is taken out, what does not fit is cut, and no width is guessed too small. */
import { printable } from '../../text/printable.ts'

/** For XML, between tags and within quotes. One line. */
export const xml = (text: string): string =>
  plain(text).replace(/[&<>"']/g, c => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c] ?? '&#39;')

/** Nothing that is not to be seen: no control characters, no turns of direction, nothing XML 1.0 has no place for. */
export const plain = (text: string): string =>
  printable(text)
    .replace(/[\p{Cs}\ufffe\uffff]/gu, '\ufffd')
    .replaceAll('\t', ' ')
    .trim()

/** Coordinates and sizes, to a tenth. */
export const round = (n: number): number => Math.round(n * 10) / 10

export const count = (n: number, one: string): string => `${n} ${one}${n === 1 ? '' : 's'}`

/** As much as has room, with an ellipsis where something is missing. */
export function cut(text: string, room: number, size: number, weight: Weight = 'normal'): string {
  const whole = plain(text)
  if (widthOf(whole, size, weight) <= room) return whole
  const kept: string[] = []
  let left = room - widthOf('…', size, weight)
  for (const character of whole) {
    left -= widthOf(character, size, weight)
    if (left < 0) break
    kept.push(character)
  }
  return `${kept.join('').trimEnd()}…`
}

/** Of a name both ends: names that are alike begin alike, and what tells them apart comes last. */
export function cutName(text: string, room: number, size: number, weight: Weight = 'normal'): string {
  const whole = plain(text)
  if (widthOf(whole, size, weight) <= room) return whole
  const letters = Array.from(whole)
  let left = room - widthOf('…', size, weight)
  let [head, tail] = [0, letters.length]
  while (head < tail) {
    const fromHead = head <= letters.length - tail
    left -= widthOf(letters[fromHead ? head : tail - 1] ?? '', size, weight)
    if (left < 0) break
    if (fromHead) head += 1
    else tail -= 1
  }
  return `${letters.slice(0, head).join('')}…${letters.slice(tail).join('')}`
}

export type Weight = 'normal' | 'bold'

/** At most this wide in the sans-serif fonts of usual systems: DejaVu Sans and Verdana are the widest of them. */
export function widthOf(text: string, size: number, weight: Weight = 'normal'): number {
  let em = 0
  for (const character of text) em += classes.find(({ has }) => has.test(character))?.em ?? 1.3
  return em * size * (weight === 'bold' ? 1.15 : 1)
}

const classes: readonly { readonly has: RegExp; readonly em: number }[] = [
  { has: /[iIlj.,:;'|]/, em: 0.34 },
  { has: /[frt()/[\]!\- ]/, em: 0.42 },
  { has: /[cksvxyz]/, em: 0.6 },
  { has: /[a-ln-v0-9·_]/, em: 0.64 },
  { has: /[w≈<>=+]/, em: 0.84 },
  { has: /[mMW@%…]/, em: 1 },
  { has: /[\u0021-\u024f–]/, em: 0.84 },
]
