/** What Mermaid reads, checked line by line: only the few forms that we write, ids that are known, and its limits. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { mermaidText, mostCharacters, mostEdges } from '../../src/export/mermaid.ts'
import { expectText } from '../golden-text.ts'
import { shippedGraph, sketchOf } from './graphs.ts'

interface Chart {
  readonly nodes: ReadonlyMap<string, string>
  readonly groups: ReadonlyMap<string, string>
  readonly edges: readonly { readonly from: string; readonly to: string; readonly label: string }[]
  readonly comments: readonly string[]
}

const id = '[hr]_[a-z0-9_]+'
const text = '"((?:[^"`#&<>{}\\[\\]|\\\\;]|#[0-9]+;|<br/>)*)"'

function chartOf(source: string): Chart {
  const [first, ...lines] = source.split('\n')
  expect(first).toBe('flowchart TB')
  expect(lines.pop()).toBe('')
  const [nodes, groups] = [new Map<string, string>(), new Map<string, string>()]
  const [edges, comments, classes, used]: [Chart['edges'][number][], string[], string[], string[]] = [[], [], [], []]
  let open = false
  for (const line of lines) {
    const is = (pattern: string) => new RegExp(`^ +${pattern}$`, 'u').exec(line)
    const [comment, group, node, edge, style] = [
      is('%% ([^{}]*)'),
      is(`subgraph (${id})\\[${text}\\]`),
      is(`(${id})\\[${text}\\]:::([a-z]+)`),
      is(`(${id}) (?:---|-\\.-)\\|${text}\\| (${id})`),
      is('classDef ([a-z]+) [a-z0-9#:, -]+'),
    ]
    if (comment) comments.push(comment[1] ?? '')
    else if (group) {
      expect(open, line).toBe(false)
      open = true
      groups.set(group[1] ?? '', group[2] ?? '')
    } else if (line.trim() === 'end') {
      expect(open, line).toBe(true)
      open = false
    } else if (node) {
      expect(nodes.has(node[1] ?? ''), line).toBe(false)
      nodes.set(node[1] ?? '', node[2] ?? '')
      used.push(node[3] ?? '')
    } else if (edge) edges.push({ from: edge[1] ?? '', label: edge[2] ?? '', to: edge[3] ?? '' })
    else if (style) classes.push(style[1] ?? '')
    else throw new Error(`no line of a flowchart: ${line}`)
  }
  expect(open).toBe(false)
  for (const { from, to } of edges)
    for (const end of [from, to]) expect(nodes.has(end) || groups.has(end), end).toBe(true)
  for (const name of used) expect(classes).toContain(name)
  return { nodes, groups, edges, comments }
}

test('the shipped mesh', async () => {
  const graph = await shippedGraph()
  const source = mermaidText(graph)
  expectText(join(import.meta.dirname, 'golden/mesh.mmd'), source)
  const chart = chartOf(source)
  expect([chart.nodes.size, chart.groups.size, chart.edges.length]).toEqual([6, 3, 15])
  expect(chart.comments).toEqual([])
  for (const jail of graph.jails) expect(chart.nodes.get(`h_${jail.host}`)).toContain(jail.name)
})

for (const { sizes, topology, says, nodes, edges } of [
  { sizes: [16, 16], topology: 'full', says: [], nodes: 32, edges: 496 },
  { sizes: [16, 17], topology: 'full', says: ['tunnels by region'], nodes: 33, edges: 1 },
  { sizes: [70, 70, 60], topology: 'full', says: ['tunnels by region'], nodes: 200, edges: 3 },
  {
    sizes: Array.from({ length: 10 }, () => 60),
    topology: 'full',
    says: ['without jails, tunnels by region'],
    nodes: 600,
    edges: 45,
  },
  {
    sizes: Array.from({ length: 40 }, () => 2),
    topology: 'full',
    says: ['regions only', '280 pairs'],
    nodes: 40,
    edges: 500,
  },
  { sizes: [10, 10, 10], topology: 'regional', says: [], nodes: 30, edges: 138 },
] as const)
  test(`${sizes.length} regions of ${sizes[0]} hosts (${topology}) stay within the limits of Mermaid`, () => {
    const source = mermaidText(sketchOf(sizes, { topology }))
    const chart = chartOf(source)
    expect(source.length).toBeLessThanOrEqual(mostCharacters)
    expect(chart.edges.length).toBeLessThanOrEqual(mostEdges)
    expect([chart.nodes.size, chart.edges.length]).toEqual([nodes, edges])
    for (const words of says) expect(chart.comments.join()).toContain(words)
    expect(chart.comments).toHaveLength(says.length === 0 ? 0 : 1)
  })

for (const word of ['end', 'graph', 'class', 'subgraph', 'o', 'x', 'default'])
  test(`a host may be called ${word}`, () => {
    const graph = sketchOf([1, 1])
    const renamed = JSON.parse(JSON.stringify(graph).replaceAll('h0-0', word)) as typeof graph
    expect(chartOf(mermaidText(renamed)).nodes.has(`h_${word}`)).toBe(true)
  })

test('hostile texts are texts', () => {
  const evil = '"]; click x "javascript:alert(1)"\n%%{init: {}}%% `<b>#quot;\u001b\u202e'
  const source = mermaidText(sketchOf([2, 2], { names: { title: evil, jail: evil, host: evil, region: evil } }))
  expect(source).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]|%%\{|<b>/)
  expect(chartOf(source).nodes.size).toBe(4)
})

for (const [title, expected] of [
  ['1. Europe', '1#46; Europe'],
  ['- Europe', '#45; Europe'],
  ['---', '#45;--'],
  ['end', 'end'],
  ['10.64.0.1', '10.64.0.1'],
  ['* a `b` "c" <d> #35;', '#42; a #96;b#96; #34;c#34; #60;d#62; #35;35#59;'],
] as const)
  test(`a title ${title} is a title and no list, mark or end`, () => {
    const { groups } = chartOf(mermaidText(sketchOf([1], { names: { title, region: 'end', host: 'graph' } })))
    expect([...groups]).toEqual([['r_end0', expected]])
  })
