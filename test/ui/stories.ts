/** What may go wrong, as snapshots: what screens are drawn from in tests. */
import type { Fleet } from '../../src/health/fleet.ts'
import type { Snapshot } from '../../src/health/snapshot.ts'
import { demoObserver } from '../../src/health/demo/demo.ts'
import { Memory } from '../../src/health/memory.ts'
import { at, fleetOfSize, shippedFiles, shippedFleet, snapshotOf, type Story } from './snapshots.ts'

const ago = (minutes: number): number => at - minutes * 60_000
const event = (
  minutes: number,
  kind: 'host' | 'tunnel' | 'instance' | 'service' | 'problem',
  name: string,
  level: 'ok' | 'warn' | 'bad',
  before: string,
  after: string,
  why = '',
) => ({
  at: ago(minutes),
  subject: { kind, name, ...(kind === 'problem' ? { what: why } : {}) },
  ...{ level, before, after, why },
})

const linkCut: Story = {
  tunnels: {
    'tesla>bohr': { state: 'down', reason: 'no-handshake', for: 12 },
    'bohr>tesla': { state: 'down', reason: 'no-handshake', for: 12 },
    'newton>ampere': { state: 'lossy', reason: 'echo-lost', for: 55 },
    'ampere>curie': { state: 'one-way', reason: 'hears-nothing', for: 3 },
  },
  events: [
    event(55, 'tunnel', 'newton>ampere', 'warn', 'up', 'lossy', '35 % of echoes lost'),
    event(12, 'tunnel', 'tesla>bohr', 'bad', 'up', 'down', 'no handshake for 5 min'),
    event(12, 'tunnel', 'bohr>tesla', 'bad', 'up', 'down', 'no handshake for 5 min'),
    event(3, 'tunnel', 'ampere>curie', 'bad', 'up', 'one-way', 'sends and hears nothing'),
  ],
  flapping: ['newton>ampere'],
  troubledTicks: 48,
}

const hostDown: Story = {
  hosts: {
    tesla: { state: 'down', why: 'does not answer', for: 4 },
    ampere: { state: 'stale', why: 'nothing new of it; its peers heard it 8 s ago', for: 1 },
  },
  words: { db: 'degraded', cache: 'degraded' },
  events: [
    event(1440 * 3, 'host', 'ampere', 'ok', 'down', 'up'),
    event(4, 'host', 'tesla', 'bad', 'up', 'down', 'does not answer'),
    event(3, 'instance', 'db-postgres@bohr', 'ok', 'replica', 'leader'),
    event(3, 'service', 'db', 'warn', 'works', 'degraded'),
    event(1, 'host', 'ampere', 'warn', 'up', 'stale', 'nothing new of it'),
  ],
  troubledTicks: 16,
}

const regionLost: Story = {
  hosts: {
    newton: { state: 'down', why: 'does not answer', for: 22 },
    curie: { state: 'down', why: 'does not answer', for: 21 },
  },
  events: [
    event(22, 'host', 'newton', 'bad', 'up', 'down', 'does not answer'),
    event(21, 'host', 'curie', 'bad', 'up', 'down', 'does not answer'),
  ],
  troubledTicks: 88,
}

const noLeader: Story = {
  instances: {
    'db-postgres@tesla': { state: 'bad', word: 'no leader', for: 4 },
    'db-postgres@newton': { state: 'bad', word: 'no leader', for: 4 },
    'db-postgres@bohr': { state: 'bad', word: 'no answer', for: 6 },
  },
  missingJails: { bohr: ['db-etcd', 'db-postgres'] },
  words: { db: 'postgres: no leader' },
  problems: { bohr: [{ level: 'warn', text: 'pool zroot is DEGRADED' }] },
  events: [
    event(180, 'problem', 'bohr', 'warn', '', 'warn', 'pool zroot is DEGRADED'),
    event(6, 'problem', 'bohr', 'bad', '', 'bad', 'jail db-postgres does not run'),
    event(6, 'problem', 'bohr', 'bad', '', 'bad', 'jail db-etcd does not run'),
    event(4, 'instance', 'db-postgres@tesla', 'bad', 'leader', 'no leader'),
    event(4, 'service', 'db', 'bad', 'works', 'postgres: no leader'),
  ],
  troubledTicks: 24,
}

const driftStory: Story = {
  drift: {
    tesla: {
      checked: 212,
      changed: ['/etc/pf.conf', '/usr/local/etc/wireguard/wg0.conf'],
      missing: ['/etc/start_if.wg0'],
    },
    curie: { checked: 64, changed: ['/etc/jail.conf.d/packages.conf'], missing: [] },
  },
  report: report => (report.host === 1 ? { ...report, drift: null, missing: { drift: 'no sha256(1)' } } : report),
  events: [event(95, 'problem', 'tesla', 'warn', '', 'warn', '3 files are not as built: /etc/pf.conf and more')],
}

const evil =
  '\u001b[31mred\u001b[0m\n\u202eback 表意文字 e\u0301\u0302\u0303\u0304 \u{1f469}\u200d\u{1f680}' + 'x'.repeat(300)
const hostile: Story = {
  hosts: { tesla: { state: 'down', why: evil, for: 4 } },
  problems: { bohr: [{ level: 'bad', text: evil }] },
  instances: { 'db-postgres@bohr': { state: 'bad', word: evil, for: 1 } },
  words: { db: evil },
  drift: { curie: { checked: 3, changed: [evil], missing: [`/etc/${evil}`] } },
  events: [event(4, 'host', evil, 'bad', evil, evil, evil), event(2, 'problem', 'bohr', 'bad', '', 'bad', evil)],
  source: { kind: 'prometheus', title: `prometheus ${evil}` },
  report: report => ({
    ...report,
    interfaces: [{ name: evil, up: true, mtu: 1500, received: NaN, sent: Infinity, errors: 1e12 }],
    pools: [{ name: evil, size: 0, allocated: NaN, health: evil }],
    pf: {
      enabled: false,
      defaultDeny: false,
      states: null,
      labels: [{ label: evil, packets: 1e15, bytes: 1e18, states: 1 }],
    },
    missing: { [evil]: evil },
  }),
}

export interface Case {
  readonly name: string
  readonly snapshot: Snapshot
}

/** Of the shipped mesh. */
export async function shippedCases(): Promise<readonly Case[]> {
  const fleet = await shippedFleet()
  const stories: Readonly<Record<string, Story>> = {
    ...{ well: { source: { kind: 'demo', title: 'DEMO', madeUp: true } }, 'link-cut': linkCut, 'host-down': hostDown },
    ...{ 'region-lost': regionLost, 'no-leader': noLeader, drift: driftStory, hostile },
  }
  return Object.entries(stories).map(([name, story]) => ({ name, snapshot: snapshotOf(fleet, story) }))
}

/** One host and no service. */
export async function alone(): Promise<Case> {
  const files = new Map(
    [...shippedFiles()]
      .filter(([path]) => path === 'mesh.yaml' || path === 'regions/usa.yaml')
      .map(([path, text]) => [
        path,
        path === 'mesh.yaml' ? text.replace(/^(?:flows|tests|services|latency):\n(?:[ #].*\n|\n)*/gm, '') : text,
      ]),
  )
  return { name: 'alone', snapshot: snapshotOf(await shippedFleet(files)) }
}

export function many(count: number, regions: number): Case {
  const fleet: Fleet = fleetOfSize(count, regions)
  const name = (i: number) => fleet.hosts[i]?.name ?? ''
  return {
    name: `${count}-hosts`,
    snapshot: snapshotOf(fleet, {
      hosts: {
        [name(3)]: { state: 'down', why: 'does not answer', for: 17 },
        [name(8)]: { state: 'stale', why: 'nothing new of it', for: 1 },
      },
      tunnels: {
        [`${name(1)}>${name(2)}`]: { state: 'one-way', reason: 'hears-nothing', for: 5 },
        [`${name(4)}>${name(5)}`]: { state: 'lossy', reason: 'echo-lost', for: 30 },
        [`${name(6)}>${name(7)}`]: { state: 'down', reason: 'no-handshake', for: 40 },
        [`${name(7)}>${name(6)}`]: { state: 'down', reason: 'no-handshake', for: 40 },
      },
      events: [event(17, 'host', name(3), 'bad', 'up', 'down', 'does not answer')],
      troubledTicks: 60,
    }),
  }
}

/** The demo, so many seconds after it began: what the program itself makes of observations. */
export async function demo(seconds: number): Promise<Case> {
  const fleet = await shippedFleet()
  const observe = demoObserver(fleet)
  const now = (second: number) => Date.UTC(2026, 0, 1) + second * 1000
  const interval = 5
  const memory = new Memory({
    fleet,
    source: { kind: 'demo', title: 'DEMO', madeUp: true },
    interval: interval * 1000,
    now: now(0),
  })
  for (let second = 0; second <= seconds; second += interval) {
    for (const observation of observe(second, second / interval)) memory.take(observation)
    memory.snapshot(now(second))
  }
  return { name: `demo-${seconds}`, snapshot: memory.snapshot(now(seconds)) }
}

/** Names of those that every view has to show. */
export const everywhere = [
  'well',
  'link-cut',
  'host-down',
  'region-lost',
  'no-leader',
  'drift',
  'hostile',
  'alone',
  '60-hosts',
  '120-hosts',
]
