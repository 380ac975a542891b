/** What is looked at, as it stands behind the # of the address: `#at=host:tesla&lose=region:usa&view=0,0,2`. */

/** `host:tesla`, `jail:db-postgres@tesla`, `service:db`, `role:db/etcd`, `region:usa`, `flow:web>db 5432/tcp`, `link:a-b` */
export interface Place {
  readonly kind: PlaceKind
  readonly name: string
}

const placeKinds = ['host', 'jail', 'service', 'role', 'region', 'flow', 'link'] as const
type PlaceKind = (typeof placeKinds)[number]

export interface View {
  /** The middle of the picture, in its own units. */
  readonly x: number
  readonly y: number
  /** 1: all of it is seen. */
  readonly zoom: number
}

export interface State {
  readonly at: Place | null
  /** Words of `whatif --lose`. */
  readonly lose: readonly string[]
  readonly view: View
}

export const wholeView: View = { x: 0, y: 0, zoom: 1 }
export const untouched: State = { at: null, lose: [], view: wholeView }
export const zooms = { least: 1, most: 40 }

export function placeOf(text: string): Place | null {
  const colon = text.indexOf(':')
  const kind = placeKinds.find(known => known === text.slice(0, colon))
  return kind === undefined || colon === text.length - 1 ? null : { kind, name: text.slice(colon + 1) }
}

export const placeText = ({ kind, name }: Place): string => `${kind}:${name}`

/** Whatever stands there, by whomever: what is not understood is left out. */
export function stateOf(hash: string): State {
  const fields = new URLSearchParams(hash.replace(/^#/, ''))
  return {
    at: placeOf(fields.get('at') ?? ''),
    lose: [...new Set(fields.getAll('lose').filter(word => /^[a-z]+:./.test(word)))],
    view: viewOf(fields.get('view') ?? ''),
  }
}

function viewOf(text: string): View {
  const numbers = text.split(',').map(Number)
  const [x = NaN, y = NaN, zoom = NaN] = numbers
  if (numbers.length !== 3 || ![x, y, zoom].every(number => Number.isFinite(number) && Math.abs(number) < 1e6))
    return wholeView
  return { x, y, zoom: Math.min(zooms.most, Math.max(zooms.least, zoom)) }
}

/** Empty for {@link untouched}. */
export function hashOf({ at, lose, view }: State): string {
  const fields = new URLSearchParams()
  if (at !== null) fields.set('at', placeText(at))
  for (const word of lose) fields.append('lose', word)
  if (view.zoom > 1)
    fields.set('view', `${Math.round(view.x)},${Math.round(view.y)},${Math.round(view.zoom * 100) / 100}`)
  const text = fields
    .toString()
    .replaceAll('%3A', ':')
    .replaceAll('%40', '@')
    .replaceAll('%2C', ',')
    .replaceAll('%2F', '/')
  return text === '' ? '' : `#${text}`
}
