import { Ajv } from 'ajv'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { jsonSchema } from '../../src/cli/json-schema.ts'
import { catalogue } from '../../src/services/catalogue.ts'

const root = join(import.meta.dirname, '../..')
const read = (path: string): unknown => parse(readFileSync(join(root, path), 'utf8'))
const ajv = new Ajv({ strict: false })
const mesh = ajv.compile(jsonSchema('mesh'))
const region = ajv.compile(jsonSchema('region'))
const withService = (service: unknown) => ({ mesh: 'm', domain: 'mesh.example.net', services: { one: service } })

describe('the schema for editors', () => {
  test('accepts what is shipped, and knows a slip of the pen', () => {
    expect(mesh(read('mesh.yaml')), JSON.stringify(mesh.errors)).toBe(true)
    for (const file of readdirSync(join(root, 'regions'))) expect(region(read(`regions/${file}`))).toBe(true)
    expect(mesh({ ...(read('mesh.yaml') as object), fows: [] })).toBe(false)
    expect(region({ ...(read('regions/usa.yaml') as object), hots: {} })).toBe(false)
  })

  test('is the one that lies in schema/', () => {
    expect(read('schema/mesh.json')).toEqual(JSON.parse(JSON.stringify(jsonSchema('mesh'))))
    expect(read('schema/region.json')).toEqual(JSON.parse(JSON.stringify(jsonSchema('region'))))
  })

  test.each(catalogue.map(kind => kind.kind))('knows what %s may say', kind => {
    const needed = kind === 'nextcloud' ? { domain: 'cloud.example.net' } : {}
    expect(mesh(withService({ kind, ...needed })), JSON.stringify(mesh.errors)).toBe(true)
    expect(mesh(withService({ kind, ...needed, hosts: ['tesla'], uses: {} }))).toBe(true)
    expect(mesh(withService({ kind, ...needed, hoists: ['tesla'] }))).toBe(false)
    expect(mesh(withService({ kind: `${kind}x`, ...needed }))).toBe(false)
  })
})
