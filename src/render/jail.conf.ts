/** etc/jail.conf.d/NAME.conf: one VNET jail and its epair, in jail.conf(5). */
import type { Host, Jail, Mesh } from '../../topology/mesh.ts'
import { bridgeName } from '../../topology/mesh.ts'
import type { JailName } from '../../topology/names.ts'
import type { Address } from '../../topology/prefix.ts'
import { sizeText } from '../../topology/quantity.ts'
import { madeBy, plain, type RenderedFile } from './file.ts'
import { Block, template } from './template.ts'

type Word = string & { readonly word?: never }
/** Values stand bare or inside double quotes; none holds a quote, a dollar or a backslash. */
const conf = template<Address | JailName | Word | number>(value => {
  const text = typeof value === 'object' ? value.text : String(value)
  if (/["'$\\;{}]/.test(text)) throw new Error(`${JSON.stringify(text)} needs quoting: this is a bug in meshwright`)
  return text
})

export const jailPath = (host: Host, jail: Jail): string => `${host.spec.jailRoot}/${jail.name}`

export function renderJailConf(jail: Jail, host: Host, mesh: Mesh, open: boolean): RenderedFile {
  const content = conf`
    # ${madeBy}
    ${jail.name} {
      path = "${jailPath(host, jail)}";
      host.hostname = "${jail.fqdn}";
      vnet;
      vnet.interface = "epair${jail.unit}b";
      persist;
      mount.devfs;
      devfs_ruleset = 4;
      exec.clean;
      sysvshm = "new"; sysvsem = "new"; sysvmsg = "new";
      ${parameters(jail)}
      # jail(8) skips exec.poststop when a start fails half way: a left-over epair goes first.
      exec.prestart  = "/sbin/ifconfig epair${jail.unit}a destroy 2>/dev/null || true";
      exec.prestart += "/sbin/ifconfig epair${jail.unit} create";
      ${jail.wiring.kind === 'bridge' ? joinBridge(jail, jail.wiring.ether, mesh.mtu, open) : linkToHost(jail, mesh.mtu)}
      ${limits(jail)}
      exec.start = "/bin/sh /etc/rc";
      exec.stop = "/bin/sh /etc/rc.shutdown jail";
      exec.poststop = "/sbin/ifconfig epair${jail.unit}a destroy";
      ${hasLimits(jail) ? conf`exec.poststop += "/usr/bin/rctl -r jail:${jail.name} 2>/dev/null || true";` : null}
      exec.consolelog = "/var/log/jail_${jail.name}_console.log";
    }
  `
  return plain(`etc/jail.conf.d/${jail.name}.conf`, content, `jail:${jail.name}`)
}

/** What a service asks for: permissions. Which jails are there first is the order of jail_list. */
function parameters({ spec: { service } }: Jail): Block | null {
  if (service === null || service.parameters.size === 0) return null
  const own = [...service.parameters].map(([key, value]) =>
    value === true ? conf`${key};` : conf`${key} = "${value}";`,
  )
  return new Block(own.map(block => block.text).join(''))
}

function linkToHost(jail: Jail, mtu: number): Block {
  const { unit, router, linkLength } = jail
  return conf`
    exec.prestart += "/sbin/ifconfig epair${unit}a inet ${router.inet}/${linkLength.inet} mtu ${mtu} description jail:${jail.name} up";
    exec.prestart += "/sbin/ifconfig epair${unit}a inet6 -ifdisabled ${router.inet6} prefixlen ${linkLength.inet6} no_dad";
  `
}

/** `ether` comes first and alone with `mtu` (ifconfig(8)); private members cannot talk to each other (if_bridge(4)). */
function joinBridge(jail: Jail, ether: Word, mtu: number, open: boolean): Block {
  return conf`
    exec.prestart += "/sbin/ifconfig epair${jail.unit}a mtu ${mtu} up";
    exec.prestart += "/sbin/ifconfig ${bridgeName} addm epair${jail.unit}a";
    ${open ? null : conf`exec.prestart += "/sbin/ifconfig ${bridgeName} private epair${jail.unit}a";`}
    exec.prestart += "/sbin/ifconfig epair${jail.unit}b ether ${ether} mtu ${mtu}";
  `
}

const hasLimits = (jail: Jail): boolean => jail.spec.memory !== null || jail.spec.cpus !== null

/** A kernel without racct refuses rules: the jail starts all the same, and the log says what is missing. */
function limits({ name, spec }: Jail): Block | null {
  if (spec.memory === null && spec.cpus === null) return null
  const complain: Word = 'logger -t meshwright rctl refused: kern.racct.enable=1 takes a reboot'
  return conf`
    exec.prestart += "/usr/bin/rctl -r jail:${name} 2>/dev/null || true";
    ${spec.memory === null ? null : conf`exec.prestart += "/usr/bin/rctl -a jail:${name}:memoryuse:deny=${sizeText(spec.memory)} || ${complain}";`}
    ${spec.cpus === null ? null : conf`exec.prestart += "/usr/bin/rctl -a jail:${name}:pcpu:deny=${spec.cpus * 100} || ${complain}";`}
  `
}
