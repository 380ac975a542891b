/**
 * Meshes that must be refused, and the exact text a user sees. A case is a base mesh with files of its own:
 * `--- file NAME` replaces one, `--- built` builds the mesh so far, `--- replace NAME` changes text in a file
 * (`old => new`), `--- identity` makes the operator's identity beforehand. `UPDATE=1` rewrites the texts.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { makeIdentity } from '../src/keys/identity.ts'
import { diagnosticCodes } from '../topology/diagnostic.ts'
import { stateCases } from './errors-state.ts'
import { meshwright, temporary } from './command.ts'

const folder = join(import.meta.dirname, 'errors')
const update = process.env['UPDATE'] === '1'

const base: Readonly<Record<string, string>> = {
  'mesh.yaml': `mesh: errors
domain: mesh.example.net
addressing: {ipv4: 10.64.0.0/10, ipv6: "fd5c:8e21:77aa::/48"}
defaults:
  admin: [198.51.100.0/24]
`,
  'regions/home.yaml': `region: home
hosts:
  tesla: {endpoint: 203.0.113.10, interface: vtnet0, jails: {web: {}}}
  newton: {endpoint: 203.0.113.20, interface: vtnet0, jails: {db: {}}}
`,
}

/** What does not refuse the mesh. */
const mild = new Set([
  'relay',
  'no-egress',
  'bridge-unfiltered',
  'flow-empty',
  'recipients-changed',
  'placement-moved',
  'placement-weak',
])

const put = (directory: string, name: string, text: string) => {
  mkdirSync(dirname(join(directory, name)), { recursive: true })
  writeFileSync(join(directory, name), text)
}

/** Everything a build may write, as it is now. */
function state(directory: string): Record<string, string> {
  const files: Record<string, string> = {}
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isFile() && !path.includes('.out.meshwright')) files[path] = readFileSync(path).toString('latin1')
  }
  return files
}

function matches(name: string, text: string): void {
  const file = join(folder, `${name}.txt`)
  if (update) writeFileSync(file, text)
  expect(text).toBe(existsSync(file) ? readFileSync(file, 'utf8') : '')
}

const environmentIn = (home: string) => ({ MESHWRIGHT_IDENTITY: join(home, 'identity.txt') })
const codeOf = (name: string) => name.replace(/--.*$/, '')
const names = readdirSync(folder)
  .filter(name => name.endsWith('.yaml'))
  .map(name => basename(name, '.yaml'))

describe('what is refused', () => {
  test('the base of all cases is sound', async () => {
    const directory = temporary()
    for (const [name, text] of Object.entries(base)) put(directory, name, text)
    const ran = await meshwright(environmentIn(temporary()), 'build', '-C', directory)
    expect(ran.code, ran.stderr).toBe(0)
  })

  test.each(names)('%s', async name => {
    const directory = temporary()
    const environment = environmentIn(temporary())
    for (const [file, text] of Object.entries(base)) put(directory, file, text)
    const sections = readFileSync(join(folder, `${name}.yaml`), 'utf8').split(/^--- (?=file |built|replace |identity)/m)
    for (const section of sections.slice(1)) {
      const [head = '', ...rest] = section.split('\n')
      const [verb, file = ''] = head.split(' ')
      const body = rest.join('\n')
      if (verb === 'file') put(directory, file, body)
      if (verb === 'built') expect((await meshwright(environment, 'build', '-C', directory)).code).toBe(0)
      if (verb === 'identity') await makeIdentity(environment.MESHWRIGHT_IDENTITY)
      if (verb === 'replace') {
        let text = readFileSync(join(directory, file), 'utf8')
        for (const line of body.split('\n').filter(line => line.includes(' => '))) {
          const [from = '', to = ''] = line.split(' => ')
          text = text.replace(from, to)
        }
        put(directory, file, text)
      }
    }
    const before = state(directory)
    const ran = await meshwright(environment, 'build', '-C', directory)
    const text = ran.stderr
      .replace(/^(?:made|keep a copy) .*\n/gm, '')
      .replaceAll(/\b[0-9a-f]{16}\b/g, '0123456789abcdef')
      .replaceAll(/age1[0-9a-z]{58}/g, 'age1…')
    expect(text).toContain(codeOf(name) === 'many-at-once' ? 'errors; nothing was written' : codeOf(name))
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/)
    matches(name, text)
    if (mild.has(codeOf(name))) expect(ran.code).toBe(0)
    else {
      expect(ran.code).toBe(1)
      expect(ran.stdout).toBe('')
      expect(state(directory)).toEqual(before)
    }
  })

  test.each(Object.keys(stateCases))('%s', async name => {
    const directory = temporary()
    const home = temporary()
    const environment = environmentIn(home)
    for (const [file, text] of Object.entries(base)) put(directory, file, text)
    const build = (...more: string[]) => meshwright(environment, 'build', '-C', directory, '--wait', '0', ...more)
    const ran = await stateCases[name]?.({ directory, home, build })
    const text = (ran?.stderr ?? '')
      .replaceAll(directory, 'DIR')
      .replaceAll(home, 'HOME')
      .replaceAll(/\/(?:proc\/none\/a|dev\/null)\/out cannot be written: .*/g, 'OUT cannot be written: REASON')
      .replaceAll(/\b[0-9a-f]{16}\b/g, '0123456789abcdef')
      .replaceAll(/age1[0-9a-z]{58}/g, 'age1…')
      .replaceAll(/pid \d+ of \S+ on \S+, since \S+\./g, 'pid N of USER on HOST, since TIME.')
    expect(text).toContain(codeOf(name))
    matches(name, text)
    expect(ran?.code).toBe(mild.has(codeOf(name)) ? 0 : 1)
  })

  test('every code has a case', () => {
    const seen = new Set([...names, ...Object.keys(stateCases)].map(codeOf))
    expect(diagnosticCodes.filter(code => !seen.has(code))).toEqual([])
  })
})
