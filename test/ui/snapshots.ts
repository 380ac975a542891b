/** Snapshots for screens: the shipped mesh and generated ones, all well, and then what may go wrong. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Event } from '../../src/health/events.ts'
import { type Fleet, fleetOf, tunnelBetween, type WatchedInstance } from '../../src/health/fleet.ts'
import type { Drift, HostReport } from '../../src/health/report.ts'
import {
  type HostHealth,
  type HostState,
  type InstanceHealth,
  type Level,
  levels,
  levelOfTunnel,
  type Problem,
  type RoleState,
  type ServiceHealth,
  type Snapshot,
  worst,
} from '../../src/health/snapshot.ts'
import { type TunnelReason, tunnelReasons, type TunnelState, tunnelStates } from '../../src/health/verdict.ts'
import { openMesh } from '../../src/load/open.ts'
import { type Part, whatIf } from '../../topology/place/whatif.ts'

/** An hour at which nobody wants to read much. */
export const at = Date.UTC(2026, 2, 14, 2, 3, 27)
const minute = 60_000
const day = 86_400_000

/** What is other than well. */
export interface Story {
  readonly hosts?: Readonly<Record<string, { readonly state: HostState; readonly why: string; readonly for: number }>>
  /** `tesla>bohr`. */
  readonly tunnels?: Readonly<
    Record<
      string,
      { readonly state: TunnelState; readonly reason: TunnelReason; readonly for: number; readonly age?: number }
    >
  >
  readonly problems?: Readonly<
    Record<string, readonly { readonly level: 'warn' | 'bad'; readonly text: string; readonly for?: number }[]>
  >
  /** `db-postgres@tesla`. */
  readonly instances?: Readonly<
    Record<string, { readonly state: Level; readonly word: string; readonly for: number; readonly leads?: boolean }>
  >
  readonly quorum?: Readonly<Record<string, boolean>>
  readonly words?: Readonly<Record<string, string>>
  readonly drift?: Readonly<Record<string, Drift>>
  readonly missingJails?: Readonly<Record<string, readonly string[]>>
  readonly events?: readonly Omit<Event, 'flapping'>[]
  readonly flapping?: readonly string[]
  readonly source?: Snapshot['source']
  readonly report?: (report: HostReport) => HostReport
  /** Parts of the past that were not well, in ticks before now. */
  readonly troubledTicks?: number
}

export function snapshotOf(fleet: Fleet, story: Story = {}): Snapshot {
  const tunnels = tunnelsOf(fleet, story)
  const hosts = fleet.hosts.map((_, number) => hostOf(fleet, number, tunnels.state, story))
  const services = fleet.services.map(service => serviceOf(service, hosts, story))
  const counts = countsOf(tunnels.state)
  const ticks = 120
  const troubled = story.troubledTicks ?? 0
  const past = (now: number) => Array.from({ length: ticks }, (_, i) => (i >= ticks - troubled ? now : 1))
  const totals = {
    level: worst([...hosts.map(({ level }) => level), ...services.map(({ level }) => level)]),
    hosts: { total: hosts.length, up: hosts.filter(({ state }) => state === 'up').length },
    tunnels: { ...counts, total: fleet.tunnels.count },
    services: { total: services.length, ok: services.filter(({ level }) => level === 'ok').length },
  }
  const part = (n: number, all: number) => (all === 0 ? 1 : n / all)
  return {
    ...{ fleet, at, hosts, tunnels, services, totals },
    source: story.source ?? { kind: 'ssh', title: 'ssh' },
    events: (story.events ?? []).map(event => ({
      ...event,
      flapping: (story.flapping ?? []).includes(event.subject.name),
    })),
    history: {
      at: Array.from({ length: ticks }, (_, i) => at - (ticks - 1 - i) * 15_000),
      hosts: past(part(totals.hosts.up, totals.hosts.total)),
      tunnels: past(part(counts.up + counts.lossy, fleet.tunnels.count)),
      services: past(part(totals.services.ok, totals.services.total)),
      ofHost: hosts.map(({ level }) => past(0).map(one => (one === 1 ? 0 : levels.indexOf(level)))),
      ofService: new Map(
        services.map(({ service, level }) => [
          service.name,
          past(0).map(one => (one === 1 ? 0 : levels.indexOf(level))),
        ]),
      ),
    },
  }
}

function tunnelsOf(fleet: Fleet, { tunnels: said = {}, hosts = {} }: Story): Snapshot['tunnels'] {
  const { count, from, to } = fleet.tunnels
  const columns = {
    ...{ state: new Uint8Array(count), reason: new Uint8Array(count), since: new Float64Array(count) },
    ...{ age: new Float32Array(count), received: new Float32Array(count), sent: new Float32Array(count) },
    ...{ roundTrip: new Float32Array(count), loss: new Float32Array(count) },
  }
  const byName = new Map(fleet.hosts.map(({ name, number }) => [name as string, number]))
  const set = (n: number, state: TunnelState, reason: TunnelReason, since: number) => {
    columns.state[n] = tunnelStates.indexOf(state)
    columns.reason[n] = tunnelReasons.indexOf(reason)
    columns.since[n] = since
  }
  for (let n = 0; n < count; n += 1) {
    const [a, b] = [from[n] ?? 0, to[n] ?? 0]
    set(n, 'up', 'echo-answered', at - 9 * day)
    columns.age[n] = (a * 37 + b * 11) % 118
    columns.received[n] = 300 + ((a * 7919 + b * 104_729) % 48_000)
    columns.sent[n] = 300 + ((a * 104_729 + b * 7919) % 48_000)
    columns.roundTrip[n] =
      fleet.hosts[a]?.region === fleet.hosts[b]?.region ? 0.7 + ((a + b) % 5) / 10 : 20 + ((a + b) % 70)
  }
  const quiet = (n: number, age: number) => {
    columns.age[n] = age
    columns.received[n] = 0
    columns.roundTrip[n] = NaN
    columns.loss[n] = 1
  }
  const states = fleet.hosts.map(({ name }) => hosts[name])
  if (states.some(one => one !== undefined))
    for (let n = 0; n < count; n += 1) {
      const [there, here] = [states[to[n] ?? 0], states[from[n] ?? 0]]
      if (here !== undefined && here.state !== 'up') {
        set(n, 'unknown', 'host-silent', at - here.for * minute)
        columns.roundTrip[n] = columns.loss[n] = columns.age[n] = columns.received[n] = columns.sent[n] = NaN
      } else if (there !== undefined && there.state === 'down') {
        set(n, 'down', 'no-handshake', at - there.for * minute)
        quiet(n, there.for * 60 + 70)
      }
    }
  for (const [name, { state, reason, for: minutes, age }] of Object.entries(said)) {
    const [a = '', b = ''] = name.split('>')
    const n = tunnelBetween(fleet.tunnels, byName.get(a) ?? -1, byName.get(b) ?? -1)
    if (n < 0) throw new Error(`no tunnel ${name}`)
    set(n, state, reason, at - minutes * minute)
    if (levelOfTunnel(state) === 'bad') quiet(n, age ?? minutes * 60 + 70)
    else if (state === 'lossy') columns.loss[n] = 0.35
  }
  return columns
}

function countsOf(states: Uint8Array): Record<TunnelState, number> {
  const counts: Record<TunnelState, number> = { unknown: 0, up: 0, lossy: 0, stale: 0, 'one-way': 0, down: 0 }
  for (const state of states) counts[tunnelStates[state] ?? 'unknown'] += 1
  return counts
}

function hostOf(fleet: Fleet, number: number, states: Uint8Array, story: Story): HostHealth {
  const watched = fleet.hosts[number]
  if (watched === undefined) throw new Error('no such host')
  const { name, jails } = watched
  const { state, why, for: minutes } = story.hosts?.[name] ?? { state: 'up', why: '', for: 9 * 24 * 60 }
  const missing = story.missingJails?.[name] ?? []
  const said = state === 'unknown' ? null : reportOf(fleet, number, story)
  const report = said === null || story.report === undefined ? said : story.report(said)
  const { start } = fleet.tunnels
  const problems = [
    ...missing.map(jail => problem('bad', `jail ${jail} does not run`)),
    ...(story.problems?.[name] ?? []).map(({ level, text }) => problem(level, text)),
    ...(report?.drift != null && report.drift.changed.length + report.drift.missing.length > 0
      ? [problem('warn', driftText([...report.drift.changed, ...report.drift.missing]))]
      : []),
  ]
  const own = state === 'up' ? problems : []
  const level: Level = state === 'up' ? 'ok' : state === 'down' ? 'bad' : state === 'stale' ? 'warn' : 'unknown'
  return {
    ...{ number, name, state, why, report },
    since: at - minutes * minute,
    level: worst([level, ...own.map(one => one.level)]),
    problems: own,
    missingJails: report === null ? null : missing,
    foreignJails: report?.jails?.filter(jail => !(jails as readonly string[]).includes(jail)) ?? [],
    tunnels: countsOf(states.subarray(start[number], start[number + 1])),
  }
}

const driftText = (files: readonly string[]): string =>
  files.length === 1
    ? `${files[0] ?? ''} is not as built`
    : `${files.length} files are not as built: ${files[0] ?? ''} and more`

const problem = (level: Problem['level'], text: string): Problem => ({ key: text, level, text })

function reportOf({ hosts, tunnels }: Fleet, host: number, story: Story): HostReport {
  const watched = hosts[host]
  if (watched === undefined) throw new Error('no such host')
  const silent = story.hosts?.[watched.name]?.for ?? 0
  const said = at - 4000 - silent * minute
  const missing = story.missingJails?.[watched.name] ?? []
  const big = 32 * 2 ** 30
  const peers = Array.from(tunnels.to.subarray(tunnels.start[host], tunnels.start[host + 1]))
  return {
    ...{ kind: 'report', host, at: said, took: 40 + host * 7 },
    system: {
      ...{ clock: said / 1000, booted: said / 1000 - (41 + host) * 86_400, cpus: 8 },
      load: [0.4 + (host % 7) / 10, 0.38, 0.31],
      memory: { total: big, free: big * (0.3 + (host % 5) / 10) },
      release: { kernel: '14.4-RELEASE-p1', running: '14.4-RELEASE-p1', userland: '14.4-RELEASE-p1' },
    },
    pools: [{ name: 'zroot', size: 480 * 2 ** 30, allocated: (120 + (host % 9) * 20) * 2 ** 30, health: 'ONLINE' }],
    jails: watched.jails.filter(jail => !missing.includes(jail)),
    interfaces: [
      { name: 'vtnet0', up: true, mtu: 1500, received: 81 * 2 ** 30, sent: 64 * 2 ** 30, errors: 0 },
      { name: 'wg0', up: true, mtu: 1420, received: 22 * 2 ** 30, sent: 19 * 2 ** 30, errors: host % 3 === 0 ? 12 : 0 },
      ...watched.jails.map((_, i) => ({
        name: `epair${i}a`,
        up: true,
        mtu: 1420,
        received: (i + 1) * 2 ** 28,
        sent: (i + 2) * 2 ** 27,
        errors: 0,
      })),
    ],
    pf: {
      ...{ enabled: true, defaultDeny: true, states: 214 + host },
      labels: [
        'wireguard',
        'db to db',
        'cloud to db',
        'front to cloud',
        'ssh',
        'watch to everyone',
        'outside to front',
        'names',
        'cache to cache',
      ].map((label, i) => ({
        ...{ label, packets: 90_000 - i * 9000, bytes: (10 - i) * 2 ** 24, states: 20 - i },
      })),
    },
    carp: null,
    drift: story.drift?.[watched.name] ?? { checked: 212, changed: [], missing: [] },
    peers: {
      to: peers,
      age: peers.map(() => 20),
      received: peers.map(() => 1e6),
      sent: peers.map(() => 1e6),
      endpoints: peers.map(peer => `203.0.113.${peer % 250}:51820`),
      strangers: [],
    },
    pings: null,
    answers: [],
    missing: {},
  }
}

function serviceOf(service: Fleet['services'][number], hosts: readonly HostHealth[], story: Story): ServiceHealth {
  const roles = service.roles.map((role): RoleState => {
    const instances = role.instances.map((instance, i) => instanceOf(instance, i, hosts, story))
    const running = instances.filter(({ state }) => state === 'ok' || state === 'warn').length
    const quorum = story.quorum?.[role.id] ?? (role.resilience.kind === 'voters' && instances.length > 1 ? true : null)
    const level =
      quorum === false ? 'bad' : worst(instances.map(({ state }) => (state === 'bad' && running > 0 ? 'warn' : state)))
    return {
      ...{ role, level, quorum, instances, running, wanted: instances.length },
      leaders: instances.filter(({ leads }) => leads).map(({ host }) => host),
      placed: instances.filter(({ jailRuns }) => jailRuns !== false).length,
    }
  })
  const sum = (of: (role: RoleState) => number) => roles.reduce((n, role) => n + of(role), 0)
  const level = worst(roles.map(role => role.level))
  const leaders = roles.flatMap(role => role.leaders)
  const quorums = roles.flatMap(({ quorum }) => quorum ?? [])
  const latest = Math.max(...roles.flatMap(role => role.instances.map(({ since }) => since)))
  return {
    ...{ service, level, roles },
    word:
      story.words?.[service.name] ??
      (level === 'ok' ? 'works' : level === 'warn' ? 'degraded' : level === 'bad' ? 'down' : 'unknown'),
    since: level === 'ok' ? at - 9 * day : latest,
    quorum: quorums.length === 0 ? null : !quorums.includes(false),
    leader: leaders.length === 0 ? null : leaders.join(', '),
    wanted: sum(role => role.wanted),
    placed: sum(role => role.placed),
    running: sum(role => role.running),
  }
}

function instanceOf(instance: WatchedInstance, i: number, hosts: readonly HostHealth[], story: Story): InstanceHealth {
  const host = hosts[instance.host]
  if (host === undefined) throw new Error('no such host')
  const leads = i === 0 && ['postgres', 'server'].includes(instance.role) && ['db', 'cache'].includes(instance.service)
  const told = story.instances?.[`${instance.jail}@${host.name}`]
  const of =
    told ??
    (host.state === 'down'
      ? { state: 'bad' as const, word: 'its host is down', for: (at - host.since) / minute }
      : host.state === 'up'
        ? {
            state: 'ok' as const,
            word: leads ? 'leader' : instance.role === 'postgres' ? 'replica' : 'answers',
            for: 9 * 24 * 60,
            leads,
          }
        : { state: 'unknown' as const, word: 'its host is silent', for: (at - host.since) / minute })
  return {
    ...{ instance, host: host.name, state: of.state, word: of.word, finding: null },
    leads: of.leads ?? false,
    details: instance.role === 'postgres' && of.state === 'ok' ? { timeline: '4', lag: `${i * 16} kB` } : {},
    jailRuns: host.state === 'up' ? !host.missingJails?.includes(instance.jail) : null,
    since: at - of.for * minute,
  }
}

const shipped = join(import.meta.dirname, '../..')

/** The mesh that comes with the project; other texts in place of some of its files. */
export async function shippedFleet(overrides: ReadonlyMap<string, string> = shippedFiles()): Promise<Fleet> {
  const opened = await openMesh({ directory: '/nonexistent', environment: {}, purpose: 'plan', overrides, fresh: true })
  if (opened.mesh === null) throw new Error(opened.diagnostics.map(({ message }) => message).join('\n'))
  const files = new Map(opened.mesh.hosts.map(({ name }) => [name as string, [{ path: '/etc/pf.conf', sha256: '' }]]))
  return fleetOf({ mesh: opened.mesh, lock: opened.lock, services: opened.services, files })
}

export const shippedFiles = (): ReadonlyMap<string, string> =>
  new Map([
    ['mesh.yaml', readFileSync(join(shipped, 'mesh.yaml'), 'utf8')],
    ...readdirSync(join(shipped, 'regions')).map(
      file => [`regions/${file}`, readFileSync(join(shipped, 'regions', file), 'utf8')] as const,
    ),
  ])

/** Any number of hosts in a full mesh, with one service that has a member in each region. */
export function fleetOfSize(count: number, regions: number): Fleet {
  const width = String(count - 1).length
  const names = Array.from({ length: count }, (_, i) => `h${String(i).padStart(width, '0')}`)
  const region = (i: number) => `r${String(i % regions).padStart(2, '0')}`
  const total = count * (count - 1)
  const [from, to, back] = [new Int32Array(total), new Int32Array(total), new Int32Array(total)]
  const start = Int32Array.from({ length: count + 1 }, (_, i) => i * (count - 1))
  const numberOf = (a: number, b: number) => a * (count - 1) + (b < a ? b : b - 1)
  for (let a = 0; a < count; a += 1)
    for (let b = 0; b < count; b += 1) {
      if (a === b) continue
      const n = numberOf(a, b)
      from[n] = a
      to[n] = b
      back[n] = numberOf(b, a)
    }
  const instances = Array.from({ length: Math.min(regions, count) }, (_, host) => ({
    ...{
      service: 'db',
      role: 'postgres',
      host,
      jail: 'db-postgres' as WatchedInstance['jail'],
      address: `10.64.${host}.3`,
    },
    ...{
      probe: { kind: 'tcp' as const, port: 5432 },
      metrics: null,
      health: null,
      behind: null,
      root: '/usr/local/jails/db-postgres',
    },
  }))
  const parts: readonly Part[] = [
    {
      id: 'db/postgres',
      resilience: { kind: 'voters' },
      hosts: instances.map(({ host }) => names[host] as never),
      needs: [],
    },
  ]
  return {
    ...{ mesh: 'bench', domain: 'bench.example.net' },
    regions: Array.from({ length: Math.min(regions, count) }, (_, r) => ({
      ...{ name: region(r) as never, title: region(r) },
      hosts: names.flatMap((_, i) => (i % regions === r ? [i] : [])),
    })),
    hosts: names.map((name, number) => ({
      ...{ number, name: name as never, region: region(number) as never, provider: `p${number % 4}`, class: 'core' },
      address: { inet: `10.64.${number >> 8}.${number & 255}`, inet6: `fd5c::${number.toString(16)}` },
      ...{ publicKey: null, prefix: { inet: '10.64.0.0/24', inet6: 'fd5c::/64' }, files: null },
      ssh: { address: null, user: 'root', port: 22, via: [] },
      jails: instances.filter(({ host }) => host === number).map(({ jail }) => jail),
      instances: instances.filter(({ host }) => host === number),
    })),
    tunnels: { count: total, from, to, back, start, keepalive: new Uint16Array(total).fill(25) },
    services: [
      {
        ...{ name: 'db', kind: 'patroni', version: '17' },
        roles: [{ name: 'postgres', id: 'db/postgres', resilience: { kind: 'voters' }, instances }],
      },
    ],
    lose: loss => whatIf(parts, loss),
  }
}
