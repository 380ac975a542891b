/** Each host against each: how the one sees the other. */
import { hostLink } from '../dashboard.ts'
import type { LiveMesh } from '../live.ts'
import { type Drawn, meaning, overrideOf, rows } from '../panels/panel.ts'
import { coloredCells, matrix, table } from '../panels/table.ts'
import { copied, either, once } from '../promql.ts'
import { linkStates, unknown } from '../states.ts'

export const matrixOf = ({ mesh }: LiveMesh): Drawn =>
  table(
    {
      ...{ id: 12, title: 'Host by host', width: 24, height: 12 },
      description: 'How the host of a line sees its tunnel to the host of a column.',
    },
    {
      targets: [
        rows(
          'A',
          either(
            once('host, peer', 'meshwright_link_state'),
            `(${once('host, peer', 'meshwright_link_planned')} * -1 unless on (host, peer) meshwright_link_state)`,
            copied(`${once('host', 'meshwright_host_info')} * -2`, { peer: 'host' }),
          ),
        ),
      ],
      defaults: {
        ...meaning([{ value: -2, word: '·', color: 'transparent' }, unknown, ...linkStates]),
        custom: { ...coloredCells.custom, minWidth: 60 },
      },
      overrides: [
        overrideOf('host\\peer', {
          ...{ mappings: [], 'custom.cellOptions': { type: 'auto' }, 'custom.align': 'left' },
          links: [hostLink(mesh, '${__value.text}')],
        }),
      ],
      transformations: matrix('host', 'peer'),
    },
  )
