/** Who gets which number, and what happens when there is none left. */
import { describe, expect, test } from 'vitest'
import { allocate } from '../../topology/allocate.ts'
import type { Lock } from '../../topology/lock.ts'
import type { HostName } from '../../topology/names.ts'
import { type Fleet, prefixOf, specOf } from './fleet.ts'

type Options = Parameters<typeof specOf>[1]
const drawn = { ula: prefixOf('fd5c:8e21:77aa::/48'), secret: '0'.repeat(16) }
const numbered = (fleet: Fleet, before: Lock | null = null, options: Options = {}) =>
  allocate(specOf(fleet, options), before, drawn)

/** `east 0`, `bohr east 1`, `web@bohr 2`; who is retired in brackets. */
function linesOf({ regions, hosts }: Lock): string[] {
  const shown = (text: string, retired: boolean) => (retired ? `(${text})` : text)
  return [
    ...[...regions].map(([name, { number, retired }]) => shown(`${name} ${number}`, retired)),
    ...[...hosts].flatMap(([name, host]) => [
      shown(`${name} ${host.region} ${host.number}`, host.retired),
      ...[...host.jails].map(([jail, { slot, retired }]) => shown(`${jail}@${name} ${slot}`, retired)),
    ]),
  ]
}

const jails = (...names: readonly string[]) => ({ jails: names })
const small = { lengths: { region: [16, 56], host: [18, 58] } } as const // four hosts a region

describe('numbers', () => {
  for (const [what, steps, expected] of [
    [
      'of a new mesh go by name, not by place',
      [{ west: { tesla: {} }, east: { curie: jails('web', 'db'), bohr: {} } }],
      ['east 0', 'west 1', 'bohr east 0', 'curie east 1', 'db@curie 1', 'web@curie 2', 'tesla west 0'],
    ],
    [
      'of a newcomer come after the highest, whatever its name',
      [{ east: { curie: jails('web') } }, { east: { curie: jails('db', 'web'), ampere: {} }, centre: { bohr: {} } }],
      ['centre 1', 'east 0', 'ampere east 1', 'bohr centre 0', 'curie east 0', 'db@curie 2', 'web@curie 1'],
    ],
    [
      'of who has gone stay its own',
      [{ east: { bohr: jails('web'), curie: {} }, west: { tesla: {} } }, { east: { curie: {} } }],
      // Its jails are not retired one by one: they went with their host.
      ['east 0', '(west 1)', '(bohr east 0)', 'web@bohr 1', 'curie east 1', '(tesla west 0)'],
    ],
    [
      'of who has gone are given to nobody who comes',
      [{ east: { bohr: jails('db', 'web'), curie: {} } }, { east: { bohr: jails('aaa', 'db'), ampere: {} } }],
      ['east 0', 'ampere east 2', 'bohr east 0', 'aaa@bohr 3', 'db@bohr 1', '(web@bohr 2)', '(curie east 1)'],
    ],
    [
      'of who returns are the old ones',
      [
        { east: { bohr: jails('web'), curie: {} } },
        { east: { curie: {} } },
        { east: { ampere: {}, bohr: jails('web'), curie: {} } },
      ],
      ['east 0', 'ampere east 2', 'bohr east 0', 'web@bohr 1', 'curie east 1'],
    ],
    [
      'of a region that returns are the old ones',
      [
        { east: { bohr: {} }, west: { curie: {} } },
        { west: { curie: {} } },
        { centre: { dirac: {} }, east: { bohr: {} }, west: { curie: {} } },
      ],
      ['centre 2', 'east 0', 'west 1', 'bohr east 0', 'curie west 0', 'dirac centre 0'],
    ],
    [
      'of a host that moves are new, those of its jails are not',
      [
        { east: { bohr: jails('db', 'web'), curie: {} }, west: { tesla: {} } },
        { east: { curie: {} }, west: { bohr: jails('web'), tesla: {} } },
      ],
      ['east 0', 'west 1', 'bohr west 1', '(db@bohr 1)', 'web@bohr 2', 'curie east 1', 'tesla west 0'],
    ],
  ] as readonly (readonly [string, readonly Fleet[], readonly string[]])[])
    test(what, () => {
      let lock: Lock | null = null
      for (const fleet of steps) {
        const { lock: after, diagnostics } = numbered(fleet, lock)
        expect(diagnostics).toEqual([])
        lock = after
      }
      expect(lock && linesOf(lock)).toEqual(expected)
    })

  test('that the lock has are kept, with every gap', () => {
    const { lock } = numbered({ east: { bohr: {}, curie: {} } })
    const curie = lock.hosts.get('curie' as HostName)
    if (curie === undefined) throw new Error('curie')
    const gap: Lock = { ...lock, hosts: new Map(lock.hosts).set('curie' as HostName, { ...curie, number: 9 }) }
    expect(linesOf(numbered({ east: { aaa: {}, bohr: {}, curie: {} } }, gap).lock)).toEqual([
      ...['east 0', 'aaa east 10', 'bohr east 0', 'curie east 9'],
    ])
  })
})

describe('a block that is exhausted', () => {
  const four = { bohr: {}, curie: {}, dirac: {}, euler: {} }
  for (const [what, fleet, options, expected] of [
    ['four hosts in room for four', { east: four }, small, []],
    ['five hosts in room for four', { east: { ...four, fermi: {} } }, small, ['exhausted hosts.fermi']],
    [
      'six hosts in room for four',
      { east: { ...four, fermi: {}, gauss: {} } },
      small,
      ['exhausted hosts.fermi', 'exhausted hosts.gauss'],
    ],
    ['four hosts in each of two regions', { east: four, west: { a: {}, b: {}, c: {}, d: {} } }, small, []],
    ['three regions in room for two', { a: {}, b: {}, c: {} }, { ipv4: '10.64.0.0/15' }, ['exhausted region']],
    ['two jails in a /29', { east: { bohr: jails('a', 'b') } }, { lengths: { region: [16, 56], host: [29, 64] } }, []],
    [
      'three jails in a /29',
      { east: { bohr: jails('a', 'b', 'c') } },
      { lengths: { region: [16, 56], host: [29, 64] } },
      ['exhausted hosts.bohr.jails.c'],
    ],
    [
      'two jails on the bridge of a /29',
      { east: { bohr: { ...jails('a', 'b'), wiring: 'bridge' } } },
      { lengths: { region: [16, 56], host: [29, 64] } },
      ['exhausted hosts.bohr.jails.b'],
    ],
  ] as readonly (readonly [string, Fleet, Options, readonly string[]])[])
    test(`${what}: ${expected.join(', ') || 'there is room'}`, () => {
      const { diagnostics } = numbered(fleet, null, options)
      expect(diagnostics.map(({ code, place }) => `${code} ${place?.path.join('.') ?? ''}`)).toEqual(expected)
    })

  test('keeps the numbers of the retired, and has room again when the lock forgets them', () => {
    const full = numbered({ east: four }, null, small).lock
    const { fermi, ...rest } = { bohr: {}, dirac: {}, euler: {}, fermi: {} }
    const refused = numbered({ east: { ...rest, fermi } }, full, small)
    expect(refused.diagnostics.map(({ code }) => code)).toEqual(['exhausted'])
    const forgotten: Lock = { ...full, hosts: new Map([...full.hosts].filter(([name]) => name !== 'curie')) }
    const { lock, diagnostics } = numbered({ east: { ...rest, fermi } }, forgotten, small)
    expect(diagnostics).toEqual([])
    expect(linesOf(lock)).toEqual(['east 0', 'bohr east 0', 'dirac east 2', 'euler east 3', 'fermi east 1'])
  })
})

test('an overlay that the lock knows otherwise is an error; one that was drawn is kept', () => {
  const { lock } = numbered({ east: { bohr: {} } })
  expect(numbered({ east: { bohr: {} } }, lock, { ipv4: '10.128.0.0/10' }).diagnostics.map(({ code }) => code)).toEqual(
    ['addressing-changed'],
  )
  const spec = specOf({ east: { bohr: {} } })
  const open = { ...spec, addressing: { ...spec.addressing, ipv6: null } }
  const other = { ...drawn, ula: prefixOf('fd00:1:2::/48') }
  expect(allocate(open, null, other).lock.overlay.ipv6.text).toBe('fd00:1:2::/48')
  expect(allocate(open, lock, other).lock.overlay.ipv6.text).toBe('fd5c:8e21:77aa::/48')
})
