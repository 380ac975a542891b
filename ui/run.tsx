/** Ties screens to a terminal: keys and news change a state, the state is drawn; and the terminal is given back, however this ends. */
import { isatty } from 'node:tty'
import { exitCodes } from '../src/cli/io.ts'
import { type Key, KeyReader } from './keys.ts'
import { fit, fitLine, type Frame, type Line, type Size, span } from './line.ts'
import { lookOf, lookText } from './terminal/look.ts'
import { type Input, type Output, pause, Screen } from './terminal/screen.ts'

/** Screens, as values: nothing in here waits. */
export interface Shell<S> {
  readonly initial: S
  onKey(state: S, key: Key): S
  frame(state: S, size: Size): Frame
  ended(state: S): boolean
  /** Told at the start, and when the terminal has another size. */
  resized?(state: S, size: Size): S
  /** News from outside: calls `update` whenever there are some; the result ends that. */
  subscribe(update: (change: (state: S) => S) => void): () => void
}

export interface Terminal {
  readonly stdin: Input
  readonly stdout: Output
  readonly stderr: { write(text: string): unknown }
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
}

const least: Size = { columns: 80, rows: 24 }
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const
/** Milliseconds after which a process that was not stopped by SIGTSTP goes on: nobody could have continued it. */
const stopped = 100

/** Ends with the exit code: when the screens have ended, by a signal, or with the terminal. */
export async function runScreens<S>(shell: Shell<S>, terminal: Terminal): Promise<number> {
  const { stdin, stdout, stderr, environment, signal } = terminal
  if (!stdin.isTTY || !stdout.isTTY) {
    stderr.write('error: screens need a terminal; `meshwright status` prints the same without one\n')
    return exitCodes.refused
  }
  // Here, so that whoever needs no screens does not wait for React.
  const { Canvas } = await import('./terminal/canvas.tsx')
  if (signal.aborted) return exitCodes.interrupted
  const canvas = new Canvas()
  const look = lookOf(environment)
  const keys = new KeyReader()
  const { end, finish, fail } = ending()
  let state = shell.initial
  let suspended = false
  let over = false

  const screen = new Screen(stdin, stdout, {
    lines: size =>
      frameOf(size, roomy(size) ? shell.frame(state, size) : tooSmall(size)).map(one => lookText(one, look)),
    draw: (changed, columns) => canvas.draw(changed, columns),
    failed: fail,
  })

  function update(change: (state: S) => S): void {
    try {
      state = change(state)
      if (shell.ended(state)) finish(exitCodes.done)
      else screen.changed()
    } catch (cause) {
      fail(cause)
    }
  }

  const resized = () => {
    const { size } = screen
    screen.repaint()
    update(before => shell.resized?.(before, size) ?? before)
  }

  function pressed(key: Key): void {
    const letter = key.kind === 'ctrl' ? key.char : null
    if (letter === 'c') return finish(exitCodes.done)
    if (letter === 'z') return void suspend()
    if (letter === 'l') screen.repaint()
    if (roomy(screen.size)) update(before => shell.onKey(before, key))
    else if (key.kind === 'char' && key.char === 'q') finish(exitCodes.done)
  }

  let silence: NodeJS.Timeout | undefined
  function read(chunk: Uint8Array | string): void {
    clearTimeout(silence)
    for (const key of keys.push(chunk)) pressed(key)
    if (keys.patience !== null)
      silence = setTimeout(() => {
        for (const key of keys.flush()) pressed(key)
      }, keys.patience)
  }

  /** As a terminal does at ctrl-Z: the whole process group stops, unless nobody is there to continue it. */
  async function suspend(): Promise<void> {
    if (suspended) return
    suspended = true
    await screen.leave()
    process.off('SIGTSTP', onStop).once('SIGCONT', resume)
    const timer = setTimeout(resume, stopped)
    if (!over) process.kill(0, 'SIGTSTP')
    function resume(): void {
      clearTimeout(timer)
      process.off('SIGCONT', resume)
      if (over) return
      suspended = false
      process.on('SIGTSTP', onStop)
      screen.enter()
    }
  }

  const onStop = () => void suspend()
  /** Others may have used the terminal meanwhile, and it may have another size. */
  const onContinue = () => {
    screen.reenter()
    process.emit('SIGWINCH')
  }
  const interrupted = () => finish(exitCodes.interrupted)
  const vanished = () => {
    screen.vanished()
    interrupted()
  }
  const restore = () => screen.restore()

  process.on('exit', () => {
    if (!isatty(stdin.fd)) hangUp()
  })
  // These two stay: a terminal that is gone says so late, and an error without a listener would be uncaught.
  stdin.on('error', vanished)
  stdout.on('error', vanished)
  stdin.on('end', vanished).on('data', read)
  stdout.on('resize', resized)
  for (const name of signals) process.on(name, interrupted)
  process.on('SIGTSTP', onStop).on('SIGCONT', onContinue)
  process.on('uncaughtExceptionMonitor', restore).on('exit', restore)
  signal.addEventListener('abort', interrupted)
  let unsubscribe = () => {}
  try {
    screen.enter()
    resized()
    unsubscribe = shell.subscribe(update)
    return await end
  } finally {
    over = true
    unsubscribe()
    clearTimeout(silence)
    stdin.off('end', vanished).off('data', read).pause()
    stdout.off('resize', resized)
    signal.removeEventListener('abort', interrupted)
    await screen.leave()
    for (const name of signals) process.off(name, interrupted)
    process.off('SIGTSTP', onStop).off('SIGCONT', onContinue)
    process.off('uncaughtExceptionMonitor', restore).off('exit', restore)
    canvas.close()
  }
}

function ending() {
  let finish: (code: number) => void = () => {}
  let fail: (cause: unknown) => void = () => {}
  const end = new Promise<number>((resolve, reject) => {
    finish = resolve
    fail = reject
  })
  return { end, finish: (code: number) => finish(code), fail: (cause: unknown) => fail(cause) }
}

/** Node ends with an abort and a core when a terminal that it began with is gone (its ResetStdio): end as others do then. */
function hangUp(): void {
  process.removeAllListeners('SIGHUP').kill(process.pid, 'SIGHUP')
  pause(1000)
}

const roomy = ({ columns, rows }: Size): boolean => columns >= least.columns && rows >= least.rows

/** Exactly the rows of the terminal, none wider than it. */
function frameOf({ columns, rows }: Size, frame: Frame): Frame {
  const lines: Line[] = frame.slice(0, rows).map(line => fitLine(line, columns))
  while (lines.length < rows) lines.push([])
  return lines
}

function tooSmall({ columns, rows }: Size): Frame {
  const words = `meshwright needs ${least.columns}×${least.rows}, this terminal has ${columns}×${rows}`.split(' ')
  const lines: string[] = []
  for (const word of words) {
    const longer = `${lines.at(-1) ?? ''} ${word}`
    if (lines.length > 0 && longer.length <= columns) lines[lines.length - 1] = longer
    else lines.push(word)
  }
  return lines.map(text => [span(fit(text, columns))])
}
