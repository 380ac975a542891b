/** usr/local/etc/namedb/primary/ZONE: a zone file (RFC 1035 §5), names relative to the zone where they lie in it. */
import { madeBy } from '../../render/file.ts'
import { block } from '../../render/template.ts'
import type { JailFile } from '../kind.ts'
import { isBelow, type Zone, type ZoneRecord } from './zones.ts'

export const primaryDirectory = 'usr/local/etc/namedb/primary'

export const renderZone = (zone: Zone, serial: number): JailFile => ({
  path: `${primaryDirectory}/${zone.name}`,
  text: `; ${madeBy}\n${zoneText(zone, serial)}`,
  mode: 0o644,
  secret: false,
  reload: { rc: 'named', how: 'reload' },
})

/**
 * Seconds of the SOA record: secondaries ask every quarter of an hour for what a lost NOTIFY did not tell them, and
 * answer for two weeks without their primary. What is not there is remembered for five minutes.
 */
const timers = { refresh: 900, retry: 300, expire: 1_209_600, negative: 300 }

export function zoneText(zone: Zone, serial: number): string {
  const { refresh, retry, expire, negative } = timers
  const soa = `${zone.primary}. ${zone.contact}. ${serial} ${refresh} ${retry} ${expire} ${negative}`
  return block([
    `$ORIGIN ${zone.name}.`,
    `$TTL ${zone.ttl}`,
    `@ IN SOA ${soa}`,
    ...zone.records.map(record => line(record, zone.name)),
  ]).text
}

function line({ name, ttl, type, data }: ZoneRecord, zone: string): string {
  const owner = name === zone ? '@' : isBelow(name, zone) ? name.slice(0, -zone.length - 1) : `${name}.`
  const text = `${owner}${ttl === null ? '' : ` ${ttl}`} IN ${type} ${data}`
  // Outside of quotes, these begin a comment, a group of lines, or a directive.
  if (!/^[ -~]+$/.test(text) || /[();$]/.test(text.replaceAll(/"(?:[^"\\]|\\.)*"/g, '')))
    throw new Error(`${JSON.stringify(text)} is no line of a zone: this is a bug in meshwright`)
  return text
}
