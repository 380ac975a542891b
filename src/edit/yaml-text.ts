/**
 * One entry put into or taken out of a map in somebody's YAML, as a change of text: comments, order, quotes and line
 * ends of everything else stay as they are.
 */
import { Document, isCollection, isMap, isNode, isScalar, type Node, type Pair, parseDocument, visit } from 'yaml'

const style = { lineWidth: 0, flowCollectionPadding: false } as const

/** The text with `key: value` as the last entry of the map at `path`; a map that is not there yet is made. */
export function insertEntry(text: string, path: readonly string[], key: string, value: unknown, flow = false): string {
  const document = parseDocument(text)
  const map = path.length === 0 ? document.contents : document.getIn(path, true)
  const parent = path.length < 2 ? document.contents : document.getIn(path.slice(0, -1), true)
  const step = path.at(-1)
  if (map === undefined && step !== undefined && isMap(parent) && parent.flow !== true)
    return insertEntry(text, path.slice(0, -1), step, { [key]: nodeOf(document, value, flow) })
  const last = isMap(map) && map.flow !== true ? map.items.at(-1) : undefined
  if (last === undefined || !isMap(map)) {
    const opened = isMap(parent) && parent.flow !== true ? openEmpty(text, document.contents, path, map) : null
    if (opened !== null) {
      const lines = entryLines(key, value, flow).map(line => `${' '.repeat(opened.indent)}${line}\n`)
      return opened.before + keepLineEnds(text, lines.join('')) + opened.after
    }
    if (isMap(map) && map.items.length === 0) map.flow = false
    document.setIn([...path, key], nodeOf(document, value, flow))
    return keepLineEnds(text, document.toString(style))
  }
  const indent = columnOf(text, startOf(last))
  const end = lineEnd(text, endOf(last))
  const lines = entryLines(key, value, flow).map(line => `${' '.repeat(indent)}${line}\n`)
  const before = text.slice(0, end)
  const inserted = (before.endsWith('\n') ? '' : '\n') + lines.join('')
  return before + keepLineEnds(text, inserted) + text.slice(end)
}

/** The text without the entry and the comment lines right above it; null when there is no such entry. */
export function removeEntry(text: string, path: readonly string[], key: string): string | null {
  const document = parseDocument(text)
  const map = path.length === 0 ? document.contents : document.getIn(path, true)
  const pair = isMap(map) ? map.items.find(item => isScalar(item.key) && String(item.key.value) === key) : undefined
  if (!isMap(map) || pair === undefined) return null
  if (map.flow === true) {
    document.deleteIn([...path, key])
    return keepLineEnds(text, document.toString(style))
  }
  const start = withComments(text, lineStart(text, startOf(pair)))
  const end = lineEnd(text, endOf(pair))
  const rest = text.slice(0, start) + text.slice(end)
  if (map.items.length > 1) return rest
  const parent = parentKeyEnd(document.contents, path)
  // An empty block map would read as null.
  return parent === null ? rest : `${rest.slice(0, parent)} {}${rest.slice(parent)}`
}

/** `hosts: {}` on one line grows into lines of its own; null where the empty map is written in another way. */
function openEmpty(text: string, contents: unknown, path: readonly string[], map: unknown) {
  const behindKey = parentKeyEnd(contents, path)
  if (behindKey === null || !isMap(map) || map.items.length > 0 || !map.range) return null
  if (!/^ +\{ *\}$/.test(text.slice(behindKey, map.range[1]))) return null
  const end = lineEnd(text, map.range[1])
  const tail = text.slice(map.range[1], end)
  const line = text.slice(lineStart(text, behindKey), end)
  return {
    indent: line.length - line.trimStart().length + 2,
    before: text.slice(0, behindKey) + tail + (tail.endsWith('\n') ? '' : '\n'),
    after: text.slice(end),
  }
}

/** As YAML lines: lists in one line, and the whole value in one where asked. */
function entryLines(key: string, value: unknown, flow: boolean): string[] {
  const document = new Document({})
  document.set(key, nodeOf(document, value, flow))
  return document.toString(style).trimEnd().split('\n')
}

function nodeOf(document: Document, value: unknown, flow: boolean): Node {
  const node = document.createNode(value)
  if (flow && isCollection(node)) node.flow = true
  visit(node, {
    Seq(_, seq) {
      seq.flow = true
    },
  })
  return node
}

const startOf = (pair: Pair): number => (isNode(pair.key) ? (pair.key.range?.[0] ?? 0) : 0)

/** Of the last character that belongs to the entry: its deepest last value. */
function endOf(pair: Pair): number {
  const { key, value } = pair
  if (isMap(value) && value.flow !== true) {
    const last = value.items.at(-1)
    if (last !== undefined) return endOf(last)
  }
  const node: Node | null =
    isNode(value) && !(isScalar(value) && value.source === '') ? value : isNode(key) ? key : null
  return node?.range?.[1] ?? 0
}

const lineStart = (text: string, offset: number): number => text.lastIndexOf('\n', offset - 1) + 1

/** After the line break that follows; an offset right behind one is there already. */
function lineEnd(text: string, offset: number): number {
  if (offset > 0 && text[offset - 1] === '\n') return offset
  const end = text.indexOf('\n', offset)
  return end < 0 ? text.length : end + 1
}

const columnOf = (text: string, offset: number): number => offset - lineStart(text, offset)

function withComments(text: string, start: number): number {
  let from = start
  while (from > 0) {
    const above = lineStart(text, from - 1)
    if (!/^[ \t]*#/.test(text.slice(above, from))) break
    // A modeline for editors belongs to the file.
    if (text.slice(above, from).includes('yaml-language-server')) break
    from = above
  }
  return from
}

/** Behind the colon of the key whose value is the map at `path`. */
function parentKeyEnd(contents: unknown, path: readonly string[]): number | null {
  let map = contents
  let end: number | null = null
  for (const step of path) {
    const pair = isMap(map) ? map.items.find(item => isScalar(item.key) && String(item.key.value) === step) : undefined
    if (pair === undefined) return null
    end = isNode(pair.key) && pair.key.range ? pair.key.range[1] + 1 : null
    map = pair.value
  }
  return end
}

const keepLineEnds = (like: string, text: string): string =>
  like.includes('\r\n') ? text.replace(/\r?\n/g, '\r\n') : text
