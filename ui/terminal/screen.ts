/**
 * The terminal, while screens are on it: its modes, and what is painted (ECMA-48, xterm's ctlseqs). Every escape sequence
 * that leaves is made here or in look.ts. Only lines that changed are painted, at most twenty times a second, and none
 * while the terminal has not taken the last ones.
 */
import { writeSync } from 'node:fs'
import type { ReadStream, WriteStream } from 'node:tty'
import { type Size, widthOf } from '../line.ts'
import { harmless, withoutSgr } from './look.ts'

/** Milliseconds between two paintings. */
const interval = 50
/** Milliseconds that a terminal gets to take the last bytes. */
const farewell = 500

const enterModes = '\x1b[?1049h\x1b[?25l\x1b[?2004h\x1b[0m\x1b[2J\x1b[H'
/** Cleared first: a console without an alternate screen gets a clean one back. */
const leaveModes = '\x1b[?2026l\x1b[0m\x1b[?7h\x1b[H\x1b[2J\x1b[?2004l\x1b[?25h\x1b[?1049l'

/** As process.stdin and process.stdout: the types of their classes do not tell their numbers. */
export type Input = ReadStream & { readonly fd: number }
export type Output = WriteStream & { readonly fd: number }

export interface Painter {
  /** As many lines as the size has rows: text and SGR. */
  lines(size: Size): readonly string[]
  /** The lines among them that have changed, as they shall be written. */
  draw(changed: readonly string[], columns: number): readonly string[]
  /** One of these has thrown. */
  failed(cause: unknown): void
}

export class Screen {
  readonly #input: Input
  readonly #output: Output
  readonly #painter: Painter
  #entered = false
  /** The terminal went away: nothing is written any more. */
  #gone = false
  /** What stands there; a line that is missing has to be painted. */
  #shown: readonly string[] = []
  #timer: NodeJS.Timeout | null = null
  #paintedAt = -Infinity
  #full = false
  #due = false

  constructor(input: Input, output: Output, painter: Painter) {
    this.#input = input
    this.#output = output
    this.#painter = painter
  }

  get size(): Size {
    // A terminal that does not know says 0.
    return { columns: this.#output.columns || 80, rows: this.#output.rows || 24 }
  }

  enter(): void {
    if (this.#entered || this.#gone) return
    this.#entered = true
    // First, because it stops a process that is in the background.
    this.#raw(true)
    this.#blocking(false)
    this.#write(enterModes)
    this.repaint()
  }

  /** The process was stopped and goes on: its terminal has been in other hands. */
  reenter(): void {
    if (!this.#entered || this.#gone) return
    this.#raw(false)
    this.#raw(true)
    this.#write(enterModes)
    this.repaint()
  }

  /** Something is different: paints it as soon as it may. */
  changed(): void {
    if (!this.#entered || this.#timer !== null) return
    if (this.#full) {
      this.#due = true
      return
    }
    const wait = Math.max(0, this.#paintedAt + interval - performance.now())
    this.#timer = setTimeout(() => {
      this.#timer = null
      this.#paint()
    }, wait)
  }

  /** All of it: the terminal no longer shows what was painted. */
  repaint(): void {
    this.#shown = []
    this.changed()
  }

  /** The terminal as it was, once it has taken that. */
  async leave(): Promise<void> {
    if (!this.#entered) return
    this.#entered = false
    this.#stop()
    this.#raw(false)
    if (this.#gone) return
    const taken = await new Promise<boolean>(resolve => {
      const timer = setTimeout(() => resolve(false), farewell)
      this.#output.write(leaveModes, () => {
        clearTimeout(timer)
        resolve(true)
      })
    })
    if (!taken) this.#writeNow()
    this.#blocking(true)
    // What it has not taken would keep the process alive.
    if (!taken) this.#handle?.close?.()
  }

  /** The same at once: the process is about to end. */
  restore(): void {
    if (!this.#entered) return
    this.#entered = false
    this.#stop()
    this.#raw(false)
    if (this.#gone) return
    this.#writeNow()
    this.#blocking(true)
  }

  vanished(): void {
    this.#gone = true
    this.#stop()
  }

  #paint(): void {
    if (!this.#entered || this.#gone) return
    try {
      const { columns } = this.size
      const lines = this.#painter.lines(this.size)
      const rows = [...lines.keys()].filter(row => lines[row] !== this.#shown[row])
      const drawn = this.#painter.draw(
        rows.map(row => lines[row] ?? ''),
        columns,
      )
      this.#shown = lines
      this.#paintedAt = performance.now()
      if (rows.length > 0) this.#write(painting(rows, drawn, columns))
    } catch (cause) {
      this.#painter.failed(cause)
    }
  }

  #write(text: string): void {
    if (this.#gone || this.#output.write(text)) return
    this.#full = true
    this.#output.once('drain', () => {
      this.#full = false
      const due = this.#due
      this.#due = false
      if (due) this.changed()
    })
  }

  /** Past the stream, which may still hold a frame that nobody will see; and not for long, if nothing is taken. */
  #writeNow(): void {
    for (let attempt = 0; attempt < 20; attempt++)
      try {
        writeSync(this.#output.fd, leaveModes)
        return
      } catch (cause) {
        // Whoever took the terminal away does not miss this.
        if ((cause as NodeJS.ErrnoException).code !== 'EAGAIN') return
        pause(10)
      }
  }

  #stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#due = false
  }

  #raw(on: boolean): void {
    try {
      this.#input.setRawMode(on)
    } catch {
      // It went away.
    }
  }

  /**
   * Node writes to terminals so that everything waits for a slow one: hosts would not be looked at, signals not heard.
   * Its streams can do without, but have no public name for it.
   */
  #blocking(on: boolean): void {
    this.#handle?.setBlocking?.(on)
  }

  get #handle(): Handle | null | undefined {
    return (this.#output as unknown as { _handle?: Handle | null })._handle
  }
}

interface Handle {
  setBlocking?(on: boolean): unknown
  close?(): void
}

/** Stands still for so many milliseconds. */
export const pause = (milliseconds: number): void =>
  void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)

/** Synchronised where the terminal knows it; without automatic margins, so that a character wider than thought spoils one line only. */
function painting(rows: readonly number[], drawn: readonly string[], columns: number): string {
  const lines = rows.map((row, i) => {
    const text = harmless(drawn[i] ?? '')
    const place = `\x1b[${row + 1};1H\x1b[0m`
    // After its last column a terminal would erase that one.
    return widthOf(withoutSgr(text)) < columns ? `${place}${text}\x1b[0m\x1b[K` : `${place}\x1b[2K${text}`
  })
  return `\x1b[?2026h\x1b[?7l${lines.join('')}\x1b[0m\x1b[?7h\x1b[?2026l`
}
