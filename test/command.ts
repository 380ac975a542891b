/** Runs meshwright inside the test's own process, with a terminal, an identity and a home of its own. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { program } from '../src/cli/program.ts'

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** A directory that goes when the test is done. */
export function temporary(): string {
  const directory = mkdtempSync(join(tmpdir(), 'meshwright-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

export const meshwright = (environment: Record<string, string>, ...argv: readonly string[]): Promise<Ran> =>
  meshwrightReading('', environment, ...argv)

/** The same, with something on standard input. */
export async function meshwrightReading(
  input: string | Uint8Array,
  environment: Record<string, string>,
  ...argv: readonly string[]
): Promise<Ran> {
  let stdout = ''
  let stderr = ''
  const code = await program(
    {
      stdout: { write: text => (stdout += text) },
      stderr: { write: text => (stderr += text) },
      read: limit => {
        const bytes = Buffer.from(input)
        return Promise.resolve(bytes.length > limit ? null : bytes)
      },
      environment,
      signal: new AbortController().signal,
      program: () => Promise.resolve('test'),
    },
    argv,
  )
  return { code, stdout, stderr }
}
