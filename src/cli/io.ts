/** What a command may touch of the world around it, so that tests can stand in for the terminal. */
import { type Diagnostic, hasErrors } from '../../topology/diagnostic.ts'
import { jsonOf, type Paint, paintFor, reportText } from './report.ts'

export interface Io {
  readonly stdout: Out
  readonly stderr: Out
  /** All of standard input; null: more than `limit` bytes. */
  readonly read: (limit: number) => Promise<Uint8Array | null>
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
  /** Takes SIGHUP until what it gives back is called. Otherwise, and where a terminal hangs up, it ends the command. */
  readonly onHangup?: (told: () => void) => () => void
  /** Digest of the program itself: another version may render other bytes from the same mesh. */
  readonly program: () => Promise<string>
  /** Program of the thread that works preshared keys out; without it they are derived as they are needed. */
  readonly keyWorker?: URL
}

interface Out {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

export const exitCodes = { done: 0, refused: 1, usage: 2, changes: 3, interrupted: 130 } as const
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

export const paintOf = (io: Io, stream: 'stdout' | 'stderr' = 'stdout'): Paint => paintFor(io[stream], io.environment)

/** Shows what there is to say about the mesh, on stderr. */
export function report(io: Io, diagnostics: readonly Diagnostic[], least: Diagnostic['severity'] = 'warning'): void {
  const shown = diagnostics.filter(d => d.severity !== 'note' || least === 'note')
  if (shown.length > 0) io.stderr.write(`${reportText(shown, paintOf(io, 'stderr'))}\n`)
}

/** Ends a command that was refused: all problems, then how many there are. */
export function refuse(io: Io, diagnostics: readonly Diagnostic[], json = false): ExitCode {
  if (json) io.stdout.write(`${JSON.stringify({ ok: false, diagnostics: jsonOf(diagnostics) }, null, 2)}\n`)
  else {
    report(io, diagnostics)
    const errors = diagnostics.filter(d => d.severity === 'error').length
    if (errors > 1) io.stderr.write(`${errors} errors; nothing was written.\n`)
  }
  return hasErrors(diagnostics) ? exitCodes.refused : exitCodes.done
}

export const count = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`
