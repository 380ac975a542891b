/** The parts of a look, out of what came back: what the script did to the lines is undone, what is not from it is noise. */

/** What one part of a look said. */
export interface Part {
  readonly lines: readonly string[]
  /** Of its command; null: it had not ended when the answer did. */
  readonly status: number | null
}

export interface Output {
  /** The script ran. */
  readonly begun: boolean
  /** And it came to its end, though parts of it may have not. */
  readonly ended: boolean
  readonly parts: ReadonlyMap<string, Part>
}

const marker = /^([\w./:@-]+) (?:([=+])(.*)|!([0-9]{1,3}))$/

/**
 * Undoes what the script did to the lines; `nonce`: the word of the look. `asked`: parts that nobody asked for are noise,
 * and one that says more than it may was cut by nobody, so it is not from the script: it counts as not ended.
 */
export function readOutput(
  text: string,
  nonce: string,
  asked?: readonly { readonly name: string; readonly bytes: number }[],
): Output {
  const limits = asked === undefined ? null : new Map(asked.map(({ name, bytes }) => [name, bytes]))
  const parts = new Map<string, { lines: string[]; status: number | null; open: string; left: number }>()
  let [begun, ended] = [false, false]
  for (const line of text.split('\n')) {
    if (!line.startsWith(`${nonce} `)) continue
    const rest = line.slice(nonce.length + 1)
    if (rest === 'begin') begun = true
    else if (rest === 'end') {
      ended = true
      break
    }
    const [, name, kind, raw = '', status] = marker.exec(rest) ?? []
    if (name === undefined) continue
    const limit = limits === null ? Infinity : limits.get(name)
    if (limit === undefined) continue
    // The last line may have had no end.
    const part = parts.get(name) ?? { lines: [], status: null, open: '', left: limit + 1 }
    parts.set(name, part)
    part.left -= raw.length + (kind === '=' ? 1 : 0)
    if (part.left < 0) part.status = null
    else if (status !== undefined) part.status = Number(status)
    else if (kind === '+') part.open += plain(raw)
    else {
      part.lines.push(part.open + plain(raw))
      part.open = ''
    }
  }
  return { begun, ended, parts: new Map([...parts].map(([name, { lines, status }]) => [name, { lines, status }])) }
}

/** The script leaves nothing else; whoever speaks in its place may. */
const plain = (text: string): string => text.replace(/[^\t -~]/g, '')
