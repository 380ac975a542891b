/** Every alert there is, and those of one mesh: what it does not have cannot fail. */
import type { Mesh } from '../../../topology/mesh.ts'
import { instancesOf } from '../../services/deploy.ts'
import type { Service } from '../../services/kind.ts'
import { partsOf } from '../../services/losses.ts'
import type { ServicePlan } from '../../services/plan.ts'
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
export const usualTimes: RuleTimes = { every: null, slowly: 300, minute: 60 }

export const recordFile = ({ every, slowly }: RuleTimes): object => {
  const slow = records.filter(({ expr }) => expr.includes('[1d]'))
  const rules = (some: readonly (typeof records)[number][]) => some.map(({ record, expr }) => ({ record, expr }))
  return {
    groups: [
      { name: 'meshwright records', ...interval(every), rules: rules(records.filter(one => !slow.includes(one))) },
      { name: 'meshwright records of a day', ...interval(slowly), rules: rules(slow) },
    ],
  }
}

export const alertFile = (groups: readonly AlertGroup[], { every, minute }: RuleTimes): object => ({
  groups: groups.map(({ name, alerts }) => ({
    ...{ name, ...interval(every) },
    rules: alerts.map(({ alert, expr, minutes, severity, summary, description }) => ({
      ...{ alert, expr },
      ...(minutes > 0 && { for: minute === 60 ? spanOf(minutes) : `${minutes * minute}s` }),
      labels: { severity },
      annotations: { description, summary },
    })),
  })),
})

const interval = (seconds: number | null): object => (seconds === null ? {} : { interval: `${seconds}s` })
const spanOf = (minutes: number): string => (minutes % 60 === 0 ? `${minutes / 60}h` : `${minutes}m`)

interface Plan {
  readonly mesh: Mesh
  readonly services: ServicePlan | null
}

/** Of the whole mesh. `served`: whether anybody scrapes serve; absent: where it is in the plan. */
export function factsOf({ mesh, services }: Plan, served?: boolean): Facts {
  const roles = rolesOf({ mesh, services })
  const jobs = new Set(roles.flatMap(({ job }) => job ?? []))
  const links = mesh.hosts.flatMap(host => mesh.connections.neighboursOf(host))
  return {
    served: served ?? jobs.has(serveJob),
    regions: mesh.regions.filter(({ hosts }) => hosts.length > 0).length,
    tunnels: links.length > 0,
    keepalive: mesh.keepalive > 0 && links.some(({ keepalive }) => keepalive),
    jails: mesh.hosts.some(({ jails }) => jails.length > 0),
    carp: services?.services.some(({ options }) => sharesAddress(options)) ?? false,
    services: roles.length > 0,
    quorums: quorumsOf(services),
    jobs,
    probed: roles.some(({ service, role }) => service.kind.kind === 'prometheus' && role === 'blackbox'),
    edges: roles.some(({ edges }) => edges),
    managers: roles
      .filter(({ service, role }) => service.kind.kind === 'prometheus' && role === 'alertmanager')
      .map(({ service, members }) => ({ service: service.name, members })),
  }
}

interface PlacedRole {
  readonly service: Service
  readonly role: string
  readonly job: string | undefined
  readonly edges: boolean
  readonly members: number
}

const rolesOf = ({ mesh, services }: Plan): readonly PlacedRole[] =>
  services === null
    ? []
    : services.services.flatMap(service =>
        service.kind.roles(service).flatMap((role): PlacedRole[] => {
          const members = instancesOf(service.name, role.name, mesh, services).length
          if (members === 0) return []
          const edges = (role.publicPorts ?? []).length > 0
          return [{ service, role: role.name, job: role.metrics?.job, edges, members }]
        }),
      )

/** An edge with a `vip` (services/haproxy). */
const sharesAddress = (options: unknown): boolean =>
  typeof options === 'object' && options !== null && 'vip' in options && options.vip !== undefined

function quorumsOf(services: ServicePlan | null): readonly Quorum[] {
  if (services === null) return []
  return partsOf(services.services, services.solved.placed).flatMap(({ id, resilience, hosts }): Quorum[] => {
    const members = hosts.length
    const needed =
      resilience.kind === 'voters'
        ? Math.floor(members / 2) + 1
        : resilience.kind === 'replicated'
          ? Math.min(members, resilience.writes)
          : 0
    const [service = '', role = ''] = id.split('/')
    // One that can spare nobody is told of when it is lost.
    return needed >= 2 && members > needed ? [{ service, role, members, needed }] : []
  })
}
