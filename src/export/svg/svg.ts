/**
 * The map of a mesh as one SVG: regions as sectors, hosts as cards with their jails, tunnels through the centre. All
 * colours come from custom properties, so that it is light or dark as its reader is; nothing is said by colour alone.
 */
import type { Loss } from '../../../topology/place/whatif.ts'
import type { Graph } from '../graph.ts'
import type { Effects } from './effects.ts'
import { hostOf } from './hosts.ts'
import { legendOf } from './legend.ts'
import { type Picture, pictureOf } from './picture.ts'
import { regionOf } from './regions.ts'
import { mapCss } from './style.ts'
import { count, cut, round, xml } from './text.ts'
import { tripsOf } from './trips.ts'
import { tunnelsOf } from './tunnels.ts'

export interface MapOptions {
  /** What if these were gone? */
  readonly lost?: Loss
  /** `auto`: as the reader's system, or the page around it, has it. */
  readonly theme?: 'auto' | 'light' | 'dark'
  /** Hosts can be reached with the keyboard. */
  readonly interactive?: boolean
}

export function svgMap(graph: Graph, options: MapOptions = {}): string {
  const picture = pictureOf(graph, { lost: options.lost ?? null, interactive: options.interactive === true })
  const { bounds, effects, scale } = picture
  const margin = 28 * scale
  const head = 78 * scale
  const width = Math.max(bounds.width + 2 * margin, 640)
  const left = bounds.x + bounds.width / 2 - width / 2
  const bottom = bounds.y + bounds.height
  const legend = legendOf(picture, { x: left + margin, y: bottom + margin, width: width - 2 * margin })
  const view = [left, bounds.y - head, width, bounds.height + head + margin + legend.height + margin].map(round)
  const named = options.theme === undefined || options.theme === 'auto' ? '' : ` data-theme="${options.theme}"`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="map ${picture.detail}" viewBox="${view.join(' ')}" role="img" aria-labelledby="map-title map-desc"${named}>`,
    `<title id="map-title">${xml(`The mesh ${graph.mesh}`)}</title>`,
    `<desc id="map-desc">${xml(descriptionOf(graph, effects))}</desc>`,
    `<style>${mapCss}</style>`,
    `<rect class="paper" x="${view[0]}" y="${view[1]}" width="${view[2]}" height="${view[3]}"/>`,
    ...titleOf(picture, left + margin, bounds.y - head + 44 * scale),
    ...graph.regions.flatMap((_, n) => regionOf(picture, n)),
    '<g class="tunnels">',
    ...tunnelsOf(picture),
    '</g>',
    ...tripsOf(picture),
    '<g class="hosts">',
    ...graph.hosts.flatMap(host => hostOf(picture, host)),
    '</g>',
    ...legend.lines,
    '</svg>',
    '',
  ].join('\n')
}

function descriptionOf(graph: Graph, effects: Effects | null): string {
  const { hosts, regions, tunnels, jails, services } = graph
  const size = [
    count(hosts.length, 'host'),
    `in ${count(regions.length, 'region')}`,
    `with ${count(tunnels.length, 'tunnel')}, ${count(jails.length, 'jail')} and ${count(services.length, 'service')}.`,
  ].join(' ')
  const where = regions.map(region => `${region.title}: ${region.hosts.join(', ')}.`).join(' ')
  if (effects === null) return `${size} ${where}`
  const lost = [...effects.hosts].filter(([, state]) => state === 'lost').map(([name]) => name)
  const roles = [...effects.roles.values()].filter(({ state }) => state !== 'ok')
  const links = effects.cut.length
  return [
    `${size} ${where}`,
    ...(lost.length === 0 ? [] : [`Lost: ${lost.join(', ')}.`]),
    ...(links === 0 ? [] : [`Cut: ${count(links, 'tunnel')}.`]),
    ...(roles.length === 0 ? ['All services work.'] : roles.map(role => `${role.id} ${role.says}.`)),
  ].join(' ')
}

function titleOf({ graph, scale, bounds }: Picture, x: number, y: number): readonly string[] {
  const words = [
    count(graph.hosts.length, 'host'),
    count(graph.regions.length, 'region'),
    count(graph.tunnels.length, 'tunnel'),
    ...[graph.overlay.inet, graph.overlay.inet6],
  ].join(' · ')
  const room = Math.max(bounds.width, 560)
  return [
    `<text class="mesh" x="${round(x)}" y="${round(y)}" font-size="${round(34 * scale)}">${xml(cut(graph.mesh, room, 34 * scale, 'bold'))}</text>`,
    `<text class="soft" x="${round(x)}" y="${round(y + 24 * scale)}" font-size="${round(15 * scale)}">${xml(cut(words, room, 15 * scale))}</text>`,
  ]
}
