/** A real terminal to drive programs on: tmux(1), a server of its own for each. */
import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { describe, onTestFinished } from 'vitest'

const run = promisify(execFile)

/** Tests that need tmux. Where they must run (MESHWRIGHT_ROOT_TESTS=1), nothing is skipped. */
export const withTmux = describe.skipIf(
  process.env['MESHWRIGHT_ROOT_TESTS'] !== '1' && spawnSync('tmux', ['-V']).status !== 0,
)

export interface Setup {
  readonly columns?: number
  readonly rows?: number
  /** All there is, beside PATH and HOME. */
  readonly environment?: Readonly<Record<string, string>>
  /** What runs there; its end closes the terminal. */
  readonly command?: string
}

export class Tmux {
  readonly #directory = mkdtempSync(join(tmpdir(), 'meshwright-tmux-'))

  /** A shell with job control, unless another command is given; it goes when the test is done. */
  static async start(setup: Setup = {}): Promise<Tmux> {
    const tmux = new Tmux()
    onTestFinished(() => tmux.stop())
    const { columns = 80, rows = 24, environment = { LC_ALL: 'C.UTF-8' }, command = 'sh -i' } = setup
    const variables = { PATH: process.env['PATH'] ?? '', HOME: tmux.#directory, PS1: '$ ', ...environment }
    const named = Object.entries(variables).map(([name, value]) => `${name}='${value}'`)
    await tmux.#tmux(
      ...['start-server', ';', 'set-option', '-g', 'status', 'off', ';', 'new-session', '-d', '-s', 'test'],
      ...['-x', String(columns), '-y', String(rows), `exec env -i TERM=screen ${named.join(' ')} ${command}`],
    )
    // What is typed before it has asked may be thrown away.
    if (setup.command === undefined) await tmux.until('$')
    return tmux
  }

  /** Names of keys as tmux has them: `Up`, `C-c`, `PageDown`; anything else is typed. */
  async send(...keys: readonly string[]): Promise<void> {
    await this.#tmux('send-keys', '-t', 'test', ...keys)
  }

  /** As from a clipboard. */
  async paste(text: string): Promise<void> {
    await this.#tmux('set-buffer', '--', text, ';', 'paste-buffer', '-p', '-t', 'test')
  }

  /** What stands on the terminal: one line for each row, without trailing blanks; with its SGR if `styled`. */
  async capture({ styled = false } = {}): Promise<string> {
    return this.#tmux('capture-pane', '-p', ...(styled ? ['-e'] : []), '-t', 'test')
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.#tmux('resize-window', '-t', 'test', '-x', String(columns), '-y', String(rows))
  }

  /** What tmux knows of it: `#{cursor_flag}`, `#{pane_pid}`. */
  async tell(format: string): Promise<string> {
    return (await this.#tmux('display-message', '-p', '-t', 'test', format)).trim()
  }

  /** Waits until this is to be seen; returns the whole of it. */
  async until(wanted: string | RegExp | ((screen: string) => boolean), seconds = 20): Promise<string> {
    const seen = (screen: string) =>
      typeof wanted === 'string'
        ? screen.includes(wanted)
        : typeof wanted === 'function'
          ? wanted(screen)
          : wanted.test(screen)
    let screen = ''
    await eventually(async () => seen((screen = await this.capture())), seconds).catch(() => {
      throw new Error(`not seen in ${seconds} s: ${String(wanted)}\n${screen}`)
    })
    return screen
  }

  /** Closes the terminal under whatever runs on it. */
  async hangUp(): Promise<void> {
    await this.#tmux('kill-session', '-t', 'test')
  }

  async stop(): Promise<void> {
    await this.#tmux('kill-server').catch(() => '')
    rmSync(this.#directory, { recursive: true, force: true })
  }

  async #tmux(...argv: readonly string[]): Promise<string> {
    const environment = { PATH: process.env['PATH'], TMUX_TMPDIR: this.#directory, LC_ALL: 'C.UTF-8', SHELL: '/bin/sh' }
    const { stdout } = await run('tmux', ['-u', '-L', 'test', '-f', '/dev/null', ...argv], { env: environment })
    return stdout
  }
}

/** Asks again and again, for so long. */
export async function eventually(holds: () => boolean | Promise<boolean>, seconds = 20): Promise<void> {
  const end = performance.now() + seconds * 1000
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`not so in ${seconds} s: ${String(holds)}`)
    await delay(50)
  }
}

export function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
