/** Pieces of queries (Prometheus, querying). A function of labels takes and gives a vector, and keeps its values. */

type Labels = Readonly<Record<string, string>>

/** With labels that all samples get; an empty one takes a label away. */
export const labelled = (vector: string, labels: Labels): string =>
  Object.entries(labels).reduce((all, [name, value]) => `label_replace(${all}, "${name}", "${value}", "", "")`, vector)

/** With labels that say what others do: `{source: 'a'}`. */
export const copied = (vector: string, labels: Labels): string =>
  Object.entries(labels).reduce((all, [to, from]) => `label_replace(${all}, "${to}", "$1", "${from}", "(.*)")`, vector)

export const either = (...vectors: readonly string[]): string => vectors.join(' or ')

/** With labels that follow from the value. Samples of other values are gone. */
export const worded = (vector: string, words: readonly (readonly [value: number, labels: Labels])[]): string =>
  either(...words.map(([value, labels]) => labelled(`(${vector}) == ${value}`, labels)))

/** The value as a label, as people write it: for panels that add decimals to numbers. */
export const spelled = (vector: string, label: string, by: string): string =>
  `count_values by (${by}) ("${label}", ${vector})`

/**
 * The same samples with labels of others, which are there for all of them. Where two that serve the metrics do not have
 * the same plan yet, the labels are those of one of them: two would be refused.
 */
export const joined = (vector: string, on: string, labels: string, others: string): string =>
  `(${vector}) * on (${on}) group_left (${labels}) topk by (${on}) (1, (${others}) ^ 0)`

/** Whoever serves the metrics may be there twice: the value, once. */
export const once = (by: string, metric: string): string => `max by (${by}) (${metric})`

/**
 * Never an answer without samples, as long as there are any of `base`: a table that is merged from several answers falls
 * apart when one of them has no labels to be merged by.
 */
export const answered = (vector: string, base: string, value: '-1' | 'NaN' = 'NaN'): string =>
  `${vector} or on () (${base}) * ${value}`

/** Of the services that are chosen in the dashboard. */
export const chosen = (metric: string, more = ''): string => `${metric}{service=~"\${service:regex}"${more}}`
