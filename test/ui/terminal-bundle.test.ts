/** What is loaded when: React and Ink come with the first screen, and with nothing else. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundle } from '../../scripts/bundle.mjs'

const directory = mkdtempSync(join(tmpdir(), 'meshwright-bundle-'))
type Outputs = Awaited<ReturnType<typeof bundle>>['metafile']['outputs']
let outputs: Outputs

beforeAll(async () => {
  const { metafile } = await bundle({ meshwright: 'src/cli/main.ts', counter: 'test/ui/counter.ts' }, directory)
  outputs = metafile.outputs
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

/** All that Node reads before the first line of this one runs. */
function loadedWith(output: string, seen = new Set<string>()): Set<string> {
  if (seen.has(output)) return seen
  seen.add(output)
  for (const { kind, path } of outputs[output]?.imports ?? [])
    if (kind === 'import-statement' && path in outputs) loadedWith(path, seen)
  return seen
}

const sourcesOf = (output: string): string[] =>
  [...loadedWith(output)].flatMap(one => Object.keys(outputs[one]?.inputs ?? {}))
const heavy = /node_modules\/(?:react|ink|yoga-layout|react-reconciler|scheduler)\//

test('only the canvas loads React and Ink', () => {
  const entries = Object.entries(outputs).filter(
    ([, { entryPoint = 'node_modules' }]) => !entryPoint.includes('node_modules'),
  )
  expect(entries.length).toBeGreaterThan(10)
  const loading = entries.filter(([name]) => sourcesOf(name).some(source => heavy.test(source)))
  expect(loading.map(([, { entryPoint }]) => entryPoint)).toEqual(['ui/terminal/canvas.tsx'])
})

test('React is the one for production, and its developer tools are neither bundled nor needed', () => {
  const sources = Object.values(outputs).flatMap(({ inputs }) => Object.keys(inputs))
  expect(sources.filter(source => /node_modules\/(?:react-devtools[^/]*|ws)\//.test(source))).toEqual([])
  const used = Object.values(outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([source, { bytesInOutput }]) => (bytesInOutput > 500 ? [source] : [])),
  )
  expect(used.filter(source => source.endsWith('.development.js'))).toEqual([])
  expect(used.some(source => source.endsWith('react-reconciler.production.js'))).toBe(true)
})

test('the canvas loads from its one file, whatever DEV and CI say', () => {
  const [chunk] = Object.entries(outputs).find(([, { entryPoint }]) => entryPoint === 'ui/terminal/canvas.tsx') ?? []
  const path = join(import.meta.dirname, '../..', chunk ?? '')
  const program = `
    const { Canvas } = await import(${JSON.stringify(path)})
    const canvas = new Canvas()
    console.log(JSON.stringify(canvas.draw(['● a', 'b'], 80)))
    canvas.close()`
  for (const environment of [{}, { DEV: 'true', CI: 'true' }, { NODE_ENV: 'development' }])
    expect(
      execFileSync(process.execPath, ['--input-type=module', '-e', program], { env: environment, encoding: 'utf8' }),
    ).toBe('["● a","b"]\n')
})
