/**
 * A file replaced as a whole: written beside its place, forced to disk, renamed over it. The name of the file in the
 * making is always the same (the directory has one writer at a time), so what a killed run leaves, the next one takes.
 */
import { chown, open, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** `mode` for a new file; one that is there keeps its own mode and owner, and a symbolic link keeps pointing. */
export async function replaceFile(
  path: string,
  content: string | Uint8Array,
  mode: 0o600 | 0o644 | 0o755,
): Promise<void> {
  const target = await realpath(path).catch(() => path)
  const before = await stat(target).catch(() => null)
  const making = join(dirname(target), `.${basename(target)}.new`)
  await rm(making, { force: true })
  try {
    const file = await open(making, 'wx', before === null ? mode : before.mode & 0o777)
    try {
      await file.writeFile(content)
      await file.sync()
    } finally {
      await file.close()
    }
    if (before !== null && process.getuid?.() === 0) await chown(making, before.uid, before.gid)
    await rename(making, target)
  } catch (cause) {
    await rm(making, { force: true }).catch(() => undefined)
    throw cause
  }
}
