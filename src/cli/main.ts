#!/usr/bin/env node
/** The command line: options to commands, exit codes, signals. */
import { createHash } from 'node:crypto'
import { fstatSync, writeFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isatty } from 'node:tty'
import { fileURLToPath } from 'node:url'
import { reason } from '../load/reason.ts'
import { exitCodes, type Io } from './io.ts'
import { program } from './program.ts'

/** Files in out/ carry the modes of the host, whatever the caller's umask; the secret ones are made 0600 themselves. */
process.umask(0o022)

const interrupted = new AbortController()
const end = (): void => interrupted.abort()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, end)
const hangup = { told: end }
process.on('SIGHUP', () => hangup.told())
const output = { failed: false }
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (cause: NodeJS.ErrnoException) => unsaid(cause, stream))

const io: Io = {
  stdout: fstatSync(1).isFile() ? { write: writeWhole } : process.stdout,
  stderr: process.stderr,
  read: readInput,
  environment: process.env,
  signal: interrupted.signal,
  // Whoever has no terminal is told by somebody else.
  ...(![0, 1, 2].some(isatty) && {
    onHangup: (told: () => void) => {
      hangup.told = told
      return () => void (hangup.told = end)
    },
  }),
  program: digestOfProgram,
  keyWorker: new URL('./ahead.worker.js', import.meta.url),
}

try {
  const code = await program(io, process.argv.slice(2))
  process.exitCode = output.failed ? exitCodes.refused : code
} catch (cause) {
  if (interrupted.signal.aborted) {
    process.stderr.write('interrupted; what was there before is still there\n')
    process.exitCode = exitCodes.interrupted
  } else if ((cause as NodeJS.ErrnoException | null)?.code !== undefined) {
    const path = (cause as NodeJS.ErrnoException).path
    process.stderr.write(`error: ${path === undefined ? '' : `${path}: `}${reason(cause)}\n`)
    process.exitCode = exitCodes.refused
  } else {
    process.stderr.write(
      `${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}\nThis is a bug in meshwright.\n`,
    )
    process.exitCode = exitCodes.refused
  }
}

/** Node.js writes to a file once, and takes what a full disk had room for as all of it. */
function writeWhole(text: string): void {
  try {
    if (!output.failed) writeFileSync(1, text)
  } catch (cause) {
    unsaid(cause as NodeJS.ErrnoException, process.stdout)
  }
}

function unsaid(cause: NodeJS.ErrnoException, stream: NodeJS.WriteStream): void {
  // Nobody reads any more, as in `meshwright plan | head`: the work goes on and ends as it would have.
  if (cause.code === 'EPIPE' || cause.code === 'ERR_STREAM_DESTROYED') return
  const known = output.failed
  output.failed = true
  if (!known && stream === process.stdout)
    process.stderr.write(`error: not all could be said on stdout: ${reason(cause)}\n`)
  process.exitCode = exitCodes.refused
}

async function readInput(limit: number): Promise<Uint8Array | null> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of process.stdin as AsyncIterable<Uint8Array>) {
    length += part.length
    if (length > limit) return null
    parts.push(part)
  }
  return Buffer.concat(parts)
}

async function digestOfProgram(): Promise<string> {
  const directory = fileURLToPath(new URL('.', import.meta.url))
  const hash = createHash('sha256')
  const names = (await readdir(directory, { recursive: true })).filter(name => name.endsWith('.js')).toSorted()
  for (const name of names) hash.update(name).update(await readFile(join(directory, name)))
  return hash.digest('hex')
}
