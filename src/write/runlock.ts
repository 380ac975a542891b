/**
 * One writer at a time: a symbolic link whose target names the holder. symlink(2) makes it whole or not at all and
 * leaves nothing beside it, so whoever finds it can read it; one whose process is gone on this machine is taken over.
 */
import { lstat, readlink, symlink, unlink } from 'node:fs/promises'
import { hostname, userInfo } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { error, type Diagnostic } from '../../topology/diagnostic.ts'
import { reason } from '../load/reason.ts'

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
    const text = JSON.stringify(holder)
    const until = Date.now() + waiting.patience * 1000
    let told = false
    try {
      for (;;) {
        if (await linked(text, path)) {
          await dropDeadGuard(path)
          return new RunLock(path, text)
        }
        const other = await targetOf(path)
        if (other === null) continue
        if (!isAlive(other)) {
          await breakStale(path, other, text)
          continue
        }
        const who = describe(parse(other))
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
    }
  }

  async release(): Promise<void> {
    if ((await targetOf(this.#path)) === this.#text) await unlink(this.#path).catch(() => undefined)
  }
}

async function linked(text: string, path: string): Promise<boolean> {
  try {
    await symlink(text, path)
    return true
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw cause
  }
}

/** Null: it is gone. Empty: something is in its place that is no link of ours. */
async function targetOf(path: string): Promise<string | null> {
  try {
    return await readlink(path)
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    if (code === 'ENOENT') return null
    if (code === 'EINVAL' && !(await lstat(path)).isDirectory()) return ''
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
function isAlive(text: string): boolean {
  const holder = parse(text)
  if (holder === null) return false
  if (holder.host !== hostname()) return true
  try {
    process.kill(holder.pid, 0)
    return true
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'EPERM'
  }
}

const guardOf = (path: string): string => `${path}.break`

/** Only one of those who find a stale lock may remove it: a second lock, held for two system calls, sees to that. */
async function breakStale(path: string, seen: string, mine: string): Promise<void> {
  const guard = guardOf(path)
  if (!(await linked(mine, guard))) {
    await dropDeadGuard(path)
    await sleep(20)
    return
  }
  try {
    if ((await targetOf(path)) === seen) await unlink(path)
  } finally {
    await unlink(guard).catch(() => undefined)
  }
}

/** Left by a process that was killed while it took a lock over. */
async function dropDeadGuard(path: string): Promise<void> {
  const holder = await targetOf(guardOf(path))
  if (holder !== null && !isAlive(holder)) await unlink(guardOf(path)).catch(() => undefined)
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
