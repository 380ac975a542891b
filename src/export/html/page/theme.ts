/** Light or dark as the reader's system has it, or as the button says. */
import { byId } from './dom.ts'

const key = 'meshwright-theme'

export function startTheme(): void {
  const button = byId('theme', HTMLButtonElement)
  const system = matchMedia('(prefers-color-scheme: dark)')
  const root = document.documentElement
  const isDark = () => (root.dataset['theme'] ?? (system.matches ? 'dark' : 'light')) === 'dark'
  const show = () => {
    button.textContent = isDark() ? 'Light' : 'Dark'
    button.setAttribute('aria-label', isDark() ? 'Light colours' : 'Dark colours')
  }
  const kept = remembered()
  if (kept === 'light' || kept === 'dark') root.dataset['theme'] = kept
  button.addEventListener('click', () => {
    const wanted = isDark() ? 'light' : 'dark'
    root.dataset['theme'] = wanted
    remember(wanted)
    show()
  })
  system.addEventListener('change', show)
  show()
  button.hidden = false
}

// A browser that keeps nothing for pages says so by throwing.
function remembered(): string | null {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}

function remember(value: string): void {
  try {
    localStorage.setItem(key, value)
  } catch {
    // It holds until the page is left.
  }
}
