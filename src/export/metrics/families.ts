/**
 * The metrics that `meshwright serve` and `export metrics-textfile` give, by name: what rules and dashboards may ask for.
 * Planned topology is there for every host and link, so that a dead one stays visible; what is measured has no sample as
 * long as it is not known. Names and units as Prometheus asks for them; those of WireGuard as
 * MindFlavor/prometheus_wireguard_exporter has them.
 */
import type { HostState } from '../../health/snapshot.ts'
import type { TunnelState } from '../../health/verdict.ts'

export interface Family {
  readonly type: 'gauge' | 'counter'
  readonly help: string
  /** In the order in which they are written. */
  readonly labels: readonly string[]
}

const link = ['host', 'peer'] as const
const wireguard = ['host', 'peer', 'interface', 'public_key', 'friendly_name'] as const
/** `instance` as scraped targets have it: `db-postgres@tesla`. */
const instance = ['service', 'role', 'host', 'region', 'jail', 'instance'] as const

/** Values of `meshwright_host_state`; unknown has no sample. */
export const hostStateValue: Readonly<Record<HostState, number | null>> = { down: 0, stale: 1, up: 2, unknown: null }

/** Values of `meshwright_link_state` and `meshwright_tunnel_state`: the worse, the less; unknown has no sample. */
export const linkStateValue: Readonly<Record<TunnelState, number | null>> = {
  ...{ down: 0, 'one-way': 1, stale: 2, lossy: 3, up: 4, unknown: null },
}

const gauge = (help: string, ...labels: readonly string[]) => ({ type: 'gauge', help, labels }) as const
const counter = (help: string, ...labels: readonly string[]) => ({ type: 'counter', help, labels }) as const

export const families = {
  // Itself
  meshwright_build_info: gauge('Version of meshwright.', 'version'),
  meshwright_source_info: gauge('Where the observations come from; made_up is true for a demo.', 'source', 'made_up'),
  meshwright_snapshot_timestamp_seconds: gauge('Unix time of this observation of the mesh.'),
  meshwright_secrets_timestamp_seconds: gauge('Unix time at which secrets.age was last written.'),

  // The plan
  meshwright_mesh_info: gauge('The mesh.', 'mesh', 'domain', 'topology'),
  meshwright_region_info: gauge('A planned region.', 'region', 'title'),
  meshwright_host_info: gauge('A planned host.', 'host', 'region', 'provider', 'class', 'address'),
  meshwright_host_location: gauge(
    'Where a host is: degrees, spread a little where hosts of a region share a place; x and y in pictures.',
    ...['host', 'region', 'lat', 'lon', 'x', 'y'],
  ),
  meshwright_link_planned: gauge('A planned tunnel, seen from one of its ends.', ...link),
  meshwright_link_keepalive_seconds: gauge('Seconds between keepalives of either end; 0: none.', ...link),
  meshwright_tunnel_planned: gauge('A planned tunnel, once; a is before b in the alphabet.', 'a', 'b'),
  meshwright_jail_planned: gauge('A planned jail.', 'host', 'jail'),
  meshwright_service_info: gauge('A planned service.', 'service', 'kind', 'version'),
  meshwright_instance_planned: gauge('A planned member of a service.', ...instance),
  meshwright_role_replicas_wanted: gauge('Planned members of a role.', 'service', 'role'),

  // Hosts
  meshwright_host_state: gauge('0 down, 1 stale, 2 up; no sample: unknown.', 'host'),
  meshwright_host_level: gauge('A host with its problems: 0 ok, 1 unknown, 2 warn, 3 bad.', 'host'),
  meshwright_host_problems: gauge('Problems of a host, by level: warn or bad.', 'host', 'level'),
  meshwright_probe_success: gauge('1: the host answered the last time it was asked.', 'host'),
  meshwright_probe_duration_seconds: gauge('How long the host took to answer.', 'host'),
  meshwright_probe_timestamp_seconds: gauge('Unix time at which the host last answered.', 'host'),
  meshwright_host_boot_timestamp_seconds: gauge('Unix time of its boot, by its own clock.', 'host'),
  meshwright_host_clock_offset_seconds: gauge('Its clock less that of whoever asked.', 'host'),
  meshwright_host_cpus: gauge('Cores.', 'host'),
  meshwright_host_load1: gauge('Load average over a minute.', 'host'),
  meshwright_host_memory_bytes: gauge('Memory.', 'host'),
  meshwright_host_memory_free_bytes: gauge('Memory that can be had without swapping.', 'host'),
  meshwright_pool_size_bytes: gauge('Size of a ZFS pool.', 'host', 'pool'),
  meshwright_pool_allocated_bytes: gauge('Allocated in a ZFS pool.', 'host', 'pool'),
  meshwright_pool_online: gauge('1: the pool is ONLINE.', 'host', 'pool'),
  meshwright_interface_up: gauge('1: the interface is up.', 'host', 'interface'),
  meshwright_interface_receive_bytes_total: counter('Bytes received.', 'host', 'interface'),
  meshwright_interface_transmit_bytes_total: counter('Bytes sent.', 'host', 'interface'),
  meshwright_interface_errors_total: counter('Packets in error or dropped, both ways.', 'host', 'interface'),
  meshwright_pf_enabled: gauge('1: pf filters.', 'host'),
  meshwright_pf_default_deny: gauge('1: the first filter rule blocks everything.', 'host'),
  meshwright_pf_states: gauge('Entries of the state table.', 'host'),
  meshwright_pf_label_packets_total: counter('Packets of the rules of one label.', 'host', 'label'),
  meshwright_pf_label_bytes_total: counter('Bytes of the rules of one label.', 'host', 'label'),
  meshwright_carp_state: gauge('0 INIT, 1 BACKUP, 2 MASTER.', 'host', 'interface', 'vhid'),
  meshwright_plan_drift: gauge('1: files of the host are not as they were built.', 'host'),
  meshwright_drift_files: gauge('Files that are not as they were built, by how: changed or missing.', 'host', 'how'),
  meshwright_jail_running: gauge('1: a planned jail runs.', 'host', 'jail'),
  meshwright_jails_foreign: gauge('Jails that run and are not planned.', 'host'),

  // Tunnels
  meshwright_link_state: gauge('0 down, 1 one-way, 2 stale, 3 lossy, 4 up; no sample: unknown.', ...link),
  meshwright_link_rtt_seconds: gauge('Round trip of an echo request through the tunnel.', ...link),
  meshwright_link_loss_ratio: gauge('Part of the last echo requests that was lost.', ...link),
  meshwright_tunnel_state: gauge('The worse of its two ends, as meshwright_link_state.', 'a', 'b'),
  meshwright_tunnel_rtt_seconds: gauge('The longer round trip of its two ends.', 'a', 'b'),
  wireguard_latest_handshake_seconds: gauge('Unix time of the latest handshake; 0: never.', ...wireguard),
  wireguard_received_bytes_total: counter('Bytes received from the peer.', ...wireguard),
  wireguard_sent_bytes_total: counter('Bytes sent to the peer.', ...wireguard),

  // Services
  meshwright_service_level: gauge('0 ok, 1 unknown, 2 warn, 3 bad.', 'service'),
  meshwright_service_quorum: gauge('1: a majority of every quorum is there.', 'service'),
  meshwright_role_level: gauge('0 ok, 1 unknown, 2 warn, 3 bad.', 'service', 'role'),
  meshwright_role_quorum: gauge('1: a majority is there.', 'service', 'role'),
  meshwright_role_leaders: gauge('Members that lead; only of roles that have leaders.', 'service', 'role'),
  meshwright_role_replicas: gauge('Members that answer and do their work.', 'service', 'role'),
  meshwright_role_replicas_placed: gauge('Members whose jails run.', 'service', 'role'),
  meshwright_instance_level: gauge('0 ok, 1 unknown, 2 warn, 3 bad.', ...instance),
  meshwright_instance_up: gauge('1: it answered its probe.', ...instance),
  meshwright_instance_leads: gauge('1: it leads its role.', ...instance),
} as const satisfies Readonly<Record<string, Family>>

export type FamilyName = keyof typeof families
