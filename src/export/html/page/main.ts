/** The page awake: what it shows is its state, and its state is in its address. */
import { type PageData, unpacked } from '../data.ts'
import { Model } from '../model.ts'
import { type Place, placeOf } from '../state.ts'
import { showAbout, titleOf } from './about.ts'
import { byId, say } from './dom.ts'
import { startFinding } from './finding.ts'
import { LosingPanel } from './losing.ts'
import { Picture } from './picture.ts'
import { Store } from './store.ts'
import { startTheme } from './theme.ts'
import { Walk } from './view.ts'

start()
performance.mark('meshwright-interactive')

function start(): void {
  document.documentElement.classList.add('awake')
  const data = JSON.parse(byId('graph', HTMLElement).textContent) as PageData
  const svg = document.querySelector<SVGSVGElement>('#map > svg')
  if (svg === null) throw new Error('no picture: this is a bug in meshwright')
  const model = new Model(unpacked(data))
  const store = new Store()
  const picture = new Picture(svg, model)
  const walk = new Walk(svg, view => store.change({ view }))
  const pinned = (): Place | null => {
    const { at } = store.state
    return at !== null && model.has(at) ? at : null
  }
  /** Null: what is pinned. */
  const look = (place: Place | null) => {
    const shown = place ?? pinned()
    picture.show(shown)
    showAbout(model, shown, shown !== null && place === null)
  }
  const go = (place: Place) => {
    store.change({ at: place })
    const [title, what] = titleOf(model, place)
    const { out, in: incoming } = model.flowsAt(place)
    say(`${title}, ${what}: ${out.length} flows out, ${incoming.length} in`)
  }
  const goAndSee = (place: Place) => {
    go(place)
    const box = picture.boxAt(place)
    if (box !== null && place.kind !== 'flow' && place.kind !== 'service') walk.showBox(box)
    byId('map', HTMLElement).scrollIntoView({ block: 'nearest' })
  }

  startTheme()
  startFinding(model, goAndSee)
  byId('side', HTMLElement).hidden = false
  const losing = new LosingPanel({ model, picture, store })
  store.onChange((state, before) => {
    if (state.at !== before.at) look(null)
    if (state.lose !== before.lose) losing.show(state.lose)
    if (state.view !== before.view) walk.show(state.view)
  })
  walk.show(store.state.view)
  look(null)

  let hovered = 0
  const hover = (place: Place | null) => {
    cancelAnimationFrame(hovered)
    hovered = requestAnimationFrame(() => look(place))
  }
  svg.addEventListener('pointerover', event => {
    if (event.pointerType !== 'mouse' || event.buttons !== 0) return
    const place = picture.placeAt(event.target)
    // A region is too broad to follow the mouse.
    hover(place?.kind === 'region' ? null : place)
  })
  svg.addEventListener('pointerleave', () => hover(null))
  svg.addEventListener('focusin', event => {
    const place = picture.placeAt(event.target)
    if (place?.kind === 'host' && event.target instanceof Element && event.target.matches(':focus-visible'))
      hover(place)
  })
  // At once: a frame later the focus may be in what would be replaced.
  svg.addEventListener('focusout', () => {
    cancelAnimationFrame(hovered)
    look(null)
  })
  svg.addEventListener('click', event => {
    if (walk.dragged) return
    const place = picture.placeAt(event.target)
    if (place !== null) go(place)
    else if (store.state.at !== null) store.change({ at: null })
  })
  svg.addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const place = picture.placeAt(event.target)
    if (place?.kind === 'host') {
      if (event.key === 'Enter' || event.key === ' ') {
        event.preventDefault()
        return go(place)
      }
      const next = event.shiftKey ? null : picture.neighbourOf(place.name, event.key)
      if (next !== null) {
        event.preventDefault()
        return next.focus()
      }
    }
    if (walk.key(event.key)) event.preventDefault()
  })
  document.addEventListener('keydown', event => {
    if (event.key === 'Escape' && store.state.at !== null) store.change({ at: null })
  })
  document.addEventListener('click', event => {
    const said =
      event.target instanceof Element
        ? event.target.closest<HTMLElement>('[data-at],[data-lose],[data-only],[data-keep],[data-let-go]')
        : null
    if (said === null || said.closest('svg') !== null) return
    const { at, lose, only, keep, letGo } = said.dataset
    const place = at === undefined ? null : placeOf(at)
    // With a key held, a link is a link.
    if (place !== null && !(event.ctrlKey || event.metaKey || event.shiftKey)) {
      event.preventDefault()
      if (said.closest('#side') === null) goAndSee(place)
      else go(place)
    } else if (lose !== undefined) losing.lose([lose])
    else if (only !== undefined) store.change({ lose: [only] })
    else if (keep !== undefined) store.change({ lose: store.state.lose.filter(word => word !== keep) })
    else if (letGo !== undefined) store.change({ at: null })
  })
}
