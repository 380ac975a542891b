/** The bearer token (RFC 6750) that whoever asks must show, if there is one. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { type Diagnostic, error } from '../../topology/diagnostic.ts'
import { SecretText } from '../keys/secret-text.ts'
import { reason } from '../load/reason.ts'

const variable = 'MESHWRIGHT_SERVE_TOKEN'

/** From a file, else from the environment; null: anybody may ask. */
export async function serveToken(
  file: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<SecretText | null | Diagnostic> {
  let text: string | undefined
  try {
    text = file === undefined ? environment[variable] : await readFile(file, 'utf8')
  } catch (cause) {
    return error('unreadable', `${file ?? variable} cannot be read: ${reason(cause)}`)
  }
  if (text === undefined) return null
  const token = text.trim()
  // One that is empty by mistake must not open the door.
  return /^[A-Za-z0-9._~+/-]+=*$/.test(token)
    ? new SecretText(token, 'token of meshwright serve')
    : error(
        'bad-value',
        `${file ?? variable} holds no bearer token`,
        undefined,
        'One line: letters, digits and -._~+/ only.',
      )
}

/** Takes as long whatever is in it. */
export function shows(authorization: string | undefined, token: SecretText): boolean {
  const [, shown = ''] = /^Bearer +(\S+) *$/i.exec(authorization ?? '') ?? []
  return timingSafeEqual(digestOf(shown), digestOf(token.reveal()))
}

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest()
