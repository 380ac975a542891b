import fc from 'fast-check'
import { expect, test } from 'vitest'
import { judgeTunnel, spanText, type TunnelEvidence } from '../../src/health/verdict.ts'

/** An idle tunnel with a keepalive, whose host has been watched for an hour. */
const quiet: TunnelEvidence = {
  ...{ hostSpeaks: true, configured: true, handshakeAge: 60, keepalive: 25 },
  ...{
    receivedAgo: NaN,
    sentAgo: NaN,
    unansweredFor: 0,
    echoes: 0,
    lost: 0,
    lostInARow: 0,
    watchedFor: 3600,
    ...{ otherHears: null, wasLossy: false },
  },
}
const crossing = { receivedAgo: 5, sentAgo: 3 }

for (const [what, evidence, expected] of [
  ['its host is silent', { hostSpeaks: false, handshakeAge: 5, ...crossing }, 'unknown host-silent'],
  ['wg0 lacks the peer', { configured: false }, 'down not-configured'],
  ['an echo came back', { echoes: 1 }, 'up echo-answered'],
  ['an echo came back, though the handshake is old', { echoes: 5, handshakeAge: 4000 }, 'up echo-answered'],
  ['one echo of twenty was lost', { echoes: 20, lost: 1 }, 'up echo-answered'],
  ['a fifth of the echoes is lost', { echoes: 20, lost: 4 }, 'lossy echo-lost'],
  ['an eighth of the echoes is lost', { echoes: 16, lost: 2 }, 'up echo-answered'],
  ['an eighth of the echoes is lost, after it was more', { echoes: 16, lost: 2, wasLossy: true }, 'lossy echo-lost'],
  ['a third is lost, the last one too', { ...crossing, echoes: 18, lost: 6, lostInARow: 1 }, 'lossy echo-lost'],
  ['two of five echoes are lost, the last came back', { echoes: 5, lost: 2 }, 'lossy echo-lost'],
  ['two of four were lost: too few to tell', { echoes: 4, lost: 2 }, 'up echo-answered'],
  ['packets cross', { ...crossing, handshakeAge: 150 }, 'up packets-cross'],
  ['packets crossed an hour ago', { receivedAgo: 3600, sentAgo: 3600, handshakeAge: 150 }, 'up fresh-handshake'],
  [
    'packets cross but echoes stay away: a rule drops them',
    { ...crossing, echoes: 5, lost: 5, lostInARow: 5 },
    'lossy echo-lost',
  ],
  // 185 s were seen on a healthy idle link whose responder keeps it alive: rekeyed at the first keepalive after 165 s.
  ['idle and healthy at 185 s', { handshakeAge: 185 }, 'up fresh-handshake'],
  ['idle at 200 s, the limit', { handshakeAge: 200 }, 'up fresh-handshake'],
  ['idle at 201 s', { handshakeAge: 201 }, 'stale old-handshake'],
  ['idle at 300 s', { handshakeAge: 300 }, 'stale old-handshake'],
  ['no handshake for 301 s with a keepalive', { handshakeAge: 301 }, 'down no-handshake'],
  ['no handshake for a day without a keepalive', { handshakeAge: 86_400, keepalive: 0 }, 'unknown idle'],
  ['never shook hands, without a keepalive', { handshakeAge: NaN, keepalive: 0 }, 'unknown nothing-known'],
  ['never shook hands, host up for an hour', { handshakeAge: NaN }, 'down never-shook-hands'],
  ['never shook hands, host just up', { handshakeAge: NaN, watchedFor: 60 }, 'stale waits-for-first-handshake'],
  [
    'never shook hands, and echoes stay away',
    { handshakeAge: NaN, keepalive: 0, echoes: 3, lost: 3, lostInARow: 3 },
    'down no-echo',
  ],
  [
    'sends for two minutes and hears nothing',
    { unansweredFor: 120, sentAgo: 1, receivedAgo: 121 },
    'one-way hears-nothing',
  ],
  ['sends for 119 s and hears nothing', { unansweredFor: 119, sentAgo: 1, receivedAgo: 120 }, 'up packets-cross'],
  [
    'sends and hears nothing, without a keepalive',
    { keepalive: 0, unansweredFor: 200, handshakeAge: 220 },
    'one-way hears-nothing',
  ],
  ['three echoes lost, shook hands a minute ago', { echoes: 3, lost: 3, lostInARow: 3 }, 'stale no-echo'],
  [
    'three echoes lost, no fresh handshake',
    { echoes: 3, lost: 3, lostInARow: 3, handshakeAge: 250, keepalive: 0 },
    'down no-echo',
  ],
  ['six echoes lost and nothing came, shook hands a minute ago', { echoes: 6, lost: 6, lostInARow: 6 }, 'down no-echo'],
  [
    'echoes stay away, nothing comes, and the other end hears this one',
    { echoes: 4, lost: 4, lostInARow: 4, otherHears: true },
    'one-way hears-nothing',
  ],
  [
    'echoes stay away, packets come, and the other end hears nothing',
    { ...crossing, echoes: 4, lost: 4, lostInARow: 4, otherHears: false },
    'one-way unheard',
  ],
  [
    'echoes stay away, packets come, and the other end hears this one: a rule drops echoes',
    { ...crossing, echoes: 4, lost: 4, lostInARow: 4, otherHears: true },
    'lossy echo-lost',
  ],
  [
    'neither end hears the other for two minutes',
    { unansweredFor: 120, sentAgo: 1, otherHears: false },
    'down hears-nothing',
  ],
  [
    'the last packet came a minute ago and echoes stay away',
    { receivedAgo: 60, sentAgo: 1, echoes: 3, lost: 3, lostInARow: 3 },
    'stale no-echo',
  ],
  ['two echoes lost: not yet', { echoes: 2, lost: 2, lostInARow: 2 }, 'up fresh-handshake'],
] as const)
  test(`a tunnel when ${what}: ${expected}`, () => {
    const { state, reason } = judgeTunnel({ ...quiet, ...evidence })
    expect(`${state} ${reason}`).toBe(expected)
  })

const seconds = fc.oneof(fc.constant(NaN), fc.double({ min: 0, max: 1e6, noNaN: true }))
const evidence = fc.record({
  ...{ otherHears: fc.constantFrom(true, false, null), wasLossy: fc.boolean() },
  ...{ hostSpeaks: fc.boolean(), configured: fc.boolean(), handshakeAge: seconds, keepalive: fc.constantFrom(0, 25) },
  ...{ receivedAgo: seconds, sentAgo: seconds, unansweredFor: fc.double({ min: 0, max: 1e5, noNaN: true }) },
  ...{
    echoes: fc.nat(20),
    lost: fc.nat(20),
    lostInARow: fc.nat(20),
    watchedFor: fc.double({ min: 0, max: 1e6, noNaN: true }),
  },
})

test('without a keepalive, the age of the handshake alone never makes a tunnel down', () =>
  fc.assert(
    fc.property(evidence, of => {
      const { state } = judgeTunnel({
        ...of,
        configured: true,
        keepalive: 0,
        echoes: 0,
        lost: 0,
        lostInARow: 0,
        unansweredFor: 0,
      })
      expect(state).not.toBe('down')
    }),
  ))

test('a tunnel whose last echo came back works', () =>
  fc.assert(
    fc.property(evidence, of => {
      const { state } = judgeTunnel({ ...of, hostSpeaks: true, configured: true, echoes: 20, lost: 0, lostInARow: 0 })
      expect(state).toBe('up')
    }),
  ))

for (const [seconds, text] of [
  [-3, '0 s'],
  [99, '99 s'],
  [100, '2 min'],
  [5999, '100 min'],
  [6000, '2 h'],
  [172_800, '2 d'],
] as const)
  test(`${seconds} seconds are ${text}`, () => expect(spanText(seconds)).toBe(text))
