/** etc/rc.conf.d/jail/meshwright: which jails start at boot, and in which order (rc.conf(5), sourced by rc.d/jail alone). */
import type { Host, Jail } from '../../../topology/mesh.ts'
import { madeBy, plain, type RenderedFile } from '../file.ts'
import { rc } from './rc.ts'

export function renderJailList(host: Host): RenderedFile | null {
  if (host.jails.length === 0) return null
  const content = rc`
    # ${madeBy}
    jail_list="\${jail_list} ${inOrder(host.jails)
      .map(jail => jail.name)
      .join(' ')}"
    ${host.jails.some(hasNeeds) ? rc`jail_reverse_stop="YES"` : null}
  `
  return plain('etc/rc.conf.d/jail/meshwright', content, 'none')
}

const needsOf = ({ spec }: Jail): readonly string[] => spec.service?.depends ?? []
const hasNeeds = (jail: Jail): boolean => needsOf(jail).length > 0

/**
 * By name, but after the jails it needs. `depend` of jail.conf(5) cannot say so: rc.d/jail reads one file a jail, and
 * a jail that depends on one of another file is not started at all.
 */
function inOrder(jails: readonly Jail[]): readonly Jail[] {
  const ordered: Jail[] = []
  let left = jails
  while (left.length > 0) {
    const waiting = new Set<string>(left.map(jail => jail.name))
    // In a circle of needs the first by name goes first.
    const next = left.find(jail => !needsOf(jail).some(name => waiting.has(name))) ?? left[0]
    if (next === undefined) break
    ordered.push(next)
    left = left.filter(jail => jail !== next)
  }
  return ordered
}
