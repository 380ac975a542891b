/** Where a host's WireGuard answers on the underlay. wg(8) writes it `192.0.2.1:51820` or `[2001:db8::1]:51820`. */
import { isDomainName } from './names.ts'
import { type Address, parseAddress } from './prefix.ts'

/** As people give it: the port is there only when it differs from the one the host listens on (a forwarded port). */
export type EndpointSpec =
  | { readonly kind: 'address'; readonly address: Address; readonly port: number | null }
  /** Looked up once when planning; what came out is remembered in the lock. */
  | { readonly kind: 'name'; readonly name: string; readonly port: number | null }

/** Ready for wg0.conf. */
export interface Endpoint {
  readonly address: Address
  readonly port: number
}

export type EndpointProblem = 'not-an-endpoint' | 'needs-brackets' | 'bad-port'

export function parseEndpoint(text: string): EndpointSpec | EndpointProblem {
  const bare = parseAddress(text)
  if (bare !== null) return { kind: 'address', address: bare, port: null }
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(text)
  if (bracketed !== null) {
    const inside = parseAddress(bracketed[1] ?? '')
    if (inside?.family !== 'inet6') return 'not-an-endpoint'
    return withPort(bracketed[2], port => ({ kind: 'address', address: inside, port }))
  }
  const colon = text.lastIndexOf(':')
  const head = colon < 0 ? text : text.slice(0, colon)
  if (head.includes(':')) return parseAddress(head) === null ? 'not-an-endpoint' : 'needs-brackets'
  const tail = colon < 0 ? undefined : text.slice(colon + 1)
  const host = parseAddress(head)
  if (host !== null) return withPort(tail, port => ({ kind: 'address', address: host, port }))
  // All digits and dots is a mistyped address, never a name.
  if (!isDomainName(head) || !head.includes('.') || /^[0-9.]+$/.test(head)) return 'not-an-endpoint'
  return withPort(tail, port => ({ kind: 'name', name: head, port }))
}

function withPort(
  text: string | undefined,
  make: (port: number | null) => EndpointSpec,
): EndpointSpec | EndpointProblem {
  if (text === undefined) return make(null)
  const port = /^[1-9][0-9]{0,4}$/.test(text) ? Number(text) : 0
  return port >= 1 && port <= 65535 ? make(port) : 'bad-port'
}

export const endpointText = ({ address, port }: Endpoint): string =>
  address.family === 'inet' ? `${address.text}:${port}` : `[${address.text}]:${port}`
