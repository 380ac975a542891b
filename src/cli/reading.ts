/** The mesh as commands read it that say how it is: the plan, and what there is to look at. */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { Diagnostic } from '../../topology/diagnostic.ts'
import { graphOf, type Graph } from '../export/graph.ts'
import { builtFiles } from '../health/built.ts'
import { type Fleet, fleetOf, fromInside } from '../health/fleet.ts'
import type { Snapshot } from '../health/snapshot.ts'
import { lookOnce } from '../health/watch.ts'
import { secretsDocument } from '../load/directory.ts'
import { type Opened, openMesh } from '../load/open.ts'
import { insideMesh, ownAddresses } from '../serve/address.ts'
import { outOf } from './alone.ts'
import { type Io, report } from './io.ts'
import { openSource, type SourceChoice } from './sources.ts'

export interface Look extends SourceChoice {
  readonly out?: string
  /** Of this machine. */
  readonly addresses?: () => readonly string[]
}

export interface ReadOptions extends Look {
  readonly json: boolean
}

export interface Reading {
  readonly mesh: Opened
  readonly graph: Graph
  readonly fleet: Fleet
  /** The address of this machine in the mesh. */
  readonly inside: string | null
}

export interface Refused {
  readonly refused: readonly Diagnostic[]
}

export async function readMesh(io: Io, options: ReadOptions): Promise<Reading | Refused> {
  const mesh = await openMesh({
    ...{ directory: options.directory, environment: io.environment },
    purpose: options.hooks ? 'read' : 'plan',
  })
  if (mesh.mesh === null) return { refused: mesh.diagnostics }
  if (!options.json) report(io, mesh.diagnostics)
  return readingOf(mesh, options)
}

export async function readingOf(mesh: Opened, look: Look): Promise<Reading> {
  const names = mesh.mesh.hosts.map(host => host.name)
  const planned = fleetOf({ ...mesh, files: await builtFiles(outOf(look), names) })
  const graph = graphOf(mesh)
  const inside = insideMesh(graph, (look.addresses ?? ownAddresses)())
  return { mesh, graph, inside, fleet: inside === null ? planned : fromInside(planned) }
}

/** One look; what is broken off says nothing of the mesh, and is thrown. */
export async function looked(io: Io, { mesh, fleet }: Reading, look: Look): Promise<Snapshot | Refused> {
  const sourced = await openSource(io, mesh, fleet, look, false)
  if ('refused' in sourced) return sourced
  const { watched } = sourced
  try {
    const snapshot = await lookOnce(watched)
    io.signal.throwIfAborted()
    return snapshot
  } finally {
    await watched.close()
  }
}

/** Milliseconds since the epoch; null as well where nobody lets us see it. */
export const secretsWritten = (directory: string) => (): number | null => {
  try {
    return statSync(join(directory, secretsDocument)).mtimeMs
  } catch {
    return null
  }
}
