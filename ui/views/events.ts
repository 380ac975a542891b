/** What changed and when, the newest first, below how the whole was. */
import type { Event } from '../../src/health/events.ts'
import type { Snapshot } from '../../src/health/snapshot.ts'
import { matcher } from '../filter.ts'
import { type Size, span } from '../line.ts'
import { memo } from '../memo.ts'
import { changeText, eventId, subjectText, whyText } from '../rows/events.ts'
import { historyLines, historySpan } from '../rows/history.ts'
import { hostNumbers } from '../rows/tunnels.ts'
import { blank } from '../rows/panel.ts'
import { faint, marked, momentText, plural, sinceText } from '../rows/words.ts'
import { table, widthFor } from '../table.ts'
import { type Body, type Context, type Target, type View } from './view.ts'

const ordered = memo<readonly Event[]>()

export const events: View = {
  name: 'events',
  title: () => 'events',
  sorts: ['newest first', 'by subject'],
  filters: true,
  hints: [{ key: 'Enter', does: 'open' }],
  counts: ({ snapshot, page }) => plural(inOrder(snapshot, page).length, 'event'),
  body,
  target: ({ snapshot, page }, id) => {
    const event = inOrder(snapshot, page).find(one => eventId(one) === id)
    return event === undefined ? null : targetOf(snapshot, event)
  },
  yaml: (_, id) => `event ${id}`,
}

function targetOf({ fleet }: Snapshot, { subject: { kind, name } }: Event): Target | null {
  switch (kind) {
    case 'host':
    case 'problem':
      return { view: 'host', subject: name }
    case 'service':
      return { view: 'service', subject: name }
    case 'tunnel':
      return name.includes('>') ? { view: 'link', subject: name } : { view: 'links' }
    case 'instance': {
      const host = name.slice(name.indexOf('@') + 1)
      return hostNumbers(fleet).has(host) ? { view: 'host', subject: host } : null
    }
  }
}

function inOrder(snapshot: Snapshot, { filter, sort, reversed }: Context['page']): readonly Event[] {
  return ordered(snapshot, `${sort} ${reversed} ${filter}`, () => {
    const passes = matcher(filter)
    const found = snapshot.events
      .filter(one =>
        passes([one.subject.kind, subjectText(one), one.level, changeText(one), one.why, one.flapping ? 'flaps' : '']),
      )
      .toReversed()
    const all =
      sort === 0
        ? found
        : found.toSorted((a, b) => (a.subject.name < b.subject.name ? -1 : a.subject.name > b.subject.name ? 1 : 0))
    return reversed ? all.toReversed() : all
  })
}

function body({ snapshot, page }: Context, { columns }: Size): Body {
  const list = inOrder(snapshot, page)
  const { at } = snapshot
  const width = columns - 2
  const laid = table<Event>(
    [
      {
        title: 'TIME',
        width: list.some(one => momentText(one.at, at).length > 8) ? 11 : 8,
        cell: one => faint(momentText(one.at, at)),
      },
      { title: 'AGO', width: 7, right: true, spare: 3, cell: one => faint(sinceText(at, one.at)) },
      {
        title: 'WHAT',
        width: widthFor(list.slice(0, 200).map(subjectText), 14, 26) + 2,
        cell: one => marked(one.level, subjectText(one)),
      },
      { title: 'KIND', width: 8, spare: 2, cell: one => faint(one.subject.kind) },
      {
        title: 'CHANGE',
        width: 20,
        grows: true,
        cell: one => span(`${one.flapping ? 'flaps: ' : ''}${changeText(one)}`, one.flapping ? 'warn' : 'plain'),
      },
      { title: 'WHY', width: 20, grows: true, spare: 1, cell: one => faint(whyText(one)) },
    ],
    width,
  )
  return {
    rows: {
      count: list.length,
      id: row => {
        const one = list[row]
        return one === undefined ? '' : eventId(one)
      },
      find: id => list.findIndex(one => eventId(one) === id),
      line: row => {
        const one = list[row]
        return one === undefined ? [] : laid.line(one)
      },
    },
    above: [
      ...historyLines(snapshot, Math.min(width, 100)).map((line, i) => [
        ...line,
        ...(i === 0 && columns > 120 ? [faint(`   ${historySpan(snapshot)}`)] : []),
      ]),
      blank,
      laid.head(),
    ],
    empty: page.filter === '' ? 'Nothing has changed while this was watched.' : 'No event has these words.',
  }
}
