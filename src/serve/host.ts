/**
 * By which names the daemon may be asked (Host: RFC 9110, 7.2). A page that somebody looks at can have its own name lead to
 * our address, and its browser then lets it read what we say; but it can only ask by that name, which is none of these.
 */
import { isIPv4, isIPv6 } from 'node:net'
import type { Graph } from '../export/graph.ts'

/** Of hosts and jails as hosts(5) has them, and `own`, as this machine calls itself: in small letters, without a dot at the end. */
export const namesFor = ({ hosts, jails }: Pick<Graph, 'hosts' | 'jails'>, own: string): ReadonlySet<string> =>
  new Set(
    [
      ...['localhost', own, own.split('.')[0] ?? own],
      ...hosts.flatMap(({ name, fqdn }) => [name, fqdn]),
      ...jails.flatMap(({ name, host, fqdn }) => [name, `${name}.${host}`, fqdn]),
    ]
      .map(name => name.toLowerCase())
      .filter(name => name !== ''),
  )

/** By an address or by one of these names. No Host at all is HTTP/1.0, which probes still speak and browsers do not. */
export function asksByKnown(hosts: readonly string[] = [], names: ReadonlySet<string>): boolean {
  const [host, ...more] = hosts
  if (host === undefined) return true
  const [, bracketed, plain = ''] = /^(?:\[([^\]]*)\]|([^:]*))(?::[0-9]*)?$/.exec(host) ?? []
  if (more.length > 0) return false
  if (bracketed !== undefined) return isIPv6(bracketed)
  return isIPv4(plain) || names.has(plain.toLowerCase().replace(/\.$/, ''))
}
