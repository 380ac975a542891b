import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { serve, type ServeOptions } from '../../src/cli/serve.ts'
import { metricsTextfile, type TextfileOptions } from '../../src/cli/textfile.ts'
import type { Io } from '../../src/cli/io.ts'
import { families } from '../../src/export/metrics/families.ts'
import { parseSamples } from '../../src/health/samples.ts'
import { isOpen } from '../../src/keys/token-file.ts'
import { makeIdentity } from '../../src/keys/identity.ts'
import { meshwright, temporary } from '../command.ts'

const shipped = join(import.meta.dirname, '../..')

function meshDirectory(): string {
  const directory = temporary()
  for (const name of ['mesh.yaml', 'regions']) cpSync(join(shipped, name), join(directory, name), { recursive: true })
  return directory
}

interface World {
  readonly io: Io
  readonly stop: AbortController
  readonly said: { stdout: string; stderr: string }
}

function world(environment: Record<string, string> = {}): World {
  const said = { stdout: '', stderr: '' }
  const stop = new AbortController()
  const io: Io = {
    stdout: { write: text => (said.stdout += text) },
    stderr: { write: text => (said.stderr += text) },
    read: () => Promise.resolve(new Uint8Array()),
    environment,
    signal: stop.signal,
    program: () => Promise.resolve('test'),
  }
  return { io, stop, said }
}

const options = (directory: string, more: Partial<ServeOptions> = {}): ServeOptions => ({
  ...{ directory, demo: true, speed: 1, hooks: false, json: false, listen: ['127.0.0.1:0'], addresses: () => [] },
  ...more,
})

/** Runs until the test is done. */
async function running(of: ServeOptions, environment: Record<string, string> = {}) {
  const { io, stop, said } = world(environment)
  const code = serve(io, of)
  onTestFinished(async () => {
    stop.abort()
    await code
  })
  const url = await until(() => /http:\/\/\S+:[0-9]+(?=\/)/.exec(said.stderr)?.[0])
  await until(async () => (await fetch(`${url}/healthz`)).status === 200 || undefined)
  return { url, stop, said, code }
}

/** A port that nobody has. */
const free = (): Promise<number> =>
  new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })

async function until<T>(what: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (const end = Date.now() + 20_000; Date.now() < end; await new Promise(resolve => setTimeout(resolve, 20))) {
    const found = await what()
    if (found !== undefined) return found
  }
  throw new Error('it did not come to that')
}

const names = new Set(Object.keys(families))
const text = async (url: string, headers: Record<string, string> = {}): Promise<string> =>
  (await fetch(url, { headers })).text()

describe('meshwright serve', () => {
  test('gives the mesh to whoever asks, and ends when it is told to', async () => {
    const { url, stop, said, code } = await running(options(meshDirectory()))
    const samples = parseSamples(await text(`${url}/metrics`), names)
    expect(samples.filter(({ name }) => name === 'meshwright_host_state').map(({ value }) => value)).toHaveLength(6)
    expect(samples.find(({ name }) => name === 'meshwright_source_info')?.labels).toEqual({
      source: 'demo',
      made_up: 'true',
    })
    expect(samples.some(({ name }) => name === 'meshwright_secrets_timestamp_seconds')).toBe(false)
    const graph = JSON.parse(await text(`${url}/api/graph`)) as { nodes: unknown[]; edges: unknown[] }
    expect([graph.nodes.length, graph.edges.length]).toEqual([6, 15])
    const began = Date.now()
    stop.abort()
    expect(await code).toBe(0)
    expect(Date.now() - began).toBeLessThan(3000)
    await expect(fetch(url)).rejects.toThrow('fetch failed')
    expect(said.stdout).toBe('')
    expect(said.stderr).toContain(`serving aether on ${url}/\n`)
  })

  test('has news as long as it runs', async () => {
    const { url } = await running(options(meshDirectory(), { interval: 1 }))
    const at = async () =>
      parseSamples(await text(`${url}/metrics`), new Set(['meshwright_snapshot_timestamp_seconds']))[0]?.value ?? 0
    const first = await at()
    await until(async () => ((await at()) > first ? true : undefined))
  })

  test('goes on showing a recording that has ended', async () => {
    const directory = meshDirectory()
    const replay = join(directory, 'seen.jsonl')
    expect((await meshwright({}, 'status', '-C', directory, '--demo', '--record', replay)).code).not.toBe(1)
    const { url, stop, code } = await running(options(directory, { demo: false, replay, speed: 10_000 }))
    expect(await text(`${url}/metrics`)).toContain('meshwright_source_info{source="replay",made_up="true"} 1\n')
    stop.abort()
    expect(await code).toBe(0)
  })

  test('asks for its token, from a file or from the environment', async () => {
    const directory = meshDirectory()
    const tokenFile = join(directory, 'token')
    writeFileSync(tokenFile, 'from-a-file\n')
    for (const [of, environment, token] of [
      [{ tokenFile }, { MESHWRIGHT_SERVE_TOKEN: 'other' }, 'from-a-file'],
      [{}, { MESHWRIGHT_SERVE_TOKEN: 'from-outside' }, 'from-outside'],
    ] as const) {
      const { url, said } = await running(options(directory, of), environment)
      expect((await fetch(`${url}/metrics`)).status).toBe(401)
      expect((await fetch(`${url}/metrics`, { headers: { authorization: 'Bearer other' } })).status).toBe(401)
      expect((await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } })).status).toBe(200)
      expect(said.stderr).not.toContain(token)
    }
  })

  test('warns of a token that others can read, and takes it all the same', async () => {
    const directory = meshDirectory()
    const tokenFile = join(directory, 'token')
    writeFileSync(tokenFile, 'from-a-file\n')
    for (const [mode, said] of [
      [0o644, '0644'],
      [0o640, '0640'],
      [0o604, '0604'],
      [0o600, null],
      [0o400, null],
    ] as const) {
      chmodSync(tokenFile, mode)
      const { url, said: of } = await running(options(directory, { tokenFile }))
      const warned = `warning token-open: the token file ${tokenFile} can be read by others: its mode is ${said}\n  chmod 600 ${tokenFile}\n`
      if (said === null) expect(of.stderr).not.toContain('token-open')
      else expect(of.stderr).toContain(warned)
      expect(of.stderr).not.toContain('from-a-file')
      expect((await fetch(`${url}/metrics`, { headers: { authorization: 'Bearer from-a-file' } })).status).toBe(200)
    }
    const none = await running(options(directory), { MESHWRIGHT_SERVE_TOKEN: 'x' })
    expect(none.said.stderr).not.toContain('token-open')
  })

  test('of a file that is not ours, its group is how we can read it', () => {
    const [ours, another] = [1001, 0]
    const open = (mode: number, uid: number) => isOpen({ mode: 0o100_000 | mode, uid }, ours)
    expect([0o600, 0o400, 0o640, 0o620, 0o604].map(mode => open(mode, ours))).toEqual([false, false, true, true, true])
    expect([0o600, 0o640, 0o644, 0o604].map(mode => open(mode, another))).toEqual([false, false, true, true])
  })

  test('so it does of the token of the Prometheus that it asks', async () => {
    const directory = meshDirectory()
    const prometheusToken = join(directory, 'token')
    writeFileSync(prometheusToken, 'from-a-file\n')
    const looking = { demo: false, prometheus: [`http://127.0.0.1:${await free()}`], prometheusToken }
    const said = async (mode: number, of: Partial<ServeOptions>) => {
      chmodSync(prometheusToken, mode)
      // It is refused before it looks anywhere.
      return (await refused(options(directory, { ...of, listen: ['192.0.2.77:1'] }))).stderr
    }
    expect(await said(0o640, looking)).toContain(`warning token-open: the token file ${prometheusToken} can be read by`)
    expect(await said(0o600, looking)).not.toContain('token-open')
    // One that nobody is shown.
    expect(await said(0o640, { prometheusToken })).not.toContain('token-open')
  })

  test('warns where all may come and no token is wanted', async () => {
    const directory = meshDirectory()
    const open = await running(options(directory, { listen: ['0.0.0.0:0'] }))
    expect(open.said.stderr).toContain('warning: whoever reaches this machine can read all of it: no token is set\n')
    const closed = await running(options(directory, { listen: ['0.0.0.0:0'] }), { MESHWRIGHT_SERVE_TOKEN: 'x' })
    expect(closed.said.stderr).not.toContain('warning: whoever')
    const local = await running(options(directory))
    expect(local.said.stderr).not.toContain('warning: whoever')
  })

  const refused = async (of: ServeOptions, environment: Record<string, string> = {}) => {
    const { io, said } = world(environment)
    const code = await serve(io, of)
    return { code, ...said }
  }

  test('listens in the mesh and nowhere else, unless it is told to', async () => {
    const directory = meshDirectory()
    const outside = await refused(options(directory, { listen: [], addresses: () => ['127.0.0.1', '198.51.100.7'] }))
    expect(outside.code).toBe(1)
    expect(outside.stderr).toContain('cannot-listen: this machine has no address in the mesh')
    expect(outside.stderr).toContain('--listen 127.0.0.1:9587')
    // The address is that of a host, which this machine is not: so far it came.
    const inside = await refused(options(directory, { listen: [], addresses: () => ['127.0.0.1', '10.66.0.1'] }))
    expect(inside.code).toBe(1)
    expect(inside.stderr).toContain('cannot listen on 10.66.0.1:9587: this machine has no such address')
  })

  test('a port that another one has is refused', async () => {
    const directory = meshDirectory()
    const { url } = await running(options(directory))
    const second = await refused(options(directory, { listen: [new URL(url).host] }))
    expect(second.code).toBe(1)
    expect(second.stderr).toContain(
      `cannot-listen: cannot listen on ${new URL(url).host}: another program does already`,
    )
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
  })

  test('an address that is said twice is one', async () => {
    const port = await free()
    const { said } = await running(options(meshDirectory(), { listen: [`127.0.0.1:${port}`, `127.0.0.1:${port}`] }))
    expect(said.stderr.match(/serving aether/g)).toHaveLength(1)
  })

  test('what makes no sense is refused', async () => {
    const directory = meshDirectory()
    expect((await refused(options(directory, { listen: ['here', 'there:1'] }))).stderr).toMatch(
      /bad-value: --listen: "here"[^]*bad-value: --listen: "there:1"/,
    )
    expect((await refused(options(directory, { tokenFile: '/nonexistent' }))).stderr).toContain('unreadable')
    expect((await refused(options(directory), { MESHWRIGHT_SERVE_TOKEN: '' })).stderr).toContain(
      'holds no bearer token',
    )
    expect((await refused(options(join(directory, 'none')))).code).toBe(1)
    const json = await refused(options(directory, { listen: ['here'], json: true }))
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, diagnostics: [{ code: 'bad-value' }] })
    expect((await meshwright({}, 'serve', '-C', directory, '--demo', '--replay', 'x')).code).toBe(2)
    const argv = ['serve', '-C', directory, '--demo', '--listen', 'here', '--listen', 'there']
    expect((await meshwright({}, ...argv)).stderr).toMatch(/"here"[^]*"there"/)
  })
})

test('no key, token or password of the mesh is in any answer', { timeout: 120_000 }, async () => {
  const directory = meshDirectory()
  const environment = { MESHWRIGHT_IDENTITY: join(temporary(), 'identity.txt') }
  await makeIdentity(environment.MESHWRIGHT_IDENTITY)
  const built = await meshwright(environment, 'build', '-C', directory)
  expect(built.code, built.stderr).toBe(0)
  utimesSync(join(directory, 'secrets.age'), 1_700_000_000, 1_700_000_000)
  const secrets = secretsIn(join(directory, 'out'), readFileSync(join(directory, 'mesh.lock.yaml'), 'utf8'))
  expect(secrets.size).toBeGreaterThan(50)
  const conf = readFileSync(join(directory, 'out/tesla/usr/local/etc/wireguard/wg0.conf'), 'utf8')
  for (const kind of ['PrivateKey', 'PresharedKey'])
    expect(secrets).toContain(new RegExp(`^${kind} = (\\S+)$`, 'm').exec(conf)?.[1])
  const { url } = await running(options(directory), { ...environment, MESHWRIGHT_SERVE_TOKEN: 'a-token-of-its-own' })
  const authorization = 'Bearer a-token-of-its-own'
  const answers: string[] = []
  for (const path of ['/', '/metrics', '/exporters', '/api/graph', '/sd', '/sd?job=garage', '/healthz', '/none'])
    for (const headers of [{ authorization }, {}] as Record<string, string>[]) {
      const response = await fetch(`${url}${path}`, { headers })
      answers.push(`${JSON.stringify([...response.headers])}${await response.text()}`)
    }
  const all = answers.join('\n')
  expect(all).toContain('meshwright_secrets_timestamp_seconds 1700000000\n')
  // Public ones may be read.
  expect(all).toMatch(/public_key="[A-Za-z0-9+/]{43}="/)
  expect([...secrets, 'a-token-of-its-own'].filter(secret => all.includes(secret))).toEqual([])
})

/** What may be a key or a password: no name of a metric, as dashboards have them. */
const wordsOf = (text: string): readonly string[] =>
  (text.match(/[A-Za-z0-9+/_-]{20,}={0,2}/g) ?? []).filter(word => !/^[a-z]+(?:_[a-z0-9]+)+$/.test(word))

/** Words of files that only root may read, or a group; and of no other, nor of the lock, which has the public keys. */
function secretsIn(out: string, lock: string): ReadonlySet<string> {
  const [hidden, open] = [new Set<string>(), new Set(wordsOf(lock))]
  for (const entry of readdirSync(out, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    for (const word of wordsOf(readFileSync(path, 'utf8')))
      ((statSync(path).mode & 0o004) === 0 ? hidden : open).add(word)
  }
  return new Set([...hidden].filter(word => !open.has(word)))
}

describe('metrics for the textfile collector', () => {
  const textfile = (directory: string, to: string | null): TextfileOptions => ({
    ...{ directory, demo: true, speed: 1, hooks: false, json: false, to, wait: 30, addresses: () => [] },
  })

  test('go to standard output', async () => {
    const { io, said } = world()
    // As both say.
    expect(await metricsTextfile(world().io, textfile(meshDirectory(), '-'))).toBe(0)
    expect(existsSync('-')).toBe(false)
    expect(await metricsTextfile(io, textfile(meshDirectory(), null))).toBe(0)
    const samples = parseSamples(said.stdout, names)
    expect(new Set(samples.map(({ name }) => name)).size).toBeGreaterThan(50)
    // node_exporter refuses samples with a time of their own.
    for (const line of said.stdout.split('\n').slice(0, -1)) expect(line).toMatch(/^#|^\S+(?:\{.*\})? \S+$/)
  })

  test('or to a file, as a whole and for all to read', async () => {
    const directory = meshDirectory()
    const at = temporary()
    const to = join(at, 'meshwright.prom')
    const { io, said } = world()
    expect(await metricsTextfile(io, textfile(directory, to))).toBe(0)
    expect(said.stdout).toBe('')
    expect(readdirSync(at)).toEqual(['meshwright.prom'])
    expect(statSync(to).mode & 0o777).toBe(0o644)
    const before = statSync(to).ino
    expect(readFileSync(to, 'utf8')).toContain('\nmeshwright_host_state{host="tesla"} ')
    expect(await metricsTextfile(io, textfile(directory, to))).toBe(0)
    // Whoever was reading the old one reads it to its end.
    expect(statSync(to).ino).not.toBe(before)
    expect(readdirSync(at)).toEqual(['meshwright.prom'])
  })

  test('are whole, however many write them at once', async () => {
    const directory = meshDirectory()
    const at = temporary()
    const to = join(at, 'meshwright.prom')
    const codes = await Promise.all(
      Array.from({ length: 8 }, () => metricsTextfile(world().io, textfile(directory, to))),
    )
    expect(codes).toEqual(Array.from({ length: 8 }, () => 0))
    expect(readdirSync(at)).toEqual(['meshwright.prom'])
    expect(readFileSync(to, 'utf8')).toContain('meshwright_instance_leads')
  })

  test('and say for programs where they are', async () => {
    const to = join(temporary(), 'meshwright.prom')
    const { io, said } = world()
    expect(await metricsTextfile(io, { ...textfile(meshDirectory(), to), json: true })).toBe(0)
    expect(JSON.parse(said.stdout)).toEqual({ ok: true, files: [{ path: to, changed: true }] })
  })

  test('a place that is none is refused', async () => {
    const { io, said } = world()
    const to = join(temporary(), 'none', 'x.prom')
    expect(await metricsTextfile(io, textfile(meshDirectory(), to))).toBe(1)
    expect(said.stderr).toContain('unwritable')
    expect(existsSync(to)).toBe(false)
  })
})
