/**
 * What looks like chance in the demo and is none: numbers that follow from a seed and a few words. The mixing is the
 * finalizer of MurmurHash3 for 32 bits, which spreads every bit of its input over all bits of what comes out.
 */

export function mix(a: number, b = 0): number {
  let h = (a ^ Math.imul(b, 0x9e3779b1)) >>> 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** FNV-1a over UTF-16 units, mixed. */
export function hashOf(text: string, seed = 0): number {
  let h = 0x811c9dc5 ^ seed
  for (let i = 0; i < text.length; i += 1) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return mix(h)
}

/** From 0 to 1, without 1. */
export const partOf = (hash: number): number => hash / 0x1_0000_0000

export const between = (low: number, high: number, hash: number): number => low + (high - low) * partOf(hash)

/** In an order that the seed decides, and that no other member changes but by its own place. */
export const shuffled = <T extends { readonly name: string }>(all: readonly T[], seed: number): readonly T[] =>
  all
    .map(one => ({ one, key: hashOf(one.name, seed) }))
    .sort((a, b) => a.key - b.key || (a.one.name < b.one.name ? -1 : 1))
    .map(({ one }) => one)
