/** The services: how many instances are wanted, have their jails, and work; who leads; is there a quorum. */
import type { ServiceHealth, Snapshot } from '../../src/health/snapshot.ts'
import { matcher } from '../filter.ts'
import { type Size, span } from '../line.ts'
import { memo } from '../memo.ts'
import { quorumText, serviceMark, worstServices } from '../rows/services.ts'
import { faint, partText, plural, sinceText } from '../rows/words.ts'
import { levelSparkline } from '../sparkline.ts'
import { type Column, table, widthFor } from '../table.ts'
import { type Body, type Context, type View } from './view.ts'

const ordered = memo<readonly ServiceHealth[]>()

export const services: View = {
  name: 'services',
  title: () => 'services',
  sorts: ['worst first', 'by name', 'by kind', 'newest first'],
  filters: true,
  hints: [{ key: 'Enter', does: 'open' }],
  counts: ({ snapshot, page }) => plural(inOrder(snapshot, page).length, 'service'),
  body,
  target: (_, id) => ({ view: 'service', subject: id }),
  yaml: (_, id) => `service ${id}`,
}

function inOrder(snapshot: Snapshot, { filter, sort, reversed }: Context['page']): readonly ServiceHealth[] {
  return ordered(snapshot, `${sort} ${reversed} ${filter}`, () => {
    const passes = matcher(filter)
    const worst = worstServices(snapshot)
    const all =
      sort === 0
        ? worst
        : sort === 3
          ? worst.toSorted((a, b) => b.since - a.since)
          : snapshot.services.toSorted((a, b) => {
              const [one, other] = [a, b].map(({ service: { name, kind } }) => (sort === 1 ? name : `${kind} ${name}`))
              return (one ?? '') < (other ?? '') ? -1 : 1
            })
    const found = all.filter(({ service, word, level, leader }) =>
      passes([service.name, service.kind, service.version, word, level, leader ?? '']),
    )
    return reversed ? found.toReversed() : found
  })
}

function body({ snapshot, page }: Context, { columns }: Size): Body {
  const list = inOrder(snapshot, page)
  const laid = table(columnsOf(snapshot), columns - 2)
  const title = ['', 'SERVICE', 'KIND', 'FOR'][page.sort] ?? ''
  return {
    rows: {
      count: list.length,
      id: row => list[row]?.service.name ?? '',
      find: id => list.findIndex(({ service }) => service.name === id),
      line: row => {
        const one = list[row]
        return one === undefined ? [] : laid.line(one)
      },
    },
    above: [laid.head({ title, down: (page.sort === 3) !== page.reversed })],
    empty: page.filter === '' ? 'This mesh declares no services.' : 'No service has these words.',
  }
}

function columnsOf(snapshot: Snapshot): readonly Column<ServiceHealth>[] {
  const names = widthFor(
    snapshot.services.map(({ service }) => service.name),
    7,
    20,
  )
  return [
    { title: 'SERVICE', width: names + 2, cell: serviceMark },
    { title: 'KIND', width: 10, spare: 4, cell: ({ service }) => span(service.kind) },
    { title: 'VERSION', width: 8, spare: 5, cell: ({ service }) => faint(service.version) },
    { title: 'STATE', width: 14, grows: true, cell: ({ word, level }) => span(word, level) },
    { title: 'QUORUM', width: 6, cell: ({ quorum }) => quorumText(quorum) },
    { title: 'LEADER', width: 12, spare: 1, cell: ({ leader }) => (leader === null ? faint('-') : span(leader)) },
    { title: 'WANTED', width: 6, right: true, spare: 3, cell: ({ wanted }) => span(String(wanted)) },
    { title: 'PLACED', width: 6, right: true, cell: ({ placed, wanted }) => partText(placed, wanted) },
    { title: 'RUN', width: 5, right: true, cell: ({ running, wanted }) => partText(running, wanted) },
    {
      ...{ title: 'HISTORY', width: 24, spare: 9 },
      cell: ({ service }) => levelSparkline(snapshot.history.ofService.get(service.name) ?? [], 24),
    },
    { title: 'FOR', width: 7, right: true, cell: ({ since }) => span(sinceText(snapshot.at, since)) },
  ]
}
