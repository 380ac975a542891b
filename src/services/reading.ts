/** What the health of every kind is read with: values by name, words with units. Labels are remote text, numbers may be none. */
import type { Finding, Sample } from './kind.ts'

export const noMetrics: Finding = { state: 'warn', word: 'gives no metrics' }

/** The samples of one instance that have a number. */
export interface Reading {
  all(name: string): readonly Sample[]
  /** Of a name that has one sample, or whose samples say the same; null: not told. */
  value(name: string): number | null
  sum(name: string): number | null
  /** A gauge that is 0 or 1. */
  flag(name: string): boolean | null
}

export function readingOf(samples: readonly Sample[]): Reading {
  const byName = grouped(samples)
  const all = (name: string): readonly Sample[] => byName.get(name) ?? []
  const value = (name: string): number | null => byName.get(name)?.[0]?.value ?? null
  return {
    ...{ all, value },
    sum: name => (byName.has(name) ? all(name).reduce((total, one) => total + one.value, 0) : null),
    flag: name => {
      const number = value(name)
      return number === null ? null : number !== 0
    },
  }
}

function grouped(samples: readonly Sample[]): ReadonlyMap<string, readonly Sample[]> {
  const groups = new Map<string, Sample[]>()
  for (const one of samples) {
    if (!Number.isFinite(one.value)) continue
    const known = groups.get(one.name)
    if (known === undefined) groups.set(one.name, [one])
    else known.push(one)
  }
  return groups
}

export const labelOf = ({ labels }: Sample, name: string): string =>
  (Object.hasOwn(labels, name) ? labels[name] : '') ?? ''

/** Remote text that is shown: at most 40 characters of ASCII. */
export const shown = (text: string, most = 40): string => text.slice(0, most).replace(/[^\x20-\x7e]/g, '?')

/** Of a metric that is always there and has it as a label. */
export function versionOf(given: Reading, name: string): Readonly<Record<string, string>> {
  const [version = ''] = given.all(name).map(one => labelOf(one, 'version'))
  return version === '' ? {} : { version: shown(version) }
}

/** `0 B`, `60 KiB`, `1.5 GiB` */
export function bytesText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']
  let value = Math.max(0, bytes)
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit += 1
  }
  return `${unit === 0 || value >= 9.95 ? Math.round(value) : Number(value.toFixed(1))} ${units[unit] ?? ''}`
}

/** Of what is counted in whole numbers. */
export const countText = (count: number): string => String(Math.round(count))

/** `2 of 3` */
export const partOf = (part: number, whole: number): string => `${countText(part)} of ${countText(whole)}`

/** The finding, if it is worse than what it was until now. */
export function worse(before: Finding, state: Finding['state'], word: string): Finding {
  const order = ['ok', 'warn', 'bad']
  return order.indexOf(state) > order.indexOf(before.state) ? { ...before, state, word } : before
}

export const sample = (name: string, value: number, labels: Sample['labels'] = {}): Sample => ({ name, labels, value })

/** More than half. */
export const isMajority = (part: number, whole: number): boolean => part * 2 > whole
