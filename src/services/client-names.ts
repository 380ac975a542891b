/** Clients have accounts by their names; some names a service needs for itself, or cannot hold. */
import { type Diagnostic, error } from '../../topology/diagnostic.ts'
import type { Service } from './kind.ts'

/** By name, each once. */
export const clientNames = ({ clients }: Pick<Service, 'clients'>): readonly string[] =>
  [...new Set(clients.map(client => client.service.name))].toSorted()

export function* badClientNames(
  { name, kind, clients }: Service,
  isBad: (client: string) => boolean,
  why: string,
): Iterable<Diagnostic> {
  for (const client of new Set(clients.map(({ service }) => service)))
    if (isBad(client.name))
      yield error(
        'service-option',
        `${client.name} cannot be a client of ${name}: ${kind.kind} ${why}`,
        { ...client.place, key: true },
        'Call it otherwise.',
      )
}
