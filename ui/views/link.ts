/** One tunnel, both ways: what either end sees. */
import { type Snapshot, tunnelAt } from '../../src/health/snapshot.ts'
import { roundTripText, spanText } from '../../src/health/verdict.ts'
import { type Line, span } from '../line.ts'
import { eventLine } from '../rows/events.ts'
import { stateWord } from '../rows/hosts.ts'
import { blank } from '../rows/panel.ts'
import { faint, isoOf, marked, percentText, rateText, sinceText, strong } from '../rows/words.ts'
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

function body({ snapshot, page }: Context): Body {
  const there = tunnelNumber(snapshot, page.subject)
  const empty = 'There is no such tunnel in this mesh.'
  if (there < 0) return { rows: textRows([]), empty }
  const back = snapshot.fleet.tunnels.back[there] ?? -1
  const names = new Set([page.subject, page.subject.split('>').toReversed().join('>')])
  const events = snapshot.events
    .filter(({ subject }) => subject.kind === 'tunnel' && names.has(subject.name))
    .toReversed()
  return {
    rows: textRows([
      ...direction(snapshot, there),
      blank,
      ...(back < 0 ? [[faint('The other end does not have it.')]] : direction(snapshot, back)),
      blank,
      [strong('events')],
      ...(events.length === 0 ? [[faint('  Nothing has changed while this was watched.')]] : []),
      ...events.map(event => [span('  '), ...eventLine(event, snapshot.at)]),
    ]),
    empty,
  }
}

function direction(snapshot: Snapshot, number: number): readonly Line[] {
  const { fleet, tunnels, at, hosts } = snapshot
  const one = tunnelAt(snapshot, number)
  const [from, to] = [fleet.hosts[fleet.tunnels.from[number] ?? -1], fleet.hosts[fleet.tunnels.to[number] ?? -1]]
  const health = from === undefined ? undefined : hosts[from.number]
  const fact = (name: string, text: string): Line => [faint(`  ${name.padEnd(16)}`), span(text)]
  const known = <T>(value: T | null, text: (value: T) => string): string => (value === null ? '-' : text(value))
  const since = sinceText(at, tunnels.since[number] ?? NaN)
  const peers = health?.report?.peers ?? null
  const seat = peers === null ? -1 : Array.from(peers.to).indexOf(to?.number ?? -1)
  const endpoint = peers?.endpoints[seat] ?? ''
  const keepalive = fleet.tunnels.keepalive[number] ?? 0
  return [
    [strong(`${one.from} → ${one.to}`), span('   '), marked(one.level, one.state), span(`   ${one.why}`)],
    fact('since', since === '' ? '-' : `${isoOf(one.since)} (${since})`),
    fact(
      'handshake',
      known(one.handshakeAge, age => `${spanText(age)} ago`),
    ),
    fact('round trip', known(one.roundTrip, roundTripText)),
    fact('echoes lost', known(one.loss, percentText)),
    fact('received', known(one.received, rateText)),
    fact('sent', known(one.sent, rateText)),
    fact('keepalive', keepalive === 0 ? 'none' : `every ${keepalive} s`),
    fact('peer at', endpoint === '' ? '-' : endpoint),
    [faint(`  ${'told by'.padEnd(16)}`), span(`${one.from}, `), ...(health === undefined ? [] : [stateWord(health)])],
  ]
}
