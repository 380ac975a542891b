/** What one service can give to another, and what the other must know to take it. Addresses are literals: no name is needed to start. */
import type { SecretText } from '../keys/secret-text.ts'

export interface Offers {
  /** A server that takes writes, and one that may lag. */
  readonly postgresql: {
    readonly host: string
    readonly port: number
    readonly readPort: number
    readonly database: string
    readonly user: string
    readonly password: SecretText
    /** Sessions one client instance may open. */
    readonly connections: number
  }
  readonly mysql: {
    readonly host: string
    readonly port: number
    readonly database: string
    readonly user: string
    readonly password: SecretText
  }
  readonly redis: { readonly host: string; readonly port: number; readonly user: string; readonly password: SecretText }
  readonly s3: {
    readonly host: string
    readonly port: number
    readonly region: string
    readonly bucket: string
    readonly keyId: string
    readonly secretKey: SecretText
  }
  /** A web application behind an edge: every instance of it, nearest first. */
  readonly http: {
    readonly domains: readonly string[]
    readonly servers: readonly { readonly name: string; readonly host: string; readonly port: number }[]
    /** A path that exercises the application, and the status it answers when it works. */
    readonly check: {
      readonly path: string
      readonly status: number
      /** A regular expression that the body fits. */
      readonly body?: string
    }
    /** A cookie that keeps a user on one server; null: any will do. */
    readonly sticky: string | null
  }
  readonly dns: { readonly servers: readonly string[]; readonly zones: readonly string[] }
  readonly metrics: {
    readonly servers: readonly { readonly name: string; readonly url: string }[]
    /** Seconds between two scrapes. */
    readonly interval: number
  }
}

export type Capability = keyof Offers
