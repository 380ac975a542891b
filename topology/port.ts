/** What a flow is made of: `5432/tcp`, `6000-6010/udp`, or `icmp`, which is an echo request (ping). */
export type Service =
  | { readonly kind: 'ports'; readonly protocol: 'tcp' | 'udp'; readonly first: number; readonly last: number }
  | { readonly kind: 'ping' }

export function parseService(text: string): Service | null {
  if (text === 'icmp') return { kind: 'ping' }
  const match = /^([1-9][0-9]{0,4})(?:-([1-9][0-9]{0,4}))?\/(tcp|udp)$/.exec(text)
  if (match === null) return null
  const first = Number(match[1])
  const last = match[2] === undefined ? first : Number(match[2])
  if (last < first || last > 65535) return null
  return { kind: 'ports', protocol: match[3] as 'tcp' | 'udp', first, last }
}

export const serviceText = (service: Service): string =>
  service.kind === 'ping'
    ? 'icmp'
    : `${service.first === service.last ? service.first : `${service.first}-${service.last}`}/${service.protocol}`

/** Does `outer` let through all that `inner` asks for? */
export const covers = (outer: Service, inner: Service): boolean =>
  outer.kind === 'ping' || inner.kind === 'ping'
    ? outer.kind === inner.kind
    : outer.protocol === inner.protocol && outer.first <= inner.first && inner.last <= outer.last

export const clashes = (a: Service, b: Service): boolean =>
  a.kind === 'ping' || b.kind === 'ping' ? false : a.protocol === b.protocol && a.first <= b.last && b.first <= a.last

/** Ping first, then by protocol and number. */
export const byService = (a: Service, b: Service): number => {
  if (a.kind === 'ping' || b.kind === 'ping') return Number(b.kind === 'ping') - Number(a.kind === 'ping')
  return a.protocol === b.protocol ? a.first - b.first || a.last - b.last : a.protocol < b.protocol ? -1 : 1
}
