/** Meshes as somebody saw them: by the clock and the faults of the demo, the same every time. */
import { demoObservations } from '../../src/health/demo/demo.ts'
import type { FaultKind, Faults } from '../../src/health/demo/faults.ts'
import { Memory } from '../../src/health/memory.ts'
import { headerLine, headerOf, observationLine } from '../../src/health/recording.ts'
import type { HostReport, Observation } from '../../src/health/report.ts'
import type { Snapshot } from '../../src/health/snapshot.ts'
import type { DrawnMesh } from './grafana-meshes.ts'

const start = Date.UTC(2026, 0, 1)
const interval = 5000
const looks = Array.from({ length: 13 }, (_, look) => (look * interval) / 1000)
const last = looks.at(-1) ?? 0

/** From the first moment, for ever. */
export const broken = (all: readonly (readonly [FaultKind, string])[]): Faults =>
  all.map(([kind, what]) => ({ kind, what, from: 0, until: Infinity }))

type Told = (observation: Observation) => Observation
const asIs: Told = observation => observation

const observationsOf = ({ fleet }: DrawnMesh, faults: Faults, told: Told): readonly Observation[] =>
  looks.flatMap(seconds => demoObservations(fleet, seconds, { start, faults }).map(told))

export function seen(mesh: DrawnMesh, faults: Faults = 'well', told = asIs): Snapshot {
  const { fleet } = mesh
  const source = { kind: 'demo', title: 'DEMO', madeUp: true } as const
  const memory = new Memory({ fleet, source, interval, now: start })
  for (const one of observationsOf(mesh, faults, told)) memory.take(one)
  return memory.snapshot(start + last * 1000)
}

/** The same as a recording. */
export const recordingOf = (mesh: DrawnMesh, faults: Faults = 'well', told = asIs): string =>
  [
    headerLine(headerOf(mesh.fleet, start, interval, true)),
    ...observationsOf(mesh, faults, told).map(observationLine),
    '',
  ].join('\n')

/** What somebody would say who owns a host and wants more. */
export const hostile =
  '$ds ${__data.fields.id} [[host]] {{host}} <img src=x onerror=alert(1)> [a](javascript:b) | \u001b[31m\u202e'

export const hostileReport: Told = observation =>
  observation.kind === 'silence' ? { ...observation, why: hostile } : hostileFacts(observation)

const hostileFacts = (report: HostReport): HostReport => ({
  ...report,
  pools: [{ name: hostile, size: 100, allocated: 10, health: hostile }],
  jails: [...(report.jails ?? []), hostile],
  system: report.system && {
    ...report.system,
    release: { kernel: hostile, running: '15.0-RELEASE', userland: hostile },
  },
})
