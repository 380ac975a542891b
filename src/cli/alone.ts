/** One writer at a time in a mesh directory, whichever command it is. */
import { join, resolve } from 'node:path'
import { error } from '../../topology/diagnostic.ts'
import { noMesh } from '../load/directory.ts'
import { reason } from '../load/reason.ts'
import { RunLock } from '../write/runlock.ts'
import { type ExitCode, type Io, refuse } from './io.ts'

export interface Exclusive {
  readonly directory: string
  /** Seconds to wait for another writer. */
  readonly wait: number
  readonly json: boolean
}

export async function alone(io: Io, options: Exclusive, work: () => Promise<ExitCode>): Promise<ExitCode> {
  // A directory without a mesh gets no lock file either.
  const missing = await noMesh(options.directory)
  if (missing !== null) return refuse(io, [missing], options.json)
  const lock = await RunLock.take(join(options.directory, '.meshwright.lock'), waiting(io, options))
  if (!(lock instanceof RunLock)) return refuse(io, [lock], options.json)
  try {
    return await work()
  } catch (cause) {
    const { code, path } = cause as NodeJS.ErrnoException
    if (code === undefined || io.signal.aborted) throw cause
    const what = `${path ?? options.directory} cannot be written: ${reason(cause)}`
    return refuse(io, [error('unwritable', what, undefined, 'What was there before is still there.')], options.json)
  } finally {
    await lock.release()
  }
}

export const waiting = (io: Io, options: { readonly wait: number }) => ({
  patience: options.wait,
  onWait: (holder: string) => io.stderr.write(`waiting for another meshwright: ${holder}\n`),
  signal: io.signal,
})

export const outOf = (options: { readonly directory: string; readonly out?: string }): string =>
  resolve(options.out ?? join(options.directory, 'out'))
