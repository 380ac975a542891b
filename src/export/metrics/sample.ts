/** What samples are written from, and how: by the names and labels of families.ts. */
import type { HostReport } from '../../health/report.ts'
import type { HostHealth, Snapshot } from '../../health/snapshot.ts'
import { families, type Family, type FamilyName } from './families.ts'
import { helpText, labelsOf, numberText } from './text.ts'

/** Null and NaN: not known, and so no sample. */
export type Value = number | null | undefined

export interface Scrape {
  readonly snapshot: Snapshot
  /** Milliseconds since the epoch; null: there is no secrets.age. */
  readonly secretsWritten: number | null
}

/** Samples of a family, in pieces of any size. */
export type Writer = (scrape: Scrape) => Iterable<string>
export type Writers<Name extends FamilyName> = Readonly<Record<Name, Writer>>

export function headerOf(name: FamilyName): string {
  const { type, help }: Family = families[name]
  return `# HELP ${name} ${helpText(help)}\n# TYPE ${name} ${type}\n`
}

/** One line; none for what is not known. */
export function sample(name: FamilyName, values: readonly string[], value: Value): string {
  const text = numberText(value)
  return text === null ? '' : `${name}${labelsOf(families[name].labels, values)} ${text}\n`
}

export const samples = <T>(
  name: FamilyName,
  all: readonly T[],
  values: (one: T) => readonly string[],
  value: (one: T) => Value = () => 1,
): string => all.map(one => sample(name, values(one), value(one))).join('')

export const oneOrNone = (yes: boolean | null | undefined): Value => (yes == null ? null : Number(yes))

/** What a host said last, as long as that says something of how it is. */
export const toldBy = ({ state, report }: HostHealth): HostReport | null =>
  state === 'up' || state === 'stale' ? report : null
