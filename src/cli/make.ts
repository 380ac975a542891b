/** The earnest half of a build: everything is read, planned, rendered, and what differs is written. */
import { join } from 'node:path'
import type { Diagnostic } from '../../topology/diagnostic.ts'
import { type Lock, lockDocument } from '../../topology/lock.ts'
import { meshDocument } from '../load/directory.ts'
import { lockText } from '../load/lock.ts'
import { deploymentOf, type Opened, openMesh, secretsOf, withPublicKeys } from '../load/open.ts'
import { keysOf, renderMesh } from '../render/mesh.ts'
import { replaceFile } from '../write/replace.ts'
import { OutTree, type Written } from '../write/tree.ts'
import { waiting } from './alone.ts'
import type { BuildOptions } from './build.ts'
import { type Io, report } from './io.ts'
import { inputOf, type Said } from './last.ts'
import { summaryOf } from './summary.ts'

type Made = { readonly said: Said; readonly written: Written } | { readonly refused: readonly Diagnostic[] }

export async function makeTree(io: Io, options: BuildOptions, out: string): Promise<Made> {
  const opened = await openMesh({ ...options, environment: io.environment, purpose: 'write' })
  if (opened.mesh === null) return { refused: opened.diagnostics }
  const { mesh, diagnostics } = opened
  const secrets = secretsOf(opened)
  if (!options.json) report(io, diagnostics, 'note')
  const lock = withPublicKeys(opened.lock, { mesh: opened.mesh, root: secrets.root })
  const tree = await OutTree.open(out, waiting(io, options))
  if (!(tree instanceof OutTree)) return { refused: [tree] }
  const said: Said = {
    ...{ mesh: mesh.name, hosts: mesh.hosts.length, tunnels: mesh.connections.tunnels },
    // What has moved has moved once.
    diagnostics: diagnostics.filter(({ code }) => code !== 'placement-moved'),
    summary: summaryOf(mesh),
  }
  try {
    const written = await writeMesh(io, tree, opened, lock, said, options)
    for (const remark of secrets.save === null ? [] : secrets.remarks) io.stderr.write(`${remark}\n`)
    return { said, written }
  } finally {
    await tree.close()
  }
}

async function writeMesh(
  io: Io,
  tree: OutTree,
  opened: Opened,
  lock: Lock,
  said: Said,
  options: BuildOptions,
): Promise<Written> {
  const { mesh } = opened
  const secrets = secretsOf(opened)
  const text = lockText(lock)
  // State before tree: numbers given out are remembered before anything that carries them is seen.
  const commit = async () => {
    await secrets.save?.()
    if (text !== opened.lockTextBefore) await replaceFile(join(options.directory, lockDocument), text, 0o644)
  }
  const remember = async () => {
    const regions = [...opened.documents].filter(([name]) => name !== lockDocument && name !== meshDocument)
    const documents = [meshDocument, ...regions.map(([name]) => name)].map(
      name => [name, opened.documents.get(name)?.text ?? ''] as const,
    )
    const input = await inputOf(io, options.directory, [...documents, [lockDocument, text]])
    return { input, regions: opened.spec.regionsPattern, said }
  }
  const ahead =
    io.keyWorker && mesh.presharedKeys && mesh.topology === 'full' && mesh.hosts.length >= worthAThread
      ? secrets.root.presharedKeysAhead(mesh.pskEpoch, mesh.hosts, io.keyWorker)
      : null
  try {
    const rendered = renderMesh(mesh, keysOf(mesh, lock, secrets.root, ahead ?? undefined), await deploymentOf(opened))
    return await tree.write(progress(io, rendered, mesh.hosts.length), { commit, remember }, io.signal)
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
