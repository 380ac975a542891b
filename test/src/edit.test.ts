import { mkdtemp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { program } from '../../src/cli/program.ts'
import { insertEntry, removeEntry } from '../../src/edit/yaml-text.ts'

const mesh = `mesh: small
domain: mesh.example.net
addressing: {ipv6: "fd5c:8e21:77aa::/48"}
defaults:
  admin: [198.51.100.0/24] # the office
flows:
  - {from: web, to: newton, ports: [9100/tcp], why: metrics}
`
const home = `# A region with odd spacing.
region: home
hosts:
  # The first.
  tesla:
    endpoint:   203.0.113.10     # static
    interface: vtnet0
    jails:
      web:   {ports: [8080/tcp], from: [outside]}   # kept

  # The second.
  newton:
    endpoint: "203.0.113.20"
    interface: vtnet0
# The end.
`

async function meshDirectory(lineEnd = '\n') {
  const directory = join(await mkdtemp(join(tmpdir(), 'meshwright-')), 'ein Netz für Köln')
  onTestFinished(() => rm(join(directory, '..'), { recursive: true, force: true }))
  await mkdir(join(directory, 'regions'), { recursive: true })
  await writeFile(join(directory, 'mesh.yaml'), mesh.replaceAll('\n', lineEnd))
  await writeFile(join(directory, 'regions/home.yaml'), home.replaceAll('\n', lineEnd))
  const run = async (...words: string[]) => {
    let stdout = ''
    let stderr = ''
    const code = await program(
      {
        stdout: { write: text => (stdout += text) },
        stderr: { write: text => (stderr += text) },
        read: () => Promise.resolve(null),
        environment: { NO_COLOR: '1' },
        signal: new AbortController().signal,
        program: () => Promise.resolve('test'),
      },
      [...words, '-C', directory],
    )
    return { code, stdout, stderr }
  }
  return { directory, run, region: (name = 'home') => readFile(join(directory, `regions/${name}.yaml`), 'utf8') }
}

const addBohr = ['add', 'host', 'bohr', '--region', 'home', '--endpoint', '203.0.113.30']
const addDb = ['add', 'jail', 'db', '--host', 'tesla', '--port', '5432/tcp', '--from', 'web']

for (const [ends, lineEnd] of [
  ['LF', '\n'],
  ['CRLF', '\r\n'],
] as const)
  for (const [what, add, remove] of [
    ['host', addBohr, ['remove', 'host', 'bohr']],
    ['jail', addDb, ['remove', 'jail', 'db', '--host', 'tesla']],
  ] as const)
    test(`a ${what} added and removed leaves the region as it was, with ${ends}`, async () => {
      const { run, region } = await meshDirectory(lineEnd)
      const before = await region()
      expect(await run(...add)).toMatchObject({ code: 0 })
      const after = await region()
      expect(after.length).toBeGreaterThan(before.length)
      const old = before.split('\n')
      const kept = after.split('\n').filter(line => old.includes(line))
      expect(kept.filter(line => line.includes('#'))).toEqual(old.filter(line => line.includes('#')))
      expect(after.replaceAll('\r\n', '').includes(lineEnd === '\n' ? '\r' : '\n')).toBe(false)
      expect(await run(...remove)).toMatchObject({ code: 0 })
      expect(await region()).toBe(before)
    })

test('the first jail of a host leaves every other line alone', async () => {
  const { run, region } = await meshDirectory()
  expect(await run('add', 'jail', 'db', '--host', 'newton', '--memory', '2G')).toMatchObject({ code: 0 })
  expect((await region()).replace('    jails:\n      db: {memory: 2G}\n', '')).toBe(home)
})

test('a region begins without hosts, gets one, and goes when it is empty again', async () => {
  const { run, region } = await meshDirectory()
  expect(await run('add', 'region', 'usa', '--latitude', '39.04', '--longitude', '-77.49')).toMatchObject({ code: 0 })
  const empty = await region('usa')
  const curie = ['add', 'host', 'curie', '--region', 'usa', '--endpoint', '192.0.2.30', '2001:db8:3::30']
  expect(await run(...curie)).toMatchObject({ code: 0 })
  expect(await run('remove', 'region', 'usa')).toMatchObject({ code: 1 })
  expect(await run('remove', 'host', 'curie')).toMatchObject({ code: 0 })
  expect(await region('usa')).toBe(empty)
  expect(await run('remove', 'region', 'usa')).toMatchObject({ code: 0 })
  await expect(region('usa')).rejects.toThrow('ENOENT')
})

test('a new region stands beside the others, wherever mesh.yaml has them', async () => {
  const { directory, run } = await meshDirectory()
  await rename(join(directory, 'regions'), join(directory, 'places'))
  await writeFile(join(directory, 'mesh.yaml'), `${mesh}regions: places/*.yaml\n`)
  expect(await run('add', 'region', 'usa')).toMatchObject({ code: 0 })
  expect(await readFile(join(directory, 'places/usa.yaml'), 'utf8')).toContain('region: usa\n')
})

for (const [why, words] of [
  ['a flow names the host', ['remove', 'host', 'newton']],
  ['a flow names the jail', ['remove', 'jail', 'web', '--host', 'tesla']],
  ['there is no such host', ['remove', 'host', 'bohr']],
  ['the host is there already', ['add', 'host', 'tesla', '--region', 'home', '--endpoint', '203.0.113.30']],
  ['another host has the endpoint', ['add', 'host', 'bohr', '--region', 'home', '--endpoint', '203.0.113.10']],
  ['the port is none', ['add', 'jail', 'db', '--host', 'tesla', '--port', '99999/tcp']],
  ['nobody has the name in from:', ['add', 'jail', 'db', '--host', 'tesla', '--port', '1/tcp', '--from', 'nobody']],
  ...['../x', 'a;b', 'x'.repeat(64), 'admin', 'Ü'].map(
    name => [`${name.slice(0, 8)} is not a name`, ['add', 'jail', name, '--host', 'tesla']] as const,
  ),
] as const)
  test(`an edit is refused and changes no byte: ${why}`, async () => {
    const { run, region } = await meshDirectory()
    const { code, stderr } = await run(...words)
    expect({ code, said: stderr.startsWith('error ') }).toEqual({ code: 1, said: true })
    expect(await region()).toBe(home)
  })

test('a comment belongs to the entry below it, and not across an empty line', () => {
  expect(removeEntry('m:\n  # loose\n\n  # of a\n  a: 1\n  b: 2\n', ['m'], 'a')).toBe('m:\n  # loose\n\n  b: 2\n')
  expect(removeEntry('m:\n  a: 1\nn: 2\n', ['m'], 'a')).toBe('m: {}\nn: 2\n')
  expect(insertEntry('m: {} # none yet\nn:   2\n', ['m'], 'a', 1)).toBe('m: # none yet\n  a: 1\nn:   2\n')
})

test('a region that the pattern of mesh.yaml would not find is refused', async () => {
  const { directory, run } = await meshDirectory()
  await writeFile(join(directory, 'mesh.yaml'), `${mesh}regions: regions/h*.yaml\n`)
  expect(await run('add', 'region', 'east')).toMatchObject({ code: 1 })
  expect(await run('add', 'region', 'harbour')).toMatchObject({ code: 0 })
})
