/** Keys that people press, as the screens know them. */
type Named =
  'enter' | 'escape' | 'tab' | 'backspace' | 'up' | 'down' | 'left' | 'right' | 'pgup' | 'pgdn' | 'home' | 'end'

export type Key =
  | { readonly kind: 'char'; readonly char: string }
  | { readonly kind: Named }
  | { readonly kind: 'ctrl'; readonly char: string }
  | { readonly kind: 'paste'; readonly text: string }
