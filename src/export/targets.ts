/** Everything in the plan that gives metrics: for file and HTTP service discovery of Prometheus. */
import type { Mesh } from '../../topology/mesh.ts'
import { byText } from '../../topology/names.ts'
import { instancesOf } from '../services/deploy.ts'
import type { ServicePlan } from '../services/plan.ts'

export interface Target {
  readonly job: string
  /** In the overlay: `10.64.1.9:9100`. */
  readonly address: string
  readonly path: string
  /** What is said in the answer is about others: its labels stay. */
  readonly honorLabels: boolean
  /** It is asked with a bearer token of that service; the token itself is nowhere here. */
  readonly bearer: { readonly service: string; readonly purpose: string } | null
  readonly labels: InstanceLabels
}

/** Of everything that is known of an instance; `instance` is the word of the mesh for it: `db-postgres@tesla`. */
export interface InstanceLabels {
  readonly host: string
  readonly instance: string
  readonly region: string
  readonly role: string
  readonly service: string
}

export const instanceLabels = (of: {
  readonly service: string
  readonly role: string
  readonly host: { readonly name: string; readonly region: string }
}): InstanceLabels => ({
  ...{ host: of.host.name, instance: `${of.service}-${of.role}@${of.host.name}` },
  ...{ region: of.host.region, role: of.role, service: of.service },
})

/** By job, then instance. */
export function targetsOf(mesh: Mesh, plan: ServicePlan | null): readonly Target[] {
  if (plan === null) return []
  return plan.services
    .flatMap(service =>
      service.kind.roles(service).flatMap(({ name, metrics }): Target[] =>
        metrics === undefined
          ? []
          : instancesOf(service.name, name, mesh, plan).map(({ host, jail }) => ({
              job: metrics.job,
              address: `${jail.address.inet.text}:${metrics.port}`,
              path: metrics.path,
              honorLabels: metrics.honorLabels === true,
              bearer: metrics.bearer === undefined ? null : { service: service.name, purpose: metrics.bearer },
              labels: instanceLabels({ service: service.name, role: name, host }),
            })),
      ),
    )
    .toSorted((a, b) => byText(a.job, b.job) || byText(a.labels.instance, b.labels.instance))
}
