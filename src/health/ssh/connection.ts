/**
 * A connection to one host by SSH (RFC 4253, 4254), kept open between looks. A host that nobody can call is reached
 * through another (direct-tcpip, as `ssh -J`). Host keys are pinned: an unknown or changed one is refused.
 */
import { setMaxListeners } from 'node:events'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import ssh2, { type Client, type ClientChannel, type ServerHostKeyAlgorithm } from 'ssh2'
import { printable } from '../../text/printable.ts'
import type { WatchedHost } from '../fleet.ts'
import { judgeKey, knownAs, knownTypes, nameAt } from './known-hosts.ts'
import type { KnownHosts, Logins } from './logins.ts'

/** A host that could not be asked; the reason is for people. */
export class Unreachable extends Error {
  readonly why: string

  constructor(why: string) {
    super(why)
    this.why = printable(why)
  }
}

/** What all connections have in common. */
export interface Common {
  readonly domain: string
  readonly logins: Logins
  readonly known: KnownHosts
  readonly gate: Gate
  /** Milliseconds until a host must have let us in, and until it must have said all. */
  readonly limit: number
  connectionTo(host: number): Connection | undefined
}

export interface Asked {
  /** What came, at most until the limit. */
  readonly text: string
  /** What came on standard error, its beginning. */
  readonly complaint: string
  /** Milliseconds. */
  readonly took: number
}

/** An answer larger than this is cut: nobody asked for so much. */
const mostBytes = 8 * 1024 * 1024
/** How many ways to a host are tried at once. */
const mostWays = 4

export class Connection {
  readonly #host: WatchedHost
  readonly #common: Common
  #open: { readonly client: Promise<Client>; readonly life: AbortController } | null = null
  #ready = false

  constructor(host: WatchedHost, common: Common) {
    this.#host = host
    this.#common = common
  }

  get ready(): boolean {
    return this.#ready
  }

  /** Logged in; all who ask at once get the same one. */
  client(): Promise<Client> {
    if (this.#open !== null) return this.#open.client
    const life = new AbortController()
    setMaxListeners(0, life.signal)
    const ended = (): void => {
      if (this.#open?.life !== life) return
      this.#open = null
      this.#ready = false
    }
    life.signal.addEventListener('abort', ended, { once: true })
    const client = this.#connect(life).then(
      found => {
        this.#ready = this.#open?.life === life
        return found
      },
      (error: unknown) => {
        life.abort()
        throw error
      },
    )
    // Who waits for it hears of it; nobody has to.
    client.catch(() => undefined)
    this.#open = { client, life }
    return client
  }

  /** Whatever is open or being opened is gone at once. */
  close(): void {
    this.#open?.life.abort(new Unreachable('was left'))
  }

  /** Has the script run by sh(1), and returns at this line, at the end of the answer, or when `signal` says so. */
  async ask(script: string, last: string, signal: AbortSignal): Promise<Asked> {
    const client = await unless(signal, this.client())
    const channel = await unless(signal, executed(client), late => late.destroy()).catch((error: unknown) => {
      this.close()
      throw error
    })
    const began = performance.now()
    let [text, complaint, bytes, seen] = ['', '', 0, 0]
    try {
      await new Promise<void>(resolve => {
        const stop = (): void => resolve()
        if (signal.aborted) stop()
        signal.addEventListener('abort', stop, { once: true })
        client.once('close', stop)
        channel.once('close', () => {
          signal.removeEventListener('abort', stop)
          client.removeListener('close', stop)
          stop()
        })
        channel.on('error', stop)
        channel.stderr.on('data', (chunk: Buffer) => {
          if (complaint.length < 500) complaint += chunk.toString('latin1')
        })
        channel.on('data', (chunk: Buffer) => {
          bytes += chunk.length
          if (bytes > mostBytes) return stop()
          text += chunk.toString('latin1')
          if (text.includes(`${last}\n`, Math.max(0, seen - last.length))) stop()
          seen = text.length
        })
        channel.end(script)
      })
    } finally {
      channel.destroy()
    }
    return { text, complaint, took: performance.now() - began }
  }

  async #connect(life: AbortController): Promise<Client> {
    const { limit, logins, gate, known } = this.#common
    if (logins.why !== null) throw new Unreachable(logins.why)
    const { signal } = life
    const timer = setTimeout(() => life.abort(new Unreachable('does not answer')), limit)
    try {
      const [socket, hosts] = await Promise.all([this.#socket(signal), known.all()])
      signal.addEventListener('abort', () => socket.destroy(), { once: true })
      // Only who speaks takes part in the queue: any number of those that never do delay nobody.
      await spoken(socket, signal)
      const leave = await gate.enter(signal)
      try {
        if (signal.aborted) throw reasonOf(signal)
        return await this.#logIn(socket, hosts, life)
      } finally {
        leave()
      }
    } finally {
      clearTimeout(timer)
    }
  }

  async #socket(signal: AbortSignal): Promise<Duplex> {
    const { address, ssh } = this.#host
    if (ssh.address !== null) return dial(ssh.address, ssh.port, signal)
    // Without a way in we may be in the mesh ourselves.
    if (ssh.via.length === 0) return dial(address.inet, ssh.port, signal)
    const ways = ssh.via
      .map(number => this.#common.connectionTo(number))
      .filter(way => way !== undefined)
      .filter(way => way.#host.ssh.address !== null)
      .toSorted((a, b) => Number(b.ready) - Number(a.ready))
      .slice(0, mostWays)
    if (ways.length === 0) throw new Unreachable('no host that leads to it can be called')
    return first(
      ways.map(async way => forwarded(await unless(signal, way.client()), address.inet, ssh.port, signal)),
      ways.map(way => way.#host.name),
    )
  }

  #logIn(socket: Duplex, hosts: Awaited<ReturnType<KnownHosts['all']>>, life: AbortController): Promise<Client> {
    const { name, ssh, address } = this.#host
    const { domain, limit, logins, known } = this.#common
    const addresses = [ssh.address ?? address.inet, ssh.outside ?? address.inet, address.inet]
    const called = [...new Set([...addresses, name, `${name}.${domain}`])]
    const names = called.map(one => nameAt(one, ssh.port))
    const types = knownTypes(hosts, names)
    return new Promise((resolve, reject) => {
      const client = new ssh2.Client()
      let refused: Unreachable | null = null
      const fail = (why: Unreachable): void => {
        reject(life.signal.reason instanceof Unreachable ? life.signal.reason : (refused ?? why))
        life.abort()
      }
      // Stays, also after `ready`: what goes wrong later ends the life of this connection.
      client.on('error', (error: Error) => fail(new Unreachable(whyOf(error))))
      client.on('close', () => fail(new Unreachable('closes the connection')))
      client.once('ready', () => resolve(client))
      life.signal.addEventListener('abort', () => fail(new Unreachable('was left')), { once: true })
      try {
        client.connect({
          sock: socket,
          username: ssh.user,
          authHandler: logins.methods(ssh.user),
          readyTimeout: limit,
          ...{ keepaliveInterval: 5000, keepaliveCountMax: 2 },
          algorithms: { serverHostKey: preferred(types) },
          hostVerifier: (key: Buffer): boolean => {
            const verdict = judgeKey(hosts, names, key)
            if (verdict === 'known') return true
            known.forget()
            refused = new Unreachable(
              verdict === 'changed'
                ? refusals.changed(knownAs(hosts, names) ?? name)
                : refusals[verdict](called[0] ?? name, ssh.port),
            )
            return false
          },
        })
      } catch (error) {
        fail(new Unreachable(whyOf(error)))
      }
    })
  }
}

const refusals = {
  unknown: (name: string, port: number) =>
    `its host key is not known: log in once with ssh, or check what \`ssh-keyscan ${port === 22 ? '' : `-p ${port} `}${name}\` says and add it to known_hosts`,
  /** `name`: as known_hosts has it. */
  changed: (name: string) =>
    `its host key has changed: if you know why, remove the old one with \`ssh-keygen -R '${name}'\` and log in once`,
  revoked: () => 'its host key is revoked in known_hosts',
} as const

const hostKeyAlgorithms: readonly ServerHostKeyAlgorithm[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
]

/** Those of known keys first. */
function preferred(types: readonly string[]): ServerHostKeyAlgorithm[] {
  const known = (algorithm: string): boolean => types.includes(algorithm.startsWith('rsa-') ? 'ssh-rsa' : algorithm)
  return [...hostKeyAlgorithms.filter(known), ...hostKeyAlgorithms.filter(algorithm => !known(algorithm))]
}

/** So many at once compute keys; nobody waits longer than a second, whoever stalls in there. */
export class Gate {
  readonly #most: number
  #inside = 0
  readonly #waiting: (() => void)[] = []

  constructor(most: number) {
    this.#most = most
  }

  async enter(signal: AbortSignal): Promise<() => void> {
    if (this.#inside >= this.#most)
      await new Promise<void>(resolve => {
        const go = (): void => {
          clearTimeout(timer)
          signal.removeEventListener('abort', go)
          const at = this.#waiting.indexOf(go)
          if (at >= 0) this.#waiting.splice(at, 1)
          resolve()
        }
        const timer = setTimeout(go, 1000)
        signal.addEventListener('abort', go, { once: true })
        this.#waiting.push(go)
      })
    this.#inside += 1
    return () => {
      this.#inside -= 1
      this.#waiting[0]?.()
    }
  }
}

const reasonOf = (signal: AbortSignal): Unreachable =>
  signal.reason instanceof Unreachable ? signal.reason : new Unreachable('does not answer')

/** Stops waiting when the signal says so; what comes after that is for `late`. */
function unless<T>(signal: AbortSignal, work: Promise<T>, late: (value: T) => void = () => undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      work.then(late, () => undefined)
      reject(reasonOf(signal))
    }
    if (signal.aborted) return stop()
    signal.addEventListener('abort', stop, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}

function dial(host: string, port: number, signal: AbortSignal): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true })
    const stop = (): void => {
      socket.destroy()
      reject(reasonOf(signal))
    }
    if (signal.aborted) return stop()
    signal.addEventListener('abort', stop, { once: true })
    // Stays: an error that nobody listens to would end the program.
    socket.on('error', (error: Error) => reject(new Unreachable(whyOf(error))))
    socket.once('connect', () => resolve(socket))
  })
}

/** Until the other side has said something: its identification, which it sends unasked (RFC 4253, 4.2). */
function spoken(socket: Duplex, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (finish: () => void) => (): void => {
      socket.removeListener('readable', heard)
      socket.removeListener('end', gone)
      socket.removeListener('close', gone)
      signal.removeEventListener('abort', stop)
      finish()
    }
    const heard = done(() => (socket.readableLength > 0 ? resolve() : reject(new Unreachable('closes the connection'))))
    const gone = done(() => reject(new Unreachable('closes the connection')))
    const stop = done(() => reject(reasonOf(signal)))
    if (signal.aborted) return stop()
    socket.once('readable', heard)
    socket.once('end', gone)
    socket.once('close', gone)
    signal.addEventListener('abort', stop, { once: true })
  })
}

function forwarded(client: Client, address: string, port: number, signal: AbortSignal): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(reasonOf(signal))
    if (signal.aborted) return stop()
    signal.addEventListener('abort', stop, { once: true })
    client.forwardOut('127.0.0.1', 0, address, port, (error, channel) => {
      signal.removeEventListener('abort', stop)
      if (error !== undefined) return reject(new Unreachable(whyOf(error)))
      if (signal.aborted) return channel.destroy()
      channel.on('error', () => undefined)
      resolve(channel)
    })
  })
}

/** The first that comes; the others are closed when they do. */
async function first(ways: readonly Promise<Duplex>[], names: readonly string[]): Promise<Duplex> {
  try {
    const won = await Promise.any(ways)
    for (const way of ways)
      void way.then(
        other => other === won || other.destroy(),
        () => undefined,
      )
    return won
  } catch (error) {
    const reasons: readonly unknown[] = error instanceof AggregateError ? error.errors : [error]
    const whys = reasons.map((reason, index) => `${names[index] ?? ''} ${whyOf(reason)}`)
    throw new Unreachable(`cannot be reached: ${whys.join('; ')}`)
  }
}

function executed(client: Client): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    // Throws, too, when the connection has just gone.
    try {
      client.exec('exec /bin/sh -s', (error, channel) =>
        error === undefined ? resolve(channel) : reject(new Unreachable(whyOf(error))),
      )
    } catch (error) {
      reject(new Unreachable(whyOf(error)))
    }
  })
}

const codes: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refuses the connection',
  ECONNRESET: 'closes the connection',
  EPIPE: 'closes the connection',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no way to it',
  EHOSTDOWN: 'does not answer',
  ETIMEDOUT: 'does not answer',
  ENOTFOUND: 'its name has no address',
  EAI_AGAIN: 'its name cannot be looked up',
}

/** What went wrong, for people; `level` is what ssh2 calls the place. */
function whyOf(error: unknown): string {
  if (error instanceof Unreachable) return error.why
  if (!(error instanceof Error)) return 'does not answer'
  const code = 'code' in error && typeof error.code === 'string' ? codes[error.code] : undefined
  if (code !== undefined) return code
  const level = 'level' in error ? error.level : undefined
  if (level === 'client-timeout') return 'does not answer'
  if (level === 'client-authentication') return 'takes none of our keys'
  return `SSH: ${error.message.slice(0, 120)}`
}
