/** Facts of hosts and roles in a few words. */
import type { Resilience } from '../../../topology/place/whatif.ts'
import type { GraphHost } from '../graph.ts'

export const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`

/** `standard, 8 CPUs, 32 GiB, gateway` */
export const machineOf = ({ class: kind, arch, cpus, memory, gateway, labels }: GraphHost): string =>
  [
    kind,
    arch,
    cpus === null ? null : counted(cpus, 'CPU'),
    memory === null ? null : `${Math.round((memory / 2 ** 30) * 10) / 10} GiB`,
    gateway ? 'gateway' : null,
    ...labels,
  ]
    .filter(word => word !== null)
    .join(', ')

/** What a role keeps, and what is asked of its instances so that it works. */
export function keepsOf(resilience: Resilience, instances: number): string {
  switch (resilience.kind) {
    case 'stateless':
      return 'no data'
    case 'single':
      return 'data in one place'
    case 'voters':
      return `a quorum of ${Math.floor(instances / 2) + 1} of ${instances}`
    case 'replicated': {
      const { writes, reads, copies } = resilience
      const kept = Math.min(instances, copies)
      return `${kept} ${kept === 1 ? 'copy' : 'copies'}; writes need ${writes}, reads ${reads}`
    }
  }
}
