import { isIP } from 'node:net'
import { expect, test } from 'vitest'
import { graphOf } from '../../src/export/graph.ts'
import { hostsText } from '../../src/export/hosts.ts'
import { expectText } from '../golden-text.ts'
import { golden, shipped, sketched, sketches } from './planned.ts'

/** As strict as nobody has to be (hosts(5)): an address, blanks, names; each name leads to one address of a family. */
function readHosts(text: string): ReadonlyMap<string, string> {
  expect(text).toMatch(/^[\n -~]+\n$/)
  const found = new Map<string, string>()
  for (const line of text.split('\n').map(one => one.replace(/#.*/, '').trim())) {
    if (line === '') continue
    const [address = '', ...names] = line.split(/\s+/)
    const family = isIP(address)
    expect(family, line).not.toBe(0)
    expect(names.length, line).toBeGreaterThan(0)
    for (const name of names) {
      expect(name).toMatch(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/)
      const key = `${name} ${family}`
      expect(found.get(key) ?? address, key).toBe(address)
      found.set(key, address)
    }
  }
  return found
}

test('the shipped mesh as it is written', async () => {
  expectText(golden('hosts'), hostsText(graphOf(await shipped())))
})

test('every host and jail is found by its full name and by its short one, in both families', async () => {
  const graph = graphOf(await shipped())
  const found = readHosts(hostsText(graph))
  for (const { name, fqdn, address } of graph.hosts)
    for (const one of [name, fqdn]) {
      expect(found.get(`${one} 4`)).toBe(address.inet)
      expect(found.get(`${one} 6`)).toBe(address.inet6)
    }
  for (const { name, host, fqdn, address } of graph.jails)
    for (const one of [`${name}.${host}`, fqdn]) {
      expect(found.get(`${one} 4`)).toBe(address.inet)
      expect(found.get(`${one} 6`)).toBe(address.inet6)
    }
})

test('a bare name is a host before a jail, and of several jails none', () => {
  const text = hostsText(graphOf(sketched(sketches['a host behind NAT, and jails of the same name'] ?? {})))
  const found = readHosts(text)
  expect(found.get('a 4')).toBe('10.64.0.1')
  expect(found.get('mail 4')).toBe(found.get('mail.b 4'))
  expect(found.has('web 4')).toBe(false)
  expect(found.get('web.a 4')).not.toBe(found.get('web.b 4'))
  expect(text).toContain(' a.c.mesh.example.net a.c\n')
})

test('a domain that is the name of a host takes no name from it', () => {
  const graph = graphOf(sketched({ home: { a: { at: '203.0.113.1', jails: ['b'] }, b: { at: '203.0.113.2' } } }))
  const short = (name: string) => name.replace('.mesh.example.net', '.a')
  const found = readHosts(
    hostsText({
      ...graph,
      hosts: graph.hosts.map(host => ({ ...host, fqdn: short(host.fqdn) })),
      jails: graph.jails.map(jail => ({ ...jail, fqdn: short(jail.fqdn) })),
    }),
  )
  // b.a is the host b in the domain a, and not the jail b on the host a.
  expect(found.get('b.a 4')).toBe(graph.hosts[1]?.address.inet)
  expect(found.get('b.a.a 4')).toBe(graph.jails[0]?.address.inet)
})
