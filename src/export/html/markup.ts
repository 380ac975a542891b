/** HTML as values: what is put into it is text and stays text, unless it was made here itself. */
import { printable } from '../../text/printable.ts'

export class Markup {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

export type Hole = string | number | Markup | null | readonly Hole[]

/** Null is nothing, a list is its members one after the other. Attributes are written in double quotes. */
export function markup(parts: TemplateStringsArray, ...holes: readonly Hole[]): Markup {
  let text = parts[0] ?? ''
  for (const [i, hole] of holes.entries()) text += inside(hole) + (parts[i + 1] ?? '')
  return new Markup(text)
}

function inside(hole: Hole): string {
  if (hole === null) return ''
  if (hole instanceof Markup) return hole.text
  if (typeof hole === 'string') return escaped(hole)
  if (typeof hole === 'number') return String(hole)
  return hole.map(inside).join('')
}

const names: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

const escaped = (text: string): string => printable(text).replace(/[&<>"']/g, c => names[c] ?? c)

/** For an element of scripts that is data: no text in it ends the element or opens a comment, and all of it can be shown. */
export const jsonMarkup = (value: unknown): Markup =>
  new Markup(
    JSON.stringify(value, (_, member: unknown) => (typeof member === 'string' ? printable(member) : member)).replace(
      /[<>&]/g,
      c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
  )
