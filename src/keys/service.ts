/**
 * Secrets of a service, each derived for one purpose: passwords, tokens, seeds. Alphabets without specials, so that no
 * file format has to quote them.
 */
import { SecretText } from './secret-text.ts'

interface Derived {
  /** Letters and digits. */
  text(purpose: string, length?: number): SecretText
  hex(purpose: string, bytes: number): SecretText
  base64(purpose: string, bytes: number): SecretText
  /** Raw: a seed, a serial. Never to be written as it is. */
  bytes(purpose: string, bytes: number): Uint8Array
}

export interface ServiceSecrets extends Derived {
  /**
   * Those that stay when the others are renewed: what is an identity, what encrypts data that is there, and what the
   * running daemons would have to be told before their files.
   */
  readonly lasting: Derived
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

type Derive = (info: string, length: number) => Uint8Array

/** `derive`: bytes for an info string, of any length up to 8160 (RFC 5869). */
export const serviceSecrets = (derive: Derive, service: string, epoch: number): ServiceSecrets => ({
  ...derived(derive, service, epoch),
  lasting: derived(derive, service, 1),
})

function derived(derive: Derive, service: string, epoch: number): Derived {
  const bytes = (purpose: string, length: number): Uint8Array => {
    if (!/^[a-z0-9][a-z0-9.@-]*$/.test(purpose))
      throw new Error(`${JSON.stringify(purpose)} is no purpose of a secret: this is a bug in meshwright`)
    return derive(`service/${service}/${purpose}/${epoch}`, length)
  }
  return {
    bytes,
    text: (purpose, length = 32) => {
      let text = ''
      // Bytes above the last whole multiple of 62 would favour the first letters; four times as many always suffice.
      for (const byte of bytes(purpose, length * 4)) {
        if (byte < 248 && text.length < length) text += alphabet[byte % 62] ?? ''
      }
      return new SecretText(text, purpose)
    },
    hex: (purpose, length) => new SecretText(Buffer.from(bytes(purpose, length)).toString('hex'), purpose),
    base64: (purpose, length) => new SecretText(Buffer.from(bytes(purpose, length)).toString('base64'), purpose),
  }
}
