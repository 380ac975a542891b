/** usr/local/etc/wireguard/wg0.conf: wg(8) keys only, for `wg syncconf`. */
import type { Neighbour } from '../../topology/connect.ts'
import { type Endpoint, endpointText } from '../../topology/endpoint.ts'
import type { Host, Mesh } from '../../topology/mesh.ts'
import type { HostName } from '../../topology/names.ts'
import type { Prefix } from '../../topology/prefix.ts'
import type { PrivateKey } from '../keys/derive.ts'
import type { PairMember } from '../keys/pairs.ts'
import { madeBy, type RenderedFile } from './file.ts'
import { Block, template } from './template.ts'

export interface WireguardKeys {
  /** Null: the key never leaves the host, which adds it itself (start_if.wg0). */
  privateKeyOf(host: Host): PrivateKey | null
  publicKeyOf(host: Host): string
  /** Null: the mesh has none. */
  readonly presharedKeys: { of(at: PairMember, peer: PairMember): string } | null
}

/** A key in base64. */
type Key = string & { readonly key?: never }
type Value = HostName | Endpoint | Key | number | readonly Prefix[]

const wg = template<Value>(value => {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return String(value)
  if ('port' in value) return endpointText(value)
  return value.map(prefix => prefix.text).join(', ')
})

export function renderWg0Conf(host: Host, mesh: Mesh, keys: WireguardKeys, known: PeerSections): RenderedFile {
  const privateKey = keys.privateKeyOf(host)
  const top = wg`
    # ${madeBy}
    [Interface]
    ${privateKey && wg`PrivateKey = ${privateKey.reveal()}`}
    ListenPort = ${host.spec.port}
  `
  let text = top.text
  for (const neighbour of mesh.connections.neighboursOf(host)) {
    const { head, tail } = known.of(neighbour)
    // Written piece by piece: half a million tunnels make a million of these.
    text += head
    if (keys.presharedKeys !== null) text += `PresharedKey = ${keys.presharedKeys.of(host, neighbour.host)}\n`
    text += tail
    if (neighbour.keepalive) text += `PersistentKeepalive = ${mesh.keepalive}\n`
  }
  return {
    path: 'usr/local/etc/wireguard/wg0.conf',
    content: new Block(text),
    mode: 0o600,
    secret: true,
    reload: 'wireguard',
  }
}

/** What is the same of a peer in all its neighbours' files: rendered once, used by all of them. */
export class PeerSections {
  readonly #publicKeyOf: (host: Host) => string
  readonly #plain = new Map<Host, Map<string, Section>>()

  constructor(publicKeyOf: (host: Host) => string) {
    this.#publicKeyOf = publicKeyOf
  }

  of(neighbour: Neighbour): Section {
    if (neighbour.carries.length > 0) return this.#render(neighbour)
    const family = neighbour.endpoint?.address.family ?? 'none'
    const byFamily = this.#plain.get(neighbour.host) ?? new Map<string, Section>()
    this.#plain.set(neighbour.host, byFamily)
    const section = byFamily.get(family) ?? this.#render(neighbour)
    byFamily.set(family, section)
    return section
  }

  #render({ host, endpoint, carries }: Neighbour): Section {
    const owned = [host.prefix, ...carries]
    const allowedIps = [...owned.map(prefix => prefix.inet), ...owned.map(prefix => prefix.inet6)]
    const head = wg`

      [Peer]
      # ${host.name}
      PublicKey = ${this.#publicKeyOf(host)}
    `
    const tail = wg`
      AllowedIPs = ${allowedIps}
      ${endpoint && wg`Endpoint = ${endpoint}`}
    `
    return { head: head.text, tail: tail.text }
  }
}

interface Section {
  readonly head: string
  readonly tail: string
}
