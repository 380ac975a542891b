/**
 * The colours of maps, light and dark, as custom properties of CSS: surfaces and hues of even lightness (Oklab, Björn
 * Ottosson, 2020), so that every text on them is equally easy to read. A page that holds a map takes its colours from here.
 */

/** Regions and kinds of services, in the order in which hues are given away. */
export const regionHues = 8
export const kindHues = 12

export type ThemeName = 'light' | 'dark'
/** Name of a custom property without its dashes → `#rrggbb`. */
export type Colours = Readonly<Record<string, string>>

export const themes: Readonly<Record<ThemeName, Colours>> = { light: colours('light'), dark: colours('dark') }

/** Text and what it stands on; the states are also lines and must be seen as such. */
export const readable: readonly (readonly [text: string, on: string])[] = [
  ...['ink', 'soft', 'accent', 'bad', 'warn'].flatMap(text => ['paper', 'card'].map(on => [text, on] as const)),
  ...Array.from({ length: regionHues }, (_, n) => [`r${n}-ink`, `r${n}`] as const),
  ...Array.from({ length: regionHues }, (_, n) => ['ink', `r${n}`] as const),
  ...Array.from({ length: kindHues }, (_, n) => [`k${n}-ink`, `k${n}`] as const),
  ['plain-ink', 'plain'],
]

/** Lines without which nobody would see where to press; others only part what is apart anyway. */
export const visible: readonly (readonly [line: string, on: string])[] = ['control', 'accent', 'bad'].flatMap(line =>
  ['paper', 'card'].map(on => [line, on] as const),
)

/**
 * The properties for an element: `:root` for a page, `.map` for a map that stands alone. As the reader's system has it,
 * unless the element or one around it says `data-theme`; on paper always light.
 */
export function themeCss(selector: string): string {
  const said = (name: ThemeName) =>
    selector === ':root'
      ? `:root[data-theme=${name}]`
      : `[data-theme=${name}] ${selector},${selector}[data-theme=${name}]`
  const [light, dark] = [declarations(themes.light), declarations(themes.dark)]
  const paper = declarations({ ...themes.light, paper: '#ffffff', ink: '#000000' })
  return [
    `${selector}{color-scheme:light dark;${light}}`,
    `@media (prefers-color-scheme:dark){${selector}{${dark}}}`,
    `${said('light')}{color-scheme:light;${light}}`,
    `${said('dark')}{color-scheme:dark;${dark}}`,
    `@media print{${[selector, said('light'), said('dark')].join(',')}{color-scheme:light;${paper}}}`,
  ].join('\n')
}

const declarations = (all: Colours): string =>
  Object.entries(all)
    .map(([name, value]) => `--${name}:${value}`)
    .join(';')

function colours(theme: ThemeName): Colours {
  const light = theme === 'light'
  const base: [string, string][] = light
    ? [
        ['paper', lch(0.985, 0.004, 90)],
        ['card', lch(1, 0, 0)],
        ['ink', lch(0.25, 0.02, 260)],
        ['soft', lch(0.47, 0.02, 260)],
        ['edge', lch(0.8, 0.015, 260)],
        ['control', lch(0.62, 0.02, 260)],
        ['tunnel', lch(0.62, 0.07, 250)],
        ['accent', lch(0.48, 0.12, 250)],
        ['bad', lch(0.5, 0.19, 27)],
        ['warn', lch(0.5, 0.11, 65)],
        ['plain', lch(0.94, 0.006, 260)],
        ['plain-ink', lch(0.36, 0.02, 260)],
        ['plain-edge', lch(0.78, 0.012, 260)],
      ]
    : [
        ['paper', lch(0.19, 0.015, 260)],
        ['card', lch(0.255, 0.018, 260)],
        ['ink', lch(0.94, 0.008, 260)],
        ['soft', lch(0.76, 0.015, 260)],
        ['edge', lch(0.43, 0.02, 260)],
        ['control', lch(0.58, 0.02, 260)],
        ['tunnel', lch(0.6, 0.08, 245)],
        ['accent', lch(0.78, 0.1, 245)],
        ['bad', lch(0.74, 0.15, 25)],
        ['warn', lch(0.82, 0.12, 80)],
        ['plain', lch(0.33, 0.012, 260)],
        ['plain-ink', lch(0.9, 0.01, 260)],
        ['plain-edge', lch(0.48, 0.015, 260)],
      ]
  // Neighbours far apart: the golden angle for regions, thirds of the circle for kinds.
  for (let n = 0; n < regionHues; n += 1) {
    const hue = (235 + n * 137.5) % 360
    base.push(
      [`r${n}`, light ? lch(0.955, 0.022, hue) : lch(0.235, 0.028, hue)],
      [`r${n}-ink`, light ? lch(0.45, 0.08, hue) : lch(0.8, 0.08, hue)],
    )
  }
  for (let n = 0; n < kindHues; n += 1) {
    const hue = (250 + n * 150) % 360
    base.push(
      [`k${n}`, light ? lch(0.93, 0.045, hue) : lch(0.35, 0.06, hue)],
      [`k${n}-ink`, light ? lch(0.38, 0.09, hue) : lch(0.92, 0.045, hue)],
      [`k${n}-edge`, light ? lch(0.78, 0.09, hue) : lch(0.52, 0.09, hue)],
    )
  }
  return Object.fromEntries(base)
}

/** Oklch to sRGB; hue in degrees. What sRGB does not have is cut off. */
function lch(lightness: number, chroma: number, hue: number): string {
  const [a, b] = [chroma * Math.cos((hue * Math.PI) / 180), chroma * Math.sin((hue * Math.PI) / 180)]
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3
  return `#${[
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ]
    .map(linear => (linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055))
    .map(value =>
      Math.round(Math.max(0, Math.min(1, value)) * 255)
        .toString(16)
        .padStart(2, '0'),
    )
    .join('')}`
}
