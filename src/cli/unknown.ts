/** Names on the command line that the mesh does not have. */
import { type Diagnostic, error } from '../../topology/diagnostic.ts'
import { hintFor } from '../load/issues.ts'

export const unknownNames = (
  what: 'host' | 'service',
  said: readonly string[],
  known: readonly string[],
): readonly Diagnostic[] =>
  said
    .filter(name => !known.includes(name))
    .map(name =>
      error('unknown-reference', `there is no ${what} ${JSON.stringify(name)}`, undefined, hintFor(name, known)),
    )
