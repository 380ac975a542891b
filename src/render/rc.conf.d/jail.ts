/** etc/rc.conf.d/jail/meshwright: which jails start at boot (rc.conf(5), sourced by rc.d/jail alone). */
import type { Host } from '../../../topology/mesh.ts'
import { madeBy, plain, type RenderedFile } from '../file.ts'
import { rc } from './rc.ts'

export function renderJailList(host: Host): RenderedFile | null {
  if (host.jails.length === 0) return null
  const content = rc`
    # ${madeBy}
    jail_list="\${jail_list} ${host.jails.map(jail => jail.name).join(' ')}"
  `
  return plain('etc/rc.conf.d/jail/meshwright', content, 'none')
}
