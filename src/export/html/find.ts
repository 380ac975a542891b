/** Finding by name, address or what a flow is for. */
import type { Graph } from '../graph.ts'
import type { Place } from './state.ts'

export interface Entry {
  readonly place: Place
  /** What a result shows first. */
  readonly title: string
  /** What tells it from others of that name. */
  readonly about: string
  /** In small letters: the title, then all else it is found by. */
  readonly words: readonly string[]
}

export function entriesOf(graph: Omit<Graph, 'tunnels'>): readonly Entry[] {
  const entry = (
    kind: Place['kind'],
    name: string,
    title: string,
    about: string,
    words: readonly (string | null)[],
  ) => ({
    ...{ place: { kind, name }, title, about },
    words: [title, ...words].flatMap(word => (word === null || word === '' ? [] : [word.toLowerCase()])),
  })
  return [
    ...graph.regions.map(({ name, title, hosts }) =>
      entry('region', name, name, `region, ${title}, ${hosts.length} hosts`, [title]),
    ),
    ...graph.hosts.map(({ name, region, address, prefix, endpoint, fqdn, provider }) =>
      entry('host', name, name, `host in ${region}, ${address.inet}`, [
        ...[address.inet, address.inet6, prefix.inet, prefix.inet6, endpoint.inet, endpoint.inet6, fqdn, provider],
      ]),
    ),
    ...graph.services.flatMap(({ name, kind, roles }) => [
      entry('service', name, name, `service, ${kind}`, [kind]),
      ...roles.map(role => entry('role', role.id, role.id, `role on ${role.instances.length} hosts`, [])),
    ]),
    ...graph.jails.map(({ id, name, host, address, fqdn }) =>
      entry('jail', id, id, `jail on ${host}, ${address.inet}`, [name, address.inet, address.inet6, fqdn]),
    ),
    ...graph.flows.map(({ name, why }) => entry('flow', name, name, `flow, ${why}`, [why])),
  ]
}

/** The best first: what begins so, then what has a word that begins so, then what holds it at all. */
export function find(entries: readonly Entry[], text: string, most: number): readonly Entry[] {
  const wanted = text
    .trim()
    .toLowerCase()
    .split(/\s+/)
    .filter(word => word !== '')
  if (wanted.length === 0) return []
  const found: { entry: Entry; rank: number }[] = []
  for (const entry of entries) {
    const ranks = wanted.map(word => Math.min(...entry.words.map((text, i) => rankOf(text, word) + (i === 0 ? 0 : 1))))
    const rank = Math.max(...ranks)
    if (rank < nowhere) found.push({ entry, rank })
  }
  return found
    .toSorted((a, b) => a.rank - b.rank)
    .slice(0, most)
    .map(({ entry }) => entry)
}

const nowhere = 100

function rankOf(text: string, word: string): number {
  const at = text.indexOf(word)
  if (at === -1) return nowhere
  if (at === 0) return text.length === word.length ? 0 : 2
  return /[a-z0-9]/.test(text[at - 1] ?? '') ? 6 : 4
}
