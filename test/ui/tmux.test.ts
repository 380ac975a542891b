/** Screens on a real terminal. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundle } from '../../scripts/bundle.mjs'
import { eventually, runs, type Setup, Tmux, withTmux } from './tmux.ts'

const directory = mkdtempSync(join(tmpdir(), 'meshwright-screens-'))
const counter = `${process.execPath} ${join(directory, 'counter.js')}`
const errors = () => join(directory, (expect.getState().currentTestName ?? '').replace(/[^a-z0-9]+/gi, '-'))

beforeAll(async () => {
  await bundle({ counter: 'test/ui/counter.ts' }, directory)
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

/** A shell with a word on its screen, and the program on top of it. */
async function started(setup: Setup = {}): Promise<{ readonly tmux: Tmux; readonly pid: number }> {
  // What is typed stays short, wherever Node and the tests lie: it is not to scroll away what stands above it.
  const environment = { ...(setup.environment ?? { LC_ALL: 'C.UTF-8' }), COUNTER: counter, ERRORS: errors() }
  const tmux = await Tmux.start({ ...setup, environment })
  await tmux.send('echo be"fore"', 'Enter')
  await tmux.until('\nbefore')
  await tmux.send('$COUNTER 2> $ERRORS; echo code $?', 'Enter')
  return { tmux, pid: Number(/pid (\d+)/.exec(await tmux.until(/counter .* pid \d+/))?.[1]) }
}

/** The shell's screen is back, as it was, and a cursor on it. */
async function isBack(tmux: Tmux, code: number): Promise<void> {
  const screen = await tmux.until(`\ncode ${code}\n`)
  expect(screen).toContain('\nbefore\n')
  expect(screen).not.toContain('counter 80')
  expect(await tmux.tell('#{cursor_flag} #{alternate_on} #{wrap_flag}')).toBe('1 0 1')
  await tmux.send('echo e"cho"ed', 'Enter')
  await tmux.until('\nechoed\n')
  expect(await tmux.capture()).toContain('$ echo e"cho"ed\n')
}

const lineOf = (screen: string, word: string): string => screen.split('\n').find(line => line.includes(word)) ?? ''

withTmux('screens on a terminal', () => {
  test('keys act, one by one, and q gives the terminal back', async () => {
    const { tmux } = await started()
    expect(await tmux.tell('#{cursor_flag} #{alternate_on}')).toBe('0 1')
    await tmux.send('jjj', 'Up', 'PageDown', 'Enter', 'C-d')
    await tmux.until('keys char:j char:j char:j up pgdn enter ctrl:d')
    await tmux.send('Escape')
    await tmux.until('ctrl:d escape')
    await tmux.paste('q\nq \x1b[31mq')
    await tmux.until('escape paste:q q [31mq')
    await tmux.send('q')
    await isBack(tmux, 0)
  })

  test('a frame fills the terminal, to its last column, and scrolls nothing', async () => {
    const { tmux } = await started()
    const rows = (await tmux.until('the last row')).split('\n')
    expect(rows[0]).toMatch(/^counter 80×24/)
    expect(rows[4]).toBe('row 0')
    expect(rows[23]).toBe('the last row'.padStart(80))
    for (let i = 0; i < 20; i++) await tmux.send('x')
    await tmux.send('y')
    const after = (await tmux.until('char:x char:y')).split('\n')
    expect(after.toSpliced(1, 1)).toEqual(rows.toSpliced(1, 1))
  })

  test('another size is painted at once, and the first one again', async () => {
    const { tmux } = await started()
    const first = await tmux.capture()
    await tmux.resize(160, 50)
    const large = (await tmux.until(/counter 160×50[^]*the last row/)).split('\n')
    expect(large[49]).toBe('the last row'.padStart(160))
    expect(large.filter(line => line.includes('counter'))).toHaveLength(1)
    await tmux.resize(80, 24)
    await tmux.until(/counter 80×24[^]*the last row/)
    await eventually(async () => (await tmux.capture()) === first)
  })

  test('a terminal that is too small says so, and q and ctrl-c still end it', async () => {
    for (const key of ['q', 'C-c']) {
      const { tmux } = await started()
      await tmux.resize(60, 10)
      await tmux.until('meshwright needs 80×24, this terminal has 60×10')
      expect((await tmux.capture()).trim().split('\n')).toHaveLength(1)
      await tmux.send('j', 'Enter')
      await tmux.resize(80, 24)
      expect(lineOf(await tmux.until('the last row'), 'keys')).toBe('keys')
      await tmux.resize(20, 10)
      await tmux.until('meshwright needs\n80×24, this terminal\nhas 20×10')
      await tmux.send(key)
      await tmux.until('code 0')
    }
  })

  test('ctrl-c ends it', async () => {
    const { tmux } = await started()
    await tmux.send('C-c')
    await isBack(tmux, 0)
  })

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const)
    test(`${signal} gives the terminal back`, async () => {
      const { tmux, pid } = await started()
      process.kill(pid, signal)
      await isBack(tmux, 130)
      expect(readFileSync(errors(), 'utf8')).toBe('')
    })

  test('a terminal that goes away ends it, without a word', async () => {
    const { tmux, pid } = await started()
    await tmux.hangUp()
    await eventually(() => !runs(pid))
    expect(readFileSync(errors(), 'utf8')).toBe('')
  })

  test('a terminal that takes nothing any more does not hold it', async () => {
    const { tmux, pid } = await started({ columns: 200, rows: 60, environment: { LC_ALL: 'C.UTF-8', TICKS: '10' } })
    await tmux.until('the last row')
    await tmux.send('f')
    await tmux.until(/row 50 \d+ \d+/)
    const server = Number(await tmux.tell('#{pid}'))
    process.kill(server, 'SIGSTOP')
    try {
      // The kernel keeps some frames; then the program says at each tick that no more are taken.
      await eventually(() => readFileSync(errors(), 'utf8').split('full').length > 50)
      process.kill(pid, 'SIGTERM')
      await eventually(() => !runs(pid), 5)
    } finally {
      process.kill(server, 'SIGCONT')
    }
  })

  test('ctrl-Z stops it, the shell has its screen, and fg paints it again', async () => {
    const { tmux } = await started()
    for (const key of ['a', 'b']) {
      await tmux.send('C-z')
      const shell = await tmux.until(/Stopped|Suspended/)
      expect(shell).toContain('\nbefore\n')
      expect(await tmux.tell('#{cursor_flag} #{alternate_on}')).toBe('1 0')
      await tmux.send('fg; echo code $?', 'Enter')
      await tmux.until('the last row')
      await tmux.send(key)
      await tmux.until(`char:${key}`)
    }
    await tmux.send('q')
    await isBack(tmux, 0)
  })

  test('SIGTSTP stops it too, and a size changed meanwhile is seen', async () => {
    const { tmux, pid } = await started()
    process.kill(pid, 'SIGTSTP')
    await tmux.until(/Stopped|Suspended/)
    await tmux.resize(100, 30)
    await tmux.send('fg; echo code $?', 'Enter')
    await tmux.until(/counter 100×30[^]*the last row/)
  })

  test('stopped and continued from outside, it paints again', async () => {
    const { tmux, pid } = await started()
    await tmux.until('the last row')
    const before = await tmux.capture()
    process.kill(pid, 'SIGSTOP')
    await tmux.until(/Stopped|Suspended/)
    // The terminal is still raw: it makes no line feed of Enter.
    await tmux.send('fg; echo code $?', 'C-j')
    await tmux.until(screen => screen === before)
    await tmux.send('q')
    await tmux.until('code 0')
  })

  test('where no shell could continue it, ctrl-Z does nothing', async () => {
    const tmux = await Tmux.start({ command: counter })
    await tmux.until('the last row')
    await tmux.send('C-z', 'k')
    await tmux.until('keys char:k')
  })

  for (const [where, key] of [
    ['the screens', '!'],
    ['something else', '?'],
  ] as const)
    test(`a bug in ${where} gives the terminal back, then says what it was`, async () => {
      const { tmux } = await started()
      await tmux.send(key)
      await isBack(tmux, 1)
      expect(readFileSync(errors(), 'utf8')).toContain(key === '!' ? 'a bug in the screens' : 'a bug elsewhere')
    })

  test('escape sequences in what others said draw nothing but what is left of them', async () => {
    const { tmux } = await started()
    const screen = await tmux.until('the last row')
    expect(lineOf(screen, 'hostile')).toBe('�]0;owned��[2J�[31mhostile��31m��after')
    expect(await tmux.tell('#{pane_title}')).not.toContain('owned')
  })

  const sgr = /\x1b\[(?:\d+;)*(?:3[0-7]|4[0-7]|9[0-7]|10[0-7])/

  test('there is colour, and the selected row is inverse', async () => {
    const { tmux } = await started()
    await tmux.until('the last row')
    const screen = await tmux.capture({ styled: true })
    expect(screen).toMatch(sgr)
    expect(lineOf(screen, 'keys')).toContain('\x1b[7m')
    expect(screen).toMatch(/\x1b\[32m[^●]*● up/)
  })

  for (const environment of [{ NO_COLOR: '1' }, { TERM: 'dumb' }])
    test(`${Object.entries(environment).join().replace(',', '=')}: no colour, but the selected row is inverse`, async () => {
      const { tmux } = await started({ environment: { LC_ALL: 'C.UTF-8', ...environment } })
      await tmux.until('the last row')
      const screen = await tmux.capture({ styled: true })
      expect(screen).not.toMatch(sgr)
      expect(lineOf(screen, 'keys')).toContain('\x1b[7m')
      expect(screen).toContain('● up')
    })

  for (const environment of [
    { LC_ALL: 'C' },
    { LANG: 'en_US.UTF-8', LC_ALL: 'POSIX' },
    { LANG: 'C.UTF-8', MESHWRIGHT_ASCII: '1' },
  ])
    test(`ASCII: ${JSON.stringify(environment)}`, async () => {
      const { tmux } = await started({ environment })
      const screen = await tmux.until('the last row')
      expect(screen).not.toMatch(/[^\n\x20-\x7e]/)
      expect(lineOf(screen, 'up')).toBe('* up % stale o down _.-=+*%# |-++++++ +x>~')
    })

  test('CI=true, DEV=true and a screen reader change nothing of it', async () => {
    const { tmux } = await started({
      environment: { LC_ALL: 'C.UTF-8', CI: 'true', DEV: 'true', INK_SCREEN_READER: 'true', FORCE_COLOR: '0' },
    })
    const screen = await tmux.until('the last row')
    expect(lineOf(screen, 'up')).toBe('● up ◐ stale ○ down ▁▂▃▄▅▆▇█ │─┌┐└┘├┤ ✓✗→…')
    await tmux.send('q')
    await isBack(tmux, 0)
    expect(readFileSync(errors(), 'utf8')).toBe('')
  })

  for (const [what, redirected] of [
    ['input', '< /dev/null'],
    ['output', '| cat'],
  ] as const)
    test(`without a terminal as ${what} it names the command that needs none`, async () => {
      const tmux = await Tmux.start()
      await tmux.send(`${counter} ${redirected}; echo "done"`, 'Enter')
      expect(await tmux.until('\ndone')).toContain('`meshwright status`')
      expect(await tmux.tell('#{alternate_on}')).toBe('0')
    })
})
