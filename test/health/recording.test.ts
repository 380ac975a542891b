import { appendFileSync, existsSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  headerLine,
  headerOf,
  longestLine,
  observationLine,
  readHeader,
  readObservation,
  Recorder,
  recorded,
} from '../../src/health/recording.ts'
import { openReplay, type Replay } from '../../src/health/replay.ts'
import type { HostReport, Observation } from '../../src/health/report.ts'
import type { Source } from '../../src/health/source.ts'
import { temporary } from '../command.ts'
import { numberIn, quiet, three, watched } from './watched.ts'

const fleet = watched(three)
const [bohr, faraday, tesla] = ['bohr', 'faraday', 'tesla'].map(name => numberIn(fleet, name)) as [
  number,
  number,
  number,
]
const header = headerOf(fleet, 1000, 5000)

const full: HostReport = {
  ...quiet(tesla, 2000),
  took: 12.5,
  system: {
    ...{ clock: 2, booted: 1, cpus: NaN, load: [0.1, 0.2, 0.3], memory: { total: 2 ** 36, free: 17 } },
    release: { kernel: '14.4-RELEASE-p1', running: '14.4-RELEASE', userland: '14.4-RELEASE-p1' },
  },
  pools: [{ name: 'zroot', size: 2 ** 40, allocated: 5, health: 'ONLINE' }],
  jails: ['db-postgres'],
  interfaces: [{ name: 'wg0', up: true, mtu: 1420, received: 1, sent: 2, errors: 0 }],
  pf: { enabled: true, defaultDeny: null, states: 7, labels: [{ label: 'a>b', packets: 1, bytes: 2, states: 3 }] },
  carp: [{ interface: 'vtnet0', vhid: 1, state: 'MASTER' }],
  drift: { checked: 3, changed: ['/etc/pf.conf'], missing: [] },
  peers: {
    to: Int32Array.of(bohr, faraday),
    age: Float64Array.of(NaN, 12.25),
    received: Float64Array.of(0, 2 ** 50),
    sent: [1, 2],
    ...{ endpoints: ['203.0.113.20:51820', ''], strangers: ['xyz is no peer'] },
  },
  pings: { to: [bohr], milliseconds: Float32Array.of(NaN) },
  answers: [
    { jail: 'db-postgres', alive: null, why: 'nobody could ask', samples: null },
    {
      ...{ jail: 'db-etcd', alive: true, why: '' },
      samples: [NaN, Infinity, -Infinity, 1.5].map(value => ({ name: 'x', labels: { a: 'b' }, value })),
    },
  ],
  missing: { 'zpool list': 'no answer in time' },
}

/** Columns as plain arrays, so that two of them can be compared. */
const plain = (observation: Observation): unknown =>
  observation.kind === 'silence'
    ? observation
    : {
        ...observation,
        peers: observation.peers && {
          ...observation.peers,
          ...{ to: Array.from(observation.peers.to), age: Array.from(observation.peers.age) },
          ...{ received: Array.from(observation.peers.received), sent: Array.from(observation.peers.sent) },
        },
        pings: observation.pings && {
          to: Array.from(observation.pings.to),
          milliseconds: Array.from(observation.pings.milliseconds),
        },
      }

const never = new AbortController().signal

async function played(path: string, of = fleet): Promise<{ seen: readonly Observation[]; replay: Replay }> {
  const replay = await openReplay(path, of)
  if ('severity' in replay) throw new Error(replay.message)
  const seen: Observation[] = []
  await replay.watch({ interval: 1, rounds: 1, signal: never, take: one => seen.push(one) })
  return { seen, replay }
}

const written = (...lines: readonly string[]): string => {
  const path = join(temporary(), 'recording')
  writeFileSync(path, lines.map(line => `${line}\n`).join(''))
  return path
}

describe('a line', () => {
  test('holds all of an observation, also the numbers that JSON has none for', () => {
    expect(plain(readObservation(observationLine(full)) as Observation)).toEqual(plain(full))
    const silence = { kind: 'silence', host: 1, at: 5, why: 'does not answer' } as const
    expect(readObservation(observationLine(silence))).toEqual(silence)
  })

  const line = observationLine(full)
  const changed = (from: string, to: string): string => {
    expect(line).toContain(from)
    return line.replace(from, to)
  }
  test.each([
    ['no JSON', '{'],
    ['another thing', '[]'],
    ['a kind that is none', changed('"kind":"report"', '"kind":"riport"')],
    ['a key too many', changed('"took"', '"evil":1,"took"')],
    ['a key too few', changed('"took":12.5,', '')],
    ['a text for a number', changed('"mtu":1420', '"mtu":"1420"')],
    ['a number for a text', changed('"health":"ONLINE"', '"health":1')],
    ['a text in a column', changed('[null,12.25]', '["1",12.25]')],
    ['a map for a column', changed('[null,12.25]', '{"length":2}')],
    ['columns of uneven length', changed('[null,12.25]', '[12.25]')],
    ['a host that is no number of one', changed(`"host":${tesla}`, '"host":0.5')],
    ['a host below all', changed(`"host":${tesla}`, '"host":-1')],
    ['a time after all dates', changed('"at":2000', '"at":1e300')],
    ['a time before all', changed('"at":2000', '"at":-1')],
    ['a truth that is none', changed('"up":true', '"up":1')],
    ['a value that is no number', changed('"+Inf"', '"Inf"')],
    ['a label that is no text', changed('{"a":"b"}', '{"a":{}}')],
    [
      'more labels of pf than any host has',
      changed('"labels":[', `"labels":[${'{"label":"","packets":0,"bytes":0,"states":0},'.repeat(5000)}`),
    ],
  ])('with %s is no observation', (_, bad) => {
    expect(readObservation(line)).not.toBeNull()
    expect(readObservation(bad)).toBeNull()
  })

  test('brings no control characters and no prototype', () => {
    const evil = observationLine({ ...full, jails: ['\u001b[2Jdb\u202e', 'x'.repeat(9999)] })
    const read = readObservation(evil.replace('"labels":{"a":"b"}', '"labels":{"__proto__":"b"}')) as HostReport
    expect(read.jails).toEqual(['�[2Jdb�', 'x'.repeat(256)])
    expect(Object.getPrototypeOf(read.answers[1]?.samples?.[0]?.labels)).toBe(Object.prototype)
    expect(({} as Record<string, unknown>)['b']).toBeUndefined()
  })

  test('of anything at all never throws, and is an observation only with every key', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), text => {
        expect(readObservation(text)).toBeNull()
        expect(readHeader(text)).toBeNull()
      }),
    )
  })
})

describe('a recorder', () => {
  const told: string[] = []
  const opened = async (path: string): Promise<Recorder> => {
    const recorder = await Recorder.open(path, header, problem => told.push(problem))
    if ('severity' in recorder) throw new Error(recorder.message)
    return recorder
  }

  test('writes a file that only its owner reads, and never over another', async () => {
    const path = join(temporary(), 'recording')
    const recorder = await opened(path)
    recorder.take(full)
    await recorder.close()
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(readFileSync(path, 'utf8')).toBe(`${headerLine(header)}\n${observationLine(full)}\n`)
    const again = await Recorder.open(path, header, () => undefined)
    expect(again).toMatchObject({
      code: 'unwritable',
      message: `${path} cannot be written: something else is in its place`,
    })
    expect(readFileSync(path, 'utf8')).toContain('"kind":"report"')
    expect(await Recorder.open('/nonexistent/x', header, () => undefined)).toMatchObject({ code: 'unwritable' })
  })

  test('says once that the disk is full, and lets the watch go on', async () => {
    const problems: string[] = []
    const recorder = new Recorder(await open('/dev/full', 'w'), header, problem => problems.push(problem))
    const seen: Observation[] = []
    const source: Source = {
      ...{ kind: 'ssh', title: 'ssh', now: () => 0 },
      watch: async watching => {
        for (let i = 0; i < 5; i += 1) {
          watching.take(quiet(0, i))
          await new Promise(resolve => setImmediate(resolve))
        }
      },
    }
    await recorded(source, recorder).watch({ interval: 1, rounds: 1, signal: never, take: one => seen.push(one) })
    expect(seen).toHaveLength(5)
    expect(problems).toEqual(['the recording ends here: the disk is full'])
  })

  test('does not pile up what a disk that hangs does not take', async () => {
    const problems: string[] = []
    let release = (): void => undefined
    const hangs = new Promise<void>(resolve => (release = resolve))
    const recorder = new Recorder({ appendFile: () => hangs, close: () => Promise.resolve() }, header, problem =>
      problems.push(problem),
    )
    const long = { ...quiet(0, 0), jails: ['x'.repeat(longestLine)] }
    for (let i = 0; i < 20; i += 1) recorder.take(long)
    expect(problems).toEqual(['the recording ends here: the disk is too slow'])
    release()
    await recorder.close()
    expect(problems).toHaveLength(1)
  })

  test('has everything in its file when the watch was stopped', async () => {
    const path = join(temporary(), 'recording')
    const recorder = await opened(path)
    const stop = new AbortController()
    const source: Source = {
      ...{ kind: 'ssh', title: 'ssh', now: () => 0 },
      watch: watching =>
        new Promise(resolve => {
          watching.take(full)
          watching.signal.addEventListener('abort', () => {
            watching.take({ kind: 'silence', host: bohr, at: 3000, why: 'the last word' })
            resolve()
          })
        }),
    }
    const watching = recorded(source, recorder).watch({
      interval: 1,
      rounds: null,
      signal: stop.signal,
      take: () => undefined,
    })
    stop.abort()
    await watching
    expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(4)
    expect((await played(path)).seen.map(plain)).toEqual([
      plain(full),
      { kind: 'silence', host: bohr, at: 3000, why: 'the last word' },
    ])
    expect(told).toEqual([])
  })
})

describe('a replay', () => {
  const silence = (host: number, at: number): string => observationLine({ kind: 'silence', host, at, why: 'away' })

  test('knows hosts by their names, and passes over those that are gone', async () => {
    const path = written(
      headerLine({ ...header, hosts: ['tesla', 'gone', 'bohr'] }),
      observationLine({
        ...quiet(0, 2000),
        peers: { ...{ to: [1, 2], age: [1, 2], received: [3, 4], sent: [5, 6] }, endpoints: ['a', 'b'], strangers: [] },
        pings: { to: [2, 1], milliseconds: [NaN, 7] },
      }),
      silence(1, 2500),
      silence(2, 3000),
      silence(77, 3500),
    )
    const { seen, replay } = await played(path)
    expect(seen.map(one => one.host)).toEqual([tesla, bohr])
    expect(plain(seen[0] as Observation)).toMatchObject({
      peers: { to: [bohr], age: [2], received: [4], sent: [6], endpoints: ['b'] },
      pings: { to: [bohr], milliseconds: [NaN] },
    })
    expect(replay.notes).toEqual(['1 of its 3 hosts are not in this mesh'])
    expect(replay.now()).toBe(3000)
    expect(replay.interval).toBe(5000)
  })

  test.each([
    ['nothing', '', 'is not a recording'],
    ['another thing', '{"mesh": "table"}', 'is not a recording'],
    ['another mesh', headerLine({ ...header, mesh: 'other' }), 'is a recording of the mesh other, and this is table'],
    ['a mesh with an evil name', headerLine({ ...header, mesh: '\u001b[2J' }), 'is a recording of the mesh �[2J'],
    ['a newer version', headerLine(header).replace('"version":1', '"version":2,"more":{}'), 'comes from a newer'],
    ['no interval', headerLine({ ...header, interval: 0 }), 'is not a recording'],
  ])('of %s is refused', async (_, first, message) => {
    const refused = await openReplay(written(first), fleet)
    expect('severity' in refused && refused.message).toContain(message)
    expect('severity' in refused && refused.message).not.toMatch(/[\u0000-\u001f]/)
  })

  test('of a file that is not there, or has no end, is refused', async () => {
    expect(await openReplay('/nonexistent', fleet)).toMatchObject({ code: 'unreadable' })
    expect(await openReplay('/', fleet)).toMatchObject({ code: 'unreadable' })
    if (existsSync('/dev/zero')) expect(await openReplay('/dev/zero', fleet)).toMatchObject({ code: 'bad-value' })
  })

  test('goes on after lines that are none, and after one that is too long, and says how many', async () => {
    const path = written(headerLine(header), silence(tesla, 2000), 'nonsense', '')
    appendFileSync(path, Buffer.alloc(longestLine + 2 ** 20, 'x'))
    appendFileSync(path, `\n${silence(bohr, 3000)}\n`)
    const { seen, replay } = await played(path)
    expect(seen.map(one => one.host)).toEqual([tesla, bohr])
    expect(replay.notes).toEqual(['3 of its lines are no observations'])
  })

  test('of a recorder that was killed ends where its last whole line does', async () => {
    const path = written(headerLine(header), silence(tesla, 2000), observationLine(full))
    for (
      let size = statSync(path).size - 2;
      size > headerLine(header).length + silence(tesla, 0).length + 3;
      size -= 97
    ) {
      truncateSync(path, size)
      const { seen, replay } = await played(path)
      expect(seen).toHaveLength(1)
      expect(replay.notes).toEqual([])
    }
  })

  test('keeps its pace by a clock that follows it, and stops in the middle', async () => {
    const path = written(
      headerLine(header),
      silence(tesla, 1000),
      silence(bohr, 2000),
      silence(tesla, 9_000_000),
      silence(bohr, 9_900_000),
    )
    const replay = await openReplay(path, fleet, { speed: 200 })
    if ('severity' in replay) throw new Error(replay.message)
    const stop = new AbortController()
    const seen: number[] = []
    const started = performance.now()
    await replay.watch({
      ...{ interval: 1, rounds: null, signal: stop.signal },
      take: one => {
        seen.push(one.at)
        expect(replay.now()).toBe(one.at)
        // A pause of two hours is played as one minute, and here faster still.
        if (one.at === 9_000_000) stop.abort()
      },
    })
    const took = performance.now() - started
    expect(seen).toEqual([1000, 2000, 9_000_000])
    expect(took).toBeGreaterThan(300)
    expect(took).toBeLessThan(10_000)
    expect(replay.now()).toBeLessThan(9_900_000)
  })

  test('never goes back in time', async () => {
    const { seen, replay } = await played(written(headerLine(header), silence(tesla, 5000), silence(bohr, 4000)))
    expect(seen).toHaveLength(2)
    expect(replay.now()).toBe(5000)
  })
})
