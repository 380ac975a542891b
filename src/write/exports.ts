/** Exports onto the disk: each file whole, only those that changed, and one writer at a time in a directory. */
import { mkdir, readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { type Diagnostic, error } from '../../topology/diagnostic.ts'
import type { ExportFile } from '../export/files.ts'
import { reason } from '../load/reason.ts'
import { replaceFile } from './replace.ts'
import { RunLock, type Waiting } from './runlock.ts'

export interface Written {
  readonly path: string
  readonly changed: boolean
}

/** Files that are there and are none of these stay. */
export async function writeExports(
  directory: string,
  files: readonly ExportFile[],
  waiting: Waiting,
): Promise<readonly Written[] | Diagnostic> {
  let path = directory
  try {
    await mkdir(directory, { recursive: true })
    const lock = await RunLock.take(join(directory, '.meshwright.lock'), waiting)
    if (!(lock instanceof RunLock)) return lock
    try {
      const written: Written[] = []
      for (const file of files) {
        path = join(directory, file.path)
        await mkdir(dirname(path), { recursive: true })
        const changed = (await readFile(path).catch(() => null))?.equals(Buffer.from(file.text)) !== true
        if (changed) await replaceFile(path, file.text, 0o644)
        written.push({ path, changed })
      }
      return written
    } finally {
      await lock.release()
    }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === undefined) throw cause
    const said = (cause as NodeJS.ErrnoException).path ?? path
    return error('unwritable', `${said} cannot be written: ${reason(cause)}`)
  }
}

export const writeExport = (path: string, text: string, waiting: Waiting): Promise<readonly Written[] | Diagnostic> =>
  writeExports(dirname(path), [{ path: basename(path), text }], waiting)
