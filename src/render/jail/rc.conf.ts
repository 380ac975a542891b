/** The jail's own etc/rc.conf: rc(8) inside a VNET jail configures its end of the epair from it (rc.conf(5)). */
import type { Host, Jail, Mesh } from '../../../topology/mesh.ts'
import type { Address } from '../../../topology/prefix.ts'
import { madeBy, plain, type RenderedFile } from '../file.ts'
import { jailPath } from '../jail.conf.ts'
import { template } from '../template.ts'

type Word = string & { readonly word?: never }
const rc = template<Address | number | Word>(value => (typeof value === 'object' ? value.text : String(value)))

/** `settings`: what the services of the jail add, rcvar by rcvar. */
export function renderJailRcConf(
  jail: Jail,
  host: Host,
  mesh: Mesh,
  settings: Readonly<Record<string, string>>,
): RenderedFile {
  const { unit, address, router, linkLength } = jail
  const content = rc`
    # ${madeBy}
    # Settings of your own go into /etc/rc.conf.local, which is read after this file.
    hostname="${jail.fqdn}"
    ifconfig_epair${unit}b="inet ${address.inet}/${linkLength.inet} mtu ${mesh.mtu}"
    ifconfig_epair${unit}b_ipv6="inet6 -ifdisabled ${address.inet6} prefixlen ${linkLength.inet6} no_dad"
    defaultrouter="${router.inet}"
    ipv6_defaultrouter="${router.inet6}"
    syslogd_flags="-ss"
    cron_enable="NO"
    sendmail_enable="NONE"
    ${Object.entries(settings).map(([key, value]) => rc`${key}="${quoted(value)}"`)}
  `
  return plain(`${jailPath(host, jail).slice(1)}/etc/rc.conf`, content, `jail:${jail.name}`)
}

/** Inside double quotes of a sh assignment. */
function quoted(value: string): Word {
  if (/["$`\\\n]/.test(value)) throw new Error(`${JSON.stringify(value)} needs quoting: this is a bug in meshwright`)
  return value
}
