import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { describe, expect, test } from 'vitest'
import type { HostLabel } from '../../topology/names.ts'
import { jsonSchema } from '../../src/cli/json-schema.ts'
import { graphOf } from '../../src/export/graph.ts'
import { graphJson } from '../../src/export/json.ts'
import { expectText } from '../golden-text.ts'
import { golden, root, shipped, sketched, sketches } from './planned.ts'

const written: unknown = JSON.parse(readFileSync(join(root, 'schema/graph.json'), 'utf8'))
const valid = new Ajv({ strict: true, strictRequired: true }).compile(written as object)
const parsed = (document: object): Record<string, unknown> =>
  JSON.parse(JSON.stringify(document)) as Record<string, unknown>

test('the shipped mesh as it is written', async () => {
  const text = `${JSON.stringify(graphJson(graphOf(await shipped())), null, 2)}\n`
  expectText(golden('graph.json'), text)
  expect(valid(JSON.parse(text)), JSON.stringify(valid.errors)).toBe(true)
})

test('labels in another order are the same document', async () => {
  const opened = await shipped()
  const [alpha, zeta] = ['alpha' as HostLabel, 'zeta' as HostLabel]
  const labelled = (labels: readonly HostLabel[]) =>
    graphJson(
      graphOf({
        ...opened,
        mesh: { ...opened.mesh, hosts: opened.mesh.hosts.map(host => ({ ...host, spec: { ...host.spec, labels } })) },
      }),
    )
  expect(labelled([zeta, alpha]).hosts[0]?.labels).toEqual(['alpha', 'zeta'])
  expect(labelled([zeta, alpha])).toEqual(labelled([alpha, zeta]))
})

test('the schema is the one that lies in schema/', () => {
  expect(written).toEqual(JSON.parse(JSON.stringify(jsonSchema('graph'))))
})

test('every key is described, and no other is let in', () => {
  const plain: string[] = []
  const walk = (schema: unknown, path: string): void => {
    if (typeof schema !== 'object' || schema === null) return
    const { properties, additionalProperties, required } = schema as Record<string, unknown>
    if (properties !== undefined) {
      if (additionalProperties !== false) plain.push(`${path} is open`)
      expect(required, path).toEqual(Object.keys(properties as object))
      for (const [key, value] of Object.entries(properties as Record<string, { description?: string }>))
        if (value.description === undefined) plain.push(`${path}/${key}`)
    }
    for (const [key, value] of Object.entries(schema)) walk(value, `${path}/${key}`)
  }
  walk(written, '')
  expect(plain).toEqual([])
  expect(JSON.stringify(written).match(/"additionalProperties":false/g)?.length).toBeGreaterThan(15)
})

test('where a host is called, with the port of each family; and whom packets of two that nobody can call pass', () => {
  const inNat = {}
  const document = graphJson(
    graphOf(sketched({ east: { hub: { at: '203.0.113.1:4242' }, a: inNat }, west: { b: inNat, c: inNat } })),
  )
  expect(document.hosts.map(({ name, endpoint, ...host }) => [name, endpoint.ipv4, host['endpoint-port']])).toEqual([
    ['a', null, { ipv4: null, ipv6: null }],
    ['b', null, { ipv4: null, ipv6: null }],
    ['c', null, { ipv4: null, ipv6: null }],
    ['hub', '203.0.113.1', { ipv4: 4242, ipv6: null }],
  ])
  expect(document.relayed).toEqual(
    [
      ['a', 'b'],
      ['a', 'c'],
      ['b', 'c'],
    ].map(([a, b]) => ({ a, b, through: ['hub'] })),
  )
  expect(document.tunnels.map(({ a, b }) => `${a} ${b}`)).toEqual(['a hub', 'b hub', 'c hub'])
  expect(valid(document), JSON.stringify(valid.errors)).toBe(true)
})

describe.each(Object.keys(sketches))('%s', name => {
  test.each(['full', 'regional'] as const)('%s', topology => {
    const document = parsed(graphJson(graphOf(sketched(sketches[name] ?? {}, topology))))
    expect(valid(document), JSON.stringify(valid.errors)).toBe(true)
  })
})

describe('a document that was changed is not valid:', () => {
  type Document = ReturnType<typeof graphJson>
  const first = <T>(all: readonly T[]): T => {
    const [one] = all
    if (one === undefined) throw new Error('there is none')
    return one
  }
  test.each<readonly [string, (document: Document) => void]>([
    ['a key is gone', document => delete (document as Partial<Document>).flows],
    ['a key too many', document => Object.assign(document, { colour: 'red' })],
    ['a key too many of a host', document => Object.assign(first(document.hosts), { colour: 'red' })],
    ['another version', document => Object.assign(document, { version: 2 })],
    ['bytes as a text', document => Object.assign(first(document.hosts), { 'memory-bytes': '8G' })],
    ['a host without a place', document => Object.assign(first(document.hosts), { position: null })],
    ['a topology that is none', document => Object.assign(document, { topology: 'star' })],
    [
      'a resilience that is none',
      document => Object.assign(first(first(document.services).roles), { resilience: { kind: 'strong' } }),
    ],
    [
      'copies of what has none',
      document => Object.assign(first(first(document.services).roles), { resilience: { kind: 'voters', copies: 2 } }),
    ],
    [
      'a latitude beyond the pole',
      document => Object.assign(first(document.regions), { location: { latitude: 91, longitude: 0 } }),
    ],
    ['a port that is none', document => Object.assign(first(document.hosts)['endpoint-port'], { ipv4: 0 })],
    ['a negative keepalive', document => Object.assign(first(document.tunnels), { 'keepalive-seconds': -1 })],
  ])('%s', async (_, change) => {
    const document = graphJson(graphOf(await shipped()))
    expect(valid(parsed(document)), JSON.stringify(valid.errors)).toBe(true)
    change(document)
    expect(valid(parsed(document))).toBe(false)
  })
})

test('all names lead to something: hosts, regions, jails, roles', async () => {
  const document = graphJson(graphOf(await shipped()))
  const [hosts, jails] = [new Set(document.hosts.map(one => one.name)), new Set(document.jails.map(one => one.id))]
  const roles = new Set(document.services.flatMap(one => one.roles.map(role => role.id)))
  const named = {
    hosts: [
      ...document.jails.map(one => one.host),
      ...document.tunnels.flatMap(({ a, b }) => [a, b]),
      ...document.regions.flatMap(one => one.hosts),
      ...document.flows.flatMap(({ from, to }) => [...from.hosts, ...to.hosts]),
    ],
    jails: [
      ...document.flows.flatMap(({ from, to }) => [...from.jails, ...to.jails]),
      ...document.services.flatMap(one => one.roles.flatMap(role => role.instances)),
    ],
    roles: document.services.flatMap(one => one.roles.flatMap(role => role.needs)),
  }
  expect(named.hosts.filter(name => !hosts.has(name))).toEqual([])
  expect(named.jails.filter(name => !jails.has(name))).toEqual([])
  expect(named.roles.filter(name => !roles.has(name))).toEqual([])
  expect([hosts.size, jails.size, roles.size].every(size => size > 5)).toBe(true)
})
