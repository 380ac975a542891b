/** What named would refuse a zone for, or accept and serve wrongly, said of the lines in mesh.yaml. */
import { type Diagnostic, error, type Place } from '../../../topology/diagnostic.ts'
import type { MeshSpec } from '../../../topology/spec.ts'
import { below } from '../declare.ts'
import type { Service } from '../kind.ts'
import type { BindOptions, RecordSpec } from './options.ts'
import { absolute, isBelow, isWithin, recordOf, targetOf, type ZoneRecord } from './zones.ts'

interface Line {
  readonly spec: RecordSpec
  readonly record: ZoneRecord
  readonly place: Place
}

export function* checkZones(service: Service<BindOptions>): Iterable<Diagnostic> {
  const count = service.roles.get('primary')?.count
  if (count !== undefined && count !== 1)
    yield refused(`${count} primaries: a zone has one`, below(service, 'roles', 'primary', 'count'))
  for (const [zone, specs] of Object.entries(service.options.zones)) {
    const place = below(service, 'zones', zone)
    if (/(?:^|\.)arpa$/.test(zone))
      yield refused(`${zone} leads from addresses to names: the mesh makes such zones itself`, { ...place, key: true })
    const lines = specs.map((spec, i): Line => ({
      ...{ spec, record: recordOf(spec, zone) },
      place: below(service, 'zones', zone, i),
    }))
    const children = Object.keys(service.options.zones).filter(other => isBelow(other, zone))
    for (const line of lines) yield* checkLine(line, zone, lines, children)
  }
}

function* checkLine(
  { spec, record, place }: Line,
  zone: string,
  lines: readonly Line[],
  children: readonly string[],
): Iterable<Diagnostic> {
  const { name, type } = record
  const same = lines.filter(other => other.record.name === name)
  const first = same.find(other => other.record.type === type)?.record
  const at = { ...place, path: [...place.path, 'name'] }
  const value = { ...place, path: [...place.path, 'value'] }
  if (!isWithin(name, zone)) {
    yield refused(`${name} does not lie in ${zone}`, at)
    return
  }
  const twice = dotForgotten(spec.name, zone)
  if (twice !== null) yield refused(`${twice} would be ${twice}.${zone}`, at, `With a dot at its end, or shorter.`)
  if (name.length > 253) yield refused(`${name.slice(0, 40)}… is longer than 253 bytes`, at)
  const child = children.find(other => isWithin(name, other))
  if (child !== undefined) yield refused(`${name} belongs to the zone ${child}`, at, `Move it to ${child}.`)
  const cut = lines.find(
    other => other.record.type === 'NS' && isBelow(other.record.name, zone) && isWithin(name, other.record.name),
  )
  if (cut !== undefined && !(type === 'NS' && name === cut.record.name) && type !== 'A' && type !== 'AAAA')
    yield refused(`${name} is at or below ${cut.record.name}, which is given to other servers`, at)
  if (type === 'CNAME') {
    if (name === zone) yield refused(`${zone} itself cannot be a CNAME`, at, 'Give it the addresses: A and AAAA.')
    else if (same.length > 1) yield refused(`${name} is a CNAME and more: nothing stands beside a CNAME`, at)
  }
  if (lines.some(other => other.place.path.at(-1) !== place.path.at(-1) && isTwin(other.record, record)))
    yield refused(`${name} ${type} is there twice`, at)
  if (first !== undefined && first.ttl !== record.ttl)
    yield refused(`the records ${type} of ${name} have different ttl`, place, 'They are answered together.')
  const target = targetOf(spec)
  if (target === null || target === '.') return
  const forgotten = dotForgotten(target, zone)
  if (forgotten !== null) {
    yield refused(`${forgotten} would be ${forgotten}.${zone}`, value, `With a dot at its end, or shorter.`)
    return
  }
  const whole = absolute(target, zone)
  if (whole.length > 253) yield refused(`${whole.slice(0, 40)}… is longer than 253 bytes`, value)
  if (type === 'CNAME') {
    if (whole === name) yield refused(`${name} is a CNAME of itself`, value)
  } else yield* checkTarget(record, whole, zone, lines, children, value)
}

/** A name within the zone that something is sent to has an address there. */
function* checkTarget(
  { type, name }: ZoneRecord,
  target: string,
  zone: string,
  lines: readonly Line[],
  children: readonly string[],
  place: Place,
): Iterable<Diagnostic> {
  if (!isWithin(target, zone) || children.some(child => isWithin(target, child))) return
  const there = lines
    .filter(({ record }) => record.name === target || covers(record.name, target))
    .map(one => one.record)
  if (there.some(record => record.type === 'CNAME'))
    yield refused(`${type} of ${name} leads to ${target}, which is a CNAME`, place, 'Name what it stands for.')
  else if (!there.some(record => record.type === 'A' || record.type === 'AAAA'))
    if (
      type === 'NS' ||
      !lines.some(({ record }) => record.type === 'NS' && isBelow(record.name, zone) && isWithin(target, record.name))
    )
      yield refused(`${type} of ${name} leads to ${target}, which has no address`, place, 'Add its A or AAAA record.')
}

/** `*.apps.example.net` stands for all names below apps.example.net. */
const covers = (wildcard: string, name: string): boolean =>
  wildcard.startsWith('*.') && isBelow(name, wildcard.slice(2))

const isTwin = (a: ZoneRecord, b: ZoneRecord): boolean => a.name === b.name && a.type === b.type && a.data === b.data

/** `www.example.net` in example.net, where www or `www.example.net.` was meant; null: it is well. */
const dotForgotten = (name: string, zone: string): string | null => (isWithin(name, zone) ? name : null)

const refused = (message: string, place: Place, hint?: string): Diagnostic =>
  error('service-option', message, place, hint)

/** What depends on the names of the mesh. */
export function* checkMeshZone(service: Service<BindOptions>, mesh: MeshSpec): Iterable<Diagnostic> {
  const domain = mesh.domain.toLowerCase()
  const hosts = mesh.regions.flatMap(region => region.hosts.map(host => `${host.name}.${domain}`))
  const { zones, public: open } = service.options
  if (open && Object.keys(zones).every(zone => zone === domain))
    yield refused(
      `${service.name} is public, but has no zone for the world`,
      below(service, 'public'),
      `${domain} is never answered to the world; name others under zones:.`,
    )
  for (const [zone, specs] of Object.entries(zones)) {
    const served = specs.some(spec => spec.type === 'NS' && recordOf(spec, zone).name === zone)
    if (open && !served && zone !== domain)
      yield refused(
        `the world cannot know who serves ${zone}: it has no NS record of its own`,
        { ...below(service, 'zones', zone), key: true },
        'Add {name: "@", type: NS, value: ns1}, and public addresses for ns1.',
      )
    if (isBelow(zone, domain)) {
      yield refused(
        `${zone} lies below ${domain}, which is the mesh's own`,
        { ...below(service, 'zones', zone), key: true },
        `Write its records into ${domain}.`,
      )
      continue
    }
    for (const [i, spec] of specs.entries()) {
      const { name, type } = recordOf(spec, zone)
      const place = below(service, 'zones', zone, i, 'name')
      if (zone === domain && type === 'NS' && name === zone)
        yield refused(`who serves ${zone} follows from the roles`, place)
      const host = hosts.find(one => isWithin(name, one))
      if (host !== undefined) yield refused(`${name} belongs to the host ${host}`, place, 'Choose another name.')
      else if (zone !== domain && isWithin(name, domain))
        yield refused(`${name} belongs to the zone ${domain}`, place, `Write it into ${domain}.`)
    }
  }
}
