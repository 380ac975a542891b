/** A small HTTP daemon (RFC 9110): it reads, and takes nothing but a path, from whoever shows the token if there is one. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { constants, createGzip } from 'node:zlib'
import { type Diagnostic, error } from '../../topology/diagnostic.ts'
import type { SecretText } from '../keys/secret-text.ts'
import { reason } from '../load/reason.ts'
import { type Listen, listenText } from './address.ts'
import type { Answer, Answers } from './answers.ts'
import { asksByKnown } from './host.ts'
import { shows } from './token.ts'

/** Milliseconds. */
export interface Limits {
  /** Until a whole request has come; a connection without one may stay as long as `idle`. */
  readonly request: number
  readonly idle: number
  /** Until the whole answer has been taken. */
  readonly answer: number
  /** Connections at once, for each address. */
  readonly connections: number
  /** For answers under way when the daemon ends. */
  readonly grace: number
}

const usual: Limits = { request: 10_000, idle: 65_000, answer: 120_000, connections: 64, grace: 500 }

export interface Serving {
  readonly answers: Answers
  /** Null: anybody may ask. */
  readonly token: SecretText | null
  /** Told of what should not happen: a bug, and no reason to leave the others without answers. */
  readonly failed: (cause: unknown) => void
  readonly limits?: Partial<Limits>
}

/** What another reading of the mesh may change of it. */
export type Content = Pick<Serving, 'answers' | 'token'>

export class Daemon {
  readonly #content: { now: Content }
  readonly #servers: readonly Server[]
  readonly #grace: number
  /** With the ports that were given for 0. */
  readonly addresses: readonly string[]

  private constructor(content: { now: Content }, servers: readonly Server[], grace: number) {
    this.#content = content
    this.#servers = servers
    this.#grace = grace
    this.addresses = servers.map(server => {
      const { address, port } = server.address() as AddressInfo
      return listenText({ address, port })
    })
  }

  /** On all of these addresses, or on none. */
  static async start(serving: Serving, listens: readonly Listen[]): Promise<Daemon | Diagnostic> {
    const limits = { ...usual, ...serving.limits }
    const content: { now: Content } = { now: serving }
    const servers: Server[] = []
    for (const listen of listens) {
      const server = serverOf(content, serving.failed, limits)
      const refused = await listening(server, listen)
      if (refused !== null) {
        await new Daemon(content, servers, 0).close()
        return refused
      }
      servers.push(server)
    }
    return new Daemon(content, servers, limits.grace)
  }

  /** Whoever asks from now on is answered from this; answers under way come to their end as they began. */
  answerFrom(content: Content): void {
    this.#content.now = content
  }

  async close(): Promise<void> {
    const cut = setTimeout(() => {
      for (const server of this.#servers) server.closeAllConnections()
    }, this.#grace)
    await Promise.all(
      this.#servers.map(
        server =>
          new Promise(resolve => {
            server.close(resolve)
            server.closeIdleConnections()
          }),
      ),
    )
    clearTimeout(cut)
  }
}

function serverOf(content: { readonly now: Content }, failed: Serving['failed'], limits: Limits): Server {
  const take = (request: IncomingMessage, response: ServerResponse): void => {
    respond(request, response, content.now, limits).catch((cause: unknown) => {
      failed(cause)
      if (response.headersSent) response.destroy()
      else refuse(response, 500, 'this is a bug in meshwright')
    })
  }
  const server = createServer(
    {
      ...{ headersTimeout: limits.request, requestTimeout: limits.request, keepAliveTimeout: limits.idle },
      connectionsCheckingInterval: Math.max(50, limits.request / 5),
      maxHeaderSize: 16 * 1024,
    },
    take,
  )
  // Whoever asks whether it may send something may not.
  server.on('checkContinue', take)
  server.on('checkExpectation', take)
  server.maxConnections = limits.connections
  // Of a connection on which nothing moves: somebody who stopped reading.
  server.timeout = limits.idle
  return server
}

const listening = (server: Server, { address, port }: Listen): Promise<Diagnostic | null> =>
  new Promise(resolve => {
    const fail = (cause: NodeJS.ErrnoException): void => resolve(refusal(listenText({ address, port }), cause))
    server.once('error', fail)
    // Of an IPv6 address that is none of IPv4 as well: `::` listens on what it says.
    server.listen({ host: address, port, ipv6Only: address.includes(':') }, () => {
      server.removeListener('error', fail)
      // What goes wrong later, as running out of descriptors, ends one connection and not the daemon.
      server.on('error', () => undefined)
      resolve(null)
    })
  })

function refusal(where: string, cause: NodeJS.ErrnoException): Diagnostic {
  const [why, hint] = refusals[cause.code ?? ''] ?? [reason(cause), undefined]
  return error('cannot-listen', `cannot listen on ${where}: ${why}`, undefined, hint)
}

const refusals: Readonly<Record<string, readonly [string, string]>> = {
  EADDRINUSE: [
    'another program does already',
    '`sockstat -l` says which; another meshwright serve is ended first, or take another port with --listen.',
  ],
  EADDRNOTAVAIL: ['this machine has no such address', 'Is wg0 up? `--listen 127.0.0.1:9587` always works.'],
  EACCES: ['permission denied', 'Ports below 1024 are for root: take a higher one.'],
}

/** Whoever goes away in the middle of an answer has lost interest, and nothing else has happened. */
async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  { answers, token }: Content,
  limits: Limits,
): Promise<void> {
  const over = setTimeout(() => response.destroy(), limits.answer)
  response.once('close', () => clearTimeout(over))
  response.on('error', () => undefined)
  response.setHeader('Cache-Control', 'no-store')
  response.setHeader('X-Content-Type-Options', 'nosniff')
  const [path, query] = splitAt(request.url ?? '', '?')
  if (token !== null && path !== '/healthz' && !shows(request.headers.authorization, token))
    return refuse(response, 401, 'a bearer token is wanted', { 'WWW-Authenticate': 'Bearer realm="meshwright"' })
  // Whoever has the token is no page that came by a name of its own.
  if (token === null && !asksByKnown(request.headersDistinct['host'], answers.names))
    return refuse(response, 421, misdirected)
  const answer = answers.of(path, new URLSearchParams(query))
  if (answer === null) return refuse(response, 404, 'there is no such path')
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return refuse(response, 405, 'GET and HEAD only', { Allow: 'GET, HEAD' })
  if (hasBody(request)) return refuse(response, 413, 'nothing is taken')
  await send(request, response, answer)
}

const misdirected =
  'not by this name: ask by an address, by localhost, or by the name of a host or a jail; who shows a token may use any'

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'

/** What else comes on this connection may be what was not to be sent. */
function refuse(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const body = `${text}\n`
  response.writeHead(status, {
    ...headers,
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    Connection: 'close',
  })
  response.end(body)
}

async function send(request: IncomingMessage, response: ServerResponse, { status, type, body }: Answer): Promise<void> {
  const packed = takesGzip(request.headers['accept-encoding'])
  response.writeHead(status, {
    'Content-Type': type,
    Vary: 'Accept-Encoding',
    ...(packed && { 'Content-Encoding': 'gzip' }),
  })
  if (request.method === 'HEAD') {
    response.end()
    return
  }
  const source = Readable.from(body)
  await (
    packed ? pipeline(source, createGzip({ level: constants.Z_BEST_SPEED }), response) : pipeline(source, response)
  ).catch((cause: unknown) => {
    response.destroy()
    // What the system or a stream says of a connection has a code (errors of Node).
    if ((cause as NodeJS.ErrnoException | null)?.code === undefined) throw cause
  })
}

/** `gzip;q=0` is a no (RFC 9110, 12.5.3). */
export const takesGzip = (accepted: string | string[] | undefined): boolean =>
  String(accepted ?? '')
    .split(',')
    .some(one => /^\s*(?:x-)?gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*$)[0-9.]+\s*)?$/i.test(one))

function splitAt(text: string, mark: string): readonly [string, string] {
  const at = text.indexOf(mark)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + mark.length)]
}
