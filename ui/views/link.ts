/** One tunnel, both ways: what either end sees. */
import { type Snapshot, tunnelAt } from '../../src/health/snapshot.ts'
import { roundTripText, spanText } from '../../src/health/verdict.ts'
import { fitLine, type Line, type Size, span } from '../line.ts'
import { eventLine } from '../rows/events.ts'
import { stateWord } from '../rows/hosts.ts'
import { blank } from '../rows/panel.ts'
import { faint, marked, momentText, percentText, rateText, sinceText, strong } from '../rows/words.ts'
import { tunnelNumber } from './links.ts'
import { type Body, type Context, textRows, type View } from './view.ts'

export const link: View = {
  name: 'link',
  title: ({ subject }) => subject.replace('>', ' → '),
  sorts: [],
  filters: false,
  hints: [],
  body,
  yaml: ({ page }) => `tunnel ${page.subject}`,
}

function body({ snapshot, page }: Context, { columns }: Size): Body {
  const there = tunnelNumber(snapshot, page.subject)
  const empty = 'There is no such tunnel in this mesh.'
  if (there < 0) return { rows: textRows([]), empty }
  const back = snapshot.fleet.tunnels.back[there] ?? -1
  const names = new Set([page.subject, page.subject.split('>').toReversed().join('>')])
  const events = snapshot.events
    .filter(({ subject }) => subject.kind === 'tunnel' && names.has(subject.name))
    .toReversed()
  const ends = [there, ...(back < 0 ? [] : [back])].map(number => factsOf(snapshot, number))
  const width = Math.min(48, Math.floor((columns - 18) / 2))
  const facts = Object.keys(ends[0] ?? {})
  return {
    rows: textRows([
      ...facts.map((name): Line => [
        faint(name.padEnd(12)),
        ...ends.flatMap(end => [span('  '), ...fitLine(end[name] ?? [], width)]),
      ]),
      ...(back < 0 ? [blank, [faint('The other end does not have it.')]] : []),
      blank,
      [strong('events')],
      ...(events.length === 0 ? [[faint('  Nothing has changed while this was watched.')]] : []),
      ...events.map(event => [span('  '), ...eventLine(event, snapshot.at)]),
    ]),
    empty,
  }
}

/** By name, what one end sees. */
function factsOf(snapshot: Snapshot, number: number): Readonly<Record<string, Line>> {
  const { fleet, at, hosts } = snapshot
  const one = tunnelAt(snapshot, number)
  const to = fleet.tunnels.to[number] ?? -1
  const health = hosts[fleet.tunnels.from[number] ?? -1]
  const known = <T>(value: T | null, text: (value: T) => string): Line => [
    value === null ? faint('-') : span(text(value)),
  ]
  const since = sinceText(at, one.since)
  const peers = health?.report?.peers ?? null
  const endpoint = peers?.endpoints[Array.from(peers.to).indexOf(to)] ?? ''
  const keepalive = fleet.tunnels.keepalive[number] ?? 0
  return {
    '': [strong(`${one.from} → ${one.to}`)],
    state: [marked(one.level, one.state)],
    why: [span(one.why, one.level === 'ok' ? 'plain' : one.level)],
    since: since === '' ? [faint('-')] : [span(momentText(one.since, at)), faint(`  for ${since}`)],
    handshake: known(one.handshakeAge, age => `${spanText(age)} ago`),
    'round trip': known(one.roundTrip, roundTripText),
    'echoes lost': known(one.loss, percentText),
    received: known(one.received, rateText),
    sent: known(one.sent, rateText),
    keepalive: [span(keepalive === 0 ? 'none' : `every ${keepalive} s`)],
    'peer at': known(endpoint === '' ? null : endpoint, text => text),
    'told by': [span(`${one.from}  `), ...(health === undefined ? [] : [stateWord(health)])],
  }
}
