/** `meshwright explain`: where the instances of a service live, why there, and why nowhere else. */
import { error } from '../../topology/diagnostic.ts'
import { type Alternative, explain as explainRole, type Explanation } from '../../topology/place/explain.ts'
import type { Count, Objective } from '../../topology/place/problem.ts'
import { hintFor } from '../load/issues.ts'
import { openMesh } from '../load/open.ts'
import type { ServicePlan } from '../services/plan.ts'
import { count, type ExitCode, exitCodes, type Io, paintOf, refuse, report } from './io.ts'
import { jsonOf, type Paint } from './report.ts'
import { table } from './table.ts'

export interface ExplainOptions {
  readonly directory: string
  readonly json: boolean
}

/** `what`: SERVICE or SERVICE/ROLE; null: every service. */
export async function explain(io: Io, what: string | null, options: ExplainOptions): Promise<ExitCode> {
  const opened = await openMesh({ ...options, environment: io.environment, purpose: 'plan' })
  if (opened.mesh === null) return refuse(io, opened.diagnostics, options.json)
  const { services } = opened
  const roles = services?.problem.roles.map(role => role.id) ?? []
  const chosen = roles.filter(id => what === null || id === what || id.startsWith(`${what}/`))
  if (services === null || chosen.length === 0) {
    const known = [...new Set([...roles.map(id => id.split('/')[0] ?? ''), ...roles])]
    const said = what === null ? 'mesh.yaml declares no services' : `there is no service ${JSON.stringify(what)}`
    return refuse(io, [error('unknown-reference', said, undefined, hintFor(what ?? '', known))], options.json)
  }
  // A role that nobody asked for has nothing to explain, unless somebody asks.
  const wanted = (id: string) =>
    id === what || services.problem.roles.some(role => role.id === id && !isEmpty(role.count))
  const explanations = chosen
    .filter(wanted)
    .flatMap(id => explainRole(services.problem, services.solved.placed, id, false) ?? [])
  if (options.json) {
    const { objective, bound, exact } = services.solved
    const shown = { ok: true, exact, objective, bound, roles: explanations, diagnostics: jsonOf(opened.diagnostics) }
    io.stdout.write(`${JSON.stringify(shown, null, 2)}\n`)
  } else {
    report(io, opened.diagnostics)
    io.stdout.write(explanations.map(one => textOf(one, paintOf(io))).join('\n'))
    io.stdout.write(`\n${solvedText(services, opened.spec.latency.size > 0)}`)
  }
  return exitCodes.done
}

const isEmpty = (count: Count): boolean => count.kind === 'fixed' && count.instances === 0

function textOf({ role, count: wanted, instances, rejected }: Explanation, paint: Paint): string {
  const lines = [`${paint.strong(role)}  ${paint.faint(wanted)}\n`]
  if (instances.length === 0) lines.push('  nowhere\n')
  const rows = instances.map(({ host, stays, runnerUp }) => [
    `  ${host}`,
    stays ? 'stays' : 'placed',
    runnerUp === null ? '' : againstText(runnerUp),
  ])
  if (rows.length > 0) lines.push(table(rows))
  const byReason = new Map<string, string[]>()
  for (const { host, rule, text } of rejected) {
    // The name of the host stands before the reason already.
    const reason = `${rule}: ${text.startsWith(`${host} `) ? text.slice(host.length + 1) : text}`
    byReason.set(reason, [...(byReason.get(reason) ?? []), host])
  }
  for (const [reason, hosts] of byReason) lines.push(`  ${paint.faint('not')} ${few(hosts)}: ${reason}\n`)
  return lines.join('')
}

const few = (names: readonly string[]): string =>
  names.length > 6 ? `${names.slice(0, 6).join(', ')} and ${names.length - 6} more` : names.join(', ')

function againstText({ host, term, here, there }: Alternative): string {
  if (term === null) return `rather than ${host}: equal, and first by name`
  return `rather than ${host}: ${term} ${valueText(term, here)} instead of ${valueText(term, there)}`
}

const valueText = (term: string, value: number): string =>
  term === 'latency' ? `${value / 1000} ms` : term.startsWith('fullest') ? `${value / 10} %` : String(value)

function solvedText({ solved }: ServicePlan, measured: boolean): string {
  const trips = measured ? 'Round trips: measured where mesh.yaml gives them, else estimated' : 'Round trips: estimated'
  const best = solved.exact
    ? 'No placement is better.'
    : `Not every placement was looked at: ${objectiveText(solved.objective)}; no better than ${objectiveText(solved.bound)} is possible.`
  return `${best} ${trips} from where the regions are.\n`
}

const objectiveText = ({ moves, spread, latency, preference, imbalance }: Objective): string =>
  [
    count(moves / 10, 'move'),
    `${spread.join('+')} crowded`,
    `latency ${latency / 1000} ms`,
    `${preference} off their class`,
    `fullest ${imbalance[0] / 10} %`,
  ].join(', ')
