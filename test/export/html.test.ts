/** What stands in the page, without a browser: what a browser makes of it is in html-page.test.ts. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { curve } from '../../src/export/html/curve.ts'
import { packed, unpacked } from '../../src/export/html/data.ts'
import { entriesOf, find } from '../../src/export/html/find.ts'
import { htmlMap } from '../../src/export/html/html.ts'
import { jsonMarkup, markup } from '../../src/export/html/markup.ts'
import { Model } from '../../src/export/html/model.ts'
import { hashOf, placeOf, type State, stateOf, untouched, wholeView } from '../../src/export/html/state.ts'
import { expectText } from '../golden-text.ts'
import { hostile, manyGraph, shippedGraph, withHostileTexts } from './html-graphs.ts'

const shipped = await shippedGraph()

/** The page without what has tests of its own: the picture, the script, the data; and without what follows from them. */
const bare = (html: string): string =>
  html
    .replace(/<svg[\s\S]*?<\/svg>/, '<svg>…</svg>')
    .replace(/<style>[\s\S]*?<\/style>/, '<style>…</style>')
    .replace(/(<script type="application\/json" id="graph">).*(<\/script>)/, '$1…$2')
    .replace(/<script>[\s\S]*?<\/script>/, '<script>…</script>')
    .replace(/sha256-[\w+/]+=*/g, 'sha256-…')

describe('the page', () => {
  test('of the shipped mesh, in words', () => {
    expectText(join(import.meta.dirname, 'golden/html/shipped.html'), bare(htmlMap(shipped)))
  })

  test('is the same for the same mesh', () => {
    expect(htmlMap(shipped)).toBe(htmlMap(shipped))
  })

  test('names nothing that a browser would fetch', () => {
    const html = htmlMap(shipped)
    expect(html).not.toMatch(/\s(?:src|srcset|action|ping|poster)=/)
    expect([...html.matchAll(/\shref="([^"#]+)/g)].map(([, to = '']) => to.slice(0, 5))).toEqual(['data:'])
    expect(html).not.toMatch(/@import|url\((?!#)/)
  })

  test('allows exactly the scripts and styles it has', () => {
    const html = htmlMap(shipped)
    const policy = (/http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? '').replaceAll(
      '&#39;',
      "'",
    )
    const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
    const scripts = [...html.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(([, text = '']) => hash(text))
    const styles = [...html.matchAll(/<style>([\s\S]*?)<\/style>/g)].map(([, text = '']) => hash(text))
    expect(scripts).toHaveLength(1)
    expect(policy.split('; ')).toEqual([
      "default-src 'none'",
      `script-src ${scripts.join(' ')}`,
      `style-src ${styles.join(' ')}`,
      'img-src data:',
      "base-uri 'none'",
      "form-action 'none'",
    ])
  })

  test('has no markup that others wrote', () => {
    const html = htmlMap(withHostileTexts(shipped))
    expect(html).not.toContain('<img')
    expect(html).not.toContain('<!--')
    expect(html).not.toMatch(/[\u2028\u202e]/)
    expect(html.match(/<script/g)).toHaveLength(2)
  })

  test.each([
    ['of one host', manyGraph(1)],
    ['whose hosts partly cannot meet', manyGraph(20)],
    ['of regions with gateways', manyGraph(20, 'regional')],
  ])('is made of a mesh %s', (_, graph) => {
    const html = htmlMap(graph)
    for (const host of graph.hosts) expect(html).toContain(`id="words-host-${host.name}"`)
  })
})

describe('markup', () => {
  test.each([
    ['text', markup`<p>${hostile}</p>`.text, /^<p>[^<>]*<\/p>$/],
    ['an attribute', markup`<p title="${'" onclick="x'}">`.text, /^<p title="&quot; onclick=&quot;x">$/],
    ['JSON', jsonMarkup({ a: hostile }).text, /^[^<>&\u2028]*$/],
  ])('what others wrote stays text in %s', (_, text, expected) => {
    expect(text).toMatch(expected)
  })

  test('JSON in the page says what was said, as far as that can be shown', () => {
    expect(JSON.parse(jsonMarkup({ a: '</script>&"', b: 'x\u202ey' }).text)).toEqual({
      a: '</script>&"',
      b: 'x\ufffdy',
    })
  })

  test('what was made here is put in as it is', () => {
    expect(markup`<ul>${['a', 'b'].map(x => markup`<li>${x}`)}${null}</ul>`.text).toBe('<ul><li>a<li>b</ul>')
  })
})

describe('the data', () => {
  test.each([
    ['the shipped mesh', shipped],
    ['a mesh with pairs that cannot meet', manyGraph(40)],
    ['a regional mesh', manyGraph(40, 'regional')],
    ['one host', manyGraph(1)],
  ])('%s comes back from it', (_, graph) => {
    const page = unpacked(JSON.parse(JSON.stringify(packed(graph))) as ReturnType<typeof packed>)
    expect(new Model(page).whole.tunnels).toEqual(graph.tunnels)
    expect(page.flows).toEqual(graph.flows)
    for (const { name } of graph.hosts)
      expect(page.tunnelsOf(name).length).toBe(graph.tunnels.filter(({ a, b }) => a === name || b === name).length)
    expect(page.tunnelsOf('nobody')).toEqual([])
  })

  test('a full mesh of many is small', () => {
    expect(JSON.stringify(packed(manyGraph(100)).tunnels).length).toBeLessThan(20_000)
  })
})

describe('the address', () => {
  const states: readonly State[] = [
    untouched,
    { ...untouched, at: { kind: 'host', name: 'tesla' } },
    { ...untouched, at: { kind: 'flow', name: 'web>db 5432/tcp,80/tcp & more' } },
    {
      at: { kind: 'jail', name: 'db-postgres@tesla' },
      lose: ['region:usa', 'link:a-b'],
      view: { x: -20, y: 7, zoom: 2.5 },
    },
  ]
  test.each(states.map(state => [hashOf(state), state] as const))('%s says what is looked at', (hash, state) => {
    expect(stateOf(hash)).toEqual(state)
  })

  test.each([
    ['', untouched],
    ['#words', untouched],
    ['#at=host:', untouched],
    ['#at=planet:mars', untouched],
    ['#lose=nothing&lose=:x&view=1,2', untouched],
    ['#view=NaN,0,2', untouched],
    ['#view=0,0,1000', { ...untouched, view: { x: 0, y: 0, zoom: 40 } }],
    ['#view=1e99,0,2', untouched],
    ['#view=3,4,0.001', { ...untouched, view: { ...wholeView, x: 3, y: 4 } }],
    ['#at=%zz', untouched],
  ])('%j is understood as far as it can be', (hash, state) => {
    expect(stateOf(hash)).toEqual(state)
  })

  test.each([['host'], [':tesla'], ['hosts:tesla'], ['']])('%j is no place', text => {
    expect(placeOf(text)).toBeNull()
  })
})

describe('finding', () => {
  const entries = entriesOf(shipped)
  const first = (text: string) => find(entries, text, 12).map(({ place }) => `${place.kind}:${place.name}`)

  test.each([
    ['tesla', 'host:tesla'],
    ['TES', 'host:tesla'],
    ['usa', 'region:usa'],
    ['united', 'region:usa'],
    ['10.66.2.1', 'host:tesla'],
    ['203.0.113.10', 'host:tesla'],
    ['fd5c:8e21:77aa:202::1', 'host:tesla'],
    ['db/etcd', 'role:db/etcd'],
    ['patroni', 'service:db'],
    ['postgres bohr', 'jail:db-postgres@bohr'],
    ['tarballs', 'flow:packages>outside 80/tcp,443/tcp'],
  ])('%s leads to %s', (text, place) => {
    expect(first(text)[0]).toBe(place)
  })

  test.each([['   '], [''], ['no-such-thing']])('%j leads nowhere', text => {
    expect(first(text)).toEqual([])
  })

  test('no more are shown than asked for', () => {
    expect(first('e')).toHaveLength(12)
  })
})

describe('what is drawn of flows', () => {
  const model = new Model(unpacked(packed(shipped)))
  const drawn = (kind: 'host' | 'jail' | 'flow' | 'link', name: string) =>
    model.linesAt({ kind, name }).map(({ from, to }) => `${from.name || 'outside'} → ${to.name || 'outside'}`)

  test('from a jail to the jails it may reach', () => {
    expect(drawn('jail', 'packages@curie')).toContain('packages@curie → outside')
    expect(drawn('jail', 'db-postgres@tesla')).toEqual(
      expect.arrayContaining(['db-postgres@tesla → db-etcd@bohr', 'db-proxy@newton → db-postgres@tesla']),
    )
    expect(drawn('jail', 'db-postgres@tesla').every(line => line.includes('db-postgres@tesla'))).toBe(true)
  })

  test('between hosts, never from a host to itself', () => {
    const lines = drawn('host', 'tesla')
    expect(lines).toContain('tesla → ampere')
    expect(lines).not.toContain('tesla → tesla')
    expect(lines.every(line => line.includes('tesla'))).toBe(true)
  })

  test('of one flow, from all who ask to all who are asked', () => {
    expect(drawn('flow', 'tesla>ampere 22/tcp')).toEqual(['tesla → ampere'])
    expect(drawn('flow', 'db-postgres>db-etcd 2379/tcp')).toHaveLength(9)
  })

  test('of a tunnel, nothing', () => {
    expect(drawn('link', 'bohr-tesla')).toEqual([])
    expect(model.linkAt('tesla-bohr')).toEqual(['bohr', 'tesla'])
    expect(model.linkAt('tesla-mars')).toBeNull()
  })

  test('a curve begins and ends beside the boxes', () => {
    const box = (x: number, y: number) => ({ x, y, width: 10, height: 10 })
    expect(curve(box(0, 0), box(100, 0))).toMatch(/^M1\d(?:\.\d)? .*Q.* 8\d(?:\.\d)? /)
    expect(curve(box(0, 0), box(5, 5))).toBe('')
  })
})
