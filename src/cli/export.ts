/** `meshwright export …`: the planned mesh for other programs and for people. Needs no keys, and changes nothing of the mesh. */
import { join } from 'node:path'
import type { Diagnostic } from '../../topology/diagnostic.ts'
import type { ExportFile } from '../export/files.ts'
import { type Graph, graphOf } from '../export/graph.ts'
import { type Opened, openMesh } from '../load/open.ts'
import { parseLoss } from '../services/losses.ts'
import { writeExport, writeExports, type Written } from '../write/exports.ts'
import { waiting } from './alone.ts'
import { count, type ExitCode, exitCodes, type Io, refuse, report } from './io.ts'

interface ExportOptions {
  readonly directory: string
  readonly json: boolean
  /** Seconds to wait for another writer. */
  readonly wait: number
  /** A file, or a directory for what is several files. */
  readonly to?: string
}

export interface TextOptions extends ExportOptions {
  /** Of pictures: what is lost, as `whatif --lose` takes it. */
  readonly lose?: readonly string[]
  readonly theme?: 'auto' | 'light' | 'dark'
  readonly listen?: readonly string[]
}

export const texts = {
  dot: async graph => (await import('../export/dot.ts')).dotText(graph),
  mermaid: async graph => (await import('../export/mermaid.ts')).mermaidText(graph),
  svg: async (graph, opened, options) => {
    const { svgMap } = await import('../export/svg/svg.ts')
    const loss = options.lose === undefined ? null : parseLoss(options.lose, opened.spec)
    if (loss !== null && 'severity' in loss) return loss
    return svgMap(graph, { theme: options.theme ?? 'auto', ...(loss !== null && { lost: loss.loss }) })
  },
  html: async graph => (await import('../export/html/html.ts')).htmlMap(graph),
  hosts: async graph => (await import('../export/hosts.ts')).hostsText(graph),
  json: async graph => `${JSON.stringify((await import('../export/json.ts')).graphJson(graph), null, 2)}\n`,
} as const satisfies Readonly<
  Record<string, (graph: Graph, opened: Opened, options: TextOptions) => Promise<string | Diagnostic>>
>
export type TextKind = keyof typeof texts

/** One text, on stdout or in a file. */
export async function exportText(io: Io, kind: TextKind, options: TextOptions): Promise<ExitCode> {
  const opened = await openMesh({ ...options, environment: io.environment, purpose: 'plan' })
  if (opened.mesh === null) return refuse(io, opened.diagnostics, options.json)
  report(io, opened.diagnostics)
  const text = await texts[kind](graphOf(opened), opened, options)
  if (typeof text !== 'string') return refuse(io, [text], options.json)
  if (options.to === undefined) {
    io.stdout.write(text)
    return exitCodes.done
  }
  return said(io, await writeExport(options.to, text, waiting(io, options)), options)
}

export interface PrometheusOptions extends ExportOptions {
  /** Where `meshwright serve` listens: `10.64.1.5:9587`. */
  readonly serve: readonly string[]
  readonly alertmanager: readonly string[]
}
export interface GrafanaOptions extends ExportOptions {
  readonly url: readonly string[]
}
export interface ZoneOptions extends ExportOptions {
  readonly primary?: string
  readonly serial?: number
}

/** Several files, in a directory. */
async function exportFiles(
  io: Io,
  name: string,
  options: ExportOptions,
  make: (opened: Opened) => Promise<readonly ExportFile[] | Diagnostic>,
): Promise<ExitCode> {
  const opened = await openMesh({ ...options, environment: io.environment, purpose: 'plan' })
  if (opened.mesh === null) return refuse(io, opened.diagnostics, options.json)
  report(io, opened.diagnostics)
  const files = await make(opened)
  if ('severity' in files) return refuse(io, [files], options.json)
  const to = options.to ?? join(options.directory, 'export', name)
  return said(io, await writeExports(to, files, waiting(io, options)), options)
}

function said(io: Io, written: readonly Written[] | Diagnostic, options: ExportOptions): ExitCode {
  if ('severity' in written) return refuse(io, [written], options.json)
  if (options.json) io.stdout.write(`${JSON.stringify({ ok: true, files: written }, null, 2)}\n`)
  else {
    io.stdout.write(written.map(({ path }) => `${path}\n`).join(''))
    const changed = written.filter(one => one.changed).length
    io.stderr.write(`${count(changed, 'file')} written, ${written.length - changed} as they were.\n`)
  }
  return exitCodes.done
}
