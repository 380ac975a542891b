/** `meshwright build`: the whole way from YAML to out/, or a look at it when nothing that it is made from has changed. */
import { relative } from 'node:path'
import { OutTree, type Written } from '../write/tree.ts'
import { alone, outOf, waiting } from './alone.ts'
import { type ExitCode, exitCodes, type Io, paintOf, refuse, report } from './io.ts'
import { type Last, lastBuild, type Said } from './last.ts'
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

export async function build(io: Io, options: BuildOptions): Promise<ExitCode> {
  return alone(io, options, async () => {
    const out = outOf(options)
    const last = options.resolve ? null : await lastBuild(io, options.directory, await OutTree.peek(out))
    const unchanged = last === null ? null : await stillThere(io, options, out, last)
    if (unchanged !== null) {
      if (!options.json) report(io, unchanged.said.diagnostics, 'note')
      return tell(io, options, unchanged.said, unchanged.written)
    }
    const { makeTree } = await import('./make.ts')
    const made = await makeTree(io, options, out)
    return 'refused' in made ? refuse(io, made.refused, options.json) : tell(io, options, made.said, made.written)
  })
}

async function stillThere(io: Io, options: BuildOptions, out: string, last: Last) {
  const tree = await OutTree.open(out, waiting(io, options))
  if (!(tree instanceof OutTree)) return null
  try {
    const files = tree.unchangedSince(last.input)
    return files === null ? null : { said: last.said, written: { written: [], removed: [], unchanged: files } }
  } finally {
    await tree.close()
  }
}

function tell(io: Io, options: BuildOptions, said: Said, result: Written): ExitCode {
  const { mesh, hosts, tunnels, diagnostics } = said
  const shown = relative(process.cwd(), outOf(options))
  const name = shown === '' ? '.' : shown.startsWith('..') ? outOf(options) : shown
  io.stdout.write(
    options.json
      ? `${JSON.stringify({ ok: true, mesh, hosts, tunnels, ...result, diagnostics: jsonOf(diagnostics) }, null, 2)}\n`
      : summaryText(said.summary, result, `${name}/`, paintOf(io)),
  )
  return exitCodes.done
}
