/** usr/local/etc/meshwright/sysrc.sh: the flags of /etc/rc.conf that the tree needs, set with sysrc(8). */
import type { Host } from '../../topology/mesh.ts'
import { madeBy, plain, type RenderedFile } from './file.ts'
import { rc } from './rc.conf.d/rc.ts'

/** Flags that several scripts read belong into /etc/rc.conf, which is the admin's: set there by name with sysrc(8). */
export function sysrcFlags(host: Host): ReadonlyMap<string, string> {
  const flags = [
    'gateway_enable',
    'ipv6_gateway_enable',
    'pf_enable',
    ...(host.jails.length > 0 ? ['jail_enable'] : []),
  ]
  return new Map(flags.map(flag => [flag, 'YES']))
}

export function renderSysrc(host: Host): RenderedFile {
  const content = rc`
    #!/bin/sh
    # ${madeBy}
    # Run once after copying; running it again changes nothing.
    ${[...sysrcFlags(host)].map(([flag, value]) => rc`/usr/sbin/sysrc ${flag}=${value}`)}
  `
  return plain('usr/local/etc/meshwright/sysrc.sh', content, 'sysrc')
}
