import { describe, expect, test } from 'vitest'
import { type ZoneOptions, zoneFiles, zoneProblems } from '../../src/export/zone.ts'
import { expectText } from '../golden-text.ts'
import { alone, laidOut, withPrograms } from '../services/setting.ts'
import { golden, shipped, sketched } from './planned.ts'

const plain = () => sketched({ home: { a: { at: '203.0.113.1', jails: ['web'] }, b: { at: '203.0.113.2' } } })
const given: ZoneOptions = { servers: ['ns1.example.net', 'ns2.example.net'], serial: 7 }
const textOf = (files: ReturnType<typeof zoneFiles>, path: string): string =>
  files.find(file => file.path === path)?.text ?? ''

describe('with a name server in the mesh', () => {
  test('the shipped mesh as it is written', async () => {
    const files = zoneFiles(await shipped())
    expect(files.map(({ path }) => path)).toEqual([
      '64.10.in-addr.arpa.zone',
      '65.10.in-addr.arpa.zone',
      '66.10.in-addr.arpa.zone',
      'a.a.7.7.1.2.e.8.c.5.d.f.ip6.arpa.zone',
      'mesh.example.net.zone',
    ])
    for (const { path, text } of files) expectText(golden(`zone/${path}`), text)
  })

  test('a zone of yours that is none of the mesh is not among them, and records in the domain of the mesh are', async () => {
    const zones =
      '{example.org: [{name: "@", type: A, value: 192.0.2.1}], mesh.example.net: [{name: wiki, type: CNAME, value: tesla}]}'
    const opened = await shipped(text =>
      text.replace('{kind: bind}', `{kind: bind, contact: dns.team@example.net, zones: ${zones}}`),
    )
    const files = zoneFiles(opened)
    expect(files.map(({ path }) => path)).not.toContain('example.org.zone')
    expect(textOf(files, 'mesh.example.net.zone')).toContain('\nwiki IN CNAME tesla.mesh.example.net.\n')
    expect(textOf(files, 'mesh.example.net.zone')).toContain(String.raw` dns\.team.example.net. `)
  })

  test('the serial is the one of the lock, and it is said when the lock does not have it yet', async () => {
    const opened = await shipped()
    const built = textOf(zoneFiles({ ...opened, before: opened.lock }), 'mesh.example.net.zone')
    expect(built).toMatch(/^; Made by [^\n]+\n\$ORIGIN mesh\.example\.net\.\n/)
    expect(built).toMatch(/ IN SOA \S+ \S+ 1 /)
    expect(textOf(zoneFiles(opened), 'mesh.example.net.zone')).toContain('\n; The serial is kept by the next build')
    const other = zoneFiles(opened, { serial: 2026, servers: ['NS.example.net'], contact: 'a@b.example' })
    for (const { text } of other) {
      expect(text).toMatch(/^@ IN SOA ns\.example\.net\. a\.b\.example\. 2026 /m)
      expect(text.match(/^@ IN NS .*$/gm)).toEqual(['@ IN NS ns.example.net.'])
      expect(text).not.toContain('next build')
    }
  })
})

describe('without one', () => {
  test('who answers and the serial are asked for, never made up', () => {
    const problems = (options: ZoneOptions) => [...zoneProblems(plain(), options)].map(({ message }) => message)
    expect(problems({})).toEqual([
      'no service of table answers for its names, and a zone says who does',
      'nobody counts the changes of these zones, and copies of them stay as they are until the serial rises',
    ])
    expect(problems({ serial: 1, servers: [] })).toHaveLength(1)
    expect(problems({ servers: ['ns.example.net'] })).toHaveLength(1)
    expect(problems(given)).toEqual([])
    expect(() => zoneFiles(plain(), {})).toThrow('bug in meshwright')
  })

  test.each<readonly [ZoneOptions, string]>([
    [{ servers: ['ns.example.net.'] }, 'the name server "ns.example.net." has no full name'],
    [{ servers: ['ns'] }, 'the name server "ns" has no full name'],
    [
      { servers: ['ns.example.net\n@ IN A 192.0.2.1'] },
      'the name server "ns.example.net�@ IN A 192.0.2.1" has no full name',
    ],
    [{ servers: ['192.0.2.53'] }, 'the name server "192.0.2.53" has no full name'],
    [
      { servers: ['ns.Mesh.example.net'] },
      'the name server "ns.Mesh.example.net" is below mesh.example.net, and has no address there: no name server loads such a zone',
    ],
    [{ contact: 'root' }, 'the contact "root" is no mail address'],
    [{ contact: 'a;b@example.net' }, 'the contact "a;b@example.net" is no mail address'],
    [{ serial: 0 }, '0 is no serial'],
    [{ serial: 1.5 }, '1.5 is no serial'],
    [{ serial: 2 ** 32 }, '4294967296 is no serial'],
  ])('%o is refused', (options, message) => {
    expect([...zoneProblems(plain(), { ...given, ...options })].map(one => one.message)).toEqual([message])
  })

  test('a host of the mesh or one elsewhere may answer, however it is written, and is named once', () => {
    for (const servers of [
      ['A.mesh.example.net'],
      ['web.a.mesh.example.net'],
      ['ns.notmesh.example.net'],
      ['ns.example.net', 'NS.example.net'],
    ]) {
      expect([...zoneProblems(plain(), { ...given, servers })]).toEqual([])
      const text = textOf(zoneFiles(plain(), { ...given, servers }), 'mesh.example.net.zone')
      expect(text.match(/^@ IN NS .*$/gm)).toEqual([`@ IN NS ${servers[0]?.toLowerCase()}.`])
    }
  })

  test('hosts and jails have names, addresses have the way back', () => {
    const files = zoneFiles(plain(), given)
    expect(files.map(({ path }) => path)).toEqual([
      '64.10.in-addr.arpa.zone',
      'a.a.7.7.1.2.e.8.c.5.d.f.ip6.arpa.zone',
      'mesh.example.net.zone',
    ])
    expect(textOf(files, 'mesh.example.net.zone')).toMatch(
      /^@ IN SOA ns1\.example\.net\. hostmaster\.mesh\.example\.net\. 7 900 300 1209600 300\n@ IN NS ns1\.example\.net\.\n@ IN NS ns2\.example\.net\.\na IN A 10\.64\.0\.1\n/m,
    )
    expect(textOf(files, '64.10.in-addr.arpa.zone')).toContain('\n1.0 IN PTR a.mesh.example.net.\n')
  })
})

withPrograms('named-checkzone')('named-checkzone', () => {
  const check = (zone: string, text: string, integrity: string) =>
    alone(
      [],
      `named-checkzone -i ${integrity} -k fail -n fail -m fail -M fail -S fail -r fail ${zone} ${laidOut({ zone: text })}/zone`,
    )

  test('takes every zone, and not a changed one', async () => {
    const made = [
      ...zoneFiles(await shipped()),
      ...zoneFiles(plain(), given),
      ...zoneFiles(plain(), { ...given, servers: ['a.mesh.example.net'] }),
    ]
    for (const { path, text } of made) {
      const { output } = check(path.replace(/\.zone$/, ''), text, 'local')
      expect(output, path).toMatch(/\nOK\n$/)
    }
    const own = textOf(zoneFiles(plain(), { ...given, servers: ['a.mesh.example.net'] }), 'mesh.example.net.zone')
    expect(check('mesh.example.net', own, 'full').output).toMatch(/\nOK\n$/)
    expect(check('mesh.example.net', own.replaceAll(/^a IN A+ .*\n/gm, ''), 'full').status).toBe(1)
    expect(check('mesh.example.net', `${own}b IN CNAME a\n`, 'full').status).toBe(1)
  })
})
