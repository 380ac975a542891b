/** The real program on a real terminal, over the demo and over recordings. */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundle } from '../../scripts/bundle.mjs'
import { demoObservations } from '../../src/health/demo/demo.ts'
import { headerLine, headerOf, observationLine } from '../../src/health/recording.ts'
import { shippedFleet } from '../health/fleets.ts'
import { type Setup, Tmux, withTmux } from './tmux.ts'

const root = join(import.meta.dirname, '../..')
const directory = mkdtempSync(join(tmpdir(), 'meshwright program '))
const escape = '\u001b'

beforeAll(async () => {
  await bundle({ meshwright: 'src/cli/main.ts' }, join(directory, 'dist'))
  for (const name of ['mesh.yaml', 'regions']) cpSync(join(root, name), join(directory, name), { recursive: true })
  const fleet = await shippedFleet()
  const start = Date.UTC(2026, 0, 1)
  const seen = [20, 30, 40].flatMap(seconds => demoObservations(fleet, seconds, { faults: 'well', start }))
  // A host that has been taken over says what it likes.
  const hostile = seen.map(one =>
    one.kind === 'report' && one.host === 1
      ? {
          ...one,
          pools: [
            {
              name: `${escape}]0;owned${escape}\\${escape}[2J${escape}[31mzroot\u202e`,
              size: 10,
              allocated: 1,
              health: 'GONE\r\n\u0007',
            },
          ],
          missing: { [`${escape}[?1049l`]: `${escape}[41m!` },
        }
      : one,
  )
  const lines = (all: readonly (typeof seen)[number][]) =>
    `${[headerLine(headerOf(fleet, start, 10_000)), ...all.map(observationLine)].join('\n')}\n`
  writeFileSync(join(directory, 'hostile.jsonl'), lines(hostile))
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

/** A shell in the directory of the mesh, with `meshwright …` running on it. */
async function started(argv: string, setup: Setup = {}): Promise<Tmux> {
  const tmux = await Tmux.start(setup)
  await tmux.send(`cd '${directory}' && '${process.execPath}' dist/meshwright.js ${argv}; echo code $?`, 'Enter')
  return tmux
}

withTmux('meshwright ui', () => {
  test('leads a newcomer through the demo, and gives the terminal back', async () => {
    const tmux = await started('ui --demo')
    const overview = await tmux.until(/● hosts 6\/6 .* DEMO/)
    expect(overview.split('\n').filter(line => line.length > 80)).toEqual([])
    expect(overview).toContain('q quit')
    await tmux.send('5')
    await tmux.until(/● db +works/)
    await tmux.send('/', 'd', 'b', 'Enter')
    await tmux.until(screen => /● db +works/.test(screen) && !screen.includes('resolver'))
    await tmux.send('Enter')
    await tmux.until(/postgres +3\/3 run +led by/)
    await tmux.send('Escape', ':', 'host tesla', 'Enter')
    await tmux.until('FreeBSD 14.4-RELEASE')
    await tmux.send('y')
    await tmux.until(/^ *host: tesla/m)
    await tmux.resize(160, 50)
    await tmux.until(screen => screen.split('\n').filter(line => line !== '').length > 40)
    await tmux.resize(60, 20)
    await tmux.until('meshwright needs 80×24')
    await tmux.resize(80, 24)
    await tmux.until(/^ *host: tesla/m)
    await tmux.send('?')
    await tmux.until(/matrix/)
    await tmux.send('C-c')
    await tmux.until('\ncode 0\n')
    expect(await tmux.tell('#{cursor_flag} #{alternate_on}')).toBe('1 0')
  })

  test('a pause holds what is shown, and lets it go on', async () => {
    const tmux = await started('ui --demo --speed 5')
    await tmux.until(/DEMO +\d+ s old/)
    // In 80 columns the age gives way to what must be said.
    await tmux.resize(100, 24)
    await tmux.send('p')
    await tmux.until('PAUSED')
    await tmux.until(/PAUSED[^]*\b1\d s old|\b1\d s old[^]*PAUSED/)
    await tmux.send('p')
    await tmux.until(screen => !screen.includes('PAUSED') && /\b\d s old/.test(screen))
  })

  test('what a hostile host says is text, and nothing but text', async () => {
    const tmux = await started('ui --replay hostile.jsonl --speed 1000')
    const screen = await tmux.until(/zroot/)
    await tmux.until('ENDED')
    expect(screen).toContain('q quit')
    expect(await tmux.tell('#{pane_title}')).not.toContain('owned')
    expect(await tmux.tell('#{alternate_on}')).toBe('1')
    const styled = await tmux.capture({ styled: true })
    expect(styled).not.toContain(`${escape}[41m`)
    await tmux.send('q')
    await tmux.until('\ncode 0\n')
  })

  test('status --watch opens the same screens; status prints the same once', async () => {
    const tmux = await started('status --demo --watch', { columns: 120, rows: 30 })
    await tmux.until(/● hosts 6\/6 .* DEMO/)
    await tmux.send('q')
    await tmux.until('\ncode 0\n')
    await tmux.send('clear', 'Enter')
    await tmux.send("'", process.execPath, "' dist/meshwright.js status --demo --service db; echo code $?", 'Enter')
    await tmux.until(/DEMO aether: 6 of 6 hosts up[^]*db-postgres[^]*code 0/)
  })

  test('without a terminal there are no screens, and a word about what there is', async () => {
    const tmux = await started('ui --demo < /dev/null | cat')
    await tmux.until(/meshwright status/)
  })
})
