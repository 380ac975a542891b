/**
 * Causes, for inhibition alone (Alertmanager, inhibit_rules): told to nobody, there from the first moment of a loss and for
 * two minutes after it, so that nothing that follows from it comes before it or stays behind. Inhibition compares labels of
 * one name: what a tunnel has at its other end is in a label `peer`, and so the loss of a host is said twice.
 */
import { type Alert, type Facts, fires, inRegion, over, silent, tesla, two } from '../alert.ts'

const host = 'max by (host) (min_over_time(meshwright_host_state[2m])) == 0'
const region = `max by (region) (${inRegion('max by (host) (min_over_time(meshwright_host_state[2m]))')}) == 0`
const renamed = (expr: string, from: string, to: string): string =>
  `max by (${to}) (label_replace(${expr}, "${to}", "$1", "${from}", "(.*)"))`

const lost = { minutes: 0, severity: 'none' } as const
const down = { ...two, 'meshwright_host_state{host="tesla"}': '2 0 2x9' }
const up = { ...two, 'meshwright_host_state{host="tesla"}': '2x9 1x90', 'meshwright_host_state{host="bohr"}': '2x90' }
/** One that is down, and one that is not. */
const half = {
  ...down,
  'meshwright_host_info{host="curie",region="west"}': '1x90',
  'meshwright_host_state{host="curie"}': '2x90',
}
const members = (...hosts: readonly string[]) =>
  Object.fromEntries(
    hosts.map(name => [`meshwright_instance_planned{service="db",role="etcd",host="${name}"}`, '1x90']),
  )

export const lostAlerts = ({ served, regions, tunnels, services }: Facts): readonly Alert[] =>
  !served
    ? []
    : [
        {
          ...{ ...lost, alert: 'LostHost', expr: host },
          summary: '{{ $labels.host }} is lost',
          description: 'Nothing of it is told beside HostDown.',
          cases: [fires(down, { host: tesla.host }, { from: 1 }), over(down, 5), silent(up)],
        },
        ...(tunnels
          ? [
              {
                ...{ ...lost, alert: 'LostPeer', expr: renamed(`(${host})`, 'host', 'peer') },
                summary: '{{ $labels.peer }} is lost',
                description: 'No tunnel towards it is told beside HostDown.',
                cases: [fires(down, { peer: tesla.host }, { from: 1 }), over(down, 5), silent(up)],
              } satisfies Alert,
            ]
          : []),
        ...(regions < 2
          ? []
          : ([
              {
                ...{ ...lost, alert: 'LostRegion', expr: region },
                summary: '{{ $labels.region }} is lost',
                description: 'Nothing of it is told beside RegionLost.',
                cases: [fires(down, { region: tesla.region }, { from: 1 }), over(down, 5), silent(half)],
              },
              {
                ...{ ...lost, alert: 'LostPeerRegion', expr: renamed(`(${region})`, 'region', 'peer_region') },
                summary: '{{ $labels.peer_region }} is lost',
                description: 'Nothing between it and others is told beside RegionLost.',
                cases: [fires(down, { peer_region: tesla.region }, { from: 1 }), over(down, 5), silent(half)],
              },
            ] satisfies Alert[])),
        ...(services
          ? ([
              {
                ...{ ...lost, alert: 'LostMember' },
                expr: `max by (service, role) (meshwright_instance_planned and on (host) (${host}))`,
                summary: 'A member of {{ $labels.service }}/{{ $labels.role }} is lost with its host',
                description: 'That one is missing is not told beside HostDown.',
                cases: [
                  fires({ ...down, ...members('tesla', 'bohr') }, { service: 'db', role: 'etcd' }, { from: 1 }),
                  over({ ...down, ...members('tesla', 'bohr') }, 5),
                  silent({ ...down, ...members('bohr') }, 2),
                ],
              },
              {
                ...{ ...lost, alert: 'LostService' },
                // All members of one of its roles.
                expr: `max by (service) (count by (service, role) (meshwright_instance_planned and on (host) (${host})) == count by (service, role) (meshwright_instance_planned))`,
                summary: '{{ $labels.service }} is lost with its hosts',
                description: 'That it is down is not told beside HostDown.',
                cases: [
                  fires({ ...down, ...members('tesla') }, { service: 'db' }, { from: 1 }),
                  over({ ...down, ...members('tesla') }, 5),
                  silent({ ...down, ...members('tesla', 'bohr') }, 2),
                ],
              },
            ] satisfies Alert[])
          : []),
        ...(services
          ? [
              {
                ...{ ...lost, alert: 'LostLeader' },
                expr: 'max by (service) (max by (service, role) (min_over_time(meshwright_role_leaders[2m])) == bool 0) == 1',
                summary: '{{ $labels.service }} has nobody who leads',
                description: 'That it does not work is not told beside NoLeader.',
                cases: [
                  fires(
                    { 'meshwright_role_leaders{service="db",role="postgres"}': '1 0 1x90' },
                    { service: 'db' },
                    { from: 1 },
                  ),
                  over({ 'meshwright_role_leaders{service="db",role="postgres"}': '1 0 1x90' }, 5),
                  silent({ 'meshwright_role_leaders{service="db",role="postgres"}': '1x90' }),
                  // Of two that look, one sees who leads: nobody else tells of it.
                  silent({
                    'meshwright_role_leaders{service="db",role="postgres",instance="a"}': '0x90',
                    'meshwright_role_leaders{service="db",role="postgres",instance="b"}': '1x90',
                  }),
                ],
              } satisfies Alert,
            ]
          : []),
      ]
