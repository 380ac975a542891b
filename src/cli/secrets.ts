/** `meshwright secrets`: what no mesh can derive, kept in secrets.age: a webhook, a certificate, a password of others. */
import { error, type Diagnostic } from '../../topology/diagnostic.ts'
import { nameProblem } from '../../topology/names.ts'
import { secretsDocument } from '../load/directory.ts'
import { hintFor } from '../load/issues.ts'
import { openMesh, secretsOf } from '../load/open.ts'
import { alone, type Exclusive } from './alone.ts'
import { type ExitCode, exitCodes, type Io, refuse } from './io.ts'

/** Bytes; a chain of certificates with its key is a tenth of it. */
const limit = 64 * 2 ** 10

export async function setSecret(io: Io, name: string, options: Exclusive): Promise<ExitCode> {
  const problem = nameProblem(name)
  if (problem !== null)
    return refuse(
      io,
      [error('bad-name', `${JSON.stringify(name.slice(0, 80))} is not a name: ${problem}`)],
      options.json,
    )
  const bytes = await io.read(limit)
  const text = bytes === null ? null : textOf(bytes)
  if (text === null || text === '') return refuse(io, [noText(bytes, text)], options.json)
  return change(io, options, () => ({ name, text, said: `${name} is in ${secretsDocument}` }))
}

export async function removeSecret(io: Io, name: string, options: Exclusive): Promise<ExitCode> {
  return change(io, options, known =>
    known.includes(name)
      ? { name, text: null, said: `${name} is no longer in ${secretsDocument}` }
      : error(
          'unknown-reference',
          `${secretsDocument} holds no ${JSON.stringify(name.slice(0, 80))}`,
          undefined,
          hintFor(name, known, 'meshwright secrets list shows what it holds.'),
        ),
  )
}

/** Names only. */
export async function listSecrets(
  io: Io,
  options: { readonly directory: string; readonly json: boolean },
): Promise<ExitCode> {
  const opened = await openMesh({ ...options, environment: io.environment, purpose: 'keys' })
  if (opened.mesh === null) return refuse(io, opened.diagnostics, options.json)
  const names = [...secretsOf(opened).given.keys()].toSorted()
  io.stdout.write(options.json ? `${JSON.stringify(names, null, 2)}\n` : names.map(name => `${name}\n`).join(''))
  return exitCodes.done
}

interface Change {
  readonly name: string
  readonly text: string | null
  readonly said: string
}

async function change(
  io: Io,
  options: Exclusive,
  of: (known: readonly string[]) => Change | Diagnostic,
): Promise<ExitCode> {
  return alone(io, options, async () => {
    const opened = await openMesh({ ...options, environment: io.environment, purpose: 'keys' })
    if (opened.mesh === null) return refuse(io, opened.diagnostics, options.json)
    const secrets = secretsOf(opened)
    const wanted = of([...secrets.given.keys()])
    if ('severity' in wanted) return refuse(io, [wanted], options.json)
    const problem = await secrets.give(wanted.name, wanted.text)
    if (problem !== null) return refuse(io, [problem], options.json)
    io.stdout.write(options.json ? `${JSON.stringify({ ok: true, name: wanted.name }, null, 2)}\n` : `${wanted.said}\n`)
    return exitCodes.done
  })
}

/** Without the line break that echo and editors leave; null: no text. */
function textOf(bytes: Uint8Array): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return text.includes('\u0000') ? null : text.replace(/\r?\n$/, '')
  } catch {
    return null
  }
}

const noText = (bytes: Uint8Array | null, text: string | null): Diagnostic =>
  error(
    'bad-value',
    bytes === null
      ? `more than ${limit / 1024} KiB is no secret`
      : text === ''
        ? 'standard input is empty'
        : 'standard input is not UTF-8 text',
    undefined,
    'As in: meshwright secrets set discord < url.txt',
  )
