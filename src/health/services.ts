/** How services are, from what their instances answer. */
import { type Resilience } from '../../topology/place/whatif.ts'
import type { Finding, Findings } from '../services/kind.ts'
import type { Fleet, WatchedInstance, WatchedRole, WatchedService } from './fleet.ts'
import {
  type HostHealth,
  type InstanceHealth,
  type Level,
  type RoleState,
  type ServiceHealth,
  worst,
} from './snapshot.ts'

/** `since`: when a subject came into the state it is in. */
export type Since = (kind: 'instance' | 'service', name: string, state: string) => number

const instanceName = ({ jail }: WatchedInstance, host: string): string => `${jail}@${host}`

export function servicesOf(fleet: Fleet, hosts: readonly HostHealth[], since: Since): readonly ServiceHealth[] {
  return fleet.services.map(service => serviceHealth(service, hosts, since))
}

function serviceHealth(service: WatchedService, hosts: readonly HostHealth[], since: Since): ServiceHealth {
  const read = new Map(
    service.roles.map(({ name, instances }) => [name, instances.map(one => findingOf(one, hosts[one.host]))] as const),
  )
  const roles = service.roles.map(role => roleState(role, hosts, read, since))
  const level = worst(roles.map(role => role.level))
  const sum = (of: (role: RoleState) => number) => roles.reduce((n, role) => n + of(role), 0)
  const word = wordOf(level, roles)
  const led = roles.filter(role => role.leaders.length > 0)
  const quorums = roles.flatMap(role => (role.quorum === null ? [] : [role.quorum]))
  return {
    ...{ service, level, word, roles },
    since: since('service', service.name, `${level} ${word}`),
    quorum: quorums.length === 0 ? null : !quorums.includes(false),
    leader:
      led.length === 0
        ? null
        : led
            .map(({ role, leaders }) => (roles.length === 1 ? leaders.join('+') : `${role.name} ${leaders.join('+')}`))
            .join(', '),
    ...{ wanted: sum(role => role.wanted), placed: sum(role => role.placed), running: sum(role => role.running) },
  }
}

function wordOf(level: Level, roles: readonly RoleState[]): string {
  if (level === 'ok') return 'works'
  if (level === 'unknown') return 'unknown'
  if (level === 'warn') return 'degraded'
  const bad = roles.filter(role => role.level === 'bad')
  const lost = bad.find(role => role.quorum === false)
  if (lost !== undefined) return `${lost.role.name}: no quorum`
  const [first] = bad
  if (first === undefined || roles.every(role => role.running === 0)) return 'down'
  const words = new Set(first.instances.filter(({ state }) => state === 'bad').map(({ word }) => word))
  const [only] = words
  return `${first.role.name}: ${words.size === 1 && only !== undefined ? only : 'down'}`
}

/** `read`: what the instances of each role of its service say of themselves alone. */
function roleState(
  role: WatchedRole,
  hosts: readonly HostHealth[],
  read: ReadonlyMap<string, Findings>,
  since: Since,
): RoleState {
  const own = read.get(role.name) ?? []
  const findings = role.instances[0]?.health?.compare?.(own, read) ?? own
  const instances = role.instances.map((instance, i) =>
    instanceHealth(instance, hosts[instance.host], findings[i] ?? null, since),
  )
  const running = instances.filter(({ state }) => state === 'ok' || state === 'warn').length
  const open = instances.filter(({ state }) => state === 'unknown').length
  const quorum = quorumOf(role.resilience, instances.length, running, open)
  return {
    ...{ role, quorum, running, instances },
    level: levelOf(role.resilience, instances, quorum),
    leaders: instances.filter(({ leads }) => leads).map(({ host }) => host),
    wanted: instances.length,
    // Where nobody tells of jails, what answers has one.
    placed: instances.filter(({ jailRuns, state }) => jailRuns ?? (state === 'ok' || state === 'warn')).length,
  }
}

const answerOf = (instance: WatchedInstance, host: HostHealth | undefined) =>
  host?.state === 'up' ? host.report?.answers.find(({ jail }) => jail === instance.jail) : undefined

function findingOf(instance: WatchedInstance, host: HostHealth | undefined): Finding | null {
  const answer = answerOf(instance, host)
  if (answer?.samples == null || answer.alive === false || instance.health === null) return null
  return instance.health.read(answer.samples)
}

function instanceHealth(
  instance: WatchedInstance,
  host: HostHealth | undefined,
  finding: Finding | null,
  since: Since,
): InstanceHealth {
  const name = host?.name ?? ''
  const runs = host?.state === 'up' && host.report?.jails != null ? host.report.jails.includes(instance.jail) : null
  const { state, word } = stateOf(instance, host, finding, runs)
  return {
    ...{ instance, host: name, state, word, finding },
    leads: (state === 'ok' || state === 'warn') && finding?.leads === true,
    details: finding?.details ?? {},
    jailRuns: runs,
    since: since('instance', instanceName(instance, name), `${state} ${word}`),
  }
}

function stateOf(
  instance: WatchedInstance,
  host: HostHealth | undefined,
  finding: Finding | null,
  jailRuns: boolean | null,
): { readonly state: Level; readonly word: string } {
  if (host === undefined || host.state === 'unknown') return { state: 'unknown', word: 'not asked yet' }
  if (host.state === 'down') return { state: 'bad', word: 'its host is down' }
  if (host.state === 'stale') return { state: 'unknown', word: 'its host is silent' }
  if (jailRuns === false) return { state: 'bad', word: 'no jail' }
  const answer = answerOf(instance, host)
  if (answer === undefined) return { state: 'unknown', word: 'not asked' }
  if (answer.alive === false) return { state: 'bad', word: answer.why === '' ? 'no answer' : answer.why }
  if (finding !== null) return { state: finding.state, word: finding.word }
  return answer.alive === true
    ? { state: 'ok', word: 'answers' }
    : { state: 'unknown', word: answer.why || 'not asked' }
}

/** Do enough of them work? Null: it needs none, or those that nobody could ask decide. */
function quorumOf(resilience: Resilience, members: number, running: number, open: number): boolean | null {
  const needed =
    resilience.kind === 'voters'
      ? Math.floor(members / 2) + 1
      : resilience.kind === 'replicated'
        ? Math.min(members, resilience.writes)
        : null
  if (needed === null || needed < 2) return null
  return running >= needed ? true : running + open >= needed ? null : false
}

function levelOf(resilience: Resilience, instances: readonly InstanceHealth[], quorum: boolean | null): Level {
  const levels = instances.map(({ state }) => state)
  if (quorum === false) return 'bad'
  if (!levels.includes('bad')) return worst(levels)
  // Those that are left do the work, or may do it, unless there is one that nobody can stand in for.
  const works = levels.some(state => state !== 'bad')
  return works && resilience.kind !== 'single' ? 'warn' : 'bad'
}
