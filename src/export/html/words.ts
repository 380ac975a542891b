/** The mesh in words and tables: all that the picture shows, for those who read, print or have it read to them. */
import { byText } from '../../../topology/names.ts'
import type { Graph, GraphJail, GraphParty } from '../graph.ts'
import { counted, keepsOf, machineOf } from './facts.ts'
import { type Hole, type Markup, markup } from './markup.ts'
import { type Place, placeText } from './state.ts'

export function words(graph: Graph): Markup {
  return markup`<section id="words" aria-labelledby="words-title">
<h2 id="words-title">In words</h2>
${[regions(graph), hosts(graph), tunnels(graph), services(graph), jails(graph), flows(graph)]}</section>
`
}

/** `6 hosts in 3 regions, 15 tunnels, 56 jails, 9 services, 127 flows` */
export const summaryOf = ({ hosts, regions, tunnels, jails, services, flows }: Graph): string =>
  [
    `${counted(hosts.length, 'host')} in ${counted(regions.length, 'region')}`,
    counted(tunnels.length, 'tunnel'),
    counted(jails.length, 'jail'),
    counted(services.length, 'service'),
    counted(flows.length, 'flow'),
  ].join(', ')

function section(id: string, title: string, content: Hole): Markup {
  return markup`<section aria-labelledby="words-${id}">
<h3 id="words-${id}">${title}</h3>
${content}
</section>
`
}

/** The first cell of a row is its head. A wide table scrolls by itself: with the keyboard as well. */
function table(label: string, head: readonly string[], rows: readonly (readonly Hole[])[]): Markup {
  return markup`<div class="wide" role="group" aria-label="${label}" tabindex="0"><table>
<thead><tr>${head.map(cell => markup`<th scope="col">${cell}</th>`)}</tr></thead>
<tbody>
${rows.map(
  ([first = null, ...rest]) =>
    markup`<tr><th scope="row">${first}</th>${rest.map(cell => markup`<td>${cell}</td>`)}</tr>
`,
)}</tbody>
</table></div>`
}

/** Leads to the row of that name; a page with its script shows it in the picture instead. */
const link = (kind: Place['kind'], name: string, text = name): Markup =>
  markup`<a href="#words-${kind}-${name}" data-at="${placeText({ kind, name })}">${text}</a>`

/** What links of that name lead to. */
const named = (kind: Place['kind'], name: string): Markup =>
  markup`<a id="words-${kind}-${name}" href="#words-${kind}-${name}" data-at="${placeText({ kind, name })}">${name}</a>`

const listed = (items: readonly Markup[]): Hole => items.flatMap((item, i) => (i === 0 ? [item] : [', ', item]))

const addresses = ({ inet, inet6 }: { readonly inet: string | null; readonly inet6: string | null }): Hole =>
  [inet, inet6].flatMap((address, i) =>
    address === null ? [] : [markup`${i === 1 && inet !== null ? markup`<br>` : null}<code>${address}</code>`],
  )

const regions = (graph: Graph): Markup =>
  section(
    'regions',
    'Regions',
    table(
      'Regions',
      ['Region', 'Title', 'Location', 'Hosts'],
      graph.regions.map(({ name, title, location, hosts }) => [
        named('region', name),
        title,
        location === null ? '–' : `${degrees(location.latitude, 'N', 'S')}, ${degrees(location.longitude, 'E', 'W')}`,
        listed(hosts.map(host => link('host', host))),
      ]),
    ),
  )

const degrees = (value: number, positive: string, negative: string): string =>
  `${Math.abs(value)}° ${value < 0 ? negative : positive}`

function hosts(graph: Graph): Markup {
  const jails = new Map<string, GraphJail[]>(graph.hosts.map(({ name }) => [name, []]))
  for (const jail of graph.jails) jails.get(jail.host)?.push(jail)
  return section(
    'hosts',
    'Hosts',
    table(
      'Hosts',
      ['Host', 'Region', 'Provider', 'Machine', 'On wg0', 'Called at', 'Jails'],
      graph.hosts.map(host => [
        named('host', host.name),
        link('region', host.region),
        host.provider ?? '–',
        machineOf(host),
        addresses(host.address),
        host.nat ? 'behind NAT' : addresses(host.endpoint),
        listed((jails.get(host.name) ?? []).map(({ id, name }) => link('jail', id, name))),
      ]),
    ),
  )
}

function tunnels(graph: Graph): Markup {
  const { hosts, tunnels } = graph
  const complete = tunnels.length === (hosts.length * (hosts.length - 1)) / 2
  const said =
    tunnels.length === 0
      ? 'There are no tunnels.'
      : complete
        ? 'Every host has a tunnel to every other.'
        : graph.topology === 'full'
          ? 'Every host has a tunnel to every other that it can reach.'
          : 'Hosts of a region have tunnels to each other, and gateways to other regions.'
  return section('tunnels', 'Tunnels', [
    markup`<p>${said} The overlay is <code>${graph.overlay.inet}</code> and <code>${graph.overlay.inet6}</code>.</p>`,
    trips(graph),
    complete ? null : neighbours(graph),
  ])
}

function trips({ hosts, tunnels }: Graph): Markup | null {
  const regionOf = new Map(hosts.map(({ name, region }) => [name, region]))
  const between = new Map<string, readonly [a: string, b: string, text: string]>()
  for (const { a, b, roundTrip } of tunnels) {
    const [one, two] = [regionOf.get(a) ?? '', regionOf.get(b) ?? '']
    const [from, to] = one < two ? [one, two] : [two, one]
    if (from === to || between.has(`${from} ${to}`)) continue
    between.set(`${from} ${to}`, [from, to, `${roundTrip.milliseconds} ms${roundTrip.estimated ? ', estimated' : ''}`])
  }
  if (between.size === 0) return null
  const rows = [...between]
    .toSorted(([a], [b]) => byText(a, b))
    .map(([, [a, b, text]]) => [link('region', a), link('region', b), text])
  return table('Round trips', ['Between', 'and', 'Round trip'], rows)
}

function neighbours({ hosts, tunnels }: Graph): Markup {
  const others = new Map<string, string[]>(hosts.map(({ name }) => [name, []]))
  for (const { a, b } of tunnels) {
    others.get(a)?.push(b)
    others.get(b)?.push(a)
  }
  return table(
    'Tunnels by host',
    ['Host', 'Has a tunnel to'],
    [...others].map(([name, names]) => [
      link('host', name),
      names.length === hosts.length - 1
        ? 'every other host'
        : listed(names.toSorted(byText).map(other => link('host', other))),
    ]),
  )
}

const services = (graph: Graph): Markup =>
  section('services', 'Services', [
    graph.services.length === 0 ? markup`<p>The mesh has no services.</p>` : null,
    graph.services.map(
      service => markup`<h4>${named('service', service.name)} <small>${service.kind} ${service.version}</small></h4>
${table(
  service.name,
  ['Role', 'Keeps', 'Instances', 'Needs'],
  service.roles.map(role => [
    named('role', role.id),
    keepsOf(role.resilience, role.instances.length),
    listed(role.instances.map(id => link('jail', id))),
    role.needs.length === 0 ? '–' : listed(role.needs.map(id => link('role', id))),
  ]),
)}
`,
    ),
  ])

const jails = (graph: Graph): Markup =>
  section(
    'jails',
    'Jails',
    graph.jails.length === 0
      ? markup`<p>The mesh has no jails.</p>`
      : table(
          'Jails',
          ['Jail', 'Host', 'Service', 'Address', 'Name in the zone'],
          graph.jails.map(({ id, host, service, role, address, fqdn }) => [
            named('jail', id),
            link('host', host),
            service === null
              ? 'by hand'
              : role === null
                ? link('service', service)
                : link('role', `${service}/${role}`),
            addresses(address),
            markup`<code>${fqdn}</code>`,
          ]),
        ),
  )

const flows = (graph: Graph): Markup =>
  section(
    'flows',
    'Flows',
    graph.flows.length === 0
      ? markup`<p>Nobody may reach anybody.</p>`
      : [
          markup`<p>What is not here is denied.</p>`,
          table(
            'Flows',
            ['From', 'To', 'Ports', 'Why'],
            graph.flows.map(flow => [partyText(flow.from), partyText(flow.to), flow.ports.join(', '), flow.why]),
          ),
        ],
  )

const partyText = ({ word, external, hosts, jails }: GraphParty): Hole => {
  const [jail] = jails
  if (external || hosts.length > 0) return hosts.length === 1 && hosts[0] === word ? link('host', word) : word
  return jails.length === 1 && jail !== undefined ? link('jail', jail, word) : word
}
