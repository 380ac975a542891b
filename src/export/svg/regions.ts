/** Regions: the ground of their hosts, with its title. */
import { outlineOf } from './ground.ts'
import type { Picture } from './picture.ts'
import { count, round, xml } from './text.ts'
import { regionHues } from './theme.ts'

export function regionOf({ graph, grounds }: Picture, n: number): readonly string[] {
  const region = graph.regions[n]
  const ground = region === undefined ? undefined : grounds.get(region.name)
  if (region === undefined || ground === undefined) return []
  const { text, size, box } = ground.title
  return [
    `<g class="region" data-region="${xml(region.name)}">`,
    `<title>${xml(`${region.title}: ${count(region.hosts.length, 'host')}`)}</title>`,
    `<path class="ground r${n % regionHues}" d="${outlineOf(ground)}"/>`,
    `<text class="region-title r${n % regionHues}" x="${round(box.x + box.width / 2)}" y="${round(box.y + size * 0.9)}" font-size="${round(size)}" text-anchor="middle">${xml(text)}</text>`,
    '</g>',
  ]
}
