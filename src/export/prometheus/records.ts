/**
 * Recording rules (Prometheus, recording rules; names as level:metric:operation): what rules and dashboards would
 * otherwise work out again and again. All of them are made from what `meshwright serve` gives.
 */

export interface RecordingRule {
  readonly record: string
  readonly expr: string
}

// Two that look at the same mesh are one.
const region = 'max by (host, region) (meshwright_host_info)'
const peerRegion = `max by (peer, peer_region) (label_replace(label_replace(${region}, "peer", "$1", "host", "(.*)"), "peer_region", "$1", "region", "(.*)"))`
const links = 'max by (host, peer) (meshwright_link_state)'

export const records = [
  {
    record: 'meshwright:link_handshake_age_seconds',
    // Never is no age.
    expr: 'time() - (max by (host, peer) (wireguard_latest_handshake_seconds) > 0)',
  },
  {
    record: 'meshwright:link_receive_bytes:rate5m',
    expr: 'max by (host, peer) (rate(wireguard_received_bytes_total[5m]))',
  },
  {
    record: 'meshwright:link_transmit_bytes:rate5m',
    expr: 'max by (host, peer) (rate(wireguard_sent_bytes_total[5m]))',
  },
  {
    record: 'meshwright:link_rtt_seconds:median1d',
    expr: 'max by (host, peer) (quantile_over_time(0.5, meshwright_link_rtt_seconds[1d]))',
  },
  { record: 'meshwright:hosts_up:ratio', expr: 'avg(max by (host) (meshwright_host_state) == bool 2)' },
  { record: 'meshwright:tunnels_up:ratio', expr: 'avg(max by (a, b) (meshwright_tunnel_state) >= bool 3)' },
  { record: 'meshwright:services_ok:ratio', expr: 'avg(max by (service) (meshwright_service_level) == bool 0)' },
  { record: 'meshwright:host_links_up:ratio', expr: `avg by (host) (${links} >= bool 3)` },
  {
    record: 'meshwright:region_links_up:ratio',
    expr: `avg by (region, peer_region) ((${links} >= bool 3) * on (host) group_left (region) ${region} * on (peer) group_left (peer_region) ${peerRegion})`,
  },
] as const satisfies readonly RecordingRule[]
