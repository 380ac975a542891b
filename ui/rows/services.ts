/** What all screens say of services. */
import type { RoleState, ServiceHealth, Snapshot } from '../../src/health/snapshot.ts'
import { type Span, span } from '../line.ts'
import { byLevel } from './hosts.ts'
import { marked, plural } from './words.ts'

export const worstServices = ({ services }: Snapshot): readonly ServiceHealth[] =>
  services.toSorted((a, b) => byLevel(a, b) || (a.service.name < b.service.name ? -1 : 1))

export const serviceMark = ({ level, service }: ServiceHealth): Span => marked(level, service.name)

export function quorumText(quorum: boolean | null): Span {
  return quorum === null ? span('-', 'faint') : quorum ? span('kept', 'ok') : span('LOST', 'bad')
}

/** What it takes, in words. */
export function resilienceText({ role: { resilience, instances } }: RoleState): string {
  switch (resilience.kind) {
    case 'stateless':
      return 'any one does the work'
    case 'single':
      return 'one holds it all'
    case 'voters':
      return `quorum: ${Math.floor(instances.length / 2) + 1} of ${instances.length}`
    case 'replicated':
      return `writes need ${Math.min(instances.length, resilience.writes)}, reads ${Math.min(instances.length, resilience.reads)}, ${plural(resilience.copies, 'copy', 'copies')}`
  }
}
