/** What is not well, by name. */
import { hostLink } from '../dashboard.ts'
import type { LiveMesh } from '../live.ts'
import { type Drawn, meaning, named, overrideOf, rows } from '../panels/panel.ts'
import { colored, organized, table } from '../panels/table.ts'
import { copied, either, labelled, once } from '../promql.ts'
import { levelMeanings } from '../states.ts'
import { pictureHeight } from './pictures.ts'

/** 1 unknown, 2 warn, 3 bad, as levels are. One line where there is none: ok, or unknown when nobody has looked of late. */
export function notWell({ mesh, linked, services }: LiveMesh): Drawn {
  const pair = 'a, b'
  const ends = (vector: string): string => labelled(copied(vector, { host: 'a', peer: 'b' }), { a: '', b: '' })
  const hosts = once('host', 'meshwright_host_level')
  const tunnels = once(pair, 'meshwright_tunnel_state')
  return table(
    {
      ...{ id: 8, title: 'Not well', width: 6, height: pictureHeight },
      description: 'Hosts, tunnels and services, the worst first.',
    },
    {
      targets: [
        rows(
          'A',
          either(
            `(${hosts} > 0)`,
            `(${once('host', 'meshwright_host_info')} unless on (host) meshwright_host_level)`,
            ...(services.length > 0 ? [`(${once('service', 'meshwright_service_level')} > 0)`] : []),
            ...(linked
              ? [
                  ends(`(3 - (${tunnels} >= bool 2)) and on (${pair}) (${tunnels} < 4)`),
                  ends(`(${once(pair, 'meshwright_tunnel_planned')} unless on (${pair}) meshwright_tunnel_state)`),
                ]
              : []),
            'on () (time() - max(meshwright_snapshot_timestamp_seconds) >= bool 300)',
          ),
        ),
      ],
      overrides: [
        named('Value', 'level', { ...meaning(levelMeanings), ...coloredLevel }),
        ...['host', 'peer'].map(field => overrideOf(field, { links: [hostLink(mesh, '${__value.text}')] })),
      ],
      transformations: [organized(['Value', 'host', 'peer', 'service'], ['Time'])],
      sortBy: [{ displayName: 'level', desc: true }],
    },
  )
}
const coloredLevel = { ...colored, 'custom.width': 80 } as const
