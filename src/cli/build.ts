/** `meshwright build`: the whole way from YAML to out/. */
import { join, relative, resolve } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { lockDocument } from '../../topology/plan.ts'
import type { Lock } from '../../topology/lock.ts'
import { lockText } from '../load/lock.ts'
import { noMesh } from '../load/mesh.ts'
import { type Opened, openMesh, secretsOf, withPublicKeys } from '../load/open.ts'
import { keysOf, renderMesh } from '../render/mesh.ts'
import { RunLock } from '../write/runlock.ts'
import { digestOf, OutTree, type Written } from '../write/tree.ts'
import { type ExitCode, exitCodes, type Io, paintOf, refuse, report } from './io.ts'
import { jsonOf } from './report.ts'
import { summaryText } from './summary.ts'

export interface BuildOptions {
  readonly directory: string
  readonly out?: string
  /** Seconds to wait for another writer. */
  readonly wait: number
  readonly json: boolean
  readonly resolve: boolean
}

export const outOf = (options: { readonly directory: string; readonly out?: string }): string =>
  resolve(options.out ?? join(options.directory, 'out'))

export const runLockPath = (directory: string): string => join(directory, '.meshwright.lock')

export async function build(io: Io, options: BuildOptions): Promise<ExitCode> {
  return alone(io, options, async () => {
    const opened = await openMesh({ ...options, environment: io.environment, purpose: 'write' })
    if (opened.mesh === null) return refuse(io, opened.diagnostics, options.json)
    const { mesh, diagnostics } = opened
    const secrets = secretsOf(opened)
    if (!options.json) report(io, diagnostics, 'note')
    const lock = withPublicKeys(opened.lock, { mesh: opened.mesh, root: secrets.root })
    const out = outOf(options)
    const tree = await OutTree.open(out, waiting(io, options))
    if (!(tree instanceof OutTree)) return refuse(io, [tree], options.json)
    try {
      const result = await writeMesh(io, tree, opened, lock, options)
      for (const remark of secrets.save === null ? [] : secrets.remarks) io.stderr.write(`${remark}\n`)
      const shown = relative(process.cwd(), out)
      const name = shown === '' ? '.' : shown.startsWith('..') ? out : shown
      io.stdout.write(
        options.json
          ? `${JSON.stringify({ ok: true, mesh: mesh.name, hosts: mesh.hosts.length, tunnels: mesh.connections.tunnels, ...result, diagnostics: jsonOf(diagnostics) }, null, 2)}\n`
          : summaryText(mesh, result, `${name}/`, paintOf(io)),
      )
      return exitCodes.done
    } finally {
      await tree.close()
    }
  })
}

/** Runs as the only writer of a mesh directory. */
export async function alone(
  io: Io,
  options: { readonly directory: string; readonly wait: number; readonly json: boolean },
  work: () => Promise<ExitCode>,
): Promise<ExitCode> {
  const missing = await openable(options.directory)
  if (missing !== null) return refuse(io, missing, options.json)
  const lock = await RunLock.take(runLockPath(options.directory), waiting(io, options))
  if (!(lock instanceof RunLock)) return refuse(io, [lock], options.json)
  try {
    return await work()
  } finally {
    await lock.release()
  }
}

/** A directory without a mesh gets no lock file either. */
async function openable(directory: string) {
  const problem = await noMesh(directory)
  return problem === null ? null : [problem]
}

const waiting = (io: Io, options: { readonly wait: number }) => ({
  patience: options.wait,
  onWait: (holder: string) => io.stderr.write(`waiting for another meshwright: ${holder}\n`),
  signal: io.signal,
})

async function writeMesh(io: Io, tree: OutTree, opened: Opened, lock: Lock, options: BuildOptions): Promise<Written> {
  const { mesh } = opened
  const secrets = secretsOf(opened)
  const text = lockText(lock)
  // State before tree: numbers given out are remembered before anything that carries them is seen.
  const commit = async () => {
    await secrets.save?.()
    if (text !== opened.lockTextBefore)
      await writeFileAtomic(join(options.directory, lockDocument), text, { mode: 0o644 })
  }
  const documents = [...opened.documents]
    .filter(([name]) => name !== lockDocument)
    .flatMap(([name, d]) => [name, d.text])
  const input = digestOf([await io.program(), secrets.fingerprint, text, ...documents])
  const same = await tree.unchangedSince(input)
  if (same !== null) {
    await commit()
    return { written: [], removed: [], unchanged: same }
  }
  const ahead =
    io.keyWorker && mesh.presharedKeys && mesh.topology === 'full' && mesh.hosts.length >= worthAThread
      ? secrets.root.presharedKeysAhead(mesh.pskEpoch, mesh.hosts, io.keyWorker)
      : null
  try {
    const rendered = renderMesh(mesh, keysOf(mesh, lock, secrets.root, ahead ?? undefined))
    return await tree.write(input, progress(io, rendered, mesh.hosts.length), commit, io.signal)
  } finally {
    await ahead?.close()
  }
}

/** Hosts of a full mesh from which a second thread gains more than its start costs. */
const worthAThread = 200

/** On a terminal, and only where there is something to wait for. */
function* progress<T>(io: Io, hosts: Iterable<T>, total: number): Iterable<T> {
  const shown = io.stderr.isTTY === true && total >= 100
  let done = 0
  for (const host of hosts) {
    yield host
    done += 1
    if (shown && (done % 25 === 0 || done === total))
      io.stderr.write(`\rhosts ${done}/${total}${done === total ? '\r\u001b[K' : ''}`)
  }
}
