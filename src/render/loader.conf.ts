/** boot/loader.conf.d/meshwright.conf: tunables that must be there before the kernel modules are (loader.conf(5)). */
import type { Host } from '../../topology/mesh.ts'
import { madeBy, plain, type RenderedFile } from './file.ts'
import { block } from './template.ts'

export function renderLoaderConf(host: Host): RenderedFile | null {
  const { major, minor } = host.spec.release
  const lines = [
    // Between netif and pf at boot nothing is filtered yet; with this, nothing passes (14.3 and 15.0 release notes).
    ...(major > 14 || (major === 14 && minor >= 3) ? ['net.pf.default_to_drop="1"'] : []),
    ...(host.jails.some(jail => jail.spec.memory !== null || jail.spec.cpus !== null)
      ? ['# rctl(8) counts what jails use only with this.', 'kern.racct.enable="1"']
      : []),
  ]
  if (lines.length === 0) return null
  return plain('boot/loader.conf.d/meshwright.conf', block([`# ${madeBy}`, ...lines]), 'reboot')
}
