/** What is wrong with an edge: options that do not go together, names nobody has, hosts that share no segment. */
import { type Diagnostic, error } from '../../../topology/diagnostic.ts'
import { isDomainName } from '../../../topology/names.ts'
import type { HostSpec } from '../../../topology/spec.ts'
import { hintFor } from '../../load/issues.ts'
import { below } from '../declare.ts'
import { servingRoles } from '../expand.ts'
import { type Edge, isPair, several } from './options.ts'
import { domainsOf, routeKey, routesOf } from './route.ts'

export function* checkEdge(service: Edge): Iterable<Diagnostic> {
  yield* alone(service)
  yield* together(service)
  yield* targets(service)
  yield* routes(service)
}

const refuse = (service: Edge, path: readonly (string | number)[], message: string, hint?: string): Diagnostic =>
  error('service-option', message, below(service, ...path), hint)

/** Options that need another, or a version. */
function* alone(service: Edge): Iterable<Diagnostic> {
  const { name, version, options } = service
  if (options.tls === 'none' && options.hsts !== undefined)
    yield refuse(service, ['hsts'], `${name} tells browsers to come back by TLS, and has none`, 'Say tls: files.')
  if (options.tls === 'none' && options.certificates.length > 0)
    yield refuse(service, ['certificates'], `${name} has certificates and no TLS`, 'Say tls: files.')
  if (options.hsts?.preload === true && (!options.hsts.subdomains || options.hsts.days < 365))
    yield refuse(service, ['hsts'], `preload: asks for subdomains: true and 365 days or more`)
  if (options.bandwidth !== undefined && version === '2.6')
    yield error(
      'service-version',
      `HAProxy ${version} does not limit bandwidth`,
      below(service, 'bandwidth'),
      'That came with 2.7: say version: "2.8" or later.',
    )
  if (options.bandwidth !== undefined && options.bandwidth >= 2 ** 32)
    yield refuse(service, ['bandwidth'], 'no more than 4G a second')
}

/** One address for two edges, or a command for any number. */
function* together(service: Edge): Iterable<Diagnostic> {
  const { name, options } = service
  if (options.vip !== undefined && options.failover !== undefined)
    yield refuse(
      service,
      ['failover'],
      `${name} has a shared address already: carp(4) moves it`,
      'Take one of the two.',
    )
  if (options.vip !== undefined && !isPair(service))
    yield refuse(service, ['vip'], `carp(4) is for two edges, and ${name} has another number`, 'Say count: 2.')
  const families = options.vip?.address.map(text => text.includes(':')) ?? []
  if (new Set(families).size < families.length)
    yield refuse(service, ['vip', 'address'], 'one address of each family can be shared')
  if (options.failover !== undefined && !several(service))
    yield refuse(service, ['failover'], `${name} is alone: there is nobody to take over`, 'Say count: 2.')
}

/** Whoever requests are sent to is a service it uses, and one that takes them. */
function* targets(service: Edge): Iterable<Diagnostic> {
  const used = service.uses.get('http') ?? []
  const named: (readonly [string, readonly (string | number)[]])[] = [
    ...service.options.routes.map(({ to }, i) => [to, ['routes', i, 'to']] as const),
    ...(service.options.acme === undefined ? [] : [[service.options.acme, ['acme']] as const]),
    ...(service.options.default === undefined ? [] : [[service.options.default, ['default']] as const]),
  ]
  for (const [name, path] of named) {
    const giver = used.find(one => one.name === name)
    const known = used.map(one => one.name)
    if (giver === undefined)
      yield error(
        'unknown-reference',
        `${service.name} uses no service ${JSON.stringify(name)} for http`,
        below(service, ...path),
        hintFor(name, known, 'Declare one, and name it under uses: {http: …} if that is there.'),
      )
    else if (servingRoles(giver, 'http').length === 0)
      yield refuse(
        service,
        path,
        `${name} does not say how it is asked: the edge cannot see whether it works`,
        'Give it check: {port: 8080, path: /}.',
      )
  }
}

/** Every request has one service at most. */
function* routes(service: Edge): Iterable<Diagnostic> {
  const { options } = service
  for (const [i, { host, path, header, strip }] of options.routes.entries()) {
    const everything = host === undefined && header === undefined && (path === undefined || path === '/')
    if (everything)
      yield refuse(service, ['routes', i], 'a route for everything is the default', 'Say default: SERVICE.')
    if (strip && (path === undefined || path === '/'))
      yield refuse(service, ['routes', i, 'strip'], 'there is no path to strip', 'Say path: /api.')
  }
  const domains = new Map((service.uses.get('http') ?? []).map(one => [one.name, domainsOf(one)]))
  for (const [name, list] of domains)
    for (const domain of list)
      if (!isDomainName(domain))
        yield refuse(service, [], `${JSON.stringify(domain)}, a domain of ${name}, is not a host name`)
  const byKey = new Map<string, string[]>()
  for (const route of routesOf(options.routes, domains))
    byKey.set(routeKey(route), [...(byKey.get(routeKey(route)) ?? []), route.to])
  for (const [key, owners] of byKey)
    if (owners.length > 1)
      yield refuse(
        service,
        [],
        `${key} is said to be of ${[...new Set(owners)].join(' and of ')}${new Set(owners).size === 1 ? ' twice' : ''}`,
        'One request goes to one service: take one of the routes or domains away.',
      )
}

const segmentLabel = /^segment-/

/** Advertisements of carp(4) are multicast on Ethernet: both hosts are on one segment, or each thinks it is alone. */
export function* checkSegment(service: Edge, hosts: readonly HostSpec[]): Iterable<Diagnostic> {
  const { vip } = service.options
  if (vip === undefined) return
  const labels = hosts.map(host => host.labels.filter(label => segmentLabel.test(label)))
  const common = (labels[0] ?? []).filter(label => labels.every(list => list.includes(label)))
  if (hosts.length !== 2)
    yield refuse(service, ['vip'], `carp(4) is for two edges, and ${service.name} has ${hosts.length}`, 'Say count: 2.')
  else if (common.length === 0)
    yield refuse(
      service,
      ['vip'],
      `${hosts.map(({ name }) => name).join(' and ')} have no label segment-… in common: ${vip.address.join(' and ')} ` +
        'cannot move between them',
      'Label two hosts on one Ethernet segment-NAME, and pin the edge to them: labels: [segment-NAME].',
    )
  for (const host of hosts)
    for (const endpoint of host.endpoints)
      if (endpoint.kind === 'address' && vip.address.includes(endpoint.address.text))
        yield refuse(service, ['vip', 'address'], `${endpoint.address.text} is the address of ${host.name} itself`)
}
