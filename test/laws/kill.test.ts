/** Builds that are killed, builds that meet, and what they leave: the built program as its users run it. */
import { spawn, spawnSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { temporary } from '../command.ts'

const cli = join(import.meta.dirname, '../../dist/meshwright.js')

beforeAll(() => {
  expect(existsSync(cli), 'npm run build makes the program').toBe(true)
})

const meshYaml = (port: number) => `mesh: kill
domain: mesh.example.net
addressing: {ipv6: "fd5c:8e21:77aa::/48"}
wireguard: {port: ${port}}
defaults: {admin: [198.51.100.0/24]}
`
const hosts = ['ampere', 'bohr', 'curie', 'dirac', 'euler', 'fermi', 'gauss', 'hertz']
const regionYaml = (names: readonly string[]) =>
  `region: home\nhosts:\n${names.map((name, i) => `  ${name}: {endpoint: 203.0.113.${i + 1}, interface: vtnet0, jails: {web: {}}}\n`).join('')}`

interface Setting {
  readonly directory: string
  readonly environment: NodeJS.ProcessEnv
}

function makeMesh(directory = temporary()): Setting {
  mkdirSync(join(directory, 'regions'), { recursive: true })
  writeFileSync(join(directory, 'mesh.yaml'), meshYaml(51820))
  writeFileSync(join(directory, 'regions/home.yaml'), regionYaml(hosts))
  return { directory, environment: { ...process.env, MESHWRIGHT_IDENTITY: join(temporary(), 'identity.txt') } }
}

const build = ({ directory, environment }: Setting, ...more: string[]) =>
  spawnSync(process.execPath, [cli, 'build', '-C', directory, ...more], { env: environment, encoding: 'utf8' })

function buildAsync(
  { directory, environment }: Setting,
  killAfter: number | null,
  signal: NodeJS.Signals,
  ...more: string[]
) {
  return new Promise<{ code: number | null; stderr: string }>(resolve => {
    const child = spawn(process.execPath, [cli, 'build', '-C', directory, ...more], { env: environment })
    let stderr = ''
    child.stderr.on('data', (data: Buffer) => (stderr += data.toString()))
    const timer = killAfter === null ? null : setTimeout(() => child.kill(signal), killAfter)
    child.on('close', code => {
      if (timer !== null) clearTimeout(timer)
      resolve({ code, stderr })
    })
  })
}

/** Path → bytes of every file. */
function treeOf(root: string): Record<string, string> {
  const files: Record<string, string> = {}
  for (const entry of existsSync(root) ? readdirSync(root, { recursive: true, withFileTypes: true }) : []) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isFile()) files[path.slice(root.length)] = readFileSync(path, 'latin1')
  }
  return files
}

/** Text that must not be seen: every private and preshared key, and the identity. */
function secretsOf({ directory, environment }: Setting): string[] {
  const keys = Object.entries(treeOf(join(directory, 'out')))
    .filter(([path]) => path.endsWith('wg0.conf'))
    .flatMap(([, text]) => [...text.matchAll(/^(?:PrivateKey|PresharedKey) = (.*)$/gm)].map(([, key = '']) => key))
  const identity = readFileSync(environment['MESHWRIGHT_IDENTITY'] ?? '', 'utf8')
  return [...keys, /AGE-SECRET-KEY-\S+/.exec(identity)?.[0] ?? 'no identity']
}

/** Files below a directory that hold a secret although others may read them. */
function leaksIn(directory: string, secrets: readonly string[]): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
    .filter(path => (statSync(path).mode & 0o077) !== 0)
    .filter(path => secrets.some(secret => readFileSync(path, 'latin1').includes(secret)))
}

/** What a mesh directory holds after a build, and nothing else: no lock, no file in the making. */
const whole = ['.out.meshwright', 'mesh.lock.yaml', 'mesh.yaml', 'out', 'regions', 'secrets.age']

describe('a build that is killed', () => {
  test('at any of 200 moments leaves the old tree or the new one, and nothing that others may read', async () => {
    const lanes = [makeMesh(), makeMesh()]
    const random = () => randomInt(2 ** 30) / 2 ** 30
    await Promise.all(
      lanes.map(async setting => {
        const mesh = join(setting.directory, 'mesh.yaml')
        const out = join(setting.directory, 'out')
        const started = performance.now()
        expect(build(setting).status).toBe(0)
        const duration = performance.now() - started
        const trees = [treeOf(out)]
        writeFileSync(mesh, meshYaml(51821))
        expect(build(setting).status).toBe(0)
        trees.push(treeOf(out))
        const secrets = secretsOf(setting)
        let killed = 0
        const moments: number[] = []
        for (let i = 0; i < 100; i += 1) {
          writeFileSync(mesh, meshYaml(51820 + (i % 2)))
          // Most of a run is starting up; the moments that matter are in its second half.
          const moment = duration * (0.3 + 0.9 * random())
          moments.push(Math.round(moment))
          const { code } = await buildAsync(setting, moment, 'SIGKILL')
          if (code === null) killed += 1
          // Between two renames out/ is not there; the whole new tree lies beside it, and the next run puts it in place.
          if (existsSync(out)) expect(trees).toContainEqual(treeOf(out))
          else expect(trees).toContainEqual(treeOf(join(setting.directory, '.out.meshwright/next')))
          expect(readFileSync(join(setting.directory, 'mesh.lock.yaml'), 'utf8')).toMatch(/complete: true\n$/)
          expect(leaksIn(setting.directory, secrets)).toEqual([])
        }
        expect(killed, `killed after ${moments.join(', ')} ms`).toBeGreaterThan(20)
        expect(build(setting).status).toBe(0)
        expect(trees).toContainEqual(treeOf(out))
        expect(readdirSync(join(setting.directory, '.out.meshwright')).toSorted()).toEqual(['.gitignore', 'index.json'])
        expect(readdirSync(setting.directory).toSorted()).toEqual(whole)
      }),
    )
  }, 600_000)

  test('between the two renames is finished by the next run', () => {
    const setting = makeMesh()
    const [out, state] = [join(setting.directory, 'out'), join(setting.directory, '.out.meshwright')]
    expect(build(setting).status).toBe(0)
    const tree = treeOf(out)
    spawnSync('cp', ['-a', out, join(state, 'next')])
    spawnSync('mv', [out, join(state, 'previous')])
    expect(build(setting).status).toBe(0)
    expect(treeOf(out)).toEqual(tree)
    expect(existsSync(join(state, 'previous'))).toBe(false)
  })

  test('by Ctrl-C keeps the old tree and says so', async () => {
    const setting = makeMesh()
    expect(build(setting).status).toBe(0)
    const tree = treeOf(join(setting.directory, 'out'))
    writeFileSync(
      join(setting.directory, 'regions/home.yaml'),
      regionYaml(Array.from({ length: 200 }, (_, i) => `host${i}`)),
    )
    // The signal comes when the first files of the new tree lie there: long before the last of two hundred hosts.
    const next = join(setting.directory, '.out.meshwright/next')
    const child = spawn(process.execPath, [cli, 'build', '-C', setting.directory], { env: setting.environment })
    let stderr = ''
    child.stderr.on('data', (data: Buffer) => (stderr += data.toString()))
    const code = await new Promise<number | null>(resolve => {
      const watch = setInterval(() => {
        if (existsSync(next)) child.kill('SIGINT')
      }, 5)
      child.on('close', status => {
        clearInterval(watch)
        resolve(status)
      })
    })
    expect(code).toBe(130)
    expect(stderr).toContain('interrupted')
    expect(treeOf(join(setting.directory, 'out'))).toEqual(tree)
    expect(readdirSync(setting.directory).toSorted()).toEqual(whole)
    expect(readdirSync(join(setting.directory, '.out.meshwright'))).not.toContain('next')
  })
})

describe('builds that meet', () => {
  test('two at once lose nothing: one waits for the other', async () => {
    const setting = makeMesh()
    const both = await Promise.all([0, 1].map(() => buildAsync(setting, null, 'SIGKILL')))
    expect(both.map(({ code }) => code)).toEqual([0, 0])
    const tree = treeOf(join(setting.directory, 'out'))
    // A third, from the state they left, finds every byte of it right: both worked with the same secrets and numbers.
    rmSync(join(setting.directory, 'out'), { recursive: true })
    expect(build(setting).status).toBe(0)
    expect(treeOf(join(setting.directory, 'out'))).toEqual(tree)
    expect(existsSync(join(setting.directory, '.meshwright.lock'))).toBe(false)
  })

  test('a second one that may not wait names the first; a lock of the dead is taken over', () => {
    const setting = makeMesh()
    const lock = join(setting.directory, '.meshwright.lock')
    const holder = { pid: process.pid, user: 'somebody', host: hostname(), since: '2026-01-01T00:00:00.000Z' }
    symlinkSync(JSON.stringify(holder), lock)
    const refused = build(setting, '--wait', '0')
    expect(refused.status).toBe(1)
    expect(refused.stderr).toContain(`pid ${process.pid} of somebody`)
    for (const stale of [JSON.stringify({ ...holder, pid: 2 ** 22 + 1 }), 'no holder at all']) {
      unlinkSync(lock)
      symlinkSync(stale, lock)
      symlinkSync(stale, `${lock}.break`)
      expect(build(setting, '--wait', '1').status).toBe(0)
      expect(readdirSync(setting.directory).toSorted()).toEqual(whole)
      symlinkSync(stale, lock)
    }
  })
})

describe('the world around a build', () => {
  test('spaces and unicode in paths, no colour in a pipe', () => {
    const setting = makeMesh(join(temporary(), 'my fleet — ü'))
    const ran = build(setting)
    expect(ran.status).toBe(0)
    expect(ran.stdout + ran.stderr).not.toMatch(/\u001b/)
  })

  test('no secret in any output, and modes as on the host', () => {
    const setting = makeMesh()
    expect(build(setting).status).toBe(0)
    const secrets = secretsOf(setting)
    expect(secrets.length).toBeGreaterThan(8)
    writeFileSync(join(setting.directory, 'mesh.yaml'), meshYaml(51999))
    for (const argv of [
      ['plan'],
      ['plan', '--json'],
      ['check', '--json'],
      ['build', '--json'],
      ['keys', 'rotate', '--all', '--psk'],
      ['plan', '--json'],
      ['keys', 'export-public', '--json'],
      ['keys', 'recipients'],
      ['build'],
    ]) {
      const ran = spawnSync(process.execPath, [cli, ...argv, '-C', setting.directory], {
        env: setting.environment,
        encoding: 'utf8',
      })
      for (const secret of [...secrets, ...secretsOf(setting)])
        expect(ran.stdout + ran.stderr, argv.join(' ')).not.toContain(secret)
    }
    const wireguard = join(setting.directory, 'out/ampere/usr/local/etc/wireguard')
    expect(statSync(wireguard).mode & 0o777).toBe(0o700)
    expect(statSync(join(wireguard, 'wg0.conf')).mode & 0o777).toBe(0o600)
    expect(leaksIn(setting.directory, secretsOf(setting))).toEqual([])
    // The twin: a file that others may read and that holds a key is found.
    writeFileSync(join(setting.directory, 'leak.txt'), secretsOf(setting)[0] ?? '', { mode: 0o644 })
    expect(leaksIn(setting.directory, secretsOf(setting))).toHaveLength(1)
  })

  test('a build twice writes nothing; a foreign edit in out/ is put right; a removed host goes', () => {
    const setting = makeMesh()
    const run = () => JSON.parse(build(setting, '--json').stdout) as { written: string[]; removed: string[] }
    expect(run().written.length).toBeGreaterThan(50)
    expect(run()).toMatchObject({ written: [], removed: [] })
    const pf = join(setting.directory, 'out/bohr/etc/pf.conf')
    const before = readFileSync(pf, 'utf8')
    writeFileSync(pf, 'pass all\n')
    expect(run().written).toEqual(['bohr/etc/pf.conf'])
    expect(readFileSync(pf, 'utf8')).toBe(before)
    writeFileSync(join(setting.directory, 'regions/home.yaml'), regionYaml(hosts.slice(0, -1)))
    expect(run().removed).toContain('hertz.manifest.json')
    expect(existsSync(join(setting.directory, 'out/hertz'))).toBe(false)
    rmSync(join(setting.directory, '.out.meshwright/index.json'))
    const tree = treeOf(join(setting.directory, 'out'))
    run()
    expect(treeOf(join(setting.directory, 'out'))).toEqual(tree)
  })
})
