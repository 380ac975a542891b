/**
 * out/, replaced as a whole or not at all. The new tree is laid out beside the old one, unchanged files as hard links,
 * then two renames put it in place; a run that was killed between them is finished by the next. Beside out/ lies
 * `.out.meshwright/` (0700, ignored by git through a .gitignore of its own) with the tree in the making and an index of
 * what was written: size and times of each file, so that an unchanged tree need not be read again.
 */
import { type Dirent, linkSync, lstatSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { lstat, mkdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { type Diagnostic, error } from '../../topology/diagnostic.ts'
import { byText } from '../../topology/names.ts'
import { reason } from '../load/reason.ts'
import type { FileBytes } from '../render/host.ts'
import { replaceFile } from './replace.ts'
import { RunLock, type Waiting } from './runlock.ts'

/** Paths in out/, with `/` between their parts: `tesla/etc/pf.conf`, `tesla.manifest.json`. */
export type TreePath = string

interface Entry {
  readonly sha256: string
  readonly mode: number
  /** size, mtime, ctime, inode as lstat(2) gave them after the file was put in place. */
  readonly stamp: string
}

/** What a run leaves for the next: the digest of what the tree was made from, and whatever else the caller adds. */
export interface Remembered {
  readonly input: string
}

interface Index {
  readonly last: Remembered
  readonly files: Readonly<Record<TreePath, Entry>>
}

export interface Written {
  readonly written: readonly TreePath[]
  readonly removed: readonly TreePath[]
  readonly unchanged: number
}

export class OutTree {
  readonly #out: string
  readonly #state: string
  readonly #lock: RunLock
  #index: Index | null = null

  private constructor(out: string, state: string, lock: RunLock) {
    this.#out = out
    this.#state = state
    this.#lock = lock
  }

  /** Takes the tree for this process, and finishes or clears what a killed one left. */
  static async open(directory: string, waiting: Waiting): Promise<OutTree | Diagnostic> {
    try {
      const { out, state } = await placeOf(directory)
      if (!(await exists(state))) await mkdir(state, { mode: 0o700 })
      await writeFile(join(state, '.gitignore'), '*\n')
      const lock = await RunLock.take(join(state, 'lock'), waiting)
      if (!(lock instanceof RunLock)) return lock
      try {
        await recover(out, state)
        const foreign = foreignEntry(out)
        if (foreign !== null) {
          await lock.release()
          return error(
            'foreign-files',
            `${directory} holds ${JSON.stringify(foreign)}, which meshwright did not put there`,
            undefined,
            'The directory is replaced as a whole: give --out one of its own, or move the file away.',
          )
        }
        const tree = new OutTree(out, state, lock)
        tree.#index = await readIndex(join(state, 'index.json'))
        return tree
      } catch (cause) {
        await lock.release()
        throw cause
      }
    } catch (cause) {
      if (waiting.signal.aborted) throw cause
      return error('unwritable', `${directory} cannot be written: ${reason(cause)}`)
    }
  }

  /** What the last run left word of, without taking the tree: null when there was none. */
  static async peek(directory: string): Promise<Remembered | null> {
    const place = await realpath(directory).catch(() => null)
    return place === null ? null : ((await readIndex(join(stateOf(place), 'index.json')))?.last ?? null)
  }

  /** Number of files when the tree is what `input` made and nobody has touched it since; null otherwise. */
  unchangedSince(input: string): number | null {
    if (this.#index?.last.input !== input) return null
    const files = Object.entries(this.#index.files)
    const found = listFiles(this.#out)
    if (found.length !== files.length) return null
    for (const [path, entry] of files) if (stampOf(join(this.#out, path)) !== entry.stamp) return null
    return files.length
  }

  /**
   * Writes the tree. `hosts` yields the files of one host after the other; `commit` runs between the last file written
   * and the tree taking its place, for what must be on disk before; what `remember` gives is there for the next run.
   */
  async write(
    hosts: Iterable<readonly (readonly [TreePath, FileBytes])[]>,
    { commit, remember }: { readonly commit: () => Promise<void>; readonly remember: () => Promise<Remembered> },
    signal: AbortSignal,
  ): Promise<Written> {
    const next = join(this.#state, 'next')
    const before = this.#index?.files ?? {}
    const entries: Record<TreePath, { sha256: string; mode: number }> = {}
    const written: TreePath[] = []
    const kept: TreePath[] = []
    const pending = new Set<Promise<void>>()
    let pendingBytes = 0
    const failures: unknown[] = []
    const start = (job: Promise<void>, bytes: number) => {
      pendingBytes += bytes
      const done = job
        .catch((cause: unknown) => void failures.push(cause))
        .finally(() => {
          pending.delete(done)
          pendingBytes -= bytes
        })
      pending.add(done)
    }
    await mkdir(next, { mode: 0o755 })
    const staging = new Staging(next)
    for (const files of hosts) {
      for (const [path, file] of files) {
        entries[path] = { sha256: file.sha256, mode: file.mode }
        const old = before[path]
        const same = old?.sha256 === file.sha256 && old.mode === file.mode
        if (same && stampOf(join(this.#out, path)) === old.stamp) {
          kept.push(path)
          continue
        }
        written.push(path)
        try {
          const job = staging.write(path, file)
          if (job !== null) start(job, file.bytes.length)
        } catch (cause) {
          failures.push(cause)
          break
        }
      }
      // Rendering is faster than a disk: at most this much waits in memory.
      while (pendingBytes > 48 * 2 ** 20 || pending.size > 512) await Promise.race(pending)
      if (failures.length > 0 || signal.aborted) break
      await turn()
    }
    await Promise.all(pending)
    const removed = listFiles(this.#out)
      .filter(path => !Object.hasOwn(entries, path))
      .toSorted(byText)
    try {
      signal.throwIfAborted()
      for (const cause of failures) throw cause
      if (written.length > 0 || removed.length > 0) {
        for (const path of kept) staging.keep(this.#out, path)
        await commit()
        await this.#swap(next)
      } else {
        await commit()
        await rm(next, { recursive: true, force: true })
      }
    } catch (cause) {
      await rm(next, { recursive: true, force: true })
      throw cause
    }
    await this.#remember(await remember(), entries)
    return { written: written.toSorted(byText), removed, unchanged: kept.length }
  }

  async #swap(next: string): Promise<void> {
    const previous = join(this.#state, 'previous')
    // From here a killed run is finished, not undone: `previous` is there only when `next` is complete.
    const had = await rename(this.#out, previous).then(
      () => true,
      (cause: unknown) => {
        if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return false
        throw cause
      },
    )
    await rename(next, this.#out)
    if (had) await rm(previous, { recursive: true, force: true })
  }

  async #remember(last: Remembered, entries: Record<TreePath, { sha256: string; mode: number }>): Promise<void> {
    const files: Record<TreePath, Entry> = {}
    for (const [path, entry] of Object.entries(entries))
      files[path] = { ...entry, stamp: stampOf(join(this.#out, path)) ?? '' }
    const index: Index = { last, files }
    await replaceFile(join(this.#state, 'index.json'), JSON.stringify(index), 0o644)
  }

  async close(): Promise<void> {
    await this.#lock.release()
  }
}

/** out/ itself, through any symbolic link the admin put there, and the directory beside it. */
async function placeOf(directory: string): Promise<{ out: string; state: string }> {
  const out = await realpath(directory).catch(async (cause: unknown) => {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause
    await makeDirectories(dirname(resolve(directory)))
    return join(await realpath(dirname(directory)), basename(directory))
  })
  return { out, state: stateOf(out) }
}

/** mkdir -p; Node's own tries for ever where the system says there is no such file, as below /proc. */
async function makeDirectories(path: string): Promise<void> {
  if (await exists(path)) return
  await makeDirectories(dirname(path))
  await mkdir(path).catch((cause: unknown) => {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause
  })
}

const stateOf = (out: string): string => join(dirname(out), `.${basename(out)}.meshwright`)

async function recover(out: string, state: string): Promise<void> {
  const [next, previous] = [join(state, 'next'), join(state, 'previous')]
  if ((await exists(previous)) && !(await exists(out))) await rename(next, out)
  await rm(previous, { recursive: true, force: true })
  await rm(next, { recursive: true, force: true })
}

/** The name of something in out/ that is no host and no manifest of ours. */
function foreignEntry(out: string): string | null {
  const entries = entriesOf(out)
  const names = new Set(entries.map(entry => entry.name))
  const ours = (name: string, directory: boolean) =>
    directory ? names.has(`${name}.manifest.json`) : name.endsWith('.manifest.json')
  return entries.find(entry => !ours(entry.name, entry.isDirectory()))?.name ?? null
}

const exists = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  )

/** From this size on a file is worth another thread; below it, asking for one costs more than writing. */
const large = 2 ** 16

/** The tree in the making. Directories lie in out/ as on the host: 0755, but WireGuard's 0700. */
class Staging {
  readonly #root: string
  readonly #made = new Set<string>()
  constructor(root: string) {
    this.#root = root
  }

  /** Null: it is written already. */
  write(path: TreePath, file: FileBytes): Promise<void> | null {
    this.#makeDirectoryOf(path)
    const [place, options] = [join(this.#root, path), { flag: 'wx', mode: file.mode }]
    if (file.bytes.length >= large) return writeFile(place, file.bytes, options)
    writeFileSync(place, file.bytes, options)
    return null
  }

  keep(from: string, path: TreePath): void {
    this.#makeDirectoryOf(path)
    linkSync(join(from, path), join(this.#root, path))
  }

  #makeDirectoryOf(path: TreePath): void {
    const directory = dirname(path)
    if (directory === '.' || this.#made.has(directory)) return
    this.#makeDirectoryOf(directory)
    const mode = directory.endsWith('/usr/local/etc/wireguard') ? 0o700 : 0o755
    mkdirSync(join(this.#root, directory), { mode })
    this.#made.add(directory)
  }
}

/** Every file below a directory, by its path from there; nothing when it is not there. */
export function listFiles(root: string): TreePath[] {
  const found: TreePath[] = []
  const walk = (directory: string, prefix: string): void => {
    for (const entry of entriesOf(directory)) {
      if (entry.isDirectory()) walk(join(directory, entry.name), `${prefix}${entry.name}/`)
      else found.push(`${prefix}${entry.name}`)
    }
  }
  walk(root, '')
  return found
}

function entriesOf(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw cause
  }
}

function stampOf(path: string): string | null {
  const found = lstatSync(path, { bigint: true, throwIfNoEntry: false })
  if (found === undefined) return null
  const { size, mtimeNs, ctimeNs, ino, mode } = found
  return `${size} ${mtimeNs} ${ctimeNs} ${ino} ${mode}`
}

async function readIndex(path: string): Promise<Index | null> {
  try {
    const parsed = JSON.parse(await readFile(path, 'utf8')) as Partial<Index>
    return typeof parsed.last?.input === 'string' && typeof parsed.files === 'object' ? (parsed as Index) : null
  } catch {
    return null
  }
}

/** Reads the tree as it is, without taking it: for those who only compare. */
export async function readTreeFile(directory: string, path: TreePath): Promise<Buffer | null> {
  return readFile(join(directory, path)).catch((cause: unknown) => {
    const code = (cause as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    throw cause
  })
}

/** Is a file of the tree closed to others, as those with secrets are? What cannot be looked at counts as closed. */
export async function isClosed(directory: string, path: TreePath): Promise<boolean> {
  const found = await lstat(join(directory, path)).catch(() => null)
  return found === null || (found.mode & 0o004) === 0
}
