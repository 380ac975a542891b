/** Whole hosts, byte by byte. `UPDATE=1 npm test` rewrites what is expected; read the diff before you keep it. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { hasErrors } from '../topology/diagnostic.ts'
import { byText } from '../topology/names.ts'
import { RootSecret } from '../src/keys/derive.ts'
import { lockText } from '../src/load/lock.ts'
import { openMesh, withPublicKeys } from '../src/load/open.ts'
import { keysOf, renderMesh } from '../src/render/mesh.ts'
import { deploy } from '../src/services/deploy.ts'
import { listFiles } from '../src/write/tree.ts'

const root = join(import.meta.dirname, '..')
const golden = join(import.meta.dirname, 'golden')
const update = process.env['UPDATE'] === '1'

/** The keys in golden files come from this secret, which guards nothing. */
const openSecret = new Uint8Array(32).fill(7)

/** Where the mesh is, and where its hosts are expected. */
const cases: readonly (readonly [name: string, mesh: string])[] = [
  ['shipped', root],
  ...[
    'one-host',
    'two-hosts',
    'nat-relay',
    'relay-two-hops',
    'regional',
    'ipv6-only',
    'bridge',
    'no-jail',
    'jails-126',
    'services',
  ].map(name => [name, join(golden, name)] as const),
]

async function render(directory: string): Promise<Map<string, string>> {
  const opened = await openMesh({ directory, environment: {}, purpose: 'plan', fresh: true })
  if (opened.mesh === null) throw new Error(opened.diagnostics.map(d => d.message).join('\n'))
  expect(hasErrors(opened.diagnostics)).toBe(false)
  const secret = new RootSecret(openSecret, opened.mesh.name)
  const lock = withPublicKeys({ ...opened.lock, secret: secret.fingerprint() }, { mesh: opened.mesh, root: secret })
  const files = new Map<string, string>([['mesh.lock.yaml', lockText(lock)]])
  const services =
    opened.services === null ? null : deploy(opened.services, opened.mesh, { root: secret, given: new Map() })
  for (const host of renderMesh(opened.mesh, keysOf(opened.mesh, lock, secret), services))
    for (const [path, file] of host) files.set(path, file.bytes.toString())
  return files
}

describe('golden hosts', () => {
  test.each(cases)('%s', async (name, mesh) => {
    const rendered = await render(mesh)
    const expected = join(golden, name, 'expected')
    if (update) {
      await rm(expected, { recursive: true, force: true })
      for (const [path, text] of rendered) {
        await mkdir(dirname(join(expected, path)), { recursive: true })
        await writeFile(join(expected, path), text)
      }
    }
    expect(listFiles(expected).toSorted(byText)).toEqual([...rendered.keys()].toSorted(byText))
    for (const [path, text] of rendered) expect(text, path).toBe(await readFile(join(expected, path), 'utf8'))
  })

  test('a golden file that differs by a byte is seen', async () => {
    const rendered = await render(join(golden, 'two-hosts'))
    const text = rendered.get('tesla/etc/pf.conf') ?? ''
    expect(text.replace('8080', '8081')).not.toBe(
      await readFile(join(golden, 'two-hosts/expected/tesla/etc/pf.conf'), 'utf8'),
    )
  })
})
