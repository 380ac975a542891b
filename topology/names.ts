/**
 * Names people give: mesh, region, host, jail. Each is one host name label (RFC 1123), lower case, because each ends up
 * in a DNS name, a file name, a pf label and an rc.conf(5) line; what is a label needs no quoting in any of them.
 */
declare const brand: unique symbol
type Name<B extends string> = string & { readonly [brand]: B }

export type MeshName = Name<'MeshName'>
export type RegionName = Name<'RegionName'>
export type HostName = Name<'HostName'>
export type JailName = Name<'JailName'>
/** A group of hosts by a label of the admin's own: `smtp-egress`. */
export type HostLabel = Name<'HostLabel'>
/** Dotted DNS name: `mesh.example.net`. */
export type DomainName = Name<'DomainName'>
/** A network interface as ifconfig(8) names it, at most 15 bytes: `vtnet0`, `em0.102`. */
export type InterfaceName = Name<'InterfaceName'>

export const hostClasses = ['core', 'edge', 'build', 'weak'] as const
export type HostClass = (typeof hostClasses)[number]

/** Words with a meaning of their own in `from:` and `to:`, in `endpoint:`, or in pf.conf(5) and jail.conf(5). */
const reservedWords: ReadonlySet<string> = new Set([
  ...['admin', 'outside', 'hosts', 'any', 'all', 'self', 'none', 'dynamic', 'localhost', 'meshwright', 'default'],
  ...hostClasses,
])

const label = /^[a-z](?:[a-z0-9-]*[a-z0-9])?$/
const maxLabelBytes = 63

/** Why `text` cannot be the name of a mesh, region, host or jail; null when it can. */
export function nameProblem(text: string): string | null {
  if (text === '') return 'it is empty'
  if (byteLength(text) > maxLabelBytes) return `it is longer than ${maxLabelBytes} bytes`
  if (!label.test(text)) return 'a name is a-z, 0-9 and dashes, begins with a letter and does not end with a dash'
  if (reservedWords.has(text)) return 'the word is reserved'
  return null
}

const byteLength = (text: string) => new TextEncoder().encode(text).length

export const isLabel = (text: string): boolean => label.test(text) && text.length <= maxLabelBytes
export const isReserved = (text: string): boolean => reservedWords.has(text)

/** RFC 1123: labels joined by dots, 253 bytes at most. */
export const isDomainName = (text: string): boolean =>
  text.length <= 253 && text.split('.').every(part => /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i.test(part))

/** IFNAMSIZ is 16 with the final NUL (net/if.h). */
export const isInterfaceName = (text: string): boolean =>
  /^[a-z][a-z0-9_]*[0-9](?:\.[0-9]+)?$/.test(text) && text.length <= 15

/** Order by code points, the same in every locale. */
export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
export const byName = (a: { readonly name: string }, b: { readonly name: string }): number => byText(a.name, b.name)
