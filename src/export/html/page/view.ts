/** Walking through the picture: wheel, drag, two fingers, buttons and keys all end in another `viewBox`. */
import { type View, wholeView, zooms } from '../state.ts'
import { byId } from './dom.ts'

/** Between two notches of the wheel, and two presses of a key. */
const notch = 1.25
/** Of what is seen, by one arrow. */
const stride = 0.12

export class Walk {
  readonly #svg: SVGSVGElement
  readonly #whole: DOMRect
  readonly #moved: (view: View) => void
  #view: View = wholeView
  #frame = 0
  /** Of a drag, so that what ends it is no click. */
  #far = false

  constructor(svg: SVGSVGElement, moved: (view: View) => void) {
    this.#svg = svg
    this.#moved = moved
    this.#whole = drawnIn(svg)
    this.#listen()
  }

  get dragged(): boolean {
    return this.#far
  }

  show(view: View): void {
    const { width, height } = this.#whole
    const most = (side: number) => (side / 2) * (1 - 1 / view.zoom) + side * 0.2 * (view.zoom > 1 ? 1 : 0)
    const held = (value: number, side: number) => Math.max(-most(side), Math.min(most(side), value))
    this.#view = { x: held(view.x, width), y: held(view.y, height), zoom: view.zoom }
    this.#svg.classList.toggle('near', view.zoom > 1)
    cancelAnimationFrame(this.#frame)
    this.#frame = requestAnimationFrame(() => this.#draw())
  }

  /** So that a box is seen, without coming nearer than needed to read it. */
  showBox(box: DOMRect): void {
    const middle = this.#middle()
    const zoom = Math.max(
      zooms.least,
      Math.min(
        6,
        this.#view.zoom > 1
          ? this.#view.zoom
          : 0.5 * Math.min(this.#whole.width / box.width, this.#whole.height / box.height),
      ),
    )
    this.#go({ x: box.x + box.width / 2 - middle.x, y: box.y + box.height / 2 - middle.y, zoom })
  }

  key(key: string): boolean {
    const { zoom } = this.#view
    const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key]
    if (by !== undefined) {
      const [dx = 0, dy = 0] = by
      this.#go({
        x: this.#view.x + (dx * stride * this.#whole.width) / zoom,
        y: this.#view.y + (dy * stride * this.#whole.height) / zoom,
        zoom,
      })
    } else if (key === '+' || key === '=') this.#zoom(notch)
    else if (key === '-' || key === '_') this.#zoom(1 / notch)
    else if (key === '0') this.#go(wholeView)
    else return false
    return true
  }

  #draw(): void {
    const { x, y, zoom } = this.#view
    const { width, height } = this.#whole
    const middle = this.#middle()
    const [w, h] = [width / zoom, height / zoom]
    this.#svg.setAttribute(
      'viewBox',
      [middle.x + x - w / 2, middle.y + y - h / 2, w, h].map(n => n.toFixed(1)).join(' '),
    )
  }

  #middle(): { readonly x: number; readonly y: number } {
    return { x: this.#whole.x + this.#whole.width / 2, y: this.#whole.y + this.#whole.height / 2 }
  }

  #go(view: View): void {
    this.show(view)
    this.#moved(this.#view)
  }

  /** Pixels of the screen in one unit of the picture, when all of it is seen. */
  #scale(): number {
    const { width, height } = this.#svg.getBoundingClientRect()
    return Math.min(width / this.#whole.width, height / this.#whole.height)
  }

  /** `at`: the point of the screen that stays where it is; none: the middle. */
  #zoom(factor: number, at?: { readonly clientX: number; readonly clientY: number }): void {
    const { x, y, zoom } = this.#view
    const next = Math.max(zooms.least, Math.min(zooms.most, zoom * factor))
    if (next === zooms.least) return this.#go(wholeView)
    const box = this.#svg.getBoundingClientRect()
    const scale = this.#scale()
    const [px, py] =
      at === undefined
        ? [0, 0]
        : [(at.clientX - box.x - box.width / 2) / scale, (at.clientY - box.y - box.height / 2) / scale]
    this.#go({ x: x + px / zoom - px / next, y: y + py / zoom - py / next, zoom: next })
  }

  #listen(): void {
    const svg = this.#svg
    svg.addEventListener(
      'wheel',
      event => {
        // Farther than all of it there is nothing: then the page moves on.
        if (event.deltaY > 0 && this.#view.zoom <= zooms.least) return
        event.preventDefault()
        const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 24 : 1
        this.#zoom(Math.exp((-event.deltaY * lines) / 400), event)
      },
      { passive: false },
    )
    const down = new Map<number, { x: number; y: number }>()
    svg.addEventListener('pointerdown', event => {
      if (event.button !== 0) return
      down.set(event.pointerId, { x: event.clientX, y: event.clientY })
      this.#far = false
    })
    svg.addEventListener('pointermove', event => {
      const before = down.get(event.pointerId)
      if (before === undefined) return
      const [dx, dy] = [event.clientX - before.x, event.clientY - before.y]
      if (!this.#far && Math.hypot(dx, dy) < 5) return
      if (!this.#far) {
        this.#far = true
        svg.setPointerCapture(event.pointerId)
      }
      const other = [...down].find(([id]) => id !== event.pointerId)?.[1]
      down.set(event.pointerId, { x: event.clientX, y: event.clientY })
      if (other !== undefined) {
        const apart = (x: number, y: number) => Math.max(1, Math.hypot(x - other.x, y - other.y))
        this.#zoom(apart(event.clientX, event.clientY) / apart(before.x, before.y), {
          clientX: (event.clientX + other.x) / 2,
          clientY: (event.clientY + other.y) / 2,
        })
        return
      }
      const scale = this.#scale() * this.#view.zoom
      this.#go({ ...this.#view, x: this.#view.x - dx / scale, y: this.#view.y - dy / scale })
    })
    for (const kind of ['pointerup', 'pointercancel'] as const)
      svg.addEventListener(kind, event => {
        down.delete(event.pointerId)
      })
    byId('nearer', HTMLButtonElement).addEventListener('click', () => this.#zoom(notch * notch))
    byId('farther', HTMLButtonElement).addEventListener('click', () => this.#zoom(1 / notch / notch))
    byId('whole', HTMLButtonElement).addEventListener('click', () => this.#go(wholeView))
    // Paper shows all of it.
    addEventListener('beforeprint', () => {
      const { x, y, width, height } = this.#whole
      svg.setAttribute('viewBox', `${x} ${y} ${width} ${height}`)
    })
    addEventListener('afterprint', () => this.#draw())
    byId('tools', HTMLElement).hidden = false
  }
}

/** All that is drawn, without the title: that is the page's. */
function drawnIn(svg: SVGSVGElement): DOMRect {
  const boxes = [...svg.querySelectorAll<SVGGraphicsElement>('.region, .hosts, .legend')].map(part => part.getBBox())
  const margin = 24
  const [left, top] = [Math.min(...boxes.map(({ x }) => x)), Math.min(...boxes.map(({ y }) => y))]
  const [right, bottom] = [
    Math.max(...boxes.map(({ x, width }) => x + width)),
    Math.max(...boxes.map(({ y, height }) => y + height)),
  ]
  return boxes.length === 0
    ? DOMRect.fromRect(svg.viewBox.baseVal)
    : new DOMRect(left - margin, top - margin, right - left + 2 * margin, bottom - top + 2 * margin)
}
