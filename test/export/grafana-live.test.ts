/** Every query of every dashboard, asked of a real Prometheus that scrapes a real `serve`; and the panels made from that. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildSync } from 'esbuild'
import { expect, test } from 'vitest'
import type { Dashboard } from '../../src/export/grafana/dashboard.ts'
import type { Panel } from '../../src/export/grafana/panels/panel.ts'
import { temporary } from '../command.ts'
import { alone, withPrograms } from '../services/setting.ts'
import type { Asked, AskedMesh } from './grafana-asked.ts'
import {
  type Frame,
  graphFrames,
  graphProblems,
  mapProblems,
  matrixProblems,
  tableFrames,
  transformed,
  valuesOf,
} from './grafana-panels.ts'

function asked(): readonly AskedMesh[] {
  const directory = temporary()
  const driver = join(directory, 'driver.mjs')
  buildSync({
    entryPoints: [join(import.meta.dirname, 'grafana-driver.ts')],
    ...{ outfile: driver, bundle: true, platform: 'node', format: 'esm', target: 'node20', logLevel: 'silent' },
    // What is bundled may ask for modules of Node in the old way.
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url)",
    },
  })
  const shipped = join(import.meta.dirname, '../..')
  const ran = alone([], `exec timeout 280 ${process.execPath} ${driver} ${directory} ${shipped}`, 300)
  if (ran.status !== 0) throw new Error(ran.output)
  return JSON.parse(readFileSync(join(directory, 'answers.json'), 'utf8')) as readonly AskedMesh[]
}

/** A line a query: how many series it gave, and what was asked. */
const listed = (all: readonly Asked[]): string =>
  all
    .map(({ dashboard, panel, refId, host, series, error, expr }) =>
      [`${dashboard}/${panel} ${refId} ${host}`.padEnd(32), String(series).padStart(5), error ?? expr].join('  '),
    )
    .join('\n')

function keep(name: string, text: string): void {
  const directory = process.env['MESHWRIGHT_ARTIFACTS']
  if (directory === undefined || directory === '') return
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, name), text)
}

const panelOf = ({ files }: AskedMesh, dashboard: string, id: number): Panel | undefined => {
  const file = files.find(({ path }) => path === `dashboards/${dashboard}.json`)
  return (JSON.parse(file?.text ?? '{"panels":[]}') as Dashboard).panels.find(panel => panel.id === id)
}

async function made(mesh: AskedMesh, dashboard: string, id: number): Promise<readonly [Panel, Frame[]]> {
  const panel = panelOf(mesh, dashboard, id) ?? expect.fail(`${dashboard} has no panel ${id}`)
  const answers = mesh.asked.filter(one => one.dashboard === dashboard && one.panel === id)
  const tables = Object.fromEntries(answers.map(({ refId, elements }) => [refId, elements ?? []]))
  return [panel, await transformed(panel, tableFrames(tables))]
}

withPrograms('prometheus')('a real Prometheus', () => {
  test('answers every query of every dashboard, and the panels can be drawn', { timeout: 320_000 }, async () => {
    const meshes = asked()
    expect(meshes.map(({ name, hosts }) => [name, hosts.length])).toEqual([
      ['shipped', 6],
      ['one', 1],
      ['sixty', 60],
    ])
    for (const mesh of meshes) {
      keep(`grafana-queries-${mesh.name}.txt`, `${listed(mesh.asked)}\n`)
      // Nothing is known of a host that does not answer.
      const lost = mesh.name === 'sixty' ? ['h0-1'] : []
      const empty = mesh.asked.filter(one => one.error !== null || (one.series === 0 && !lost.includes(one.host)))
      expect(listed(empty), mesh.name).toBe('')
      expect(mesh.asked.length).toBeGreaterThan(60)

      const [, drawn] = await made(mesh, 'mesh', 10)
      expect([...graphProblems(drawn)], mesh.name).toEqual([])
      const { nodes, edges } = graphFrames(drawn)
      expect(valuesOf(nodes, 'id').toSorted()).toEqual(mesh.hosts.toSorted())
      expect(edges?.length ?? 0).toBe((mesh.hosts.length * (mesh.hosts.length - 1)) / 2)
      expect([...mapProblems(...(await made(mesh, 'mesh', 11)))], mesh.name).toEqual([])
      if (mesh.hosts.length > 1) {
        const [, matrix] = await made(mesh, 'mesh', 12)
        expect([...matrixProblems(matrix, mesh.hosts.toSorted())], mesh.name).toEqual([])
      }
      const [, hosts] = await made(mesh, 'placement', 21)
      expect([hosts.length, hosts[0]?.length]).toEqual([1, mesh.hosts.length])
    }
    const sixty = meshes[2] ?? expect.fail()
    const [, drawn] = await made(sixty, 'mesh', 10)
    const { nodes, edges } = graphFrames(drawn)
    const at = (frame: Frame | undefined, id: string, field: string) =>
      valuesOf(frame, field)[valuesOf(frame, 'id').indexOf(id)]
    expect(at(nodes, 'h0-1', 'mainstat')).not.toBe('up')
    expect(at(nodes, 'h0-1', 'color')).not.toBe('green')
    expect(at(edges, 'h0-2--h1-2', 'color')).not.toBe('green')
    expect([at(nodes, 'h3-3', 'mainstat'), at(nodes, 'h3-3', 'color')]).toEqual(['up', 'green'])
    expect(at(edges, 'h3-3--h4-4', 'color')).toBe('green')
  })
})
