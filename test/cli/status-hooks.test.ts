/** From a host that does not answer to whoever is told: the whole way, with a real command. */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { program } from '../../src/cli/program.ts'
import { meshwright, temporary } from '../command.ts'
import { eventually } from '../ui/tmux.ts'

/** A port on which nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise(resolve => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

async function meshOf(
  hooks: string,
): Promise<{ readonly directory: string; readonly environment: Record<string, string> }> {
  const directory = temporary()
  const port = await closedPort()
  mkdirSync(join(directory, 'regions'))
  writeFileSync(
    join(directory, 'mesh.yaml'),
    `mesh: lonely\ndomain: mesh.example.net\ndefaults: {admin: [198.51.100.0/24]}\nhooks:\n${hooks}`,
  )
  writeFileSync(
    join(directory, 'regions/here.yaml'),
    `region: here\nhosts:\n  only:\n    endpoint: 192.0.2.1\n    interface: vtnet0\n    ssh: {address: 127.0.0.1, port: ${port}}\n`,
  )
  const environment = { HOME: directory, MESHWRIGHT_IDENTITY: join(directory, 'identity.txt') }
  const built = await meshwright(environment, 'build', '-C', directory)
  expect(built.stderr).not.toContain('error')
  return { directory, environment }
}

test('a command is told of a host that does not answer', async () => {
  const bin = temporary()
  const pager = join(bin, 'pager')
  const told = join(bin, 'told')
  writeFileSync(
    pager,
    `#!/bin/sh\nread -r event && printf '%s\\n%s\\n' "$MESHWRIGHT_SUBJECT $MESHWRIGHT_STATE" "$event" > ${told}.new && mv ${told}.new ${told}\n`,
  )
  chmodSync(pager, 0o755)
  const { directory, environment } = await meshOf(`  - { on: [host], command: [${pager}], hold: 1 }\n`)
  const stop = new AbortController()
  onTestFinished(() => stop.abort())
  let [stdout, stderr] = ['', '']
  const running = program(
    {
      stdout: { write: text => (stdout += text) },
      stderr: { write: text => (stderr += text) },
      read: () => Promise.resolve(new Uint8Array()),
      ...{ environment, signal: stop.signal, program: () => Promise.resolve('test') },
    },
    ['status', '-C', directory, '--watch', '--hooks', '--interval', '1'],
  )
  await eventually(() => existsSync(told), 60)
  stop.abort()
  expect(await running).toBe(0)
  const [subject, event = ''] = readFileSync(told, 'utf8').split('\n')
  expect(subject).toBe('only down')
  expect(JSON.parse(event)).toMatchObject({ mesh: 'lonely' })
  expect(stdout).toMatch(/ bad +host only stale -> down /)
  expect(stderr).not.toContain('hook')
})

test('hooks without their secret are refused before anything is watched', async () => {
  const { directory, environment } = await meshOf('  - { on: [host], webhook: { secret: discord } }\n')
  const { code, stderr } = await meshwright(environment, 'status', '-C', directory, '--watch', '--hooks')
  expect(code).toBe(1)
  expect(stderr).toContain('nobody has given the secret discord')
  expect((await meshwright(environment, 'status', '-C', directory, '--watch', '--demo', '--hooks')).code).toBe(2)
})

test('one look tells nobody: nothing has changed before it', async () => {
  const { directory, environment } = await meshOf('  - { on: [host], command: [/usr/bin/false] }\n')
  for (const more of [[], ['--check'], ['--json'], ['--host', 'only']]) {
    const { code, stdout, stderr } = await meshwright(environment, 'status', '-C', directory, '--hooks', ...more)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain("error: option '--hooks' tells of changes: give --watch with it\n")
  }
  const without = await meshwright(environment, 'status', '-C', directory, '--demo', '--json')
  expect(without.stderr).not.toContain('--hooks')
  expect(without.stdout).toContain('"only"')
})
