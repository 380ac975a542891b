/** The whole way: a demo, serve, a real Prometheus that scrapes it, and status that asks that one. */
import { join } from 'node:path'
import { buildSync } from 'esbuild'
import { expect, test } from 'vitest'
import type { NodeGraph } from '../../src/export/grafana/node-graph.ts'
import { temporary } from '../command.ts'
import { alone, withPrograms } from '../services/setting.ts'

interface Said {
  readonly told: {
    readonly hosts: readonly { readonly name: string; readonly state: string }[]
    readonly tunnels: readonly { readonly state: string }[]
    readonly services: readonly { readonly name: string; readonly word: string }[]
  }
  readonly graph: NodeGraph
}

withPrograms('prometheus')('status that asks a Prometheus that scrapes serve', () => {
  test('sees what serve sees', { timeout: 90_000 }, () => {
    const directory = temporary()
    const driver = join(directory, 'driver.mjs')
    buildSync({
      entryPoints: [join(import.meta.dirname, 'prometheus-driver.ts')],
      ...{ outfile: driver, bundle: true, platform: 'node', format: 'esm', target: 'node20', logLevel: 'silent' },
      // Nobody looks at a screen; compiled parts of ssh2 it does without.
      external: ['../../ui/*', 'cpu-features', '*.node'],
      // What is bundled may ask for modules of Node in the old way.
      banner: {
        js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url), __filename = import.meta.filename, __dirname = import.meta.dirname",
      },
    })
    const shipped = join(import.meta.dirname, '../..')
    const ran = alone([], `exec timeout 70 ${process.execPath} ${driver} ${directory} ${shipped}`, 80)
    const line = ran.output.split('\n').find(one => one.startsWith('told '))
    if (line === undefined) throw new Error(ran.output)
    const { told, graph } = JSON.parse(line.slice('told '.length)) as Said
    expect(graph.nodes).toHaveLength(6)
    expect(Object.fromEntries(told.hosts.map(({ name, state }) => [name, state]))).toEqual(
      Object.fromEntries(graph.nodes.map(({ id }) => [id, 'up'])),
    )
    expect(told.tunnels.map(({ state }) => state)).toEqual(Array.from({ length: 30 }, () => 'up'))
    expect(told.services.filter(({ word }) => word === 'unknown')).toEqual([])
  })
})
