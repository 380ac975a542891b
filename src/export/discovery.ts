/** Targets as service discovery of Prometheus gives them, by file and by HTTP: one group a target. */
import type { Target } from './targets.ts'

export interface TargetGroup {
  readonly targets: readonly [string]
  readonly labels: Readonly<Record<string, string>>
}

export const groupOf = ({ job, address, path, labels }: Target): TargetGroup => ({
  targets: [address],
  labels: { job, ...(path !== '/metrics' && { __metrics_path__: path }), ...labels },
})

export interface Asked {
  readonly job: string | null
  readonly service: string | null
}

/**
 * Everything that one scrape configuration can ask. Targets that want a bearer token, or whose labels are to be left as
 * they are, want a configuration of their own, and are given to who asks for their job; a token is that of one service.
 */
export const asked = (targets: readonly Target[], { job, service }: Asked): readonly Target[] =>
  targets.filter(
    target =>
      (job === null ? target.bearer === null && !target.honorLabels : target.job === job) &&
      (service === null || target.labels.service === service),
  )
