/** Values of PHP: single quotes, in which nothing means anything but the quote and the backslash (PHP manual, strings). */
type Php = string | number | boolean | readonly Php[] | { readonly [key: string]: Php } | Code

/** An expression that is PHP already. */
export class Code {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

const quoted = (text: string): string => `'${text.replace(/[\\']/g, String.raw`\$&`)}'`

/** Short arrays, one entry a line. */
export function php(value: Php, indent = ''): string {
  if (typeof value === 'string') return quoted(value)
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (value instanceof Code) return value.text
  const deeper = `${indent}  `
  const entries = Array.isArray(value)
    ? (value as readonly Php[]).map(one => php(one, deeper))
    : Object.entries(value).map(([key, one]) => `${quoted(key)} => ${php(one, deeper)}`)
  return entries.length === 0 ? '[]' : `[\n${entries.map(entry => `${deeper}${entry},\n`).join('')}${indent}]`
}
