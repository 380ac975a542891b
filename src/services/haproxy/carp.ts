/**
 * An address that two hosts share by carp(4). It lives on the hosts, not in the jails: pf redirects what comes for it as
 * it does for the host's own address. The first host by name has it while it works; a host whose edge does not answer
 * gives it up (net.inet.carp.demotion).
 */
import { madeBy } from '../../render/file.ts'
import { block, template } from '../../render/template.ts'
import type { Deployed, HostPart, Instance } from '../kind.ts'
import { alivePath, type Options, statusPort } from './options.ts'

type Vip = NonNullable<Options['vip']>

/** Values inside double quotes of sh(1), or words of it: none holds anything that means something there. */
const sh = template<string | number>(value => {
  if (/["'$`\\]/.test(String(value))) throw new Error(`${String(value)} needs quoting: this is a bug in meshwright`)
  return String(value)
})

export function carpPart(instance: Instance, service: Deployed<Options>): HostPart | null {
  const { vip } = service.options
  if (vip === undefined) return null
  const common = { mode: 0o644, secret: false } as const
  return {
    files: [
      {
        path: 'etc/rc.conf.d/netif/meshwright-carp',
        text: netif(instance, service, vip),
        mode: 0o600,
        secret: true,
        reload: 'netif',
      },
      {
        path: 'boot/loader.conf.d/meshwright-carp.conf',
        text: block([`# ${madeBy}`, 'carp_load="YES"']).text,
        ...common,
        reload: 'reboot',
      },
      {
        path: 'etc/rc.conf.d/meshwright_carp',
        text: block([`# ${madeBy}`, 'meshwright_carp_enable="YES"']).text,
        ...common,
        reload: 'service:meshwright_carp/restart',
      },
      {
        path: 'usr/local/etc/rc.d/meshwright_carp',
        text: rcScript(),
        ...{ ...common, mode: 0o755 },
        reload: 'service:meshwright_carp/restart',
      },
      {
        path: 'usr/local/libexec/meshwright/carp-check.sh',
        text: demotionCheck(instance),
        ...{ ...common, mode: 0o755 },
        // It is started anew for each look.
        reload: 'none',
      },
    ],
    rules: vip.address.map(address => {
      const [family, group] = address.includes(':') ? ['inet6', 'ff02::12'] : ['inet', '224.0.0.18']
      // Its own go out by "host-out"; those of the other are known by the password in them.
      return `pass in quick on $ext ${family} proto carp from any to ${group} keep state (no-sync) label "carp ${family}"`
    }),
  }
}

/** rc.conf(5): aliases of an interface are numbered without a gap, and the admin has the first numbers. */
function netif(instance: Instance, service: Deployed<Options>, vip: Vip): string {
  const skew = service.instances('edge').findIndex(({ host }) => host === instance.host) * 100
  // CARP_KEY_LEN is 20 bytes (netinet/ip_carp.h).
  const password = service.secrets.text('carp', 20).reveal()
  const device = instance.host.spec.interface
  return sh`
    # ${madeBy}
    meshwright_carp_alias() {
      _mw_n=0
      while :; do
        eval "_mw_had=\\\${ifconfig_$1_alias\${_mw_n}-}"
        case $_mw_had in
          "$2") break ;;
          '')
            eval "ifconfig_$1_alias\${_mw_n}=\\$2"
            break
            ;;
        esac
        _mw_n=$((_mw_n + 1))
      done
    }
    ${vip.address.map(address => {
      const [family, length] = address.includes(':') ? ['inet6', 128] : ['inet', 32]
      const alias = family === 'inet' ? 'alias ' : ''
      return sh`meshwright_carp_alias ${device.replaceAll('.', '_')} "${family} vhid ${vip.vhid} advskew ${skew} pass ${password} ${alias}${address}/${length}"`
    })}
  `.text
}

/** Asked inside the jail, so that no port of it has to be open to the host. */
function demotionCheck({ jail }: Instance): string {
  const { address, name } = jail
  return sh`
    #!/bin/sh
    # ${madeBy}
    # One look at the edge of this host. Three that fail in a row, and the host gives the shared address up; three that do
    # not, and it may have it again. What was said to the kernel is remembered in /var/run, which a boot empties too.
    set -eu
    PATH=/bin:/usr/bin:/sbin:/usr/sbin
    export PATH
    dir=/var/run/meshwright-carp
    mkdir -p "$dir"

    row() { # FILE: how often in a row
      n=$(cat "$dir/$1" 2>/dev/null || echo 0)
      echo $((n + 1)) >"$dir/$1"
      [ "$n" -ge 2 ]
    }

    if timeout 5 jexec ${name} fetch -q -T 2 -o /dev/null http://${address.inet.text}:${statusPort}${alivePath} 2>/dev/null; then
      rm -f "$dir/failed"
      if [ -e "$dir/demoted" ] && row worked; then
        sysctl net.inet.carp.demotion=-240 >/dev/null
        rm -f "$dir/demoted" "$dir/worked"
        logger -t meshwright-carp "${name} answers again: this host may have the shared address"
      fi
    else
      rm -f "$dir/worked"
      if [ ! -e "$dir/demoted" ] && row failed; then
        sysctl net.inet.carp.demotion=240 >/dev/null
        : >"$dir/demoted"
        rm -f "$dir/failed"
        logger -t meshwright-carp "${name} does not answer: this host gives the shared address up"
      fi
    fi
  `.text
}

/** rc.subr(8): daemon(8) keeps a loop that looks every two seconds. */
function rcScript(): string {
  return block([
    '#!/bin/sh',
    `# ${madeBy}`,
    '#',
    '# PROVIDE: meshwright_carp',
    '# REQUIRE: NETWORKING jail',
    '# KEYWORD: shutdown',
    '',
    '. /etc/rc.subr',
    '',
    'name=meshwright_carp',
    'rcvar=meshwright_carp_enable',
    'desc="gives the shared address up when the edge does not answer"',
    'pidfile=/var/run/meshwright_carp.pid',
    'command=/usr/sbin/daemon',
    'command_args="-f -R 5 -P $pidfile -t $name /bin/sh -c \'while :; do /bin/sh /usr/local/libexec/meshwright/carp-check.sh; sleep 2; done\'"',
    'start_precmd=meshwright_carp_prestart',
    '',
    '# A host that comes back takes its address back, and all addresses move together (carp(4)).',
    'meshwright_carp_prestart() {',
    '\t/sbin/kldload -n carp',
    '\t/sbin/sysctl net.inet.carp.preempt=1 >/dev/null',
    '}',
    '',
    'load_rc_config $name',
    ': ${meshwright_carp_enable:=NO}',
    'run_rc_command "$1"',
  ]).text
}
