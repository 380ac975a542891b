/** A message as people read it, on one line; and as programs do. */
import { count } from '../../cli/io.ts'
import { printable } from '../../text/printable.ts'
import { spanText } from '../verdict.ts'
import type { Message } from './damping.ts'
import type { Places } from './places.ts'

export function lineOf(message: Message, places: Places): string {
  const line = printable(plainLine(message, places))
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line
}
/** Characters; several lines fit into one message of a chat. */
const longest = 500

function plainLine(message: Message, places: Places): string {
  const { kind, subject, level, after, why, lasted } = message
  const who = whoOf(message)
  if (kind === 'flapping') return `${who} changes all the time, and is told of again when it is calm`
  // Better may still not be well.
  const end = lasted === null ? '' : `${level === 'ok' ? ' again' : ' now'}, after ${spanText(lasted / 1000)}`
  switch (subject.kind) {
    case 'problem':
      return kind === 'ended' ? `${who} has no longer: ${why}` : `${who}: ${why}`
    case 'instance':
    case 'service':
      return kind === 'ended' ? `${who}: ${after}${end}` : `${who}: ${after}${why === '' ? '' : ` (${why})`}`
    case 'tunnel':
      return kind === 'ended' ? `${who} is ${after}${end}` : `${who} is ${after}${why === '' ? '' : `: ${why}`}`
    case 'host':
    case 'region':
    case 'mesh':
      return kind === 'ended'
        ? `${who} is ${after}${end}`
        : `${who} is ${after}${why === '' ? '' : `: ${why}`}${cut(message, places)}`
  }
}

function whoOf({ subject: { kind, name }, hosts }: Message): string {
  switch (kind) {
    case 'problem':
    case 'instance':
      return name
    case 'mesh':
      return `all of ${name} (${count(hosts.length, 'host')})`
    case 'region':
      return `region ${name} (${[...hosts.slice(0, 5), ...(hosts.length > 5 ? [`${hosts.length - 5} more`] : [])].join(', ')})`
    default:
      return `${kind} ${name}`
  }
}

/** `; 5 tunnels and 14 instances with it` */
function cut({ hosts, after, subject }: Message, places: Places): string {
  if (after !== 'down') return ''
  if (subject.kind === 'mesh') return '; perhaps it is the network of whoever watches'
  const { tunnels, instances } = places.cutOff(hosts)
  const parts = [
    ...(tunnels > 0 ? [count(tunnels, 'tunnel')] : []),
    ...(instances > 0 ? [count(instances, 'instance')] : []),
  ]
  return parts.length === 0 ? '' : `; ${parts.join(' and ')} with it`
}

/** What a program gets on its standard input. */
export const jsonOf = (message: Message, places: Places) => ({
  mesh: places.mesh,
  kind: message.kind,
  subject: { ...message.subject, name: printable(message.subject.name) },
  level: message.level,
  state: printable(message.after),
  before: printable(message.before),
  why: printable(message.why),
  since: dateOf(message.since),
  lastedSeconds: message.lasted === null ? null : Math.round(message.lasted / 1000),
  hosts: message.hosts,
  text: lineOf(message, places),
})

const dateOf = (time: number): string | null => {
  const date = new Date(time)
  return Number.isNaN(date.getTime()) ? null : date.toISOString()
}

/** And in its environment, for scripts that read no JSON. */
export const environmentOf = (message: Message, places: Places): Readonly<Record<string, string>> => ({
  MESHWRIGHT_MESH: places.mesh,
  MESHWRIGHT_KIND: message.subject.kind,
  MESHWRIGHT_SUBJECT: printable(message.subject.name),
  MESHWRIGHT_NEWS: message.kind,
  MESHWRIGHT_LEVEL: message.level,
  MESHWRIGHT_STATE: printable(message.after),
  MESHWRIGHT_BEFORE: printable(message.before),
  MESHWRIGHT_WHY: printable(message.why).slice(0, 1000),
  MESHWRIGHT_TEXT: lineOf(message, places),
})
