/**
 * What exporters and probes say, each for one instance: a server may know its own region alone. Whether a cluster has a
 * primary is known by each of its members, while the primary itself may be in another region.
 */
import { type Alert, type Facts, fires, silent } from '../alert.ts'
import { ofClusters } from './exporters/clusters.ts'
import { ofDaemons, parted } from './exporters/daemons.ts'
import { ofEdges, ofProbes } from './exporters/probes.ts'
import { one, where } from './exporters/series.ts'

const own = 'job!~"edge|ping|probe"'

export function exporterAlerts({ served, jobs, probed, edges, managers }: Facts): readonly Alert[] {
  return [
    targetDown,
    // Who sees hosts themselves says so.
    ...(served ? [] : [hostSilent]),
    ...(jobs.has('prometheus') || jobs.has('alertmanager') ? [reloadFailed] : []),
    ...[...jobs].toSorted().flatMap(job => byJob(served)[job] ?? []),
    ...managers.flatMap(({ service, members }) => (members < 2 ? [] : [parted(service, members)])),
    ...(probed ? ofProbes : []),
    ...(probed && edges ? ofEdges : []),
  ]
}

const targetDown: Alert = {
  ...{ alert: 'TargetDown', severity: 'warning', expr: `up{${own}} == 0`, minutes: 4 },
  summary: '{{ $labels.instance }} gives no metrics',
  description: 'Its exporter does not answer, or its jail does not run.',
  cases: [
    fires(one('up', '0x10', 'job="etcd",'), { job: 'etcd', ...where }),
    silent({ ...one('up', '1 0x3 1 0x3 1x90', 'job="etcd",'), ...one('up', '0x90', 'job="probe",') }),
  ],
}

const hostSilent: Alert = {
  ...{ alert: 'HostDown', severity: 'critical', minutes: 2 },
  expr: `max by (host, region) (up{${own}}) == 0`,
  summary: 'Nothing on {{ $labels.host }} gives metrics',
  description: 'The host is down, or nothing reaches it through the mesh.',
  cases: [
    fires(
      {
        ...one('up', '0x10', 'job="etcd",'),
        ...one('up', '0x10', 'job="node",'),
        ...one('up', '1x10', 'job="probe",'),
      },
      { host: 'h', region: 'r' },
    ),
    silent({ ...one('up', '0x90', 'job="etcd",'), ...one('up', '1x90', 'job="node",') }),
  ],
}

const reloadFailed: Alert = {
  ...{ alert: 'ReloadFailed', severity: 'warning', minutes: 5 },
  expr: 'prometheus_config_last_reload_successful == 0 or alertmanager_config_last_reload_successful == 0',
  summary: '{{ $labels.instance }} works with an old configuration',
  description: 'It refused the new one: promtool check config, amtool check-config.',
  cases: [
    fires(one('alertmanager_config_last_reload_successful', '0x10'), where),
    fires(one('prometheus_config_last_reload_successful', '1 0x10'), where, { from: 1 }),
    silent({
      ...one('alertmanager_config_last_reload_successful', '1x90'),
      ...one('prometheus_config_last_reload_successful', '1x90'),
    }),
  ],
}

/** By the Prometheus job without which they say nothing. */
const byJob = (served: boolean): Readonly<Record<string, readonly Alert[]>> => ({
  ...ofDaemons,
  ...ofClusters(served),
})
