/** One look at the mesh, for commands that show how it was. */
import type { Diagnostic } from '../../topology/diagnostic.ts'
import { graphOf } from '../export/graph.ts'
import { builtFiles } from '../health/built.ts'
import { fleetOf, fromInside } from '../health/fleet.ts'
import type { Snapshot } from '../health/snapshot.ts'
import { lookOnce } from '../health/watch.ts'
import type { Opened } from '../load/open.ts'
import { insideMesh, ownAddresses } from '../serve/address.ts'
import { outOf } from './alone.ts'
import type { Io } from './io.ts'
import { openSource, type SourceChoice } from './sources.ts'

export interface Look extends SourceChoice {
  readonly out?: string
}

export async function looked(
  io: Io,
  opened: Opened,
  look: Look,
): Promise<Snapshot | { readonly refused: readonly Diagnostic[] }> {
  const names = opened.mesh.hosts.map(host => host.name)
  const planned = fleetOf({ ...opened, files: await builtFiles(outOf(look), names) })
  const fleet = insideMesh(graphOf(opened), ownAddresses()) === null ? planned : fromInside(planned)
  const sourced = await openSource(io, opened, fleet, look, false)
  if ('refused' in sourced) return sourced
  const { watched } = sourced
  try {
    const snapshot = await lookOnce(watched)
    // A look that was broken off says nothing of the mesh.
    io.signal.throwIfAborted()
    return snapshot
  } finally {
    await watched.close()
  }
}
