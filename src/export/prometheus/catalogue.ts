/** Every alert there is, and those of one mesh: what it does not have cannot fail. */
import type { Mesh } from '../../../topology/mesh.ts'
import type { RoleSpec, Service } from '../../services/kind.ts'
import type { Alert, Facts, Quorum } from './alert.ts'
import { exporterAlerts } from './alerts/exporters.ts'
import { hostAlerts } from './alerts/hosts.ts'
import { itselfAlerts, watchdog } from './alerts/itself.ts'
import { lostAlerts } from './alerts/lost.ts'
import { serviceAlerts } from './alerts/services.ts'
import { tunnelAlerts } from './alerts/tunnels.ts'
import { records } from './records.ts'

/** Of serve itself: the job of its role. */
export const serveJob = 'meshwright'

export interface AlertGroup {
  readonly name: string
  readonly alerts: readonly Alert[]
}

export const alertGroups = (facts: Facts): readonly AlertGroup[] =>
  [
    { name: 'meshwright', alerts: [watchdog, ...itselfAlerts(facts)] },
    ...(facts.served
      ? [
          { name: 'hosts', alerts: hostAlerts(facts) },
          { name: 'tunnels', alerts: tunnelAlerts(facts) },
          { name: 'services', alerts: serviceAlerts(facts) },
          { name: 'lost', alerts: lostAlerts(facts) },
        ]
      : []),
    { name: 'exporters', alerts: exporterAlerts(facts) },
  ].filter(({ alerts }) => alerts.length > 0)

export interface RuleTimes {
  /** Seconds between two evaluations, and between two of what changes over a day; null: those of the server. */
  readonly every: number | null
  readonly slowly: number
  /** Seconds that stand for a minute of an alert's `for`: less than 60 only where tests are in a hurry. */
  readonly minute: number
}
// A sample counts for five minutes (Prometheus, --query.lookback-delta); what is recorded more seldom is not there in between.
export const usualTimes: RuleTimes = { every: null, slowly: 240, minute: 60 }

/** Groups of a rule file. */
export function recordRules({ every, slowly }: RuleTimes): readonly object[] {
  const slow = records.filter(({ expr }) => expr.includes('[1d]'))
  const rules = (some: readonly (typeof records)[number][]) => some.map(({ record, expr }) => ({ record, expr }))
  return [
    { name: 'records', ...interval(every), rules: rules(records.filter(one => !slow.includes(one))) },
    { name: 'records of a day', ...interval(slowly), rules: rules(slow) },
  ]
}

export const alertRules = (groups: readonly AlertGroup[], { every, minute }: RuleTimes): readonly object[] =>
  groups.map(({ name, alerts }) => ({
    ...{ name, ...interval(every) },
    rules: alerts.map(({ alert, expr, minutes, severity, summary, description }) => ({
      ...{ alert, expr },
      ...(minutes > 0 && { for: minute === 60 ? spanOf(minutes) : `${minutes * minute}s` }),
      labels: { severity },
      annotations: { description, summary },
    })),
  }))

const interval = (seconds: number | null): object => (seconds === null ? {} : { interval: `${seconds}s` })
const spanOf = (minutes: number): string => (minutes % 60 === 0 ? `${minutes / 60}h` : `${minutes}m`)

/** What is planned, before its instances have files or after. */
export interface Planning {
  readonly mesh: Mesh
  readonly services: readonly Service[]
  readonly members: (service: string, role: string) => number
}

/** Of the whole mesh. `served`: whether anybody scrapes serve; absent: where it is in the plan. */
export function factsOf({ mesh, services, members }: Planning, served?: boolean): Facts {
  const roles = services.flatMap(service =>
    service.kind.roles(service).flatMap((role): PlacedRole[] => {
      const count = members(service.name, role.name)
      return count === 0 ? [] : [{ service, role, members: count }]
    }),
  )
  const jobs = new Set(roles.flatMap(({ role }) => role.metrics?.job ?? []))
  const links = mesh.hosts.flatMap(host => mesh.connections.neighboursOf(host))
  const watching = roles.filter(({ service }) => service.kind.kind === 'prometheus')
  return {
    served: served ?? jobs.has(serveJob),
    regions: mesh.regions.filter(({ hosts }) => hosts.length > 0).length,
    tunnels: links.length > 0,
    keepalive: mesh.keepalive > 0 && links.some(({ keepalive }) => keepalive),
    jails: mesh.hosts.some(({ jails }) => jails.length > 0),
    carp: services.some(({ options }) => sharesAddress(options)),
    services: roles.length > 0,
    quorums: roles.flatMap(quorumOf),
    jobs,
    probed: watching.some(({ role }) => role.name === 'blackbox'),
    edges: roles.some(({ role }) => (role.publicPorts ?? []).length > 0),
    managers: watching
      .filter(({ role }) => role.name === 'alertmanager')
      .map(({ service, members: count }) => ({ service: service.name, members: count })),
  }
}

interface PlacedRole {
  readonly service: Service
  readonly role: RoleSpec
  readonly members: number
}

/** An edge with a `vip` (services/haproxy). */
const sharesAddress = (options: unknown): boolean =>
  typeof options === 'object' && options !== null && 'vip' in options && options.vip !== undefined

/** As health/services.ts counts. */
function quorumOf({ service, role, members }: PlacedRole): readonly Quorum[] {
  const { resilience = { kind: role.voters === true ? 'voters' : 'stateless' } as const } = role
  const needed =
    resilience.kind === 'voters'
      ? Math.floor(members / 2) + 1
      : resilience.kind === 'replicated'
        ? Math.min(members, resilience.writes)
        : 0
  // One that can spare nobody is told of when it is lost.
  return needed >= 2 && members > needed ? [{ service: service.name, role: role.name, members, needed }] : []
}
