/** The map: what it says, what it must never let through, and what a loss does to it. */
import { join } from 'node:path'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Graph } from '../../src/export/graph.ts'
import { layoutOf, onCurve, type Point } from '../../src/export/layout.ts'
import { type Box, cardBox, detailOf, jailsByHost } from '../../src/export/svg/card.ts'
import { effectsOf, lossOf, type State } from '../../src/export/svg/effects.ts'
import { groundsOf } from '../../src/export/svg/ground.ts'
import { bendsOf } from '../../src/export/svg/routes.ts'
import { mostTunnels } from '../../src/export/svg/picture.ts'
import { svgMap } from '../../src/export/svg/svg.ts'
import { cut, cutName, plain, widthOf, xml } from '../../src/export/svg/text.ts'
import { readable, themeCss, themes, visible } from '../../src/export/svg/theme.ts'
import { expectText } from '../golden-text.ts'
import { shippedGraph, sketchOf } from './graphs.ts'
import { elementsOf } from './xml.ts'

let shipped: Graph
beforeAll(async () => {
  shipped = await shippedGraph()
})

test('the map of the shipped mesh, which is the one of the README', () => {
  expectText(join(import.meta.dirname, '../../docs/map.svg'), svgMap(shipped))
})

test('the shipped mesh without two of its hosts', () => {
  const lost = lossOf(['bohr', 'newton'], [['ampere', 'faraday']])
  expectText(
    join(import.meta.dirname, 'golden/map-loss.svg'),
    svgMap(shipped, { lost, theme: 'dark', interactive: true }),
  )
})

test('every host, jail and tunnel is there under its name, and the keyboard only where it is of use', () => {
  const elements = elementsOf(svgMap(shipped))
  const all = (name: string) => elements.flatMap(({ attributes }) => attributes.get(name) ?? []).toSorted()
  const hosts = elements.filter(({ attributes }) => attributes.has('data-host'))
  expect(hosts.map(({ attributes }) => attributes.get('id'))).toEqual(shipped.hosts.map(({ name }) => `host-${name}`))
  expect(all('data-jail')).toEqual(shipped.jails.map(({ id }) => id).toSorted())
  expect(elements.filter(({ attributes }) => attributes.get('class') === 'tunnel')).toHaveLength(shipped.tunnels.length)
  expect(all('tabindex')).toEqual([])
  expect(
    elementsOf(svgMap(shipped, { interactive: true })).filter(({ attributes }) => attributes.has('tabindex')),
  ).toHaveLength(6)
})

test('the same mesh gives the same bytes', () => expect(svgMap(shipped)).toBe(svgMap(structuredClone(shipped))))

test('many tunnels are bundled by region, few are not', () => {
  const [few, many] = [
    [20, 20],
    [30, 30],
  ].map(sizes => svgMap(sketchOf(sizes)))
  expect(few?.match(/class="tunnel"/g)).toHaveLength(mostTunnels)
  expect(many).not.toContain('class="tunnel"')
  expect([...(many ?? '').matchAll(/class="bundle" data-regions="([^"]+)"/g)].map(([, pair]) => pair)).toEqual([
    'region-0 region-0',
    'region-0 region-1',
    'region-1 region-1',
  ])
})

test('gateways of a large regional mesh keep their tunnels', () => {
  const map = svgMap(sketchOf([40, 40], { topology: 'regional' }))
  expect(map.match(/class="tunnel"/g)).toHaveLength(1)
  expect(map.match(/class="bundle"/g)).toHaveLength(2)
})

describe('regions and tunnels', () => {
  const drawn = (graph: Graph) => {
    const [layout, jails, detail] = [layoutOf(graph), jailsByHost(graph), detailOf(graph)]
    const boxes = new Map(
      [...layout.hosts].map(([name, at]) => [name, cardBox(at, jails.get(name)?.length ?? 0, detail)]),
    )
    return { layout, boxes, grounds: groundsOf(graph, layout, boxes) }
  }
  /** Between the nearest points of two convex shapes, at the least: along the normals of their sides. */
  const apart = (a: readonly Point[], b: readonly Point[]) =>
    Math.max(
      ...[...sidesOf(a), ...sidesOf(b)].map(([from, to]) => {
        const long = Math.hypot(to.x - from.x, to.y - from.y)
        const along = ({ x, y }: Point) => (x * (to.y - from.y) - y * (to.x - from.x)) / long
        const [one, other] = [a.map(along), b.map(along)]
        return Math.max(Math.min(...one) - Math.max(...other), Math.min(...other) - Math.max(...one))
      }),
    )
  const sidesOf = (shape: readonly Point[]) =>
    shape.map((from, i) => [from, shape[(i + 1) % shape.length] ?? from] as const)
  const cornersOf = ({ x, y, width, height }: Box): readonly Point[] => [
    ...[
      { x, y },
      { x: x + width, y },
      { x: x + width, y: y + height },
      { x, y: y + height },
    ],
  ]

  for (const [what, graph] of [
    ['one host', sketchOf([1])],
    ['two', sketchOf([1, 1])],
    ['some', sketchOf([3, 2, 1], { jails: 18 })],
    ['24', sketchOf([6, 6, 6, 6])],
    ['60', sketchOf([15, 15, 10, 10, 5, 5])],
    ['200', sketchOf([50, 50, 40, 30, 20, 10])],
    ['60 in 30 regions', sketchOf(Array.from({ length: 30 }, () => 2))],
    ['long titles', sketchOf([4, 1, 1, 2, 1], { names: { title: 'A region whose title is long, and then goes on' } })],
  ] as const)
    test(`${what}: a ground holds its hosts and its title, which is on none of them, and touches no other`, () => {
      const { boxes, grounds } = drawn(graph)
      for (const { name, hosts } of graph.regions) {
        const { corners, title } = grounds.get(name) ?? { corners: [], title: null }
        if (title === null) throw new Error(`${name} has no ground`)
        for (const box of [title.box, ...hosts.flatMap(host => boxes.get(host) ?? [])])
          for (const { x, y } of cornersOf(box))
            for (const [from, to] of sidesOf(corners))
              expect((to.x - from.x) * (y - from.y) - (to.y - from.y) * (x - from.x)).toBeGreaterThan(-1)
        for (const [host, box] of boxes)
          expect(apart(cornersOf(box), cornersOf(title.box)), `${host} and the title of ${name}`).toBeGreaterThan(0)
        expect(widthOf(title.text, title.size, 'bold')).toBeLessThanOrEqual(title.box.width + 1)
      }
      const shapes = [...grounds.values()].map(({ corners }) => corners)
      for (const [i, a] of shapes.entries())
        for (const b of shapes.slice(i + 1)) expect(apart(a, b)).toBeGreaterThanOrEqual(28)
    })

  test('a title has smaller letters before it stands far from its hosts', () => {
    const { boxes, grounds } = drawn(sketchOf(Array.from({ length: 30 }, () => 2)))
    const [, , far] = [...grounds.values()]
    const above = Math.min(...['h2-0', 'h2-1'].map(name => boxes.get(name)?.y ?? 0))
    expect(far?.title.text).toBe('United States')
    expect(above - (far?.title.box.y ?? -Infinity)).toBeLessThan(100)
  })

  test('hosts fill a good part of a small map', () => {
    const [, , width = 0, height = 0] = (/viewBox="([^"]+)"/.exec(svgMap(shipped))?.[1] ?? '').split(' ').map(Number)
    expect(width * height).toBeLessThan(1_500_000)
  })

  for (const [what, graph] of [
    ['the shipped mesh', null],
    ['four regions', sketchOf([3, 3, 3, 2])],
    ['hosts in a row', sketchOf([6], { jails: 18 })],
  ] as const)
    test(`${what}: hardly any tunnel is behind a host that is none of its ends`, () => {
      const { layout, boxes } = drawn(graph ?? shipped)
      const bends = bendsOf(graph ?? shipped, layout, boxes)
      const behind = (graph ?? shipped).tunnels.filter(({ a, b }) => {
        const [from, to] = [layout.hosts.get(a), layout.hosts.get(b)]
        if (from === undefined || to === undefined) throw new Error('a host without a place')
        return Array.from({ length: 99 }, (_, n) => onCurve(from, to, (n + 1) / 100, bends.get(`${a} ${b}`))).some(
          ({ x, y }) =>
            [...boxes].some(
              ([name, box]) =>
                name !== a && name !== b && x > box.x && x < box.x + box.width && y > box.y && y < box.y + box.height,
            ),
        )
      })
      expect(behind.map(({ a, b }) => `${a} ${b}`).length).toBeLessThanOrEqual(
        graph === null ? 0 : graph.tunnels.length / 10,
      )
    })
})

describe('text', () => {
  const long = 'w'.repeat(63)

  for (const sizes of [[3], [30], [90]])
    test(`names of 63 letters stay within ${sizes[0] ?? 0} cards, and can be read whole`, () => {
      const graph = sketchOf(sizes, { jails: 40, names: { host: long, jail: long } })
      const elements = elementsOf(svgMap(graph))
      const layout = layoutOf(graph)
      const texts = elements.filter(({ name }) => name === 'text')
      for (const host of graph.hosts) {
        const middle = layout.hosts.get(host.name) ?? { x: 0, y: 0 }
        const inside = texts.filter(({ parents }) =>
          parents.some(({ attributes }) => attributes.get('data-host') === host.name),
        )
        expect(inside.length).toBeGreaterThan(1)
        for (const { attributes, text } of inside) {
          const width = widthOf(
            text,
            Number(attributes.get('font-size')),
            attributes.get('class') === 'name' ? 'bold' : 'normal',
          )
          const x = Number(attributes.get('x'))
          const anchor = attributes.get('text-anchor') ?? 'start'
          const left = anchor === 'middle' ? x - width / 2 : anchor === 'end' ? x - width : x
          expect(left, text).toBeGreaterThanOrEqual(middle.x - 125)
          expect(left + width, text).toBeLessThanOrEqual(middle.x + 125)
        }
      }
      const titles = elements.filter(({ name }) => name === 'title').map(({ text }) => text)
      for (const host of graph.hosts) expect(titles.some(text => text.startsWith(`${host.name},`))).toBe(true)
    })

  test('what others wrote is text and nothing else', () => {
    const evil = `<script>"&'\u001b[31m\u202e]]>\ud800\uffff`
    const graph = sketchOf([2, 2], { names: { title: evil, jail: evil, host: evil } })
    const map = svgMap({ ...graph, mesh: evil }, { lost: lossOf([graph.hosts[0]?.name ?? '']) })
    expect(map).not.toMatch(/<script|[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e\ud800\uffff]|\]\]>/)
    expect(elementsOf(map).length).toBeGreaterThan(20)
  })

  for (const [text, expected] of [
    ['a & b', 'a &amp; b'],
    [`<"'>`, '&lt;&quot;&#39;&gt;'],
    ['tab\tand\nline', 'tab and\ufffdline'],
    ['\u202eturned', '\ufffdturned'],
    ['half \ud83d', 'half \ufffd'],
    ['Zürich 東京', 'Zürich 東京'],
  ] as const)
    test(`xml ${JSON.stringify(text)}`, () => expect(xml(text)).toBe(expected))

  for (const [name, expected] of [
    ['db-postgres', 'db-postgres'],
    ['department-of-long-names-patroni-etcd', 'departme…ni-etcd'],
    ['department-of-long-names-patroni-proxy', 'departme…i-proxy'],
    ['', ''],
  ] as const)
    test(`a name of ${name.length} letters keeps both its ends`, () => {
      const shown = cutName(name, 100, 10)
      expect(shown).toBe(expected)
      expect(widthOf(shown, 10)).toBeLessThanOrEqual(100)
    })

  test('a name has no room at all', () => expect(cutName('tesla', 0, 10)).toBe('…'))

  test('what fits is not cut, what does not ends with an ellipsis and fits then', () => {
    expect(cut('tesla', 100, 10)).toBe('tesla')
    expect(cut('watch-alertmanager', 107, 10)).toBe('watch-alertmanager')
    expect(cut(long, 100, 10)).toMatch(/^w+…$/)
    expect(widthOf(cut(long, 100, 10), 10)).toBeLessThanOrEqual(100)
    expect(plain('  a  ')).toBe('a')
  })
})

describe('colours', () => {
  const luminance = (hex: string) =>
    [1, 3, 5]
      .map(i => parseInt(hex.slice(i, i + 2), 16) / 255)
      .map(v => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
      .reduce((sum, v, i) => sum + v * ([0.2126, 0.7152, 0.0722][i] ?? 0), 0)

  for (const theme of ['light', 'dark'] as const)
    for (const [what, pairs, least] of [
      ['text can be read in', readable, 4.5],
      ['what is pressed can be seen in', visible, 3],
    ] as const)
      test(`${what} ${theme}: a contrast of ${least} (WCAG 2.2, ${least === 3 ? '1.4.11' : '1.4.3'})`, () => {
        const weak = pairs.flatMap(([one, on]) => {
          const [a, b] = [one, on].map(name => luminance(themes[theme][name] ?? '')).toSorted((x, y) => y - x)
          const contrast = ((a ?? 0) + 0.05) / ((b ?? 0) + 0.05)
          return contrast >= least ? [] : [`${one} on ${on}: ${contrast.toFixed(2)}`]
        })
        expect(weak).toEqual([])
      })

  test('every colour that is used is given, and none is written down elsewhere', () => {
    const map = svgMap(shipped, { lost: lossOf(['tesla']) })
    const names = [...map.matchAll(/var\(--([a-z0-9-]+)\)/g)].map(([, name]) => name ?? '')
    expect(names.filter(name => themes.light[name] === undefined || themes.dark[name] === undefined)).toEqual([])
    expect(map.replace(/<style>[^]*?<\/style>/, '')).not.toMatch(/#[0-9a-f]{6}\b/)
    expect(themeCss(':root')).toContain(':root[data-theme=dark]{')
  })
})

describe('a loss', () => {
  const states = (lost: readonly string[], links: readonly (readonly [string, string])[] = []) =>
    effectsOf(shipped, lossOf(lost, links))

  test('one of three: what is there works on, with less', () => {
    const { hosts, jails, roles, tunnel, flows } = states(['bohr'])
    expect(hosts.get('bohr')).toBe('lost')
    expect(hosts.get('tesla')).toBe('ok')
    expect(jails.get('db-postgres@bohr')).toBe('lost')
    expect(jails.get('db-postgres@tesla')).toBe('degraded')
    expect(jails.get('resolver-resolver@tesla')).toBe('ok')
    expect(jails.get('notes@ampere')).toBe('ok')
    expect(roles.get('db/postgres')).toMatchObject({ state: 'degraded', says: 'works: 2 of 3 left' })
    expect(tunnel({ a: 'bohr', b: 'tesla' })).toBe('lost')
    expect(tunnel({ a: 'newton', b: 'tesla' })).toBe('ok')
    expect(flows.get('outside>front-edge 80/tcp,443/tcp')).toBe('ok')
  })

  test('two of three: no quorum, and what needs it does no work', () => {
    const { jails, roles, flows } = states(['bohr', 'newton'])
    expect(roles.get('db/etcd')).toMatchObject({ state: 'broken', says: 'no quorum: 1 of 3 left' })
    expect(roles.get('cloud/app')?.state).toBe('broken')
    expect(roles.get('cache/server')).toMatchObject({ state: 'degraded', says: 'read only: 1 of 3 left' })
    expect(jails.get('cloud-app@tesla')).toBe('broken')
    expect(flows.get('cache-server>cache-server 6379/tcp')).toBe('degraded')
  })

  test('the only one: its flows are lost with it', () => {
    const { flows, roles } = states(['faraday'])
    expect(roles.get('front/edge')?.says).toBe('lost: none of 1 left')
    expect(flows.get('outside>front-edge 80/tcp,443/tcp')).toBe('lost')
  })

  test('links: cut tunnels weaken their ends, and a host without any is cut off', () => {
    const { hosts, tunnel, cut } = states([], [['tesla', 'bohr']])
    expect(tunnel({ a: 'bohr', b: 'tesla' })).toBe('broken')
    expect(cut.map(({ a, b }) => `${a} ${b}`)).toEqual(['bohr tesla'])
    expect([hosts.get('bohr'), hosts.get('tesla'), hosts.get('curie')]).toEqual(['degraded', 'degraded', 'ok'])
    const rest = shipped.hosts.map(({ name }) => name).filter(name => name !== 'ampere')
    expect(
      states(
        [],
        rest.map(name => ['ampere', name]),
      ).hosts.get('ampere'),
    ).toBe('broken')
  })

  test('nothing is lost by no loss', () => {
    const { hosts, jails, tunnel, roles, flows } = states([])
    const all = [hosts, jails, flows].flatMap(map => [...map.values()])
    expect(new Set([...all, ...shipped.tunnels.map(tunnel), ...[...roles.values()].map(({ state }) => state)])).toEqual(
      new Set(['ok']),
    )
  })

  test('tunnels and hosts are as they are when every tunnel is judged alone', () => {
    const graph = sketchOf([2, 2, 1])
    const names = graph.hosts.map(({ name }) => name)
    const one = fc.constantFrom(...names)
    fc.assert(
      fc.property(fc.subarray(names), fc.array(fc.tuple(one, one), { maxLength: 8 }), (lost, links) => {
        const { hosts, tunnel, cut } = effectsOf(graph, lossOf(lost, links))
        const judged = graph.tunnels.map(({ a, b }): State =>
          lost.includes(a) || lost.includes(b)
            ? 'lost'
            : links.some(ends => ends.includes(a) && ends.includes(b))
              ? 'broken'
              : 'ok',
        )
        expect(graph.tunnels.map(tunnel)).toEqual(judged)
        expect(cut).toEqual(graph.tunnels.filter((_, i) => judged[i] === 'broken'))
        for (const name of names) {
          const mine = judged.filter((_, i) => [graph.tunnels[i]?.a, graph.tunnels[i]?.b].includes(name))
          const expected = lost.includes(name)
            ? 'lost'
            : !mine.includes('broken')
              ? 'ok'
              : mine.includes('ok')
                ? 'degraded'
                : 'broken'
          expect(hosts.get(name), name).toBe(expected)
        }
      }),
    )
  })

  test('in a regional mesh a lost gateway parts its region from the others', () => {
    const graph = sketchOf([3, 3, 3], { topology: 'regional', jails: 2 })
    const flow = {
      ...{ name: 'across', ports: [], why: '' },
      from: { word: 'a', external: false, hosts: ['h0-1'], jails: [] },
      to: { word: 'b', external: false, hosts: ['h1-1'], jails: [] },
    }
    const within = { ...flow, name: 'within', to: { ...flow.to, hosts: ['h0-2'] } }
    const { flows } = effectsOf({ ...graph, flows: [flow, within] }, lossOf(['h0-0']))
    expect([flows.get('across'), flows.get('within')]).toEqual(['broken', 'ok'])
  })

  test('the map says it in words and patterns, not by colour alone', () => {
    const map = svgMap(shipped, { lost: lossOf(['bohr']) })
    expect(map).toContain('class="host lost"')
    expect(map).toContain('>lost</text>')
    expect(map).toContain('If this were lost: bohr')
    expect(map).toContain('db/postgres: works: 2 of 3 left')
    for (const state of ['lost', 'broken', 'degraded'])
      expect(map).toMatch(new RegExp(`\\.jail\\.${state} rect\\{[^}]*stroke-dasharray`))
  })
})

test('a thousand hosts are drawn in a second, or nearly so where others work too', () => {
  const graph = sketchOf([200, 200, 200, 200, 200], { jails: 3 })
  svgMap(sketchOf([90]))
  const began = process.cpuUsage()
  svgMap(graph)
  expect(process.cpuUsage(began).user / 1e6).toBeLessThan(2)
})
