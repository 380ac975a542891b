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
  // Half a million tunnels make a million of these sections: two known pieces, and the key between them.
  let text = top.text
  for (const neighbour of mesh.connections.neighboursOf(host)) {
    const { head, tail } = known.of(neighbour)
    text += head + (keys.presharedKeys === null ? '' : keys.presharedKeys.of(host, neighbour.host)) + tail
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
  readonly #mesh: Mesh
  readonly #publicKeyOf: (host: Host) => string
  readonly #plain = new Map<Host, Section[]>()

  constructor(mesh: Mesh, publicKeyOf: (host: Host) => string) {
    this.#mesh = mesh
    this.#publicKeyOf = publicKeyOf
  }

  of(neighbour: Neighbour): Section {
    if (neighbour.carries.length > 0) return this.#render(neighbour)
    let known = this.#plain.get(neighbour.host)
    if (known === undefined) this.#plain.set(neighbour.host, (known = []))
    const family = neighbour.endpoint?.address.family
    const kind = (family === undefined ? 0 : family === 'inet' ? 2 : 4) + (neighbour.keepalive ? 1 : 0)
    return (known[kind] ??= this.#render(neighbour))
  }

  #render({ host, endpoint, carries, keepalive }: Neighbour): Section {
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
      ${keepalive ? wg`PersistentKeepalive = ${this.#mesh.keepalive}` : null}
    `
    return this.#mesh.presharedKeys
      ? { head: `${head.text}PresharedKey = `, tail: `\n${tail.text}` }
      : { head: head.text, tail: tail.text }
  }
}

/** A peer before and after its preshared key. */
interface Section {
  readonly head: string
  readonly tail: string
}
