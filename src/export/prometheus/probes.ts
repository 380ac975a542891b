/** What probers of the plan are asked by a Prometheus that watches the whole mesh: public ports, health, and hosts. */
import { roundTrips } from '../../../topology/latency.ts'
import { instancesOf } from '../../services/deploy.ts'
import { probesOf } from '../../services/prometheus/prometheus.yml.ts'
import { watchesOf } from '../../services/prometheus/watch.ts'
import type { Planned } from '../graph.ts'

/** Alerts know these by their jobs: `edge`, `ping`, `probe`. */
export function probeConfigs({ mesh, services }: Planned): readonly object[] {
  if (services === null) return []
  const instances = (service: string, role: string) => instancesOf(service, role, mesh, services)
  const placement = {
    hosts: mesh.hosts.map(({ spec }) => spec),
    hostsOf: (service: string, role: string) => instances(service, role).map(({ host }) => host.spec),
    roundTrip: roundTrips(services.spec.regions, services.spec.latency),
  }
  // Servers that share a prober ask it for the same.
  const asked = new Set<string>()
  return services.services
    .filter(({ kind }) => kind.kind === 'prometheus')
    .flatMap(service =>
      watchesOf(service, services.services, placement).flatMap(watch =>
        probesOf(watch, { name: service.name, mesh, instancesOf: instances }).flatMap(job => {
          const fresh = job.static_configs.filter(({ targets, labels }) => {
            const key = JSON.stringify([job.job_name, watch.prober?.name, targets, labels])
            return !asked.has(key) && asked.add(key)
          })
          return fresh.length === 0
            ? []
            : [
                {
                  ...job,
                  job_name: `${job.job_name}/${service.name}@${watch.server.name}`,
                  static_configs: fresh,
                  relabel_configs: [...job.relabel_configs, { target_label: 'job', replacement: job.job_name }],
                },
              ]
        }),
      ),
    )
}
