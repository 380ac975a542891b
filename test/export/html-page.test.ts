/** The page in a real browser: Debian's Chromium, opened from a file as a reader would. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { HostName } from '../../topology/names.ts'
import { lossOf, singleLosses } from '../../topology/place/losses.ts'
import { waysOf } from '../../topology/place/ways.ts'
import type { Graph } from '../../src/export/graph.ts'
import { packed, unpacked } from '../../src/export/html/data.ts'
import { htmlMap } from '../../src/export/html/html.ts'
import { Model } from '../../src/export/html/model.ts'
import { effectRow, outcomeOf, overviewRow, hurts } from '../../src/services/outcome.ts'
import { withPrograms } from '../services/setting.ts'
import { manyGraph, shippedGraph, withHostileTexts } from './html-graphs.ts'

const shipped = await shippedGraph()

/** Asks from outside: the policy of the page refuses what waits within it. */
const until = (page: Page, expression: string) =>
  expect.poll(() => page.evaluate(expression), { timeout: 10_000, message: expression }).toBe(true)

/** An attribute of all that a selector finds. */
const all = (page: Page, selector: string, key: string) =>
  page.evaluate(`[...document.querySelectorAll(${JSON.stringify(selector)})].map(one => one.dataset.${key}).toSorted()`)
const directory = mkdtempSync(join(tmpdir(), 'meshwright-map-'))
const artifacts = process.env['MESHWRIGHT_ARTIFACTS'] ?? directory

interface Opened {
  readonly page: Page
  /** Errors, refusals of the policy, and whatever it asked the world for. */
  readonly complaints: string[]
}

withPrograms('chromium')('the page in a browser', () => {
  let browser: Browser
  beforeAll(async () => {
    mkdirSync(artifacts, { recursive: true })
    browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
  })
  afterAll(async () => {
    await browser.close()
    rmSync(directory, { recursive: true, force: true })
  })

  /** Nothing is answered but the file itself. */
  async function open(html: string, hash = '', options: BrowserContextOptions = {}): Promise<Opened> {
    const file = join(directory, `${Math.random().toString(36).slice(2)}.html`)
    writeFileSync(file, html)
    const url = pathToFileURL(file).href
    const context = await browser.newContext({ viewport: { width: 1400, height: 900 }, ...options })
    const complaints: string[] = []
    await context.route('**/*', route => {
      if (route.request().url().split('#')[0] === url) return route.continue()
      complaints.push(`reached for ${route.request().url()}`)
      return route.abort()
    })
    await context.addInitScript(
      'window.refused = []; addEventListener("securitypolicyviolation", event => window.refused.push(event.violatedDirective))',
    )
    const page = await context.newPage()
    page.on('request', request => {
      if (!request.url().startsWith(url) && !request.url().startsWith('data:'))
        complaints.push(`asked for ${request.url()}`)
    })
    page.on('console', message => complaints.push(`${message.type()}: ${message.text()}`))
    page.on('pageerror', error => complaints.push(error.message))
    await page.goto(`${url}${hash}`)
    return { page, complaints }
  }

  /** Opens it, does something, and holds that nothing went wrong meanwhile. */
  async function within(
    graph: Graph,
    act: (page: Page) => Promise<void>,
    { hash = '', ...options }: BrowserContextOptions & { readonly hash?: string } = {},
  ): Promise<void> {
    const { page, complaints } = await open(htmlMap(graph), hash, options)
    try {
      await act(page)
      expect(complaints).toEqual([])
      if (options.javaScriptEnabled !== false) expect(await page.evaluate('window.refused')).toEqual([])
    } finally {
      await page.context().close()
    }
  }

  const about = (page: Page) => page.locator('#about-title')
  const hashOf = (page: Page) => new URL(page.url()).hash
  const viewBox = (page: Page) => page.locator('#map > svg').getAttribute('viewBox')

  test.each(['light', 'dark'] as const)(
    'it is %s as its reader has it, and the other way at the press of a button',
    async theme => {
      await within(
        shipped,
        async page => {
          const paper = () => page.evaluate('getComputedStyle(document.documentElement).backgroundColor')
          const before = await paper()
          await page.screenshot({ path: join(artifacts, `map-${theme}.png`) })
          await page.click('#theme')
          const after = await paper()
          expect(before === 'rgb(251, 250, 247)').toBe(theme === 'light')
          expect(after === 'rgb(251, 250, 247)').toBe(theme === 'dark')
          await page.reload()
          expect(await paper()).toBe(after)
          expect(await page.evaluate('performance.getEntriesByName("meshwright-interactive").length')).toBe(1)
        },
        { colorScheme: theme },
      )
    },
  )

  test('a host that is pointed at shows its tunnels and flows; chosen, it stays and is in the address', async () => {
    await within(shipped, async page => {
      await page.hover('g.host[data-host=tesla] .card')
      await until(page, 'document.querySelector("#about-title").textContent === "tesla"')
      const tunnels = await page.locator('.asked-tunnel').getAttribute('d')
      expect(tunnels?.match(/M/g)).toHaveLength(5)
      expect(await page.locator('path.flow.out').count()).toBeGreaterThan(3)
      expect(await page.locator('path.flow.in').count()).toBeGreaterThan(3)
      await page.hover('#whatif-title')
      await until(page, 'document.querySelector("#about-title").textContent === "The mesh"')
      expect(await page.locator('path.flow').count()).toBe(0)
      await page.click('g.host[data-host=tesla] .card', { position: { x: 4, y: 4 } })
      await page.hover('#whatif-title')
      expect(await about(page).textContent()).toBe('tesla')
      expect(hashOf(page)).toBe('#at=host:tesla')
      await page.goBack()
      expect(await about(page).textContent()).toBe('The mesh')
    })
  })

  test('a jail that is pointed at shows its flows and its like', async () => {
    await within(shipped, async page => {
      await page.hover('g.jail[data-jail="db-postgres@tesla"]')
      await until(page, 'document.querySelector("#about-title").textContent === "db-postgres"')
      expect(await all(page, 'g.jail.sibling', 'jail')).toEqual(['db-postgres@bohr', 'db-postgres@newton'])
      expect(await page.locator('#about').textContent()).toContain('leader lock')
      expect(await page.locator('path.flow').count()).toBeGreaterThan(5)
    })
  })

  test('all of it can be done with the keyboard', async () => {
    await within(shipped, async page => {
      await page.keyboard.press('Tab')
      expect(await page.evaluate('document.activeElement.className')).toBe('skip')
      await page.keyboard.press('/')
      await page.keyboard.type('postgres')
      const options = page.locator('#found [role=option]')
      expect(await options.count()).toBeGreaterThan(3)
      await page.keyboard.press('ArrowDown')
      expect(await page.locator('#find').getAttribute('aria-activedescendant')).toBe('found-1')
      const second = await options.nth(1).locator('b').textContent()
      await page.keyboard.press('Enter')
      expect(hashOf(page)).toContain(second ?? '?')
      expect(await options.count()).toBe(0)
      await page.keyboard.press('Escape')
      expect(hashOf(page)).not.toContain('at=')
      await page.locator('#map > svg').focus()
      await page.keyboard.press('0')
      await until(page, '!document.querySelector("#map > svg").classList.contains("near")')
      const whole = await viewBox(page)
      await page.keyboard.press('+')
      await until(page, `document.querySelector("#map > svg").getAttribute("viewBox") !== ${JSON.stringify(whole)}`)
      await page.keyboard.press('ArrowRight')
      await page.keyboard.press('0')
      await until(page, `document.querySelector("#map > svg").getAttribute("viewBox") === ${JSON.stringify(whole)}`)
      await page.keyboard.press('Tab')
      const first = await page.evaluate('document.activeElement.dataset.host')
      expect(shipped.hosts.map(({ name }) => name)).toContain(first)
      await until(page, `document.querySelector("#about-title").textContent === ${JSON.stringify(first)}`)
      const seen = new Set([first])
      for (const key of ['ArrowUp', 'ArrowRight', 'ArrowDown', 'ArrowLeft']) {
        await page.keyboard.press(key)
        seen.add(await page.evaluate('document.activeElement.dataset.host'))
      }
      expect(seen.size).toBeGreaterThan(1)
      const last = String(await page.evaluate('document.activeElement.dataset.host'))
      await page.keyboard.press('Enter')
      expect(hashOf(page)).toBe(`#at=host:${last}`)
    })
  })

  test('what is searched for and not there is said', async () => {
    await within(shipped, async page => {
      await page.fill('#find', 'no such thing')
      expect(await page.locator('#said').textContent()).toBe('Nothing is found')
      expect(await page.locator('#find').getAttribute('aria-expanded')).toBe('false')
      await page.keyboard.press('Enter')
      expect(hashOf(page)).toBe('')
    })
  })

  const hosts = shipped.hosts.map(({ name, region, provider }) => ({ name: name as HostName, region, provider }))
  const model = new Model(unpacked(packed(shipped)))
  const losing = {
    parts: shipped.parts,
    flows: shipped.flows.map(flow => ({ name: flow.name, ends: model.endsOf(flow) })),
    ways: waysOf(shipped),
  }
  const shown = `({
    rows: [...document.querySelectorAll('#outcome tbody tr')].map(row => [...row.children].map(cell => cell.textContent)),
    broken: [...document.querySelectorAll('#broken li')].map(item => item.textContent),
  })`

  test('what a lost region breaks is chosen, shown and can be mailed', async () => {
    const loss = lossOf(['region:usa'], hosts)
    if ('unknown' in loss) throw new Error('no such region')
    const expected = outcomeOf(loss, losing)
    await within(shipped, async page => {
      await page.selectOption('#whatif select >> nth=0', 'region:usa')
      expect(hashOf(page)).toBe('#lose=region:usa')
      expect(await page.evaluate(shown)).toEqual({ rows: expected.effects.map(effectRow), broken: expected.broken })
      expect(await all(page, 'g.host.lost', 'host')).toEqual(['bohr'])
      expect(await page.locator('g.jail.lost').count()).toBe(shipped.jails.filter(({ host }) => host === 'bohr').length)
      expect(await page.locator('#said').textContent()).toContain('Without region:usa')
      await page.screenshot({ path: join(artifacts, 'map-whatif.png') })
      await page.click('[data-keep]')
      expect(await page.locator('g.host.lost').count()).toBe(0)
      expect(hashOf(page)).toBe('')
    })
    await within(
      shipped,
      async page => {
        expect(await page.evaluate(shown)).toEqual({ rows: expected.effects.map(effectRow), broken: expected.broken })
      },
      { hash: '#lose=region:usa' },
    )
  })

  test('a narrow table breaks no word, and nothing of it is out of sight', async () => {
    await within(
      shipped,
      async page => {
        await page.click('#every')
        await page.waitForSelector('#singles tbody tr')
        const cut = `[...document.querySelectorAll('#side .wide')].map(one => one.scrollWidth - one.clientWidth)`
        expect(await page.evaluate(cut)).toEqual([0, 0])
        const lines = `[...document.querySelectorAll('#side th .go')].flatMap(one => [...one.childNodes]
          .filter(node => node.nodeType === 3 && !node.data.includes('-'))
          .map(node => { const range = document.createRange(); range.selectNode(node); return range.getClientRects().length }))`
        expect(new Set(await page.evaluate<number[]>(lines))).toEqual(new Set([1]))
      },
      { hash: '#lose=region:usa' },
    )
  })

  test('every single loss does in the page what it does on the command line', async () => {
    const losses = singleLosses(hosts)
    const outcomes = losses.map(loss => outcomeOf(loss, losing))
    await within(shipped, async page => {
      const pages = await page.evaluate(`(async () => {
        const all = []
        for (const word of ${JSON.stringify(losses.map(({ name }) => name))}) {
          const moved = new Promise(resolve => addEventListener('popstate', resolve, { once: true }))
          location.hash = 'lose=' + word
          await moved
          all.push(${shown})
        }
        return all
      })()`)
      expect(pages).toEqual(outcomes.map(({ effects, broken }) => ({ rows: effects.map(effectRow), broken })))
      await page.click('#every')
      await page.waitForSelector('#singles p')
      const listed = outcomes.filter(
        ({ effects, broken }) => broken.length > 0 || effects.some(effect => hurts(effect) || effect.quorum === false),
      )
      expect(
        await page.evaluate(
          `[...document.querySelectorAll('#singles tbody tr')].map(row => [...row.children].map(cell => cell.textContent))`,
        ),
      ).toEqual(listed.map(overviewRow))
      await page.click('#singles tbody tr >> nth=0 >> button')
      expect(await page.locator('#outcome h3 >> nth=0').textContent()).toBe(`Without ${listed[0]?.lost ?? ''}`)
    })
  })

  test('a loss that this mesh does not know is said to be unknown, and does nothing', async () => {
    await within(
      shipped,
      async page => {
        expect(await page.locator('.chips .unknown').textContent()).toContain('host:mars is not in this mesh')
        expect(await page.locator('g.host.lost').count()).toBe(0)
        expect(await about(page).textContent()).toBe('The mesh')
      },
      { hash: '#lose=host:mars&at=host:venus' },
    )
  })

  test('texts of others stay texts', async () => {
    await within(
      withHostileTexts(shipped),
      async page => {
        expect(await page.evaluate('window.evil')).toBeUndefined()
        expect(await page.locator('img').count()).toBe(0)
        await page.fill('#find', 'onerror')
        expect(await page.locator('#found [role=option]').count()).toBeGreaterThan(3)
        await page.keyboard.press('Enter')
        expect(await page.locator('#about').textContent()).toContain('onerror')
        expect(await page.locator('img').count()).toBe(0)
        expect(await page.evaluate('window.evil')).toBeUndefined()
      },
      { hash: '#at=host:tesla' },
    )
  })

  test.each([
    ['a script', '<script>window.evil = 1</script>', 'script-src-elem'],
    ['a handler', '<p id="x" onclick="window.evil = 1">x</p>', 'script-src-attr'],
    ['a picture from elsewhere', '<img src="https://example.net/x.png">', 'img-src'],
    ['a style', '<style>body{display:none}</style>', 'style-src-elem'],
  ])('%s that somebody added is refused', async (_, added, directive) => {
    const { page, complaints } = await open(htmlMap(shipped).replace('</main>', `${added}</main>`))
    if (added.includes('onclick')) await page.locator('#x').dispatchEvent('click')
    expect(await page.evaluate('window.evil')).toBeUndefined()
    expect(await page.evaluate('window.refused')).toEqual([directive])
    expect(complaints.filter(text => text.startsWith('reached for'))).toEqual([])
    await page.context().close()
  })

  test('without its script, all of it is there in words', async () => {
    await within(
      shipped,
      async page => {
        const text = (await page.locator('#words').textContent()) ?? ''
        for (const host of shipped.hosts) {
          expect(text).toContain(host.address.inet)
          expect(text).toContain(host.address.inet6)
        }
        for (const jail of shipped.jails) expect(text).toContain(jail.fqdn)
        for (const flow of shipped.flows) expect(text).toContain(flow.why)
        for (const id of ['#search', '#theme', '#tools', '#side'])
          expect(await page.locator(id).isVisible()).toBe(false)
        expect(await page.locator('#map > svg').isVisible()).toBe(true)
      },
      { javaScriptEnabled: false },
    )
  })

  test('on paper, the picture comes first and the words after it, without buttons', async () => {
    await within(
      shipped,
      async page => {
        await page.emulateMedia({ media: 'print' })
        for (const id of ['#search', '#theme', '#tools', '#side'])
          expect(await page.locator(id).isVisible()).toBe(false)
        const pdf = await page.pdf({ format: 'A4' })
        writeFileSync(join(artifacts, 'map.pdf'), pdf)
        expect(pdf.subarray(0, 5).toString()).toBe('%PDF-')
        expect(pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length ?? 0).toBeGreaterThan(2)
      },
      { hash: '#view=100,0,8' },
    )
  })

  test('on paper, what is lost is said as well', async () => {
    await within(
      shipped,
      async page => {
        await page.emulateMedia({ media: 'print' })
        expect(await page.locator('#outcome table').isVisible()).toBe(true)
        for (const id of ['#about', '#whatif select >> nth=0', '#every'])
          expect(await page.locator(id).isVisible()).toBe(false)
      },
      { hash: '#lose=region:usa' },
    )
  })

  test.each(['light', 'dark'] as const)('every text of the page can be read in %s (WCAG 2.2, 1.4.3)', async theme => {
    await within(
      shipped,
      async page => {
        const weak = () => page.evaluate(weakTexts)
        expect(await weak()).toEqual([])
        await page.fill('#find', 'postgres')
        await page.hover('.tool >> nth=0')
        expect(await weak()).toEqual([])
        await page.click('#found [role=option] >> nth=0')
        await page.click('#every')
        await page.waitForSelector('#singles tbody tr')
        await page.evaluate('location.hash = "#words-host-tesla"')
        expect(await weak()).toEqual([])
        // The question itself would find something.
        await page.evaluate('document.documentElement.style.setProperty("--soft", "#777777")')
        expect(await weak()).not.toEqual([])
      },
      { colorScheme: theme, hash: '#lose=region:usa&lose=host:mars' },
    )
  })

  test.each(['light', 'dark'] as const)('every control shows its borders in %s (WCAG 2.2, 1.4.11)', async theme => {
    await within(
      shipped,
      async page => {
        const faint = () => page.evaluate(faintBorders)
        expect(await page.evaluate(`(${framed}).length`)).toBeGreaterThan(5)
        expect(await faint()).toEqual([])
        await page.selectOption('[aria-label="What is lost"]', 'link')
        expect(await faint()).toEqual([])
        await page.hover('#every')
        expect(await faint()).toEqual([])
        // What only parts one thing from another would not do.
        await page.evaluate('document.documentElement.style.setProperty("--control", "var(--edge)")')
        expect(await faint()).not.toEqual([])
      },
      { colorScheme: theme, hash: '#lose=region:usa&at=host:tesla' },
    )
  })

  test('headings go down one step at a time, and every control has a name', async () => {
    await within(
      shipped,
      async page => {
        const levels = await page.evaluate<number[]>(
          `[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].filter(one => one.checkVisibility()).map(one => Number(one.tagName[1]))`,
        )
        expect(levels[0]).toBe(1)
        for (const [i, level] of levels.entries()) expect(level - (levels[i - 1] ?? 0)).toBeLessThanOrEqual(1)
        const nameless = `[...document.querySelectorAll('button,input,select,[tabindex="0"]')].filter(one => one.checkVisibility()
          && !one.textContent.trim() && !one.ariaLabel && !one.labels?.length).map(one => one.outerHTML)`
        expect(await page.evaluate(nameless)).toEqual([])
        expect(await page.locator('g.host[data-host=bohr]').getAttribute('aria-label')).toContain(', lost')
        const ids = await page.evaluate<string[]>(`[...document.querySelectorAll('[id]')].map(one => one.id)`)
        expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([])
        const led = `[...document.querySelectorAll('[aria-labelledby],[aria-controls],[for]')].flatMap(one =>
          ['aria-labelledby', 'aria-controls', 'for'].flatMap(key => (one.getAttribute(key) ?? '').split(' ')))
          .filter(id => id !== '' && document.getElementById(id) === null)`
        expect(await page.evaluate(led)).toEqual([])
      },
      { hash: '#lose=region:usa&at=host:tesla' },
    )
  })

  /** How the outline of what has the focus is drawn, and what that is. */
  const ring = (page: Page) =>
    page.evaluate<string>(
      `((at, style) => style.outlineStyle + ' ' + parseFloat(style.outlineWidth) + ' ' + at.outerHTML.slice(0, 60))(
        document.activeElement, getComputedStyle(document.activeElement))`,
    )

  test('whatever has the focus shows it', async () => {
    await within(shipped, async page => {
      for (let n = 0; n < 24; n += 1) {
        await page.keyboard.press('Tab')
        expect(await ring(page)).toMatch(/^(solid|auto) [1-9]/)
      }
    })
  })

  test('a frame that comes late takes the focus from nothing', async () => {
    await within(shipped, async page => {
      await page.evaluate(
        `window.late = new Map(); window.requestAnimationFrame = act => late.set(late.size + 1, act).size
         window.cancelAnimationFrame = id => { if (late.has(id)) late.set(id, () => {}) }`,
      )
      await page.focus('g.host[data-host=ampere]')
      for (let n = 0; n < 5; n += 1) await page.keyboard.press('Tab')
      expect(await ring(page)).toMatch(/^solid [1-9].*data-at/)
      await page.evaluate('late.forEach(act => act(0))')
      expect(await ring(page)).toMatch(/^solid [1-9].*data-at/)
    })
  })

  test('who walks by keys keeps the focus when what it was on is replaced', async () => {
    await within(shipped, async page => {
      await page.focus('#about [data-at="region:usa"]')
      await page.keyboard.press('Enter')
      expect(await about(page).textContent()).toBe('United States')
      expect(await ring(page)).toMatch(/^(solid|auto) [1-9].*about-title/)
      await page.keyboard.press('Tab')
      expect(await ring(page)).toMatch(/^(solid|auto) [1-9].*data-let-go/)
    })
  })

  test('on a screen of 360 pixels nothing sticks out, and fingers walk', async () => {
    await within(
      shipped,
      async page => {
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360)
        await page.tap('#nearer')
        await until(page, 'document.querySelector("#map > svg").classList.contains("near")')
        await page.screenshot({ path: join(artifacts, 'map-small.png') })
        await page.tap('#whole')
        await page.tap('g.host[data-host=bohr] .card', { position: { x: 3, y: 3 } })
        expect(await about(page).textContent()).toBe('bohr')
      },
      { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true },
    )
  })

  test('the wheel brings it nearer, a drag moves it, and neither chooses anything', async () => {
    await within(shipped, async page => {
      const box = await page.locator('g.host[data-host=curie] .card').boundingBox()
      if (box === null) throw new Error('curie is not there')
      const [x, y] = [box.x + box.width / 2, box.y + 3]
      await page.mouse.move(x, y)
      await page.mouse.wheel(0, -400)
      await until(page, 'document.querySelector("#map > svg").classList.contains("near")')
      const near = await viewBox(page)
      await page.mouse.down()
      await page.mouse.move(x + 80, y + 40, { steps: 4 })
      await page.mouse.up()
      await until(page, `document.querySelector("#map > svg").getAttribute("viewBox") !== ${JSON.stringify(near)}`)
      await until(page, 'location.hash.startsWith("#view=")')
      expect(hashOf(page)).not.toContain('at=')
    })
  })

  describe('of many hosts', () => {
    test.each([
      [200, 'full'],
      [200, 'regional'],
      [1, 'full'],
    ] as const)('%i, %s', async (count, topology) => {
      const graph = manyGraph(count, topology)
      await within(graph, async page => {
        expect(await page.evaluate('performance.getEntriesByName("meshwright-interactive").length')).toBe(1)
        await page.hover('g.host[data-host=h0] .card')
        await until(page, 'document.querySelector("#about-title").textContent === "h0"')
        const mine = graph.tunnels.filter(({ a, b }) => a === 'h0' || b === 'h0')
        const drawn = await page.evaluate('document.querySelector(".asked-tunnel")?.getAttribute("d") ?? ""')
        expect(String(drawn).match(/M/g) ?? []).toHaveLength(mine.length)
        await page.fill('#find', `h${count - 1}`)
        await page.keyboard.press('Enter')
        expect(await about(page).textContent()).toBe(`h${count - 1}`)
        await page.click('.lose')
        expect(await page.locator('g.host.lost').count()).toBe(1)
      })
    })
  })
})

/** The contrast of two colours, and what an element stands on. */
const sight = String.raw`
  const channels = colour => (colour.match(/[\d.]+/g) ?? []).map(Number)
  const luminance = colour => channels(colour).slice(0, 3).map(value => value / 255)
    .map(value => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
    .reduce((sum, value, i) => sum + value * [0.2126, 0.7152, 0.0722][i], 0)
  const behind = element => {
    if (element === null) return 'rgb(255, 255, 255)'
    const colour = getComputedStyle(element).backgroundColor
    return channels(colour)[3] === 0 ? behind(element.parentElement) : colour
  }
  const contrast = (one, other) => {
    const [a, b] = [one, other].map(luminance).sort((a, b) => b - a)
    return (a + 0.05) / (b + 0.05)
  }`

/** Asked in the page: texts outside of the picture with a contrast of less than 4.5 to what is behind them. */
const weakTexts = String.raw`(() => {
  ${sight}
  return [...document.querySelectorAll('body *')]
    .filter(one => one.closest('svg, script, style') === null && one.checkVisibility())
    .filter(one => [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim() !== ''))
    .flatMap(one => {
      const found = contrast(getComputedStyle(one).color, behind(one))
      return found >= 4.5 ? [] : [one.tagName + ' ' + one.textContent + ': ' + found.toFixed(2)]
    })
})()`

/** Controls with a frame of ours: a checkbox has that of the browser, and what is a word among words has none. */
const framed = String.raw`[...document.querySelectorAll('button, input:not([type=checkbox]), select')].filter(one =>
  one.checkVisibility() && !['0px', '0'].includes(getComputedStyle(one).borderTopWidth) &&
  getComputedStyle(one).borderTopColor !== 'rgba(0, 0, 0, 0)')`

/** Those whose frame is hard to see, inside or outside. */
const faintBorders = String.raw`(() => {
  ${sight}
  return (${framed}).flatMap(one => {
    const line = getComputedStyle(one).borderTopColor
    const found = Math.min(contrast(line, behind(one)), contrast(line, behind(one.parentElement)))
    return found >= 3 ? [] : [one.outerHTML.slice(0, 80) + ': ' + found.toFixed(2)]
  })
})()`
