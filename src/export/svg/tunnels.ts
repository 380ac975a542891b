/** Tunnels as lines; where there are too many, one bundle for each pair of regions. */
import type { GraphTunnel } from '../graph.ts'
import { curve, tunnelPath } from '../layout.ts'
import { type State, stateClass } from './effects.ts'
import { outlineOf } from './ground.ts'
import { type Pair, tripTitle } from './pairs.ts'
import { mostTunnels, type Picture } from './picture.ts'
import { count, round, xml } from './text.ts'

export function tunnelsOf(picture: Picture): readonly string[] {
  const { graph, layout, bends, effects } = picture
  const drawn = (tunnel: GraphTunnel) => {
    const state = effects?.tunnel(tunnel)
    const said = state === undefined || state === 'ok' ? '' : `: ${state === 'broken' ? 'cut' : state}`
    return `<path class="tunnel${stateClass(state)}" data-a="${xml(tunnel.a)}" data-b="${xml(tunnel.b)}" d="${tunnelPath(layout, tunnel.a, tunnel.b, bends.get(`${tunnel.a} ${tunnel.b}`))}"><title>${xml(`${tunnel.a} – ${tunnel.b}, ${tripTitle(tunnel)}${said}`)}</title></path>`
  }
  if (graph.tunnels.length <= mostTunnels) return graph.tunnels.map(drawn)
  return picture.pairs.flatMap(pair =>
    pair.tunnels.length === 1 ? pair.tunnels.map(drawn) : [bundleOf(picture, pair)],
  )
}

function bundleOf({ layout, grounds, effects }: Picture, { regions, tunnels }: Pair): string {
  let [fine, broken] = [0, false]
  for (const tunnel of tunnels) {
    const state = effects?.tunnel(tunnel) ?? 'ok'
    if (state === 'ok') fine += 1
    else if (state === 'broken') broken = true
  }
  const state: State = fine === tunnels.length ? 'ok' : fine > 0 ? 'degraded' : broken ? 'broken' : 'lost'
  const [a, b] = regions
  const left = fine === tunnels.length ? '' : `, ${fine} left`
  const first = tunnels[0]
  const title = `${a === b ? `within ${a}` : `${a} – ${b}`}: ${count(tunnels.length, 'tunnel')}${first === undefined ? '' : `, ${tripTitle(first)}`}${left}`
  const broad = round(Math.min(14, 1.5 + Math.sqrt(tunnels.length) / 4) * Math.max(1, layout.reach / 1400))
  return `<path class="bundle${stateClass(state)}" data-regions="${xml(`${a} ${b}`)}" stroke-width="${broad}" d="${bundlePath(grounds, a, b)}"><title>${xml(title)}</title></path>`
}

/** From door to door; within a region, all around it. */
function bundlePath(grounds: Picture['grounds'], a: string, b: string): string {
  const [from, to] = [grounds.get(a), grounds.get(b)]
  if (from === undefined || to === undefined) return ''
  return a === b ? outlineOf(from) : curve(from.door, to.door)
}
