/**
 * A snapshot as Prometheus reads it: every family of families.ts in its order, within it hosts, tunnels and members in
 * the order of the plan. What never changes is worked out once for a mesh.
 */
import type { Fleet } from '../../health/fleet.ts'
import type { Graph } from '../graph.ts'
import { families, type FamilyName } from './families.ts'
import { hostWriters } from './hosts.ts'
import { planWriters } from './plan.ts'
import { headerOf, sample, type Scrape, type Writers } from './sample.ts'
import { Instances, serviceWriters } from './services.ts'
import { Links, tunnelWriters } from './tunnels.ts'

export interface About {
  readonly version: string
  /** Both of the same plan. */
  readonly graph: Graph
  readonly fleet: Fleet
}

/** Characters; what is written at once may be as much more as the tunnels of one host are. */
const chunk = 64 * 1024

export class Metrics {
  readonly #writers: Writers<FamilyName>

  constructor({ version, graph, fleet }: About) {
    const [links, instances] = [new Links(fleet), new Instances(fleet)]
    this.#writers = {
      meshwright_build_info: () => [sample('meshwright_build_info', [version], 1)],
      meshwright_source_info: ({ snapshot: { source } }) => [
        sample('meshwright_source_info', [source.kind, String(source.madeUp === true)], 1),
      ],
      meshwright_snapshot_timestamp_seconds: ({ snapshot: { at } }) => [
        sample('meshwright_snapshot_timestamp_seconds', [], at / 1000),
      ],
      meshwright_secrets_timestamp_seconds: ({ secretsWritten }) => [
        sample('meshwright_secrets_timestamp_seconds', [], secretsWritten && Math.floor(secretsWritten / 1000)),
      ],
      ...planWriters(graph, fleet, links, instances),
      ...hostWriters(fleet),
      ...tunnelWriters(fleet, links),
      ...serviceWriters(fleet, instances),
    }
  }

  /** The whole text, in pieces. */
  *text(scrape: Scrape): Generator<string, void, undefined> {
    let text = ''
    for (const name of Object.keys(families) as FamilyName[]) {
      text += headerOf(name)
      for (const lines of this.#writers[name](scrape)) {
        text += lines
        if (text.length < chunk) continue
        yield text
        text = ''
      }
    }
    if (text !== '') yield text
  }
}
