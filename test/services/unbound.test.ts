import { describe, expect, test } from 'vitest'
import { alone, complaints, laidOut, setting, withPrograms } from './setting.ts'

const services = 'dns: {kind: unbound}\nwiki: {kind: generic, ports: [8080/tcp], from: [faraday], hosts: [tesla]}\n'
const path = 'usr/local/etc/unbound/unbound.conf'

describe('unbound', () => {
  test('is on every host, and the jails there ask it', async () => {
    const made = await setting(services)
    for (const { name } of made.mesh.hosts) {
      const [address] = made.addressesOf(name, 'dns-resolver')
      expect(made.textOf(name, 'dns-resolver', path)).toContain(`interface: ${address}\n`)
    }
    expect(made.textOf('tesla', 'wiki-app', 'etc/resolv.conf')).toContain(
      `nameserver ${made.addressesOf('tesla', 'dns-resolver')[0]}\n`,
    )
    expect(made.mesh.flows.map(flow => flow.name)).toContain('hosts>dns-resolver 53/tcp,53/udp')
  })

  test('forwards to the resolvers of its own host', async () => {
    const made = await setting(services)
    expect(made.textOf('ampere', 'dns-resolver', path)).toContain('forward-addr: 192.168.178.1\n')
    expect(made.textOf('tesla', 'dns-resolver', path)).toContain('forward-addr: 192.0.2.53\n')
    expect(made.textOf('tesla', 'dns-resolver', path)).not.toContain('192.168.178.1')
  })

  test.each([['{kind: unbound, max-ttl: -1}'], ['{kind: unbound, dnssec: "yes"}']])('%s is refused', async yaml => {
    expect((await complaints(`dns: ${yaml}`)).map(one => one.code)).not.toEqual([])
  })
})

withPrograms(
  'unbound',
  'unbound-checkconf',
  'dig',
)('the real unbound', () => {
  const onDebian = (text: string) =>
    text
      .replaceAll('/usr/local/etc/unbound', '/tmp')
      .replace('/var/run/unbound.pid', '')
      .replace('use-syslog: yes', 'use-syslog: no')

  test('reads the file, and refuses it broken', async () => {
    const made = await setting(services)
    const text = onDebian(made.textOf('tesla', 'dns-resolver', path))
    const check = (content: string) =>
      alone([], `unbound-checkconf '${laidOut({ 'unbound.conf': content })}/unbound.conf'`)
    expect(check(text).output).toContain('no errors')
    expect(check(text.replace('interface:', 'interfaze:')).status).not.toBe(0)
    expect(check(text.replace('forward-addr: ', 'forward-addr: name.')).status).not.toBe(0)
  })

  test('answers for hosts and jails, both ways, and denies what is not there', async () => {
    const made = await setting(services)
    const [own, own6] = made.addressesOf('tesla', 'dns-resolver')
    const [wiki, wiki6] = made.addressesOf('tesla', 'wiki-app')
    const at = laidOut({ 'unbound.conf': onDebian(made.textOf('tesla', 'dns-resolver', path)) })
    const dig = `dig +short +time=2 +tries=3 @${own}`
    const { output } = alone(
      [own, own6],
      `unbound -d -c '${at}/unbound.conf' > '${at}/log' 2>&1 &
      for i in 1 2 3 4 5 6 7 8 9 10; do dig +time=1 +tries=1 @${own} tesla.mesh.example.net > /dev/null && break; sleep 0.3; done
      echo "a $(${dig} wiki-app.tesla.mesh.example.net A)"
      echo "aaaa $(${dig} wiki-app.tesla.mesh.example.net AAAA)"
      echo "ptr $(${dig} -x ${wiki})"
      echo "none $(dig +time=2 @${own} nobody.mesh.example.net | grep -c NXDOMAIN)"`,
    )
    expect(output).toContain(`a ${wiki}\n`)
    expect(output).toContain(`aaaa ${wiki6}\n`)
    expect(output).toContain('ptr wiki-app.tesla.mesh.example.net.\n')
    expect(output).toContain('none 1\n')
  })
})
