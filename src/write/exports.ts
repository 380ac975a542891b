/** Exports onto the disk: each file whole, only those that changed, and one writer at a time in a directory. */
import { mkdir, readFile, stat } from 'node:fs/promises'
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
        // A device would be replaced, and whoever reads a FIFO waits for ever.
        if ((await stat(path).catch(() => null))?.isFile() === false) return noFile(path)
        const changed = (await readFile(path).catch(() => null))?.equals(Buffer.from(file.text)) !== true
        if (changed) await replaceFile(path, file.text, file.executable === true ? 0o755 : 0o644)
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

/** Of anything that is there and is no file, as /dev/stdout, nothing in its directory is touched. */
export const writeExport = async (
  path: string,
  text: string,
  waiting: Waiting,
  executable = false,
): Promise<readonly Written[] | Diagnostic> =>
  (await stat(path).catch(() => null))?.isFile() === false || basename(path) === ''
    ? noFile(path)
    : writeExports(dirname(path), [{ path: basename(path), text, executable }], waiting)

const noFile = (path: string): Diagnostic =>
  error('unwritable', `${path} cannot be written: it is no file`, undefined, 'Without --to, one text goes to stdout.')
