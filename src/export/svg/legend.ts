/** What stands below a map: which colour is which kind of service, what the marks mean, and what a loss does. */
import type { State } from './effects.ts'
import type { Picture } from './picture.ts'
import { cut, round, widthOf, xml } from './text.ts'

interface Item {
  readonly width: number
  readonly draw: (x: number, y: number) => string
}

/** Losses of roles that are listed; the others are counted. */
const mostLines = 12

export function legendOf(
  picture: Picture,
  { x, y, width }: { readonly x: number; readonly y: number; readonly width: number },
): { readonly lines: readonly string[]; readonly height: number } {
  const { scale } = picture
  const line = 30 * scale
  const items = [...kindItems(picture), ...markItems(picture)]
  const lines: string[] = []
  let [left, top] = [x, y + line / 2]
  for (const item of items) {
    if (left > x && left + item.width > x + width) [left, top] = [x, top + line]
    lines.push(item.draw(left, top))
    left += item.width + 22 * scale
  }
  if (items.length > 0) top += line
  for (const { text, state } of lossLines(picture)) {
    const mark = state === 'degraded' ? 'warn' : state === 'ok' ? 'soft' : 'bad'
    lines.push(
      `<text class="${mark}" x="${round(x)}" y="${round(top + 6 * scale)}" font-size="${round(15 * scale)}">${xml(cut(text, width, 15 * scale, 'bold'))}</text>`,
    )
    top += 24 * scale
  }
  return { lines: ['<g class="legend">', ...lines, '</g>'], height: top - y - line / 2 }
}

function kindItems({ kinds, scale, graph }: Picture): readonly Item[] {
  const swatches = [
    ...kinds.all.map(one => ({
      class: one.class,
      text:
        one.services.includes(one.kind) && one.services.length === 1
          ? one.kind
          : `${one.kind}: ${one.services.join(', ')}`,
    })),
    ...(graph.jails.some(jail => jail.service === null) ? [{ class: 'plain', text: 'declared by hand' }] : []),
  ]
  return swatches.map(({ class: name, text }) => {
    const size = 14 * scale
    const shown = cut(text, 340 * scale, size)
    const width = widthOf(shown, size) + size * 1.2
    return {
      width,
      draw: (x, y) =>
        `<g class="swatch ${name}"><rect x="${round(x)}" y="${round(y - size * 0.82)}" width="${round(width)}" height="${round(size * 1.64)}" rx="${round(size * 0.35)}"/>` +
        `<text x="${round(x + width / 2)}" y="${round(y + size * 0.35)}" font-size="${round(size)}" text-anchor="middle">${xml(shown)}</text></g>`,
    }
  })
}

function markItems({ graph, edges, scale, detail }: Picture): readonly Item[] {
  const words = [
    ...(graph.hosts.some(host => host.nat) ? [{ mark: 'nat', text: 'NAT: nobody can call it' }] : []),
    ...(graph.hosts.some(host => host.gateway) ? [{ mark: 'gateway', text: 'gateway of its region' }] : []),
    ...(edges.size > 0 ? [{ mark: 'internet', text: 'internet: takes requests of the world' }] : []),
  ]
  const size = 14 * scale
  const plain = (text: string): Item => {
    const width = widthOf(text, size)
    return {
      width,
      draw: (x, y) =>
        `<text class="soft" x="${round(x)}" y="${round(y + size * 0.35)}" font-size="${round(size)}">${xml(text)}</text>`,
    }
  }
  return [
    ...words.map(({ mark, text }): Item => {
      const width = widthOf(text, size) + size * 1.4
      return {
        width,
        draw: (x, y) =>
          `<g class="pill ${mark}"><rect x="${round(x)}" y="${round(y - size * 0.82)}" width="${round(width)}" height="${round(size * 1.64)}" rx="${round(size * 0.82)}"/>` +
          `<text x="${round(x + width / 2)}" y="${round(y + size * 0.35)}" font-size="${round(size)}" text-anchor="middle">${xml(text)}</text></g>`,
      }
    }),
    ...(detail === 'dot' ? [plain('in a dot: how many jails')] : []),
  ]
}

function lossLines({ effects }: Picture): readonly { readonly text: string; readonly state: State }[] {
  if (effects === null) return []
  const names = (wanted: State) => [...effects.hosts].filter(([, state]) => state === wanted).map(([name]) => name)
  const roles = [...effects.roles.values()].filter(({ state }) => state !== 'ok')
  const worst = { lost: 0, broken: 1, degraded: 2, ok: 3 } as const
  const listed = roles.toSorted((a, b) => worst[a.state] - worst[b.state])
  const cutOff = names('broken')
  const links = effects.cut.map(({ a, b }) => `${a} – ${b}`)
  return [
    ...(names('lost').length === 0
      ? []
      : [{ text: `If this were lost: ${names('lost').join(', ')}`, state: 'lost' as const }]),
    ...(links.length === 0
      ? []
      : [{ text: `If these tunnels were cut: ${links.join(', ')}`, state: 'broken' as const }]),
    ...(cutOff.length === 0 ? [] : [{ text: `Cut off: ${cutOff.join(', ')}`, state: 'broken' as const }]),
    ...listed.slice(0, mostLines).map(({ id, says, state }) => ({ text: `${id}: ${says}`, state })),
    ...(listed.length > mostLines
      ? [{ text: `and ${listed.length - mostLines} more roles`, state: 'ok' as const }]
      : []),
    ...(roles.length === 0 ? [{ text: 'All services work as before.', state: 'ok' as const }] : []),
  ]
}
