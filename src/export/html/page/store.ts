/** The one state of the page, kept in its address so that a view can be mailed. */
import { hashOf, type State, stateOf } from '../state.ts'

export class Store {
  #state: State
  readonly #listeners: ((state: State, before: State) => void)[] = []
  #later: ReturnType<typeof setTimeout> | undefined

  constructor() {
    this.#state = stateOf(location.hash)
    // Back, forward, and an address typed by hand. Anchors within the text are none of ours.
    addEventListener('popstate', () => {
      if (location.hash === '' || location.hash.includes('=')) this.#set(stateOf(location.hash))
    })
  }

  get state(): State {
    return this.#state
  }

  onChange(listener: (state: State, before: State) => void): void {
    this.#listeners.push(listener)
  }

  /** A step that Back takes back; a changed view alone is none. */
  change(change: Partial<State>): void {
    const step = change.at !== undefined || change.lose !== undefined
    this.#set({ ...this.#state, ...change })
    clearTimeout(this.#later)
    if (step) history.pushState(null, '', this.#address())
    else this.#later = setTimeout(() => history.replaceState(null, '', this.#address()), 300)
  }

  #address(): string {
    const hash = hashOf(this.#state)
    return hash === '' ? location.pathname + location.search : hash
  }

  #set(state: State): void {
    const before = this.#state
    this.#state = state
    for (const listener of this.#listeners) listener(state, before)
  }
}
