/** One port of a host's outside address leads to one place. */
import { type Diagnostic, error } from '../diagnostic.ts'
import { flowsByHost } from '../flow.ts'
import type { Mesh } from '../mesh.ts'
import { clashes, type Service, serviceText } from '../port.ts'

interface Claim {
  readonly owner: string
  readonly service: Service
}

export function* checkPorts(mesh: Pick<Mesh, 'hosts' | 'flows'>): Iterable<Diagnostic> {
  const local = flowsByHost(mesh)
  for (const host of mesh.hosts) {
    const claims: Claim[] = [
      { owner: 'WireGuard', service: { kind: 'ports', protocol: 'udp', first: host.spec.port, last: host.spec.port } },
      {
        owner: 'sshd',
        service: { kind: 'ports', protocol: 'tcp', first: host.spec.ssh.port, last: host.spec.ssh.port },
      },
    ]
    for (const { flow, jailsServe } of local.get(host.name) ?? []) {
      if (flow.from.kind !== 'external') continue
      for (const jail of jailsServe)
        for (const service of flow.services) {
          if (service.kind === 'ping')
            yield error(
              'flow-in-overlay',
              `flow ${flow.name}: a ping from the underlay cannot be handed to jail ${jail.name}`,
              jail.spec.place,
              'Only tcp and udp ports of a host are redirected to its jails.',
            )
          const taken = claims.find(claim => claim.owner !== `jail ${jail.name}` && clashes(claim.service, service))
          if (taken === undefined) claims.push({ owner: `jail ${jail.name}`, service })
          else
            yield error(
              'port-clash',
              `port ${serviceText(service)} of ${host.name} cannot lead to jail ${jail.name}: ${taken.owner} has ${serviceText(taken.service)}`,
              { ...jail.spec.place, path: [...jail.spec.place.path, 'ports'] },
              'Give one of them another port or another host.',
            )
        }
    }
  }
}
