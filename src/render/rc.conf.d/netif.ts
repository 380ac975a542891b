/** etc/rc.conf.d/netif/meshwright: wg0, the bridge, and hands off the epairs (rc.conf(5), sourced by rc.d/netif alone). */
import { bridgeName, type Host, type Jail, type Mesh } from '../../../topology/mesh.ts'
import { bridgeAddress, bridgeSegment, etherAddress } from '../../../topology/wire.ts'
import { madeBy, plain, type RenderedFile } from '../file.ts'
import type { Block } from '../template.ts'
import { rc } from './rc.ts'

export function renderNetif(host: Host, mesh: Mesh, regionNumber: number): RenderedFile {
  const bridged = host.spec.wiring === 'bridge' && host.jails.length > 0
  const segment = bridgeSegment(host.prefix)
  const gateway = bridgeAddress(host.prefix)
  const bridge = rc`
    cloned_interfaces="\${cloned_interfaces} ${bridgeName}:sticky"
    create_args_${bridgeName}="ether ${etherAddress(regionNumber, host.number, 1)}"
    ifconfig_${bridgeName}="inet ${{ address: gateway.inet, length: segment.inet.length }} mtu ${mesh.mtu} up"
    ifconfig_${bridgeName}_ipv6="inet6 ${gateway.inet6} prefixlen ${segment.inet6.length}"
  `
  const content = rc`
    # ${madeBy}
    cloned_interfaces="\${cloned_interfaces} wg0:sticky"
    ifconfig_wg0="inet ${{ address: host.address.inet, length: 32 }} mtu ${mesh.mtu}"
    ifconfig_wg0_ipv6="inet6 ${host.address.inet6} prefixlen 128"
    ${bridged ? bridge : null}
    ${host.jails.length === 0 ? null : leaveAlone(host.jails)}
  `
  return plain('etc/rc.conf.d/netif/meshwright', content, 'netif')
}

/** jail(8) sets the epairs up; devd(8) must not start dhclient on them where ifconfig_DEFAULT asks for DHCP (rc.conf(5)). */
function leaveAlone(jails: readonly Jail[]): Block {
  return rc`
    # The jails' epairs are jail(8)'s to configure.
    ${jails.map(
      jail => rc`
        ifconfig_epair${jail.unit}a="NOAUTO"
        ifconfig_epair${jail.unit}b="NOAUTO"
      `,
    )}
  `
}
