/** What people say may be lost, and what the services of a mesh make of it. */
import { type Diagnostic, error } from '../../topology/diagnostic.ts'
import { lossKinds, lossOf, type NamedLoss } from '../../topology/place/losses.ts'
import type { Mesh } from '../../topology/mesh.ts'
import type { Placed } from '../../topology/place/problem.ts'
import { waysOf } from '../../topology/place/ways.ts'
import type { Part, Ways } from '../../topology/place/whatif.ts'
import type { HostSpec } from '../../topology/spec.ts'
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

/** As tunnels and allowed-ips have them. */
export function packetWays({ hosts, connections: { gateways, relayed } }: Mesh): Ways {
  const carriers = new Set([...gateways.values()].map(host => host.name))
  return waysOf({
    hosts: hosts.map(({ name, region }) => ({ name, region, gateway: carriers.has(name) })),
    relayed,
  })
}

export function parseLoss(words: readonly string[], hosts: readonly HostSpec[]): NamedLoss | Diagnostic {
  const loss = lossOf(words, hosts)
  if (!('unknown' in loss)) return loss
  const { word, unknown, kind, name, known } = loss
  switch (unknown) {
    case 'pair':
      return error(
        'unknown-reference',
        `${JSON.stringify(word)} is no pair of hosts`,
        undefined,
        'As in link:tesla-bohr.',
      )
    case 'kind':
      return error(
        'bad-value',
        `${JSON.stringify(word)} is nothing that can be lost`,
        undefined,
        `Say ${lossKinds.join(':…, ')}:….`,
      )
    case 'name':
      return error('unknown-reference', `there is no ${kind} ${JSON.stringify(name)}`, undefined, hintFor(name, known))
  }
}
