import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { texts } from '../../src/cli/export.ts'
import { program } from '../../src/cli/program.ts'
import type { Dashboard } from '../../src/export/grafana/dashboard.ts'
import { meshwright, temporary } from '../command.ts'
import { shippedMesh } from '../export/grafana-meshes.ts'
import { broken, recordingOf } from '../export/grafana-seen.ts'

const root = join(import.meta.dirname, '../..')

/** The shipped mesh in a directory of its own, with a space and letters beyond ASCII in its path. */
function meshDirectory(): string {
  const directory = join(temporary(), 'méine flotte')
  mkdirSync(directory)
  cpSync(join(root, 'mesh.yaml'), join(directory, 'mesh.yaml'))
  cpSync(join(root, 'regions'), join(directory, 'regions'), { recursive: true })
  return directory
}

const begins: Readonly<Record<keyof typeof texts, string>> = {
  dot: 'graph ',
  mermaid: 'flowchart TB\n',
  svg: '<svg ',
  html: '<!doctype html>',
  hosts: '# Made by meshwright',
  rc: '#!/bin/sh',
  json: '{\n  "version": 1,',
}

describe.each(Object.entries(begins))('export %s', (kind, beginning) => {
  test('goes to standard output, the same each time, and into a file', async () => {
    const directory = meshDirectory()
    const first = await meshwright({}, 'export', kind, '-C', directory)
    expect(first.code, first.stderr).toBe(0)
    expect(first.stdout.toLowerCase()).toContain(beginning.toLowerCase())
    expect(first.stdout.endsWith('\n')).toBe(true)
    expect((await meshwright({}, 'export', kind, '-C', directory)).stdout).toBe(first.stdout)
    const file = join(directory, 'a picture')
    const written = await meshwright({}, 'export', kind, '-C', directory, '--to', file)
    expect(written.stdout).toBe(`${file}\n`)
    expect(readFileSync(file, 'utf8')).toBe(first.stdout)
    // rc(8) passes over what is not executable.
    expect((statSync(file).mode & 0o100) !== 0).toBe(kind === 'rc')
    // Nothing else was left there, and nothing of the mesh was touched.
    expect(readdirSync(directory).toSorted()).toEqual(['a picture', 'mesh.yaml', 'regions'])
  })
})

describe.each(['grafana', 'prometheus', 'zone'])('export %s', kind => {
  test('lies in the mesh directory, and what did not change is not written again', async () => {
    const directory = meshDirectory()
    const first = await meshwright({}, 'export', kind, '-C', directory)
    expect(first.code, first.stderr).toBe(0)
    const paths = first.stdout.trim().split('\n')
    expect(paths.length).toBeGreaterThan(4)
    expect(first.stderr).toContain(`${paths.length} files written, 0 as they were.`)
    for (const path of paths) expect(path.startsWith(join(directory, 'export', kind))).toBe(true)
    const changed = paths[0] ?? ''
    writeFileSync(changed, 'somebody else was here')
    const again = await meshwright({}, 'export', kind, '-C', directory, '--json')
    const { files } = JSON.parse(again.stdout) as { files: { path: string; changed: boolean }[] }
    expect(files.filter(file => file.changed).map(({ path }) => path)).toEqual([changed])
  })
})

test.each([
  [['grafana', '--url', 'ftp://a'], /bad-value: a --url is neither http:\/\/ nor https:\/\//],
  [['grafana', '--url', 'http://me:hunter2@a'], /bad-value: a --url has a name or a password in it/],
  [['grafana', '--dashboards-path', '../x'], /is no absolute path/],
  [['prometheus', '--critical', 'https://discord.example/hunter2'], /is no absolute path/],
  [['prometheus', '--serve', '10.0.0.1'], /"10\.0\.0\.1" is no address with a port/],
  [['prometheus', '--alertmanager', 'a b:9093'], /"a b:9093" is no address with a port/],
  [['prometheus', '--serve', '10.0.0.1:99999'], /is no address with a port/],
  [['zone', '--serial', '0'], /0 is no serial/],
  [['zone', '--servers', 'ns'], /has no full name/],
  [['svg', '--lose', 'region:nowhere'], /nowhere/],
  [['json', '--to', '/nonexistent-directory-of-nobody/\0x'], /./],
])('export %j is refused, and says nothing else', async (argv, said) => {
  const ran = await meshwright({}, 'export', ...argv, '-C', meshDirectory())
  expect(ran.code).toBe(1)
  expect(ran.stdout).toBe('')
  expect(ran.stderr).toMatch(said)
  expect(ran.stderr).not.toContain('hunter2')
})

test.each([
  [['metrics-textfile', '--demo', '--hooks']],
  [['grafana', '--snapshot', '--demo', '--hooks']],
  [['grafana', '--snapshot', '--demo', '--replay', 'x']],
  [['svg', '--theme', 'pink']],
  [['nothing']],
  [['zone', '--serial', 'x']],
  // Nothing is called - by the way, and no unset variable is a place.
  [['grafana', '--to', '-']],
  [['zone', '--to', '']],
  [['hosts', '--to', '']],
  [['metrics-textfile', '--demo', '--to', '']],
  [['metrics-textfile', '--demo', '--to', 'meshwright.txt']],
])('export %j is wrong usage', async argv => {
  const ran = await meshwright({}, 'export', ...argv, '-C', meshDirectory())
  expect([ran.code, ran.stdout]).toEqual([2, ''])
  expect(existsSync('-')).toBe(false)
})

test.each([
  ['hosts', '-'],
  ['hosts', '/dev/stdout'],
  ['metrics-textfile', '/dev/stdout'],
])('export %s --to %s is stdout, and no file that stdout may be is replaced', async (kind, to) => {
  const directory = meshDirectory()
  const argv = kind === 'hosts' ? [] : ['--demo']
  const ran = await meshwright({}, 'export', kind, ...argv, '--to', to, '-C', directory)
  expect(ran.code, ran.stderr).toBe(0)
  expect(ran.stdout).toContain('tesla')
})

test('where serve is thought to be is said when the plan does not know', async () => {
  const directory = join(temporary(), 'fleet')
  expect((await meshwright({}, 'init', directory)).code).toBe(0)
  const guessed = await meshwright({}, 'export', 'prometheus', '-C', directory)
  expect(guessed.stderr).toContain('Say --serve ADDRESS:PORT')
  expect(readFileSync(join(directory, 'export/prometheus/prometheus.yml'), 'utf8')).toContain('"127.0.0.1:9587"')
  const told = await meshwright({}, 'export', 'prometheus', '-C', directory, '--serve', '10.64.0.1:9587')
  expect(told.stderr).not.toContain('--serve')
  expect((await meshwright({}, 'export', 'prometheus', '-C', meshDirectory())).stderr).not.toContain('--serve')
})

test('what is said takes the place of what the plan has', async () => {
  const directory = meshDirectory()
  const argv = ['--serve', '[fd00::5]:9587', '--alertmanager', 'am.example.net:9093', '--relayed', '--token']
  argv.push('--critical', '/usr/local/etc/alertmanager/critical-url')
  const ran = await meshwright({}, 'export', 'prometheus', '-C', directory, ...argv)
  expect(ran.code, ran.stderr).toBe(0)
  const config = readFileSync(join(directory, 'export/prometheus/prometheus.yml'), 'utf8')
  for (const part of ['"[fd00::5]:9587"', '"am.example.net:9093"', '"/exporters"', 'credentials/meshwright'])
    expect(config).toContain(part)
  const manager = readFileSync(join(directory, 'export/prometheus/alertmanager.yml'), 'utf8')
  expect(manager.match(/url_file: .*/g)).toEqual(['url_file: "/usr/local/etc/alertmanager/critical-url"'])
  const grafana = ['--url', 'https://prometheus.example.net/x', '--dashboards-path', '/var/lib/grafana/dashboards']
  expect((await meshwright({}, 'export', 'grafana', '-C', directory, ...grafana)).code).toBe(0)
  const provisioning = join(directory, 'export/grafana/provisioning')
  expect(readFileSync(join(provisioning, 'dashboards/meshwright.yaml'), 'utf8')).toContain(
    '/var/lib/grafana/dashboards',
  )
  expect(readFileSync(join(provisioning, 'datasources/meshwright.yaml'), 'utf8')).toContain(
    'https://prometheus.example.net/x',
  )
})

describe('export grafana --snapshot', () => {
  const topology = (directory: string): string =>
    readFileSync(join(directory, 'export/grafana/dashboards/topology.json'), 'utf8')
  const titlesOf = (text: string) => (JSON.parse(text) as Dashboard).panels.map(({ title }) => title)

  test('shows a recording, the same each time; without it the plan is back', async () => {
    const directory = meshDirectory()
    const replay = join(temporary(), 'seen.jsonl')
    writeFileSync(replay, recordingOf(await shippedMesh(), broken([['host-lost', 'bohr']])))
    const argv = ['export', 'grafana', '-C', directory] as const
    const planned = await meshwright({}, ...argv)
    expect(planned.code, planned.stderr).toBe(0)
    const plan = topology(directory)
    expect(titlesOf(plan)).not.toContain('Not well')
    const first = await meshwright({}, ...argv, '--snapshot', '--replay', replay)
    expect(first.code, first.stderr).toBe(0)
    expect(first.stderr).toContain('1 file written, 6 as they were.')
    const text = topology(directory)
    expect(titlesOf(text)).toContain('Not well')
    expect(text).toContain('The mesh as it was at 2026-01-01T00:01:00.000Z, as a recording has it.')
    expect(text).toContain('made up')
    // Neither keys nor what is made of them.
    expect(text).not.toMatch(/[A-Za-z0-9+/]{43}=|PRIVATE|AGE-SECRET/)
    const again = await meshwright({}, ...argv, '--snapshot', '--replay', replay)
    expect(again.stderr).toContain('0 files written, 7 as they were.')
    expect((await meshwright({}, ...argv)).stderr).toContain('1 file written')
    expect(topology(directory)).toBe(plan)
  })

  test('of the demo says that it is made up, and is at this moment', async () => {
    const directory = meshDirectory()
    const before = Date.now()
    const ran = await meshwright({}, 'export', 'grafana', '-C', directory, '--snapshot', '--demo', '--json')
    expect(ran.code, ran.stderr).toBe(0)
    expect(JSON.parse(ran.stdout)).toMatchObject({ ok: true })
    const { description } = JSON.parse(topology(directory)) as Dashboard
    const [, at = ''] = /^The mesh as it was at (\S+Z), made up by the demo\./.exec(description) ?? []
    expect(Date.parse(at)).toBeGreaterThanOrEqual(before)
    expect(Date.parse(at)).toBeLessThanOrEqual(Date.now())
  })

  test.each([
    [['--demo'], '--demo'],
    [['--replay', 'x'], '--replay'],
    [['--prometheus', 'http://127.0.0.1:9'], '--prometheus'],
    [['--identity', 'x'], '--identity'],
    [['--record', 'x'], '--record'],
    [['--speed', '1'], '--speed'],
  ])('%j without it is wrong usage, and nobody is asked', async (argv, flag) => {
    const directory = meshDirectory()
    const ran = await meshwright({}, 'export', 'grafana', '-C', directory, ...argv)
    expect(ran.code).toBe(2)
    expect(ran.stdout).toBe('')
    expect(ran.stderr).toContain(`error: ${flag} is of the look that --snapshot takes.`)
    expect(ran.stderr.includes('Where dashboards ask is --url.')).toBe(flag === '--prometheus')
    expect(readdirSync(directory).toSorted()).toEqual(['mesh.yaml', 'regions'])
  })

  test.each([
    ['a recording that is not there', ['--replay', '/nonexistent/x'], /\/nonexistent\/x/],
    ['no URL', ['--prometheus', 'nowhere'], /the URL of Prometheus is none/],
    ['a URL for dashboards with a password', ['--demo', '--url', 'http://me:hunter2@a'], /has a name or a password/],
  ])('%s is refused, and nothing is written', async (_, argv, said) => {
    const directory = meshDirectory()
    const ran = await meshwright({}, 'export', 'grafana', '-C', directory, '--snapshot', ...argv)
    expect(ran.code).toBe(1)
    expect(ran.stdout).toBe('')
    expect(ran.stderr).toMatch(said)
    expect(ran.stderr).not.toContain('hunter2')
    expect(readdirSync(directory).toSorted()).toEqual(['mesh.yaml', 'regions'])
  })

  test('that is broken off writes nothing', async () => {
    const directory = meshDirectory()
    const said: string[] = []
    const stop = new AbortController()
    const io = {
      stdout: { write: (text: string) => said.push(text) },
      stderr: { write: () => true },
      read: () => Promise.resolve(new Uint8Array()),
      ...{ environment: {}, signal: stop.signal, program: () => Promise.resolve('test') },
    }
    const running = program(io, ['export', 'grafana', '-C', directory, '--snapshot', '--demo'])
    stop.abort(new Error('told to end'))
    await expect(running).rejects.toThrow('told to end')
    expect(said).toEqual([])
    expect(readdirSync(directory).toSorted()).toEqual(['mesh.yaml', 'regions'])
  })
})
