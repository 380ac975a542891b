/** Lines of hosts(5) for the whole mesh: for machines that ask none of its name servers. localhost is left to them. */
import { madeBy } from '../render/file.ts'
import { block } from '../render/template.ts'
import type { Graph, GraphJail } from './graph.ts'

interface Entry {
  readonly address: { readonly inet: string; readonly inet6: string }
  /** The full name first. */
  readonly names: readonly Wanted[]
}

interface Wanted {
  readonly name: string
  /** Of two that want the same name, the one with the lower rank has it; with the same rank, neither. */
  readonly rank: number
}

const ranks = { full: 0, host: 1, jailOnHost: 2, jail: 3 }

/** Host after host by name, each with its jails; both families of an address, one after the other. */
export function hostsText(graph: Graph): string {
  const entries = entriesOf(graph)
  const isOwn = ownership(entries)
  const lines = entries.flatMap(({ address, names }) => {
    const own = names.filter(isOwn).map(({ name }) => name)
    return [address.inet, address.inet6].map(text => [text, ...own].join(' '))
  })
  return block([
    `# ${madeBy}`,
    '# A short name that a host and a jail share is the host; one that several jails share is none of them.',
    ...lines,
  ]).text
}

function entriesOf({ hosts, jails }: Graph): readonly Entry[] {
  const on = new Map<string, GraphJail[]>(hosts.map(({ name }) => [name, []]))
  for (const jail of jails) on.get(jail.host)?.push(jail)
  return hosts.flatMap(({ name, fqdn, address }): readonly Entry[] => [
    { address, names: [wanted(fqdn, ranks.full), wanted(name, ranks.host)] },
    ...(on.get(name) ?? []).map(jail => ({
      address: jail.address,
      names: [
        wanted(jail.fqdn, ranks.full),
        wanted(`${jail.name}.${name}`, ranks.jailOnHost),
        wanted(jail.name, ranks.jail),
      ],
    })),
  ])
}

/** Names are the same in capitals (RFC 952). */
const wanted = (name: string, rank: number): Wanted => ({ name: name.toLowerCase(), rank })

function ownership(entries: readonly Entry[]): (wanted: Wanted) => boolean {
  const best = new Map<string, { rank: number; count: number }>()
  for (const { name, rank } of entries.flatMap(({ names }) => names)) {
    const known = best.get(name)
    if (known === undefined || rank < known.rank) best.set(name, { rank, count: 1 })
    else if (rank === known.rank) known.count += 1
  }
  return ({ name, rank }) => {
    const found = best.get(name)
    return found?.rank === rank && found.count === 1
  }
}
