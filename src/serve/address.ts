/** Where the daemon listens: inside the mesh, unless something else is said. */
import { isIP, isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'
import { type Diagnostic, error } from '../../topology/diagnostic.ts'
import type { Graph } from '../export/graph.ts'
import { printable } from '../text/printable.ts'

export const servePort = 9587

export interface Listen {
  readonly address: string
  /** 0: any that is free. */
  readonly port: number
}

/** As in a URL: `[fd5c::1]:9587`. */
export const listenText = ({ address, port }: Listen): string => `${isIPv6(address) ? `[${address}]` : address}:${port}`

/** `10.66.0.1:9587`, `[fd5c::1]:9587`, or an address alone. */
export function parseListen(text: string): Listen | Diagnostic {
  const [, bracketed, plain, port] = /^(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+))(?::([0-9]{1,5}))?$/.exec(text) ?? []
  const address = bracketed ?? plain ?? text
  const number = port === undefined ? servePort : Number(port)
  const sound = isIP(address) !== 0 && (bracketed === undefined || isIPv6(address)) && number <= 65_535
  return sound
    ? { address, port: number }
    : error(
        'bad-value',
        `--listen: ${JSON.stringify(printable(text))} is no address with a port`,
        undefined,
        `As in 127.0.0.1:${servePort} or [::1]:${servePort}.`,
      )
}

/** Of this machine. */
export const ownAddresses = (): readonly string[] =>
  Object.values(networkInterfaces()).flatMap(all => (all ?? []).map(({ address }) => address))

/** What of these is a host of the mesh or a jail on one: IPv4 first. Null: this machine is not inside. */
export function insideMesh({ hosts, jails }: Pick<Graph, 'hosts' | 'jails'>, own: readonly string[]): string | null {
  const mine = new Set(own.map(canonical))
  const all = [...hosts, ...jails].map(({ address }) => address)
  return (
    all.find(({ inet }) => mine.has(inet))?.inet ?? all.find(({ inet6 }) => mine.has(canonical(inet6)))?.inet6 ?? null
  )
}

/** One spelling of an IPv6 address, without its scope. */
function canonical(address: string): string {
  const [bare = ''] = address.split('%')
  return isIPv6(bare) ? new URL(`http://[${bare}]/`).hostname.slice(1, -1) : bare
}

/** Reached from wherever this machine is: every interface. */
export const isEverywhere = ({ address }: Listen): boolean => address === '0.0.0.0' || canonical(address) === '::'
