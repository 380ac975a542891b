/** What people say may be lost: `host:tesla`, `region:usa`, `provider:alpha`, `link:tesla-bohr`. */
import type { HostName } from '../names.ts'
import { linkOf, type Loss } from './whatif.ts'

export interface Losable {
  readonly name: HostName
  readonly region: string
  readonly provider: string | null
}

export interface NamedLoss {
  /** As people say it: `region:usa`. */
  readonly name: string
  readonly loss: Loss
}

/** A word that names nothing of this mesh. */
export interface UnknownLoss {
  readonly word: string
  /** `pair`: of hosts. `kind`: what stands before the colon. */
  readonly unknown: 'pair' | 'kind' | 'name'
  readonly kind: string
  readonly name: string
  /** What it could have been. */
  readonly known: readonly string[]
}

export const lossKinds = ['host', 'provider', 'region', 'link'] as const

/** All of them together, as one loss. */
export function lossOf(words: readonly string[], all: readonly Losable[]): NamedLoss | UnknownLoss {
  const hosts = new Set<HostName>()
  const links = new Set<string>()
  for (const word of words) {
    const [, kind = '', name = ''] = /^([a-z]+):(.+)$/.exec(word) ?? []
    if (kind === 'link') {
      const pair = linkIn(name, all)
      if (pair === null) return { word, unknown: 'pair', kind, name, known: [] }
      links.add(linkOf(...pair))
      continue
    }
    const known = namesOf(kind, all)
    if (known === null) return { word, unknown: 'kind', kind, name, known: lossKinds }
    const found = all.filter(host => nameIn(kind, host) === name)
    if (found.length === 0) return { word, unknown: 'name', kind, name, known }
    for (const host of found) hosts.add(host.name)
  }
  return { name: words.join(', '), loss: { hosts, links } }
}

/** Every single host, provider, region and link; a provider or region of one host is that host. */
export function singleLosses(hosts: readonly Losable[]): readonly NamedLoss[] {
  const all = hosts.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  const of = (name: string, lost: readonly Losable[]): NamedLoss => ({
    name,
    loss: { hosts: new Set(lost.map(host => host.name)), links: new Set() },
  })
  return [
    ...all.map(host => of(`host:${host.name}`, [host])),
    ...['provider', 'region'].flatMap(kind =>
      (namesOf(kind, all) ?? [])
        .toSorted()
        .map(name =>
          of(
            `${kind}:${name}`,
            all.filter(host => nameIn(kind, host) === name),
          ),
        )
        .filter(({ loss }) => loss.hosts.size > 1),
    ),
    ...all.flatMap((a, i) =>
      all.slice(i + 1).map(b => ({
        name: `link:${a.name}-${b.name}`,
        loss: { hosts: new Set<HostName>(), links: new Set([linkOf(a.name, b.name)]) },
      })),
    ),
  ]
}

/** Every two hosts at once. */
export function pairLosses(hosts: readonly Losable[]): readonly NamedLoss[] {
  const names = hosts.map(host => host.name).toSorted()
  return names.flatMap((a, i) =>
    names.slice(i + 1).map(b => ({
      name: `host:${a}, host:${b}`,
      loss: { hosts: new Set([a, b]), links: new Set<string>() },
    })),
  )
}

/** Names may hold dashes themselves: the pair is found by trying every place at which they could part. */
function linkIn(text: string, hosts: readonly Losable[]): readonly [HostName, HostName] | null {
  const byName = new Map<string, HostName>(hosts.map(({ name }) => [name, name]))
  for (let dash = text.indexOf('-'); dash !== -1; dash = text.indexOf('-', dash + 1)) {
    const [a, b] = [byName.get(text.slice(0, dash)), byName.get(text.slice(dash + 1))]
    if (a !== undefined && b !== undefined && a !== b) return [a, b]
  }
  return null
}

const nameIn = (kind: string, host: Losable): string | null =>
  kind === 'host' ? host.name : kind === 'region' ? host.region : host.provider

/** Null: nothing of that kind can be lost. */
const namesOf = (kind: string, hosts: readonly Losable[]): readonly string[] | null =>
  kind === 'host' || kind === 'region' || kind === 'provider'
    ? [...new Set(hosts.flatMap(host => nameIn(kind, host) ?? []))]
    : null
