/** `meshwright status` and `meshwright ui`: how the mesh is, once as a table, or as long as somebody looks. */
import { outOf } from './alone.ts'
import { type Choice, chooseOf, chosenFrom, type Wanted } from './choose.ts'
import { type ExitCode, exitCodes, type Io, paintOf, refuse, report } from './io.ts'
import { openSource, type SourceChoice, type Watched } from './sources.ts'
import { headlineOf, statusText } from './status-table.ts'
import { builtFiles } from '../health/built.ts'
import { fleetOf } from '../health/fleet.ts'
import { eventJson, snapshotJson, time } from '../health/json.ts'
import { type Level, levels, type Snapshot, worst } from '../health/snapshot.ts'
import { lookOnce, watchOn } from '../health/watch.ts'
import { openMesh } from '../load/open.ts'
import type { Event } from '../health/events.ts'
import type { Diagnostic } from '../../topology/diagnostic.ts'
import { printable } from '../text/printable.ts'

export interface StatusOptions extends SourceChoice {
  readonly directory: string
  readonly out?: string
  readonly json: boolean
  readonly watch: boolean
  /** One line, and an exit code as monitoring plugins have it. */
  readonly check: boolean
  readonly wanted: Wanted
}

/** Exit 0 when all is well, 3 when something is not. */
export async function status(io: Io, options: StatusOptions): Promise<ExitCode> {
  const opened = await open(io, options, false)
  if ('refused' in opened) return options.check ? unknown(io, opened.refused) : refuse(io, opened.refused, options.json)
  const { watched, choice } = opened
  try {
    if (options.watch) return await stream(io, watched, options)
    const snapshot = await lookOnce(watched)
    // A look that was broken off says nothing of the mesh.
    if (!options.check) io.signal.throwIfAborted()
    else if (io.signal.aborted) return said(io, 'unknown', 'interrupted')
    const showing = chosenFrom(snapshot, choice, options.json)
    const level = choice.all
      ? snapshot.totals.level
      : worst([...showing.hosts, ...showing.tunnels, ...showing.services].map(one => one.level))
    if (options.check) return checked(io, snapshot, level, choice)
    io.stdout.write(
      options.json
        ? `${JSON.stringify(snapshotJson(snapshot, showing), null, 2)}\n`
        : statusText(snapshot, showing, paintOf(io)),
    )
    return level === 'ok' ? exitCodes.done : exitCodes.changes
  } finally {
    await watched.close()
  }
}

/** The screens. Never writes to a host. */
export async function ui(io: Io, options: StatusOptions): Promise<ExitCode> {
  const opened = await open(io, options, true)
  if ('refused' in opened) return refuse(io, opened.refused, options.json)
  try {
    const { screens } = await import('../../ui/main.ts')
    return await screens(io, opened.watched)
  } finally {
    await opened.watched.close()
  }
}

async function open(
  io: Io,
  options: StatusOptions,
  screens: boolean,
): Promise<{ readonly watched: Watched; readonly choice: Choice } | { readonly refused: readonly Diagnostic[] }> {
  const opened = await openMesh({
    ...{ ...options, environment: io.environment },
    purpose: options.hooks ? 'read' : 'plan',
  })
  if (opened.mesh === null) return { refused: opened.diagnostics }
  if (!options.json) report(io, opened.diagnostics)
  const names = opened.mesh.hosts.map(host => host.name)
  const fleet = fleetOf({ ...opened, files: await builtFiles(outOf(options), names) })
  const choice = chooseOf(fleet, options.wanted)
  if (!('all' in choice)) return { refused: choice }
  const watched = await openSource(io, opened, fleet, options, screens)
  return 'watched' in watched ? { watched: watched.watched, choice } : watched
}

/** A line for each change, as long as the source has any: for logs, and for what runs without a terminal. */
async function stream(io: Io, watched: Watched, { json }: StatusOptions): Promise<ExitCode> {
  let told: Event | undefined
  await watchOn(watched, snapshot => {
    watched.hooks?.take(snapshot.events, snapshot.at, snapshot)
    const { events } = snapshot
    const fresh = events.slice(told === undefined ? 0 : events.lastIndexOf(told) + 1)
    told = events.at(-1) ?? told
    for (const event of fresh) io.stdout.write(`${json ? JSON.stringify(eventJson(event)) : eventLine(event)}\n`)
  })
  return exitCodes.done
}

const eventLine = ({ at, subject, level, before, after, why, flapping }: Event): string =>
  [
    ...[time(at), level.padEnd(7), subject.kind, subject.name, `${before} -> ${after}`],
    ...(why === '' ? [] : [`(${why})`]),
    ...(flapping ? ['flapping'] : []),
  ].join(' ')

/** As monitoring plugins answer: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN, and one line (Monitoring Plugins, guidelines). */
const answers: Readonly<Record<Level, { readonly word: string; readonly code: ExitCode }>> = {
  ok: { word: 'OK', code: 0 },
  warn: { word: 'WARNING', code: 1 },
  bad: { word: 'CRITICAL', code: 2 },
  unknown: { word: 'UNKNOWN', code: 3 },
}

function checked(io: Io, snapshot: Snapshot, level: Level, choice: Choice): ExitCode {
  const { hosts, tunnels, services } = chosenFrom(snapshot, choice, false)
  const troubles = [
    ...services.map(({ level: of, service, word }) => ({ of, text: `${service.name} ${word}` })),
    ...hosts.map(host => ({
      of: host.level,
      text: `${host.name} ${host.state === 'up' ? (host.problems[0]?.text ?? '') : `${host.state}: ${host.why}`}`,
    })),
    ...tunnels.map(({ level: of, from, to, state, why }) => ({ of, text: `${from}>${to} ${state}: ${why}` })),
  ]
    .filter(({ of }) => of === 'bad' || of === 'warn')
    .toSorted((a, b) => levels.indexOf(b.of) - levels.indexOf(a.of))
    .map(({ text }) => text)
  const few = troubles.length > 5 ? [...troubles.slice(0, 5), `and ${troubles.length - 5} more`] : troubles
  const { totals } = snapshot
  const performance = `hosts_up=${totals.hosts.up} tunnels_up=${totals.tunnels.up} services_ok=${totals.services.ok}`
  const text = [headlineOf(snapshot), ...few].join('; ').replaceAll('|', '/')
  return said(io, level, `${text} | ${performance}`)
}

/** Nothing can be said of the mesh: why, also on stderr in full. */
function unknown(io: Io, diagnostics: readonly Diagnostic[]): ExitCode {
  report(io, diagnostics)
  const first = diagnostics.find(({ severity }) => severity === 'error')?.message ?? 'nothing to look at'
  return said(io, 'unknown', printable(first).replaceAll('|', '/'))
}

function said(io: Io, level: Level, text: string): ExitCode {
  const { word, code } = answers[level]
  io.stdout.write(`${word} ${text}\n`)
  return code
}
