/** Where the operator's age identity lies: $MESHWRIGHT_IDENTITY, else the user's configuration directory (XDG). */
import { homedir } from 'node:os'
import { join } from 'node:path'

export type Environment = Readonly<Record<string, string | undefined>>

export function identityPath(environment: Environment): string {
  const given = environment['MESHWRIGHT_IDENTITY']
  if (given) return given
  const config = environment['XDG_CONFIG_HOME']
  return join(config ? config : join(environment['HOME'] ?? homedir(), '.config'), 'meshwright', 'identity.txt')
}
