/** A file with a bearer token, which is for whoever runs us and nobody else. */
import { stat } from 'node:fs/promises'
import { type Diagnostic, warning } from '../../topology/diagnostic.ts'
import { printable } from '../text/printable.ts'

/** What is to be said of a token that others can read; whoever wants the token itself says why it cannot be read. */
export async function tokenRemarks(file: string | undefined): Promise<readonly Diagnostic[]> {
  if (file === undefined) return []
  const found = await stat(file).catch(() => null)
  // A pipe has no readers but those that were given it.
  if (found?.isFile() !== true || !isOpen(found, process.geteuid?.())) return []
  const mode = (found.mode & 0o777).toString(8).padStart(4, '0')
  const path = printable(file)
  const what = `the token file ${path} can be read by others: its mode is ${mode}`
  return [warning('token-open', what, undefined, `chmod 600 ${path}`)]
}

/** Of a file that is not ours, its group is how we can read it. */
export const isOpen = (
  { mode, uid }: { readonly mode: number; readonly uid: number },
  us: number | undefined,
): boolean => (mode & (uid === us ? 0o077 : 0o007)) !== 0
