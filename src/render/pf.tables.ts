/** The tables of pf.conf: how they are written, and what of them is the same on every host and is worked out once. */
import type { Host, Mesh } from '../../topology/mesh.ts'
import { byNetwork, families, type Family, type PerFamily, type Prefix } from '../../topology/prefix.ts'
import type { Members } from '../../topology/reference.ts'

/** What is the same for all hosts, worked out once: the order of all endpoints, and the addresses of a flow's targets. */
export class SharedTables {
  readonly #endpoints: readonly string[]
  /** The lines of all endpoints as one text, and where each begins in it. */
  readonly #lines: string
  readonly #starts: readonly number[]
  readonly #ranks = new Map<Host, readonly number[]>()
  readonly #targets = new Map<Members, PerFamily<readonly string[]>>()
  readonly #sources = new Map<Members, PerFamily<readonly Prefix[]>>()

  constructor(mesh: Mesh) {
    const addressesOf = (host: Host) => families.flatMap(family => host.endpoint[family]?.address ?? [])
    const sorted = mesh.hosts.flatMap(addressesOf).toSorted(byNetwork)
    this.#endpoints = [...new Set(sorted.map(textOf))]
    const lines = this.#endpoints.map(tableEntry)
    const starts = [0]
    for (const line of lines) starts.push((starts.at(-1) ?? 0) + line.length)
    this.#lines = lines.join('')
    this.#starts = starts
    const rankOf = new Map(this.#endpoints.map((text, rank) => [text, rank]))
    for (const host of mesh.hosts)
      this.#ranks.set(
        host,
        addressesOf(host).map(({ text }) => rankOf.get(text) ?? 0),
      )
  }

  /** The table of these hosts' endpoints. Every host of a large mesh asks for nearly all of them, so runs are cut out of one text. */
  endpointTable(hosts: readonly Host[]): string | null {
    const wanted = new Uint8Array(this.#endpoints.length)
    for (const host of hosts) for (const rank of this.#ranks.get(host) ?? []) wanted[rank] = 1
    const last = wanted.lastIndexOf(1)
    if (last < 0) return null
    const count = wanted.reduce((sum, one) => sum + one, 0)
    if (count <= inOneLine)
      return tableLine(
        'endpoints',
        this.#endpoints.filter((_, rank) => wanted[rank] === 1),
      )
    let text = tableStart('endpoints')
    for (let from = wanted.indexOf(1); from >= 0 && from < last;) {
      const gap = wanted.indexOf(0, from)
      const to = gap < 0 ? last : Math.min(gap, last)
      text += this.#lines.slice(this.#starts[from], this.#starts[to])
      from = wanted.indexOf(1, to)
    }
    return text + tableEnd(this.#endpoints[last] ?? '')
  }

  /** Of a party as source, sorted. */
  sources(party: Members, family: Family): readonly Prefix[] {
    const known = this.#sources.get(party)
    if (known !== undefined) return known[family]
    const of = (f: Family) => party.sources.map(source => source[f]).toSorted(byNetwork)
    const sources = { inet: of('inet'), inet6: of('inet6') }
    this.#sources.set(party, sources)
    return sources[family]
  }

  /** Of a party as destination, sorted. */
  targets(party: Members, family: Family): readonly string[] {
    const known = this.#targets.get(party)
    if (known !== undefined) return known[family]
    const members = [...party.jails, ...party.hosts]
    const of = (f: Family) =>
      members
        .map(member => member.address[f])
        .toSorted(byNetwork)
        .map(textOf)
    const targets = { inet: of('inet'), inet6: of('inet6') }
    this.#targets.set(party, targets)
    return targets[family]
  }
}

const textOf = (address: { readonly text: string }): string => address.text

const inOneLine = 8

export function tableLine(name: string, members: readonly string[]): string {
  if (members.length <= inOneLine) return `table <${name}> const { ${members.join(', ')} }`
  return tableStart(name) + members.slice(0, -1).map(tableEntry).join('') + tableEnd(members.at(-1) ?? '')
}

/** A long table has a line for each member, so that a diff shows who came and who went; pf joins them by the backslash. */
const tableStart = (name: string): string => `table <${name}> const { \\\n`
const tableEntry = (member: string): string => `  ${member}, \\\n`
const tableEnd = (last: string): string => `  ${last} \\\n}`
