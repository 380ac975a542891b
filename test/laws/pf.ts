/** Our own reading of pf.conf(5), as far as it is rendered: what becomes of a packet. Knows nothing of how rules are made. */
import { BlockList } from 'node:net'

export interface Side {
  /** Null: any. `(vtnet0)` stands for the addresses of that interface. */
  readonly addresses: readonly string[] | null
  readonly not: boolean
  readonly ports: readonly [first: number, last: number] | null
}

export interface Rule {
  readonly action: 'pass' | 'block'
  readonly direction: 'in' | 'out' | null
  readonly quick: boolean
  readonly on: string | null
  readonly family: string | null
  readonly protocol: string | null
  readonly from: Side
  readonly to: Side
  readonly icmp: readonly string[]
  readonly tag: string | null
  readonly tagged: string | null
  readonly label: string
  /** The comment above it. */
  readonly section: string
}

export interface Translation {
  readonly kind: 'nat' | 'rdr'
  readonly on: string
  readonly family: string | null
  readonly protocol: string | null
  readonly from: Side
  readonly to: Side
  readonly target: string
}

export interface Ruleset {
  readonly skip: readonly string[]
  readonly rules: readonly Rule[]
  readonly translations: readonly Translation[]
}

export interface Packet {
  readonly direction: 'in' | 'out'
  readonly on: string
  readonly family: 'inet' | 'inet6'
  readonly protocol: string
  readonly from: string
  readonly to: string
  readonly fromPort?: number
  readonly port?: number
  readonly icmp?: string
  readonly tag?: string | null
}

export interface Verdict {
  readonly pass: boolean
  /** What the packet carries from here on. */
  readonly tag: string | null
  readonly rule: Rule | null
}

/** Interface → its addresses, for `(vtnet0)`. */
export type Interfaces = Readonly<Record<string, readonly string[]>>

const any: Side = { addresses: null, not: false, ports: null }

export function parsePf(text: string): Ruleset {
  const macros = new Map<string, string>()
  const tables = new Map<string, readonly string[]>()
  const skip: string[] = []
  const rules: Rule[] = []
  const translations: Translation[] = []
  let section = ''
  for (const raw of text.replaceAll(/\\\n/g, ' ').split('\n')) {
    if (raw === '') section = ''
    if (raw.startsWith('#')) section = raw.slice(2)
    const line = raw.replace(/^#.*/, '').replaceAll(/\$(\w+)/g, (_, name: string) => macros.get(name) ?? fail(raw))
    if (line.trim() === '') continue
    const macro = /^(\w+) = "(.*)"$/.exec(line)
    const table = /^table <(\w+)> const \{(.*)\}$/.exec(line)
    if (macro) macros.set(macro[1] ?? '', macro[2] ?? '')
    else if (table) tables.set(table[1] ?? '', listOf(table[2] ?? ''))
    else if (line.startsWith('set skip on ')) skip.push(line.slice(12))
    else if (line.startsWith('set ')) continue
    else {
      const words = line.match(/"[^"]*"|\{[^}]*\}|\([^)]*\)|<[^>]*>|\S+/g) ?? []
      if (words[0] === 'pass' || words[0] === 'block')
        rules.push({ ...new Reader(words, tables, line).rule(), section })
      else translations.push(new Reader(words, tables, line).translation())
    }
  }
  return { skip, rules, translations }
}

const listOf = (text: string): string[] => text.split(',').flatMap(item => item.trim() || [])

const fail = (line: string): never => {
  throw new Error(`this is no pf.conf that we know: ${line}`)
}

class Reader {
  readonly #words: string[]
  readonly #tables: ReadonlyMap<string, readonly string[]>
  readonly #line: string
  constructor(words: readonly string[], tables: ReadonlyMap<string, readonly string[]>, line: string) {
    this.#words = [...words]
    this.#tables = tables
    this.#line = line
  }

  #take(...expected: readonly string[]): string | null {
    const [word] = this.#words
    return word !== undefined && expected.includes(word) ? (this.#words.shift() ?? null) : null
  }

  #next(): string {
    return this.#words.shift() ?? fail(this.#line)
  }

  #after(keyword: string): string | null {
    return this.#take(keyword) === null ? null : this.#next()
  }

  #side(keyword: string): Side {
    if (this.#take(keyword) === null) return any
    const not = this.#take('!') !== null
    const word = this.#next()
    const table = /^<(.*)>$/.exec(word)?.[1]
    let addresses: readonly string[] | null
    if (word === 'any') addresses = null
    else if (table !== undefined) addresses = this.#tables.get(table) ?? fail(this.#line)
    else if (/^[({]|^[0-9a-f]*[.:]/.test(word)) addresses = word.startsWith('{') ? listOf(word.slice(1, -1)) : [word]
    else addresses = fail(this.#line)
    // An address range: 192.0.2.1 - 192.0.2.9.
    if (this.#take('-') !== null) addresses = [`${addresses?.[0] ?? ''}-${this.#next()}`]
    const port = this.#after('port')
    const [first, last = first] = (port ?? '').split(':').map(Number)
    if (port !== null && !(Number(first) >= 1 && Number(last) <= 65535)) fail(this.#line)
    return { addresses, not, ports: port === null ? null : [first ?? 0, last ?? 0] }
  }

  #matching() {
    const on = this.#after('on')
    const family = this.#take('inet', 'inet6')
    const protocol = this.#after('proto')
    if (this.#take('all') !== null) return { on, family, protocol, from: any, to: any }
    return { on, family, protocol, from: this.#side('from'), to: this.#side('to') }
  }

  rule(): Omit<Rule, 'section'> {
    const action = this.#next() as Rule['action']
    const direction = this.#take('in', 'out') as Rule['direction']
    this.#take('log')
    const quick = this.#take('quick') !== null
    const matching = this.#matching()
    const type = this.#after('icmp-type') ?? this.#after('icmp6-type')
    const icmp = type === null ? [] : listOf(type.replaceAll(/[{}]/g, ''))
    const tag = this.#after('tag')
    const tagged = this.#after('tagged')
    const label = (this.#after('label') ?? '').replaceAll('"', '')
    if (this.#words.length > 0) fail(this.#line)
    return { action, direction, quick, ...matching, icmp, tag, tagged, label }
  }

  translation(): Translation {
    const kind = this.#take('nat', 'rdr') ?? fail(this.#line)
    const { on, ...matching } = this.#matching()
    const target = this.#after('->') ?? fail(this.#line)
    if (this.#words.length > 0 || on === null) fail(this.#line)
    return { kind: kind as Translation['kind'], on: on ?? '', ...matching, target }
  }
}

/** The last rule that matches decides, or the first that is `quick`; pf passes what no rule matches. Tags stick. */
export function evaluate({ rules, skip }: Ruleset, packet: Packet, interfaces: Interfaces = {}): Verdict {
  let tag = packet.tag ?? null
  if (skip.includes(packet.on)) return { pass: true, tag, rule: null }
  let last: Rule | null = null
  for (const rule of rules) {
    if (rule.direction !== null && rule.direction !== packet.direction) continue
    if (rule.tagged !== null && rule.tagged !== tag) continue
    if (!matches(rule, packet, interfaces)) continue
    if (rule.icmp.length > 0 && !rule.icmp.includes(packet.icmp ?? '')) continue
    if (rule.tag !== null) tag = rule.tag
    last = rule
    if (rule.quick) break
  }
  return { pass: last?.action !== 'block', tag, rule: last }
}

/** The first translation of its kind that matches (pf.conf(5)); the packet as the filter sees it. */
export function translate(set: Ruleset, kind: Translation['kind'], packet: Packet, interfaces: Interfaces): Packet {
  const found = set.translations.find(other => other.kind === kind && matches(other, packet, interfaces))
  if (found === undefined) return packet
  const target = found.target.startsWith('(')
    ? (interfaces[found.target.replaceAll(/[()]|:0/g, '')] ?? []).find(
        a => a.includes(':') === (packet.family === 'inet6'),
      )
    : found.target
  if (target === undefined) return packet
  return kind === 'rdr' ? { ...packet, to: target } : { ...packet, from: target }
}

type Matching = Pick<Rule, 'on' | 'family' | 'protocol' | 'from' | 'to'>

function matches({ on, family, protocol, from, to }: Matching, packet: Packet, interfaces: Interfaces): boolean {
  return (
    // `epair` is the group of all epairs (ifconfig(8)).
    (on === null || on === packet.on || on === packet.on.replace(/\d+[a-z]?$/, '')) &&
    (family === null || family === packet.family) &&
    (protocol === null || protocol === packet.protocol) &&
    isOn(from, packet.from, packet.fromPort, interfaces) &&
    isOn(to, packet.to, packet.port, interfaces)
  )
}

function isOn(
  { addresses, not, ports }: Side,
  address: string,
  port: number | undefined,
  interfaces: Interfaces,
): boolean {
  if (ports !== null && (port === undefined || port < ports[0] || port > ports[1])) return false
  if (addresses === null) return true
  const all = addresses.flatMap(text => (text.startsWith('(') ? (interfaces[text.slice(1, -1)] ?? []) : [text]))
  return all.some(text => holds(text, address)) !== not
}

const typeOf = (address: string) => (address.includes(':') ? 'ipv6' : 'ipv4')

/** Text → what it holds: built once, for packets are asked about by the hundred thousand. */
const lists = new Map<string, BlockList>()

function listFor(text: string): BlockList {
  const known = lists.get(text)
  if (known !== undefined) return known
  const type = typeOf(text)
  const list = new BlockList()
  const [base = '', length] = text.split('/')
  const [first = '', last] = text.split('-')
  if (last !== undefined) list.addRange(first, last, type)
  else if (length === undefined) list.addAddress(base, type)
  else list.addSubnet(base, Number(length), type)
  lists.set(text, list)
  return list
}

/** Is the address in `10.64.0.0/10`, `10.64.0.1` or `10.64.0.1-10.64.0.9`? */
export const holds = (text: string, address: string): boolean =>
  text === address || (typeOf(text) === typeOf(address) && listFor(text).check(address, typeOf(address)))
