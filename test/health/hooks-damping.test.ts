import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Event, Subject } from '../../src/health/events.ts'
import { damp, type Damping, type Message, nothingKnown, type Rules } from '../../src/health/hooks/damping.ts'
import { type Places, placesOf } from '../../src/health/hooks/places.ts'
import { jsonOf, lineOf } from '../../src/health/hooks/text.ts'
import type { Level } from '../../src/health/snapshot.ts'
import { fleet } from './prometheus-fleet.ts'

/** tesla, faraday and ampere in one region, newton and curie in another, bohr alone in the third. */
const places: Places = {
  mesh: 'aether',
  regions: [
    { name: 'west', hosts: ['tesla', 'faraday', 'ampere'] },
    { name: 'north', hosts: ['newton', 'curie'] },
    { name: 'usa', hosts: ['bohr'] },
  ],
  cutOff: hosts => ({ tunnels: 5 * hosts.length, instances: 14 }),
}
const all: Rules = {
  ...{ on: ['host', 'tunnel', 'instance', 'service', 'problem'], atLeast: 'warn', hold: 30_000, places },
}

/** `tesla`, `tesla>bohr`, `db-postgres@tesla`, `db:`, `tesla!pool` */
function subjectOf(text: string): Subject {
  if (text.includes('!')) return { kind: 'problem', name: text.split('!')[0] ?? '', what: text.split('!')[1] ?? '' }
  const kind = text.includes('>') ? 'tunnel' : text.includes('@') ? 'instance' : text.endsWith(':') ? 'service' : 'host'
  return { kind, name: text.replace(/:$/, '') }
}

const levelOf = (word: string): Level =>
  ['up', 'works', 'solved', 'replica'].includes(word)
    ? 'ok'
    : word === '?'
      ? 'unknown'
      : ['stale', 'warn', 'degraded'].includes(word)
        ? 'warn'
        : 'bad'

const event = (at: number, subject: string, after: string, why = ''): Event => ({
  ...{ at: at * 1000, subject: subjectOf(subject), level: levelOf(after), before: '', after, why, flapping: false },
})

/** What is told, as `seconds: line`, when something happens at these seconds and every fifth second is looked at. */
function told(happens: readonly (readonly [number, string, string, string?])[], until: number, rules = all): string[] {
  return messagesOf(
    happens.map(one => event(...one)),
    until,
    rules,
  ).map(({ at, message }) => `${at}: ${lineOf(message, places)}`)
}

function messagesOf(
  events: readonly Event[],
  until: number,
  rules = all,
  tick = 5,
): { at: number; message: Message }[] {
  let state: Damping = nothingKnown
  const found: { at: number; message: Message }[] = []
  for (let now = 0; now <= until; now += tick) {
    const fresh = events.filter(({ at }) => at > (now - tick) * 1000 && at <= now * 1000)
    const result = damp(rules, state, fresh, now * 1000)
    state = result.state
    found.push(...result.messages.map(message => ({ at: now, message })))
  }
  return found
}

describe('of changes', () => {
  const both = (host: string, from: number, to: number): [number, string, string][] => [
    [from, host, 'down'],
    [to, host, 'up'],
  ]
  test.each<[string, [number, string, string, string?][], number, string[]]>([
    ['nothing, nothing', [], 100, []],
    [
      'a trouble, when it lasts',
      [[10, 'tesla', 'down', 'does not answer']],
      400,
      ['40: host tesla is down: does not answer; 5 tunnels and 14 instances with it'],
    ],
    ['a trouble that is over before, nothing', both('tesla', 10, 35), 400, []],
    [
      'a trouble and its end',
      both('tesla', 10, 110),
      400,
      ['40: host tesla is down; 5 tunnels and 14 instances with it', '140: host tesla is up again, after 2 min'],
    ],
    [
      'an end that does not last, nothing',
      [
        [10, 'tesla', 'down'],
        [100, 'tesla', 'up'],
        [120, 'tesla', 'down'],
      ],
      400,
      ['40: host tesla is down; 5 tunnels and 14 instances with it'],
    ],
    [
      'what was well and is well, nothing',
      [
        [10, 'db:', 'works'],
        [20, 'db-postgres@tesla', 'replica'],
      ],
      400,
      [],
    ],
    [
      'the same again, nothing',
      [
        [10, 'db:', 'degraded'],
        [60, 'db:', 'degraded'],
        [90, 'db:', 'degraded'],
      ],
      400,
      ['40: service db: degraded'],
    ],
    [
      'a trouble that gets worse, both',
      [
        [10, 'db:', 'degraded'],
        [60, 'db:', 'no quorum'],
        [200, 'db:', 'works'],
      ],
      400,
      ['40: service db: degraded', '90: service db: no quorum', '230: service db: works again, after 3 min'],
    ],
    [
      'a trouble that nobody can see any more, nothing yet',
      [
        [10, 'tesla>bohr', 'down'],
        [20, 'tesla>bohr', '?'],
      ],
      400,
      [],
    ],
    [
      'a told trouble that nobody sees any more, its end when it is seen',
      [
        [10, 'tesla>bohr', 'down'],
        [60, 'tesla>bohr', '?'],
        [300, 'tesla>bohr', 'up'],
      ],
      400,
      ['40: tunnel tesla>bohr is down', '330: tunnel tesla>bohr is up again, after 5 min'],
    ],
    [
      'two problems of a host, each',
      [
        [10, 'tesla!pool', 'warn', 'pool zroot is DEGRADED'],
        [50, 'tesla!pf', 'bad', 'pf is off'],
        [100, 'tesla!pool', 'solved'],
      ],
      400,
      ['40: tesla: pool zroot is DEGRADED', '80: tesla: pf is off', '130: tesla has no longer: pool zroot is DEGRADED'],
    ],
    [
      'a word of an instance, with its reason',
      [
        [10, 'db-postgres@tesla', 'no leader', 'etcd is away'],
        [90, 'db-postgres@tesla', 'replica'],
      ],
      400,
      ['40: db-postgres@tesla: no leader (etcd is away)', '120: db-postgres@tesla: replica again, after 80 s'],
    ],
  ])('%s is told', (_, happens, until, expected) => expect(told(happens, until)).toEqual(expected))

  test('only those that were asked for are told', () => {
    const happens: [number, string, string][] = [
      [10, 'db:', 'degraded'],
      [10, 'tesla>bohr', 'down'],
      [10, 'tesla', 'down'],
      [100, 'db:', 'no quorum'],
      [200, 'db:', 'degraded'],
    ]
    expect(told(happens, 400, { ...all, on: ['service'], atLeast: 'bad' })).toEqual([
      '130: service db: no quorum',
      '230: service db: degraded now, after 2 min',
    ])
    expect(told(happens, 400, { ...all, on: ['service'], hold: 0 })).toEqual([
      '10: service db: degraded',
      '100: service db: no quorum',
      '200: service db: degraded',
    ])
    expect(told(happens, 400, { ...all, on: ['instance'] })).toEqual([])
    const number: Event = { ...event(10, 'tesla>bohr', 'down'), subject: { kind: 'tunnel', name: 'many' } }
    expect(messagesOf([number], 400)).toEqual([])
  })
})

describe('of a host that is down', () => {
  const tunnels: [number, string, string][] = [
    [12, 'bohr>tesla', 'down'],
    [14, 'tesla>bohr', 'down'],
    [15, 'db-postgres@tesla', 'no answer'],
    [15, 'tesla!pf', 'bad'],
    [200, 'curie>tesla', 'down'],
  ]
  const back: [number, string, string][] = [
    [500, 'bohr>tesla', 'up'],
    [505, 'tesla>bohr', 'up'],
    [500, 'curie>tesla', 'up'],
    [520, 'db-postgres@tesla', 'replica'],
    [505, 'tesla!pf', 'solved'],
  ]

  test('what goes with it is not told', () => {
    expect(told([[10, 'tesla', 'down'], ...tunnels, [490, 'tesla', 'up'], ...back], 1500)).toEqual([
      '40: host tesla is down; 5 tunnels and 14 instances with it',
      '520: host tesla is up again, after 8 min',
    ])
  })

  test('what goes just before it is not told either', () => {
    expect(told([...tunnels, [20, 'tesla', 'down'], [490, 'tesla', 'up'], ...back], 1500)).toHaveLength(2)
  })

  test('what does not come back with it is told, after as long as anything else', () => {
    const left = back.filter(([, subject]) => subject !== 'db-postgres@tesla')
    expect(told([[10, 'tesla', 'down'], ...tunnels, [490, 'tesla', 'up'], ...left], 1500)).toEqual([
      '40: host tesla is down; 5 tunnels and 14 instances with it',
      '520: host tesla is up again, after 8 min',
      '550: db-postgres@tesla: no answer',
    ])
  })

  test('what was told before is told when it ends', () => {
    expect(
      told(
        [
          [10, 'db-postgres@tesla', 'no answer'],
          [100, 'tesla', 'down'],
          [300, 'tesla', 'up'],
          [305, 'db-postgres@tesla', 'replica'],
        ],
        1000,
      ),
    ).toEqual([
      '40: db-postgres@tesla: no answer',
      '130: host tesla is down; 5 tunnels and 14 instances with it',
      '330: host tesla is up again, after 3 min',
      '335: db-postgres@tesla: replica again, after 5 min',
    ])
  })

  test('services, tunnels of others, and what goes with it are told where nobody asks for hosts', () => {
    expect(
      told(
        [
          [10, 'tesla', 'down'],
          [15, 'db:', 'no quorum'],
          [12, 'bohr>tesla', 'down'],
          [12, 'bohr>curie', 'down'],
        ],
        300,
      ),
    ).toEqual([
      '40: host tesla is down; 5 tunnels and 14 instances with it',
      '45: service db: no quorum',
      '45: tunnel bohr>curie is down',
    ])
    expect(
      told(
        [
          [10, 'tesla', 'down'],
          [12, 'bohr>tesla', 'down'],
        ],
        300,
        { ...all, on: ['tunnel'] },
      ),
    ).toEqual(['45: tunnel bohr>tesla is down'])
  })
})

describe('of a region', () => {
  test('one message tells that it is down, and one that it is back', () => {
    expect(
      told(
        [
          [10, 'newton', 'down'],
          [25, 'curie', 'down'],
          [300, 'newton', 'up'],
          [300, 'curie', 'up'],
        ],
        1000,
      ),
    ).toEqual([
      '55: region north (newton, curie) is down; 10 tunnels and 14 instances with it',
      '330: region north (newton, curie) is up again, after 5 min',
    ])
  })

  test('that is not down as a whole, its hosts are told', () => {
    expect(
      told(
        [
          [10, 'tesla', 'down'],
          [10, 'faraday', 'down'],
          [12, 'bohr', 'down'],
        ],
        300,
      ),
    ).toEqual([
      '40: host tesla is down; 5 tunnels and 14 instances with it',
      '40: host faraday is down; 5 tunnels and 14 instances with it',
      '45: host bohr is down; 5 tunnels and 14 instances with it',
    ])
  })

  test('that loses its last host later, that is told of the region; that gets them back one by one, of each', () => {
    expect(
      told(
        [
          [10, 'newton', 'down'],
          [200, 'curie', 'down'],
          [400, 'curie', 'up'],
          [500, 'newton', 'up'],
        ],
        1000,
      ),
    ).toEqual([
      '40: host newton is down; 5 tunnels and 14 instances with it',
      '230: region north (newton, curie) is down; 10 tunnels and 14 instances with it',
      '430: host curie is up again, after 3 min',
      '530: host newton is up again, after 8 min',
    ])
  })

  test('whose last host was away for a moment, only the others are told', () => {
    expect(
      told(
        [
          [10, 'newton', 'down'],
          [25, 'curie', 'down'],
          [50, 'curie', 'up'],
        ],
        300,
      ),
    ).toEqual(['50: host newton is down; 5 tunnels and 14 instances with it'])
  })

  test('and of all regions, one message tells that everything is', () => {
    const hosts = places.regions.flatMap(region => region.hosts)
    expect(
      told(
        [
          ...hosts.map((host, i): [number, string, string, string] => [10 + i, host, 'down', 'network is unreachable']),
          ...hosts.map((host): [number, string, string] => [100, host, 'up']),
        ],
        300,
      ),
    ).toEqual([
      '45: all of aether (6 hosts) is down: network is unreachable; perhaps it is the network of whoever watches',
      '130: all of aether (6 hosts) is up again, after 90 s',
    ])
  })
})

describe('of what changes all the time', () => {
  const flaps = (subject: string, from: number, times: number, every = 20): [number, string, string][] =>
    Array.from({ length: times }, (_, i) => [from + i * every, subject, i % 2 === 0 ? 'down' : 'up'])

  test('one message tells so, and one that it is calm', () => {
    expect(told(flaps('tesla>bohr', 10, 20), 1500)).toEqual([
      '90: tunnel tesla>bohr changes all the time, and is told of again when it is calm',
      '690: tunnel tesla>bohr is up again, after 6 min',
    ])
    expect(told(flaps('tesla>bohr', 10, 21), 1500)).toEqual([
      '90: tunnel tesla>bohr changes all the time, and is told of again when it is calm',
      '710: tunnel tesla>bohr is down',
    ])
  })

  test('four changes are not yet all the time', () => {
    expect(told(flaps('tesla>bohr', 10, 4), 1500)).toEqual([])
    expect(told(flaps('tesla>bohr', 10, 4, 100), 1500)).toHaveLength(4)
    // Nor are five that do not fall together.
    expect(told(flaps('tesla>bohr', 10, 6, 200), 2500)).toHaveLength(6)
  })

  test('tunnels that flap with their host are not told', () => {
    const lines = told(
      [
        ...flaps('bohr', 10, 11, 50),
        ...flaps('tesla>bohr', 12, 11, 50),
        [700, 'bohr', 'up'],
        [700, 'tesla>bohr', 'up'],
      ],
      3000,
    )
    expect(lines.filter(line => line.includes('tunnel '))).toEqual([])
    expect(lines.at(-1)).toContain('host bohr is up again')
  })
})

describe('whatever happens', () => {
  const subjects = [
    'tesla',
    'faraday',
    'ampere',
    'newton',
    'curie',
    'bohr',
    'tesla>bohr',
    'curie>newton',
    'db-postgres@bohr',
    'db:',
    'tesla!pool',
  ]
  const words: Readonly<Record<string, readonly string[]>> = {
    host: ['up', 'stale', 'down'],
    tunnel: ['up', 'lossy', 'one-way', 'down', '?'],
    instance: ['replica', 'no answer', '?'],
    service: ['works', 'degraded', 'no quorum'],
    problem: ['solved', 'warn', 'bad'],
  }
  const happening = fc
    .tuple(fc.nat(3000), fc.constantFrom(...subjects))
    .chain(([at, subject]) =>
      fc.constantFrom(...(words[subjectOf(subject).kind] ?? [])).map(word => event(at, subject, word)),
    )
  const history = fc.array(happening, { maxLength: 120 }).map(events => events.toSorted((a, b) => a.at - b.at))
  const rules = fc.record({
    on: fc.subarray([...all.on], { minLength: 1 }),
    atLeast: fc.constantFrom('warn' as const, 'bad' as const),
    hold: fc.constantFrom(0, 30_000, 120_000),
    places: fc.constant(places),
  })
  /** Who a message is about: of a region, all of its hosts. */
  const about = ({ subject, hosts }: Message): readonly string[] =>
    hosts.length > 0 ? hosts.map(host => `host ${host}`) : [`${subject.kind} ${subject.name} ${subject.what ?? ''}`]

  test('nothing is told twice, and what ends was told', () => {
    fc.assert(
      fc.property(history, rules, (events, of) => {
        const last = new Map<string, string>()
        for (const { message } of messagesOf(events, 4000, of))
          for (const who of about(message)) {
            const word = message.kind === 'trouble' ? message.after : message.kind
            // A region is told when its last host goes; those that went before are in it.
            if (message.subject.kind !== 'region' && message.subject.kind !== 'mesh')
              expect(word).not.toBe(last.get(who))
            if (message.kind === 'ended') expect(last.has(who)).toBe(true)
            if (message.kind === 'ended') last.delete(who)
            else last.set(who, word)
          }
      }),
    )
  })

  test('every trouble that was told and ends is told to have ended', () => {
    fc.assert(
      fc.property(history, rules, (events, of) => {
        const wells = subjects.map(subject => event(3600, subject, words[subjectOf(subject).kind]?.[0] ?? ''))
        const open = new Set<string>()
        let state: Damping = nothingKnown
        for (const { message } of messagesOf([...events, ...wells], 6000, of))
          for (const who of about(message)) {
            if (message.kind === 'ended') open.delete(who)
            else open.add(who)
          }
        expect([...open]).toEqual([])
        // And then nothing is remembered of it.
        for (let now = 0; now <= 6000; now += 5)
          state = damp(
            of,
            state,
            [...events, ...wells].filter(({ at }) => at > (now - 5) * 1000 && at <= now * 1000),
            now * 1000,
          ).state
        expect(state.size).toBe(0)
      }),
      { numRuns: 50 },
    )
  })

  test('a trouble that lasts is told, of itself or of its host', () => {
    fc.assert(
      fc.property(history, rules, fc.constantFrom(...subjects), (events, of, subject) => {
        const { kind } = subjectOf(subject)
        const worst = words[kind]?.findLast(word => word !== '?') ?? ''
        const messages = messagesOf([...events, event(3600, subject, worst)], 6000, of)
        if (!of.on.includes(kind)) return
        const state = messages
          .filter(({ message }) =>
            about(message).some(who => who.startsWith(`${kind} ${subject.replace(/[:!].*$/, '')}`)),
          )
          .at(-1)
        const hosts = subject.split(/[>@!]/).filter(name => name !== '' && name !== subject)
        const hostTold = messages.some(
          ({ message }) => message.kind !== 'ended' && message.hosts.some(host => hosts.includes(host)),
        )
        expect(hostTold || state?.message.kind === 'trouble').toBe(true)
      }),
    )
  })

  test('however often it changes, few messages come within ten minutes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 200 }), { maxLength: 200 }),
        fc.constantFrom(0, 30_000),
        (gaps, hold) => {
          let at = 0
          const events = gaps.map((gap, i) => event((at += gap), 'tesla>bohr', i % 2 === 0 ? 'down' : 'up'))
          const times = messagesOf(events, at + 1000, { ...all, hold }).map(one => one.at)
          for (const from of times)
            expect(times.filter(time => time >= from && time < from + 600).length).toBeLessThanOrEqual(7)
          // Of many changes, never more than a message for each, and the one that says so.
          expect(times.length).toBeLessThanOrEqual(events.length + 1)
        },
      ),
    )
  })
})

describe('a message', () => {
  const message: Message = {
    ...{ kind: 'trouble', subject: { kind: 'host', name: 'tesla' }, level: 'bad', before: '', after: 'down' },
    ...{ why: 'said \u001b[2J\n**no**', since: 1_700_000_000_000, lasted: null, hosts: ['tesla'] },
  }
  test('is one line without control characters, and JSON for programs', () => {
    expect(lineOf(message, places)).toBe('host tesla is down: said �[2J�**no**; 5 tunnels and 14 instances with it')
    expect(lineOf({ ...message, why: 'x'.repeat(5000) }, places)).toHaveLength(500)
    expect(jsonOf(message, places)).toEqual({
      ...{
        mesh: 'aether',
        kind: 'trouble',
        subject: { kind: 'host', name: 'tesla' },
        level: 'bad',
        state: 'down',
        before: '',
      },
      ...{ why: 'said �[2J�**no**', since: '2023-11-14T22:13:20.000Z', lastedSeconds: null, hosts: ['tesla'] },
      text: lineOf(message, places),
    })
    expect(jsonOf({ ...message, since: NaN }, places).since).toBeNull()
  })

  test('counts what is cut off by the plan', () => {
    const of = placesOf(fleet)
    expect(of.regions).toEqual([
      { name: 'east', hosts: ['faraday', 'tesla'] },
      { name: 'west', hosts: ['bohr'] },
    ])
    expect(of.cutOff(['tesla'])).toEqual({ tunnels: 2, instances: 1 })
    expect(of.cutOff(['tesla', 'faraday'])).toEqual({ tunnels: 3, instances: 1 })
    expect(of.cutOff(['nobody'])).toEqual({ tunnels: 0, instances: 0 })
  })
})
