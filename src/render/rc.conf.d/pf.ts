/** etc/rc.conf.d/pf/meshwright: which rules pf loads, and which when those do not load (rc.conf(5)). */
import { madeBy, plain, type RenderedFile } from '../file.ts'
import { rc } from './rc.ts'

/** A pf.conf that does not load must not leave the host open, nor shut the admin out (rc.conf(5)). */
export function renderPf(): RenderedFile {
  const content = rc`
    # ${madeBy}
    pf_rules="/etc/pf.conf"
    pf_fallback_rules_enable="YES"
    pf_fallback_rules_file="/etc/pf-fallback.conf"
  `
  return plain('etc/rc.conf.d/pf/meshwright', content, 'none')
}
