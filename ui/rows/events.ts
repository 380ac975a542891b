/** Events in words: `db-postgres@tesla  replica → leader`. */
import type { Event } from '../../src/health/events.ts'
import { type Line, span } from '../line.ts'
import { momentText, symbols } from './words.ts'

export const subjectText = ({ subject: { kind, name } }: Event): string =>
  kind === 'tunnel' ? (name.includes('>') ? name.replace('>', ' → ') : 'tunnels') : name

/** Of a problem its text says all; when it went away, what it was about. */
export function changeText({ subject, before, after, why }: Event): string {
  if (subject.kind === 'problem')
    return after === 'solved' ? `solved: ${subject.what ?? why}` : why === '' ? after : why
  if (subject.kind === 'tunnel' && !subject.name.includes('>')) return after
  return before === '' || before === 'unknown' ? after : `${before} → ${after}`
}

/** Of a problem it is the change itself. */
export const whyText = ({ subject, why }: Event): string => (subject.kind === 'problem' ? '' : why)

export const eventId = ({ at, subject, before, after, why }: Event): string =>
  `${at} ${subject.kind} ${subject.name} ${before} ${after} ${why}`

/** For panels: `02:03:27 ✗ tesla  up → down`. */
export function eventLine(event: Event, now: number): Line {
  const why = whyText(event)
  return [
    span(`${momentText(event.at, now)} `, 'faint'),
    span(`${symbols[event.level]} ${subjectText(event)}`, event.level),
    span(`  ${changeText(event)}`),
    ...(event.flapping ? [span('  flaps', 'warn')] : []),
    ...(why === '' ? [] : [span(`  ${why}`, 'faint')]),
  ]
}
