/**
 * Every key of a mesh from one root secret by HKDF-SHA256 (RFC 5869): nothing to store per key, and a key changes only
 * when its own name or epoch does. Names hold no slash, so no two keys share an info string.
 */
import { expand, extract } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { createPrivateKey } from 'node:crypto'
import { inspect } from 'node:util'
import type { HostName, MeshName } from '../../topology/names.ts'
import { PairKeys, type PairMember, PresharedKeys } from './pairs.ts'
import { PresharedKeysAhead } from './ahead.ts'
import { SecretText } from './secret-text.ts'
import { type ServiceSecrets, serviceSecrets } from './service.ts'

const salt = new TextEncoder().encode('meshwright 1')
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const base64 = (data: Uint8Array): string => Buffer.from(data.buffer, data.byteOffset, data.length).toString('base64')

/** X25519 private key of a host in base64, as wg(8) reads it; clamped by whoever uses it (RFC 7748 §5). */
export class PrivateKey extends SecretText {
  constructor(text: string) {
    super(text, 'private key')
  }
  publicKey(): string {
    return publicKeyOf(Buffer.from(this.reveal(), 'base64'))
  }
}

/** What a private key begins with in PKCS #8 (RFC 8410 §7). */
const pkcs8 = Buffer.from('302e020100300506032b656e04220420', 'hex')
/** A point that no key has: a JWK of a private key names the public one (RFC 8037 §2), and this is to be replaced. */
const noPoint = Buffer.alloc(32).toString('base64url')

/** By Node's own X25519. As a JWK where Node works `x` out itself (20 to 24: ten times as fast), else as PKCS #8. */
function publicKeyOf(key: Buffer): string {
  const exported = (input: Parameters<typeof createPrivateKey>[0]) =>
    createPrivateKey(input).export({ format: 'jwk' }).x ?? noPoint
  let x = noPoint
  try {
    x = exported({ key: { kty: 'OKP', crv: 'X25519', x: noPoint, d: key.toString('base64url') }, format: 'jwk' })
  } catch {
    // Newer Nodes compare the two.
  }
  if (x === noPoint) x = exported({ key: Buffer.concat([pkcs8, key]), format: 'der', type: 'pkcs8' })
  return Buffer.from(x, 'base64url').toString('base64')
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

  /** The secrets of one service. */
  service(name: string, epoch: number): ServiceSecrets {
    return serviceSecrets((info, length) => this.#derive(info, length), name, epoch)
  }

  presharedKeys(epoch: number): PresharedKeys {
    return new PresharedKeys(new PairKeys(this.#prk, this.#mesh, epoch))
  }

  /** As {@link presharedKeys}, worked out by a second thread while the first renders. `worker`: its program. */
  presharedKeysAhead(epoch: number, members: readonly PairMember[], worker: URL): PresharedKeysAhead {
    return new PresharedKeysAhead(this.#prk, this.#mesh, epoch, members, worker)
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
