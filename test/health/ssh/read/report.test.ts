/** What is read from the answer of a host that is cut off, or lies. */
import { describe, expect, test } from 'vitest'
import { readOutput } from '../../../../src/health/ssh/output.ts'
import { reportOf } from '../../../../src/health/ssh/read/report.ts'
import { bohr, fleet, nonce, reportFor } from './answered.ts'

test('an answer may end anywhere', () => {
  const [host] = fleet.hosts
  if (host === undefined) throw new Error('no host')
  const text = [
    'begin',
    'system =clock 1763100000',
    'system =kern.boottime: { sec = 1763000000, usec = 123456 } Thu Nov 13 02:13:20 2025',
    'system !0',
    'tunnels =clock 1000',
    `tunnels =${bohr}\t900`,
    'tunnels =transfer',
    `tunnels =${bohr}\t11\t22`,
    'tunnels !0',
    'interfaces +{"statistics": {"interface": [{"name":"em0","flags":"0x8843",',
    'interfaces ="mtu":1500,"network":"<Link#1>","received-bytes":5}]}}',
    'interfaces !0',
    'pf =Status: Enabled for 3 days',
    'pf =rules',
    'pf =block drop all',
    'pf =labels',
    'pf =3 252 0 ping in 4',
    'pf !0',
    `files =${'a'.repeat(64)} /etc/pf.conf`,
    'files !0',
    'probe/http =HTTP/1.1 200 OK',
    'probe/http =',
    'probe/http =ok',
    'probe/http !0',
    'pings =1 24.5',
    'pings !0',
    'end',
  ]
    .map(line => `${nonce} ${line}\n`)
    .join('')
  for (let end = 0; end <= text.length; end += 1) {
    const { parts, ended } = readOutput(text.slice(0, end), nonce)
    const report = reportOf(fleet, host, { at: 0, took: null, parts, skipped: new Map() })
    expect(ended).toBe(end >= text.length - 1)
    // A part counts when its status came: no half of it is taken for the whole.
    if (report.peers !== null) expect(report.peers.received).toEqual([11])
    if (report.interfaces !== null) expect(report.interfaces[0]?.received).toBe(5)
  }
})

describe('a jail or a host that means to hold us up', () => {
  const held = { pf: ['Status: Enabled', 'rules', `block return-${'('.repeat(60_000)}`, 'labels'] }
  for (const [what, parts] of [
    ['labels without an end', { 'metrics/http': ['HTTP/1.1 200 OK', `up{${'a'.repeat(65_000)}} 1`] }],
    [
      'many long labels',
      { 'metrics/http': ['HTTP/1.1 200 OK', ...Array<string>(65).fill(`up{${'a'.repeat(990)}} 1`)] },
    ],
    ['a rule of brackets', held],
    ['no records', { 'probe/dns': ['rcode: NOERROR, ANSWER: 1', ...Array<string>(65_000).fill('')] }],
  ] as const)
    test(`does not: ${what}`, () => {
      const began = performance.now()
      reportFor(Object.fromEntries(Object.entries(parts).map(([name, lines]) => [name, [lines, 0] as const])))
      expect(performance.now() - began).toBeLessThan(500)
    })
})

test('a gigantic answer is read in no time', () => {
  const lines = Array.from({ length: 40_000 }, (_, n) => `${nonce} pf +${'x'.repeat(100)}${n}`)
  const began = performance.now()
  const { parts } = readOutput(`${lines.join('\n')}\n${nonce} pf =\n${nonce} pf !0\n`, nonce)
  expect(parts.get('pf')?.lines).toHaveLength(1)
  const wide = ' '.repeat(200_000)
  reportFor({
    pf: [[`block ${wide}`, 'rules', `block return-${wide}( all`], 0],
    'probe/dns': [[`x${wide}IN SOA${wide}`, 'rcode: NOERROR ANSWER: 1'], 0],
    system: [[`hw.ncpu:${wide}`, 'a.'.repeat(100_000)], 0],
    files: [[`sha256: ${'/x:'.repeat(100_000)}`], 1],
    jails: [[wide], 0],
  })
  expect(performance.now() - began).toBeLessThan(3000)
})
