/** The jail's etc/hosts and etc/resolv.conf: the names it may reach, known without asking anybody (hosts(5), resolver(5)). */
import type { Flow } from '../../../topology/flow.ts'
import type { Host, Jail, Mesh } from '../../../topology/mesh.ts'
import { byText } from '../../../topology/names.ts'
import type { PerFamily, Address } from '../../../topology/prefix.ts'
import { madeBy, plain, type RenderedFile } from '../file.ts'
import { jailPath } from '../jail.conf.ts'
import { block } from '../template.ts'

interface Named {
  readonly fqdn: string
  readonly names: readonly string[]
  readonly address: PerFamily<Address>
}

const ofHost = (host: Host): Named => ({ fqdn: host.fqdn, names: [host.name], address: host.address })
const ofJail = (jail: Jail): Named => ({ fqdn: jail.fqdn, names: [`${jail.name}.${jail.host}`], address: jail.address })

/** `flows`: those that begin in this jail. */
export function renderJailHosts(jail: Jail, host: Host, mesh: Mesh, flows: readonly Flow[]): RenderedFile {
  const reached = new Map<string, Named>([[host.fqdn, ofHost(host)]])
  for (const { to } of flows) {
    if (to.kind === 'external') continue
    for (const named of [...to.hosts.map(ofHost), ...to.jails.map(ofJail)]) reached.set(named.fqdn, named)
  }
  reached.delete(jail.fqdn)
  const lines = [
    `::1 localhost localhost.${mesh.domain}`,
    `127.0.0.1 localhost localhost.${mesh.domain}`,
    ...linesOf({ ...ofJail(jail), names: [`${jail.name}.${host.name}`, jail.name] }),
    ...[...reached.values()].toSorted((a, b) => byText(a.fqdn, b.fqdn)).flatMap(linesOf),
  ]
  return plain(`${jailPath(host, jail).slice(1)}/etc/hosts`, block([`# ${madeBy}`, ...lines]), 'none')
}

const linesOf = ({ fqdn, names, address }: Named): string[] =>
  [address.inet, address.inet6].map(({ text }) => [text, fqdn, ...names].join(' '))

/** `resolvers`: those of the mesh on this host, asked instead of the ones from outside. */
export function renderResolvConf(jail: Jail, host: Host, mesh: Mesh, resolvers: readonly string[]): RenderedFile {
  const asked = resolvers.length > 0 ? resolvers : host.spec.resolvers
  const lines = [`search ${host.fqdn} ${mesh.domain}`, ...asked.map(resolver => `nameserver ${resolver}`)]
  return plain(`${jailPath(host, jail).slice(1)}/etc/resolv.conf`, block([`# ${madeBy}`, ...lines]), 'none')
}
