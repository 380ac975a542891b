/** A value that prints as what it is, never as what it says. */
import { inspect } from 'node:util'

/** Text that must not be shown: whoever prints, logs or serialises it sees what it is, not what it says. */
export class SecretText {
  readonly #text: string
  readonly #what: string
  constructor(text: string, what: string) {
    this.#text = text
    this.#what = what
  }
  /** For the text of files that are marked secret, and for the key store; nowhere else. */
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
