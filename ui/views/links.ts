/** Every directed tunnel: from whom to whom, how it is and why, and what crosses. */
import { type Snapshot, tunnelAt, type TunnelHealth } from '../../src/health/snapshot.ts'
import { roundTripText, spanText } from '../../src/health/verdict.ts'
import { tunnelBetween } from '../../src/health/fleet.ts'
import { type Size, span } from '../line.ts'
import { hostNumbers, orderOf, tunnelId, tunnelSorts } from '../rows/tunnels.ts'
import { faint, marked, momentText, percentText, plural, rateText, sinceText } from '../rows/words.ts'
import { type Column, table, widthFor } from '../table.ts'
import { type Body, type Context, type View } from './view.ts'

const columnOfSort: Readonly<Record<(typeof tunnelSorts)[number], string>> = {
  worst: 'STATE',
  from: 'FROM',
  to: 'TO',
  newest: 'FOR',
  'round trip': 'RTT',
  loss: 'LOSS',
  handshake: 'SHAKE',
  received: 'RECEIVED',
  sent: 'SENT',
}

export const links: View = {
  name: 'links',
  title: () => 'links',
  sorts: tunnelSorts.map(name => (name === 'worst' || name === 'newest' ? `${name} first` : `by ${name}`)),
  filters: true,
  hints: [{ key: 'Enter', does: 'both ways' }],
  counts: ({ snapshot, page }) => plural(orderOf(snapshot, page).length, 'tunnel'),
  body,
  target: (_, id) => ({ view: 'link', subject: id }),
  yaml: (_, id) => `tunnel ${id}`,
}

/** -1: there is none. */
export function tunnelNumber({ fleet }: Snapshot, id: string): number {
  const [from = '', to = ''] = id.split('>')
  const numbers = hostNumbers(fleet)
  const [a, b] = [numbers.get(from), numbers.get(to)]
  return a === undefined || b === undefined ? -1 : tunnelBetween(fleet.tunnels, a, b)
}

function body({ snapshot, page }: Context, { columns }: Size): Body {
  const order = orderOf(snapshot, page)
  const laid = table(columnsOf(snapshot), columns - 2)
  const sort = tunnelSorts[page.sort] ?? 'worst'
  const risesFirst = sort === 'from' || sort === 'to'
  return {
    rows: {
      count: order.length,
      id: row => tunnelId(snapshot.fleet, order[row] ?? -1),
      find: id => {
        const number = tunnelNumber(snapshot, id)
        return number < 0 ? -1 : order.indexOf(number)
      },
      line: row => laid.line(tunnelAt(snapshot, order[row] ?? 0)),
    },
    above: [laid.head({ title: columnOfSort[sort], down: risesFirst === page.reversed })],
    empty: page.filter === '' ? 'This mesh has no tunnels.' : 'No tunnel has these words.',
  }
}

function columnsOf({ fleet, at }: Snapshot): readonly Column<TunnelHealth>[] {
  const names = widthFor(
    fleet.hosts.map(({ name }) => name),
    6,
    16,
  )
  return [
    { title: 'STATE', width: 9, cell: ({ level, state }) => marked(level, state) },
    { title: 'FROM', width: names, cell: ({ from }) => span(from) },
    { title: 'TO', width: names, cell: ({ to }) => span(to) },
    { title: 'WHY', width: 20, grows: true, cell: ({ why, level }) => span(why, level === 'ok' ? 'plain' : level) },
    { title: 'FOR', width: 7, right: true, cell: ({ since }) => span(sinceText(at, since)) },
    {
      title: 'SINCE',
      width: 11,
      right: true,
      spare: 9,
      cell: ({ since }) => faint(Number.isFinite(since) ? momentText(since, at) : ''),
    },
    {
      title: 'RTT',
      width: 6,
      right: true,
      spare: 1,
      cell: ({ roundTrip }) => (roundTrip === null ? none : span(roundTripText(roundTrip))),
    },
    {
      ...{ title: 'LOSS', width: 5, right: true, spare: 2 },
      cell: ({ loss }) =>
        loss === null ? none : span(percentText(loss), loss === 0 ? 'faint' : loss < 0.2 ? 'warn' : 'bad'),
    },
    {
      title: 'SHAKE',
      width: 7,
      right: true,
      spare: 3,
      cell: ({ handshakeAge }) => (handshakeAge === null ? none : span(spanText(handshakeAge))),
    },
    {
      title: 'RECEIVED',
      width: 9,
      right: true,
      spare: 4,
      cell: ({ received }) => (received === null ? none : span(rateText(received))),
    },
    {
      title: 'SENT',
      width: 8,
      right: true,
      spare: 4,
      cell: ({ sent }) => (sent === null ? none : span(rateText(sent))),
    },
  ]
}

const none = faint('-')
