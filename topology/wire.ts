/**
 * Each jail becomes an epair(4) with addresses out of its host's prefix. Routed: a point-to-point link of its own, so
 * that the host's pf sees every packet. Bridge: one segment a host, in the upper half of the host's prefix.
 */
import type { LockedJail } from './lock.ts'
import { byName } from './names.ts'
import { addressIn, bitsOf, type PerFamily, type Prefix } from './prefix.ts'
import { type Jail, bridgeName } from './mesh.ts'
import type { HostSpec } from './spec.ts'

/** Interface units start above what people number by hand. */
const firstUnit = 100

/**
 * Jails a host has room for. Routed: a /31 each, the first being the host's own and the last left out because its upper
 * address reads as a broadcast. Bridge: the upper half less network, gateway and broadcast. Units fit a byte of the MAC.
 */
export function maxSlots(wiring: HostSpec['wiring'], hostLength: number): number {
  const half = 2 ** (bitsOf('inet') - hostLength - 1)
  return Math.min(wiring === 'routed' ? half - 2 : half - 3, 154)
}

/** Where one host's jails hang, and by which numbers. */
export interface Site {
  readonly spec: HostSpec
  readonly fqdn: string
  readonly regionNumber: number
  readonly number: number
  readonly prefix: PerFamily<Prefix>
  readonly slots: ReadonlyMap<string, LockedJail>
}

export const wireJails = (site: Site): readonly Jail[] =>
  site.spec.jails.map(jail => wireJail(site, jail, site.slots.get(jail.name)?.slot ?? 0)).toSorted(byName)

function wireJail(site: Site, spec: HostSpec['jails'][number], slot: number): Jail {
  const unit = firstUnit + slot
  const common = { name: spec.name, host: site.spec.name, fqdn: `${spec.name}.${site.fqdn}`, slot, unit, spec }
  const { inet, inet6 } = site.prefix
  if (site.spec.wiring === 'bridge') {
    const segment = bridgeSegment(site.prefix)
    return {
      ...common,
      address: { inet: addressIn(segment.inet, slot + 1), inet6: addressIn(segment.inet6, slot + 1) },
      router: bridgeAddress(site.prefix),
      linkLength: { inet: segment.inet.length, inet6: segment.inet6.length },
      filteredOn: bridgeName,
      wiring: { kind: 'bridge', ether: etherAddress(site.regionNumber, site.number, unit) },
    }
  }
  return {
    ...common,
    // A /31 needs no broadcast address (RFC 3021); a /126 keeps clear of the all-zero router anycast (RFC 4291).
    router: { inet: addressIn(inet, 2 * slot), inet6: addressIn(inet6, 4 * slot + 1) },
    address: { inet: addressIn(inet, 2 * slot + 1), inet6: addressIn(inet6, 4 * slot + 2) },
    linkLength: { inet: 31, inet6: 126 },
    filteredOn: `epair${unit}a`,
    wiring: { kind: 'routed' },
  }
}

/** The jails' segment of a bridged host: the upper half of its IPv4 prefix, the second /80 of its IPv6 prefix. */
export function bridgeSegment({ inet, inet6 }: PerFamily<Prefix>): PerFamily<Prefix> {
  const upper = { ...inet, length: inet.length + 1, network: inet.network + (1n << BigInt(31 - inet.length)) }
  const second = { ...inet6, length: inet6.length + 16, network: inet6.network + (1n << BigInt(112 - inet6.length)) }
  return { inet: upper, inet6: second }
}

export function bridgeAddress(of: PerFamily<Prefix>): Jail['router'] {
  const segment = bridgeSegment(of)
  return { inet: addressIn(segment.inet, 1), inet6: addressIn(segment.inet6, 1) }
}

/**
 * Locally administered (the 2 of 02), `mw`, region, host, unit: without it neighbours would keep an address that
 * FreeBSD 14 draws anew at each create (epair(4)). Unit 1 is the bridge itself.
 */
export const etherAddress = (region: number, host: number, unit: number): string =>
  ['02', '6d', '77', ...[region, host, unit].map(n => (n & 255).toString(16).padStart(2, '0'))].join(':')
