/** A strict reader of XML as pictures have it: throws where a tag is not closed, an entity unknown, a quote missing. */
export interface Element {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly parents: readonly Element[]
  /** Directly within it. */
  text: string
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }

export function elementsOf(xml: string): readonly Element[] {
  const all: Element[] = []
  const open: Element[] = []
  for (const [token, closing, opening, rest = '', empty, text] of xml.matchAll(
    /<\/([a-zA-Z]+)>|<([a-zA-Z]+)((?:\s+[a-zA-Z:-]+="[^"<]*")*)(\/)?>|([^<]+)|[^]/g,
  ))
    if (closing !== undefined) {
      if (open.pop()?.name !== closing) throw new Error(`</${closing}> closes nothing`)
    } else if (opening !== undefined) {
      const pairs = [...rest.matchAll(/([a-zA-Z:-]+)="([^"]*)"/g)].map(
        ([, name = '', value = '']) => [name, decoded(value)] as const,
      )
      if (new Set(pairs.map(([name]) => name)).size < pairs.length) throw new Error(`twice in ${token}`)
      const element: Element = { name: opening, attributes: new Map(pairs), parents: [...open], text: '' }
      all.push(element)
      if (empty === undefined) open.push(element)
    } else if (text !== undefined) {
      const within = open.at(-1)
      if (within !== undefined) within.text += within.name === 'style' ? text : decoded(text)
      else if (text.trim() !== '') throw new Error(`text outside: ${text}`)
    } else throw new Error(`not XML: ${token}`)
  if (open.length > 0) throw new Error(`not closed: ${open.map(({ name }) => name).join(' ')}`)
  return all
}

const decoded = (text: string): string =>
  text.replace(/&([^;]*);?/g, (whole, name: string) => {
    const meant = entities[name]
    if (meant === undefined || !whole.endsWith(';')) throw new Error(`unknown entity ${whole}`)
    return meant
  })
