/** Which colour a kind of service has: always the same for the kinds of meshwright, the next free one for others. */
import type { Graph } from '../graph.ts'
import { kindHues } from './theme.ts'

export interface Kinds {
  /** Class of a chip: `k3`; `plain` for a jail that was declared by hand. */
  classOf(service: string | null): string
  /** In the order of their names. */
  readonly all: readonly { readonly kind: string; readonly class: string; readonly services: readonly string[] }[]
}

/** In the order in which hues are given away; a new kind goes to the end. */
const known = [
  'patroni',
  'valkey',
  'garage',
  'nextcloud',
  'haproxy',
  'prometheus',
  'grafana',
  'unbound',
  'bind',
  'mariadb',
]

export function kindsOf({ services }: Pick<Graph, 'services'>): Kinds {
  const kinds = [...new Set(services.map(({ kind }) => kind))].toSorted()
  const hues = new Map(known.map((kind, n) => [kind, n]))
  for (const kind of kinds) if (!hues.has(kind)) hues.set(kind, hues.size)
  const classes = new Map(kinds.map(kind => [kind, `k${(hues.get(kind) ?? 0) % kindHues}`]))
  const kindOf = new Map(services.map(({ name, kind }) => [name, kind]))
  return {
    classOf: service => classes.get(kindOf.get(service ?? '') ?? '') ?? 'plain',
    all: kinds.map(kind => ({
      ...{ kind, class: classes.get(kind) ?? 'plain' },
      services: services.filter(service => service.kind === kind).map(({ name }) => name),
    })),
  }
}
