/**
 * One writer at a time: a lock file that names its holder. Made whole by link(2), so that whoever finds it can read it;
 * one whose process is gone on this machine is taken over.
 */
import { link, readFile, stat, unlink, writeFile } from 'node:fs/promises'
import { hostname, userInfo } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { error, type Diagnostic } from '../../topology/diagnostic.ts'
import { reason } from '../load/document.ts'

interface Holder {
  readonly pid: number
  readonly user: string
  readonly host: string
  readonly since: string
}

export interface Waiting {
  /** Seconds to wait for another writer before giving up. */
  readonly patience: number
  readonly onWait: (holder: string) => void
  readonly signal: AbortSignal
}

export class RunLock {
  readonly #path: string
  readonly #text: string
  private constructor(path: string, text: string) {
    this.#path = path
    this.#text = text
  }

  /** The lock, or why it is not to be had. */
  static async take(path: string, waiting: Waiting): Promise<RunLock | Diagnostic> {
    const holder: Holder = { pid: process.pid, user: userName(), host: hostname(), since: new Date().toISOString() }
    const text = `${JSON.stringify(holder)}\n`
    const mine = `${path}.${process.pid}`
    const until = Date.now() + waiting.patience * 1000
    let told = false
    try {
      await writeFile(mine, text)
      for (;;) {
        if (await linked(mine, path)) return new RunLock(path, text)
        const other = await read(path)
        if (other === null) continue
        if (!isAlive(other.holder)) {
          await breakStale(path, other.text)
          continue
        }
        const who = describe(other.holder)
        if (Date.now() >= until)
          return error(
            'busy',
            `another meshwright is at work here: ${who}`,
            undefined,
            `Wait for it. If it is gone, delete ${path}.`,
          )
        if (!told) waiting.onWait(who)
        told = true
        await sleep(100, undefined, { signal: waiting.signal })
      }
    } catch (cause) {
      if (waiting.signal.aborted) throw cause
      return error('unwritable', `${path} cannot be written: ${reason(cause)}`)
    } finally {
      await unlink(mine).catch(() => undefined)
    }
  }

  async release(): Promise<void> {
    const now = await readFile(this.#path, 'utf8').catch(() => null)
    if (now === this.#text) await unlink(this.#path).catch(() => undefined)
  }
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
    return true
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw cause
  }
}

async function read(path: string): Promise<{ holder: Holder | null; text: string } | null> {
  try {
    const text = await readFile(path, 'utf8')
    return { holder: parse(text), text }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw cause
  }
}

function parse(text: string): Holder | null {
  try {
    const { pid, user, host, since } = JSON.parse(text) as Partial<Holder>
    return Number.isSafeInteger(pid)
      ? { pid: pid ?? 0, user: String(user), host: String(host), since: String(since) }
      : null
  } catch {
    return null
  }
}

/** A holder on another machine (a shared directory) cannot be asked: it counts as alive. */
function isAlive(holder: Holder | null): boolean {
  if (holder === null) return false
  if (holder.host !== hostname()) return true
  try {
    process.kill(holder.pid, 0)
    return true
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Only one of those who find a stale lock may remove it: a second lock, held for two system calls, sees to that. */
async function breakStale(path: string, seen: string): Promise<void> {
  const guard = `${path}.break`
  try {
    await writeFile(guard, '', { flag: 'wx' })
  } catch {
    const { mtimeMs } = await stat(guard).catch(() => ({ mtimeMs: Date.now() }))
    if (Date.now() - mtimeMs > 5000) await unlink(guard).catch(() => undefined)
    await sleep(20)
    return
  }
  try {
    if ((await readFile(path, 'utf8').catch(() => null)) === seen) await unlink(path)
  } finally {
    await unlink(guard).catch(() => undefined)
  }
}

const clean = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?').slice(0, 64)
const describe = (holder: Holder | null): string =>
  holder === null
    ? 'unknown'
    : `pid ${holder.pid} of ${clean(holder.user)} on ${clean(holder.host)}, since ${clean(holder.since)}`

function userName(): string {
  try {
    return userInfo().username
  } catch {
    return `uid ${process.getuid?.() ?? '?'}`
  }
}
