/** Hosts and regions, as `meshwright serve` sees them. */
import { type Alert, type Facts, fires, inRegion, silent, tesla, two } from '../alert.ts'

const hostState = 'max by (host) (meshwright_host_state)'
const up = 'up{job!~"edge|ping|probe",host!=""}'

export const hostAlerts = ({ regions, jails, carp }: Facts): readonly Alert[] => [
  {
    ...{ alert: 'HostDown', severity: 'critical', minutes: 2 },
    // Where nobody says how the host is, its exporters do.
    expr: `${inRegion(`${hostState} == 0`)} or (max by (host, region) (${up}) == 0 unless on (host) meshwright_host_state)`,
    summary: '{{ $labels.host }} is down',
    description:
      'It answered neither this time nor the time before, or none of its exporters does. Look: `meshwright ui`, then `:host {{ $labels.host }}`.',
    cases: [
      fires({ ...two, 'meshwright_host_state{host="tesla"}': '2 0x10' }, tesla, { from: 1 }),
      fires({ 'up{job="node",host="tesla",region="west"}': '0x10' }, tesla),
      silent({ ...two, 'meshwright_host_state{host="tesla"}': '0 0 1x20 0 0 2x90' }),
      // It is known to be up, whatever its exporters do.
      silent({
        ...two,
        'meshwright_host_state{host="tesla"}': '2x90',
        'up{job="node",host="tesla",region="west"}': '0x90',
      }),
      // Of two that look, one sees it.
      silent({
        ...two,
        'meshwright_host_state{host="tesla",instance="a"}': '0x90',
        'meshwright_host_state{host="tesla",instance="b"}': '2x90',
      }),
    ],
  },
  {
    ...{ alert: 'HostFlaps', severity: 'critical', minutes: 0 },
    // Down for less than HostDown waits, it would be told of by nobody, and what is wrong on it would be inhibited.
    expr: inRegion(`changes((${hostState} == bool 0)[30m:15s]) > 4`),
    summary: '{{ $labels.host }} comes and goes',
    description:
      'It was down at least three times in 30 min, each time too briefly to be told. Look: `meshwright ui`, then `:host {{ $labels.host }}`; there: /var/log/messages.',
    cases: [
      fires({ ...two, 'meshwright_host_state{host="tesla"}': '2 0 2 0 2 0 2x90' }, tesla, { from: 5 }),
      // Two restarts.
      silent({ ...two, 'meshwright_host_state{host="tesla"}': '2 0 2 0 2x90' }),
      // Silent once each time, and not down.
      silent({ ...two, 'meshwright_host_state{host="tesla"}': '2 1 2 1 2 1 2 1 2x90' }),
      silent({
        ...two,
        'meshwright_host_state{host="tesla",instance="a"}': '2 0 2 0 2 0 2x90',
        'meshwright_host_state{host="tesla",instance="b"}': '2x90',
      }),
    ],
  },
  {
    ...{ alert: 'HostUnknown', severity: 'warning', minutes: 15 },
    expr: 'max by (host, region) (meshwright_host_info) unless on (host) meshwright_host_state',
    summary: '{{ $labels.host }} is planned, and nobody knows how it is',
    description:
      'It has never been heard of since meshwright looks. See that it is built, and that meshwright may log in there.',
    cases: [
      fires({ ...two, 'meshwright_host_state{host="bohr"}': '2x90' }, tesla),
      silent({ ...two, 'meshwright_host_state{host="bohr"}': '2x90', 'meshwright_host_state{host="tesla"}': '0x90' }),
    ],
  },
  ...(regions < 2
    ? []
    : [
        {
          ...{ alert: 'RegionLost', severity: 'critical', minutes: 2 },
          expr: `max by (region) (${inRegion(hostState)}) == 0`,
          summary: 'All hosts of {{ $labels.region }} are down',
          description:
            'What follows from it is not told beside it: hosts, tunnels, members of services. Look: `meshwright ui`, and `meshwright whatif --lose region:{{ $labels.region }}`.',
          cases: [
            fires(
              {
                ...lab,
                'meshwright_host_state{host="tesla"}': '0x10',
                'meshwright_host_state{host="curie"}': '2 0x10',
              },
              { region: 'west' },
              { from: 1 },
            ),
            silent({
              ...lab,
              'meshwright_host_state{host="tesla"}': '0x90',
              'meshwright_host_state{host="curie"}': '1x90',
            }),
          ],
        } satisfies Alert,
      ]),
  {
    ...{ alert: 'Drift', severity: 'warning', minutes: 60 },
    expr: inRegion('max by (host) (meshwright_plan_drift) == 1'),
    summary: 'Files of {{ $labels.host }} are not as they were built',
    description: 'Somebody changed or removed them by hand. Look: `meshwright ui`, then `:host {{ $labels.host }}`.',
    cases: [
      fires({ ...two, 'meshwright_plan_drift{host="tesla"}': '0 1x90' }, tesla, { from: 1 }),
      silent({ ...two, 'meshwright_plan_drift{host="tesla"}': '1x50 0 1x50' }, 101),
    ],
  },
  {
    ...{ alert: 'PoolNotOnline', severity: 'warning', minutes: 2 },
    expr: inRegion('min by (host, pool) (meshwright_pool_online) == 0'),
    summary: 'Pool {{ $labels.pool }} of {{ $labels.host }} is not ONLINE',
    description: 'A disk may be gone. Look there: zpool status -x {{ $labels.pool }}.',
    cases: [
      fires({ ...two, 'meshwright_pool_online{host="tesla",pool="zroot"}': '0x9' }, { ...tesla, pool: 'zroot' }),
      silent({ ...two, 'meshwright_pool_online{host="tesla",pool="zroot"}': '1x90' }),
    ],
  },
  {
    ...{ alert: 'PoolFull', severity: 'warning', minutes: 15 },
    expr: inRegion(
      'max by (host, pool) (meshwright_pool_allocated_bytes) / max by (host, pool) (meshwright_pool_size_bytes) > 0.9',
    ),
    summary: 'Pool {{ $labels.pool }} of {{ $labels.host }} is {{ $value | humanizePercentage }} full',
    description:
      'From 90 % on ZFS looks for the best fit and slows down. Look there: zfs list -o space -r {{ $labels.pool }}.',
    cases: [
      fires(
        {
          ...two,
          'meshwright_pool_allocated_bytes{host="tesla",pool="zroot"}': '95x90',
          'meshwright_pool_size_bytes{host="tesla",pool="zroot"}': '100x90',
        },
        { ...tesla, pool: 'zroot' },
        { value: '95%' },
      ),
      silent({
        ...two,
        'meshwright_pool_allocated_bytes{host="tesla",pool="zroot"}': '90x90',
        'meshwright_pool_size_bytes{host="tesla",pool="zroot"}': '100x90',
      }),
    ],
  },
  {
    ...{ alert: 'PfOff', severity: 'critical', minutes: 1 },
    expr: inRegion('min by (host) (meshwright_pf_enabled) == 0'),
    summary: 'pf is off on {{ $labels.host }}: nothing is filtered',
    description: 'Everybody reaches everything there. Look there: pfctl -si, then pfctl -e.',
    cases: [
      fires({ ...two, 'meshwright_pf_enabled{host="tesla"}': '0x9' }, tesla),
      silent({ ...two, 'meshwright_pf_enabled{host="tesla"}': '1x90' }),
    ],
  },
  {
    ...{ alert: 'PfOpen', severity: 'critical', minutes: 1 },
    expr: inRegion('min by (host) (meshwright_pf_default_deny) == 0'),
    summary: 'pf on {{ $labels.host }} does not deny by default',
    description: 'Its first filter rule does not block everything: other rules were loaded. Look there: pfctl -sr.',
    cases: [
      fires({ ...two, 'meshwright_pf_default_deny{host="tesla"}': '0x9' }, tesla),
      silent({ ...two, 'meshwright_pf_default_deny{host="tesla"}': '1x90' }),
    ],
  },
  {
    ...{ alert: 'ClockOff', severity: 'warning', minutes: 5 },
    expr: inRegion('min by (host) (abs(meshwright_host_clock_offset_seconds)) > 2'),
    summary: 'The clock of {{ $labels.host }} is {{ $value | humanizeDuration }} off',
    description: 'Logs no longer fit together, and elections may fail. Look there: ntpq -p, or service ntpd status.',
    cases: [
      fires({ ...two, 'meshwright_host_clock_offset_seconds{host="tesla"}': '-3x20' }, tesla, { value: '3s' }),
      silent({ ...two, 'meshwright_host_clock_offset_seconds{host="tesla"}': '2x90' }),
    ],
  },
  ...(jails ? [jailMissing] : []),
  ...(carp ? carpAlerts : []),
]

const lab = { ...two, 'meshwright_host_info{host="curie",region="west"}': '1x1500' }
const speaking = {
  ...lab,
  ...Object.fromEntries(['tesla', 'curie', 'bohr'].map(host => [`meshwright_host_state{host="${host}"}`, '2x90'])),
}

const jailMissing: Alert = {
  ...{ alert: 'JailMissing', severity: 'warning', minutes: 2 },
  expr: inRegion('label_join(min by (host, jail) (meshwright_jail_running) == 0, "instance", "@", "jail", "host")'),
  summary: 'Jail {{ $labels.jail }} does not run on {{ $labels.host }}',
  description:
    'It is planned there. Look there: service jail start {{ $labels.jail }}, and /var/log/jail_{{ $labels.jail }}_console.log.',
  cases: [
    fires(
      { ...two, 'meshwright_jail_running{host="tesla",jail="db-etcd"}': '0x9' },
      { ...tesla, jail: 'db-etcd', instance: 'db-etcd@tesla' },
    ),
    silent({ ...two, 'meshwright_jail_running{host="tesla",jail="db-etcd"}': '1x5 0 1x90' }),
  ],
}

const carpAlerts: readonly Alert[] = [
  {
    ...{ alert: 'CarpFlaps', severity: 'warning', minutes: 0 },
    expr: inRegion('max by (host, interface, vhid) (changes(meshwright_carp_state[15m])) > 3'),
    summary: 'vhid {{ $labels.vhid }} on {{ $labels.host }} changed hands {{ $value }} times in 15 min',
    description:
      'Advertisements are lost, or the edge of a host comes and goes. Look there: ifconfig {{ $labels.interface }}.',
    cases: [
      fires(
        { ...two, 'meshwright_carp_state{host="tesla",interface="vtnet0",vhid="7"}': '1 2 1 2 1 1x30' },
        { ...tesla, interface: 'vtnet0', vhid: '7' },
        { from: 4, value: '4' },
      ),
      // A planned move, and back.
      silent({ ...two, 'meshwright_carp_state{host="tesla",interface="vtnet0",vhid="7"}': '2x5 1x5 2x90' }, 12),
    ],
  },
  {
    ...{ alert: 'CarpTwoMasters', severity: 'critical', minutes: 1 },
    // What one that has fallen silent said last does not count.
    expr: `count by (region, vhid) (${inRegion(`max by (host, vhid) (meshwright_carp_state) == 2 and on (host) ${hostState} == 2`)}) > 1`,
    summary: '{{ $value }} hosts of {{ $labels.region }} are MASTER of vhid {{ $labels.vhid }}',
    description:
      'They do not hear each other, and both answer for one address. Look at both: ifconfig, and pf for proto carp.',
    cases: [
      fires(
        {
          ...speaking,
          'meshwright_carp_state{host="tesla",interface="vtnet0",vhid="7"}': '2x9',
          'meshwright_carp_state{host="curie",interface="vtnet0",vhid="7"}': '1 2x9',
        },
        { region: 'west', vhid: '7' },
        { from: 1, value: '2' },
      ),
      silent({
        ...speaking,
        'meshwright_carp_state{host="tesla",interface="vtnet0",vhid="7"}': '2x90',
        'meshwright_carp_state{host="curie",interface="vtnet0",vhid="7"}': '1x90',
        // Another region has a 7 of its own.
        'meshwright_carp_state{host="bohr",interface="vtnet0",vhid="7"}': '2x90',
      }),
      // The other has taken over.
      silent({
        ...speaking,
        'meshwright_host_state{host="tesla"}': '2 1x90',
        'meshwright_carp_state{host="tesla",interface="vtnet0",vhid="7"}': '2x90',
        'meshwright_carp_state{host="curie",interface="vtnet0",vhid="7"}': '1 2x90',
      }),
    ],
  },
]
