/**
 * Hosts on a map, and tunnels between them (Grafana, geomap). Countries are those that Grafana brings along, so that no
 * browser asks a server of tiles outside. Lines take their look from the fields of a frame only if it is called `edges`.
 */
import { type Drawn, drawn, type Override, type Sketch, type Target, type Transformation } from './panel.ts'

interface GeomapBody {
  readonly targets: readonly Target[]
  readonly datasource?: object
  readonly defaults?: object
  readonly overrides: readonly Override[]
  readonly transformations?: readonly Transformation[]
  /** There are edges; the layer of lines breaks without. */
  readonly linked: boolean
  /** Fields of nodes and of edges whose value has a colour. */
  readonly colorBy: { readonly node: string; readonly edge: string }
}

const circle = { mode: 'fixed', fixed: 'img/icons/marker/circle.svg' } as const

const styleOf = (field: string, size: number, opacity: number, more: object = {}): object => ({
  color: { field, fixed: 'gray' },
  ...{ opacity, symbol: circle, rotation: { fixed: 0, max: 360, min: -360, mode: 'mod' } },
  size: { fixed: size, max: 15, min: 2 },
  symbolAlign: { horizontal: 'center', vertical: 'center' },
  textConfig: { fontSize: 12, offsetX: 0, offsetY: -14, textAlign: 'center', textBaseline: 'middle' },
  ...more,
})

export const geomap = (sketch: Sketch, { linked, colorBy, ...body }: GeomapBody): Drawn =>
  drawn(sketch, {
    type: 'geomap',
    ...body,
    options: {
      basemap: {
        ...{ type: 'geojson', name: 'countries' },
        config: {
          src: 'public/maps/countries.geojson',
          rules: [],
          style: { color: { fixed: '#8e8e8e' }, opacity: 0.25, size: { fixed: 5, max: 15, min: 2 }, symbol: circle },
        },
      },
      controls: { mouseWheelZoom: false, showAttribution: false, showScale: false, showZoom: true },
      layers: [
        ...(linked
          ? [
              {
                ...{ type: 'network', name: 'tunnels', location: byDegrees, tooltip: false },
                config: {
                  ...{ arrow: 0, showLegend: false },
                  style: styleOf(colorBy.node, 4, 0.8),
                  edgeStyle: styleOf(colorBy.edge, 1, 0.6),
                },
              },
            ]
          : []),
        {
          ...{ type: 'markers', name: 'hosts', location: byDegrees, tooltip: true },
          filterData: { id: 'byRefId', options: 'nodes' },
          config: {
            showLegend: false,
            style: styleOf(colorBy.node, 7, 0.9, { text: { field: 'id', fixed: '', mode: 'field' } }),
          },
        },
      ],
      tooltip: { mode: 'details' },
      // Countries are a layer too: only hosts decide what is seen.
      view: { id: 'fit', allLayers: false, layer: 'hosts', lat: 0, lon: 0, padding: 25, zoom: 6 },
    },
  })

const byDegrees = { mode: 'coords', latitude: 'lat', longitude: 'lon' } as const
