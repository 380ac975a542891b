/** Imports point one way: ui → src → topology. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve, dirname } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')

const bans = [
  { from: 'topology/', to: /^node:|^(?:src|ui)\//, why: 'planning needs no machine and no program around it' },
  { from: 'src/', to: /^ui\//, why: 'a build must not load the screens', except: 'src/cli/status.ts' },
] as const

interface Import {
  readonly file: string
  /** `node:fs`, a package, or a path from the root. */
  readonly to: string
}

function importsOf(file: string, text: string): Import[] {
  return [...text.matchAll(/(?:from|import\()\s*'([^']+)'/g)].map(([, to = '']) => ({
    file,
    to: to.startsWith('.') ? relative(root, resolve(root, dirname(file), to)) : to,
  }))
}

const broken = ({ file, to }: Import) =>
  bans.filter(ban => file.startsWith(ban.from) && ban.to.test(to) && !('except' in ban && ban.except === file))

const sources = ['topology', 'src', 'ui'].flatMap(folder =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => /\.tsx?$/.test(name))
    .map(name => join(folder, name)),
)

test('no file imports against the direction', () => {
  const imports = sources.flatMap(file => importsOf(file, readFileSync(join(root, file), 'utf8')))
  expect(imports.length).toBeGreaterThan(100)
  expect(imports.flatMap(one => broken(one).map(ban => `${one.file} → ${one.to}: ${ban.why}`))).toEqual([])
})

test('topology waits for nothing', () => {
  for (const file of sources.filter(name => name.startsWith('topology/')))
    expect(readFileSync(join(root, file), 'utf8'), file).not.toMatch(/\b(?:async|await|Promise)\b/)
})

test('an import against the direction is seen', () => {
  expect(importsOf('topology/a.ts', "import { x } from 'node:fs'").flatMap(broken)).toHaveLength(1)
  expect(importsOf('topology/a.ts', "import { x } from '../src/b.ts'").flatMap(broken)).toHaveLength(1)
  expect(importsOf('src/cli/a.ts', "await import('../../ui/b.ts')").flatMap(broken)).toHaveLength(1)
  expect(importsOf('topology/a.ts', "import { x } from './b.ts'").flatMap(broken)).toHaveLength(0)
})
