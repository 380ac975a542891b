/** A YAML file with its positions: text in, value out, and for any place in it the line and column (YAML 1.2). */
import { readFile } from 'node:fs/promises'
import {
  type Document,
  isMap,
  isNode,
  isPair,
  isScalar,
  LineCounter,
  type Node,
  parseAllDocuments,
  visit,
  type YAMLError,
} from 'yaml'
import { type Diagnostic, error, type Place, type SourcePosition } from '../../topology/diagnostic.ts'
import { reason } from './reason.ts'

/** More than any mesh of ten thousand hosts needs, and little enough to parse. */
const maxBytes = 16 * 2 ** 20
/** Anchors are welcome; a bomb is not: aliases may not expand to more than this many copies. */
const maxAliases = 1000

export class SourceDocument {
  /** Path as shown to the user, relative to the mesh directory. */
  readonly name: string
  readonly text: string
  readonly yaml: Document.Parsed
  readonly #lines: LineCounter

  constructor(name: string, text: string, yaml: Document.Parsed, lines: LineCounter) {
    this.name = name
    this.text = text
    this.yaml = yaml
    this.#lines = lines
  }

  /** Of the deepest part of the path that exists; a value's position, or its key's when the key is meant. */
  locate(place: Place): SourcePosition {
    let node: unknown = this.yaml.contents
    let found: Node | null = this.yaml.contents
    for (const [i, step] of place.path.entries()) {
      const last = i === place.path.length - 1
      if (isMap(node)) {
        const pair = node.items.find(
          item => isPair(item) && isScalar(item.key) && String(item.key.value) === String(step),
        )
        if (pair === undefined) break
        found = last && place.key === true ? (pair.key as Node) : isNode(pair.value) ? pair.value : (pair.key as Node)
        // The value of a block map begins on its first key's line: its own key says better where it is.
        if (last && isMap(pair.value) && pair.value.flow !== true) found = pair.key as Node
        node = pair.value
      } else {
        const item = (node as { items?: unknown[] } | null)?.items?.[Number(step)]
        if (item === undefined) break
        node = item
        if (isNode(item)) found = item
      }
    }
    return this.at(found?.range?.[0] ?? 0, found?.range?.[1])
  }

  /** Of offsets in the text. */
  at(offset: number, end = offset + 1): SourcePosition {
    return positionIn(this.text, this.#lines, offset, end)
  }
}

function positionIn(text: string, lines: LineCounter, offset: number, end: number): SourcePosition {
  const { line, col } = lines.linePos(Math.min(offset, text.length))
  if (line === 0) return { line: 1, column: 1, text: '', width: 1 }
  const start = lines.lineStarts[line - 1] ?? 0
  const stop = text.indexOf('\n', start)
  const whole = text.slice(start, stop < 0 ? undefined : stop).replace(/\r$/, '')
  const width = Math.max(1, Math.min(end - offset, whole.length - col + 1))
  return { line, column: col, text: whole, width }
}

export type Parsed =
  | { readonly document: SourceDocument; readonly value: unknown; readonly diagnostics: readonly [] }
  | { readonly document: SourceDocument | null; readonly value: undefined; readonly diagnostics: readonly Diagnostic[] }

export async function readDocument(path: string, name: string): Promise<Parsed> {
  let bytes: Buffer
  try {
    bytes = await readFile(path)
  } catch (cause) {
    return refused(error('unreadable', `${name} cannot be read: ${reason(cause)}`))
  }
  return parseDocument(bytes, name)
}

export function parseDocument(bytes: Uint8Array, name: string): Parsed {
  if (bytes.length > maxBytes)
    return refused(error('too-large', `${name} has ${bytes.length} bytes; ${maxBytes} is the most that is read`))
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    const position = positionOfBadByte(bytes)
    return refused({
      ...error('not-utf-8', `${name} is not UTF-8`, { document: name, path: [] }, 'Save it as UTF-8.'),
      source: position,
    })
  }
  const lines = new LineCounter()
  let documents
  try {
    documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true, version: '1.2' })
  } catch (cause) {
    // A document nested thousands deep ends the parser's stack.
    return refused(error('yaml', `${name} cannot be parsed: ${reason(cause)}`, { document: name, path: [] }))
  }
  const at = (offset: number, end: number) => positionIn(text, lines, offset, end)
  const [yaml, second] = Array.isArray(documents) ? documents : []
  if (yaml === undefined) return refused(error('yaml', `${name} is empty`, { document: name, path: [] }))
  const document = new SourceDocument(name, text, yaml, lines)
  const wrong: Diagnostic[] = [...yaml.errors, ...yaml.warnings].map(problem => ({
    ...error('yaml', sayProblem(problem), { document: name, path: [] }),
    source: at(problem.pos[0], problem.pos[1]),
  }))
  visit(yaml, {
    // Maps become objects, and to an object this key is no key.
    Pair(_, { key }) {
      if (isScalar(key) && key.value === '__proto__')
        wrong.push({
          ...error('bad-name', '"__proto__" is not a name', { document: name, path: [] }),
          source: at(key.range?.[0] ?? 0, key.range?.[1] ?? 0),
        })
    },
  })
  if (second !== undefined)
    wrong.push({
      ...error('yaml', 'a second document begins here; a file holds one', { document: name, path: [] }),
      source: at(second.range[0], second.range[0] + 3),
    })
  if (wrong.length > 0) return { document, value: undefined, diagnostics: wrong }
  try {
    return { document, value: yaml.toJS({ maxAliasCount: maxAliases, mapAsMap: false }), diagnostics: [] }
  } catch (cause) {
    const bomb = cause instanceof ReferenceError && /alias/i.test(cause.message)
    const code = bomb ? 'too-many-aliases' : 'yaml'
    const what = bomb ? `its aliases expand to more than ${maxAliases} copies` : reason(cause)
    return {
      document,
      value: undefined,
      diagnostics: [error(code, `${name} cannot be read: ${what}`, { document: name, path: [] })],
    }
  }
}

const refused = (diagnostic: Diagnostic): Parsed => ({ document: null, value: undefined, diagnostics: [diagnostic] })

const sayProblem = (problem: YAMLError): string =>
  problem.code === 'DUPLICATE_KEY' ? 'the same key is there twice' : (problem.message.split('\n')[0] ?? problem.code)

function positionOfBadByte(bytes: Uint8Array): SourcePosition {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let line = 1
  let start = 0
  const fails = (end: number): boolean => {
    try {
      decoder.decode(bytes.subarray(start, end))
      return false
    } catch {
      return true
    }
  }
  for (let i = 0; i <= bytes.length; i += 1) {
    if (i < bytes.length && bytes[i] !== 10) continue
    if (fails(i)) break
    line += 1
    start = i + 1
  }
  const stop = bytes.indexOf(10, start)
  const shown = new TextDecoder().decode(bytes.subarray(start, stop < 0 ? undefined : stop))
  const column = shown.indexOf('\uFFFD') + 1
  return { line, column: Math.max(1, column), text: shown, width: 1 }
}
