import { buildSync } from 'esbuild'
import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { queriesOf, type QueryName } from '../../src/health/prometheus/queries.ts'
import { prometheusSource, prometheusToken, type PrometheusAt } from '../../src/health/prometheus/source.ts'
import { BadAnswer, VectorReader, type VectorSample } from '../../src/health/prometheus/vector.ts'
import { readObservation } from '../../src/health/recording.ts'
import type { HostReport, Observation } from '../../src/health/report.ts'
import type { Source } from '../../src/health/source.ts'
import { SecretText } from '../../src/keys/secret-text.ts'
import { temporary } from '../command.ts'
import { alone, withPrograms } from '../services/setting.ts'
import { fleet } from './prometheus-fleet.ts'
import { keyOf, many, numberIn, watched } from './watched.ts'

type Vector = readonly {
  readonly metric: Readonly<Record<string, string>>
  readonly value: readonly [number, string]
}[]
const vector = (result: Vector, more = {}): string =>
  JSON.stringify({ status: 'success', data: { resultType: 'vector', result }, ...more })

describe('an answer', () => {
  const read = (text: string, cuts: readonly number[] = []): { samples: VectorSample[]; frame: unknown } => {
    const samples: VectorSample[] = []
    const reader = new VectorReader(sample => samples.push(sample))
    const bytes = Buffer.from(text)
    let from = 0
    for (const cut of [...cuts.toSorted((a, b) => a - b), bytes.length]) {
      reader.push(bytes.subarray(from, cut))
      from = Math.max(from, cut)
    }
    return { samples, frame: reader.end() }
  }

  test('is read the same, wherever the network cuts it', () => {
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom('"', '\\', '},{"metric":', '[{"metric":', '},{', 'metric', '\u001b', 'ä€𝕏'),
    )
    const labels = fc.dictionary(word, word, { maxKeys: 4 })
    const sample = fc.record({
      metric: labels,
      value: fc.tuple(fc.constant(17.5), fc.constantFrom('1', '-2e9', '0.25')),
    })
    fc.assert(
      fc.property(
        fc.array(sample),
        fc.array(fc.nat(2000)),
        fc.array(word),
        fc.boolean(),
        (result, cuts, warnings, wide) => {
          const value = { status: 'success', data: { resultType: 'vector', result }, warnings }
          const text = JSON.stringify(value, null, wide ? 2 : 0)
          const { samples, frame } = read(
            text,
            cuts.map(cut => cut % (Buffer.byteLength(text) + 1)),
          )
          const parsed = (JSON.parse(text) as typeof value).data.result
          expect(samples).toEqual(
            parsed.map(({ metric, value: [, number] }) => ({ labels: metric, value: Number(number) })),
          )
          expect(frame).toMatchObject({ warnings, evaluated: result.length === 0 ? null : 17.5 })
        },
      ),
    )
  })

  test('has the numbers of Prometheus', () => {
    const values = ['NaN', '+Inf', '-Inf', '1e+09', '0']
    const { samples } = read(vector(values.map(value => ({ metric: {}, value: [1, value] }))))
    expect(samples.map(({ value }) => value)).toEqual([NaN, Infinity, -Infinity, 1e9, 0])
  })

  test.each([
    ['nothing', '', 'no JSON'],
    ['no JSON', '<html>', 'no JSON'],
    ['brackets that were never opened', ']]]]', 'no JSON'],
    ['another thing', '{"ok":true}', 'as no Prometheus does'],
    ['half of it', vector([{ metric: { host: 'tesla' }, value: [1, '2'] }]).slice(0, -30), 'no JSON'],
    [
      'half of it, between two samples',
      '{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"2"]},',
      'no JSON',
    ],
    [
      'a matrix',
      '{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"2"]]}]}}',
      'no instant vector',
    ],
    ['a scalar', '{"status":"success","data":{"resultType":"scalar","result":[1,"2"]}}', 'no instant vector'],
    ['an empty matrix', '{"status":"success","data":{"resultType":"matrix","result":[]}}', 'no instant vector'],
    ['a number that is none', vector([{ metric: {}, value: [1, 2 as unknown as string] }]), 'no instant vector'],
    [
      'labels that are none',
      vector([{ metric: null as unknown as Record<string, string>, value: [1, '2'] }]),
      'no instant vector',
    ],
    [
      'dirt between samples',
      '{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"2"]} x {"metric":{},"value":[1,"2"]}]}}',
      'no JSON',
    ],
    [
      'a sample without end',
      `{"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":"${'x'.repeat(2 ** 21)}"}`,
      'no JSON',
    ],
  ])('that is %s is none', (_, text, why) => {
    expect(() => read(text)).toThrow(BadAnswer)
    expect(() => read(text)).toThrow(why)
  })
})

const [bohr, faraday, tesla] = ['bohr', 'faraday', 'tesla'].map(name => numberIn(fleet, name)) as [
  number,
  number,
  number,
]
const queries = queriesOf(fleet)
const now = 1_700_000_000_000
const seconds = now / 1000

type Answers = Partial<Record<QueryName, readonly (readonly [Readonly<Record<string, string>>, number | string])[]>>

/** A Prometheus that knows the queries by heart. `at`: its clock. */
const knows =
  (
    answers: Answers,
    at: () => number = () => seconds,
    refused: Partial<Record<QueryName, Response>> = {},
  ): typeof fetch =>
  (input, init) => {
    const url = new URL(input)
    const body = init?.body instanceof URLSearchParams ? init.body : url.searchParams
    const name = [...queries].find(([, text]) => text === body.get('query'))?.[0]
    if (name === undefined) return Promise.resolve(new Response('unknown query', { status: 400 }))
    const refusal = refused[name]
    if (refusal !== undefined) return Promise.resolve(refusal.clone())
    return Promise.resolve(
      new Response(vector((answers[name] ?? []).map(([metric, value]) => ({ metric, value: [at(), String(value)] })))),
    )
  }

const made = (options: Partial<PrometheusAt>, of = fleet): Source => {
  const source = prometheusSource(of, { urls: ['http://127.0.0.1:9090'], now: () => now, ...options })
  if ('severity' in source) throw new Error(source.message)
  return source
}

async function looked(source: Source, rounds = 1): Promise<readonly Observation[]> {
  const seen: Observation[] = []
  const { signal } = new AbortController()
  await source.watch({ interval: 1, rounds, signal, take: one => seen.push(one) })
  return seen
}
const reportIn = (seen: readonly Observation[], host: number): HostReport => {
  const found = seen.filter(one => one.host === host).at(-1)
  if (found?.kind !== 'report') throw new Error(`no report: ${found?.why ?? 'nothing'}`)
  return found
}
const whyIn = (seen: readonly Observation[], host: number): string => {
  const found = seen.find(one => one.host === host)
  if (found?.kind !== 'silence') throw new Error('it speaks')
  return found.why
}
const columns = ({ to, age, received, sent }: NonNullable<HostReport['peers']>) => ({
  ...{ to: Array.from(to), age: Array.from(age) },
  ...{ received: Array.from(received), sent: Array.from(sent) },
})

const tunnel = (host: string, peer: string) => ({ host, peer })
const byKey = (host: string, peer: string) => ({ host, public_key: keyOf(peer) })
const instance = (host: string) => ({ host, service: 'db', role: 'postgres' })

const healthy: Answers = {
  'sample times': [
    [{ host: 'tesla' }, seconds - 10],
    [{ host: 'faraday' }, seconds - 4],
  ],
  handshakes: [
    [tunnel('tesla', 'bohr'), seconds - 70],
    [tunnel('tesla', 'faraday'), 0],
    [byKey('faraday', 'tesla'), seconds - 34],
    [{ host: 'faraday', public_key: 'evil\u001b[2J' }, 5],
    [tunnel('nobody', 'tesla'), 5],
  ],
  'bytes received': [
    [tunnel('tesla', 'bohr'), 5],
    [byKey('faraday', 'tesla'), 7],
  ],
  'bytes sent': [
    [tunnel('tesla', 'bohr'), 6],
    [byKey('faraday', 'tesla'), 8],
  ],
  'round trips': [[tunnel('tesla', 'bohr'), 0.0125]],
  'echoes lost': [
    [tunnel('tesla', 'bohr'), 0.5],
    [tunnel('tesla', 'faraday'), 1],
  ],
  system: [
    [{ host: 'tesla', __name__: 'node_load1' }, 0.5],
    [{ host: 'tesla', __name__: 'node_load5' }, 1],
    [{ host: 'tesla', __name__: 'node_load15' }, 2],
    [{ host: 'tesla', __name__: 'node_boot_time_seconds' }, seconds - 9000],
    [{ host: 'tesla', __name__: 'node_memory_size_bytes' }, 1000],
    [{ host: 'tesla', __name__: 'node_memory_free_bytes' }, 10],
    [{ host: 'tesla', __name__: 'node_memory_inactive_bytes' }, 20],
    [{ host: 'tesla', __name__: 'node_zfs_arcstats_size_bytes' }, 400],
    [{ host: 'tesla', __name__: 'node_zfs_arcstats_c_min_bytes' }, 100],
    [{ host: 'faraday', __name__: 'node_memory_MemTotal_bytes' }, 2000],
    [{ host: 'faraday', __name__: 'node_memory_MemAvailable_bytes' }, 500],
  ],
  cores: [[{ host: 'tesla' }, 8]],
  clocks: [
    [{ host: 'tesla' }, 5],
    [{ host: 'faraday' }, -3],
  ],
  answers: [
    [{ __name__: 'up', job: 'patroni', ...instance('tesla') }, 1],
    [{ __name__: 'up', job: 'patroni', ...instance('bohr') }, 0],
    [{ __name__: 'probe_success', job: 'probe', ...instance('tesla') }, 0],
    [{ __name__: 'probe_success', job: 'ping', host: 'bohr' }, 1],
  ],
  'service metrics': [
    [
      {
        __name__: 'db_leader',
        job: 'patroni',
        instance: 'x',
        region: 'east',
        exported_role: 'main',
        scope: 'db',
        ...instance('tesla'),
      },
      1,
    ],
    [{ __name__: 'db_lag_bytes', ...instance('tesla') }, 'NaN'],
  ],
}

describe('a look', () => {
  test('becomes what each host would have said of itself', async () => {
    const seen = await looked(made({ fetch: knows(healthy) }))
    const of = reportIn(seen, tesla)
    expect(of.at).toBe(now - 10_000)
    // At the time of the sample. That its own clock is 5 s ahead was allowed for by meshwright.
    expect(columns(of.peers ?? expect.fail())).toEqual({
      to: [bohr, faraday],
      age: [60, NaN],
      received: [5, NaN],
      sent: [6, NaN],
    })
    expect(of.system).toEqual({
      ...{ clock: seconds - 5, booted: seconds - 9000, cpus: 8, load: [0.5, 1, 2], release: null },
      memory: { total: 1000, free: 330 },
    })
    expect(of.answers).toEqual([
      {
        ...{ jail: 'db-postgres', alive: false, why: 'does not answer as it should' },
        samples: [
          { name: 'db_leader', labels: { role: 'main', scope: 'db' }, value: 1 },
          { name: 'db_lag_bytes', labels: {}, value: NaN },
        ],
      },
    ])
    expect(of.pings).toEqual({ to: [bohr, faraday], milliseconds: [12.5, NaN] })
    expect(of.missing).toEqual({})
    const other = reportIn(seen, faraday)
    // Its own clock is 3 s behind, and the time of the handshake is by that.
    expect(columns(other.peers ?? expect.fail())).toEqual({ to: [tesla], age: [27], received: [7], sent: [8] })
    expect(other.peers?.strangers).toEqual(['key evil�[2J is a peer, and not in the plan'])
    expect(other.system?.memory).toEqual({ total: 2000, free: 500 })
    expect(other.pings).toBeNull()
    expect(whyIn(seen, bohr)).toBe('answers echo requests; nothing on it gives metrics')
  })

  test('takes a handshake from meshwright where an exporter gives it, too, by the clock of its host', async () => {
    const twice = [
      [tunnel('tesla', 'bohr'), seconds - 70],
      [byKey('tesla', 'bohr'), seconds - 20],
    ] as const
    for (const handshakes of [twice, twice.toReversed()]) {
      const seen = await looked(made({ fetch: knows({ ...healthy, handshakes }) }))
      expect(Array.from(reportIn(seen, tesla).peers?.age ?? [])).toEqual([60])
    }
  })

  test.each<[string, Answers, string]>([
    ['that nobody asks', {}, 'Prometheus has nothing of it'],
    [
      'that gives nothing',
      { answers: [[{ __name__: 'up', job: 'node', host: 'tesla' }, 0]] },
      'nothing on it gives metrics',
    ],
    [
      'that only answers pings',
      { answers: [[{ __name__: 'probe_success', job: 'ping', host: 'tesla' }, 1]] },
      'answers echo requests; Prometheus has no metrics of it',
    ],
    [
      'that answers no pings',
      { answers: [[{ __name__: 'probe_success', job: 'ping', host: 'tesla' }, 0]] },
      'Prometheus has nothing of it',
    ],
    [
      'heard of long ago',
      { ...healthy, 'sample times': [[{ host: 'tesla' }, seconds - 200]] },
      'Prometheus last heard of it 3 min ago',
    ],
  ])('says why a host is silent %s', async (_, answers, why) => {
    expect(whyIn(await looked(made({ fetch: knows(answers) })), tesla)).toBe(why)
  })

  test.each<[string, Answers]>([
    ['one of its programs gives metrics', { answers: [[{ __name__: 'up', job: 'node', host: 'tesla' }, 1]] }],
    ['a probe reaches it', { answers: [[{ __name__: 'probe_success', job: 'probe', ...instance('tesla') }, 1]] }],
    ['it tells of its tunnels', { handshakes: [[tunnel('tesla', 'bohr'), 0]] }],
    ['it tells of itself', { system: [[{ host: 'tesla', __name__: 'node_load1' }, 1]] }],
    ['its service gives metrics', { 'service metrics': [[{ __name__: 'db_leader', ...instance('tesla') }, 1]] }],
    ['its sample is two minutes old', { ...healthy, 'sample times': [[{ host: 'tesla' }, seconds - 119]] }],
  ])('takes a host to be there when %s', async (_, answers) => {
    expect(reportIn(await looked(made({ fetch: knows(answers) })), tesla).kind).toBe('report')
  })

  test('never says the same twice, and counts echoes as they were lost', async () => {
    let scraped = seconds - 10
    let looks = 0
    const answers = (): Answers => ({ ...healthy, 'sample times': [[{ host: 'tesla' }, scraped]] })
    const source = made({
      fetch: (input, init) => {
        // Every second look finds a new scrape.
        if ((input as string).includes('meshwright_probe')) {
          looks += 1
          if (looks % 2 === 1) scraped += 1
        }
        return knows(answers())(input, init)
      },
    })
    const reports = (await looked(source, 6)).filter(one => one.kind === 'report' && one.host === tesla) as HostReport[]
    expect(reports.map(({ at }) => at)).toEqual([now - 9000, now - 8000, now - 7000])
    expect(reports.map(({ pings }) => Array.from(pings?.milliseconds ?? []))).toEqual([
      [12.5, NaN],
      [NaN, NaN],
      [12.5, NaN],
    ])
  })

  test('is by the clock of whoever watches', async () => {
    const behind = { ...healthy, 'sample times': [[{ host: 'tesla' }, seconds - 3610]] } satisfies Answers
    const seen = await looked(made({ fetch: knows(behind, () => seconds - 3600) }))
    expect(reportIn(seen, tesla).at).toBe(now - 10_000)
  })

  test('takes from two that watch the same what is newer, and from each what only it knows', async () => {
    const east = knows({ ...healthy, 'sample times': [[{ host: 'tesla' }, seconds - 30]] })
    const west = knows({
      'sample times': [
        [{ host: 'tesla' }, seconds - 3],
        [{ host: 'bohr' }, seconds - 3],
      ],
      handshakes: [
        [tunnel('tesla', 'bohr'), seconds - 5],
        [tunnel('bohr', 'tesla'), seconds - 5],
      ],
    })
    const both = made({
      urls: ['http://east:9090/', 'http://west:9090/prometheus/'],
      fetch: (input, init) => ((input as string).startsWith('http://east') ? east : west)(input, init),
    })
    const seen = await looked(both)
    expect(both.title).toBe('prometheus http://east:9090 and 1 more')
    expect(Array.from(reportIn(seen, tesla).peers?.age ?? [])).toEqual([2])
    expect(reportIn(seen, bohr).kind).toBe('report')
    expect(reportIn(seen, faraday).kind).toBe('report')
    const half = await looked(
      made({
        urls: ['http://east', 'http://west'],
        fetch: (input, init) =>
          (input as string).startsWith('http://east')
            ? Promise.reject(new TypeError('fetch failed', { cause: { code: 'ECONNREFUSED' } }))
            : west(input, init),
      }),
    )
    expect(reportIn(half, bohr).kind).toBe('report')
    expect(whyIn(half, faraday)).toBe('Prometheus refuses connections')
  })

  test('says what is missing where one query fails, and makes up nothing in its place', async () => {
    const refused = new Response('{"status":"error","error":"query processing would load too many samples"}', {
      status: 422,
    })
    const seen = await looked(
      made({ fetch: knows(healthy, undefined, { handshakes: refused, 'service metrics': refused }) }),
    )
    const of = reportIn(seen, tesla)
    expect(of.peers).toBeNull()
    expect(of.system?.cpus).toBe(8)
    expect(of.answers[0]?.samples).toBeNull()
    expect(of.missing).toEqual({
      handshakes: 'Prometheus says HTTP 422: query processing would load too many samples',
      'service metrics': 'Prometheus says HTTP 422: query processing would load too many samples',
    })
  })

  test('says that what it had may not be all', async () => {
    const warned = new Response(
      vector([{ metric: tunnel('tesla', 'bohr'), value: [seconds, '0'] }], { warnings: ['store 7 is away'] }),
    )
    const seen = await looked(made({ fetch: knows({}, undefined, { handshakes: warned }) }))
    expect(reportIn(seen, tesla).missing).toEqual({ handshakes: 'Prometheus warns: store 7 is away' })
    expect(whyIn(seen, faraday)).toBe('Prometheus has nothing of it, and warns: store 7 is away')
  })

  test('asks as much of many hosts as of three, and has them all', { timeout: 60_000 }, async () => {
    const large = watched(many(200))
    const { from, to } = large.tunnels
    const names = large.hosts.map(({ name }) => name)
    let asked = 0
    const body = (value: string): string =>
      vector(
        Array.from(from, (host, i) => ({
          metric: tunnel(names[host] ?? '', names[to[i] ?? 0] ?? ''),
          value: [seconds, value],
        })),
      )
    const [handshakes, bytes, none] = [body(String(seconds - 9)), body('7'), vector([])]
    const source = made(
      {
        fetch: input => {
          asked += 1
          const query = new URL(input).searchParams.get('query') ?? ''
          const is = (metric: string): boolean => query.startsWith(`max by (host, peer) (${metric}{`)
          return Promise.resolve(
            new Response(
              is('wireguard_latest_handshake_seconds')
                ? handshakes
                : /^max by \(host, peer\) \(wireguard_(?:received|sent)/.test(query)
                  ? bytes
                  : none,
            ),
          )
        },
      },
      large,
    )
    const seen = await looked(source)
    expect(asked).toBeLessThanOrEqual(queries.size)
    expect(seen).toHaveLength(200)
    for (const one of seen)
      expect(one.kind === 'report' && [one.peers?.to.length, one.peers?.age[0], one.peers?.sent[198]]).toEqual([
        199, 9, 7,
      ])
  })
})

/** A server on this machine alone; its URL. */
async function serving(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const token = 'sesame-open-9000'
const secret = new SecretText(token, 'token of Prometheus')

describe('a Prometheus that does not play along', () => {
  const answer =
    (status: number, text: string | Buffer, headers: Record<string, string> = {}): RequestListener =>
    (_, response) => {
      response.writeHead(status, headers)
      response.end(text)
    }
  const json = (value: object): string => JSON.stringify(value)
  test.each<[string, RequestListener, string]>([
    ['refuses the token', answer(401, ''), 'refuses the token (HTTP 401)'],
    ['is something else', answer(404, '<html>'), 'is no Prometheus, or lies elsewhere (HTTP 404)'],
    ['is overloaded', answer(503, json({ status: 'error', error: 'too busy' })), 'says HTTP 503: too busy'],
    [
      'refuses',
      answer(400, json({ status: 'error', errorType: 'bad_data', error: 'parse error\u001b[2J' })),
      'says HTTP 400: parse error�[2J',
    ],
    ['refuses with a novel', answer(500, Buffer.alloc(2 ** 20, 'x')), 'says HTTP 500'],
    ['refuses with a long line', answer(500, json({ error: 'x'.repeat(5000) })), `says HTTP 500: ${'x'.repeat(184)}…`],
    [
      'refuses within a success',
      answer(200, json({ status: 'error', error: 'not today' })),
      'refuses a query: not today',
    ],
    [
      'points elsewhere',
      answer(302, '', { location: 'http://192.0.2.1/' }),
      'points to another place (HTTP 302): its own URL is wanted',
    ],
    ['says nothing', answer(200, ''), 'answers with something that is no JSON'],
    ['is a login page', answer(200, '<html>log in</html>'), 'answers with something that is no JSON'],
    ['has no end', (_, response) => endless(response), 'answers with more than 1 MiB'],
    [
      'packs a bomb',
      answer(200, gzipSync(Buffer.alloc(2 ** 24, ' ')), { 'content-encoding': 'gzip' }),
      'answers with more than 1 MiB',
    ],
    [
      'breaks off',
      (_, response) => {
        response.writeHead(200, { 'content-length': '100' })
        response.write('{"status"')
        response.socket?.destroySoon()
      },
      'broke the connection off',
    ],
    ['hangs', () => undefined, 'does not answer within 1 s'],
    ['hangs in the middle', (_, response) => void response.write('{'), 'does not answer within 1 s'],
    [
      'repeats the token',
      (request, response) =>
        answer(500, json({ error: `no ${request.headers.authorization ?? ''}` }))(request, response),
      'says HTTP 500: no Bearer (token)',
    ],
  ])('and %s is a silence of all hosts that says so', async (_, listener, why) => {
    const url = await serving(listener)
    const source = made({ urls: [url], token: secret, limits: { time: 1000, bytes: 2 ** 20 } })
    const seen = await looked(source)
    expect(seen.map(one => one.kind === 'silence' && one.why)).toEqual([0, 1, 2].map(() => `Prometheus ${why}`))
    expect(JSON.stringify(seen)).not.toContain(token)
  })

  test('and is not there is a silence too', async () => {
    const server = createServer()
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    await new Promise(resolve => server.close(resolve))
    const silent = await looked(made({ urls: [`http://127.0.0.1:${port}`] }))
    expect(whyIn(silent, tesla)).toBe('Prometheus refuses connections')
    expect(whyIn(await looked(made({ urls: ['http://nowhere.invalid:9090'] })), tesla)).toMatch(
      /^Prometheus has a name/,
    )
    const wants = await serving(answer(403, ''))
    expect(whyIn(await looked(made({ urls: [wants] })), tesla)).toBe('Prometheus wants a token (HTTP 403)')
  })

  test('does not get its token carried to another place', async () => {
    const heard: string[] = []
    const elsewhere = await serving((request, response) => {
      heard.push(request.headers.authorization ?? 'none')
      response.end(vector([]))
    })
    const url = await serving((request, response) => {
      heard.push(request.headers.authorization ?? 'none')
      response.writeHead(307, { location: elsewhere }).end()
    })
    await looked(made({ urls: [url], token: secret }))
    expect(heard).toEqual([`Bearer ${token}`])
  })

  test('is left alone as soon as the watch is over', async () => {
    const stop = new AbortController()
    const url = await serving(() => stop.abort())
    const seen: Observation[] = []
    await made({ urls: [url] }).watch({ interval: 1, rounds: null, signal: stop.signal, take: one => seen.push(one) })
    expect(seen).toEqual([])
  })

  test('gets long questions by POST, and short ones by GET', async () => {
    const names = Array.from({ length: 200 }, (_, i) => `a_metric_with_a_name_${i}`)
    const [db] = fleet.services
    const [role] = db?.roles ?? []
    if (db === undefined || role === undefined) throw new Error('no db')
    const health = { series: names, read: () => ({ state: 'ok', word: '' }) as const, imagine: () => [] }
    const wide = {
      ...fleet,
      services: [{ ...db, roles: [{ ...role, instances: role.instances.map(one => ({ ...one, health })) }] }],
    }
    const methods = new Map<string, number>()
    const url = await serving((request, response) => {
      let text = ''
      request.on('data', (chunk: Buffer) => (text += chunk.toString()))
      request.on('end', () => {
        methods.set(request.method ?? '', (methods.get(request.method ?? '') ?? 0) + 1)
        if (request.method === 'POST')
          expect(new URLSearchParams(text).get('query')).toContain('a_metric_with_a_name_199')
        response.end(vector([]))
      })
    })
    await looked(made({ urls: [url] }, wide))
    expect([...methods]).toEqual([
      ['GET', 10],
      ['POST', 1],
    ])
  })

  test('is looked at again at once when somebody wants it', async () => {
    const stop = new AbortController()
    let looks = 0
    const url = await serving((request, response) => {
      if (request.url?.includes('meshwright_probe') === true) looks += 1
      response.end(vector([]))
    })
    const source = made({ urls: [url] })
    await source.watch({
      ...{ interval: 3_600_000, rounds: null, signal: stop.signal },
      take: () => {
        if (looks === 1) setImmediate(() => source.refresh?.())
        else stop.abort()
      },
    })
    expect(looks).toBe(2)
  })
})

describe('where it is', () => {
  test.each([
    ['http://10.64.1.27:9090', 'prometheus http://10.64.1.27:9090'],
    ['https://mon.example.net/prometheus/', 'prometheus https://mon.example.net/prometheus'],
    ['http://admin:hunter2@10.64.1.27:9090/', 'prometheus http://10.64.1.27:9090'],
    ['http://admin:100%@10.64.1.27:9090/', 'prometheus http://10.64.1.27:9090'],
  ])('%s', (url, title) => expect(made({ urls: [url] }).title).toBe(title))

  test.each(['ftp://10.64.1.27', '10.64.1.27:9090', 'hunter2', ''])('%s is no place', url => {
    const refused = prometheusSource(fleet, { urls: [url] })
    expect(refused).toMatchObject({ code: 'bad-value' })
    expect(JSON.stringify(refused)).not.toContain('hunter2')
  })

  test('its password goes to it alone, and is shown nowhere', async () => {
    let heard = ''
    const url = await serving((request, response) => {
      heard = request.headers.authorization ?? ''
      response.writeHead(500).end(JSON.stringify({ error: heard }))
    })
    const seen = await looked(made({ urls: [url.replace('//', '//admin:hunter2@')] }))
    expect(heard).toBe(`Basic ${Buffer.from('admin:hunter2').toString('base64')}`)
    expect(whyIn(seen, tesla)).toBe('Prometheus says HTTP 500: Basic (token)')
  })

  test('its token comes from a file, or from the environment', async () => {
    const file = join(temporary(), 'token')
    writeFileSync(file, `${token}\n`)
    const environment = { MESHWRIGHT_PROMETHEUS_TOKEN: 'other' }
    const revealed = async (...args: Parameters<typeof prometheusToken>) => {
      const found = await prometheusToken(...args)
      return found instanceof SecretText ? found.reveal() : found
    }
    expect(await revealed(file, environment)).toBe(token)
    expect(await revealed(undefined, environment)).toBe('other')
    expect(await revealed(undefined, {})).toBeNull()
    expect(await revealed(undefined, { MESHWRIGHT_PROMETHEUS_TOKEN: '' })).toBeNull()
    expect(await revealed('/nonexistent', {})).toMatchObject({ code: 'unreadable' })
    writeFileSync(file, 'two\nlines')
    expect(await revealed(file, {})).toMatchObject({ code: 'bad-value' })
    writeFileSync(file, '')
    expect(await revealed(file, {})).toMatchObject({ code: 'bad-value' })
  })
})

withPrograms('prometheus')('a real Prometheus', () => {
  test('answers every query, by the labels that we put on its targets', { timeout: 90_000 }, () => {
    const directory = temporary()
    const driver = join(directory, 'driver.mjs')
    buildSync({
      entryPoints: [join(import.meta.dirname, 'prometheus-driver.ts')],
      ...{ outfile: driver, bundle: true, platform: 'node', format: 'esm', target: 'node20', logLevel: 'silent' },
      // What is bundled may ask for modules of Node in the old way.
      banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)" },
    })
    const ran = alone([], `exec timeout 70 ${process.execPath} ${driver} ${directory}`, 80)
    const lines = ran.output.split('\n')
    const said = (word: string): unknown => {
      const line = lines.find(one => one.startsWith(`${word} `))
      if (line === undefined) throw new Error(ran.output)
      return JSON.parse(line.slice(word.length + 1))
    }
    const seen = (said('SEEN') as readonly string[]).map(line => readObservation(line) ?? expect.fail(line))
    const of = reportIn(seen, tesla)
    const peers = columns(of.peers ?? expect.fail())
    expect(peers.to).toEqual([bohr, faraday])
    expect(peers.age[1]).toBeNaN()
    expect(peers.age[0]).toBeGreaterThanOrEqual(40)
    expect(peers.age[0]).toBeLessThan(120)
    expect([peers.received, peers.sent]).toEqual([
      [1000, 0],
      [2000, 148],
    ])
    expect(of.pings).toEqual({ to: Float64Array.of(bohr, faraday), milliseconds: Float64Array.of(12.5, NaN) })
    expect(of.system).toMatchObject({ cpus: 2, load: [0.5, 0.25, 0.125], memory: { total: 8000, free: 2600 } })
    expect(Math.abs((of.system?.clock ?? 0) - of.at / 1000 - 30)).toBeLessThan(2)
    expect(of.answers).toEqual([
      {
        ...{ jail: 'db-postgres', alive: true, why: '' },
        samples: [
          { name: 'db_lag_bytes', labels: {}, value: 7 },
          { name: 'db_leader', labels: { role: 'main' }, value: 1 },
        ],
      },
    ])
    expect(of.missing).toEqual({})
    // By public keys, and with a peer that nobody planned.
    const other = reportIn(seen, faraday)
    expect(columns(other.peers ?? expect.fail())).toMatchObject({ to: [tesla], received: [11], sent: [12] })
    expect(other.peers?.strangers).toHaveLength(1)
    expect(whyIn(seen, bohr)).toBe('nothing on it gives metrics')
    expect(said('EMPTY')).toEqual([0, 1, 2].map(() => 'Prometheus has nothing of it'))
    // Ten looks after the last scrape.
    expect(said('QUIET')).toBe(10)
    expect(said('GONE')).toEqual([0, 1, 2].map(() => 'Prometheus refuses connections'))
  })
})

function endless(response: ServerResponse): void {
  response.write('{"status":"success","data":{"resultType":"vector","result":[')
  const sample = `${JSON.stringify({ metric: { host: 'tesla' }, value: [1, '1'] })},`.repeat(1000)
  const more = (): void => {
    while (!response.destroyed && response.write(sample));
    if (!response.destroyed) response.once('drain', more)
  }
  more()
}
