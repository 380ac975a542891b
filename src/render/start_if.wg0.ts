/** etc/start_if.wg0: loads keys and peers before wg0 is numbered and raised (rc.conf(5), wg(8)). */
import type { Host } from '../../topology/mesh.ts'
import { madeBy, plain, type RenderedFile } from './file.ts'
import { rc, type Word } from './rc.conf.d/rc.ts'

/** Sourced by netif between creating wg0 and numbering it; it must never call exit. */
export function renderStartIf(host: Host): RenderedFile {
  const config: Word = '/usr/local/etc/wireguard/wg0.conf'
  const complain: Word = 'logger -t meshwright'
  const derived = rc`
    # ${madeBy}
    /usr/bin/wg syncconf wg0 ${config} || ${complain} 'wg0: syncconf failed'
  `
  // The key stays in a file of the host's own; it passes through a pipe, never through an argument.
  const ofTheHost = rc`
    # ${madeBy}
    # The private key of this host is its own: umask 077; wg genkey > /usr/local/etc/wireguard/wg0.key
    {
      printf '[Interface]\\nPrivateKey = '
      /bin/cat /usr/local/etc/wireguard/wg0.key ${config}
    } | /usr/bin/wg syncconf wg0 /dev/stdin || ${complain} 'wg0: syncconf failed'
  `
  return plain('etc/start_if.wg0', host.spec.keys.kind === 'host' ? ofTheHost : derived, 'wireguard')
}
