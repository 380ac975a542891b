/** The mesh as circles and lines, and on a map. */
import { hostLink } from '../dashboard.ts'
import type { LiveMesh } from '../live.ts'
import { geomap } from '../panels/geomap.ts'
import { nodeGraphPanel, numeric } from '../panels/node-graph.ts'
import { type Drawn, meaning, overrideOf, rows, type Transformation } from '../panels/panel.ts'
import { copied } from '../promql.ts'
import { levelMeanings, linkStates, unknown } from '../states.ts'
import { edges, located, nodes } from './graph.ts'

/** Below the totals, on a screen of 768 lines. */
export const pictureHeight = 12

export function pictures({ mesh, linked, onMap }: LiveMesh): readonly Drawn[] {
  const toHost = (field: string) => overrideOf(field, { links: [hostLink(mesh, `\${__data.fields.${field}}`)] })
  const graph = nodeGraphPanel(
    {
      ...{ id: 10, title: 'Topology', width: onMap.hosts ? 10 : 18, height: pictureHeight },
      description: linked
        ? 'A line is the worse of its two ends, grey and dashed where nothing is known.'
        : 'One host.',
    },
    {
      targets: [rows('nodes', nodes), ...(linked ? [rows('edges', edges)] : [])],
      overrides: [
        toHost('title'),
        ...(linked ? [toHost('source'), toHost('target')] : []),
        ...['address', 'provider', 'class'].map(name => overrideOf(`detail__${name}`, { displayName: name })),
      ],
      transformations: [numeric('fixedX', 'fixedY')],
    },
  )
  if (!onMap.hosts) return [graph]
  const both = ['a', 'b'].map(end => `on (${end}) ${copied(located, { [end]: 'host' })}`).join(' and ')
  const map = geomap(
    { id: 11, title: 'Map', description: 'Hosts of a region stand around its place.', width: 8, height: pictureHeight },
    {
      linked: onMap.tunnels,
      targets: [
        rows('nodes', `${nodes} and on (host) ${located}`),
        ...(onMap.tunnels ? [rows('edges', `(${edges}) and ${both}`)] : []),
      ],
      overrides: [
        overrideOf('level', meaning(levelMeanings)),
        overrideOf('state', meaning([unknown, ...linkStates])),
        toHost('title'),
      ],
      transformations: [
        numeric('lat', 'lon', 'fixedX', 'fixedY'),
        ...(onMap.tunnels
          ? [valueAs('nodes', 'level'), valueAs('edges', 'state')]
          : [
              {
                id: 'calculateField',
                options: {
                  ...{ mode: 'binary', alias: 'level', replaceFields: false },
                  binary: { left: 'Value', operator: '*', right: '1' },
                },
              },
            ]),
      ],
      colorBy: { node: 'level', edge: 'state' },
    },
  )
  return [graph, map]
}

/** The value under a name that does not depend on how many queries there are. */
const valueAs = (refId: string, alias: string): Transformation => ({
  id: 'calculateField',
  filter: { id: 'byRefId', options: refId },
  options: {
    ...{ mode: 'binary', alias, replaceFields: false },
    binary: { left: `Value #${refId}`, operator: '*', right: '1' },
  },
})
