/** What people type after `:`, and how it is completed. */
import type { Snapshot } from '../src/health/snapshot.ts'
import { nearest } from '../topology/suggest.ts'
import { hostNumbers } from './rows/tunnels.ts'
import type { MainView } from './state.ts'

export type Command =
  | { readonly kind: 'go'; readonly view: MainView; readonly filter?: string }
  | { readonly kind: 'open'; readonly view: 'host' | 'service' | 'help'; readonly subject: string }
  | { readonly kind: 'quit' | 'pause' | 'refresh' }
  | { readonly kind: 'unknown'; readonly why: string }

const mains: Readonly<Record<string, MainView>> = {
  ...{ overview: 'overview', hosts: 'hosts', links: 'links', tunnels: 'links', matrix: 'matrix' },
  ...{ services: 'services', drift: 'drift', events: 'events', whatif: 'whatif' },
}
const names = [...Object.keys(mains), 'host', 'service', 'pause', 'refresh', 'help', 'quit']

export function commandOf(text: string, snapshot: Snapshot | null): Command {
  const [name = '', ...words] = text.trim().split(/\s+/)
  const argument = words.join(' ')
  if (name === 'q' || name === 'quit') return { kind: 'quit' }
  if (name === 'pause' || name === 'refresh') return { kind: name }
  if (name === 'help') return { kind: 'open', view: 'help', subject: '' }
  if ((name === 'host' || name === 'service') && argument !== '') {
    const known = subjectsOf(name, snapshot)
    if (known.includes(argument)) return { kind: 'open', view: name, subject: argument }
    return unknown(`there is no ${name} ${argument}`, nearest(argument, known), other => `:${name} ${other}`)
  }
  const view = Object.hasOwn(mains, name)
    ? mains[name]
    : name === 'host'
      ? 'hosts'
      : name === 'service'
        ? 'services'
        : undefined
  if (view === undefined) return unknown(`there is no command :${name}`, nearest(name, names), other => `:${other}`)
  return argument === '' ? { kind: 'go', view } : { kind: 'go', view, filter: argument }
}

const unknown = (why: string, near: string | null, said: (near: string) => string): Command => ({
  kind: 'unknown',
  why: near === null ? `${why}; ? has them all` : `${why}; did you mean ${said(near)}?`,
})

const subjectsOf = (kind: 'host' | 'service', snapshot: Snapshot | null): readonly string[] =>
  snapshot === null
    ? []
    : kind === 'host'
      ? [...hostNumbers(snapshot.fleet).keys()]
      : snapshot.services.map(({ service }) => service.name)

/** As far as all that begin so agree, and what they are. */
export function complete(
  text: string,
  snapshot: Snapshot | null,
): { readonly text: string; readonly others: readonly string[] } {
  const [, before = '', begun = ''] = /^(\S+\s+)?(\S*)$/.exec(text) ?? []
  const command = before.trim()
  const candidates =
    before === ''
      ? names
      : command === 'service' || command === 'services'
        ? subjectsOf('service', snapshot)
        : ['host', 'hosts', 'links', 'tunnels', 'matrix', 'drift'].includes(command)
          ? subjectsOf('host', snapshot)
          : []
  const fitting = candidates.filter(name => name.startsWith(begun))
  const [first] = fitting
  if (first === undefined) return { text, others: [] }
  const shared = fitting.reduce((common, name) => {
    let same = 0
    while (same < common.length && common[same] === name[same]) same += 1
    return common.slice(0, same)
  }, first)
  const needsMore = before === '' && (first === 'host' || first === 'service')
  return fitting.length === 1
    ? { text: `${before}${first}${needsMore ? ' ' : ''}`, others: [] }
    : { text: before + shared, others: fitting }
}
