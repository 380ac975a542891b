import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { demoObservations } from '../../src/health/demo/demo.ts'
import type { Fault } from '../../src/health/demo/faults.ts'
import type { Fleet } from '../../src/health/fleet.ts'
import { headerLine, headerOf, observationLine } from '../../src/health/recording.ts'
import { meshwright, temporary } from '../command.ts'
import { expectText } from '../golden-text.ts'
import { shippedFleet } from '../health/fleets.ts'

const shipped = join(import.meta.dirname, '../..')
const golden = (name: string) => join(import.meta.dirname, 'status', `${name}.txt`)

let fleet: Fleet
beforeAll(async () => {
  fleet = await shippedFleet()
})

/** The shipped mesh, and a recording of four minutes in which this went wrong. */
function recordedMesh(faults: 'well' | readonly Fault[]): { readonly directory: string; readonly replay: string } {
  const directory = temporary()
  for (const name of ['mesh.yaml', 'regions']) cpSync(join(shipped, name), join(directory, name), { recursive: true })
  const replay = join(directory, 'seen.jsonl')
  const start = Date.UTC(2026, 0, 1)
  const lines = [headerLine(headerOf(fleet, start, 10_000))]
  for (let seconds = 10; seconds <= 240; seconds += 10)
    for (const observation of demoObservations(fleet, seconds, { faults, start }))
      lines.push(observationLine(observation))
  writeFileSync(replay, `${lines.join('\n')}\n`)
  return { directory, replay }
}

const always = { from: 30, until: 1e6 }
const cases = {
  well: 'well',
  'host-lost': [{ ...always, kind: 'host-lost', what: 'bohr' }],
  'link-cut': [{ ...always, kind: 'link-cut', what: 'tesla>newton' }],
  'jail-lost': [{ ...always, kind: 'jail-lost', what: 'db-postgres@tesla' }],
  'region-lost': [{ ...always, kind: 'region-lost', what: 'west-europe' }],
  'pool-degraded': [{ ...always, kind: 'pool-degraded', what: 'newton' }],
} as const

describe('status of a recording', () => {
  for (const [name, faults] of Object.entries(cases))
    test(`${name}: as a table, as one line, and by its exit code`, async () => {
      const { directory, replay } = recordedMesh(faults)
      const table = await meshwright({}, 'status', '-C', directory, '--replay', replay)
      const check = await meshwright({}, 'status', '-C', directory, '--replay', replay, '--check')
      expect(table.stderr + check.stderr).toBe('')
      expect([table.code, check.code]).toEqual(name === 'well' ? [0, 0] : name === 'pool-degraded' ? [3, 1] : [3, 2])
      expectText(golden(name), `${table.stdout}\n--check\n${check.stdout}`)
    })

  test('as JSON', async () => {
    const { directory, replay } = recordedMesh(cases['host-lost'])
    const { stdout, code } = await meshwright({}, 'status', '-C', directory, '--replay', replay, '--json')
    expect(code).toBe(3)
    const seen = JSON.parse(stdout) as {
      mesh: string
      source: string
      level: string
      hosts: { name: string; state: string }[]
      tunnels: { from: string; to: string; state: string }[]
      services: { name: string; level: string; roles: { instances: { host: string; word: string }[] }[] }[]
    }
    expect(seen).toMatchObject({ version: 1, mesh: 'aether', source: 'replay', 'made-up': false, level: 'bad' })
    expect(seen.hosts.map(({ name, state }) => `${name} ${state}`)).toContain('bohr down')
    expect(seen.tunnels).toHaveLength(30)
    expect(seen.services.find(({ name }) => name === 'db')?.level).toBe('warn')
  })

  test('of one host, one link, one service', async () => {
    const { directory, replay } = recordedMesh(cases['host-lost'])
    const of = (...argv: readonly string[]) => meshwright({}, 'status', '-C', directory, '--replay', replay, ...argv)
    const tesla = await of('--host', 'tesla')
    expect(tesla.stdout).toContain('\ntesla ')
    expect(tesla.stdout).not.toContain('SERVICE')
    expect(tesla.stdout).not.toContain('\nnewton ')
    // Its tunnel to the lost one is down.
    expect(tesla.code).toBe(3)
    const link = await of('--link', 'tesla-newton')
    expect(link.stdout.split('\n').filter(line => /^(?:tesla|newton) /.test(line))).toHaveLength(2)
    expect(link.code).toBe(0)
    expect((await of('--link', 'bohr-newton')).code).toBe(3)
    const service = await of('--service', 'db')
    expect(service.stdout).toContain('db-postgres  bohr')
    expect(service.stdout).toContain('its host is down')
    expect((await of('--service', 'graphs')).code).toBe(0)
  })

  test('what is not there is refused', async () => {
    const { directory, replay } = recordedMesh('well')
    const of = (...argv: readonly string[]) => meshwright({}, 'status', '-C', directory, '--replay', replay, ...argv)
    expect(await of('--host', 'teslo')).toMatchObject({ code: 1, stdout: '' })
    expect((await of('--host', 'teslo')).stderr).toContain('there is no host "teslo"')
    expect((await of('--service', 'dbs')).stderr).toContain('there is no service "dbs"')
    expect((await of('--link', 'tesla-tesla')).stderr).toContain('"tesla-tesla" is no pair of peers')
    expect((await of('--demo')).code).toBe(2)
    expect((await of('--interval', '0')).code).toBe(2)
    const missing = await meshwright({}, 'status', '-C', directory, '--replay', join(directory, 'none'))
    expect(missing).toMatchObject({ code: 1, stdout: '' })
  })
})

test('a jail that is not in the plan stands in for none that is', async () => {
  const { directory, replay } = recordedMesh('well')
  const text = readFileSync(replay, 'utf8').replaceAll('"db-postgres"', '"someones-own"')
  writeFileSync(replay, text)
  const { stdout } = await meshwright({}, 'status', '-C', directory, '--replay', replay, '--host', 'tesla')
  expect(stdout).toMatch(/^tesla .* 15\/16 /m)
  expect(stdout).toContain('jail db-postgres does not run')
})

test('--check answers UNKNOWN, with its line and exit code, where nothing can be looked at', async () => {
  const { directory } = recordedMesh('well')
  const of = (...argv: readonly string[]) => meshwright({}, 'status', '--demo', '--check', ...argv)
  expect(await of('-C', join(directory, 'none'))).toMatchObject({
    code: 3,
    stdout: expect.stringMatching(/^UNKNOWN .*none cannot be read: there is no such file\n$/) as string,
  })
  expect(await of('-C', directory, '--host', 'teslo')).toMatchObject({
    code: 3,
    stdout: 'UNKNOWN there is no host "teslo"\n',
  })
})

test('what is recorded can be replayed, and nothing is written over', async () => {
  const { directory } = recordedMesh('well')
  const record = join(directory, 'new recording.jsonl')
  const first = await meshwright({}, 'status', '-C', directory, '--demo', '--record', record, '--json')
  const again = await meshwright({}, 'status', '-C', directory, '--demo', '--record', record)
  expect(again).toMatchObject({ code: 1, stdout: '' })
  expect(again.stderr).toContain('cannot be written')
  expect(readFileSync(record, 'utf8').split('\n')).toHaveLength(1 + fleet.hosts.length + 1)
  const replayed = await meshwright({}, 'status', '-C', directory, '--replay', record, '--json')
  // A recording of what is made up is made up.
  expect(JSON.parse(replayed.stdout)).toMatchObject({ source: 'replay', 'made-up': true })
  expect((await meshwright({}, 'status', '-C', directory, '--replay', record)).stdout).toMatch(/^DEMO /)
  const hosts = (text: string) =>
    (JSON.parse(text) as { hosts: { name: string; jails: unknown }[] }).hosts.map(({ name, jails }) => ({
      name,
      jails,
    }))
  expect(hosts(replayed.stdout)).toEqual(hosts(first.stdout))
})

test('--watch without a terminal gives a line for each change', async () => {
  const { directory, replay } = recordedMesh(cases['link-cut'])
  const lines = await meshwright({}, 'status', '-C', directory, '--replay', replay, '--watch', '--speed', '100')
  expect(lines.code).toBe(0)
  expect(lines.stdout).toMatch(/^2026-01-01T00:\S+Z (?:warn|bad) +tunnel tesla>newton \S+ -> /m)
  const json = await meshwright(
    {},
    'status',
    '-C',
    directory,
    '--replay',
    replay,
    '--watch',
    '--speed',
    '500',
    '--json',
  )
  for (const line of json.stdout.trim().split('\n')) expect(JSON.parse(line)).toHaveProperty('kind')
})

test('DEMO is written over what is made up', async () => {
  const { stdout } = await meshwright({}, 'status', '-C', shipped, '--demo')
  expect(stdout).toMatch(/^DEMO aether: 6 of 6 hosts up/)
})
