/** The zones a mesh has, as values: its own names, the way back from addresses to names, and those that people add. */
import { byText } from '../../../topology/names.ts'
import { type Address, bitsOf, families, parseAddress, type Prefix } from '../../../topology/prefix.ts'
import type { Addressed } from '../kind.ts'
import { namesOf } from '../names.ts'
import type { BindOptions, RecordSpec, RecordType } from './options.ts'

/** Names are absolute and without the dot at their end. */
export interface Zone {
  readonly name: string
  /** The world may ask for it. */
  readonly public: boolean
  /** The name server of its SOA record, and the mailbox as a name: `hostmaster.example.net`. */
  readonly primary: string
  readonly contact: string
  /** Seconds. */
  readonly ttl: number
  /** Those of the zone itself first, then by name. */
  readonly records: readonly ZoneRecord[]
}

export interface ZoneRecord {
  readonly name: string
  /** Seconds; null: that of the zone. */
  readonly ttl: number | null
  readonly type: RecordType | 'PTR'
  /** As in a zone file, with absolute names. */
  readonly data: string
}

const known = new WeakMap<Addressed, readonly Zone[]>()

/** By name. */
export function zonesOf(service: Addressed<BindOptions>): readonly Zone[] {
  const zones = known.get(service) ?? zonesServed({ ...service, servers: serversOf(service) })
  known.set(service, zones)
  return zones
}

/** Full names of its name servers, the primary first. */
export const serversOf = (service: Pick<Addressed<BindOptions>, 'instances'>): readonly string[] =>
  [...service.instances('primary'), ...service.instances('secondary')].map(({ jail }) => jail.fqdn.toLowerCase())

/** `servers`: full names, the primary first; those of zones that name none themselves. */
export function zonesServed({
  options,
  mesh,
  servers,
}: Pick<Addressed<BindOptions>, 'options' | 'mesh'> & { readonly servers: readonly string[] }): readonly Zone[] {
  const domain = mesh.domain.toLowerCase()
  const primary = servers[0] ?? domain
  const contact = mailbox(options.contact ?? `hostmaster@${mesh.domain}`)
  const zone = (name: string, records: readonly ZoneRecord[], open = false): Zone => {
    const own = records.filter(record => record.type === 'NS' && record.name === name)
    const all = own.length > 0 ? records : [...servers.map(server => nameServer(name, server)), ...records]
    return {
      ...{ name, contact, ttl: options.ttl },
      public: open,
      primary: open ? (own[0]?.data.slice(0, -1) ?? primary) : primary,
      records: all.toSorted(byPlace(name)),
    }
  }
  const given = new Map(
    Object.entries(options.zones).map(([name, specs]) => [name, specs.map(spec => recordOf(spec, name))]),
  )
  const named = namesOf(mesh).flatMap(({ fqdn, address }) =>
    families.map(family => addressRecord(fqdn.toLowerCase(), address[family])),
  )
  const forward = [
    zone(domain, [...named, ...(given.get(domain) ?? [])]),
    ...[...given].filter(([name]) => name !== domain).map(([name, records]) => zone(name, records, options.public)),
  ]
  const reverse = new Map<string, ZoneRecord[]>()
  for (const { fqdn, address } of namesOf(mesh))
    for (const family of families) {
      const { name, zone: holder } = reverseName(address[family], mesh.overlay[family])
      const pointer: ZoneRecord = { name, ttl: null, type: 'PTR', data: `${fqdn.toLowerCase()}.` }
      reverse.set(holder, [...(reverse.get(holder) ?? []), pointer])
    }
  return [
    ...forward.map(one => withDelegations(one, forward)),
    ...[...reverse].map(([name, records]) => zone(name, records)),
  ].toSorted((a, b) => byText(a.name, b.name))
}

const nameServer = (name: string, server: string): ZoneRecord => ({
  ...{ name, ttl: null, type: 'NS' },
  data: `${server}.`,
})

const addressRecord = (name: string, { family, text }: Address): ZoneRecord => ({
  ...{ name, ttl: null, data: text },
  type: family === 'inet' ? 'A' : 'AAAA',
})

export const isBelow = (name: string, zone: string): boolean => name.endsWith(`.${zone}`)
export const isWithin = (name: string, zone: string): boolean => name === zone || isBelow(name, zone)

/** `www` in example.net is www.example.net; a name with a dot at its end is whole. */
export const absolute = (name: string, zone: string): string =>
  name === '@' ? zone : name.endsWith('.') ? name.slice(0, -1) : `${name}.${zone}`

/** The name that the value of a record ends in, if it is of a type that has one. */
export const targetOf = ({ type, value }: Pick<RecordSpec, 'type' | 'value'>): string | null =>
  type === 'CNAME' || type === 'NS' || type === 'MX' || type === 'SRV' ? value.slice(value.lastIndexOf(' ') + 1) : null

export function recordOf(spec: RecordSpec, zone: string): ZoneRecord {
  const { type, value } = spec
  return { name: absolute(spec.name, zone), ttl: spec.ttl ?? null, type, data: dataOf(type, value, zone) }
}

function dataOf(type: RecordType, value: string, zone: string): string {
  const target = targetOf({ type, value })
  if (target !== null)
    return `${value.slice(0, value.length - target.length)}${target === '.' ? '' : absolute(target, zone)}.`
  switch (type) {
    case 'A':
    case 'AAAA':
      return parseAddress(value)?.text ?? value
    case 'TXT':
      return quoted(value)
    default: {
      const [flags, tag, ...rest] = value.split(' ')
      return `${flags} ${tag} "${rest.join(' ').replaceAll('"', '')}"`
    }
  }
}

/** Strings of at most 255 bytes each (RFC 1035 §3.3): whoever reads them puts them together again. */
const quoted = (value: string): string =>
  (value.match(/.{1,255}/g) ?? []).map(part => `"${part.replaceAll(/["\\]/g, '\\$&')}"`).join(' ')

/** The dots before the @ belong to one label (RFC 1035 §8). */
const mailbox = (address: string): string => {
  const at = address.indexOf('@')
  return `${address.slice(0, at).replaceAll('.', '\\.')}.${address.slice(at + 1)}`.toLowerCase()
}

/**
 * A zone that lies above another of ours names its servers, and their addresses where they are below that point. The
 * world is not sent to zones it may not ask for.
 */
function withDelegations(zone: Zone, all: readonly Zone[]): Zone {
  const closest = (name: string) =>
    all.filter(other => isBelow(name, other.name)).toSorted((a, b) => b.name.length - a.name.length)[0]
  const children = all.filter(other => closest(other.name) === zone && (other.public || !zone.public))
  const records = children.flatMap(child => {
    const servers = child.records.filter(({ name, type }) => type === 'NS' && name === child.name)
    const names = servers.map(({ data }) => data.slice(0, -1))
    const glue = child.records.filter(({ name, type }) => (type === 'A' || type === 'AAAA') && names.includes(name))
    return [...servers, ...glue]
  })
  return records.length === 0 ? zone : { ...zone, records: [...zone.records, ...records].toSorted(byPlace(zone.name)) }
}

const byPlace = (zone: string) => (a: ZoneRecord, b: ZoneRecord) =>
  Number(b.name === zone) - Number(a.name === zone) ||
  byText(a.name, b.name) ||
  byText(a.type, b.type) ||
  byText(a.data, b.data)

/**
 * Where the name of an address lies: 2.0.64.10.in-addr.arpa in 64.10.in-addr.arpa. A zone is the smallest whole octet or
 * nibble within the overlay, so that no zone claims an address of others; only an overlay smaller than a /24 needs more.
 */
export function reverseName(address: Address, overlay: Prefix): { readonly name: string; readonly zone: string } {
  const [unit, most, root] = address.family === 'inet' ? [8, 24, 'in-addr.arpa'] : [4, 124, 'ip6.arpa']
  const bits = bitsOf(address.family)
  const digits: string[] = []
  for (let shift = 0; shift < bits; shift += unit) {
    const digit = Number((address.value >> BigInt(shift)) & ((1n << BigInt(unit)) - 1n))
    digits.push(digit.toString(unit === 8 ? 10 : 16))
  }
  const kept = Math.min(Math.ceil(overlay.length / unit) * unit, most) / unit
  return { name: [...digits, root].join('.'), zone: [...digits.slice(digits.length - kept), root].join('.') }
}
