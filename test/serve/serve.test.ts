import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { connect, type Socket } from 'node:net'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, onTestFinished, test } from 'vitest'
import { asked, groupOf } from '../../src/export/discovery.ts'
import { relayed } from '../../src/export/metrics/exporters.ts'
import { locationsOf, nodeGraph } from '../../src/export/grafana/node-graph.ts'
import { SecretText } from '../../src/keys/secret-text.ts'
import { insideMesh, isEverywhere, listenText, parseListen } from '../../src/serve/address.ts'
import { Answers, type Served } from '../../src/serve/answers.ts'
import { Daemon, type Serving, takesGzip } from '../../src/serve/server.ts'
import { Shared } from '../../src/serve/shared.ts'
import { serveToken, shows } from '../../src/serve/token.ts'
import { temporary } from '../command.ts'
import { demoAt, memoryOf, metricsOf, shippedWorld, start } from '../export/worlds.ts'

const world = await shippedWorld()
const snapshot = demoAt(world.fleet, 60)

const answersOf = (more: Partial<Served> = {}): Answers =>
  new Answers({ ...world, version: '1.2.3', oldAfter: 1000, secretsWritten: () => null, clock: () => 0, ...more })

const withSnapshot = (answers = answersOf()): Answers => {
  answers.take(snapshot)
  return answers
}

const usual = {
  token: null,
  failed: (cause: unknown): never => {
    throw cause
  },
}

/** On a port that is free; gone when the test is. */
async function serving(more: Partial<Serving> = {}): Promise<{ readonly port: number; readonly daemon: Daemon }> {
  const daemon = await Daemon.start({ ...usual, answers: withSnapshot(), ...more }, [{ address: '127.0.0.1', port: 0 }])
  if (!(daemon instanceof Daemon)) throw new Error(daemon.message)
  onTestFinished(() => daemon.close())
  return { port: Number(daemon.addresses[0]?.split(':').at(-1)), daemon }
}

interface Got {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly bytes: Buffer
  readonly text: string
}

const ask = (
  port: number,
  path: string,
  { method = 'GET', headers = {}, body }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Got> =>
  new Promise((resolve, reject) => {
    const asking = httpRequest({ host: '127.0.0.1', port, path, method, headers, agent: false }, response => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const bytes = Buffer.concat(chunks)
        resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes, text: bytes.toString() })
      })
    })
    asking.on('error', reject)
    asking.end(body)
  })

/** What comes back until the other side closes. */
const raw = (port: number, text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    let came = ''
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(text))
    socket.on('data', chunk => (came += chunk.toString('latin1')))
    socket.on('error', error => ('code' in error && error.code === 'ECONNRESET' ? resolve(came) : reject(error)))
    socket.on('close', () => resolve(came))
  })

async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 10_000; Date.now() < end; await new Promise(resolve => setTimeout(resolve, 20)))
    if (await what()) return
  throw new Error('it did not come to that')
}

describe('what is asked for', () => {
  test('/metrics is the newest snapshot', async () => {
    const { port } = await serving()
    const { status, headers, text } = await ask(port, '/metrics')
    expect(status).toBe(200)
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(headers['cache-control']).toBe('no-store')
    expect(headers['x-content-type-options']).toBe('nosniff')
    expect(text).toBe(metricsOf(world, snapshot))
  })

  test('/exporters is what hosts passed on', async () => {
    const { port } = await serving()
    const { headers, text } = await ask(port, '/exporters')
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(text).toBe([...relayed(snapshot)].join(''))
    expect(text).toContain('patroni_primary{')
  })

  test('/api/graph is the node graph', async () => {
    const { port } = await serving()
    const { headers, text } = await ask(port, '/api/graph')
    expect(headers['content-type']).toBe('application/json')
    expect(JSON.parse(text)).toEqual(nodeGraph(world.graph, snapshot))
  })

  test('/sd is every exporter that one scrape configuration can ask, and those of a job', async () => {
    const { port } = await serving()
    const get = async (query: string) =>
      JSON.parse((await ask(port, `/sd${query}`)).text) as { targets: string[]; labels: Record<string, string> }[]
    const every = await get('')
    const jobs = new Set(every.map(({ labels }) => labels['job']))
    expect(jobs).toContain('node')
    // They want a token, which is nowhere here.
    expect(jobs).not.toContain('garage')
    expect(jobs).not.toContain('meshwright')
    const garage = await get('?job=garage')
    expect(garage).toHaveLength(3)
    expect(garage[0]?.labels).toEqual({
      ...{ job: 'garage', host: 'bohr', instance: 'files-storage@bohr' },
      ...{ region: 'usa', role: 'storage', service: 'files' },
    })
    const itself = await get('?job=meshwright')
    expect(itself).toHaveLength(1)
    expect(every.length + garage.length + itself.length).toBe(world.targets.length)
    for (const { targets } of every) expect(targets).toEqual([expect.stringMatching(/^10\.[0-9.]+:[0-9]+$/)])
    expect(await get('?job=garage&service=files')).toEqual(garage)
    expect(await get('?job=garage&service=other')).toEqual([])
    expect(await get('?job=none')).toEqual([])
  })

  test('a target that has its metrics elsewhere says where', () => {
    const [target] = world.targets
    if (target === undefined) throw new Error('there is no exporter')
    expect(groupOf(target).labels).not.toHaveProperty('__metrics_path__')
    expect(groupOf({ ...target, path: '/other' }).labels).toMatchObject({ job: target.job, __metrics_path__: '/other' })
    const bearer = { service: 'files', purpose: 'metrics' }
    const all = [target, { ...target, bearer }, { ...target, honorLabels: true }]
    expect(asked(all, { job: null, service: null })).toEqual([target])
    expect(asked(all, { job: target.job, service: null })).toEqual(all)
  })

  test('/ says what there is', async () => {
    const { port } = await serving()
    const { headers, text } = await ask(port, '/')
    expect(headers['content-type']).toBe('text/plain; charset=utf-8')
    expect(text).toContain('meshwright 1.2.3: aether')
    expect(text).toContain('/healthz')
  })

  test('HEAD is GET without the text', async () => {
    const { port } = await serving()
    for (const path of ['/metrics', '/exporters', '/api/graph', '/sd', '/healthz', '/']) {
      const [head, get] = [await ask(port, path, { method: 'HEAD' }), await ask(port, path)]
      expect(head.text).toBe('')
      expect(head.status).toBe(get.status)
      expect(head.headers['content-type']).toBe(get.headers['content-type'])
    }
  })

  test('is packed for who takes it so', async () => {
    const { port } = await serving()
    const packed = await ask(port, '/metrics', { headers: { 'accept-encoding': 'deflate, gzip;q=0.5' } })
    expect(packed.headers['content-encoding']).toBe('gzip')
    expect(packed.headers.vary).toBe('Accept-Encoding')
    expect(gunzipSync(packed.bytes).toString()).toBe(metricsOf(world, snapshot))
    const plain = await ask(port, '/metrics', { headers: { 'accept-encoding': 'gzip;q=0' } })
    expect(plain.headers['content-encoding']).toBeUndefined()
    expect(plain.text).toBe(metricsOf(world, snapshot))
  })

  test.each([
    [undefined, false],
    ['', false],
    ['gzip', true],
    ['deflate, gzip', true],
    ['GZIP ; q=1.0', true],
    ['gzip;q=0.001', true],
    ['gzip;q=0', false],
    ['gzip; q=0.000', false],
    ['identity', false],
    ['notgzip', false],
  ])('Accept-Encoding %s: %s', (accepted, packed) => expect(takesGzip(accepted)).toBe(packed))

  test('a text is made once, however many read it, and one that stops spoils nothing', () => {
    let made = 0
    const shared = new Shared(
      (function* () {
        for (const word of ['a', 'b', 'c']) {
          made += 1
          yield word
        }
      })(),
    )
    const read = () => [...shared].map(String).join('')
    for (const chunk of shared) {
      expect(String(chunk)).toBe('a')
      break
    }
    const [one, other] = [shared[Symbol.iterator](), shared[Symbol.iterator]()]
    expect([one.next(), other.next(), other.next(), one.next()].map(({ value }) => String(value))).toEqual([
      ...['a', 'a', 'b', 'b'],
    ])
    expect([read(), read()]).toEqual(['abc', 'abc'])
    expect(made).toBe(3)
  })

  test('many at once get the same', async () => {
    const { port } = await serving()
    const all = await Promise.all(Array.from({ length: 20 }, () => ask(port, '/metrics')))
    expect(new Set(all.map(({ text }) => text))).toEqual(new Set([metricsOf(world, snapshot)]))
  })
})

describe('/healthz', () => {
  test.each<[string, (answers: Answers, time: { now: number }) => void, number, string]>([
    ['nothing was looked at', () => undefined, 503, 'nothing was looked at yet\n'],
    [
      'nobody has said anything',
      answers => answers.take(memoryOf(world.fleet).snapshot(start)),
      503,
      'no host was heard of yet\n',
    ],
    ['there is a snapshot', answers => answers.take(snapshot), 200, 'ok\n'],
    [
      'it is old',
      (answers, time) => {
        answers.take(snapshot)
        time.now = 61_000
      },
      503,
      'the last look was 61 s ago\n',
    ],
    [
      'a newer one has come',
      (answers, time) => {
        answers.take(snapshot)
        time.now = 61_000
        answers.take(snapshot)
      },
      200,
      'ok\n',
    ],
  ])('when %s', async (_, happens, status, text) => {
    const time = { now: 0 }
    const answers = answersOf({ oldAfter: 60_000, clock: () => time.now })
    happens(answers, time)
    const { port } = await serving({ answers, token: new SecretText('t', 'token') })
    // Also without the token.
    expect(await ask(port, '/healthz')).toMatchObject({ status, text })
  })

  test('what there is nothing of yet is not there', async () => {
    const { port } = await serving({ answers: answersOf() })
    for (const path of ['/metrics', '/exporters', '/api/graph']) expect((await ask(port, path)).status).toBe(503)
    expect((await ask(port, '/sd')).status).toBe(200)
  })
})

describe('a token', () => {
  const token = new SecretText('correct-horse', 'token of meshwright serve')

  test('opens all', async () => {
    const { port } = await serving({ token })
    for (const path of ['/', '/metrics', '/exporters', '/api/graph', '/sd'])
      expect((await ask(port, path, { headers: { authorization: 'Bearer correct-horse' } })).status).toBe(200)
    expect((await ask(port, '/metrics', { headers: { authorization: 'bearer  correct-horse' } })).status).toBe(200)
  })

  test.each([
    ['none', undefined],
    ['another', 'Bearer wrong-horse'],
    ['half of it', 'Bearer correct-hors'],
    ['more than it', 'Bearer correct-horse2'],
    ['two', 'Bearer correct-horse correct-horse'],
    ['an empty one', 'Bearer '],
    ['it as a password', `Basic ${Buffer.from('x:correct-horse').toString('base64')}`],
    ['it alone', 'correct-horse'],
  ])('that is %s opens nothing, and does not tell what there is', async (_, authorization) => {
    const { port } = await serving({ token })
    for (const path of ['/', '/metrics', '/exporters', '/api/graph', '/sd', '/none', '/metrics/', '//healthz']) {
      const got = await ask(port, path, { headers: authorization === undefined ? {} : { authorization } })
      expect(got.status, path).toBe(401)
      expect(got.headers['www-authenticate']).toBe('Bearer realm="meshwright"')
      expect(got.text).toBe('a bearer token is wanted\n')
    }
  })

  test('is read from its file, or from the environment', async () => {
    const file = join(temporary(), 'token')
    writeFileSync(file, 'from-file\n')
    const environment = { MESHWRIGHT_SERVE_TOKEN: 'from-environment' }
    const found = async (path: string | undefined, variables: Record<string, string> = environment) => {
      const read = await serveToken(path, variables)
      return read === null || 'severity' in read ? read : read.reveal()
    }
    expect(await found(file)).toBe('from-file')
    expect(await found(undefined)).toBe('from-environment')
    expect(await found(undefined, {})).toBeNull()
    expect(await found('/nonexistent')).toMatchObject({ code: 'unreadable' })
    // Empty by mistake would be open to all.
    expect(await found(undefined, { MESHWRIGHT_SERVE_TOKEN: '' })).toMatchObject({ code: 'bad-value' })
    writeFileSync(file, 'two words\n')
    expect(await found(file)).toMatchObject({ code: 'bad-value' })
    expect(JSON.stringify(await serveToken(undefined, environment))).not.toContain('from-environment')
  })

  test('shows itself only whole', () => {
    expect(shows('Bearer correct-horse', token)).toBe(true)
    expect(shows(undefined, token)).toBe(false)
    expect(shows('Bearer \u0000', token)).toBe(false)
  })
})

describe('the name by which it is asked', () => {
  const status = async (host: string | null, more: Partial<Serving> = {}, path = '/metrics') => {
    const { port } = await serving(more)
    const line = host === null ? '' : `Host: ${host}\r\n`
    return raw(port, `GET ${path} HTTP/1.1\r\n${line}Connection: close\r\n\r\n`)
  }
  const { domain } = world.graph

  test.each([
    ...['127.0.0.1', '127.0.0.1:9587', '10.66.0.1', '[::1]', '[::1]:9587', '[fe80::1%wg0]:1', '203.0.113.9:80'],
    ...['localhost', 'LocalHost:9587', 'localhost.', 'tesla', 'tesla:9587', `tesla.${domain}`, `TESLA.${domain}.:80`],
    ...['db-postgres', 'db-postgres.tesla', `db-postgres.tesla.${domain}`],
    ...['watcher.example.org:9587', 'watcher'],
  ])('%s is an address, or a name of the mesh or of this machine', async host => {
    const answers = withSnapshot(answersOf({ machine: 'Watcher.example.org' }))
    expect(await status(host, { answers })).toMatch(/^HTTP\/1\.1 200 /)
  })

  test.each([
    ...['rebound.example', 'rebound.example:9587', '127.0.0.1.rebound.example', 'localhost.rebound.example', ''],
    ...['tesla.rebound.example', `${domain}.rebound.example`, `rebound.${domain}`, domain, 'xlocalhost', 'tesla..'],
    ...['::1', '[::1', '[::1]x', '[rebound.example]', '[127.0.0.1]', '127.0.0.256', '127.1', '0x7f000001', 'watcher'],
    ...['tesla:80:80', 'user@localhost', 'localhost/x', 'localhost, rebound.example', 'rebound.example\\@localhost'],
  ])('%s is none, and all that is told is what would be one', async host => {
    for (const path of ['/', '/metrics', '/exporters', '/api/graph', '/sd', '/healthz', '/none']) {
      const answer = await status(host, {}, path)
      expect(answer, path).toMatch(/^HTTP\/1\.1 421 /)
      expect(answer).toContain('\r\n\r\nnot by this name: ask by an address, by localhost, or by the name of a host')
      expect(answer).not.toContain('rebound')
    }
  })

  test('two of them are none', async () => {
    for (const [one, other] of [
      ['localhost', 'rebound.example'],
      ['rebound.example', 'localhost'],
    ])
      expect(await status(`${one}\r\nHost: ${other}`)).toMatch(/^HTTP\/1\.1 4(?:00|21) /)
  })

  test('whoever shows a token may use any, and without the token none helps', async () => {
    const token = new SecretText('correct-horse', 'token of meshwright serve')
    const shown = 'rebound.example\r\nAuthorization: Bearer correct-horse'
    expect(await status(shown, { token })).toMatch(/^HTTP\/1\.1 200 /)
    expect(await status('localhost', { token })).toMatch(/^HTTP\/1\.1 401 /)
    // Where none is asked for, one that is shown says nothing.
    expect(await status(shown)).toMatch(/^HTTP\/1\.1 421 /)
  })

  test('probes that speak HTTP/1.0 say none', async () => {
    const { port } = await serving()
    expect(await raw(port, 'GET /healthz HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 /)
    expect(await raw(port, 'GET /healthz HTTP/1.0\r\nHost: rebound.example\r\n\r\n')).toMatch(/^HTTP\/1\.1 421 /)
    expect(await status(null)).toMatch(/^HTTP\/1\.1 400 /)
  })
})

describe('what is not to be had', () => {
  test.each(['/none', '/metrics/', '/metrics%20', '/../etc/passwd', '/METRICS', '/api', '//metrics'])(
    '%s is not found',
    async path => {
      const { port } = await serving()
      expect(await ask(port, path)).toMatchObject({ status: 404, text: 'there is no such path\n' })
    },
  )

  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE'])('%s is refused', async method => {
    const { port } = await serving()
    const got = await ask(port, '/metrics', { method })
    expect(got.status).toBe(405)
    expect(got.headers.allow).toBe('GET, HEAD')
    expect((await ask(port, '/metrics')).status).toBe(200)
  })

  test('nothing is taken: neither with a length nor in pieces, nor when asked first', async () => {
    const { port } = await serving()
    const get = (headers: string, body = '') =>
      raw(port, `GET /metrics HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n${body}`)
    expect(await get('Content-Length: 3\r\n', 'abc')).toMatch(/^HTTP\/1\.1 413 /)
    expect(await get('Transfer-Encoding: chunked\r\n', '3\r\nabc\r\n0\r\n\r\n')).toMatch(/^HTTP\/1\.1 413 /)
    expect(await get('Content-Length: 3\r\nExpect: 100-continue\r\n')).toMatch(/^HTTP\/1\.1 413 /)
    expect(await get('Content-Length: 0\r\nConnection: close\r\n')).toMatch(/^HTTP\/1\.1 200 /)
  })

  test.each([
    ['noise', '\u0000\u0001\u0002\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['no host', 'GET /metrics HTTP/1.1\r\n\r\n', /^HTTP\/1\.1 400 /],
    [
      'two lengths',
      'GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
      /^HTTP\/1\.1 400 /,
    ],
    [
      'a header without end',
      `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
      /^HTTP\/1\.1 431 /,
    ],
    ['TLS', '\u0016\u0003\u0001\u0002\u0000\u0001', /^HTTP\/1\.1 400 /],
    ['a tunnel', 'CONNECT 10.0.0.1:22 HTTP/1.1\r\nHost: localhost\r\n\r\n', /^$/],
    [
      'a proxy',
      'GET http://10.0.0.1/metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
      /^HTTP\/1\.1 404 /,
    ],
    [
      'a WebSocket',
      'GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n',
      /^HTTP\/1\.1 200 /,
    ],
    ['a strange expectation', 'GET /none HTTP/1.1\r\nHost: localhost\r\nExpect: wonders\r\n\r\n', /^HTTP\/1\.1 404 /],
  ])('%s harms nobody', async (_, text, answer) => {
    const { port } = await serving()
    expect(await raw(port, text)).toMatch(answer)
    expect((await ask(port, '/metrics')).status).toBe(200)
  })

  test.each([
    ['says nothing', ''],
    ['comes to no end', 'GET /metrics HTTP/1.1\r\nHost: localhost\r\n'],
    ['never sends what it promised', 'GET /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n'],
    ['asks once and stays', 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n'],
  ])('whoever %s is shown the door', async (_, text) => {
    const { port } = await serving({ limits: { request: 200, idle: 200 } })
    const began = Date.now()
    await raw(port, text)
    expect(Date.now() - began).toBeLessThan(5000)
  })

  test('whoever sends a header now and then does not stay longer', async () => {
    const { port } = await serving({ limits: { request: 300, idle: 10_000 } })
    const began = Date.now()
    await new Promise<void>(resolve => {
      const socket = connect({ port, host: '127.0.0.1' }, () => socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n'))
      const drip = setInterval(() => socket.write('X: y\r\n'), 50)
      socket.on('error', () => undefined)
      socket.on('data', () => undefined)
      socket.on('close', () => {
        clearInterval(drip)
        resolve()
      })
    })
    expect(Date.now() - began).toBeLessThan(5000)
  })

  test('more connections than there may be are closed, and those that are there go on', async () => {
    const { port } = await serving({ limits: { connections: 2 } })
    const sockets = await Promise.all(
      [0, 1].map(
        () =>
          new Promise<Socket>(resolve => {
            const socket: Socket = connect({ port, host: '127.0.0.1' }, () => resolve(socket))
          }),
      ),
    )
    expect(await raw(port, 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')).toBe('')
    for (const socket of sockets) socket.destroy()
    await until(
      async () => (await raw(port, 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')) !== '',
    )
  })
})

test.each([
  [
    'before',
    () => {
      throw new TypeError('broken')
    },
    500,
  ],
  [
    'after',
    () => ({
      ...{ status: 200 as const, type: 'text/plain' },
      body: (function* () {
        yield Buffer.from('x')
        throw new TypeError('broken')
      })(),
    }),
    null,
  ],
])('a bug %s an answer has begun is told, and takes nobody else with it', async (_, of, status) => {
  const answers = withSnapshot()
  const well = answers.of.bind(answers)
  answers.of = (path, query) => (path === '/' ? of() : well(path, query))
  const told: unknown[] = []
  const { port } = await serving({ answers, failed: cause => told.push(cause) })
  const got = await ask(port, '/').catch((cause: unknown) => cause as NodeJS.ErrnoException)
  if ('text' in got) expect(got).toMatchObject({ status, text: 'this is a bug in meshwright\n' })
  else expect([status, got.code]).toEqual([null, 'ECONNRESET'])
  await until(() => told.length > 0)
  expect(told).toEqual([new TypeError('broken')])
  expect((await ask(port, '/metrics')).status).toBe(200)
})

describe('an answer under way', () => {
  /** Large enough that no buffer of the system takes it. */
  const large = (open: { chunks: number; ended: boolean }): Answers => {
    const answers = answersOf()
    answers.of = () => ({
      ...{ status: 200, type: 'text/plain' },
      body: (function* () {
        try {
          for (; open.chunks < 4000; open.chunks += 1) yield Buffer.alloc(65_536, 'x')
        } finally {
          open.ended = true
        }
      })(),
    })
    return answers
  }
  const begin = (port: number, headers = '') =>
    new Promise<Socket>(resolve => {
      const socket: Socket = connect({ port, host: '127.0.0.1' }, () =>
        socket.write(`GET /metrics HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`),
      )
      socket.on('error', () => undefined)
      socket.once('data', () => {
        socket.pause()
        resolve(socket)
      })
    })

  test.each([
    ['plain', ''],
    ['packed', 'Accept-Encoding: gzip\r\n'],
  ])('ends when whoever asked goes away: %s', async (_, headers) => {
    const open = { chunks: 0, ended: false }
    const { port } = await serving({ answers: large(open) })
    const socket = await begin(port, headers)
    socket.destroy()
    await until(() => open.ended)
  })

  test('waits for who reads slowly, and not for ever', async () => {
    const open = { chunks: 0, ended: false }
    const { port } = await serving({ answers: large(open), limits: { answer: 300 } })
    const socket = await begin(port)
    await until(() => open.ended)
    // It was not all worked out for somebody who takes nothing.
    expect(open.chunks).toBeLessThan(1000)
    socket.destroy()
  })

  test('does not hold up the end', async () => {
    const open = { chunks: 0, ended: false }
    const { port, daemon } = await serving({ answers: large(open), limits: { grace: 100 } })
    const socket = await begin(port)
    const began = Date.now()
    await daemon.close()
    expect(Date.now() - began).toBeLessThan(3000)
    await until(() => open.ended)
    await expect(ask(port, '/')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    socket.destroy()
  })

  test('comes to its end when the daemon does, if it is taken at once; connections that are kept open do not count', async () => {
    const { port, daemon } = await serving()
    const kept = connect({ port, host: '127.0.0.1' })
    kept.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await new Promise(resolve => kept.once('data', resolve))
    const scrape = ask(port, '/metrics')
    await new Promise(resolve => setImmediate(resolve))
    const began = Date.now()
    await daemon.close()
    expect(Date.now() - began).toBeLessThan(3000)
    const got = await scrape.catch((cause: unknown) => cause as NodeJS.ErrnoException)
    if ('text' in got) expect(got.text).toBe(metricsOf(world, snapshot))
    else expect(['ECONNREFUSED', 'ECONNRESET']).toContain(got.code)
    kept.destroy()
  })
})

describe('where it listens', () => {
  test.each([
    ['127.0.0.1:1234', '127.0.0.1:1234'],
    ['127.0.0.1', '127.0.0.1:9587'],
    ['[::1]:80', '[::1]:80'],
    ['[::1]', '[::1]:9587'],
    ['::1', '[::1]:9587'],
    ['0.0.0.0:0', '0.0.0.0:0'],
    ['', null],
    ['localhost:1', null],
    ['127.0.0.1:', null],
    ['127.0.0.1:65536', null],
    ['127.0.0.256', null],
    ['[127.0.0.1]:80', null],
    ['::1:9587x', null],
    ['\u001b[2J', null],
  ])('%s', (text, expected) => {
    const parsed = parseListen(text)
    if ('severity' in parsed) {
      expect(expected).toBeNull()
      expect(parsed.message).not.toContain('\u001b')
    } else expect(listenText(parsed)).toBe(expected)
  })

  test('everywhere is everywhere, however it is written', () => {
    const everywhere = (address: string) => isEverywhere({ address, port: 1 })
    expect(['0.0.0.0', '::', '0:0:0:0:0:0:0:0', '::0'].map(everywhere)).toEqual([true, true, true, true])
    expect(['127.0.0.1', '::1', '10.0.0.0'].map(everywhere)).toEqual([false, false, false])
  })

  test('this machine is in the mesh by the address of a host or of a jail, IPv4 first', () => {
    const { graph } = world
    const [host, jail] = [graph.hosts[0], graph.jails[0]]
    if (host === undefined || jail === undefined) throw new Error('the mesh is empty')
    expect(insideMesh(graph, ['127.0.0.1', host.address.inet6, host.address.inet])).toBe(host.address.inet)
    expect(insideMesh(graph, ['127.0.0.1', jail.address.inet])).toBe(jail.address.inet)
    expect(insideMesh(graph, [`${host.address.inet6}%wg0`])).toBe(host.address.inet6)
    expect(insideMesh(graph, ['127.0.0.1', '::1', 'fe80::1%em0', '203.0.113.1'])).toBeNull()
  })

  test('on two addresses, or on none', async () => {
    const { port } = await serving()
    const answers = withSnapshot()
    const two = [
      { address: '127.0.0.2', port: 0 },
      { address: '::1', port: 0 },
    ]
    const daemon = await Daemon.start({ ...usual, answers }, two)
    if (!(daemon instanceof Daemon)) throw new Error(daemon.message)
    expect(daemon.addresses).toEqual([
      expect.stringMatching(/^127\.0\.0\.2:[0-9]+$/),
      expect.stringMatching(/^\[::1\]:[0-9]+$/),
    ])
    await daemon.close()
    const taken = { address: '127.0.0.1', port }
    const refused = await Daemon.start({ ...usual, answers }, [{ address: '127.0.0.3', port }, taken])
    expect(refused).toMatchObject({
      code: 'cannot-listen',
      message: `cannot listen on 127.0.0.1:${port}: another program does already`,
    })
    // The first was let go of again.
    const again = await Daemon.start({ ...usual, answers }, [{ address: '127.0.0.3', port }])
    if (!(again instanceof Daemon)) throw new Error(again.message)
    await again.close()
  })

  test('an address of another machine is refused', async () => {
    const refused = await Daemon.start({ ...usual, answers: withSnapshot() }, [{ address: '192.0.2.77', port: 0 }])
    expect(refused).toMatchObject({
      code: 'cannot-listen',
      message: expect.stringContaining('this machine has no such address') as string,
    })
  })
})

test('places beyond the date line are on its other side', () => {
  const [region] = world.graph.regions
  const hosts = world.graph.hosts.map((host, i) => ({ ...host, number: 300 + i, region: region?.name ?? '' }))
  const regions = world.graph.regions.map(one => ({ ...one, location: { latitude: -37, longitude: 179.9 } }))
  const longitudes = [...locationsOf({ regions, hosts }).values()].map(({ lon }) => lon)
  expect(longitudes.some(lon => lon < 0)).toBe(true)
  expect(longitudes.filter(lon => lon < -180 || lon > 180)).toEqual([])
})
