/** The Prometheus text format, version 0.0.4: samples, their labels and numbers. */
import { printable } from '../../text/printable.ts'

export const contentType = 'text/plain; version=0.0.4; charset=utf-8'

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', '\n': '\\n' }

/** Most of what is written, a thousand times over: it stands as it is. */
const plain = /^[ !#-[\]-~]*$/

/** As it stands between quotes. Others may have written it: no control characters, and no half of a character. */
export const labelText = (value: string): string =>
  plain.test(value)
    ? value
    : printable(value)
        .replace(/\p{Cs}/gu, '�')
        .replace(/[\\"\n]/g, c => escapes[c] ?? c)

/** `{host="tesla",peer="bohr"}`. An empty value is none: Prometheus takes it for a label that is not there. */
export function labelsOf(names: readonly string[], values: readonly string[]): string {
  let pairs = ''
  for (let i = 0; i < names.length; i += 1) {
    const value = values[i] ?? ''
    if (value !== '') pairs += `${pairs === '' ? '' : ','}${names[i] ?? ''}="${labelText(value)}"`
  }
  return pairs === '' ? '' : `{${pairs}}`
}

export const helpText = (text: string): string => text.replace(/[\\\n]/g, c => escapes[c] ?? c)

/** From here on JavaScript writes exponents; nothing that is counted here is so large. */
const most = 1e21

/** Plain, to a millionth. Null: it is not known. */
export function numberText(value: number | null | undefined): string | null {
  if (value === null || value === undefined || !(Math.abs(value) < most)) return null
  return String(Number.isInteger(value) ? value : Math.round(value * 1e6) / 1e6)
}
