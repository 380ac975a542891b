/** What all that is drawn is drawn from: who stands where, in which detail, and what a loss does to it. */
import type { Loss } from '../../../topology/place/whatif.ts'
import type { Graph, GraphJail } from '../graph.ts'
import { type Layout, layoutOf, type Point } from '../layout.ts'
import { type Box, cardBox, type Detail, detailOf, edgesOf, jailsByHost } from './card.ts'
import { type Effects, effectsOf } from './effects.ts'
import { boundsOf, type Ground, groundsOf } from './ground.ts'
import { kindsOf, type Kinds } from './kinds.ts'
import { type Pair, pairsOf } from './pairs.ts'
import { type Bends, bendsOf } from './routes.ts'

export interface Picture {
  readonly graph: Graph
  readonly layout: Layout
  readonly effects: Effects | null
  readonly detail: Detail
  readonly interactive: boolean
  readonly kinds: Kinds
  readonly jails: ReadonlyMap<string, readonly GraphJail[]>
  readonly edges: ReadonlySet<string>
  /** What is drawn of a host. */
  readonly boxes: ReadonlyMap<string, Box>
  readonly grounds: ReadonlyMap<string, Ground>
  readonly bends: Bends
  readonly bounds: Box
  readonly pairs: readonly Pair[]
  /** How much larger than on a small map letters are that stand outside of cards. */
  readonly scale: number
}

/** Above this many, tunnels are drawn as one bundle for each pair of regions. */
export const mostTunnels = 780

export function pictureOf(
  graph: Graph,
  { lost, interactive }: { readonly lost: Loss | null; readonly interactive: boolean },
): Picture {
  const layout = layoutOf(graph)
  const [jails, detail] = [jailsByHost(graph), detailOf(graph)]
  const boxes = new Map(
    [...layout.hosts].map(([name, middle]) => [name, cardBox(middle, jails.get(name)?.length ?? 0, detail)]),
  )
  const grounds = groundsOf(graph, layout, boxes)
  const bounds = extentOf(grounds)
  return {
    ...{ graph, layout, detail, interactive, jails, boxes, grounds, bounds },
    effects: lost === null ? null : effectsOf(graph, lost),
    bends: graph.tunnels.length > mostTunnels ? new Map<string, Point>() : bendsOf(graph, layout, boxes),
    ...{ kinds: kindsOf(graph), edges: edgesOf(graph), pairs: pairsOf(graph) },
    scale: Math.max(1, Math.round((bounds.width / 1300) * 10) / 10),
  }
}

/** All grounds. */
function extentOf(grounds: ReadonlyMap<string, Ground>): Box {
  const boxes = [...grounds.values()].map(boundsOf)
  const [x, y] = [Math.floor(Math.min(...boxes.map(box => box.x))), Math.floor(Math.min(...boxes.map(box => box.y)))]
  const [right, bottom] = [
    Math.ceil(Math.max(...boxes.map(box => box.x + box.width))),
    Math.ceil(Math.max(...boxes.map(box => box.y + box.height))),
  ]
  return boxes.length === 0 ? { x: 0, y: 0, width: 0, height: 0 } : { x, y, width: right - x, height: bottom - y }
}
