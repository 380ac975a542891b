/** usr/local/etc/meshwright/jails.sh: what services need inside the roots of their jails, done from the host. */
import type { Host, Jail } from '../../topology/mesh.ts'
import type { JailContent } from '../services/kind.ts'
import { madeBy, plain, type RenderedFile } from './file.ts'
import { jailPath } from './jail.conf.ts'
import { rc } from './rc.conf.d/rc.ts'

/**
 * pkg(8) with -r works on a root from outside: most jails have no way out. Names of users are those of the jail, which
 * chroot(8) knows.
 */
export function renderJailsScript(host: Host, contents: ReadonlyMap<Jail, JailContent>): RenderedFile | null {
  const parts = [...contents].filter(([, { packages, files }]) => packages.length > 0 || files.some(isOwned))
  if (parts.length === 0) return null
  const content = rc`
    #!/bin/sh
    # ${madeBy}
    # Run after copying and before the jails start; running it again changes nothing. Their userland must be there.
    set -eu
    PATH=/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin
    ASSUME_ALWAYS_YES=yes
    export PATH ASSUME_ALWAYS_YES
    ${parts.flatMap(([jail, { packages, files }]) => [
      rc`

        # ${jail.name}
      `,
      ...(packages.length === 0 ? [] : [rc`pkg -r ${jailPath(host, jail)} install -y ${packages.join(' ')}`]),
      ...files
        .filter(isOwned)
        .map(
          ({ path, owner = 'root', group = 'wheel' }) =>
            rc`chroot ${jailPath(host, jail)} chown ${`${owner}:${group}`} ${`/${path}`}`,
        ),
    ])}
  `
  return plain('usr/local/etc/meshwright/jails.sh', content, 'none')
}

const isOwned = ({ owner, group }: JailContent['files'][number]): boolean => (owner ?? group) !== undefined
