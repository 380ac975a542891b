/** A screen as a picture, for people who read about it: cells of one size, whatever font there is. */
import { type Line, type Tone, widthOf } from '../../ui/line.ts'

const cell = { width: 8.4, height: 17 }
const margin = 12
/** Dark terminals' usual sixteen, a little softer. */
const colours: Readonly<Record<Tone, string>> = {
  plain: '#d0d4dc',
  faint: '#7d8590',
  strong: '#ffffff',
  ok: '#57ab5a',
  warn: '#d4a72c',
  bad: '#f47067',
  unknown: '#768390',
  accent: '#6cb6ff',
  title: '#ffffff',
}
const background = '#1c2128'
const selected = '#2d4156'

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, c => `&#${c.codePointAt(0) ?? 0};`).replaceAll(' ', '\u00a0')

export function svgOf(lines: readonly Line[], columns: number, title: string): string {
  const width = columns * cell.width + 2 * margin
  const height = lines.length * cell.height + 2 * margin
  const number = (n: number) => String(Math.round(n * 100) / 100)
  const drawn = lines.flatMap((line, row) => {
    const y = margin + row * cell.height
    let column = 0
    return line.flatMap(({ text, tone, inverse }) => {
      const cells = widthOf(text)
      const x = margin + column * cell.width
      column += cells
      const box =
        inverse === true
          ? [
              `<rect x="${number(x)}" y="${number(y)}" width="${number(cells * cell.width)}" height="${cell.height}" fill="${selected}"/>`,
            ]
          : []
      // Blanks at the ends are kept by none of those who draw.
      const word = text.trim()
      if (word === '') return box
      const from = x + widthOf(text.slice(0, text.indexOf(word))) * cell.width
      const length = number(widthOf(word) * cell.width)
      const weight = tone === 'strong' || tone === 'title' ? ' font-weight="bold"' : ''
      return [
        ...box,
        `<text x="${number(from)}" y="${number(y + 12.5)}" textLength="${length}" fill="${colours[tone]}"${weight}>${escaped(word)}</text>`,
      ]
    })
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${number(width)} ${number(height)}" role="img" aria-label="${escaped(title)}">`,
    `<rect width="100%" height="100%" rx="8" fill="${background}"/>`,
    '<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, \'DejaVu Sans Mono\', monospace" font-size="14" lengthAdjust="spacingAndGlyphs">',
    ...drawn,
    '</g>',
    '</svg>',
    '',
  ].join('\n')
}
