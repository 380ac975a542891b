/** What people say may be lost, and what the services of a mesh make of it. */
import { type Diagnostic, error } from '../../topology/diagnostic.ts'
import type { HostName } from '../../topology/names.ts'
import type { Placed } from '../../topology/place/problem.ts'
import { linkOf, type Loss, type Part } from '../../topology/place/whatif.ts'
import type { HostSpec, MeshSpec } from '../../topology/spec.ts'
import { hintFor } from '../load/issues.ts'
import { servingRoles } from './expand.ts'
import type { Service } from './kind.ts'
import { roleId } from './problem.ts'

export function partsOf(services: readonly Service[], placed: Placed): readonly Part[] {
  return services.flatMap(service =>
    service.kind.roles(service).map((role): Part => {
      const used = service.kind
        .needs(service.options)
        .filter(need => need.optional !== true && need.roles.includes(role.name))
        .flatMap(({ capability }) =>
          (service.uses.get(capability) ?? []).flatMap(giver =>
            servingRoles(giver, capability).map(serving => roleId(giver, serving.name)),
          ),
        )
      return {
        id: roleId(service, role.name),
        resilience: role.resilience ?? { kind: role.voters === true ? 'voters' : 'stateless' },
        hosts: placed.get(roleId(service, role.name)) ?? [],
        needs: [...(role.needs ?? []).map(other => roleId(service, other)), ...used],
      }
    }),
  )
}

export interface NamedLoss {
  /** As people say it: `region:usa`. */
  readonly name: string
  readonly loss: Loss
}

const kinds = ['host', 'provider', 'region', 'link'] as const

/** `host:tesla`, `region:usa`, `provider:alpha`, `link:tesla-bohr`: all of them together, as one loss. */
export function parseLoss(words: readonly string[], spec: MeshSpec): NamedLoss | Diagnostic {
  const all = spec.regions.flatMap(region => region.hosts)
  const hosts = new Set<HostName>()
  const links = new Set<string>()
  for (const word of words) {
    const [, kind = '', name = ''] = /^([a-z]+):(.+)$/.exec(word) ?? []
    if (kind === 'link') {
      const pair = linkIn(name, all)
      if (pair === null)
        return error(
          'unknown-reference',
          `${JSON.stringify(word)} is no pair of hosts`,
          undefined,
          'As in link:tesla-bohr.',
        )
      links.add(linkOf(...pair))
      continue
    }
    const known = namesOf(kind, all)
    if (known === null)
      return error(
        'bad-value',
        `${JSON.stringify(word)} is nothing that can be lost`,
        undefined,
        `Say ${kinds.join(':…, ')}:….`,
      )
    const found = all.filter(host => nameIn(kind, host) === name)
    if (found.length === 0)
      return error('unknown-reference', `there is no ${kind} ${JSON.stringify(name)}`, undefined, hintFor(name, known))
    for (const host of found) hosts.add(host.name)
  }
  return { name: words.join(', '), loss: { hosts, links } }
}

/** Names may hold dashes themselves: the pair is found by trying every one of them. */
function linkIn(text: string, hosts: readonly HostSpec[]): readonly [HostName, HostName] | null {
  for (const a of hosts) {
    const b = hosts.find(other => other !== a && text === `${a.name}-${other.name}`)
    if (b !== undefined) return [a.name, b.name]
  }
  return null
}

const nameIn = (kind: string, host: HostSpec): string | null =>
  kind === 'host' ? host.name : kind === 'region' ? host.region : host.provider

const namesOf = (kind: string, hosts: readonly HostSpec[]): readonly string[] | null =>
  kind === 'host' || kind === 'region' || kind === 'provider'
    ? [...new Set(hosts.flatMap(host => nameIn(kind, host) ?? []))]
    : null

/** Every single host, provider and region; a provider or region of one host is that host. */
export function singleLosses(spec: MeshSpec): readonly NamedLoss[] {
  const all = spec.regions.flatMap(region => region.hosts).toSorted((a, b) => (a.name < b.name ? -1 : 1))
  const words = [
    ...all.map(host => `host:${host.name}`),
    ...['provider', 'region'].flatMap(kind =>
      (namesOf(kind, all) ?? [])
        .filter(name => all.filter(host => nameIn(kind, host) === name).length > 1)
        .toSorted()
        .map(name => `${kind}:${name}`),
    ),
    ...all.flatMap((a, i) => all.slice(i + 1).map(b => `link:${a.name}-${b.name}`)),
  ]
  return words.flatMap(word => {
    const loss = parseLoss([word], spec)
    return 'severity' in loss ? [] : [loss]
  })
}

/** Every two hosts at once. */
export function pairLosses(spec: MeshSpec): readonly NamedLoss[] {
  const names = spec.regions.flatMap(region => region.hosts.map(host => host.name)).toSorted()
  return names.flatMap((a, i) =>
    names.slice(i + 1).map(b => ({
      name: `host:${a}, host:${b}`,
      loss: { hosts: new Set([a, b]), links: new Set<string>() },
    })),
  )
}
