/**
 * One preshared key a pair, the same from both sides. A pair's key changes when the epoch of the mesh does or that of
 * either host. A mesh of a thousand hosts has half a million of them, so the hash state after the key is set up once.
 */
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'

export interface PairMember {
  readonly name: string
  readonly keyEpoch: number
}

/** HKDF-Expand (RFC 5869) of the pseudorandom key of a mesh, for pairs of hosts. */
export class PairKeys {
  readonly #keyed: ReturnType<typeof hmac.create>
  readonly #work: ReturnType<typeof hmac.create>
  readonly #prefix: string
  readonly #info = Buffer.alloc(512)

  constructor(prk: Uint8Array, mesh: string, epoch: number) {
    this.#keyed = hmac.create(sha256, prk)
    this.#work = hmac.create(sha256, prk)
    this.#prefix = `${mesh}/wireguard/preshared-key/${epoch}/`
  }

  /** Writes the 32 bytes of the pair's key to `out`. Of one block: HMAC(PRK, info, 0x01); the info is ASCII, below 300 bytes. */
  derive(one: PairMember, other: PairMember, out: Uint8Array): void {
    const [a, b] = one.name < other.name ? [one, other] : [other, one]
    const info = `${this.#prefix}${a.name}/${b.name}/${a.keyEpoch}/${b.keyEpoch}`
    const length = this.#info.write(info, 'latin1')
    this.#info[length] = 1
    const hash = this.#keyed._cloneInto(this.#work)
    hash.update(this.#info.subarray(0, length + 1))
    hash.digestInto(out)
  }
}

/** The keys of pairs in base64. What was derived for one end is kept until the other asks. */
export class PresharedKeys {
  readonly #keys: PairKeys
  readonly #out = Buffer.alloc(32)
  readonly #waiting = new Map<string, Map<string, string>>()

  constructor(keys: PairKeys) {
    this.#keys = keys
  }

  /** `at` is the host whose file it goes into. */
  of(at: PairMember, peer: PairMember): string {
    const mine = this.#waiting.get(at.name)
    const known = mine?.get(peer.name)
    if (known !== undefined) {
      mine?.delete(peer.name)
      return known
    }
    this.#keys.derive(at, peer, this.#out)
    const key = this.#out.toString('base64')
    const theirs = this.#waiting.get(peer.name)
    if (theirs === undefined) this.#waiting.set(peer.name, new Map([[at.name, key]]))
    else theirs.set(at.name, key)
    return key
  }
}
