/**
 * The operator's age identity: a file with AGE-SECRET-KEY lines as age-keygen(1) writes, 0600. Made on first use; never
 * part of a mesh.
 */
import { generateIdentity, identityToRecipient } from 'age-encryption'
import { chmod, mkdir, open, readFile, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Diagnostic, error } from '../../topology/diagnostic.ts'
import { reason } from '../load/reason.ts'
import { SecretText } from './secret-text.ts'

export interface Identity {
  readonly keys: readonly SecretText[]
  /** `age1…` of the first key. */
  readonly recipient: string
  readonly path: string
}

/** The identity, `null` when there is none yet, or what is wrong with it. */
export async function readIdentity(path: string): Promise<Identity | Diagnostic | null> {
  let text: string
  try {
    const { mode } = await stat(path)
    text = await readFile(path, 'utf8')
    // A kill between creating and writing it leaves an empty file, which nothing can be encrypted to yet.
    if (text === '') return null
    if ((mode & 0o077) !== 0)
      return error('identity-open', `the age identity ${path} can be read by others`, undefined, `chmod 600 ${path}`)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null
    return error('identity-wrong', `the age identity ${path} cannot be read: ${reason(cause)}`)
  }
  const lines = text.split(/\r?\n/).map(line => line.trim())
  const keys = lines.filter(line => line !== '' && !line.startsWith('#'))
  try {
    const recipients = await Promise.all(keys.map(key => identityToRecipient(key)))
    if (recipients[0] === undefined) throw new Error('empty')
    return { keys: keys.map(key => new SecretText(key, 'age identity')), recipient: recipients[0], path }
  } catch {
    return error(
      'identity-wrong',
      `${path} is not an age identity`,
      undefined,
      'It holds lines that begin with AGE-SECRET-KEY-1, as age-keygen writes them. Restore it from your backup.',
    )
  }
}

/** Written in place and once: a temporary file beside it would be one more place for a secret to be found. */
export async function makeIdentity(path: string): Promise<Identity> {
  const key = await generateIdentity()
  const recipient = await identityToRecipient(key)
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const file = await open(path, 'a', 0o600)
  try {
    await file.writeFile(`# age identity of meshwright; keep a copy elsewhere\n# public key: ${recipient}\n${key}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  await chmod(path, 0o600)
  return { keys: [new SecretText(key, 'age identity')], recipient, path }
}
