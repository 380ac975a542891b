/** The field that finds: a combobox with its list, as ARIA describes them. */
import { counted } from '../facts.ts'
import { entriesOf, type Entry, find } from '../find.ts'
import type { Model } from '../model.ts'
import type { Place } from '../state.ts'
import { byId, element, say } from './dom.ts'

const most = 12

export function startFinding(model: Model, go: (place: Place) => void): void {
  const form = byId('search', HTMLFormElement)
  const input = byId('find', HTMLInputElement)
  const list = byId('found', HTMLUListElement)
  let entries: readonly Entry[] | null = null
  let found: readonly Entry[] = []
  let chosen = 0

  const close = () => {
    found = []
    list.replaceChildren()
    list.hidden = true
    input.setAttribute('aria-expanded', 'false')
    input.removeAttribute('aria-activedescendant')
  }
  const choose = (i: number) => {
    chosen = (i + found.length) % found.length
    for (const [at, option] of [...list.children].entries()) option.setAttribute('aria-selected', String(at === chosen))
    list.children[chosen]?.scrollIntoView({ block: 'nearest' })
    input.setAttribute('aria-activedescendant', `found-${chosen}`)
  }
  const open = () => {
    entries ??= entriesOf(model.graph)
    found = find(entries, input.value, most)
    list.replaceChildren(
      ...found.map(({ title, about }, i) =>
        element(
          'li',
          { role: 'option', id: `found-${i}`, 'aria-selected': 'false' },
          element('b', {}, title),
          element('span', {}, about),
        ),
      ),
    )
    if (input.value.trim() === '') return close()
    if (found.length === 0) {
      close()
      return say('Nothing is found')
    }
    list.hidden = false
    input.setAttribute('aria-expanded', 'true')
    choose(0)
    say(found.length === most ? `The first ${most} of those found` : counted(found.length, 'result'))
  }
  const take = (entry: Entry | undefined) => {
    if (entry === undefined) return
    input.value = ''
    close()
    input.blur()
    go(entry.place)
  }

  input.addEventListener('input', open)
  input.addEventListener('focus', () => input.value !== '' && open())
  input.addEventListener('blur', close)
  input.addEventListener('keydown', event => {
    if (event.key === 'Escape') {
      event.stopPropagation()
      input.value = ''
      close()
      input.blur()
    }
    if (found.length === 0) return
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step === undefined) return
    event.preventDefault()
    choose(chosen + step)
  })
  form.addEventListener('submit', event => {
    event.preventDefault()
    take(found[chosen])
  })
  // The field must not lose the focus to the list, or the list would close before it is clicked.
  list.addEventListener('pointerdown', event => event.preventDefault())
  list.addEventListener('click', event => {
    const option = event.target instanceof Element ? event.target.closest('[role=option]') : null
    if (option !== null) take(found[[...list.children].indexOf(option)])
  })
  document.addEventListener('keydown', event => {
    const busy = event.target instanceof HTMLElement && event.target.matches('input, select, textarea')
    if (event.key !== '/' || busy || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    input.focus()
    input.select()
  })
  form.hidden = false
}
