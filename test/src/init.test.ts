import { execFile, execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, onTestFinished, test } from 'vitest'

beforeAll(() => void execFileSync(process.execPath, ['scripts/build.mjs']))

async function place() {
  const directory = await mkdtemp(join(tmpdir(), 'meshwright-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  const environment = { ...process.env, NO_COLOR: '1', MESHWRIGHT_IDENTITY: join(directory, 'identity') }
  const run = (...words: string[]) =>
    new Promise<{ code: number; stdout: string; stderr: string }>(resolve => {
      const child = execFile(
        process.execPath,
        ['dist/meshwright.js', ...words],
        { env: environment },
        (_, stdout, stderr) => {
          resolve({ code: child.exitCode ?? -1, stdout, stderr })
        },
      )
    })
  return { directory, run }
}

test('a new mesh builds at once, in a directory with spaces and umlauts', async () => {
  const { directory, run } = await place()
  const mesh = join(directory, 'ein Netz für Köln')
  expect(await run('init', mesh)).toMatchObject({ code: 0, stderr: '' })
  expect(await run('build', '-C', mesh)).toMatchObject({ code: 0 })
  expect(await readdir(join(mesh, 'out'))).toEqual(expect.arrayContaining(['newton', 'tesla']))
  expect(await readFile(join(mesh, 'mesh.yaml'), 'utf8')).toContain('mesh: mesh\n')
})

test('a mesh is named after its directory where that is a name, and each draws its own ULA', async () => {
  const { directory, run } = await place()
  const texts = []
  for (const name of ['aether', 'boreas']) {
    expect(await run('init', join(directory, name), '--json')).toMatchObject({ code: 0 })
    texts.push(await readFile(join(directory, name, 'mesh.yaml'), 'utf8'))
  }
  const ulas = texts.map(text => /fd[0-9a-f:]+\/48/.exec(text)?.[0])
  expect(texts[0]).toContain('mesh: aether\n')
  expect(new Set(ulas).size).toBe(2)
})

test('a directory with a mesh is refused and stays as it is', async () => {
  const { directory, run } = await place()
  expect(await run('init', directory, '--name', 'first')).toMatchObject({ code: 0 })
  const before = await readFile(join(directory, 'mesh.yaml'), 'utf8')
  expect(await run('init', directory, '--name', 'second')).toMatchObject({ code: 1 })
  expect(await readFile(join(directory, 'mesh.yaml'), 'utf8')).toBe(before)
})

for (const name of ['../x', 'a;b', 'x'.repeat(64), 'admin'])
  test(`no mesh is called ${name.slice(0, 8)}`, async () => {
    const { directory, run } = await place()
    expect(await run('init', directory, '--name', name)).toMatchObject({ code: 1 })
    expect(await readdir(directory)).toEqual([])
  })

test('a .gitignore stays, with out/ added; what people wrote is never overwritten', async () => {
  const { directory, run } = await place()
  await writeFile(join(directory, '.gitignore'), 'notes')
  expect(await run('init', directory, '--name', 'first')).toMatchObject({ code: 0 })
  expect(await readFile(join(directory, '.gitignore'), 'utf8')).toBe('notes\n/out/\n')
  const { directory: second, run: again } = await place()
  await mkdir(join(second, 'regions'))
  await writeFile(join(second, 'regions/home.yaml'), 'mine')
  expect(await again('init', second, '--name', 'second')).toMatchObject({ code: 1 })
  expect(await readFile(join(second, 'regions/home.yaml'), 'utf8')).toBe('mine')
  expect(await readdir(second)).toEqual(['regions'])
})
