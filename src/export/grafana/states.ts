/** What numbers of states and levels mean, and how they look. */
import { levels } from '../../health/snapshot.ts'
import { hostStateValue, linkStateValue } from '../metrics/families.ts'
import { colors } from './node-graph.ts'

export interface Meaning {
  readonly value: number
  readonly word: string
  readonly color: string
}

/** What queries give where there is no sample. */
export const unknown: Meaning = { value: -1, word: 'unknown', color: colors.unknown }

const known = <S extends string>(values: Readonly<Record<S, number | null>>, color: Readonly<Record<S, string>>) =>
  (Object.entries(values) as [S, number | null][]).flatMap(([word, value]): readonly Meaning[] =>
    value === null ? [] : [{ value, word, color: color[word] }],
  )

const { good, weak, bad } = colors

export const hostStates = known(hostStateValue, { down: bad, stale: weak, up: good, unknown: colors.unknown })

export const linkStates = known(linkStateValue, {
  ...{ down: bad, 'one-way': bad, stale: weak, lossy: weak, up: good, unknown: colors.unknown },
})

const levelColor = { ok: good, unknown: colors.unknown, warn: weak, bad } as const

export const levelMeanings: readonly Meaning[] = levels.map((word, value) => ({ value, word, color: levelColor[word] }))

/** Of something that is or is not: its words, and whether it is well that it is. */
export const yesNo = (yes: string, no: string, well = true): readonly Meaning[] => [
  { value: 0, word: no, color: well ? bad : good },
  { value: 1, word: yes, color: well ? good : weak },
]

export const carpStates: readonly Meaning[] = [
  { value: -1, word: 'none here', color: colors.unknown },
  { value: 0, word: 'INIT', color: weak },
  { value: 1, word: 'BACKUP', color: colors.planned },
  { value: 2, word: 'MASTER', color: good },
]
