/** A fleet of three, and reports of the first of them from whatever its parts may say. */
import type { HostReport } from '../../../../src/health/report.ts'
import type { Part } from '../../../../src/health/ssh/output.ts'
import { reportOf } from '../../../../src/health/ssh/read/report.ts'
import type { Probe } from '../../../../src/services/kind.ts'
import { type Drawn, fleetOf, healthOf, jail } from '../fleet.ts'

const keys = ['A', 'B', 'C', 'D'].map(letter => `${letter.repeat(43)}=`)
export const [tesla = '', bohr = '', curie = '', nobody = ''] = keys
const probes: readonly Probe[] = [
  { kind: 'http', port: 80, path: '/', expect: [200], body: '^ok' },
  { kind: 'redis', port: 6379 },
  { kind: 'dns', port: 53, name: 'mesh.example.net' },
  { kind: 'tcp', port: 80 },
  { kind: 'process', rc: 'cron' },
]
const drawn: readonly Drawn[] = [
  {
    ...{ name: 'tesla', publicKey: tesla },
    files: [
      { path: '/etc/pf.conf', sha256: 'a'.repeat(64) },
      { path: '/etc/b b', sha256: 'b'.repeat(64) },
      { path: '/etc/c', sha256: 'c'.repeat(64) },
    ],
    instances: probes.map(probe => ({
      ...{ jail: jail(probe.kind), probe },
      ...(probe.kind === 'http'
        ? { metrics: { port: 80, path: '/m', job: 'x' }, health: healthOf('up', 'lag') }
        : { metrics: null, health: null }),
    })),
  },
  { name: 'bohr', publicKey: bohr },
  { name: 'curie', publicKey: curie },
]
export const fleet = fleetOf(drawn)
export const nonce = 'c0ffee'

type Parts = Readonly<Record<string, readonly [lines: readonly string[], status: number | null]>>

/** Of tesla, from parts that are given as lines and a status. */
export function reportFor(parts: Parts, skipped: Readonly<Record<string, string>> = {}): HostReport {
  const [host] = fleet.hosts
  if (host === undefined) throw new Error('no host')
  const read = new Map(Object.entries(parts).map(([name, [lines, status]]) => [name, { lines, status } satisfies Part]))
  return reportOf(fleet, host, { at: 1, took: 2, parts: read, skipped: new Map(Object.entries(skipped)) })
}
