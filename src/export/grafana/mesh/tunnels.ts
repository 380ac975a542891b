/** Tunnels over time: states, round trips, throughput, handshakes. */
import { hostLink } from '../dashboard.ts'
import type { LiveMesh } from '../live.ts'
import { type Drawn, range } from '../panels/panel.ts'
import { row } from '../panels/row.ts'
import { stateTimeline } from '../panels/state-timeline.ts'
import { timeseries } from '../panels/timeseries.ts'
import { once } from '../promql.ts'
import { linkStates } from '../states.ts'

/** With more than some, the panel shows those that had the worst of it in this span of time. */
const most = 20

const worstOf = (choose: 'bottomk' | 'topk', pair: string, metric: string): string => {
  const over = choose === 'bottomk' ? 'min_over_time' : 'max_over_time'
  return `${once(pair, metric)} and on (${pair}) ${choose}(${most}, ${once(pair, `${over}(${metric}[$__range] @ end())`)})`
}

export const tunnels = ({ mesh }: LiveMesh): readonly (readonly Drawn[])[] => [
  [
    stateTimeline(
      { id: 23, title: 'Tunnels over time', description: `The ${most} that were worst.`, width: 24, height: 10 },
      [range('A', worstOf('bottomk', 'a, b', 'meshwright_tunnel_state'), '{{a}} – {{b}}')],
      linkStates,
    ),
  ],
  [row(30, 'Tunnels')],
  [
    timeseries(
      { id: 31, title: 'Round trips', description: `The ${most} longest.`, width: 8, height: 9 },
      [range('A', worstOf('topk', 'a, b', 'meshwright_tunnel_rtt_seconds'), '{{a}} – {{b}}')],
      { unit: 's', min: 0 },
    ),
    timeseries(
      {
        id: 32,
        title: 'Throughput',
        description: 'Of all tunnels of a host; sent is below zero.',
        width: 8,
        height: 9,
      },
      [
        range('received', throughput('wireguard_received_bytes_total'), '{{host}} received'),
        range('sent', throughput('wireguard_sent_bytes_total'), '{{host}} sent'),
      ],
      { unit: 'Bps', links: [hostLink(mesh, '${__field.labels.host}')] },
      [
        {
          matcher: { id: 'byFrameRefID', options: 'sent' },
          properties: [{ id: 'custom.transform', value: 'negative-Y' }],
        },
      ],
    ),
    timeseries(
      { id: 33, title: 'Handshakes', description: `How old they are: the ${most} oldest.`, width: 8, height: 9 },
      [range('A', worstOf('topk', 'host, peer', 'meshwright:link_handshake_age_seconds'), '{{host}} → {{peer}}')],
      { unit: 's', min: 0 },
    ),
  ],
]

const throughput = (counter: string): string =>
  `sum by (host) (${once('host, peer', `rate(${counter}[$__rate_interval])`)})`
