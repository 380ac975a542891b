/** The queries that make nodes and edges, under the names that the node graph looks for (Grafana, node graph, data API). */
import { colors } from '../node-graph.ts'
import { copied, either, joined, labelled, once, spelled, worded } from '../promql.ts'
import { hostStates, levelMeanings, linkStates, unknown } from '../states.ts'

const colored = (meanings: readonly { value: number; word: string; color: string }[], word: string) =>
  meanings.map(one => [one.value, { [word]: one.word, color: one.color }] as const)

const hostWords = either(
  ...hostStates.map(({ value, word }) =>
    labelled(`${once('host', 'meshwright_host_state')} == ${value}`, { mainstat: word }),
  ),
  labelled(`(${once('host', 'meshwright_host_info')} unless on (host) meshwright_host_state)`, {
    mainstat: unknown.word,
  }),
)

/** `4/5`: those of its tunnels that it sees up. */
const tunnelsUp = either(
  labelled(
    `label_join(${spelled(`sum by (host) (${once('host, peer', 'meshwright_link_state')} >= bool 3)`, 'up', 'host')} * on (host) group_left (all) ${spelled(`count by (host) (${once('host, peer', 'meshwright_link_planned')})`, 'all', 'host')}, "secondarystat", "/", "up", "all")`,
    { up: '', all: '' },
  ),
  `(${once('host', 'meshwright_host_info')} unless on (host) meshwright_link_state)`,
)

/** Every planned host, whatever becomes of it: a line that ends at none breaks the panel. The value is its level. */
export const nodes = (() => {
  const levels = either(
    worded(
      once('host', 'meshwright_host_level'),
      levelMeanings.map(({ value, color }) => [value, { color }]),
    ),
    labelled(`(${once('host', 'meshwright_host_info')} unless on (host) meshwright_host_level)`, {
      color: colors.unknown,
    }),
  )
  const place = copied(once('host, region, x, y, lat, lon', 'meshwright_host_location'), { fixedX: 'x', fixedY: 'y' })
  const about = copied(once('host, address, provider, class', 'meshwright_host_info'), {
    ...{ detail__address: 'address', detail__provider: 'provider', detail__class: 'class' },
  })
  const whole = [
    ['mainstat', hostWords],
    ['secondarystat', tunnelsUp],
    ['region, fixedX, fixedY, lat, lon', place],
    ['detail__address, detail__provider, detail__class', about],
  ].reduce((all, [labels = '', others = '']) => joined(all, 'host', labels, others), levels)
  return copied(whole, { id: 'host', title: 'host', subtitle: 'region' })
})()

/** Every planned tunnel, once. The value is its state. */
export const edges = (() => {
  const pair = 'a, b'
  const states = either(
    worded(once(pair, 'meshwright_tunnel_state'), colored(linkStates, 'secondarystat')),
    labelled(`(${once(pair, 'meshwright_tunnel_planned')} * -1 unless on (a, b) meshwright_tunnel_state)`, {
      ...{ secondarystat: unknown.word, color: unknown.color, strokeDasharray: '4 2' },
    }),
  )
  const trips = either(
    `label_replace(${spelled(`round(1000 * ${once(pair, 'meshwright_tunnel_rtt_seconds')}, 0.1)`, 'ms', pair)}, "mainstat", "$1 ms", "ms", "(.*)")`,
    `(${once(pair, 'meshwright_tunnel_planned')} unless on (a, b) meshwright_tunnel_rtt_seconds)`,
  )
  return `label_join(${copied(joined(states, pair, 'mainstat', trips), { source: 'a', target: 'b' })}, "id", "--", "a", "b")`
})()

/** Those that are somewhere on a map. */
export const located = once('host', 'meshwright_host_location{lat!=""}')
