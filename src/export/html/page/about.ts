/** Beside the picture: what is known of what is looked at. */
import type { GraphFlow, GraphParty } from '../../graph.ts'
import { counted, keepsOf, machineOf } from '../facts.ts'
import type { Model } from '../model.ts'
import { type Place, placeText } from '../state.ts'
import { byId, element } from './dom.ts'

/** Longer lists are folded. */
const short = 14
/** Still longer ones are cut: what is whole stands in words below. */
const most = 200

type Child = Node | string | null

export function showAbout(model: Model, place: Place | null, pinned: boolean): void {
  const about = byId('about', HTMLElement)
  const focused = about.contains(document.activeElement)
  about.classList.toggle('pinned', pinned)
  about.replaceChildren(
    ...(place === null ? nothing(model) : contentOf(model, place, pinned)).filter(child => child !== null),
  )
  about.scrollTop = 0
  // What had the focus is gone: whoever walks by keys goes on from the top of what came instead.
  if (focused) byId('about-title', HTMLElement).focus()
}

export function titleOf(model: Model, { kind, name }: Place): readonly [title: string, what: string] {
  switch (kind) {
    case 'host':
      return [name, `host in ${model.regions.get(model.hosts.get(name)?.region ?? '')?.title ?? ''}`]
    case 'region':
      return [
        model.regions.get(name)?.title ?? name,
        `region of ${counted(model.regions.get(name)?.hosts.length ?? 0, 'host')}`,
      ]
    case 'jail':
      return [model.jails.get(name)?.name ?? name, `jail on ${model.hostOf(name)}`]
    case 'service': {
      const service = model.services.get(name)
      return [name, `service, ${service?.kind ?? ''} ${service?.version ?? ''}`]
    }
    case 'role':
      return [name, `role on ${counted(model.roles.get(name)?.instances.length ?? 0, 'host')}`]
    case 'flow':
      return [name, 'flow']
    case 'link':
      return [(model.linkAt(name) ?? [name]).join(' – '), 'tunnel']
  }
}

/** Not a stop of Tab, but it can be given the focus. */
const heading = (text: string) => element('h2', { id: 'about-title', tabindex: '-1' }, text)

const nothing = (model: Model): readonly Child[] => [
  heading('The mesh'),
  element('p', { class: 'hint' }, 'Point at a host or jail to see its tunnels and flows; choose it to keep them.'),
  list(
    'Regions',
    model.graph.regions.map(({ name, title, hosts }) => [
      go('region', name, title),
      aside(counted(hosts.length, 'host')),
    ]),
  ),
  list(
    'Services',
    model.graph.services.map(({ name, kind }) => [go('service', name), aside(kind)]),
  ),
  element(
    'p',
    { class: 'keys' },
    ...keys([
      ['/', 'find'],
      ['+ − 0', 'size'],
      ['← ↑ → ↓', 'move'],
      ['Esc', 'let go'],
    ]),
  ),
]

const keys = (pairs: readonly (readonly [string, string])[]): readonly Node[] =>
  pairs.map(([key, word]) => element('span', {}, element('kbd', {}, key), ` ${word}`))

function contentOf(model: Model, place: Place, pinned: boolean): readonly Child[] {
  const [title, what] = titleOf(model, place)
  const loss = lossWord(model, place)
  return [
    element(
      'div',
      { class: 'title' },
      heading(title),
      element('p', { class: 'hint' }, what),
      pinned
        ? element('button', { type: 'button', class: 'close', 'data-let-go': '', 'aria-label': 'Let go' }, '×')
        : null,
    ),
    loss === null
      ? null
      : element('button', { type: 'button', class: 'lose', 'data-lose': loss }, 'What if it is lost?'),
    ...detailsOf(model, place),
    ...flowsOf(model, place),
    ...neighboursOf(model, place),
  ]
}

/** As `whatif --lose` takes it. */
function lossWord(model: Model, { kind, name }: Place): string | null {
  if (kind === 'host' || kind === 'region') return `${kind}:${name}`
  const pair = kind === 'link' ? model.linkAt(name) : null
  return pair === null ? null : `link:${pair.join('-')}`
}

function detailsOf(model: Model, { kind, name }: Place): readonly Child[] {
  switch (kind) {
    case 'host': {
      const host = model.hosts.get(name)
      if (host === undefined) return []
      return [
        facts([
          ['Region', go('region', host.region)],
          ['On wg0', codes([host.address.inet, host.address.inet6])],
          ['Called at', host.nat ? 'nobody can call it: NAT' : codes([host.endpoint.inet, host.endpoint.inet6])],
          ['Provider', host.provider],
          ['Machine', machineOf(host)],
          ['Public key', host.publicKey === null ? null : codes([host.publicKey])],
        ]),
        list(
          'Jails',
          model.jailsOf(name).map(jail => [go('jail', jail.id, jail.name), aside(jail.address.inet)]),
        ),
      ]
    }
    case 'region': {
      const region = model.regions.get(name)
      return [
        list(
          'Hosts',
          (region?.hosts ?? []).map(host => [go('host', host), aside(model.hosts.get(host)?.address.inet ?? '')]),
        ),
      ]
    }
    case 'jail': {
      const jail = model.jails.get(name)
      if (jail === undefined) return []
      const role = jail.service === null || jail.role === null ? null : `${jail.service}/${jail.role}`
      return [
        facts([
          ['Host', go('host', jail.host)],
          ['Service', role === null ? 'declared by hand' : go('role', role)],
          ['Address', codes([jail.address.inet, jail.address.inet6])],
          ['Name', codes([jail.fqdn])],
        ]),
        list(
          'Its like elsewhere',
          model.siblingsOf(name).map(id => [go('jail', id)]),
        ),
      ]
    }
    case 'service':
      return (model.services.get(name)?.roles ?? []).map(role =>
        list(
          role.name,
          role.instances.map(id => [go('jail', id)]),
          keepsOf(role.resilience, role.instances.length),
        ),
      )
    case 'role': {
      const role = model.roles.get(name)
      if (role === undefined) return []
      return [
        facts([['Keeps', keepsOf(role.resilience, role.instances.length)]]),
        list(
          'Instances',
          role.instances.map(id => [go('jail', id)]),
        ),
        list(
          'Needs',
          role.needs.map(id => [go('role', id)]),
        ),
      ]
    }
    case 'flow': {
      const flow = model.flows.get(name)
      if (flow === undefined) return []
      return [
        facts([
          ['From', flow.from.word],
          ['To', flow.to.word],
          ['Ports', flow.ports.join(', ')],
          ['Why', flow.why],
        ]),
        list('Who asks', membersOf(model, flow.from)),
        list('Who is asked', membersOf(model, flow.to)),
      ]
    }
    case 'link': {
      const [a, b] = model.linkAt(name) ?? ['', '']
      const tunnel = model.graph.tunnelsOf(a).find(tunnel => tunnel.a === b || tunnel.b === b)
      if (tunnel === undefined) return [element('p', {}, 'They have no tunnel to each other.')]
      return [
        facts([
          ['Between', go('host', a)],
          ['and', go('host', b)],
          ['Round trip', trip(tunnel.roundTrip)],
          ['Keepalive', tunnel.keepalive === 0 ? 'none' : `every ${tunnel.keepalive} s`],
        ]),
      ]
    }
  }
}

const membersOf = (model: Model, { external, hosts, jails }: GraphParty): readonly (readonly Child[])[] =>
  external
    ? [['whoever is outside']]
    : [
        ...hosts.map(host => [go('host', host)]),
        ...jails.filter(id => !hosts.includes(model.hostOf(id))).map(id => [go('jail', id)]),
      ]

function flowsOf(model: Model, place: Place): readonly Child[] {
  if (place.kind === 'flow' || place.kind === 'link') return []
  const flows = model.flowsAt(place)
  return [flowList('Flows out', flows.out), flowList('Flows in', flows.in)]
}

const flowList = (title: string, flows: readonly GraphFlow[]): Child =>
  list(
    title,
    flows.map(flow => [
      go('flow', flow.name, `${flow.from.word} → ${flow.to.word}`),
      element('code', {}, flow.ports.join(' ')),
      aside(flow.why),
    ]),
  )

function neighboursOf(model: Model, { kind, name }: Place): readonly Child[] {
  if (kind !== 'host') return []
  return [
    list(
      'Tunnels',
      model.graph
        .tunnelsOf(name)
        .map(tunnel => [
          go('link', `${tunnel.a}-${tunnel.b}`, tunnel.a === name ? tunnel.b : tunnel.a),
          aside(trip(tunnel.roundTrip)),
        ]),
    ),
  ]
}

const trip = ({ milliseconds, estimated }: { readonly milliseconds: number; readonly estimated: boolean }): string =>
  `${estimated ? '≈ ' : ''}${milliseconds} ms`

const go = (kind: Place['kind'], name: string, text = name): HTMLElement =>
  element('button', { type: 'button', class: 'go', 'data-at': placeText({ kind, name }) }, text)

const aside = (text: string): HTMLElement => element('span', { class: 'aside' }, text)

const codes = (texts: readonly (string | null)[]): HTMLElement =>
  element('span', { class: 'codes' }, ...texts.map(text => (text === null ? null : element('code', {}, text))))

const facts = (rows: readonly (readonly [string, Child])[]): HTMLElement =>
  element(
    'dl',
    {},
    ...rows.flatMap(([name, value]) =>
      value === null || value === '' ? [] : [element('dt', {}, name), element('dd', {}, value)],
    ),
  )

function list(title: string, rows: readonly (readonly Child[])[], about?: string): HTMLElement | null {
  if (rows.length === 0) return null
  const items = rows.slice(0, most).map(row => element('li', {}, ...row))
  if (rows.length > most)
    items.push(element('li', { class: 'hint' }, `and ${rows.length - most} more: see the words below`))
  const folded = element(
    'details',
    rows.length <= short ? { open: '' } : {},
    element('summary', {}, element('h3', {}, title), element('span', { class: 'aside' }, about ?? String(rows.length))),
    element('ul', {}, ...items),
  )
  return folded
}
