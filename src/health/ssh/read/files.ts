/** Rendered files by their digests, sha256(1): which of them are others than planned, and which are not there. */
import type { WatchedHost } from '../../fleet.ts'
import type { Drift } from '../../report.ts'
import type { Part } from '../output.ts'
import { reasonOf } from './reason.ts'

export function driftOf(
  files: NonNullable<WatchedHost['files']>,
  part: Part | undefined,
  miss: (why: string) => void,
): Drift | null {
  if (files.length === 0) return { checked: 0, changed: [], missing: [] }
  const sums = new Map<string, string>()
  const gone = new Set<string>()
  for (const line of part?.lines ?? []) {
    const [, sum = '', path = ''] = /^([0-9a-f]{64}) +\*?(\/.*)$/.exec(line) ?? []
    if (path !== '') sums.set(path, sum)
    const [, absent = ''] = /^\w+: (\/.*): No such file or directory$/.exec(line) ?? []
    if (absent !== '') gone.add(absent)
  }
  const known = files.filter(({ path }) => sums.has(path) || gone.has(path))
  // It fails for a single file that is not there; what it said of the others holds.
  if (known.length < files.length) miss(known.length === 0 ? reasonOf(part) : unreadText(files.length - known.length))
  if (known.length === 0) return null
  return {
    checked: known.length,
    changed: known.filter(({ path, sha256 }) => (sums.get(path) ?? sha256) !== sha256).map(({ path }) => path),
    missing: known.filter(({ path }) => !sums.has(path)).map(({ path }) => path),
  }
}

const unreadText = (count: number): string => `${count} file${count === 1 ? '' : 's'} cannot be read`
