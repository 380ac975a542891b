/**
 * Tunnels: by what meshwright makes of all that is known of both ends, once for both; and by what wg(8) says at one end, for
 * where nothing else is known.
 */
import { type Alert, type Facts, fires, inRegions, link, type Series, silent, teslaToBohr, two } from '../alert.ts'

/** `host` is before `peer` in the alphabet. */
const tunnel =
  'max by (host, peer) (label_replace(label_replace(meshwright_tunnel_state, "host", "$1", "a", "(.*)"), "peer", "$1", "b", "(.*)"))'
const bohrToTesla = { host: 'bohr', region: 'usa', peer: 'tesla', peer_region: 'west' }
const state = 'meshwright_tunnel_state{a="bohr",b="tesla"}'

/** What the state says is not said twice. */
const known = 'max by (host, peer) (meshwright_link_state) < 2'
const told = 'max by (host) (meshwright_probe_timestamp_seconds)'
const handshake = 'max by (host, peer) (wireguard_latest_handshake_seconds)'
const keepalive = 'max by (host, peer) (meshwright_link_keepalive_seconds)'
const look = 'Look: `meshwright ui`, then `:host {{ $labels.host }}`; there: wg show wg0.'

const shook = `wireguard_latest_handshake_seconds{${link},interface="wg0"}`
const clock: Series = { ...two, 'meshwright_probe_timestamp_seconds{host="tesla"}': '0+60x500' }
const every25: Series = { ...clock, [`meshwright_link_keepalive_seconds{${link}}`]: '25x500' }
const never0: Series = { ...clock, [`meshwright_link_keepalive_seconds{${link}}`]: '0x500' }

export const tunnelAlerts = ({ regions, tunnels, keepalive: kept }: Facts): readonly Alert[] =>
  tunnels ? [...byState, ...(regions < 2 ? [] : [parted]), ...byCounters, ...(kept ? byAge : [])] : []

const byState: readonly Alert[] = [
  {
    ...{ alert: 'TunnelDown', severity: 'warning', minutes: 2 },
    expr: inRegions(`${tunnel} == 0`),
    summary: 'The tunnel {{ $labels.host }} - {{ $labels.peer }} is down',
    description: `Nothing crosses between them. ${look}`,
    cases: [
      fires({ ...two, [state]: '4 0x9' }, bohrToTesla, { from: 1 }),
      silent({ ...two, [state]: '0 0 4 0 0 1x90' }),
    ],
  },
  {
    ...{ alert: 'TunnelOneWay', severity: 'warning', minutes: 2 },
    expr: inRegions(`${tunnel} == 1`),
    summary: 'Packets cross the tunnel {{ $labels.host }} - {{ $labels.peer }} in one direction only',
    description: `A filter or NAT on the way swallows those of one side. ${look}`,
    cases: [fires({ ...two, [state]: '1x9' }, bohrToTesla), silent({ ...two, [state]: '1 1 2 1 1 0x90' })],
  },
  {
    ...{ alert: 'TunnelLossy', severity: 'warning', minutes: 10 },
    expr: inRegions(`${tunnel} == 3`),
    summary: 'The tunnel {{ $labels.host }} - {{ $labels.peer }} loses packets',
    description: `A fifth or more of the last 20 echo requests was lost. ${look}`,
    cases: [fires({ ...two, [state]: '3x20' }, bohrToTesla), silent({ ...two, [state]: '3x8 4 3x8 4x90' })],
  },
  {
    ...{ alert: 'RttHigh', severity: 'warning', minutes: 15 },
    // Below 5 ms, three times as much is a busy machine. The median is worked out in a group of its own.
    expr: inRegions(
      'max by (host, peer) (meshwright_link_rtt_seconds) > 3 * (max by (host, peer) (meshwright:link_rtt_seconds:median1d)) and max by (host, peer) (meshwright_link_rtt_seconds) > 0.005',
    ),
    summary: 'The round trip {{ $labels.host }} - {{ $labels.peer }} takes {{ $value | humanizeDuration }}',
    description:
      'That is more than three times its median of a day. The way between them has changed, or is full: traceroute, mtr.',
    cases: [
      fires({ ...two, [`meshwright_link_rtt_seconds{${link}}`]: '0.02x120 0.08x60' }, teslaToBohr, {
        from: 121,
        value: '80ms',
      }),
      silent({ ...two, [`meshwright_link_rtt_seconds{${link}}`]: '0.02x120 0.059x60' }, 160),
      silent({ ...two, [`meshwright_link_rtt_seconds{${link}}`]: '0.0005x120 0.004x60' }, 160),
    ],
  },
]

const parted: Alert = {
  ...{ alert: 'RegionsParted', severity: 'critical', minutes: 2 },
  // What is between hosts of one region says nothing of two.
  expr: `max by (region, peer_region) (${inRegions('max by (host, peer) (meshwright_link_state)')}) < 2 unless on (region, peer_region) label_replace(max by (region) (meshwright_host_info), "peer_region", "$1", "region", "(.*)")`,
  summary: 'No tunnel between {{ $labels.region }} and {{ $labels.peer_region }} works',
  description:
    'Hosts of both speak, but not with each other. Look: `meshwright ui`; then at the providers and at the way between.',
  cases: [
    fires(
      { ...two, [`meshwright_link_state{${link}}`]: '4 0 1x9' },
      { region: 'west', peer_region: 'usa' },
      { from: 1 },
    ),
    silent({
      ...two,
      'meshwright_host_info{host="curie",region="west"}': '1x90',
      [`meshwright_link_state{${link}}`]: '0x90',
      'meshwright_link_state{host="curie",peer="bohr"}': '3x90',
      'meshwright_link_state{host="tesla",peer="curie"}': '0x90',
    }),
  ],
}

const byCounters: readonly Alert[] = [
  {
    ...{ alert: 'OneWayTraffic', severity: 'warning', minutes: 2 },
    // A session is renewed within three minutes: where nothing at all comes back, nobody hears what is sent. Keepalives of
    // 32 bytes each 25 s are less.
    expr: inRegions(
      `(max by (host, peer) (increase(wireguard_sent_bytes_total[5m])) > 1024 and on (host, peer) max by (host, peer) (increase(wireguard_received_bytes_total[5m])) == 0) unless on (host, peer) ${known}`,
    ),
    summary: '{{ $labels.host }} sends to {{ $labels.peer }} and hears nothing',
    description: `Bytes sent grew by {{ $value | humanize1024 }}B in 5 min, bytes received not at all. ${look}`,
    cases: [
      fires(
        {
          ...two,
          [`wireguard_sent_bytes_total{${link}}`]: '0+2048x30',
          [`wireguard_received_bytes_total{${link}}`]: '9x30',
        },
        teslaToBohr,
        { from: 1, value: '6ki' },
      ),
      silent({
        ...two,
        [`wireguard_sent_bytes_total{${link}}`]: '0+2048x90',
        [`wireguard_received_bytes_total{${link}}`]: '0+92x90',
      }),
      silent({
        ...two,
        [`wireguard_sent_bytes_total{${link}}`]: '0+77x90',
        [`wireguard_received_bytes_total{${link}}`]: '9x90',
      }),
      silent({
        ...two,
        [`meshwright_link_state{${link}}`]: '1x90',
        [`wireguard_sent_bytes_total{${link}}`]: '0+2048x90',
        [`wireguard_received_bytes_total{${link}}`]: '9x90',
      }),
    ],
  },
]

const byAge: readonly Alert[] = [
  {
    ...{ alert: 'HandshakeOld', severity: 'warning', minutes: 2 },
    // Keys are renewed at the first keepalive after 165 s. Without keepalive an idle tunnel grows old in health. As old as it
    // was when its host last told of it: hosts may be asked more seldom than they shake hands.
    expr: inRegions(
      `(${told} - on (host) group_right () (${handshake} > 0) > on (host, peer) 165 + 10 + (${keepalive} > 0)) unless on (host, peer) ${known}`,
    ),
    summary: '{{ $labels.host }} and {{ $labels.peer }} shook hands {{ $value | humanizeDuration }} ago',
    description: `With keepalive it is renewed after 165 s and one keepalive at the latest. ${look}`,
    cases: [
      // 200 s after second 40 are not yet too much, 201 s after second 39 are.
      fires({ ...every25, [shook]: '39x30' }, teslaToBohr, { from: 4, value: '5m 21s' }),
      silent({ ...every25, [shook]: '40x3 220x2 400x3' }, 7),
      silent({ ...never0, [shook]: '39x500' }, 400),
      // Nobody has asked since.
      silent({ ...every25, [shook]: '39x500', 'meshwright_probe_timestamp_seconds{host="tesla"}': '239x500' }, 30),
      silent({ ...every25, [shook]: '39x30', [`meshwright_link_state{${link}}`]: '0x30' }, 20),
    ],
  },
  {
    ...{ alert: 'NeverShookHands', severity: 'warning', minutes: 10 },
    expr: inRegions(`(${handshake} == 0 and on (host, peer) ${keepalive} > 0) unless on (host, peer) ${known}`),
    summary: '{{ $labels.host }} and {{ $labels.peer }} have never shaken hands',
    description: `Keys, endpoint or UDP port of one of them are not what the other thinks. ${look}`,
    cases: [
      fires({ ...every25, [shook]: '0x30' }, teslaToBohr),
      silent({ ...every25, [shook]: '0x8 500x90' }),
      silent({ ...never0, [shook]: '0x90' }),
    ],
  },
]
