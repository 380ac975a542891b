/** Programs of hooks: no shell, a limit on how long and how many, and nothing of their output on the screen. */
import { type ChildProcess, spawn } from 'node:child_process'
import { printable } from '../../text/printable.ts'
import { reason } from '../../load/reason.ts'

export interface Call {
  readonly argv: readonly [string, ...string[]]
  /** On standard input. */
  readonly input: string
  /** Beside what every program needs. */
  readonly environment: Readonly<Record<string, string>>
}

/** Null: it ended well. A text says what went wrong. */
export type Run = (call: Call, signal: AbortSignal) => Promise<string | null>

/** Milliseconds; and from asking a program to end until it is ended. */
const usual = { limit: 30_000, grace: 2000 }

/** Of ours, nothing else: secrets of meshwright may lie there. */
const passedOn = ['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR'] as const
/** Milliseconds for what is still in a pipe. */
const lastWords = 200
/** Bytes of standard error that are kept: only its last line is shown. */
const kept = 4096

/** Runs it in a process group of its own, which is killed as a whole. */
export const runner =
  ({ limit, grace } = usual): Run =>
  ({ argv: [program, ...args], input, environment }, signal) =>
    new Promise(resolve => {
      const known = passedOn.flatMap(name => (process.env[name] === undefined ? [] : [[name, process.env[name]]]))
      const env = { ...(Object.fromEntries(known) as Record<string, string>), ...environment }
      let child: ChildProcess
      try {
        child = spawn(program, args, { cwd: '/', detached: true, env, stdio: ['pipe', 'ignore', 'pipe'] })
      } catch (cause) {
        resolve(`cannot be run: ${reason(cause)}`)
        return
      }
      let said = Buffer.alloc(0)
      let over = false
      let why: string | null = null
      const kill = (name: 'SIGTERM' | 'SIGKILL'): void => {
        if (child.pid === undefined) return
        try {
          process.kill(-child.pid, name)
        } catch {
          // Nobody is left.
        }
      }
      let killer: NodeJS.Timeout | undefined
      const stop = (text: string): void => {
        why ??= text
        kill('SIGTERM')
        killer ??= setTimeout(() => kill('SIGKILL'), grace)
      }
      const timer = setTimeout(() => stop(`was not done within ${limit / 1000} s`), limit)
      const aborted = (): void => stop('was not done when the watch ended')
      const end = (text: string | null): void => {
        if (over) return
        over = true
        clearTimeout(timer)
        clearTimeout(killer)
        signal.removeEventListener('abort', aborted)
        // Whoever it left behind has no business any more when it was stopped.
        if (why !== null) kill('SIGKILL')
        // A child of its own may hold it open.
        child.stderr?.destroy()
        const last = said
          .toString('utf8')
          .split('\n')
          .findLast(line => line.trim() !== '')
        resolve(text === null || last === undefined ? text : `${text}: ${printable(last.trim()).slice(0, 200)}`)
      }
      signal.addEventListener('abort', aborted)
      if (signal.aborted) aborted()
      child.on('error', cause => end(`cannot be run: ${reason(cause)}`))
      child.stderr?.on('data', (chunk: Buffer) => {
        said = Buffer.concat([said, chunk]).subarray(-kept)
      })
      // It need not read what it is told.
      child.stdin?.on('error', () => undefined)
      child.stdin?.end(input)
      child.on('exit', (code, name) => {
        const how = code === 0 ? null : code === null ? `was ended by ${name ?? 'a signal'}` : `exited with ${code}`
        // What it said last may still be on its way; whoever it left behind may hold the other end for long.
        child.on('close', () => end(why ?? how))
        setTimeout(() => end(why ?? how), lastWords)
      })
    })

const atOnce = 4
const mostWaiting = 100

/** All programs of all hooks. */
export class Programs {
  readonly #run: Run
  readonly #note: (text: string) => void
  readonly #waiting: Call[] = []
  readonly #stop = new AbortController()
  #running = 0
  #lost = 0
  #idle: () => void = () => undefined

  constructor(run: Run, note: (text: string) => void) {
    this.#run = run
    this.#note = note
  }

  call(call: Call): void {
    if (this.#waiting.length < mostWaiting) this.#waiting.push(call)
    else {
      if (this.#lost === 0) this.#note(`${call.argv[0]} is too slow: some changes are not told`)
      this.#lost += 1
    }
    this.#next()
  }

  #next(): void {
    while (this.#running < atOnce) {
      const call = this.#waiting.shift()
      if (call === undefined) break
      this.#running += 1
      void this.#run(call, this.#stop.signal)
        .catch((cause: unknown) => reason(cause))
        .then(problem => {
          if (problem !== null) this.#note(`${call.argv[0]} ${problem}`)
          this.#running -= 1
          this.#next()
        })
    }
    if (this.#running === 0) this.#idle()
  }

  /** Waits for those that run and those that wait; after so many milliseconds, for none of them. */
  async close(patience: number): Promise<void> {
    if (this.#running === 0) return
    const timer = setTimeout(() => {
      const left = this.#waiting.splice(0).length
      if (left > 0) this.#note(`${left} changes are not told: the watch ended`)
      this.#stop.abort()
    }, patience)
    await new Promise<void>(resolve => (this.#idle = resolve))
    clearTimeout(timer)
  }
}
