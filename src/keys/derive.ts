/**
 * Every key of a mesh from one root secret by HKDF-SHA256 (RFC 5869): nothing to store per key, and a key changes only
 * when its own name or epoch does. Names hold no slash, so no two keys share an info string.
 */
import { x25519 } from '@noble/curves/ed25519.js'
import { expand, extract } from '@noble/hashes/hkdf.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { inspect } from 'node:util'
import type { HostName, MeshName } from '../../topology/names.ts'

const salt = new TextEncoder().encode('meshwright 1')
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const base64 = (data: Uint8Array): string => Buffer.from(data.buffer, data.byteOffset, data.length).toString('base64')

/** Text that must not be shown: whoever prints, logs or serialises it sees what it is, not what it says. */
export class SecretText {
  readonly #text: string
  readonly #what: string
  constructor(text: string, what: string) {
    this.#text = text
    this.#what = what
  }
  /** For wg0.conf and the key store, nowhere else. */
  reveal(): string {
    return this.#text
  }
  toString(): string {
    return `(${this.#what})`
  }
  toJSON(): string {
    return this.toString()
  }
  [inspect.custom](): string {
    return this.toString()
  }
}

/** X25519 private key of a host in base64, as wg(8) reads it; clamped by whoever uses it (RFC 7748 §5). */
export class PrivateKey extends SecretText {
  constructor(text: string) {
    super(text, 'private key')
  }
  publicKey(): string {
    return base64(x25519.getPublicKey(Uint8Array.from(Buffer.from(this.reveal(), 'base64'))))
  }
}

export interface PairMember {
  readonly name: HostName
  readonly keyEpoch: number
}

/** The root secret of one mesh: 32 random bytes, drawn once, kept in secrets.age. */
export class RootSecret {
  readonly #prk: Uint8Array
  readonly #mesh: MeshName
  constructor(root: Uint8Array, mesh: MeshName) {
    this.#prk = extract(sha256, root, salt)
    this.#mesh = mesh
  }

  /** 64 bits that tell one root secret from another and help nobody to find it. */
  fingerprint(): string {
    return Buffer.from(this.#derive('fingerprint', 8)).toString('hex')
  }

  privateKey(host: HostName, epoch: number): PrivateKey {
    const key = this.#derive(`wireguard/private-key/${host}/${epoch}`, 32)
    key[0] = (key[0] ?? 0) & 248
    key[31] = ((key[31] ?? 0) & 127) | 64
    return new PrivateKey(base64(key))
  }

  presharedKeys(epoch: number): PresharedKeys {
    return new PresharedKeys(this.#prk, this.#mesh, epoch)
  }

  #derive(info: string, length: number): Uint8Array {
    return expand(sha256, this.#prk, bytes(`${this.#mesh}/${info}`), length)
  }

  toString(): string {
    return '(root secret)'
  }
  toJSON(): string {
    return this.toString()
  }
  [inspect.custom](): string {
    return this.toString()
  }
}

/**
 * One preshared key a pair, the same from both sides. A pair's key changes when the epoch of the mesh does or that of
 * either host. A mesh of a thousand hosts has half a million of them: the hash state after the key is set up once, and
 * what was derived for one end is kept until the other asks.
 */
export class PresharedKeys {
  readonly #keyed: ReturnType<typeof hmac.create>
  readonly #work: ReturnType<typeof hmac.create>
  readonly #prefix: string
  readonly #info = Buffer.alloc(512)
  readonly #out = Buffer.alloc(32)
  readonly #waiting = new Map<HostName, Map<HostName, string>>()

  constructor(prk: Uint8Array, mesh: MeshName, epoch: number) {
    this.#keyed = hmac.create(sha256, prk)
    this.#work = hmac.create(sha256, prk)
    this.#prefix = `${mesh}/wireguard/preshared-key/${epoch}/`
  }

  /** Base64; `at` is the host whose file it goes into. */
  of(at: PairMember, peer: PairMember): string {
    const mine = this.#waiting.get(at.name)
    const known = mine?.get(peer.name)
    if (known !== undefined) {
      mine?.delete(peer.name)
      return known
    }
    const [a, b] = at.name < peer.name ? [at, peer] : [peer, at]
    const key = this.#derive(`${this.#prefix}${a.name}/${b.name}/${a.keyEpoch}/${b.keyEpoch}`)
    const theirs = this.#waiting.get(peer.name)
    if (theirs === undefined) this.#waiting.set(peer.name, new Map([[at.name, key]]))
    else theirs.set(at.name, key)
    return key
  }

  /** HKDF-Expand of one block: HMAC(PRK, info, 0x01). The info is ASCII of at most 4 × 63 bytes and some digits. */
  #derive(info: string): string {
    const length = this.#info.write(info, 'latin1')
    this.#info[length] = 1
    const hash = this.#keyed._cloneInto(this.#work)
    hash.update(this.#info.subarray(0, length + 1))
    hash.digestInto(this.#out)
    return this.#out.toString('base64')
  }
}
