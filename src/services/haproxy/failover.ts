/**
 * Edges that share no segment watch each other over the mesh. When one does not answer, the first living edge after it,
 * in the order of names and round again, runs a command of the user's: to point a name or an address elsewhere.
 */
import { madeBy } from '../../render/file.ts'
import { block, template } from '../../render/template.ts'
import type { Deployed, Instance, JailFile } from '../kind.ts'
import { alivePath, type Failover, type Options, statusPort } from './options.ts'

/** Words of sh(1) that need no quoting: names, addresses, paths of known letters, numbers. */
const sh = template<string | number>(value => {
  if (!/^[A-Za-z0-9 ._:/,-]*$/.test(String(value).replaceAll(madeBy, '')))
    throw new Error(`${String(value)} needs quoting: this is a bug in meshwright`)
  return String(value)
})

export const failoverSettings = ({ options }: Deployed<Options>): Readonly<Record<string, string>> =>
  options.failover === undefined ? {} : { meshwright_failover_enable: 'YES' }

export function failoverFiles(instance: Instance, service: Deployed<Options>): readonly JailFile[] {
  const { failover } = service.options
  if (failover === undefined) return []
  const script = { mode: 0o755, secret: false } as const
  return [
    { path: 'usr/local/libexec/meshwright/failover.sh', text: hook(failover), ...script, reload: null },
    {
      path: 'usr/local/libexec/meshwright/failover-watch.sh',
      text: watch(instance, service, failover),
      ...script,
      reload: { rc: 'meshwright_failover', how: 'restart' },
    },
    { path: 'usr/local/etc/rc.d/meshwright_failover', text: rcScript(), ...script, reload: null },
  ]
}

/** Where an edge is found from outside: what a command for addresses needs beside the name. */
const publicAddress = ({ host }: Instance): string =>
  (host.endpoint.inet ?? host.endpoint.inet6)?.address.text ?? host.address.inet.text

function hook({ 'command-file': command, limit }: Failover): string {
  return sh`
    #!/bin/sh
    # ${madeBy}
    # failover.sh take|release EDGE ADDRESS: runs the command once at a time, for ${limit} s at most, and writes down how it went.
    set -eu
    umask 022
    PATH=/bin:/usr/bin:/sbin:/usr/sbin:/usr/local/bin:/usr/local/sbin
    export PATH
    command=${command}
    log=/var/log/meshwright-failover.log
    lock=/var/run/meshwright-failover.lock

    note() {
      echo "$(date -u +%Y-%m-%dT%H:%M:%SZ) $*" >>"$log"
      logger -t meshwright-failover -- "$*" || true
    }

    if [ $# -ne 3 ]; then
      echo "usage: failover.sh take|release EDGE ADDRESS" >&2
      exit 64
    fi
    case $1 in
      take | release) ;;
      *)
        echo "failover.sh: $1 is neither take nor release" >&2
        exit 64
        ;;
    esac

    if [ ! -f "$command" ] || [ ! -x "$command" ]; then
      note "$1 $2: $command is no program"
      exit 69
    fi
    # It runs as root: nobody else may change it.
    if [ -n "$(find -L "$command" -prune \\( ! -user root -o -perm -0020 -o -perm -0002 \\))" ]; then
      note "$1 $2: $command can be changed by others than root, and is not run"
      exit 77
    fi

    # A lock whose holder is gone is nobody's.
    if ! mkdir "$lock" 2>/dev/null; then
      holder=$(cat "$lock/pid" 2>/dev/null || echo 0)
      if [ "$holder" -gt 0 ] && kill -0 "$holder" 2>/dev/null; then
        note "$1 $2: another move is still under way"
        exit 75
      fi
      rm -rf "$lock"
      mkdir "$lock"
    fi
    trap 'rm -rf "$lock"' EXIT
    echo $$ >"$lock/pid"

    status=0
    timeout -k 5 ${limit} "$command" "$1" "$2" "$3" </dev/null >/dev/null 2>&1 || status=$?
    if [ "$status" -ne 0 ]; then
      note "$1 $2 ($3): $command failed with $status"
      exit 70
    fi
    note "$1 $2 ($3): done"
  `.text
}

function watch(instance: Instance, service: Deployed<Options>, { interval, misses }: Failover): string {
  const edges = service.instances('edge')
  const table = edges.map(edge => {
    const { host, jail } = edge
    return sh`${host.name}) status=http://${jail.address.inet.text}:${statusPort}${alivePath} public=${publicAddress(edge)} ;;`
  })
  return sh`
    #!/bin/sh
    # ${madeBy}
    # Looks at every edge every ${interval} s; ${misses} misses in a row and one counts as gone, as many answers and it is back.
    # An edge that does not work itself, or reaches no server, moves nothing.
    set -eu
    PATH=/bin:/usr/bin:/sbin:/usr/sbin
    export PATH
    self=${instance.host.name}
    edges="${edges.map(({ host }) => host.name).join(' ')}"
    state=/var/db/meshwright-failover
    hook=/usr/local/libexec/meshwright/failover.sh
    rounds=\${1:-0} # 0: for ever
    mkdir -p "$state"

    of() {
      case $1 in
        ${table}
      esac
    }

    answers() {
      of "$1"
      timeout 4 fetch -q -T 2 -o /dev/null "$status" 2>/dev/null
    }

    count() { cat "$state/$1" 2>/dev/null || echo 0; }

    look() { # EDGE: counts, and changes gone.EDGE when it is sure
      if answers "$1"; then
        rm -f "$state/missed.$1"
        [ -e "$state/gone.$1" ] || return 0
        n=$(($(count "answered.$1") + 1))
        echo "$n" >"$state/answered.$1"
        [ "$n" -lt ${misses} ] || rm -f "$state/gone.$1" "$state/answered.$1"
      else
        rm -f "$state/answered.$1"
        [ ! -e "$state/gone.$1" ] || return 0
        n=$(($(count "missed.$1") + 1))
        echo "$n" >"$state/missed.$1"
        if [ "$n" -ge ${misses} ]; then
          : >"$state/gone.$1"
          rm -f "$state/missed.$1"
        fi
      fi
    }

    mine() { # EDGE: am I the first after it that is not gone?
      seen=no
      for edge in $edges $edges; do
        if [ "$seen" = yes ] && [ ! -e "$state/gone.$edge" ]; then
          [ "$edge" = "$self" ]
          return
        fi
        [ "$edge" != "$1" ] || seen=yes
      done
      return 1
    }

    move() { # take|release EDGE
      of "$2"
      "$hook" "$1" "$2" "$public" && return 0
      sleep 10 # it is tried again, but not at once
      return 1
    }

    round=0
    while :; do
      for other in $edges; do
        [ "$other" = "$self" ] || look "$other"
      done
      if answers "$self"; then
        for other in $edges; do
          [ "$other" != "$self" ] || continue
          if [ -e "$state/gone.$other" ] && mine "$other"; then
            [ -e "$state/taken.$other" ] || ! move take "$other" || : >"$state/taken.$other"
          elif [ -e "$state/taken.$other" ] && [ ! -e "$state/gone.$other" ]; then
            ! move release "$other" || rm -f "$state/taken.$other"
          fi
        done
      fi
      round=$((round + 1))
      [ "$rounds" -eq 0 ] || [ "$round" -lt "$rounds" ] || break
      sleep ${interval}
    done
  `.text
}

function rcScript(): string {
  return block([
    '#!/bin/sh',
    `# ${madeBy}`,
    '#',
    '# PROVIDE: meshwright_failover',
    '# REQUIRE: DAEMON haproxy',
    '# KEYWORD: shutdown',
    '',
    '. /etc/rc.subr',
    '',
    'name=meshwright_failover',
    'rcvar=meshwright_failover_enable',
    'desc="runs a command when another edge goes"',
    'pidfile=/var/run/meshwright_failover.pid',
    'command=/usr/sbin/daemon',
    'command_args="-f -R 5 -P $pidfile -t $name /bin/sh /usr/local/libexec/meshwright/failover-watch.sh"',
    '',
    'load_rc_config $name',
    ': ${meshwright_failover_enable:=NO}',
    'run_rc_command "$1"',
  ]).text
}
