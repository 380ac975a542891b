/** Words of `from:` and `to:`, and who is meant. */
import { describe, expect, test } from 'vitest'
import { directoryOf, type External, externalContains, isParty } from '../../topology/reference.ts'
import { planOf, prefixOf, specOf } from './fleet.ts'

const { mesh } = planOf(
  specOf({
    east: {
      ampere: { class: 'weak', jails: ['notes'] },
      bohr: { at: '203.0.113.1', labels: ['mail', 'web'], jails: ['db', 'web'] },
    },
    // A region, a host and a jail of one name, and a label that is a jail's name, too.
    west: {
      west: { at: '203.0.113.2', class: 'edge', labels: ['mail'], jails: ['db', 'tesla'] },
      tesla: { at: '203.0.113.3' },
    },
  }),
)
const directory = directoryOf(mesh)
const place = { document: 'mesh.yaml', path: ['flows', 0, 'from'] }

/** `hosts… +jails / jails… from sources`, or what is wrong. */
function meaning(word: string): string {
  const party = directory.resolve(word, place)
  if (!isParty(party)) return `${party.code}: ${party.hint ?? ''}`
  expect(party.word).toBe(word)
  if (party.kind === 'external')
    return `external ${typeof party.who === 'string' ? party.who : party.who.map(p => p.text).join(' ')}`
  const hosts = party.hosts.map(host => host.name).join(' ')
  const jails = party.jails.map(jail => `${jail.name}@${jail.host}`).join(' ')
  return `${hosts}${party.withJails ? ' with jails' : ''}/${jails} from ${party.sources.map(s => s.inet.text).join(' ')}`
}

describe('a word means', () => {
  for (const [word, expected] of [
    // A host is the machine alone; a group is, as a source, its jails as well.
    ['bohr', 'bohr/ from 10.64.1.1/32'],
    ['host:bohr', 'bohr/ from 10.64.1.1/32'],
    ['hosts', 'ampere bohr tesla west with jails/ from 10.64.0.0/10'],
    ['east', 'ampere bohr with jails/ from 10.64.0.0/16'],
    ['region:east', 'ampere bohr with jails/ from 10.64.0.0/16'],
    ['core', 'bohr tesla with jails/ from 10.64.1.0/24 10.65.0.0/24'],
    ['class:edge', 'west with jails/ from 10.65.1.0/24'],
    ['weak', 'ampere with jails/ from 10.64.0.0/24'],
    ['mail', 'bohr west with jails/ from 10.64.1.0/24 10.65.1.0/24'],
    ['label:mail', 'bohr west with jails/ from 10.64.1.0/24 10.65.1.0/24'],
    ['db', '/db@bohr db@west from 10.64.1.3/32 10.65.1.3/32'],
    ['jail:db', '/db@bohr db@west from 10.64.1.3/32 10.65.1.3/32'],
    ['db@west', '/db@west from 10.65.1.3/32'],
    ['jail:db@west', '/db@west from 10.65.1.3/32'],
    ['notes', '/notes@ampere from 10.64.0.3/32'],
    // One name for two things takes its kind in front.
    ['west', 'ambiguous-reference: Say which: host:west or region:west.'],
    ['host:west', 'west/ from 10.65.1.1/32'],
    ['region:west', 'tesla west with jails/ from 10.65.0.0/16'],
    ['tesla', 'ambiguous-reference: Say which: host:tesla or jail:tesla.'],
    ['jail:tesla', '/tesla@west from 10.65.1.5/32'],
    ['web', 'ambiguous-reference: Say which: label:web or jail:web.'],
    ['label:web', 'bohr with jails/ from 10.64.1.0/24'],
    // On the underlay.
    ['outside', 'external outside'],
    ['admin', 'external admin'],
    ['198.51.100.0/24', 'external 198.51.100.0/24'],
    ['198.51.100.7', 'external 198.51.100.7/32'],
    ['2001:db8:99::/48', 'external 2001:db8:99::/48'],
    ['2001:DB8::7', 'external 2001:db8::7/128'],
    ['198.51.100.7/24', 'host-bits: The prefix is 198.51.100.0/24.'],
    ['198.51.100.256', 'bad-prefix: '],
    ['198.51.100.0/33', 'bad-prefix: '],
    ['10.64.1.3', 'flow-in-overlay: Name the host or jail instead: the plan knows its addresses.'],
    ['0.0.0.0/0', 'flow-in-overlay: Name the host or jail instead: the plan knows its addresses.'],
    ['fd5c:8e21:77aa:1::/64', 'flow-in-overlay: Name the host or jail instead: the plan knows its addresses.'],
    // Nobody: a class and a label without hosts, a kind that does not have the name, a slip of the finger.
    [
      'build',
      'unknown-reference: A host, region, class, label, jail, jail@host, service, a prefix, or one of hosts, admin, outside.',
    ],
    ['region:bohr', 'unknown-reference: Did you mean bohr?'],
    ['web@west', 'unknown-reference: Did you mean db@west?'],
    ['ampree', 'unknown-reference: Did you mean ampere?'],
    [
      'any',
      'unknown-reference: A host, region, class, label, jail, jail@host, service, a prefix, or one of hosts, admin, outside.',
    ],
    ['kind:bohr', 'unknown-reference: Did you mean bohr?'],
  ] as const)
    test(`${word}: ${expected}`, () => expect(meaning(word)).toBe(expected))
})

test('an external party holds another when every address of it is one of its own', () => {
  const prefixes = (...texts: readonly string[]): External => ({
    kind: 'external',
    word: texts.join(),
    who: texts.map(prefixOf),
  })
  const [outside, admin] = (['outside', 'admin'] as const).map((who): External => ({
    kind: 'external',
    word: who,
    who,
  }))
  if (outside === undefined || admin === undefined) throw new Error('two')
  for (const [outer, inner, expected] of [
    [outside, prefixes('198.51.100.0/24'), true],
    [outside, admin, true],
    [admin, outside, false],
    [admin, admin, true],
    [admin, prefixes('198.51.100.0/24'), false],
    [prefixes('198.51.100.0/24'), prefixes('198.51.100.7/32'), true],
    [prefixes('198.51.100.7/32'), prefixes('198.51.100.0/24'), false],
    [prefixes('198.51.100.0/24'), outside, false],
    [prefixes('198.51.100.0/25', '2001:db8::/32'), prefixes('2001:db8::7/128', '198.51.100.7/32'), true],
    [prefixes('198.51.100.0/25', '2001:db8::/32'), prefixes('2001:db8::7/128', '198.51.100.200/32'), false],
  ] as const)
    expect(externalContains(outer, inner), `${outer.word} ⊇ ${inner.word}`).toBe(expected)
})
