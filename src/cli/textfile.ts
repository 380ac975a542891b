/** `meshwright export metrics-textfile`: one look at the mesh, for the textfile collector of node_exporter. */
import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { error } from '../../topology/diagnostic.ts'
import { Metrics } from '../export/metrics/metrics.ts'
import { writeExport } from '../write/exports.ts'
import { waiting } from './alone.ts'
import { type ExitCode, exitCodes, type Io, refuse } from './io.ts'
import { looked, readMesh, type ReadOptions, secretsWritten } from './reading.ts'
import { version } from './version.ts'

export interface TextfileOptions extends ReadOptions {
  /** Null: standard output. */
  readonly to: string | null
  /** Seconds to wait for another writer. */
  readonly wait: number
}

/** The collector reads *.prom, and never half of one. */
export async function metricsTextfile(io: Io, options: TextfileOptions): Promise<ExitCode> {
  const reading = await readMesh(io, options)
  if ('refused' in reading) return refuse(io, reading.refused, options.json)
  const snapshot = await looked(io, reading, options)
  if ('refused' in snapshot) return refuse(io, snapshot.refused, options.json)
  const scrape = { snapshot, secretsWritten: secretsWritten(options.directory)() }
  const text = new Metrics({ version, ...reading }).text(scrape)
  if (options.to === null || options.to === '-') {
    for (const chunk of text) io.stdout.write(chunk)
    return exitCodes.done
  }
  const place = dirname(options.to)
  // One that is mistyped is not made: nobody would read there.
  if (!existsSync(place)) return refuse(io, [error('unwritable', `there is no directory ${place}`)], options.json)
  // Two at once would spoil what either writes.
  const written = await writeExport(options.to, [...text].join(''), waiting(io, options))
  if ('severity' in written) return refuse(io, [written], options.json)
  if (options.json) io.stdout.write(`${JSON.stringify({ ok: true, files: written }, null, 2)}\n`)
  return exitCodes.done
}
