/** The terminal's side of the screens: what is written, when, and how it looks. */
import fc from 'fast-check'
import { EventEmitter } from 'node:events'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { printable, span, type Tone, widthOf } from '../../ui/line.ts'
import { asciiOf } from '../../ui/terminal/ascii.ts'
import { Canvas } from '../../ui/terminal/canvas.tsx'
import { harmless, lookOf, lookText, withoutSgr } from '../../ui/terminal/look.ts'
import { type Input, type Output, Screen } from '../../ui/terminal/screen.ts'

class FakeOutput extends EventEmitter {
  columns = 80
  rows = 24
  /** None: what is written to it reaches nothing by its number. */
  readonly fd = -1
  takes = true
  readonly written: string[] = []

  write(text: string, done?: () => void): boolean {
    this.written.push(text)
    done?.()
    return this.takes
  }

  /** Since the last time. */
  news(): string[] {
    return this.written.splice(0)
  }
}

class FakeInput {
  raw = false
  setRawMode(on: boolean) {
    this.raw = on
  }
}

describe('the screen', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  function opened(draw = (changed: readonly string[]) => changed) {
    const output = new FakeOutput()
    const input = new FakeInput()
    const shown = { lines: [] as readonly string[], failed: null as unknown }
    const screen = new Screen(input as unknown as Input, output as unknown as Output, {
      lines: () => shown.lines,
      draw,
      failed: cause => (shown.failed = cause),
    })
    const show = (...lines: readonly string[]) => {
      shown.lines = lines
      screen.changed()
    }
    return { output, input, screen, shown, show }
  }

  test('enters with the modes it needs, and leaves with them undone', async () => {
    const { output, input, screen } = opened()
    screen.enter()
    expect(input.raw).toBe(true)
    const [entered = ''] = output.news()
    for (const mode of ['?1049h', '?25l', '?2004h']) expect(entered).toContain(`\x1b[${mode}`)
    await screen.leave()
    expect(input.raw).toBe(false)
    const left = output.news().join('')
    for (const mode of ['?2004l', '?25h', '?7h', '?1049l']) expect(left).toContain(`\x1b[${mode}`)
    expect(left.endsWith('\x1b[?1049l')).toBe(true)
    await screen.leave()
    screen.restore()
    screen.changed()
    vi.advanceTimersByTime(1000)
    expect(output.news()).toEqual([])
  })

  test('asks for no report of a mouse', () => {
    const { output, screen, show } = opened()
    screen.enter()
    show('a')
    vi.advanceTimersByTime(100)
    expect(output.news().join('')).not.toMatch(/\?(?:9|100\d|1015|1016)h/)
  })

  test('paints only lines that changed', () => {
    const { output, screen, show } = opened()
    screen.enter()
    show('a', 'b', 'c')
    vi.advanceTimersByTime(100)
    output.news()
    show('a', 'B', 'c')
    vi.advanceTimersByTime(100)
    expect(output.news()).toEqual(['\x1b[?2026h\x1b[?7l\x1b[2;1H\x1b[0mB\x1b[0m\x1b[K\x1b[0m\x1b[?7h\x1b[?2026l'])
    show('a', 'B', 'c')
    vi.advanceTimersByTime(100)
    expect(output.news()).toEqual([])
    screen.repaint()
    vi.advanceTimersByTime(100)
    expect(
      output
        .news()
        .join('')
        .match(/\x1b\[\d+;1H/g),
    ).toHaveLength(3)
  })

  test('does not erase behind the last column', () => {
    const { output, screen, show } = opened()
    screen.enter()
    output.news()
    show('x'.repeat(80), `\x1b[7m${'y'.repeat(80)}\x1b[27m`, 'z')
    vi.advanceTimersByTime(100)
    const painted = output.news().join('')
    expect(painted).toContain(`\x1b[2K${'x'.repeat(80)}\x1b[2;1H`)
    expect(painted.match(/\x1b\[K/g)).toHaveLength(1)
  })

  test('paints at most twenty times a second, and always the last', () => {
    const { output, screen, show } = opened()
    screen.enter()
    output.news()
    for (let i = 0; i <= 1000; i++) {
      show(`${i}`)
      vi.advanceTimersByTime(1)
    }
    vi.advanceTimersByTime(100)
    const frames = output.news()
    expect(frames.length).toBeGreaterThan(15)
    expect(frames.length).toBeLessThanOrEqual(22)
    expect(frames.at(-1)).toContain('\x1b[0m1000\x1b[0m')
  })

  test('a key after silence is answered at once', () => {
    const { output, screen, show } = opened()
    screen.enter()
    show('a')
    vi.advanceTimersByTime(1000)
    output.news()
    show('b')
    vi.advanceTimersByTime(1)
    expect(output.news()).toHaveLength(1)
  })

  test('drops frames while the terminal does not take them, then paints the newest', () => {
    const { output, screen, show } = opened()
    screen.enter()
    output.takes = false
    show('a', '-')
    vi.advanceTimersByTime(100)
    output.news()
    for (const text of ['b', 'c', 'd']) {
      show(text, '-')
      vi.advanceTimersByTime(100)
    }
    expect(output.news()).toEqual([])
    output.takes = true
    output.emit('drain')
    vi.advanceTimersByTime(100)
    const frames = output.news()
    expect(frames).toHaveLength(1)
    expect(frames[0]).toContain('\x1b[1;1H\x1b[0md')
    expect(frames[0]).not.toContain('\x1b[2;1H')
  })

  test('leaves although the terminal takes nothing any more', async () => {
    const { output, screen, show } = opened()
    screen.enter()
    show('a')
    vi.advanceTimersByTime(100)
    output.write = () => false
    const left = screen.leave()
    await vi.advanceTimersByTimeAsync(1000)
    await left
  })

  test('nothing that a terminal obeys leaves with a line, but SGR', () => {
    const { output, screen, show } = opened(() => ['\x1b[31mred\x1b[39m\x1b[2J\x1b]0;x\x07\u009b1m\u202e'])
    screen.enter()
    output.news()
    show('a')
    vi.advanceTimersByTime(100)
    expect(output.news().join('')).toContain('\x1b[31mred\x1b[39m�[2J�]0;x��1m�\x1b[0m')
  })

  test('says when its painter fails, and writes nothing to a terminal that went away', async () => {
    const { output, screen, shown, show } = opened(() => {
      throw new Error('no')
    })
    screen.enter()
    show('a')
    vi.advanceTimersByTime(100)
    expect(String(shown.failed)).toBe('Error: no')
    output.news()
    screen.vanished()
    show('b')
    vi.advanceTimersByTime(100)
    await screen.leave()
    expect(output.news()).toEqual([])
  })
})

describe('the look', () => {
  for (const [environment, colours, ascii] of [
    [{ LANG: 'C.UTF-8' }, true, false],
    [{ LANG: 'de_DE.utf8' }, true, false],
    [{ LANG: 'C.UTF-8', NO_COLOR: '1' }, false, false],
    [{ LANG: 'C.UTF-8', NO_COLOR: '' }, true, false],
    [{ LANG: 'C.UTF-8', TERM: 'dumb' }, false, false],
    [{}, true, true],
    [{ LANG: 'C' }, true, true],
    [{ LANG: 'en_US.ISO8859-1' }, true, true],
    [{ LANG: 'C.UTF-8', LC_CTYPE: 'C' }, true, true],
    [{ LANG: 'C', LC_CTYPE: 'C.UTF-8' }, true, false],
    [{ LANG: 'C.UTF-8', LC_ALL: 'C' }, true, true],
    [{ LANG: 'C.UTF-8', LC_ALL: '' }, true, false],
    [{ LANG: 'C.UTF-8', MESHWRIGHT_ASCII: '1' }, true, true],
    [{ LANG: 'C.UTF-8', MESHWRIGHT_ASCII: '0' }, true, false],
  ] as const)
    test(JSON.stringify(environment), () => expect(lookOf(environment)).toEqual({ colours, ascii }))

  const tones: readonly Tone[] = ['plain', 'faint', 'strong', 'ok', 'warn', 'bad', 'unknown', 'accent', 'title']
  const spans = fc.array(
    fc.record({
      text: fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.string({ unit: fc.constantFrom('\x1b', '[', '3', '1', 'm', '●') }),
      ),
      tone: fc.constantFrom(...tones),
      inverse: fc.boolean(),
    }),
    { maxLength: 5 },
  )

  test('whatever is said, a line is its printable text and SGR of these colours', () =>
    fc.assert(
      fc.property(spans, line => {
        const text = lookText(line, { colours: true, ascii: false })
        expect(harmless(text)).toBe(text)
        expect(text.replace(/\x1b\[(?:3[0-9]|[127]|2[27])m/g, '')).toBe(line.map(one => printable(one.text)).join(''))
      }),
    ))

  test('without colours there is none', () =>
    fc.assert(
      fc.property(spans, line => {
        expect(lookText(line, { colours: false, ascii: false })).not.toMatch(/\x1b\[[349]/)
      }),
    ))

  test('in ASCII there is nothing else, and every word is as wide as before', () =>
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' })), text => {
        const ascii = asciiOf(printable(text))
        expect(ascii).toMatch(/^[\x20-\x7e]*$/)
        expect(widthOf(ascii)).toBe(widthOf(text))
      }),
    ))
})

describe('rows through Ink', () => {
  const canvas = new Canvas()

  test('come out as they went in', () =>
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1, maxLength: 30 }), texts => {
        const rows = texts.map((text, i) =>
          lookText([span(text, i % 2 === 0 ? 'ok' : 'title')], { colours: true, ascii: false }),
        )
        expect(canvas.draw(rows, 400).map(row => withoutSgr(row).trimEnd())).toEqual(
          texts.map(text => printable(text).trimEnd()),
        )
      }),
      { numRuns: 50 },
    ))

  test('keep their tones, faint beside strong too', () => {
    const look = { colours: true, ascii: false }
    const line = lookText([span('a', 'faint'), span('b', 'strong'), { text: 'c ', tone: 'bad', inverse: true }], look)
    expect(canvas.draw([line], 80)).toEqual(['\x1b[2ma\x1b[22m\x1b[1mb\x1b[22m\x1b[7m\x1b[31mc \x1b[39m\x1b[27m'])
  })

  test('are as many as were given, one time after the other', () => {
    for (const count of [1, 24, 3, 3, 0, 50])
      expect(
        canvas.draw(
          Array.from({ length: count }, () => 'x'),
          80,
        ),
      ).toHaveLength(count)
    expect(canvas.draw(['', '', 'y', ''], 80)).toEqual(['', '', 'y', ''])
  })

  test('leave nothing behind in memory', () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    let frame = 0
    const drawSome = () => {
      for (const end = frame + 200; frame < end; frame++)
        canvas.draw(
          Array.from({ length: 24 }, (_, row) => `frame ${frame} row ${row}`),
          30,
        )
      collect()
      return process.memoryUsage().heapUsed
    }
    drawSome()
    const before = drawSome()
    drawSome()
    // 9600 rows: with what Ink would know of each, more than a megabyte.
    expect(drawSome() - before).toBeLessThan(400_000)
  })
})
