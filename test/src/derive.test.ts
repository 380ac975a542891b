import { x25519 } from '@noble/curves/ed25519.js'
import { expand, extract } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { hkdfSync } from 'node:crypto'
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { PrivateKey, RootSecret } from '../../src/keys/derive.ts'
import type { HostName, MeshName } from '../../topology/names.ts'

const hex = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'))
const toHex = (data: Uint8Array) => Buffer.from(data).toString('hex')
const toBase64 = (text: string) => Buffer.from(text, 'hex').toString('base64')
const root = new RootSecret(new Uint8Array(32).fill(7), 'aether' as MeshName)
const tesla = { name: 'tesla', keyEpoch: 1 }
const newton = { name: 'newton', keyEpoch: 1 }

const alice = {
  private: '77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a',
  public: '8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a',
}
const bob = {
  private: '5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb',
  public: 'de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f',
}

describe('X25519 (RFC 7748)', () => {
  test('section 5.2: a scalar times a coordinate', () => {
    const scalar = hex('a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4')
    const u = hex('e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c')
    expect(toHex(x25519.scalarMult(scalar, u))).toBe('c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552')
  })

  test('section 6.1: public keys and the shared secret', () => {
    for (const pair of [alice, bob])
      expect(new PrivateKey(toBase64(pair.private)).publicKey()).toBe(toBase64(pair.public))
    const shared = '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742'
    expect(toHex(x25519.getSharedSecret(hex(alice.private), hex(bob.public)))).toBe(shared)
    expect(toHex(x25519.getSharedSecret(hex(bob.private), hex(alice.public)))).toBe(shared)
  })

  test('derived keys have the public keys that another implementation finds for them', () => {
    for (let epoch = 1; epoch <= 50; epoch += 1) {
      const key = root.privateKey('tesla' as HostName, epoch)
      const other = x25519.getPublicKey(Uint8Array.from(Buffer.from(key.reveal(), 'base64')))
      expect(key.publicKey()).toBe(Buffer.from(other).toString('base64'))
    }
  })
})

describe('HKDF-SHA256 (RFC 5869)', () => {
  test('test case 1', () => {
    const prk = extract(sha256, new Uint8Array(22).fill(0x0b), hex('000102030405060708090a0b0c'))
    expect(toHex(prk)).toBe('077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5')
    expect(toHex(expand(sha256, prk, hex('f0f1f2f3f4f5f6f7f8f9'), 42))).toBe(
      '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
    )
  })

  test('test case 2: long input, salt and info, and more than one block', () => {
    const counting = (from: number) => Uint8Array.from({ length: 80 }, (_, i) => from + i)
    const [input, salt, info] = [counting(0x00), counting(0x60), counting(0xb0)]
    const okm =
      'b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c' +
      '59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71' +
      'cc30c58179ec3e87c14c01d5c1f3434f1d87'
    const prk = extract(sha256, input, salt)
    expect(toHex(prk)).toBe('06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244')
    expect(toHex(expand(sha256, prk, info, 82))).toBe(okm)
    expect(toHex(new Uint8Array(hkdfSync('sha256', input, salt, info, 82)))).toBe(okm)
  })

  test('test case 3: no salt, no info', () => {
    const prk = extract(sha256, new Uint8Array(22).fill(0x0b), new Uint8Array(0))
    expect(toHex(expand(sha256, prk, new Uint8Array(0), 42))).toBe(
      '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
    )
  })

  test('a preshared key is one block of it', () => {
    const prk = extract(sha256, new Uint8Array(32).fill(7), new TextEncoder().encode('meshwright 1'))
    const info = new TextEncoder().encode('aether/wireguard/preshared-key/1/newton/tesla/1/1')
    expect(root.presharedKeys(1).of(tesla, newton)).toBe(Buffer.from(expand(sha256, prk, info, 32)).toString('base64'))
  })
})

describe('keys of a mesh', () => {
  test('both ends of a pair get the same preshared key, another pair another', () => {
    const keys = root.presharedKeys(1)
    const bohr = { name: 'bohr', keyEpoch: 1 }
    expect(keys.of(tesla, newton)).toBe(keys.of(newton, tesla))
    expect(keys.of(tesla, bohr)).not.toBe(keys.of(tesla, newton))
  })

  test('an epoch changes what it is about, and nothing else', () => {
    const pair = (epoch: number, a: number, b: number) =>
      root.presharedKeys(epoch).of({ ...tesla, keyEpoch: a }, { ...newton, keyEpoch: b })
    const all = [pair(1, 1, 1), pair(2, 1, 1), pair(1, 2, 1), pair(1, 1, 2)]
    expect(new Set(all).size).toBe(4)
    expect(root.privateKey('tesla' as HostName, 2).reveal()).not.toBe(root.privateKey('tesla' as HostName, 1).reveal())
    expect(root.privateKey('newton' as HostName, 1).reveal()).toBe(root.privateKey('newton' as HostName, 1).reveal())
  })

  test('the mesh name is part of every key', () => {
    const other = new RootSecret(new Uint8Array(32).fill(7), 'other' as MeshName)
    expect(other.privateKey('tesla' as HostName, 1).reveal()).not.toBe(root.privateKey('tesla' as HostName, 1).reveal())
    expect(other.fingerprint()).not.toBe(root.fingerprint())
  })

  test('a secret shows nowhere: text, JSON, inspection', () => {
    const key = root.privateKey('tesla' as HostName, 1)
    for (const shown of [
      String(key),
      JSON.stringify({ key }),
      inspect({ key }),
      inspect(root),
      JSON.stringify({ root }),
    ]) {
      expect(shown).not.toContain(key.reveal())
      expect(shown).toMatch(/private key|root secret/)
    }
    expect(key.reveal()).toMatch(/^[A-Za-z0-9+/]{43}=$/)
  })
})
