/** What Graphviz reads: its own programs are asked. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { dotText } from '../../src/export/dot.ts'
import type { Graph } from '../../src/export/graph.ts'
import { layoutOf } from '../../src/export/layout.ts'
import { expectText } from '../golden-text.ts'
import { withPrograms } from '../services/setting.ts'
import { shippedGraph, sketchOf } from './graphs.ts'

function run(argv: readonly string[], input: string): string {
  const [command = '', ...rest] = argv
  const ran = spawnSync(command, rest, { input, encoding: 'utf8', timeout: 60_000, maxBuffer: 1 << 26 })
  expect(ran.stderr).toBe('')
  expect(ran.status).toBe(0)
  return ran.stdout
}

interface Drawn {
  readonly objects: readonly { readonly name: string; readonly pos?: string; readonly nodes?: readonly number[] }[]
  readonly edges: readonly { readonly label: string }[]
}

test('the shipped mesh', async () => {
  expectText(join(import.meta.dirname, 'golden/mesh.dot'), dotText(await shippedGraph()))
})

const evil = `<b>"\\"&'\u001b\u202e-- {}\\`
const hostile = (): Graph => sketchOf([2, 2], { names: { title: evil, jail: evil, host: evil, region: evil } })

test('no control character gets through', () => {
  expect(dotText(hostile())).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
})

withPrograms('dot', 'neato')('Graphviz', () => {
  test('dot draws the shipped mesh', async () => {
    const graph = await shippedGraph()
    const svg = run(['dot', '-Tsvg'], dotText(graph))
    expect(svg.match(/class="edge"/g)).toHaveLength(graph.tunnels.length)
    expect(svg.match(/class="node"/g)).toHaveLength(graph.hosts.length)
    expect(svg.match(/class="cluster"/g)).toHaveLength(graph.regions.length)
  })

  test('neato keeps our places', async () => {
    const graph = await shippedGraph()
    const { hosts } = layoutOf(graph)
    const drawn = JSON.parse(run(['neato', '-n2', '-Tjson'], dotText(graph))) as Drawn
    const places = new Map(drawn.objects.map(({ name, pos }) => [name, (pos ?? '0,0').split(',').map(Number)]))
    const distances = [...hosts].flatMap(([a, p]) =>
      [...hosts].map(([b, q]) => {
        const [one = [], other = []] = [places.get(a), places.get(b)]
        const drawnApart = Math.hypot((one[0] ?? 0) - (other[0] ?? 0), (one[1] ?? 0) - (other[1] ?? 0))
        return Math.abs(drawnApart - Math.hypot(p.x - q.x, p.y - q.y))
      }),
    )
    expect(Math.max(...distances)).toBeLessThan(1)
  })

  test('dot draws sixty hosts in a moment, all their tunnels among them', () => {
    const graph = sketchOf([15, 15, 10, 10, 5, 5], { jails: 16 })
    const began = Date.now()
    const drawn = JSON.parse(run(['dot', '-Tjson'], dotText(graph))) as Drawn
    expect(Date.now() - began).toBeLessThan(20_000)
    expect(drawn.edges).toHaveLength(graph.tunnels.length)
    const places = drawn.objects.flatMap(({ pos, name }) =>
      pos === undefined || !graph.hosts.some(host => host.name === name) ? [] : [pos.split(',').map(Number)],
    )
    expect(places).toHaveLength(60)
    for (const [i, [x = 0, y = 0]] of places.entries())
      for (const [u = 0, v = 0] of places.slice(i + 1))
        expect(Math.abs(x - u) >= 240 || Math.abs(y - v) >= 200, `${x},${y} and ${u},${v}`).toBe(true)
  })

  test('hostile names are names', () => {
    const graph = hostile()
    const drawn = JSON.parse(run(['dot', '-Tjson'], dotText(graph))) as Drawn
    expect(drawn.edges).toHaveLength(graph.tunnels.length)
    expect(drawn.objects.filter(({ nodes }) => nodes === undefined)).toHaveLength(graph.hosts.length)
  })
})
