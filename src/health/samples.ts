/** The Prometheus text format, version 0.0.4, as exporters write it: the samples of some names, and nothing else. */
import type { Sample } from '../services/kind.ts'

const line = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+-?[0-9]+)?\s*$/
// Begun in the midst of a word, it would go over a long one again and again.
const label = /(?<![a-zA-Z0-9_])([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g

/** Lines that are none are passed over: they come from a program that we do not know. */
export function parseSamples(text: string, names: ReadonlySet<string>): readonly Sample[] {
  const samples: Sample[] = []
  for (const one of text.split('\n')) {
    const [, name = '', labels = '', value = ''] = line.exec(one) ?? []
    if (!names.has(name)) continue
    const number = numberOf(value)
    if (number === null) continue
    const found = [...labels.matchAll(label)].map(([, key = '', quoted = '']) => [key, unquoted(quoted)] as const)
    samples.push({ name, labels: Object.fromEntries(found), value: number })
  }
  return samples
}

function numberOf(text: string): number | null {
  if (/^[+]?Inf$/i.test(text)) return Infinity
  if (/^-Inf$/i.test(text)) return -Infinity
  if (/^NaN$/i.test(text)) return NaN
  const number = Number(text)
  return Number.isNaN(number) ? null : number
}

const unquoted = (text: string): string => text.replace(/\\(.)/g, (_, c: string) => (c === 'n' ? '\n' : c))
