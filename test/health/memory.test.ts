import { expect, test } from 'vitest'
import { type Snapshot, tunnelAt } from '../../src/health/snapshot.ts'
import { tunnelBetween } from '../../src/health/fleet.ts'
import { interval, numberOf, type PeerSketch, peersOf, shippedFleet, sketchedFleet, Watched } from './fleets.ts'

const three = sketchedFleet({
  north: { a: { at: '192.0.2.1' }, b: { at: '192.0.2.2' } },
  south: { c: {} },
})

const tunnel = (snapshot: Snapshot, from: string, to: string) =>
  tunnelAt(
    snapshot,
    tunnelBetween(snapshot.fleet.tunnels, numberOf(snapshot.fleet, from), numberOf(snapshot.fleet, to)),
  )
const stateOf = (snapshot: Snapshot, name: string) => snapshot.hosts[numberOf(snapshot.fleet, name)]?.state
const told = (snapshot: Snapshot) =>
  snapshot.events.map(({ subject, before, after }) => `${subject.kind} ${subject.name}: ${before} → ${after}`)
const links = (peers: Readonly<Record<string, PeerSketch>>) => peersOf(three, peers)

test('every directed tunnel knows its other end, and keepalives of either side', () => {
  const { tunnels } = three
  expect(tunnels.count).toBe(6)
  for (let i = 0; i < tunnels.count; i += 1) {
    const back = tunnels.back[i] ?? -1
    expect([tunnels.from[back], tunnels.to[back], tunnels.back[back]]).toEqual([tunnels.to[i], tunnels.from[i], i])
  }
  // Only c is behind NAT.
  const at = (from: string, to: string) =>
    tunnels.keepalive[tunnelBetween(tunnels, numberOf(three, from), numberOf(three, to))]
  expect([at('a', 'b'), at('a', 'c'), at('c', 'a')]).toEqual([0, 25, 25])
  expect(tunnelBetween(tunnels, 0, 0)).toBe(-1)
})

test('rates follow from counters, and a counter that begins anew says nothing', () => {
  const watched = new Watched(three)
  watched.tick({ a: links({ b: { age: 5, received: 1000, sent: 500 } }) })
  const second = watched.tick({ a: links({ b: { age: 15, received: 3000, sent: 1500 } }) })
  expect(tunnel(second, 'a', 'b')).toMatchObject({
    received: 200,
    sent: 100,
    state: 'up',
    why: 'packets cross both ways',
  })
  const third = watched.tick({ a: links({ b: { age: 2, received: 10, sent: 10 } }) })
  expect(tunnel(third, 'a', 'b')).toMatchObject({ received: null, sent: null, state: 'up' })
})

test('a host that is heard of no more is stale within two ticks, and down after four', () => {
  const watched = new Watched(three)
  const says = { a: links({}), b: links({ a: { age: 1 } }) }
  expect(stateOf(watched.tick(says), 'b')).toBe('up')
  const states = [1, 2, 3, 4, 5].map(() => stateOf(watched.tick({ a: links({}) }), 'b'))
  expect(states).toEqual(['up', 'up', 'stale', 'stale', 'down'])
  expect(stateOf(watched.tick(says), 'b')).toBe('up')
})

test('a host that does not answer is stale at once, down the next time, and back with its first report', () => {
  const watched = new Watched(three)
  const well = { a: links({ b: { age: 1 } }), b: links({ a: { age: 1 } }), c: links({}) }
  watched.tick(well)
  const states = [null, null, null].map(b => stateOf(watched.tick({ ...well, b }), 'b'))
  expect(states).toEqual(['stale', 'down', 'down'])
  const back = watched.tick(well)
  expect(back.hosts[1]).toMatchObject({ state: 'up', why: '' })
  expect(told(back).filter(text => text.startsWith('host'))).toEqual([
    'host b: up → stale',
    'host b: stale → down',
    'host b: down → up',
  ])
})

test('rows of a silent host are unknown, not down', () => {
  const watched = new Watched(three)
  watched.tick({ b: links({ a: { age: 1 } }) })
  expect(tunnel(watched.tick({ b: null }), 'b', 'a')).toMatchObject({ state: 'unknown', why: 'its host does not tell' })
})

test('a host that only the watcher cannot reach is said to be heard by its peers', () => {
  const watched = new Watched(three)
  watched.tick({ a: links({ b: { age: 1, received: 10, sent: 1 } }), b: links({}) })
  const silent = watched.tick({ a: links({ b: { age: 11, received: 900, sent: 2 } }), b: null })
  expect(silent.hosts[1]?.why).toBe('does not answer; its peers heard it 0 s ago')
  const gone = watched.tick({ a: null, b: null })
  expect(gone.hosts[1]?.why).toBe('does not answer')
})

test('who sends data for two minutes and hears nothing is one-way; who only keeps alive is not', () => {
  const data = new Watched(three)
  const idle = new Watched(three)
  const [ofData, ofIdle] = [[] as string[], [] as string[]]
  for (let tick = 0; tick < 15; tick += 1) {
    const age = tick * 10
    ofData.push(tunnel(data.tick({ a: links({ c: { age, received: 5000, sent: 1000 * tick } }) }), 'a', 'c').state)
    // An empty packet every 25 s.
    const sent = 32 * Math.floor((tick * 10) / 25)
    ofIdle.push(tunnel(idle.tick({ a: links({ c: { age, received: 5000, sent } }) }), 'a', 'c').state)
  }
  expect(ofData[11]).toBe('up')
  expect(ofData.at(-1)).toBe('one-way')
  expect(new Set(ofIdle)).toEqual(new Set(['up']))
})

test('of a tunnel through which packets go one way, both ends say which', () => {
  const watched = new Watched(three)
  // a's packets do not arrive at b; b's arrive at a, who cannot answer them.
  const say = (tick: number) =>
    watched.tick({
      a: links({ b: { age: 10 * tick, received: 200 * tick, sent: 300 * tick, echo: null } }),
      b: links({ a: { age: 10 * tick, received: 0, sent: 200 * tick, echo: null } }),
    })
  for (let i = 0; i < 6; i += 1) say(i)
  const snapshot = say(6)
  expect(tunnel(snapshot, 'a', 'b')).toMatchObject({ state: 'one-way', why: 'its packets do not arrive' })
  expect(tunnel(snapshot, 'b', 'a')).toMatchObject({ state: 'one-way', why: 'sends and hears nothing' })
})

for (const seconds of [1, 10, 60, 600, 3600])
  test(`looked at every ${seconds} s, what crosses is well between two looks, though nobody answers echoes`, () => {
    const watched = new Watched(three, seconds * 1000)
    const states = new Set<string>()
    for (let tick = 0; tick < 12; tick += 1) {
      const [received, sent] = [2000 * tick, 1500 * tick]
      const age = (tick * seconds) % 120
      watched.tick({
        a: links({ b: { age, received, sent, echo: null } }),
        b: links({ a: { age, received: sent, sent: received } }),
      })
      for (const part of [0, 0.5, 0.95]) {
        const snapshot = watched.memory.snapshot(watched.now + part * seconds * 1000)
        if (tick >= 4)
          for (const [from, to] of [
            ['a', 'b'],
            ['b', 'a'],
          ] as const)
            states.add(`${from}>${to} ${tunnel(snapshot, from, to).state}`)
      }
    }
    expect(states).toEqual(new Set(['a>b lossy', 'b>a up']))
  })

for (const seconds of [60, 600, 3600])
  test(`looked at every ${seconds} s, an idle tunnel with a keepalive is up between two looks`, () => {
    const watched = new Watched(three, seconds * 1000)
    const states = new Set<string>()
    for (let tick = 0; tick < 5; tick += 1) {
      watched.tick({ c: links({ a: { age: (37 * tick) % 120, received: 92 * tick, sent: 500 * tick } }) })
      for (const part of [0, 0.5, 0.95, 1.9])
        states.add(tunnel(watched.memory.snapshot(watched.now + part * seconds * 1000), 'c', 'a').state)
    }
    expect(states).toEqual(new Set(['up']))
  })

test('what was sent just before a rare look is not unanswered since the look before it', () => {
  const watched = new Watched(three, 600_000)
  const state = (received: number, sent: number) =>
    tunnel(watched.tick({ a: links({ b: { age: 1, received, sent } }) }), 'a', 'b').state
  expect([state(0, 0), state(0, 148), state(92, 400), state(92, 900)]).toEqual(['up', 'up', 'up', 'up'])
  expect(state(92, 9000)).toBe('one-way')
})

test('echoes make a round trip and a loss', () => {
  const watched = new Watched(three)
  const ask = (echo: number | null) => watched.tick({ a: links({ b: { age: 1, echo } }) })
  ask(20)
  ask(20)
  ask(null)
  ask(null)
  ask(null)
  expect(tunnel(ask(24), 'a', 'b')).toMatchObject({
    roundTrip: 24,
    loss: 0.5,
    state: 'lossy',
    why: '50 % of echoes lost',
  })
  for (let i = 0; i < 20; i += 1) ask(30)
  expect(tunnel(ask(30), 'a', 'b')).toMatchObject({ roundTrip: 30, loss: 0, state: 'up', why: 'echo after 30 ms' })
  ask(null)
  ask(null)
  expect(tunnel(ask(null), 'a', 'b')).toMatchObject({ state: 'stale', why: 'echoes stay away' })
})

test('after an outage the first echo says that the tunnel is up', () => {
  const watched = new Watched(three)
  const ask = (echo: number | null) => tunnel(watched.tick({ a: links({ b: { age: 1, echo } }) }), 'a', 'b')
  ask(20)
  for (let i = 0; i < 6; i += 1) ask(null)
  expect(ask(null)).toMatchObject({ state: 'down', loss: 0.875 })
  expect(ask(21)).toMatchObject({ state: 'up', loss: 0, why: 'echo after 21 ms' })
})

test('a peer that wg0 does not know is down', () => {
  const watched = new Watched(three)
  const snapshot = watched.tick({ a: links({ b: { age: 1 } }) })
  expect(tunnel(snapshot, 'a', 'c')).toMatchObject({ state: 'down', why: 'wg0 does not know this peer' })
  expect(snapshot.hosts[0]?.tunnels).toMatchObject({ up: 1, down: 1 })
})

test('what becomes of the tunnels of a host that is down is no news beside it', () => {
  const watched = new Watched(three)
  const echo = { age: 1, echo: 10 }
  const lost = { age: 1, echo: null }
  watched.tick({ a: links({ b: echo, c: echo }), b: links({ a: echo, c: echo }), c: links({ a: echo, b: echo }) })
  for (let i = 0; i < 4; i += 1)
    watched.tick({ a: links({ b: lost, c: echo }), b: null, c: links({ a: echo, b: lost }) })
  const end = watched.tick({ a: links({ b: lost, c: lost }), b: null, c: links({ a: lost, b: lost }) })
  expect(told(end)).toEqual(['host b: up → stale', 'host b: stale → down'])
})

test('a tunnel between two hosts that speak is news, once each way', () => {
  const watched = new Watched(three)
  const say = (echo: number | null) =>
    watched.tick({ a: links({ b: { age: 1, echo } }), b: links({ a: { age: 1, echo } }), c: links({}) })
  say(5)
  for (let i = 0; i < 6; i += 1) say(null)
  // c is never in the lists of a and b: known bad from the first tick on.
  const news = told(say(null)).filter(text => /a>b|b>a/.test(text))
  expect(news).toEqual([
    ...['tunnel a>b: up → stale', 'tunnel b>a: up → stale'],
    ...['tunnel a>b: stale → down', 'tunnel b>a: stale → down'],
  ])
})

test('tunnels of a host that was away are no news when they are as they were', () => {
  const watched = new Watched(three)
  const echo = { age: 1, echo: 10, received: 0, sent: 0 }
  const lost = { age: 1, echo: null }
  const well = { a: links({ b: echo, c: echo }), b: links({ a: echo, c: echo }), c: links({ a: echo, b: echo }) }
  watched.tick(well)
  const away = { a: links({ b: lost, c: echo }), b: null, c: links({ a: echo, b: lost }) }
  for (let i = 0; i < 9; i += 1) watched.tick(away)
  // What the silent one measured once is not how things are.
  expect(tunnel(watched.tick(away), 'b', 'a')).toMatchObject({ state: 'unknown', roundTrip: null, loss: null })
  watched.tick(well)
  expect(told(watched.tick(well)).filter(text => text.startsWith('tunnel'))).toEqual([])
})

test('what changes again and again is said to flap', () => {
  const watched = new Watched(three)
  const last = Array.from({ length: 8 }, (_, i) => watched.tick({ a: i % 2 === 0 ? links({}) : null })).at(-1)
  const events = last?.events.filter(({ subject }) => subject.kind === 'host') ?? []
  expect(events.map(({ flapping }) => flapping)).toEqual([false, false, false, false, true, true, true])
})

const system = {
  clock: 0,
  booted: 0,
  cpus: 4,
  load: [0, 0, 0],
  memory: { total: 100, free: 50 },
  release: null,
} as const

for (const [what, report, problems] of [
  ['is well', { pools: [{ name: 'zroot', size: 100, allocated: 89, health: 'ONLINE' }] }, []],
  [
    'has a degraded pool',
    { pools: [{ name: 'zroot', size: 100, allocated: 1, health: 'DEGRADED' }] },
    ['warn pool zroot is DEGRADED'],
  ],
  [
    'has a suspended pool',
    { pools: [{ name: 'tank', size: 100, allocated: 1, health: 'SUSPENDED' }] },
    ['bad pool tank is SUSPENDED'],
  ],
  [
    'has a full pool',
    { pools: [{ name: 'zroot', size: 100, allocated: 98, health: 'ONLINE' }] },
    ['bad pool zroot is 98 % full'],
  ],
  [
    'filters nothing',
    { pf: { enabled: false, defaultDeny: null, states: null, labels: [] } },
    ['bad pf is off: nothing is filtered'],
  ],
  [
    'lets all in',
    { pf: { enabled: true, defaultDeny: false, states: 5, labels: [] } },
    ['bad pf does not deny by default'],
  ],
  ['filters', { pf: { enabled: true, defaultDeny: true, states: 5, labels: [] } }, []],
  [
    'was edited',
    { drift: { checked: 3, changed: ['/etc/pf.conf'], missing: [] } },
    ['warn /etc/pf.conf is not as built'],
  ],
  [
    'was edited twice',
    { drift: { checked: 3, changed: ['/etc/a'], missing: ['/etc/b'] } },
    ['warn 2 files are not as built: /etc/a and more'],
  ],
  ['is as built', { drift: { checked: 3, changed: [], missing: [] } }, []],
  [
    'has a carp address that waits',
    { carp: [{ interface: 'em0', vhid: 3, state: 'INIT' }] },
    ['warn carp vhid 3 on em0 is INIT'],
  ],
  ['shares an address', { carp: [{ interface: 'em0', vhid: 3, state: 'BACKUP' }] }, []],
  ['could not tell all', { missing: { zpool: 'no answer in time' } }, ['warn zpool: no answer in time']],
] as const)
  test(`a host that ${what}`, () => {
    const snapshot = new Watched(three).tick({ a: report })
    expect(snapshot.hosts[0]?.problems.map(({ level, text }) => `${level} ${text}`)).toEqual(problems)
  })

test('clocks, load, memory and a kernel that waits for its reboot', () => {
  const watched = new Watched(three)
  const at = (watched.now + interval) / 1000
  const problems = (of: object) =>
    new Watched(three)
      .tick({ a: { system: { ...system, clock: at, ...of } } })
      .hosts[0]?.problems.map(({ text }) => text)
  expect(problems({})).toEqual([])
  expect(problems({ clock: at - 30 })).toEqual(['its clock is 30 s off'])
  expect(problems({ clock: at - 2 })).toEqual([])
  expect(problems({ load: [9, 8.5, 8] })).toEqual(['load 8.5 on 4 cores'])
  expect(problems({ memory: { total: 1000, free: 29 } })).toEqual(['memory is nearly full'])
  const release = { kernel: '14.4-RELEASE-p2', running: '14.4-RELEASE-p1', userland: '14.4-RELEASE-p2' }
  expect(problems({ release })).toEqual(['runs 14.4-RELEASE-p1, has 14.4-RELEASE-p2: wants a reboot'])
  expect(problems({ release: { ...release, running: '14.4-RELEASE-p2' } })).toEqual([])
})

test('a problem is told when it comes and when it goes, not when its number grows', () => {
  const watched = new Watched(three)
  const full = (allocated: number) => ({ a: { pools: [{ name: 'zroot', size: 100, allocated, health: 'ONLINE' }] } })
  for (const allocated of [50, 91, 92, 93, 98, 50]) watched.tick(full(allocated))
  expect(told(watched.memory.snapshot(watched.now)).map(text => text.replace(/^problem a: /, ''))).toEqual([
    'unknown → warn',
    'warn → bad',
    'bad → solved',
  ])
})

test('what a clock that is far off says of the boot is held against that clock', () => {
  const watched = new Watched(three)
  let last: Snapshot | undefined
  for (let tick = 0; tick < 40; tick += 1) {
    const clock = watched.now / 1000 + 86_400
    last = watched.tick({ c: { ...links({ a: {} }), system: { ...system, clock, booted: clock - 7200 } } })
  }
  expect(last && tunnel(last, 'c', 'a')).toMatchObject({ state: 'down', why: 'never shook hands' })
})

test('the clock of a host whose look was cut off is not held against the end of the look', () => {
  const watched = new Watched(three)
  const clock = (watched.now + interval) / 1000
  const of = (off: number) =>
    new Watched(three).tick({
      a: { took: null, missing: { jls: 'no answer in time' }, system: { ...system, clock: clock + off } },
    }).hosts[0]?.problems
  const cut = { level: 'warn', text: 'jls: no answer in time' }
  expect(of(-9)).toMatchObject([cut])
  expect(of(-30)).toMatchObject([{ text: 'its clock is 30 s off' }, cut])
  expect(of(9)).toMatchObject([{ text: 'its clock is 9 s off' }, cut])
})

test('one instance that is bad takes no service down while the others are not asked yet', async () => {
  const fleet = await shippedFleet()
  const watched = new Watched(fleet)
  const [files] = fleet.services.filter(({ name }) => name === 'files')
  const [one] = files?.roles[0]?.instances ?? []
  const host = fleet.hosts[one?.host ?? -1]
  if (one === undefined || host === undefined) throw new Error('no files')
  const answers = host.instances.map(({ jail }) => ({
    ...{ jail, alive: jail !== one.jail, why: 'HTTP 503', samples: null },
  }))
  const first = watched.tick({ [host.name]: { jails: host.jails, answers } })
  expect(first.services.find(({ service }) => service.name === 'files')).toMatchObject({ word: 'degraded' })
})

test('services: who answers, where the quorum is, and what is said when it goes', async () => {
  const fleet = await shippedFleet()
  const watched = new Watched(fleet)
  const well = Object.fromEntries(
    fleet.hosts.map(host => [
      host.name,
      {
        jails: host.jails,
        answers: host.instances.map(({ jail }) => ({ jail, alive: true, why: '', samples: null })),
      },
    ]),
  )
  const first = watched.tick(well)
  expect(first.services.map(({ service, word }) => `${service.name} ${word}`)).toEqual(
    fleet.services.map(({ name }) => `${name} works`),
  )
  const db = (snapshot: Snapshot) => snapshot.services.find(({ service }) => service.name === 'db')
  expect(db(first)).toMatchObject({ quorum: true, wanted: 9, placed: 9, running: 9 })

  // One etcd does not answer: still a quorum.
  const silenced = (names: readonly string[], jail: string) =>
    Object.fromEntries(
      Object.entries(well).map(([name, report]) => [
        name,
        !names.includes(name)
          ? report
          : {
              ...report,
              answers: report.answers.map(one => (one.jail === jail ? { ...one, alive: false, why: 'HTTP 503' } : one)),
            },
      ]),
    )
  const degraded = db(watched.tick(silenced(['tesla'], 'db-etcd')))
  expect(degraded).toMatchObject({ word: 'degraded', quorum: true, level: 'warn', running: 8 })
  const lost = watched.tick(silenced(['tesla', 'bohr'], 'db-etcd'))
  expect(db(lost)).toMatchObject({ word: 'etcd: no quorum', quorum: false, level: 'bad' })
  expect(told(lost)).toContain('service db: degraded → etcd: no quorum')
  expect(told(watched.tick(well))).toContain('instance db-etcd@bohr: HTTP 503 → answers')

  // A host that is silent leaves open whether there is a quorum; one that is down does not.
  watched.tick({ ...well, tesla: null, bohr: null })
  expect(db(watched.memory.snapshot(watched.now))?.quorum).toBe(null)
  expect(db(watched.tick({ ...well, tesla: null, bohr: null }))).toMatchObject({ quorum: false, level: 'bad' })
})

test('a jail that should run and does not is a problem of its host and of its service', async () => {
  const fleet = await shippedFleet()
  const host = fleet.hosts[numberOf(fleet, 'tesla')]
  if (host === undefined) throw new Error('no tesla')
  const snapshot = new Watched(fleet).tick({
    tesla: { jails: [...host.jails.filter(jail => jail !== 'db-postgres'), 'someones-own'], answers: [] },
  })
  const tesla = snapshot.hosts[host.number]
  expect(tesla).toMatchObject({ missingJails: ['db-postgres'], foreignJails: ['someones-own'], level: 'bad' })
  const db = snapshot.services.find(({ service }) => service.name === 'db')
  const postgres = db?.roles.find(({ role }) => role.name === 'postgres')?.instances.find(one => one.host === 'tesla')
  expect(postgres).toMatchObject({ state: 'bad', word: 'no jail', jailRuns: false })
})

test('what happened is kept within bounds', () => {
  const watched = new Watched(three)
  for (let i = 0; i < 600; i += 1) watched.tick({ a: i % 2 === 0 ? links({}) : null, b: links({}) })
  const snapshot = watched.memory.snapshot(watched.now)
  expect(snapshot.events.length).toBe(500)
  expect(snapshot.history.at.length).toBe(120)
  expect(snapshot.history.ofHost.map(one => one.length)).toEqual([120, 120, 120])
})
