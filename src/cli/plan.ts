/** `meshwright plan`: what a build would change in out/, per host and file. Writes nothing. */
import { structuredPatch } from 'diff'
import { byText } from '../../topology/names.ts'
import { deploymentOf, type Opened, openMesh, secretsOf, withPublicKeys } from '../load/open.ts'
import { keysOf, renderMesh } from '../render/mesh.ts'
import { printable } from '../text/printable.ts'
import { isClosed, listFiles, readTreeFile } from '../write/tree.ts'
import { outOf } from './alone.ts'
import { count, type ExitCode, exitCodes, type Io, paintOf, refuse, report } from './io.ts'
import { jsonOf, type Paint } from './report.ts'

export interface PlanOptions {
  readonly directory: string
  readonly out?: string
  readonly json: boolean
  /** Names of files only, without their lines. */
  readonly brief: boolean
}

export interface Change {
  readonly host: string
  /** As on the host; empty for the manifest. */
  readonly path: string
  readonly change: 'new' | 'changed' | 'removed'
  readonly secret: boolean
  readonly added: number
  readonly removed: number
  readonly lines: readonly string[]
}

export async function plan(io: Io, options: PlanOptions): Promise<ExitCode> {
  const opened = await openMesh({ ...options, environment: io.environment, purpose: 'read' })
  if (opened.mesh === null) return refuse(io, opened.diagnostics, options.json)
  if (!options.json) report(io, opened.diagnostics)
  const changes = await changesOf(opened, outOf(options))
  if (options.json) {
    const shown = changes.map(({ lines, ...change }) => (options.brief ? change : { ...change, lines }))
    io.stdout.write(
      `${JSON.stringify({ ok: true, changes: shown, diagnostics: jsonOf(opened.diagnostics) }, null, 2)}\n`,
    )
  } else io.stdout.write(changesText(changes, options.brief, paintOf(io)))
  return changes.length === 0 ? exitCodes.done : exitCodes.changes
}

export async function changesOf(opened: Opened, out: string): Promise<readonly Change[]> {
  const { mesh } = opened
  const secrets = secretsOf(opened)
  const lock = withPublicKeys(opened.lock, { mesh: opened.mesh, root: secrets.root })
  const changes: Change[] = []
  const planned = new Set<string>()
  for (const files of renderMesh(mesh, keysOf(mesh, lock, secrets.root), await deploymentOf(opened)))
    for (const [path, file] of files) {
      planned.add(path)
      const old = await readTreeFile(out, path)
      if (old?.equals(file.bytes) === true) continue
      changes.push(changeOf(path, old, file.bytes, file.secret))
    }
  for (const path of listFiles(out).toSorted(byText))
    if (!planned.has(path)) {
      // What made it is forgotten, but not who may read it.
      const secret = await isClosed(out, path)
      changes.push(changeOf(path, (await readTreeFile(out, path)) ?? Buffer.alloc(0), null, secret))
    }
  return changes.toSorted((a, b) => byText(a.host, b.host) || byText(a.path, b.path))
}

function changeOf(path: string, before: Buffer | null, after: Buffer | null, secret: boolean): Change {
  const [host, ...rest] = path.split('/')
  const text = (bytes: Buffer | null) => (bytes === null ? '' : secret ? redacted(path, bytes) : bytes.toString())
  const { hunks } = structuredPatch(path, path, text(before), text(after), undefined, undefined, { context: 2 })
  const lines = hunks.flatMap(hunk => hunk.lines).filter(line => !line.startsWith('\\'))
  return {
    host: (host ?? '').replace(/\.manifest\.json$/, ''),
    path: rest.length === 0 ? '' : `/${rest.join('/')}`,
    change: before === null ? 'new' : after === null ? 'removed' : 'changed',
    secret,
    added: lines.filter(line => line.startsWith('+')).length,
    removed: lines.filter(line => line.startsWith('-')).length,
    lines,
  }
}

/** A secret shows as there or not there, never as text. Of files with secrets of services only the length is known here. */
const redacted = (path: string, bytes: Buffer): string =>
  path.endsWith('/wg0.conf')
    ? bytes.toString().replace(/^(\s*(?:PrivateKey|PresharedKey)\s*=).*$/gim, '$1 (secret)')
    : '(secret)\n'.repeat(bytes.toString().split('\n').length - 1)

const signs = { new: '+', changed: '~', removed: '-' } as const

export function changesText(changes: readonly Change[], brief: boolean, paint: Paint): string {
  if (changes.length === 0) return 'No changes: out/ is what a build would write.\n'
  const out: string[] = []
  let host = ''
  for (const change of changes) {
    if (change.host !== host) out.push(`${host === '' ? '' : '\n'}${paint.strong(printable(change.host))}\n`)
    host = change.host
    const sign = signs[change.change]
    const what = change.secret ? secretNote(change) : `+${change.added} -${change.removed}`
    const name = change.path === '' ? 'manifest' : printable(change.path)
    out.push(`  ${paintSign(sign, paint)} ${name}  ${paint.faint(what)}\n`)
    // A new file is read in out/; here it would only hide what changes.
    if (!brief && change.change === 'changed' && change.path !== '')
      for (const line of change.lines) out.push(`      ${paintLine(printable(line), paint)}\n`)
  }
  const hosts = new Set(changes.map(change => change.host)).size
  const by = (['new', 'changed', 'removed'] as const)
    .map(kind => [changes.filter(change => change.change === kind).length, kind] as const)
    .filter(([n]) => n > 0)
    .map(([n, kind]) => `${n} ${kind}`)
  out.push(`\n${count(changes.length, 'file')} on ${count(hosts, 'host')}: ${by.join(', ')}\n`)
  return out.join('')
}

const secretNote = (change: Change): string =>
  change.change === 'changed' && change.lines.length === 0
    ? 'secrets changed'
    : `secret, +${change.added} -${change.removed}`

const paintSign = (sign: string, paint: Paint): string =>
  sign === '+' ? paint.added(sign) : sign === '-' ? paint.removed(sign) : paint.warning(sign)

const paintLine = (line: string, paint: Paint): string =>
  line.startsWith('+') ? paint.added(line) : line.startsWith('-') ? paint.removed(line) : paint.faint(line)
