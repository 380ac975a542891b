/** Services, their roles and members. */
import type { Fleet, WatchedInstance, WatchedRole } from '../../health/fleet.ts'
import {
  type InstanceHealth,
  levels,
  type RoleState,
  type ServiceHealth,
  type Snapshot,
} from '../../health/snapshot.ts'
import { instanceLabels } from '../targets.ts'
import { families, type FamilyName } from './families.ts'
import { oneOrNone, samples, type Value, type Writer, type Writers } from './sample.ts'
import { labelsOf, numberText } from './text.ts'

/** Labels of members, worked out once. */
export class Instances {
  readonly all: readonly WatchedInstance[]
  readonly #labels = new Map<WatchedInstance, string>()

  constructor({ hosts, services }: Fleet) {
    this.all = services.flatMap(({ roles }) => roles.flatMap(({ instances }) => instances))
    for (const one of this.all) {
      const { service, role, jail } = one
      const host = hosts[one.host]
      if (host === undefined) continue
      const { instance } = instanceLabels({ service, role, host })
      const values = [service, role, host.name, host.region, jail, instance]
      this.#labels.set(one, labelsOf(families.meshwright_instance_planned.labels, values))
    }
  }

  line(name: FamilyName, of: WatchedInstance, value: Value): string {
    const [labels, text] = [this.#labels.get(of), numberText(value)]
    return labels === undefined || text === null ? '' : `${name}${labels} ${text}\n`
  }
}

type Name = Extract<
  FamilyName,
  | `meshwright_service_${'level' | 'quorum'}`
  | `meshwright_role_${'level' | 'quorum' | 'leaders' | 'replicas' | 'replicas_placed'}`
  | `meshwright_instance_${'level' | 'up' | 'leads'}`
>

export function serviceWriters(fleet: Fleet, instances: Instances): Writers<Name> {
  const led = new Set(fleet.services.flatMap(({ roles }) => roles.filter(hasLeaders).map(({ id }) => id)))
  const service =
    (name: Name, value: (of: ServiceHealth) => Value): Writer =>
    ({ snapshot }) => [samples(name, snapshot.services, one => [one.service.name], value)]
  const role =
    (name: Name, value: (of: RoleState) => Value): Writer =>
    ({ snapshot }) =>
      snapshot.services.map(one => samples(name, one.roles, of => [one.service.name, of.role.name], value))
  const instance =
    (name: Name, value: (of: InstanceHealth, snapshot: Snapshot) => Value): Writer =>
    ({ snapshot }) =>
      snapshot.services.flatMap(({ roles }) =>
        roles.flatMap(of => of.instances.map(one => instances.line(name, one.instance, value(one, snapshot)))),
      )
  return {
    meshwright_service_level: service('meshwright_service_level', ({ level }) => levels.indexOf(level)),
    meshwright_service_quorum: service('meshwright_service_quorum', ({ quorum }) => oneOrNone(quorum)),
    meshwright_role_level: role('meshwright_role_level', ({ level }) => levels.indexOf(level)),
    meshwright_role_quorum: role('meshwright_role_quorum', ({ quorum }) => oneOrNone(quorum)),
    meshwright_role_leaders: role('meshwright_role_leaders', of => {
      if (!led.has(of.role.id)) return null
      // Where nobody is known to lead, one of whom nothing is known may.
      return of.leaders.length === 0 && of.instances.some(isUnknown) ? null : of.leaders.length
    }),
    meshwright_role_replicas: role('meshwright_role_replicas', of =>
      of.instances.every(isUnknown) ? null : of.running,
    ),
    meshwright_role_replicas_placed: role('meshwright_role_replicas_placed', of =>
      of.instances.every(one => isUnknown(one) && one.jailRuns === null) ? null : of.placed,
    ),
    meshwright_instance_level: instance('meshwright_instance_level', ({ state }) => levels.indexOf(state)),
    meshwright_instance_up: instance('meshwright_instance_up', ({ instance: one }, { hosts }) => {
      const host = hosts[one.host]
      return host?.state === 'up' ? oneOrNone(host.report?.answers.find(({ jail }) => jail === one.jail)?.alive) : null
    }),
    meshwright_instance_leads: instance('meshwright_instance_leads', of =>
      led.has(`${of.instance.service}/${of.instance.role}`) && of.finding !== null ? Number(of.leads) : null,
    ),
  }
}

const isUnknown = ({ state }: InstanceHealth): boolean => state === 'unknown'

/** Does a member that leads say so? */
function hasLeaders({ instances }: WatchedRole): boolean {
  const health = instances[0]?.health ?? null
  if (health === null) return false
  const members = instances.length
  return health.read(health.imagine({ leads: true, led: true, members, reached: members, seconds: 0 })).leads === true
}
