/**
 * Templates that have the shape of the file they make. A hole takes only the values its format knows; a hole alone on
 * its line takes a block, which keeps the indent of the hole, or null, which drops the line.
 */

/** Finished lines, each ended by a newline. */
export class Block {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

type Hole<T> = T | Block | readonly Block[] | null

type Tag<T> = (strings: TemplateStringsArray, ...holes: readonly Hole<T>[]) => Block

interface Line {
  readonly indent: string
  /** Literal text before, between and after the holes. */
  readonly literals: readonly string[]
  readonly holes: readonly number[]
}

/** `format` writes a value as the file wants it, quoted where it has to be. */
export function template<T>(format: (value: T) => string): Tag<T> {
  const shapes = new WeakMap<TemplateStringsArray, readonly Line[]>()
  return (strings, ...holes) => {
    let lines = shapes.get(strings)
    if (lines === undefined) shapes.set(strings, (lines = shapeOf(strings)))
    let text = ''
    for (const line of lines) {
      const [only] = line.holes
      if (only !== undefined && line.holes.length === 1 && line.literals[0] === '' && line.literals[1] === '') {
        const hole = holes[only] as Hole<T>
        if (hole === null) continue
        if (hole instanceof Block) {
          text += indented(hole, line.indent)
          continue
        }
        if (Array.isArray(hole)) {
          for (const block of hole as readonly Block[]) text += indented(block, line.indent)
          continue
        }
      }
      text += line.literals[0] === '' && line.holes.length === 0 ? '' : line.indent + (line.literals[0] ?? '')
      for (const [i, hole] of line.holes.entries())
        text += checked(format(holes[hole] as T)) + (line.literals[i + 1] ?? '')
      text += '\n'
    }
    return new Block(text)
  }
}

const indented = (block: Block, indent: string): string =>
  indent === '' ? block.text : block.text.replace(/^(?=.)/gm, indent)

/** The last fence: names and addresses were parsed long ago, and none of them holds a line break. */
function checked(text: string): string {
  for (let i = 0; i < text.length; i += 1)
    if (text.charCodeAt(i) < 32) throw new Error(`a control character in a rendered value: this is a bug in meshwright`)
  return text
}

/** Takes the first and last line break and the common indent off, and finds the holes of each line. */
function shapeOf(strings: TemplateStringsArray): readonly Line[] {
  const marked = strings.map((text, i) => (i === 0 ? text : `\u0000${i - 1}\u0000${text}`)).join('')
  const raw = marked.replace(/^\n/, '').replace(/\n[ \t]*$/, '')
  const lines = raw.split('\n')
  const depth = Math.min(...lines.filter(line => line.trim() !== '').map(line => line.length - line.trimStart().length))
  return lines.map(line => {
    const body = line.slice(depth)
    const indent = body.slice(0, body.length - body.trimStart().length)
    const parts = body.slice(indent.length).split('\u0000')
    return {
      indent,
      literals: parts.filter((_, i) => i % 2 === 0),
      holes: parts.filter((_, i) => i % 2 === 1).map(Number),
    }
  })
}

export const block = (lines: readonly string[]): Block => new Block(lines.map(line => `${line}\n`).join(''))
