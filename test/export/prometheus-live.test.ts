/** The export at work: what goes wrong in the mesh reaches whoever is told, once, and nothing else does. */
import { buildSync } from 'esbuild'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Fault } from '../../src/health/demo/faults.ts'
import { temporary } from '../command.ts'
import { alone, withPrograms } from '../services/setting.ts'
import { records } from '../../src/export/prometheus/records.ts'

/**
 * A tunnel, and meanwhile a database, a host, and a region of two hosts, which have nothing to do with it. A tunnel is down
 * when nothing has come for 45 s, a host after two looks; a minute of an alert's `for` is five seconds here.
 */
const faults: readonly Fault[] = [
  { kind: 'link-cut', what: 'ampere>faraday', from: 3, until: 64 },
  { kind: 'database-without-leader', what: 'db/postgres', from: 3, until: 12 },
  { kind: 'host-lost', what: 'curie', from: 16, until: 32 },
  { kind: 'region-lost', what: 'north-europe', from: 39, until: 55 },
]

interface Told {
  readonly at: number
  readonly receiver: string
  readonly groupLabels: Readonly<Record<string, string>>
  readonly alerts: readonly { readonly status: string; readonly labels: Readonly<Record<string, string>> }[]
}

const nameOf = ({ alertname = '', mesh: _, severity: __, ...labels }: Told['alerts'][number]['labels']): string =>
  [alertname, ...Object.entries(labels).map(([name, value]) => `${name}=${value}`)].join(' ')

withPrograms('prometheus', 'prometheus-alertmanager')('a Prometheus and an Alertmanager', () => {
  test('tell of what has happened, and of nothing that follows from it', () => {
    const directory = temporary()
    const driver = join(directory, 'driver.mjs')
    buildSync({
      entryPoints: [join(import.meta.dirname, 'prometheus/live-driver.ts')],
      ...{ outfile: driver, bundle: true, platform: 'node', format: 'esm', target: 'node20', logLevel: 'silent' },
      // What is bundled may ask for modules of Node in the old way.
      banner: {
        js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url)",
      },
    })
    const mesh = join(import.meta.dirname, '../..')
    const ran = alone(
      [],
      `ip addr add 10.64.0.0/10 dev lo; exec timeout 160 ${process.execPath} ${driver} ${directory} ${mesh} '${JSON.stringify(faults)}'`,
      170,
    )
    const all = <T>(word: string): readonly T[] =>
      ran.output
        .split('\n')
        .filter(line => line.startsWith(`${word} `))
        .map(line => JSON.parse(line.slice(word.length + 1)) as T)
    const said = <T>(word: string): T => all<T>(word)[0] ?? expect.fail(ran.output)

    expect(said('RELAYED')).toEqual({ meshwright: 1, relayed: 1 })
    expect(said<[string, number][]>('RECORDS').map(([name]) => name)).toEqual(records.map(({ record }) => record))
    expect(said<[string, number][]>('RECORDS').every(([, samples]) => samples > 0)).toBe(true)
    const told = all<Told>('TOLD').filter(({ at }) => at < said<number>('QUIET'))
    const alerts = (status: string) =>
      told.flatMap(one => one.alerts.filter(alert => alert.status === status).map(({ labels }) => nameOf(labels)))
    const expected = [
      'HostDown host=curie region=north-europe',
      'NoLeader role=postgres service=db',
      'RegionLost region=north-europe',
      'TunnelDown host=ampere peer=faraday peer_region=west-europe region=west-europe',
    ]
    expect(alerts('firing').toSorted()).toEqual(expected)
    expect(alerts('resolved').toSorted()).toEqual(expected)
    // One message each, and one that it is over.
    expect(told).toHaveLength(2 * expected.length)
    for (const { receiver, alerts: some } of told)
      expect(some.map(({ labels }) => labels['severity'])).toEqual([receiver])
    expect(said('REPLAYED')).toBe(6)
    expect(said('OLD')).toBe(true)
    const pools = { meshwright: 1, exporters: 41, 'garage/files': 3 }
    for (const file of ['prometheus.yml', 'prometheus-file-sd.yml']) expect(said(file)).toEqual(pools)
  })
})
