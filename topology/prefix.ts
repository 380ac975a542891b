/** Addresses and prefixes of both families, as values. Text becomes one of these once, where it is read. */
import { Address4, Address6 } from 'ip-address'

/** The address families by the words of pf.conf(5), ifconfig(8) and route(8). */
export const families = ['inet', 'inet6'] as const
export type Family = (typeof families)[number]

/** A value per family; null where the mesh or host does not use the family. */
export interface PerFamily<T> {
  readonly inet: T
  readonly inet6: T
}

export interface Address {
  readonly family: Family
  readonly value: bigint
  /** Canonical: dotted quad, or RFC 5952. */
  readonly text: string
}

/** A prefix with its host bits zero. */
export interface Prefix {
  readonly family: Family
  readonly network: bigint
  readonly length: number
  /** Canonical: `10.64.0.0/10`, `fd5c:8e21:77aa::/48`. */
  readonly text: string
}

export const bitsOf = (family: Family): number => (family === 'inet' ? 32 : 128)

export function address(family: Family, value: bigint): Address {
  const text = family === 'inet' ? dottedQuad(value) : Address6.fromBigInt(value).correctForm()
  return { family, value, text }
}

export function prefix(family: Family, network: bigint, length: number): Prefix {
  return { family, network, length, text: `${address(family, network).text}/${length}` }
}

const dottedQuad = (value: bigint): string => {
  const n = Number(value)
  return `${n >>> 24}.${(n >>> 16) & 255}.${(n >>> 8) & 255}.${n & 255}`
}

/** A bare address without prefix length or zone; null when `text` is not one. */
export function parseAddress(text: string): Address | null {
  if (text.includes('/') || text.includes('%')) return null
  if (Address4.isValid(text)) return address('inet', new Address4(text).bigInt())
  if (Address6.isValid(text)) return address('inet6', new Address6(text).bigInt())
  return null
}

export type PrefixProblem = { readonly kind: 'not-a-prefix' } | { readonly kind: 'host-bits'; readonly network: string }

/** `10.64.0.0/10`; an address alone is its /32 or /128. Host bits that are set are refused, with the network meant. */
export function parsePrefix(text: string): Prefix | PrefixProblem {
  const [base = '', length, ...rest] = text.split('/')
  const parsed = parseAddress(base)
  if (parsed === null || rest.length > 0) return { kind: 'not-a-prefix' }
  const bits = bitsOf(parsed.family)
  if (length === undefined) return prefix(parsed.family, parsed.value, bits)
  if (!/^(?:0|[1-9][0-9]{0,2})$/.test(length) || Number(length) > bits) return { kind: 'not-a-prefix' }
  const network = networkOf(parsed, Number(length))
  return network.network === parsed.value ? network : { kind: 'host-bits', network: network.text }
}

export const isPrefix = (value: Prefix | PrefixProblem): value is Prefix => 'network' in value && 'length' in value

/** The prefix of `length` bits that holds the address. */
function networkOf(of: Address, length: number): Prefix {
  const hostBits = BigInt(bitsOf(of.family) - length)
  return prefix(of.family, (of.value >> hostBits) << hostBits, length)
}

export const hostPrefix = (of: Address): Prefix => ({
  family: of.family,
  network: of.value,
  length: bitsOf(of.family),
  text: `${of.text}/${bitsOf(of.family)}`,
})

export const contains = (outer: Prefix, inner: Prefix): boolean =>
  outer.family === inner.family &&
  outer.length <= inner.length &&
  inner.network >> BigInt(bitsOf(outer.family) - outer.length) ===
    outer.network >> BigInt(bitsOf(outer.family) - outer.length)

export const overlaps = (a: Prefix, b: Prefix): boolean => contains(a, b) || contains(b, a)

/** The n-th prefix of `length` bits inside `outer`. Whoever hands out the numbers sees to it that there are that many. */
export const subPrefix = (outer: Prefix, length: number, n: number): Prefix =>
  prefix(outer.family, outer.network + (BigInt(n) << BigInt(bitsOf(outer.family) - length)), length)

/** The n-th address inside `outer`, counted from its first; the caller knows that there are that many. */
export const addressIn = (outer: Prefix, n: number): Address => address(outer.family, outer.network + BigInt(n))

/** IPv4 before IPv6, then by number: the one order of prefixes in every file. */
export const byNetwork = (a: Prefix | Address, b: Prefix | Address): number => {
  if (a.family !== b.family) return a.family === 'inet' ? -1 : 1
  const [x, y] = ['network' in a ? a.network : a.value, 'network' in b ? b.network : b.value]
  return x < y ? -1 : x > y ? 1 : ('length' in a ? a.length : 128) - ('length' in b ? b.length : 128)
}
