/** How lines look: tones → SGR of sixteen colours (ECMA-48), symbols → ASCII where the terminal knows no others. */
import { type Line, printable, type Span, type Tone } from '../line.ts'
import { asciiOf } from './ascii.ts'

export interface Look {
  readonly colours: boolean
  readonly ascii: boolean
}

type Environment = Readonly<Record<string, string | undefined>>

/** NO_COLOR as no-color.org has it; the locale as setlocale(3) finds it. */
export function lookOf(environment: Environment): Look {
  const { NO_COLOR, TERM, MESHWRIGHT_ASCII } = environment
  const locale = [environment['LC_ALL'], environment['LC_CTYPE'], environment['LANG']].find(one => (one ?? '') !== '')
  return {
    colours: (NO_COLOR ?? '') === '' && TERM !== 'dumb',
    ascii: !/utf-?8/i.test(locale ?? '') || !['', '0'].includes(MESHWRIGHT_ASCII ?? ''),
  }
}

interface Style {
  readonly on: string
  readonly off: string
}

/** Without colours what is bad is bold: words say what colours repeat. */
const tones: Readonly<Record<Tone, { readonly coloured: Style; readonly plain: Style }>> = {
  plain: both('', ''),
  faint: both('2', '22'),
  strong: both('1', '22'),
  ok: { coloured: style('32', '39'), plain: style('', '') },
  warn: { coloured: style('33', '39'), plain: style('', '') },
  bad: { coloured: style('31', '39'), plain: style('1', '22') },
  unknown: { coloured: style('35', '39'), plain: style('', '') },
  accent: { coloured: style('36', '39'), plain: style('', '') },
  title: both('1', '22'),
}

/** The line as it goes to the terminal: printable text, and the SGR of this module. */
export const lookText = (line: Line, look: Look): string => line.map(one => spanText(one, look)).join('')

function spanText({ text, tone, inverse }: Span, { colours, ascii }: Look): string {
  if (text === '') return ''
  const clean = ascii ? asciiOf(printable(text)) : printable(text)
  const { on, off } = colours ? tones[tone].coloured : tones[tone].plain
  return inverse === true ? `\x1b[7m${on}${clean}${off}\x1b[27m` : `${on}${clean}${off}`
}

function style(on: string, off: string): Style {
  return on === '' ? { on, off } : { on: `\x1b[${on}m`, off: `\x1b[${off}m` }
}

function both(on: string, off: string) {
  return { coloured: style(on, off), plain: style(on, off) }
}

const sgrOrObeyed = /\x1b\[[\d;]*m|[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu

/** The last look at a line before it leaves: nothing but SGR is left that a terminal obeys. */
export const harmless = (line: string): string => line.replace(sgrOrObeyed, one => (one.length > 2 ? one : '�'))

/** Columns it takes. */
export const withoutSgr = (line: string): string => line.replace(/\x1b\[[\d;]*m/g, '')
