/**
 * Secrets of a service, each derived for one purpose: passwords, tokens, seeds. Alphabets without specials, so that no
 * file format has to quote them.
 */
import { SecretText } from './secret-text.ts'

export interface ServiceSecrets {
  /** Letters and digits. */
  text(purpose: string, length?: number): SecretText
  hex(purpose: string, bytes: number): SecretText
  base64(purpose: string, bytes: number): SecretText
  /** Raw: a seed, a serial. Never to be written as it is. */
  bytes(purpose: string, bytes: number): Uint8Array
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** `derive`: bytes for an info string, of any length up to 8160 (RFC 5869). */
export function serviceSecrets(derive: (info: string, length: number) => Uint8Array, service: string): ServiceSecrets {
  const bytes = (purpose: string, length: number): Uint8Array => {
    if (!/^[a-z0-9][a-z0-9.@-]*$/.test(purpose))
      throw new Error(`${JSON.stringify(purpose)} is no purpose of a secret: this is a bug in meshwright`)
    return derive(`service/${service}/${purpose}/1`, length)
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
