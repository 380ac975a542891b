/** Hosts: a card with its jails, or a dot with their number, and in words whatever a colour says. */
import type { GraphHost, GraphJail } from '../graph.ts'
import type { Point } from '../layout.ts'
import { type Box, cardBox, chipBox, dot, dotAt, marksOf, shownOf } from './card.ts'
import { type State, stateClass } from './effects.ts'
import type { Picture } from './picture.ts'
import { count, cut, cutName, round, widthOf, xml } from './text.ts'

const stateWords: Readonly<Record<State, string>> = {
  ok: '',
  lost: 'lost',
  broken: 'cut off',
  degraded: 'tunnels cut',
}

export function hostOf(picture: Picture, host: GraphHost): readonly string[] {
  const { layout, boxes, detail, effects, jails, edges, interactive } = picture
  const middle = layout.hosts.get(host.name)
  if (middle === undefined) return []
  const mine = jails.get(host.name) ?? []
  const state = effects?.hosts.get(host.name) ?? 'ok'
  const marks = marksOf(host, edges)
  const title = [
    `${host.name}, ${host.address.inet}, ${host.address.inet6}`,
    [host.class, host.provider, ...marks].filter(word => word !== null).join(', '),
    count(mine.length, 'jail'),
    ...(state === 'ok' ? [] : [stateWords[state]]),
  ].join('\n')
  const classes = `host${stateClass(state)}${edges.has(host.name) ? ' edge' : ''}`
  const key = interactive ? ' tabindex="0"' : ''
  return [
    `<g class="${classes}" id="host-${xml(host.name)}" data-host="${xml(host.name)}" data-region="${xml(host.region)}"${key}>`,
    // One line for each: printable() would make one of all.
    `<title>${title.split('\n').map(xml).join('\n')}</title>`,
    ...(detail === 'dot'
      ? dotOf(host, middle, mine, { state, marks })
      : cardOf(picture, host, {
          box: boxes.get(host.name) ?? cardBox(middle, mine.length, detail),
          mine,
          state,
          marks,
          detail,
        })),
    '</g>',
  ]
}

function dotOf(
  host: GraphHost,
  middle: Point,
  mine: readonly GraphJail[],
  { state, marks }: { readonly state: State; readonly marks: readonly string[] },
): readonly string[] {
  const { x, y } = dotAt(middle)
  const word = state === 'ok' ? (marks[0] ?? '') : stateWords[state]
  const ring = host.nat ? ' nat' : ''
  return [
    `<circle class="card${ring}" cx="${x}" cy="${y}" r="${dot.radius}"/>`,
    ...(host.gateway ? [`<circle class="ring" cx="${x}" cy="${y}" r="${dot.radius - 8}"/>`] : []),
    `<text class="number" x="${x}" y="${round(y + 13)}" font-size="36" text-anchor="middle">${mine.length}</text>`,
    `<text class="name" x="${x}" y="${round(middle.y + 62)}" font-size="40" text-anchor="middle">${xml(cutName(host.name, 250, 40, 'bold'))}</text>`,
    ...(word === ''
      ? []
      : [
          `<text class="mark-text" x="${x}" y="${round(middle.y + 92)}" font-size="24" text-anchor="middle">${xml(word)}</text>`,
        ]),
    strike({ x: x - dot.radius, y: y - dot.radius, width: 2 * dot.radius, height: 2 * dot.radius }),
  ]
}

interface Card {
  readonly box: Box
  readonly mine: readonly GraphJail[]
  readonly state: State
  readonly marks: readonly string[]
  readonly detail: 'card' | 'compact'
}

const strike = ({ x, y, width, height }: Box): string =>
  `<path class="strike" d="M${round(x)} ${round(y)}l${round(width)} ${round(height)}m0 ${round(-height)}l${round(-width)} ${round(height)}"/>`

/** Sizes of the letters of a card. */
const letters = {
  card: { name: 15.5, small: 10, address: 10.5, mark: 9, chip: 10, first: 21, second: 38, radius: 9 },
  compact: { name: 36, small: 19, address: 22, mark: 16, chip: 14, first: 42, second: 72, radius: 14 },
} as const

function cardOf(picture: Picture, host: GraphHost, card: Card): readonly string[] {
  const { box, detail, mine } = card
  const size = letters[detail]
  const [left, right, room] = [box.x + 10, box.x + box.width - 10, box.width - 20]
  const small = [host.class, host.provider].filter(word => word !== null).join(' · ')
  // A long name leaves its neighbour a third; a compact card has a line for each.
  const smallText = cut(
    small,
    detail === 'card' ? Math.max(70, room - widthOf(host.name, size.name, 'bold') - 8) : room - 60,
    size.small,
  )
  const beside = detail === 'card' ? widthOf(smallText, size.small) + 8 : 0
  const words = [...(card.state === 'ok' ? [] : [stateWords[card.state]]), ...card.marks]
  const pills = pillsOf(words, { right, middle: box.y + (detail === 'card' ? size.second - 3.5 : 93), size: size.mark })
  const shown = shownOf(mine.length, detail)
  const rest = mine.length - shown
  const last = chipBox(box, shown, detail)
  return [
    `<rect class="card" x="${round(box.x)}" y="${round(box.y)}" width="${box.width}" height="${round(box.height)}" rx="${size.radius}"/>`,
    `<text class="name" x="${round(left)}" y="${round(box.y + size.first)}" font-size="${size.name}">${xml(cutName(host.name, room - beside, size.name, 'bold'))}</text>`,
    `<text class="address" x="${round(left)}" y="${round(box.y + size.second)}" font-size="${size.address}">${xml(cut(host.address.inet, detail === 'card' ? room - pills.width - 6 : room, size.address))}</text>`,
    detail === 'card'
      ? `<text class="soft" x="${round(right)}" y="${round(box.y + size.first - 1)}" font-size="${size.small}" text-anchor="end">${xml(smallText)}</text>`
      : `<text class="soft" x="${round(left)}" y="${round(box.y + 99)}" font-size="${size.small}">${xml(cut(small, room - pills.width - 8, size.small))}</text>`,
    ...pills.lines,
    ...mine.slice(0, shown).map((jail, n) => chipOf(picture, jail, chipBox(box, n, detail), detail)),
    ...(rest === 0
      ? []
      : [
          `<text class="soft more" x="${round(last.x + last.width / 2)}" y="${round(last.y + last.height / 2 + 3.6)}" font-size="${size.chip}" text-anchor="middle">+${rest}<title>${mine
            .slice(shown)
            .map(jail => xml(jail.name))
            .join('\n')}</title></text>`,
        ]),
    strike(box),
  ]
}

/** Words in frames, from the right to the left. */
function pillsOf(
  words: readonly string[],
  { right, middle, size }: { readonly right: number; readonly middle: number; readonly size: number },
): { readonly lines: readonly string[]; readonly width: number } {
  let x = right
  const lines = words.map(word => {
    const width = widthOf(word, size) + size * 0.9
    x -= width
    const line =
      `<g class="pill ${word === 'NAT' || word === 'gateway' || word === 'internet' ? word.toLowerCase() : 'state'}">` +
      `<rect x="${round(x)}" y="${round(middle - size * 0.75)}" width="${round(width)}" height="${round(size * 1.5)}" rx="${round(size * 0.75)}"/>` +
      `<text x="${round(x + width / 2)}" y="${round(middle + size * 0.36)}" font-size="${size}" text-anchor="middle">${xml(word)}</text></g>`
    x -= size * 0.4
    return line
  })
  return { lines, width: right - x }
}

function chipOf({ effects, kinds }: Picture, jail: GraphJail, box: Box, detail: 'card' | 'compact'): string {
  const state = effects?.jails.get(jail.id)
  const serves = jail.service === null ? '' : ` data-service="${xml(jail.service)}" data-role="${xml(jail.role ?? '')}"`
  const said = state === undefined || state === 'ok' ? '' : `: ${state}`
  const text =
    detail === 'card'
      ? `<text x="${round(box.x + box.width / 2)}" y="${round(box.y + box.height / 2 + 3.6)}" font-size="10" text-anchor="middle">${xml(cutName(jail.name, box.width - 6, 10))}</text>`
      : ''
  return (
    `<g class="jail ${kinds.classOf(jail.service)}${stateClass(state)}" data-jail="${xml(jail.id)}"${serves}><title>${xml(`${jail.name}, ${jail.address.inet}${said}`)}</title>` +
    `<rect x="${round(box.x)}" y="${round(box.y)}" width="${box.width}" height="${box.height}" rx="4"/>${text}</g>`
  )
}
