/** Symbols, tones and numbers as all screens show them. A symbol never stands without its word or a legend. */
import type { HostState, Level } from '../../src/health/snapshot.ts'
import { spanText, type TunnelState } from '../../src/health/verdict.ts'
import { type Span, span } from '../line.ts'

export const symbols: Readonly<Record<Level, string>> = { ok: '●', unknown: '○', warn: '▲', bad: '✗' }

/** `✗ down`. */
export const marked = (level: Level, word: string): Span => span(`${symbols[level]} ${word}`, level)

export const levelOfHost = (state: HostState): Level =>
  state === 'up' ? 'ok' : state === 'down' ? 'bad' : state === 'stale' ? 'warn' : 'unknown'

/** Where there is room for one column only. */
export const tunnelSymbols: Readonly<Record<TunnelState, string>> = {
  up: '●',
  lossy: '◐',
  stale: '▲',
  'one-way': '→',
  down: '✗',
  unknown: '○',
}

/** `12 min`, from one time in milliseconds to another; empty: since nobody knows when. */
export const sinceText = (at: number, since: number): string =>
  Number.isFinite(since) && since > 0 && Number.isFinite(at) ? spanText((at - since) / 1000) : ''

/** Of the day in UTC: all clocks of a mesh in one zone. */
export const clockText = (at: number): string => isoOf(at).slice(11, 19)

/** The day as well when it was another one. */
export const momentText = (at: number, now: number): string => {
  const [then, today] = [isoOf(at), isoOf(now)]
  return then.slice(0, 10) === today.slice(0, 10) ? then.slice(11, 19) : `${then.slice(5, 10)} ${then.slice(11, 16)}`
}

export const isoOf = (at: number): string => {
  const date = new Date(at)
  return Number.isNaN(date.getTime()) ? '????-??-??T??:??:??Z' : `${date.toISOString().slice(0, 19)}Z`
}

/** `12 kB/s`: at most eight columns. */
export function rateText(bytes: number | null): string {
  if (bytes === null || !Number.isFinite(bytes)) return ''
  if (bytes < 1000) return `${Math.round(bytes)} B/s`
  for (const [unit, factor] of rates) if (bytes < factor * 999.5) return `${short(bytes / factor)} ${unit}/s`
  return `${short(bytes / 1e12)} TB/s`
}
const rates = [
  ['kB', 1e3],
  ['MB', 1e6],
  ['GB', 1e9],
] as const

/** As in mesh.yaml: `32G`, `1.5T`. */
export function sizeText(bytes: number): string {
  if (!Number.isFinite(bytes)) return '?'
  if (bytes < 1024) return `${Math.round(bytes)}B`
  let [value, unit] = [bytes / 1024, 0]
  while (value >= 999.5 && unit < 4) [value, unit] = [value / 1024, unit + 1]
  return `${short(value)}${'KMGTP'[unit] ?? ''}`
}

/** `1 234 567` is hard to read at a glance: `1.2M`. */
export function countText(n: number): string {
  if (n < 10_000) return String(n)
  return n < 999_500 ? `${short(n / 1000)}k` : `${short(n / 1e6)}M`
}

const short = (value: number): string => (value < 9.95 ? value.toFixed(1) : String(Math.round(value)))

export const percentText = (part: number): string => `${Math.round(part * 100)} %`

export const plural = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`

/** `5/6`, with a tone by how many there are. */
export const partText = (there: number, total: number): Span =>
  span(`${there}/${total}`, total === 0 ? 'faint' : there >= total ? 'ok' : there === 0 ? 'bad' : 'warn')

export const faint = (text: string): Span => span(text, 'faint')
export const strong = (text: string): Span => span(text, 'strong')
