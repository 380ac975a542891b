/** SIGHUP to `meshwright serve`: a real process, real signals, and a mesh that changes under it. */
import { buildSync } from 'esbuild'
import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { temporary } from '../command.ts'

const shipped = join(import.meta.dirname, '../..')
const built = mkdtempSync(join(tmpdir(), 'meshwright-'))
const program = join(built, 'main.mjs')

beforeAll(() => {
  buildSync({
    entryPoints: [join(shipped, 'src/cli/main.ts')],
    ...{
      outdir: built,
      outExtension: { '.js': '.mjs' },
      splitting: true,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      logLevel: 'silent',
    },
    // Nobody looks at a screen or draws a page; compiled parts of ssh2 it does without.
    external: ['../../ui/*', 'page:*', 'cpu-features', '*.node'],
    // What is bundled may ask for modules of Node in the old way.
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url), __filename = import.meta.filename, __dirname = import.meta.dirname",
    },
  })
})
afterAll(() => rmSync(built, { recursive: true, force: true }))

interface Running {
  readonly child: ChildProcess
  readonly url: string
  readonly directory: string
  readonly said: () => string
  readonly hangUp: () => void
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>
}

async function running(...more: readonly string[]): Promise<Running> {
  const directory = temporary()
  for (const name of ['mesh.yaml', 'regions']) cpSync(join(shipped, name), join(directory, name), { recursive: true })
  const argv = [program, 'serve', '-C', directory, '--demo', '--interval', '1', '--listen', '127.0.0.1:0', ...more]
  // As daemon(8) has it: no terminal anywhere.
  const child = spawn(process.execPath, argv, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()))
  const ended = new Promise<{ code: number | null; signal: string | null }>(resolve =>
    child.on('exit', (code, signal) => resolve({ code, signal })),
  )
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const url = await until(() => /http:\/\/\S+:[0-9]+(?=\/)/.exec(text)?.[0])
  await until(async () => (await fetch(`${url}/healthz`)).status === 200 || undefined)
  return { child, url, directory, ended, said: () => text, hangUp: () => child.kill('SIGHUP') }
}

async function until<T>(what: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (const end = Date.now() + 30_000; Date.now() < end; await new Promise(resolve => setTimeout(resolve, 20))) {
    const found = await what()
    if (found !== undefined) return found
  }
  throw new Error('it did not come to that')
}

const region = (directory: string): string => join(directory, 'regions/usa.yaml')

function addHost(directory: string, name = 'franklin', endpoint = '203.0.113.99'): void {
  const text = readFileSync(region(directory), 'utf8')
  writeFileSync(
    region(directory),
    text.replace(/^hosts:\n/m, `hosts:\n  ${name}:\n    endpoint: ${endpoint}\n    interface: vtnet0\n`),
  )
}

const hostsIn = async (url: string): Promise<readonly string[]> => {
  const text = await (await fetch(`${url}/metrics`)).text()
  return [...text.matchAll(/^meshwright_host_info\{host="([^"]+)"/gm)].map(([, name = '']) => name).toSorted()
}
const times = (text: string, what: string): number => text.split(what).length - 1
const anew = 'serving aether as it is now\n'

describe('SIGHUP', { timeout: 120_000 }, () => {
  test('has it read the mesh anew: a new host is there, on the same port, in the same process', async () => {
    const { child, url, directory, hangUp, said, ended } = await running()
    const before = await hostsIn(url)
    expect(before).toHaveLength(6)
    addHost(directory)
    // Nobody reads it unasked.
    expect(await hostsIn(url)).toEqual(before)
    hangUp()
    // At no moment is there no answer, or one without a host that stays.
    const seen = await until(async () => {
      expect((await fetch(`${url}/healthz`)).status).toBe(200)
      const hosts = await hostsIn(url)
      expect(hosts).toEqual(expect.arrayContaining([...before]))
      return hosts.includes('franklin') ? hosts : undefined
    })
    expect(seen).toHaveLength(7)
    await until(() => said().includes(anew) || undefined)
    const graph = (await (await fetch(`${url}/api/graph`)).json()) as { nodes: unknown[] }
    expect(graph.nodes).toHaveLength(7)
    expect(child.exitCode).toBeNull()
    child.kill('SIGTERM')
    expect(await ended).toEqual({ code: 0, signal: null })
  })

  test('leaves all as it was if the mesh is broken, says why, and takes it once it is mended', async () => {
    const { url, directory, hangUp, said } = await running()
    const before = await hostsIn(url)
    const whole = readFileSync(region(directory), 'utf8')
    writeFileSync(region(directory), `${whole}  broken: [\n`)
    hangUp()
    await until(() => said().includes('the mesh cannot be read anew: what was served before goes on\n') || undefined)
    expect(said()).toMatch(/error yaml: .*\n {2}regions\/usa\.yaml:/)
    expect(said()).not.toContain(anew)
    expect(await hostsIn(url)).toEqual(before)
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
    writeFileSync(region(directory), whole)
    addHost(directory)
    hangUp()
    await until(async () => (await hostsIn(url)).includes('franklin') || undefined)
  })

  test('takes the token as it is then, and keeps it where there is none any more', async () => {
    const tokenFile = join(temporary(), 'token')
    writeFileSync(tokenFile, 'first\n', { mode: 0o600 })
    const { url, hangUp, said } = await running('--token-file', tokenFile)
    const status = async (token: string) =>
      (await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } })).status
    expect([await status('first'), await status('second')]).toEqual([200, 401])
    writeFileSync(tokenFile, 'second\n')
    hangUp()
    await until(() => said().includes(anew) || undefined)
    expect([await status('first'), await status('second')]).toEqual([401, 200])
    writeFileSync(tokenFile, '\n')
    hangUp()
    await until(() => said().includes('holds no bearer token') || undefined)
    expect([await status('second'), (await fetch(`${url}/metrics`)).status]).toEqual([200, 401])
    expect(said()).not.toMatch(/first|second/)
  })

  test('while it reads has it read once more: the last mesh is the one that is served', async () => {
    const { url, directory, hangUp, said } = await running()
    addHost(directory)
    hangUp()
    hangUp()
    // It has begun to read, and may have read already.
    await new Promise(resolve => setImmediate(resolve))
    addHost(directory, 'henry', '203.0.113.98')
    hangUp()
    await until(async () => (await hostsIn(url)).includes('henry') || undefined)
    expect(await hostsIn(url)).toHaveLength(8)
    // One is ended for each that is begun: nothing looks for what nobody is told.
    await until(() => said().includes(anew) || undefined)
    for (let i = 0; i < 5; i += 1) hangUp()
    await until(() => times(said(), anew) > 1 || undefined)
    expect(await hostsIn(url)).toHaveLength(8)
  })

  test('and SIGTERM end it, whatever it was doing', async () => {
    // Moments at which it reads, looks, or is done with both.
    for (const wait of [0, 50, 200, 500]) {
      const { child, directory, hangUp, ended, said } = await running()
      addHost(directory)
      hangUp()
      await new Promise(resolve => setTimeout(resolve, wait))
      const began = Date.now()
      child.kill('SIGTERM')
      expect(await ended).toEqual({ code: 0, signal: null })
      expect(Date.now() - began).toBeLessThan(10_000)
      expect(said()).not.toMatch(/bug|error/)
    }
  })

  test('leaves a recording to the mesh that it is of', async () => {
    const file = join(temporary(), 'seen.jsonl')
    const { url, hangUp, said } = await running('--record', file)
    hangUp()
    await until(() => said().includes('the mesh cannot be read anew') || undefined)
    expect(said()).toContain(`${file} cannot be written`)
    expect(await hostsIn(url)).toHaveLength(6)
    const size = readFileSync(file).length
    await until(() => readFileSync(file).length > size || undefined)
  })
})
