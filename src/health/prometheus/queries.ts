/** What a Prometheus is asked in one look: a query a family of metrics, however many hosts there are. */
import type { Fleet } from '../fleet.ts'

const queryNames = [
  'sample times',
  'handshakes',
  'bytes received',
  'bytes sent',
  'round trips',
  'echoes lost',
  'system',
  'cores',
  'clocks',
  'answers',
  'service metrics',
] as const
export type QueryName = (typeof queryNames)[number]

/** Jobs of the prober carry the labels of whom they ask, and are not it. */
const itself = 'host!="",job!~"edge|ping|probe"'

/**
 * By the names of peers, as meshwright gives them, else by public keys, as the exporter of MindFlavor does. Grouped, so
 * that labels that nobody reads do not cross the network a million times, and two servers that see the same are one.
 */
const tunnels = (metric: string): string =>
  `max by (host, peer) (${metric}{host!="",peer!=""}) or max by (host, public_key) (${metric}{host!="",peer=""})`

const ofNode = [
  ...['node_load1', 'node_load5', 'node_load15', 'node_boot_time_seconds'],
  // FreeBSD
  ...['node_memory_size_bytes', 'node_memory_free_bytes', 'node_memory_inactive_bytes', 'node_memory_cache_bytes'],
  ...['node_zfs_arcstats_size_bytes', 'node_zfs_arcstats_c_min_bytes'],
  // Linux
  ...['node_memory_MemTotal_bytes', 'node_memory_MemAvailable_bytes'],
]

/**
 * An answer gives the time at which it was worked out, never that of its samples, and a sample lives on for up to five
 * minutes (--query.lookback-delta). Where a scrape fails, Prometheus itself ends its samples at once; but not while it
 * was down or hung, nor for samples that came with a time of their own, by federation or remote write. So the time of
 * the newest sample of each host is asked for: a report is of that time, and one that is too old is none. meshwright
 * itself says when it last heard of a host.
 */
const sampleTimes = [
  'max by (host) (meshwright_probe_timestamp_seconds{host!=""})',
  'max by (host) (timestamp(wireguard_latest_handshake_seconds{host!=""}))',
  `max by (host) (timestamp(up{${itself}}))`,
].join(' or ')

export function queriesOf(fleet: Pick<Fleet, 'services'>): ReadonlyMap<QueryName, string> {
  const services = fleet.services.map(({ name }) => name)
  const roles = fleet.services.flatMap(service => service.roles)
  const series = roles.flatMap(role => role.instances.flatMap(({ health }) => health?.series ?? []))
  const wanted = [...new Set(series)].filter(name => /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name)).toSorted()
  const queries: Record<QueryName, string | null> = {
    'sample times': sampleTimes,
    handshakes: tunnels('wireguard_latest_handshake_seconds'),
    'bytes received': tunnels('wireguard_received_bytes_total'),
    'bytes sent': tunnels('wireguard_sent_bytes_total'),
    'round trips': 'max by (host, peer) (meshwright_link_rtt_seconds{host!="",peer!=""})',
    'echoes lost': 'max by (host, peer) (meshwright_link_loss_ratio{host!="",peer!=""})',
    system: `max by (host, __name__) ({__name__=~"${ofNode.join('|')}",host!=""})`,
    cores: 'count by (host) (group by (host, cpu) (node_cpu_seconds_total{mode="idle",host!=""}))',
    // Both times are of one sample: what is between them is how far its clock is off that of Prometheus.
    clocks: 'max by (host) (node_time_seconds{host!=""} - timestamp(node_time_seconds{host!=""}))',
    answers: `max by (__name__, job, host, service, role) (up{${itself}} or probe_success{job=~"ping|probe",host!=""} or meshwright_instance_up{host!=""})`,
    'service metrics':
      wanted.length === 0 ? null : `{__name__=~"${wanted.join('|')}",service=~"${services.join('|')}",host!=""}`,
  }
  return new Map(queryNames.flatMap(name => (queries[name] === null ? [] : [[name, queries[name]]])))
}
