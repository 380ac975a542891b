/** Keys and snapshots in, states out: as tables, and as a law over any of them. */
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Snapshot } from '../../src/health/snapshot.ts'
import { frameOf } from '../../ui/frame.ts'
import type { Key } from '../../ui/keys.ts'
import { plainText, widthOf } from '../../ui/line.ts'
import { onKey, withSnapshot } from '../../ui/reduce.ts'
import { orderOf } from '../../ui/rows/tunnels.ts'
import { situationOf } from '../../ui/situation.ts'
import { initialState, type State, withSize, withSourceEnd, withTime } from '../../ui/state.ts'
import { levelSparkline, sparkline } from '../../ui/sparkline.ts'
import { fleetOfSize, shippedFleet, snapshotOf, type Story } from './snapshots.ts'
import { alone, demo, everywhere, many, shippedCases } from './stories.ts'

const size = { columns: 80, rows: 24 }
let cases: ReadonlyMap<string, Snapshot>
let hostFleet: Snapshot['fleet']
beforeAll(async () => {
  const all = [...(await shippedCases()), await alone(), many(60, 4), many(120, 5), await demo(300)]
  cases = new Map(all.map(({ name, snapshot }) => [name, snapshot]))
  hostFleet = await shippedFleet()
})
const snapshotNamed = (name: string): Snapshot => {
  const found = cases.get(name)
  if (found === undefined) throw new Error(`no case ${name}`)
  return found
}

/** `j`, `<enter>`, `<ctrl-d>`, one after another. */
const keysOf = (text: string): readonly Key[] =>
  [...text.matchAll(/<([a-z-]+)>|([^<])/g)].map(([, name, char = '']): Key => {
    if (name === undefined) return { kind: 'char', char }
    return name.startsWith('ctrl-') ? { kind: 'ctrl', char: name.slice(5) } : ({ kind: name } as Key)
  })
/** A state is never written to. */
const pressed = (state: State, keys: readonly Key[]): State => keys.reduce((now, key) => onKey(frozen(now), key), state)
const after = (keys: string, name = 'no-leader'): State =>
  pressed(withSnapshot(initialState(), snapshotNamed(name)), keysOf(keys))
const selectedIn = (state: State): string | null => situationOf(state, state.size)?.id ?? null
const textOf = (state: State): string => plainText(frameOf(state, state.size))

const seen = new WeakSet()
function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || seen.has(value)) return value
  seen.add(value)
  Object.freeze(value)
  for (const part of value instanceof Map ? value.values() : Object.values(value)) frozen(part)
  return value
}

describe('keys lead where they say', () => {
  // Keys, crumbs, the selected row.
  const table: readonly (readonly [keys: string, crumbs: string, selected: string | null])[] = [
    ['', 'overview', 'region usa'],
    ['j', 'overview', 'host bohr'],
    // What else is wrong with it is no row to stop at.
    ['jj', 'overview', 'services'],
    ['jjk', 'overview', 'host bohr'],
    ['<down><down><up>', 'overview', 'host bohr'],
    ['G', 'overview', 'tunnels'],
    ['<end><home>', 'overview', 'region usa'],
    ['kkk', 'overview', 'region usa'],
    ['<pgdn>', 'overview', 'tunnels'],
    ['<pgdn><pgup>', 'overview', 'region usa'],
    ['j<enter>', 'overview host:bohr', 'wrong 0'],
    ['j<enter><escape>', 'overview', 'host bohr'],
    ['j<enter>q', 'overview', 'host bohr'],
    ['<enter>', 'overview hosts', 'bohr'],
    ['<enter><enter><escape><escape>', 'overview hosts', 'bohr'],
    ['jjj<enter>', 'overview service:db', 'instance db-etcd@bohr'],
    ['jjj<enter><enter>', 'overview service:db host:bohr', 'wrong 0'],
    ['2', 'hosts', 'bohr'],
    ['3', 'links', 'ampere>bohr'],
    ['3<enter>', 'links link:ampere>bohr', null],
    ['4jl', 'matrix', 'newton'],
    ['4jll<enter>', 'matrix link:newton>bohr', null],
    ['4jl<enter>', 'matrix host:newton', 'service cache cache-proxy'],
    ['5', 'services', 'db'],
    ['5<enter>', 'services service:db', 'instance db-etcd@bohr'],
    // Its changes, down to the oldest.
    ['5<enter>G', 'services service:db', 'event 1'],
    ['5<enter>G<enter>', 'services service:db', 'event 1'],
    ['6', 'drift', 'host ampere'],
    ['7<enter>', 'events service:db', 'instance db-etcd@bohr'],
    ['8', 'whatif', 'region north-europe'],
    ['9', 'overview', 'region usa'],
    ['<tab>', 'hosts', 'bohr'],
    ['8<tab>', 'overview', 'region usa'],
    // A view is found as it was left.
    ['2jj12', 'hosts', 'curie'],
    ['?', 'overview help', null],
    ['??q', 'overview', 'region usa'],
    ['jy', 'overview yaml:host bohr', null],
    ['y', 'overview', 'region usa'],
    ['3y<escape>', 'links', 'ampere>bohr'],
    // Names, as people look for them.
    ['/cur', 'overview', 'region north-europe'],
    ['2/cur<enter><enter>', 'hosts host:curie', 'jail packages'],
    ['2/cur<escape>', 'hosts', 'bohr'],
    ['2/cur<enter><escape>', 'hosts', 'bohr'],
    ['2/nothing<enter><enter>', 'hosts', null],
    ['2/curx<backspace>', 'hosts', 'curie'],
    ['2/b<backspace><backspace>j', 'hosts', 'ampere'],
    ['2/bohr newton<ctrl-w>', 'hosts', 'bohr'],
    ['2/curie<ctrl-u>', 'hosts', 'bohr'],
    ['2/!bohr', 'hosts', 'ampere'],
    ['3/tesla>bohr', 'links', 'tesla>bohr'],
    ['3/tesla>bohr<enter>G', 'links', 'tesla>bohr'],
    // Commands.
    [':host tesla<enter>', 'hosts host:tesla', 'service cache cache-proxy'],
    [':host te<tab><enter>', 'hosts host:tesla', 'service cache cache-proxy'],
    [':ser<tab>', 'overview', 'region usa'],
    [':service db<enter>', 'services service:db', 'instance db-etcd@bohr'],
    [':links tesla>bohr<enter>', 'links', 'tesla>bohr'],
    [':whatif<enter>', 'whatif', 'region north-europe'],
    [':host nobody<enter>', 'overview', 'region usa'],
    [':mat<escape>j', 'overview', 'host bohr'],
    // Orders.
    ['2s', 'hosts', 'ampere'],
    ['2S', 'hosts', 'tesla'],
    ['2jss', 'hosts', 'ampere'],
  ]
  for (const [keys, crumbs, selected] of table)
    test(`${keys === '' ? 'nothing' : keys} → ${crumbs}, ${selected ?? 'nothing selected'}`, () => {
      const state = after(keys)
      expect(state.pages.map(({ view, subject }) => (subject === '' ? view : `${view}:${subject}`)).join(' ')).toBe(
        crumbs,
      )
      expect(selectedIn(state)).toBe(selected)
      expect(state.ended).toBe(false)
    })

  for (const keys of [
    'q',
    ':q<enter>',
    ':quit<enter>',
    '<ctrl-c>',
    'j<enter>qq',
    '/tes<ctrl-c>',
    ':<ctrl-c>',
    '?<ctrl-c>',
  ])
    test(`${keys} leaves`, () => expect(after(keys).ended).toBe(true))

  test('every view that can be reached by a digit is named on the screen with it', () => {
    const text = textOf(after(''))
    for (const name of [
      '1 overview',
      '2 hosts',
      '3 links',
      '4 matrix',
      '5 services',
      '6 drift',
      '7 events',
      '8 what-if',
    ])
      expect(text).toContain(name)
  })
})

describe('what is typed is answered', () => {
  for (const [keys, said] of [
    [':hots<enter>', 'there is no command :hots; did you mean :hosts?'],
    [':host telsa<enter>', 'there is no host telsa; did you mean :host tesla?'],
    [':service zzzzzz<enter>', 'there is no service zzzzzz; ? has them all'],
    [':constructor<enter>', 'there is no command :constructor; ? has them all'],
    [':h<tab>', 'hosts  host  help'],
    ['?/', 'there is nothing to filter here'],
    ['?s', 'this has one order only'],
    ['2s', 'by name'],
    ['2S', 'worst first, the other way round'],
    ['r', 'looks again'],
    ['j<enter><enter>', 'there is no more to see of this'],
    ['<escape>', 'this is the first crumb; q leaves'],
    ['y', 'there is no YAML of this'],
  ] as const)
    test(`${keys} → ${said}`, () => {
      const state = after(keys)
      expect(state.note?.text).toBe(said)
      expect(textOf(state)).toContain(said)
      expect(pressed(state, keysOf('j')).note).toBe(null)
    })

  test('r asks for another look each time', () => {
    expect(after('').refreshWanted).toBe(0)
    expect(after('rr:refresh<enter>').refreshWanted).toBe(3)
  })

  test('what is pasted is text, whatever it holds, and bounded', () => {
    const state = onKey(after('/'), { kind: 'paste', text: `a\u001b[31mb\n\u202ec${'x'.repeat(1000)}` })
    expect(state.prompt?.text).toMatch(/^a \[31mb cx+$/)
    expect(state.prompt?.text.length).toBe(200)
    expect(textOf(state)).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/)
  })
})

describe('a new snapshot', () => {
  const story = (down: readonly string[]): Story => ({
    hosts: Object.fromEntries(down.map(name => [name, { state: 'down' as const, why: 'does not answer', for: 2 }])),
  })
  test('keeps the selected host selected when rows change places', () => {
    const before = after('2jj', 'well')
    expect(selectedIn(before)).toBe('curie')
    const state = withSnapshot(frozen(before), snapshotOf(hostFleet, story(['tesla', 'newton'])))
    expect(selectedIn(state)).toBe('curie')
    expect(situationOf(state, size)?.row).toBe(4)
    expect(selectedIn(pressed(state, keysOf('k')))).toBe('bohr')
  })

  test('shows the worst first while nobody has chosen a row', () => {
    const state = withSnapshot(after('2', 'well'), snapshotOf(hostFleet, story(['tesla'])))
    expect(selectedIn(state)).toBe('tesla')
  })

  test('selects the neighbour of what went, and stays with it', () => {
    const before = after('G', 'link-cut')
    const chosen = pressed(before, keysOf('gjj'))
    expect(selectedIn(chosen)).toBe('tunnel ampere>curie')
    const state = withSnapshot(frozen(chosen), snapshotNamed('well'))
    expect(selectedIn(state)).toBe('host newton')
    expect(selectedIn(withSnapshot(frozen(state), snapshotNamed('link-cut')))).toBe('host newton')
  })

  test('waits while paused, and is there afterwards', () => {
    const paused = pressed(withSnapshot(initialState(), snapshotNamed('well')), keysOf('p'))
    const state = withSnapshot(frozen(paused), snapshotNamed('no-leader'))
    expect(textOf(state)).toContain('PAUSED')
    expect(textOf(state)).not.toContain('no leader')
    const on = pressed(state, keysOf('p'))
    expect(textOf(on)).toContain('no leader')
    expect(textOf(on)).not.toContain('PAUSED')
  })

  test('of the demo says so on every screen, in every size', () => {
    for (const view of ['1', '2', '3', '4', '5', '6', '7', '8', '?'])
      for (const columns of [20, 40, 80, 160]) {
        const at = { columns, rows: 24 }
        expect(plainText(frameOf(withSize(after(view, 'well'), at), at))).toContain('DEMO')
      }
    expect(textOf(after('', 'no-leader'))).not.toContain('DEMO')
  })

  test('that was the last says so, and of a recording nobody is promised another look', () => {
    const replayed = { ...snapshotNamed('well'), source: { kind: 'replay' as const, title: 'replay night.jsonl' } }
    const last = withSourceEnd(withSnapshot(initialState(), replayed))
    expect(textOf(last)).toContain('ENDED')
    expect(textOf(last)).not.toContain('refresh')
    expect(textOf(pressed(last, keysOf('r')))).not.toContain('looks again')
    expect(pressed(last, keysOf('r')).refreshWanted).toBe(0)
    expect(textOf(withSnapshot(initialState(), replayed))).not.toContain('ENDED')
  })

  test('that is old looks old', () => {
    expect(textOf(withTime(after(''), snapshotNamed('no-leader').at + 290_000))).toContain('5 min old')
  })
})

describe('what-if', () => {
  test('answers while hosts are marked', () => {
    expect(textOf(after('8', 'well'))).toContain('nothing is lost')
    const state = after('8:whatif<enter>/host bohr<enter> ', 'well')
    expect([...state.marks]).toEqual(['host bohr'])
    expect(textOf(state)).toContain('without bohr')
    expect(textOf(state)).toMatch(/names\/primary\s+0\/1/)
    expect(pressed(state, keysOf(' ')).marks.size).toBe(0)
  })
  test('a marks what is down now, x nothing', () => {
    const state = after('8a', 'region-lost')
    expect([...state.marks]).toEqual(['host curie', 'host newton'])
    expect(pressed(state, keysOf('x')).marks.size).toBe(0)
    expect([...after('8a', 'link-cut').marks]).toEqual(['link ampere curie', 'link bohr tesla'])
  })
})

describe('orders of tunnels', () => {
  const order = (sort: number, reversed = false, filter = '') => {
    const snapshot = snapshotNamed('60-hosts')
    return { snapshot, numbers: orderOf(snapshot, { sort, reversed, filter }) }
  }
  const columns = ['', '', '', 'since', 'roundTrip', 'loss', 'age', 'received', 'sent'] as const
  for (const [sort, column] of columns.entries()) {
    if (column === '') continue
    for (const reversed of [false, true])
      test(`by ${column}${reversed ? ', the other way round' : ''}: as sort does it, unknown last`, () => {
        const { snapshot, numbers } = order(sort, reversed)
        const values = Array.from(numbers, n =>
          Math.fround((snapshot.tunnels[column][n] ?? NaN) - (column === 'since' ? snapshot.at : 0)),
        )
        const known = values.filter(value => !Number.isNaN(value))
        expect(values.slice(known.length).every(Number.isNaN)).toBe(true)
        expect(known).toEqual(known.toSorted((a, b) => (reversed ? a - b : b - a)))
        expect(new Set(numbers).size).toBe(snapshot.fleet.tunnels.count)
      })
  }
  test('the worst first, then as the mesh has them', () => {
    const { snapshot, numbers } = order(0)
    const states = Array.from(numbers, n => snapshot.tunnels.state[n] ?? 0)
    expect([...new Set(states)]).toEqual([5, 4, 2, 0, 1])
    const down = [...numbers].filter(n => snapshot.tunnels.state[n] === 5)
    expect(down).toEqual(down.toSorted((a, b) => a - b))
  })
  for (const [filter, count] of [
    ['h06>h07', 1],
    ['h06 h07', 2],
    ['h06 !h07', 116],
    ['one-way', 1],
    ['>h06', 59],
    ['nobody', 0],
    ['bad', 61],
    ['h06>h06', 0],
  ] as const)
    test(`the filter ${filter} leaves ${count}`, () => expect(order(0, false, filter).numbers).toHaveLength(count))
})

describe('sparklines', () => {
  const text = (line: readonly { readonly text: string }[]) => line.map(one => one.text).join('')
  test('only all of it is full', () => expect(text(sparkline([0, 0.5, 0.99, 1], 4))).toBe('▁▄▇█'))
  test('a dip is seen when many share a column', () =>
    expect(text(sparkline([...Array<number>(50).fill(1), 0, ...Array<number>(49).fill(1)], 10))).toContain('▁'))
  test('what is not known yet is a dot', () => expect(text(sparkline([1], 4))).toBe('···█'))
  test('levels have heights', () => expect(text(levelSparkline([0, 1, 2, 3], 4))).toBe('█·▄▁'))
  test('no history is no line of blocks', () => expect(text(sparkline([], 3))).toBe('···'))
})

describe('laws', () => {
  const key: fc.Arbitrary<Key> = fc.oneof(
    {
      weight: 6,
      arbitrary: fc
        .constantFrom(...Array.from('jkgGsSpry?/:12345678qhlax '))
        .map((char): Key => ({ kind: 'char', char })),
    },
    {
      weight: 5,
      arbitrary: fc
        .constantFrom(
          'enter',
          'escape',
          'tab',
          'backspace',
          'up',
          'down',
          'left',
          'right',
          'pgup',
          'pgdn',
          'home',
          'end',
        )
        .map((kind): Key => ({ kind })),
    },
    { weight: 1, arbitrary: fc.constantFrom('d', 'u', 'w', 'z').map((char): Key => ({ kind: 'ctrl', char })) },
    { weight: 1, arbitrary: fc.string({ unit: 'grapheme' }).map((text): Key => ({ kind: 'paste', text })) },
    {
      weight: 1,
      arbitrary: fc
        .string({ unit: 'grapheme', minLength: 1, maxLength: 1 })
        .map((char): Key => ({ kind: 'char', char })),
    },
  )
  const names = [...everywhere, 'demo-300']

  test('any keys over any snapshots in any size give whole frames, and nothing is written to', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof({ weight: 8, arbitrary: key }, { weight: 1, arbitrary: fc.constantFrom(...names) }), {
          maxLength: 40,
        }),
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 60 }),
        (steps, columns, rows) => {
          let state = withSize(initialState(), { columns, rows })
          for (const step of steps) {
            state =
              typeof step === 'string' ? withSnapshot(frozen(state), snapshotNamed(step)) : onKey(frozen(state), step)
            const lines = frameOf(state, { columns, rows })
            expect(lines.length).toBe(rows)
            for (const line of lines) {
              const text = line.map(one => one.text).join('')
              expect(text).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/)
              expect(line.reduce((sum, one) => sum + widthOf(one.text), 0)).toBe(columns)
            }
          }
        },
      ),
      { numRuns: 150 },
    )
  })

  test('the selected row is on the screen, and is the only one that is inverse', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('j', 'j', 'j', 'k', 'g', 'G', '<', '>', 'd', 'u'), { maxLength: 60 }),
        moves => {
          const keys = moves.map((char): Key =>
            char === '<'
              ? { kind: 'pgup' }
              : char === '>'
                ? { kind: 'pgdn' }
                : 'du'.includes(char)
                  ? { kind: 'ctrl', char }
                  : { kind: 'char', char },
          )
          const state = pressed(after('3', '60-hosts'), keys)
          const id = selectedIn(state) ?? ''
          const inverse = frameOf(state, size)
            .slice(3)
            .filter(line => line.every(one => one.inverse === true))
          expect(inverse).toHaveLength(1)
          const text = plainText(inverse)
          for (const name of id.split('>')) expect(text).toContain(name)
        },
      ),
      { numRuns: 40 },
    )
  })

  test('only symbols that every terminal layer knows stand on screens', () => {
    const known = /^[\u0020-\u007e●○◐▲▼✓✗→…│─┌┐└┘├┤▁▂▃▄▅▆▇█·›‹↑↓]*$/
    for (const name of names.filter(one => one !== 'hostile'))
      for (const keys of [
        '1',
        '2',
        '3',
        '4',
        '4jll',
        '5',
        '5<enter>',
        '6',
        '7',
        '8a',
        '?',
        '2<enter>',
        '3<enter>',
        '2y',
        'p',
        '/x',
        ':h<tab>',
      ])
        for (const line of textOf(after(keys, name)).split('\n')) expect(line).toMatch(known)
  })
})

test('a thousand hosts: a frame after a new snapshot costs little, in every view', () => {
  const fleet = fleetOfSize(1000, 20)
  const story: Story = { hosts: { h003: { state: 'down', why: 'does not answer', for: 3 } } }
  const of = (keys: string): number => {
    const times = [1, 2, 3, 4].map(() => {
      // A snapshot that nobody has seen: nothing is known of it yet.
      const state = pressed(withSnapshot(initialState(), first), keysOf(keys))
      const next = { ...first, tunnels: { ...first.tunnels } }
      const started = process.cpuUsage()
      frameOf(withSnapshot(state, next), size)
      const used = process.cpuUsage(started)
      return (used.user + used.system) / 1000
    })
    // The first one is compiled, and another process may have the core: the best says what it takes.
    return Math.min(...times)
  }
  const first = snapshotOf(fleet, story)
  const costs = Object.fromEntries(
    ['1', '2', '3', '3ssss', '3/h5<enter>', '4', '5', '6', '7', '8a', '2<enter>'].map(keys => [
      keys,
      Math.round(of(keys)),
    ]),
  )
  for (const [keys, cost] of Object.entries(costs)) expect(cost, `${keys}: ${JSON.stringify(costs)}`).toBeLessThan(120)
  if (process.env['SHOW'] === '1') console.log(costs)
})
