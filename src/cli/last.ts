/**
 * What the last build was made from and what it said. A run that finds the same bytes again compares files and parses
 * nothing: most runs of a nightly job are such runs.
 */
import { createHash } from 'node:crypto'
import { lstat, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Diagnostic } from '../../topology/diagnostic.ts'
import { lockDocument } from '../../topology/lock.ts'
import { identityPath } from '../keys/paths.ts'
import { findRegionFiles, meshDocument, secretsDocument } from '../load/directory.ts'
import type { Remembered } from '../write/tree.ts'
import type { Io } from './io.ts'
import type { Summary } from './summary.ts'

/** What a build tells, apart from what it wrote. */
export interface Said {
  readonly mesh: string
  readonly hosts: number
  readonly tunnels: number
  readonly diagnostics: readonly Diagnostic[]
  readonly summary: Summary
}

export interface Last extends Remembered {
  /** The pattern in mesh.yaml that finds the regions. */
  readonly regions: string
  readonly said: Said
}

/** Digest of the program, the documents by name, and the state of what opens the secrets. */
export async function inputOf(
  io: Io,
  directory: string,
  documents: Iterable<readonly [string, string]>,
): Promise<string> {
  const hash = createHash('sha256')
  const secrets = await readFile(join(directory, secretsDocument)).catch(() => Buffer.alloc(0))
  // Of the identity only whether it is still the same file.
  const identity = await lstat(identityPath(io.environment), { bigint: true }).catch(() => null)
  const stamp = identity && `${identity.size} ${identity.mtimeNs} ${identity.ctimeNs} ${identity.ino} ${identity.mode}`
  for (const part of [await io.program(), stamp ?? '', ...[...documents].flat()])
    hash.update(`${Buffer.byteLength(part)}:`).update(part)
  return hash.update(secrets).digest('hex')
}

/** `before`, when what it was made from is still what lies in the directory. */
export async function lastBuild(io: Io, directory: string, before: Remembered | null): Promise<Last | null> {
  const regions = before === null ? null : await findRegionFiles(directory, String((before as Partial<Last>).regions))
  if (regions === null) return null
  try {
    const names = [meshDocument, ...regions, lockDocument]
    const read = async (name: string) => [name, await readFile(join(directory, name), 'utf8')] as const
    const input = await inputOf(io, directory, await Promise.all(names.map(read)))
    // The digest has the program in it: what another version remembered never gets this far.
    return input === before?.input ? (before as Last) : null
  } catch {
    // Whatever cannot be read is told by the run that reads it in earnest.
    return null
  }
}
