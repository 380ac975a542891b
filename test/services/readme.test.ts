/** What the README says of kinds is what the catalogue holds. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { catalogue } from '../../src/services/catalogue.ts'

test('the README lists every kind with its versions', () => {
  const text = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')
  const table = text.slice(text.indexOf('| kind '), text.indexOf('Your editor completes'))
  const rows = [...table.matchAll(/^\| `([a-z]+)` +\| .+? +\| (.*?) *\|$/gm)].map(([, kind, versions]) => [
    kind,
    versions,
  ])
  const wanted = catalogue.map(({ kind, versions }) => [kind, kind === 'generic' ? '' : versions.join(', ')])
  expect(rows.toSorted()).toEqual(wanted.toSorted())
})
