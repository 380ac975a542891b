/**
 * etc/pf.conf, in the order pf.conf(5) asks for: macros, tables, options, translation, filter. One `block log all`, then
 * only `quick` rules, so that the order of flows never matters. A packet that is passed on comes in by the rule of its
 * flow, which tags it, and goes out by the one rule for what is tagged.
 */
import { createHash } from 'node:crypto'
import type { LocalFlow } from '../../topology/flow.ts'
import { bridgeName, type Host, type Jail, type Mesh } from '../../topology/mesh.ts'
import { byText } from '../../topology/names.ts'
import type { Service } from '../../topology/port.ts'
import { byNetwork, families, type Family, type Prefix } from '../../topology/prefix.ts'
import type { External, Members } from '../../topology/reference.ts'
import { egressOn } from '../../topology/check/hosts.ts'
import { madeBy, type RenderedFile } from './file.ts'
import { type SharedTables, tableLine } from './pf.tables.ts'
import { type Block, block } from './template.ts'

/** pf's limits: PF_TABLE_NAME_SIZE 32 and PF_RULE_LABEL_SIZE 64, both with the final NUL (net/pfvar.h). */
const maxTableName = 31
const maxLabel = 63

/** `more`: filter rules that services need on the host itself. */
export function renderPfConf(
  host: Host,
  mesh: Mesh,
  flows: readonly LocalFlow[],
  shared: SharedTables,
  more: readonly string[] = [],
): RenderedFile {
  const rules = new Rules(host, mesh, shared)
  for (const local of flows) rules.add(local)
  const sections: (readonly string[])[] = [
    [`# ${madeBy}`, `ext = "${host.spec.interface}"`],
    rules.tables(),
    ['set block-policy drop', 'set skip on lo0', 'set ruleset-optimization none'],
    rules.translation(),
    baseline(host, mesh, rules),
    more,
    ...rules.filter(),
    transit(host, mesh),
    ['pass out quick tagged MW label "forward"'],
  ]
  return pfFile('etc/pf.conf', block(sections.filter(lines => lines.length > 0).flatMap(withGap)))
}

/** Loaded by rc(8) when pf.conf does not load: an admin can still log in, tunnels still stand, nothing else passes. */
export function renderPfFallback(host: Host, mesh: Mesh): RenderedFile {
  const lines = [
    `# ${madeBy}`,
    `ext = "${host.spec.interface}"`,
    tableLine('admin', adminOf(host)),
    'set block-policy drop',
    'set skip on lo0',
    'block log all label "fallback"',
    neighbourDiscovery,
    ...wireguardRules(host, mesh, 'any'),
    sshRule(host),
  ]
  return pfFile('etc/pf-fallback.conf', block(lines))
}

const adminOf = (host: Host): readonly string[] => host.spec.admin.toSorted(byNetwork).map(addressText)

const pfFile = (path: string, content: Block): RenderedFile => ({
  path,
  content,
  mode: 0o600,
  secret: false,
  reload: 'pf',
})

const withGap = (lines: readonly string[], index: number): readonly string[] => (index === 0 ? lines : ['', ...lines])

/** Without neighbour discovery there is no IPv6 at all; packet too big is how paths tell their MTU (RFC 4861, RFC 8201). */
const neighbourDiscovery = 'pass quick inet6 proto icmp6 icmp6-type { neighbrsol, neighbradv, toobig } label "nd"'

function baseline(host: Host, mesh: Mesh, rules: Rules): string[] {
  return [
    'block log all label "default"',
    // What is for the overlay never leaves in the clear while wg0 is down, and never comes in from outside.
    'block out quick on $ext inet from any to <overlay4> label "leak 4"',
    'block out quick on $ext inet6 from any to <overlay6> label "leak 6"',
    'block in quick on $ext inet from <overlay4> to any label "spoof 4"',
    'block in quick on $ext inet6 from <overlay6> to any label "spoof 6"',
    neighbourDiscovery,
    ...wireguardRules(host, mesh, '<endpoints>'),
    sshRule(host),
    'pass out quick on $ext from ($ext) label "host-out"',
    // Any host and jail may see whether a host is alive.
    ...families.flatMap(family => [
      `pass in quick on wg0 ${family} proto ${icmp[family]} from ${rules.overlay(family)} to ${host.address[family].text} ${echo[family]} label "ping in ${digit[family]}"`,
      `pass out quick on wg0 ${family} proto ${icmp[family]} from ${host.address[family].text} to ${rules.overlay(family)} ${echo[family]} label "ping out ${digit[family]}"`,
    ]),
  ]
}

const icmp = { inet: 'icmp', inet6: 'icmp6' } as const
const echo = { inet: 'icmp-type echoreq', inet6: 'icmp6-type echoreq' } as const
const digit = { inet: '4', inet6: '6' } as const

/** From and to the endpoints of peers; from anywhere where a peer behind NAT or with a changing address may call. */
function wireguardRules(host: Host, mesh: Mesh, known: '<endpoints>' | 'any'): string[] {
  const peers = mesh.connections.neighboursOf(host)
  if (peers.length === 0) return []
  const who = known === '<endpoints>' && peers.every(peer => peer.endpoint !== null) ? known : 'any'
  const { port } = host.spec
  return [
    `pass in quick on $ext proto udp from ${who} to ($ext) port ${port} label "wg-in"`,
    `pass out quick on $ext proto udp from ($ext) port ${port} to ${who} label "wg-out"`,
  ]
}

const sshRule = (host: Host): string =>
  `pass in quick on $ext proto tcp from <admin> to ($ext) port ${host.spec.ssh.port} label "ssh"`

/** Packets between others that this host carries from wg0 to wg0: those of hosts without a tunnel, or of other regions. */
function transit(host: Host, mesh: Mesh): string[] {
  const passed = mesh.connections.transitOf(host).toSorted((x, y) => byText(x.label, y.label))
  if (passed.length === 0) return []
  return [
    '# Carried for others, who decide themselves what they let in; nothing for this host passes here.',
    ...families.map(
      family =>
        `block in log quick on wg0 ${family} from any to ${host.prefix[family].text} label "default own ${digit[family]}"`,
    ),
    ...passed.flatMap(({ a, b, label }) =>
      families.flatMap(family => [
        `pass in quick on wg0 ${family} from ${a[family].text} to ${b[family].text} tag MW label "${labelOf(`t:${label}`, `> ${digit[family]}`)}"`,
        `pass in quick on wg0 ${family} from ${b[family].text} to ${a[family].text} tag MW label "${labelOf(`t:${label}`, `< ${digit[family]}`)}"`,
      ]),
    ),
  ]
}

/** The rules of one host's flows, and the tables and translations they need. */
class Rules {
  readonly #host: Host
  readonly #shared: SharedTables
  readonly #tables = new Map<string, readonly string[]>()
  readonly #endpoints: string | null
  readonly #redirects: string[] = []
  readonly #sections: string[][] = []
  #egress = false

  constructor(host: Host, mesh: Mesh, shared: SharedTables) {
    this.#host = host
    this.#shared = shared
    this.#tables.set('admin', adminOf(host))
    this.#tables.set('overlay4', [mesh.overlay.inet.text])
    this.#tables.set('overlay6', [mesh.overlay.inet6.text])
    const peers = mesh.connections.neighboursOf(host)
    this.#endpoints = shared.endpointTable(
      peers.every(peer => peer.endpoint !== null) ? peers.map(peer => peer.host) : [],
    )
  }

  overlay(family: Family): string {
    return `<overlay${digit[family]}>`
  }

  add(local: LocalFlow): void {
    const { from, to } = local.flow
    const lines =
      from.kind === 'external'
        ? [...this.#fromOutside(local, from)]
        : to.kind === 'external'
          ? [...this.#toOutside(local, to)]
          : [...this.#inside(local, from, to)]
    if (lines.length === 0) return
    const why = local.flow.why === '' ? '' : `: ${local.flow.why}`
    this.#sections.push([`# ${local.flow.name}${why}`, ...lines])
  }

  filter(): readonly (readonly string[])[] {
    // A jail that may go out may not use that to reach its host by its outside address.
    const hairpin = families
      .filter(family => egressOn(this.#host, family))
      .map(
        family => `block in quick on ${this.#jailSide()} ${family} from any to ($ext) label "hairpin ${digit[family]}"`,
      )
    return [...(this.#egress ? [hairpin] : []), ...this.#sections]
  }

  /** `nat` comes before `rdr` here; pf takes the first of each kind that matches. */
  translation(): readonly string[] {
    const { prefix, endpoint } = this.#host
    const nat: string[] = []
    if (this.#egress && egressOn(this.#host, 'inet'))
      nat.push(`nat on $ext inet from ${prefix.inet.text} to ! <overlay4> -> ($ext:0)`)
    if (this.#egress && endpoint.inet6 !== null)
      nat.push(`nat on $ext inet6 from ${prefix.inet6.text} to ! <overlay6> -> ${endpoint.inet6.address.text}`)
    return [...nat, ...this.#redirects]
  }

  tables(): readonly string[] {
    const [admin, overlay4, overlay6, ...flows] = [...this.#tables].map(([name, members]) => tableLine(name, members))
    return [admin, overlay4, overlay6, this.#endpoints, ...flows].filter(line => typeof line === 'string')
  }

  #jailSide(): string {
    return this.#host.spec.wiring === 'bridge' ? bridgeName : 'epair'
  }

  /** Ports of the host's outside address that lead to a jail, or to the host itself. */
  *#fromOutside(local: LocalFlow, from: External): Iterable<string> {
    const { flow } = local
    for (const family of families) {
      if (!this.#host.sends[family]) continue
      const source = this.#external(local, from, family, 'src')
      if (source === null) continue
      for (const service of flow.services) {
        for (const jail of local.jailsServe) {
          if (service.kind === 'ping') continue
          const target = jail.address[family].text
          this.#redirects.push(
            `rdr on $ext ${family} proto ${service.protocol} from ${source} to ($ext) port ${portText(service)} -> ${target}`,
          )
          yield this.#rule(
            `pass in quick on $ext ${family} ${matching(service, family, source, target)} tag MW`,
            local,
            `${jail.name} ${proto(service)}`,
            family,
          )
        }
        if (local.hostServes)
          yield this.#rule(
            `pass in quick on $ext ${family} ${matching(service, family, source, '($ext)')}`,
            local,
            `ext ${proto(service)}`,
            family,
          )
      }
    }
  }

  /** Jails that may leave the mesh. The host itself may always. */
  *#toOutside(local: LocalFlow, to: External): Iterable<string> {
    for (const family of families) {
      if (!egressOn(this.#host, family)) continue
      const target = to.who === 'outside' ? `! ${this.overlay(family)}` : this.#external(local, to, family, 'dst')
      if (target === null) continue
      for (const jail of local.jailsSend) {
        this.#egress = true
        for (const service of local.flow.services)
          yield this.#rule(
            `pass in quick on ${jail.filteredOn} ${family} ${matching(service, family, jail.address[family].text, target)} tag MW`,
            local,
            `${jail.name} ${proto(service)}`,
            family,
          )
      }
    }
  }

  /** Between members of the mesh: out of the jail's epair, over wg0, into the other's. */
  *#inside(local: LocalFlow, from: Members, to: Members): Iterable<string> {
    const { flow } = local
    const here = this.#host
    const homes: readonly (Host | Jail)[] = [...local.jailsServe, ...(local.hostServes ? [here] : [])]
    const remote = to.jails.length + to.hosts.length > homes.length
    for (const family of families) {
      const others = this.#shared.targets(to, family)
      for (const service of flow.services) {
        const kind = proto(service)
        for (const jail of local.jailsSend) {
          const own = jail.address[family].text
          const [only, second] = others.length > 2 ? others : others.filter(address => address !== own)
          if (only === undefined) continue
          // The table holds the jail's own address too, if it is a member: it never sends that to its epair.
          const target = second === undefined ? only : this.#group(local, family, 'dst', others)
          yield this.#rule(
            `pass in quick on ${jail.filteredOn} ${family} ${matching(service, family, own, target)} tag MW`,
            local,
            `${jail.name} ${kind}`,
            family,
          )
        }
        if (local.hostSends && remote) {
          const near = new Set(homes.map(home => home.address[family].text))
          const target = this.#group(
            local,
            family,
            'far',
            others.filter(address => !near.has(address)),
          )
          yield this.#rule(
            `pass out quick on wg0 ${family} ${matching(service, family, here.address[family].text, target)}`,
            local,
            `wg0> ${kind}`,
            family,
          )
        }
        for (const jail of local.hostSends ? local.jailsServe : [])
          // The host's end of the link is the source here: an address of its prefix as well.
          yield this.#rule(
            `pass out quick on ${jail.filteredOn} ${family} ${matching(service, family, jail.router[family].text, jail.address[family].text)}`,
            local,
            `>${jail.name} ${kind}`,
            family,
          )
        const sources = homes.length === 0 ? [] : this.#remoteSources(from, family)
        if (sources.length > 0) {
          const source = this.#group(local, family, 'src', sources)
          for (const target of homes)
            yield this.#rule(
              `pass in quick on wg0 ${family} ${matching(service, family, source, target.address[family].text)} tag MW`,
              local,
              `wg0>${target.name} ${kind}`,
              family,
            )
        }
      }
    }
  }

  /** Sources that come in over wg0. A prefix that holds this host's own too is harmless: wg0 hands over nothing from it. */
  #remoteSources(from: Members, family: Family): readonly string[] {
    const own = this.#host.prefix[family]
    return this.#shared
      .sources(from, family)
      .filter(source => source.length < own.length || !inside(own, source))
      .map(addressText)
  }

  /** External addresses of one family; null: there is none. */
  #external(local: LocalFlow, { who }: External, family: Family, side: 'src' | 'dst'): string | null {
    if (who === 'outside') return 'any'
    const prefixes = (who === 'admin' ? this.#host.spec.admin : who).filter(prefix => prefix.family === family)
    if (prefixes.length === 0) return null
    return who === 'admin' ? '<admin>' : this.#group(local, family, side, prefixes.map(addressText))
  }

  /** One address as it is; several as a table, named after the flow. */
  #group(local: LocalFlow, family: Family, side: string, members: readonly string[]): string {
    const [first, second] = members
    if (first !== undefined && second === undefined) return first
    const name = `${side}${digit[family]}_${shortHash(local.flow.name)}`.slice(0, maxTableName)
    this.#tables.set(name, [...new Set(members)])
    return `<${name}>`
  }

  #rule(text: string, local: LocalFlow, detail: string, family: Family): string {
    return `${text} label "${labelOf(`f:${local.flow.name}`, `${detail} ${digit[family]}`)}"`
  }
}

/** A prefix as pf writes it: a single address without its length. */
const addressText = (prefix: Prefix): string =>
  prefix.length === (prefix.family === 'inet' ? 32 : 128) ? prefix.text.replace(/\/\d+$/, '') : prefix.text

const inside = (outer: Prefix, inner: Prefix): boolean => {
  const shift = BigInt((outer.family === 'inet' ? 32 : 128) - outer.length)
  return inner.network >> shift === outer.network >> shift
}

const matching = (service: Service, family: Family, from: string, to: string): string =>
  service.kind === 'ping'
    ? `proto ${icmp[family]} from ${from} to ${to} ${echo[family]}`
    : `proto ${service.protocol} from ${from} to ${to} port ${portText(service)}`

const portText = (service: Service & { kind: 'ports' }): string =>
  service.first === service.last ? String(service.first) : `${service.first}:${service.last}`

const proto = (service: Service): string =>
  service.kind === 'ping' ? 'icmp' : `${portText(service)}${service.protocol[0]}`

const shortHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8)

/** At most 63 bytes, and its own for each rule: a long flow name is cut and marked with its hash. */
function labelOf(name: string, detail: string): string {
  const whole = `${name} ${detail}`
  if (whole.length <= maxLabel) return whole
  const mark = `~${shortHash(whole)}`
  return `${whole.slice(0, maxLabel - mark.length)}${mark}`
}
