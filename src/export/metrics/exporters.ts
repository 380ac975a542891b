/**
 * Samples that hosts passed on from the exporters in their jails, as if those had been scraped (Prometheus, scrape_config:
 * honor_labels): for a mesh in which no Prometheus reaches them.
 */
import type { Fleet, WatchedInstance } from '../../health/fleet.ts'
import type { HostHealth, Snapshot } from '../../health/snapshot.ts'
import type { Sample } from '../../services/kind.ts'
import { byText } from '../../../topology/names.ts'
import { instanceLabels } from '../targets.ts'
import { toldBy } from './sample.ts'
import { labelsOf } from './text.ts'

/** By metric, then in the order of the plan. */
export function* relayed({ fleet, hosts }: Pick<Snapshot, 'fleet' | 'hosts'>): Generator<string, void, undefined> {
  const metrics = new Map<string, Map<string, number>>()
  const add = (name: string, labels: string, value: number): void => {
    const known = metrics.get(name) ?? new Map<string, number>()
    metrics.set(name, known)
    // Twice the same series would spoil the whole scrape.
    if (!known.has(labels)) known.set(labels, value)
  }
  for (const instance of fleet.hosts.flatMap(host => host.instances)) {
    const host = hosts[instance.host]
    const labels = labelsOfTarget(fleet, instance)
    if (host === undefined || labels === null) continue
    const samples = samplesOf(host, instance)
    // What Prometheus itself says of each of its targets.
    const up = samples === null ? (host.state === 'down' || silent(host, instance) ? 0 : null) : 1
    if (up !== null) add('up', textOf(labels), up)
    // What is said about others is not the instance's own: another meshwright tells of the mesh, as this one does.
    if (instance.metrics?.honorLabels === true) continue
    for (const { name, labels: own, value } of samples ?? [])
      if (metricName.test(name) && name !== 'up') add(name, textOf(together(labels, own)), value)
  }
  for (const [name, series] of [...metrics].toSorted(([a], [b]) => byText(a, b))) {
    let text = `# TYPE ${name} ${name === 'up' ? 'gauge' : 'untyped'}\n`
    for (const [labels, value] of series) text += `${name}${labels} ${valueText(value)}\n`
    yield text
  }
}

const metricName = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/
/** Two underscores at the beginning are Prometheus's own. */
const labelName = /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/

type Labels = Readonly<Record<string, string>>

function labelsOfTarget(
  { hosts }: Fleet,
  { service, role, host: number, metrics, health }: WatchedInstance,
): Labels | null {
  const host = hosts[number]
  if (host === undefined || metrics === null || health === null) return null
  return { job: metrics.job, ...instanceLabels({ service, role, host }) }
}

const samplesOf = (host: HostHealth, { jail }: WatchedInstance): readonly Sample[] | null =>
  toldBy(host)?.answers.find(answer => answer.jail === jail)?.samples ?? null

/** It was asked, and gave none. */
const silent = (host: HostHealth, { jail }: WatchedInstance): boolean =>
  host.state === 'up' && host.report?.answers.some(answer => answer.jail === jail && answer.alive !== null) === true

/** Whoever is scraped cannot say that it is somebody else. */
function together(target: Labels, own: Labels): Labels {
  const labels: Record<string, string> = { ...target }
  for (const [name, value] of Object.entries(own)) {
    let free = name
    while (Object.hasOwn(target, free) || (free !== name && Object.hasOwn(own, free))) free = `exported_${free}`
    labels[free] = value
  }
  return labels
}

function textOf(labels: Labels): string {
  const names = Object.keys(labels).filter(name => labelName.test(name))
  const sorted = names.toSorted(byText)
  return labelsOf(
    sorted,
    sorted.map(name => labels[name] ?? ''),
  )
}

const valueText = (value: number): string =>
  Number.isNaN(value) ? 'NaN' : value === Infinity ? '+Inf' : value === -Infinity ? '-Inf' : String(value)
