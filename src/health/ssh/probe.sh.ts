/**
 * What a host is asked in one look: a script for sh(1) that only reads, sent on standard input, so that nothing of it is
 * in lists of processes. Everything runs at once, each part with a limit of its own. Each line of an answer goes out
 * behind a random word and the name of its part, so that no answer can pass for another.
 */
import type { Fleet, WatchedFile, WatchedHost, WatchedInstance } from '../fleet.ts'

export interface Look {
  /** Hexadecimal, and different in every look. */
  readonly nonce: string
  /** Numbers of the hosts that get an echo request through the tunnel. */
  readonly pings: readonly number[]
  /** Asks also for what seldom changes: release, files, endpoints, allowed-ips. */
  readonly thorough: boolean
  /** Parts that are left out: see {@link partsOf}. */
  readonly skip: ReadonlySet<string>
  /** For the whole of it, on the host. */
  readonly seconds: number
}

/** What only a thorough look asks for. */
export const lastingParts: readonly string[] = ['release', 'ends', 'files']
export const probePart = ({ jail }: WatchedInstance): string => `probe/${jail}`
export const metricsPart = ({ jail }: WatchedInstance): string => `metrics/${jail}`

interface Part {
  readonly name: string
  /** That leave the host at most. */
  readonly bytes: number
  /** A simple command of sh(1). */
  readonly command: string
}

/** Everything that a look at this host asks for. */
export function partsOf(fleet: Fleet, host: WatchedHost, { pings, thorough, skip }: Look): readonly Part[] {
  const peers = (fleet.tunnels.start[host.number + 1] ?? 0) - (fleet.tunnels.start[host.number] ?? 0)
  const all: readonly Part[] = [
    { name: 'system', bytes: 4096, command: 'system' },
    ...(thorough ? [{ name: 'release', bytes: 1024, command: 'release' }] : []),
    { name: 'tunnels', bytes: 16_384 + 256 * peers, command: 'tunnels' },
    ...(thorough ? [{ name: 'ends', bytes: 16_384 + 512 * peers, command: 'ends' }] : []),
    { name: 'pools', bytes: 16_384, command: 'pools' },
    { name: 'jails', bytes: 16_384, command: 'plain jls name' },
    { name: 'interfaces', bytes: 262_144, command: 'plain netstat --libxo json -ibn' },
    { name: 'pf', bytes: 65_536, command: 'filter' },
    { name: 'carp', bytes: 8192, command: 'carp' },
    ...(pings.length > 0 ? [{ name: 'pings', bytes: 8192, command: 'pings' }] : []),
    ...(thorough && host.files !== null && host.files.length > 0
      ? [{ name: 'files', bytes: 8192 + 512 * host.files.length, command: 'files' }]
      : []),
    ...host.instances.flatMap(instance => [
      { name: probePart(instance), bytes: 8192, command: probeCommand(fleet, instance) },
      ...(instance.metrics !== null && namesOf(instance).length > 0
        ? [{ name: metricsPart(instance), bytes: 65_536, command: metricsCommand(instance) }]
        : []),
    ]),
  ]
  return all.filter(({ name }) => !skip.has(name))
}

export function renderProbe(fleet: Fleet, host: WatchedHost, look: Look): string {
  const parts = partsOf(fleet, host, look)
  const has = (name: string): boolean => parts.some(part => part.name === name)
  const limit = Math.max(1, look.seconds - 2)
  const text = [
    `# What ${host.name} says of itself. Nothing is changed by this.`,
    setting(look.nonce, limit, Math.min(3, limit)),
    running,
    asked,
    services,
    ...(has('pings') ? [pingsOf(fleet, look.pings, Math.min(2, limit))] : []),
    ...(has('files') ? [filesOf(host)] : []),
    `parts() {\n${parts.map(({ name, bytes, command }) => `  part ${word(name)} ${bytes} ${command} & all="$all $!"\n`).join('')}}`,
    whole(look.seconds),
  ]
  return `${text.join('\n\n')}\n`
}

/** One word of sh(1). */
const word = (text: string): string => (/^[\w./:@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`)

const setting = (nonce: string, seconds: number, patience: number): string => `\
PATH=/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin
LC_ALL=C
export PATH LC_ALL
nonce=${nonce}
# For one command, and for a word from the network.
seconds=${seconds}
patience=${patience}
# Who is not root asks doas(1), for the few commands that need it.
doas=
[ "$(id -u)" = 0 ] || doas='doas -n'`

// In `part`, a command gets neither 3 nor 9: should it hang for ever, it holds nothing that anyone waits for.
const running = `\
# Lines of less than 512 bytes, which is PIPE_BUF at least: none is ever cut by another. A long one ends with its last '='.
lines='
  BEGIN { prefix = ENVIRON["prefix"] }
  {
    gsub(/[^\\t -~]/, "")
    while (length($0) > 400) {
      print prefix "+" substr($0, 1, 400)
      fflush()
      $0 = substr($0, 401)
    }
    print prefix "=" $0
    fflush()
  }'

# NAME BYTES COMMAND...: what it says, then its exit status.
part() {
  name=$1
  bytes=$2
  shift 2
  status=$({ { "$@" 2>&1 3>&- 9>&-; echo $? >&3; } | head -c "$bytes" | prefix="$nonce $name " awk "$lines" >&9 3>&-; } 3>&1)
  printf '%s %s !%s\\n' "$nonce" "$name" "$status" >&9
}

plain() {
  timeout -k 1 "$seconds" "$@"
}

root() {
  if [ "$doas" ] && ! command -v doas > /dev/null; then
    echo 'needs root'
    return 1
  fi
  timeout -k 1 "$seconds" $doas "$@"
}`

// /proc: hosts of a lab are namespaces of Linux, and tests are; FreeBSD has freebsd-version(1).
const asked = `\
system() {
  echo "clock $(date +%s)"
  if command -v freebsd-version > /dev/null; then
    plain sysctl -i kern.boottime vm.loadavg hw.ncpu hw.physmem hw.pagesize vm.stats.vm.v_free_count vm.stats.vm.v_inactive_count kstat.zfs.misc.arcstats.size kstat.zfs.misc.arcstats.c_min
  else
    awk '/^btime/ { print "boot", $2 }' /proc/stat
    awk '{ print "load", $1, $2, $3 }' /proc/loadavg
    awk '/^processor/ { n++ } END { print "cpus", n }' /proc/cpuinfo
    awk '/^Mem(Total|Available):/ { print $1, $2 }' /proc/meminfo
  fi
}

# It reads through the whole of the kernel's file.
release() {
  if command -v freebsd-version > /dev/null; then
    plain freebsd-version -kru
  fi
}

# Without its module there are no pools, and zpool(8) as root would load it.
pools() {
  if command -v kldstat > /dev/null && ! kldstat -q -m zfs; then
    return 0
  fi
  plain zpool list -Hp -o name,size,alloc,health
}

# Never all of what wg(8) knows: that has the keys in it. Ages are told by the clock that the handshakes were told by.
tunnels() {
  echo "clock $(date +%s)"
  plain wg show wg0 latest-handshakes || return
  echo transfer
  plain wg show wg0 transfer
}

ends() {
  plain wg show wg0 allowed-ips || return
  echo endpoints
  plain wg show wg0 endpoints
}

# Of the rules, the first that filters; of the labels, the 200 busiest. Rules that could not be read are not told: none would pass all.
filter() {
  root pfctl -s info || return
  rules=$(root pfctl -s rules 2> /dev/null) || return 0
  echo rules
  printf '%s\\n' "$rules" | awk '/^(block|pass)/ { print; exit }'
  echo labels
  root pfctl -s labels 2> /dev/null | awk '
    NF > 8 {
      p = $(NF - 6); b = $(NF - 5); s = $NF
      for (i = 0; i < 8; i++) sub(/[ \\t]+[0-9]+[ \\t]*$/, "")
      packets[$0] += p; bytes[$0] += b; states[$0] += s
    }
    END { for (l in packets) printf "%.0f %.0f %.0f %s\\n", packets[l], bytes[l], states[l], l }' | sort -rn | head -n 200
}

carp() {
  interfaces=$(plain ifconfig -a) || return
  printf '%s\\n' "$interfaces" | awk '/^[^ \\t]/ { sub(/:.*/, ""); name = $0 } /^[ \\t]+carp: / { print name, $0 }'
}`

// Services are asked from inside their jails: so pf is not in the way, and they may listen where only the jail can call.
const services = `\
# JAIL ADDRESS PORT PATH TOKEN: the request goes by a pipe, so a token is in no list of processes.
http() {
  {
    printf 'GET %s HTTP/1.0\\r\\nHost: %s:%s\\r\\n' "$4" "$2" "$3"
    [ -z "$5" ] || printf 'Authorization: Bearer %s\\r\\n' "$5"
    printf '\\r\\n'
  } | root jexec "$1" nc -w "$patience" "$2" "$3"
}

http_status() {
  http "$1" "$2" "$3" "$4" '' | head -n 1
}

http_body() {
  http "$1" "$2" "$3" "$4" '' | head -c 4096
}

tcp() {
  root jexec "$1" nc -z -w "$patience" "$2" "$3"
}

redis() {
  printf 'PING\\r\\nQUIT\\r\\n' | root jexec "$1" nc -w "$patience" "$2" "$3" | head -n 1
}

dns() {
  root jexec "$1" drill -p "$3" "@$2" "$4" "$5"
}

process() {
  root service -j "$1" "$2" onestatus
}

# JAIL ADDRESS PORT PATH NAMES TOKEN-FILE: nothing but the status and samples of these names. The file is read in the jail,
# whose links may lead where they like there and nowhere else.
metrics() {
  token=
  if [ "$6" ]; then
    token=$(root jexec "$1" cat "$6" | head -c 512)
    if [ -z "$token" ]; then
      echo 'its token cannot be read'
      return 1
    fi
  fi
  http "$1" "$2" "$3" "$4" "$token" | head -c 4194304 | grep -E "^(HTTP/[0-9.]+ [0-9]|($5)[{ ])"
}`

const pingsOf = (fleet: Fleet, pings: readonly number[], seconds: number): string => `\
ping_one() {
  answer=$(timeout ${seconds} ping -n -c 1 -q "$2" 2> /dev/null)
  case $answer in
  *min/avg*)
    answer=\${answer##* = }
    answer=\${answer#*/}
    printf '%s %s\\n' "$1" "\${answer%%/*}"
    ;;
  *) printf '%s -\\n' "$1" ;;
  esac
}

pings() {
  command -v ping > /dev/null || return 127
  for one in${pings.map(number => ` \\\n    ${number}/${fleet.hosts[number]?.address.inet ?? ''}`).join('')}; do
    ping_one "\${one%%/*}" "\${one#*/}" &
  done
  wait
}`

/** Those in jails apart: should a jail put there what cannot be read to its end, the host's own are told nevertheless. */
function filesOf({ instances, files }: WatchedHost): string {
  const inJail = ({ path }: WatchedFile): boolean => instances.some(({ root }) => path.startsWith(`${root}/`))
  const all = files ?? []
  const groups = [all.filter(file => !inJail(file)), all.filter(inJail)].filter(group => group.length > 0)
  return `\
sums() {
  if command -v sha256 > /dev/null; then
    root sha256 -r "$@"
  else
    root sha256sum "$@"
  fi
}

files() {
${groups.map(group => `  sums${group.map(({ path }) => ` \\\n    ${word(path)}`).join('')}`).join('\n')}
}`
}

// The dog bites the whole process group, which sshd(8) made for this shell alone. Not when somebody else made it.
const whole = (seconds: number): string => `\
probe() {
  late=
  trap 'late=yes' TERM
  printf '%s begin\\n' "$nonce"
  all=
  parts
  dog=
  if [ "$(ps -o pgid= -p $$ | tr -d ' ')" = $$ ]; then
    (
      trap 'kill $sleep' TERM
      sleep ${seconds} &
      sleep=$!
      wait $sleep && kill -TERM 0
    ) > /dev/null 2>&1 9>&- &
    dog=$!
  fi
  for one in $all; do
    [ "$late" ] || wait "$one"
  done
  [ -z "$dog" ] || kill -TERM "$dog" 2> /dev/null
  printf '%s end\\n' "$nonce"
}

trap : TERM
probe < /dev/null 9>&1 | (
  trap '' TERM
  exec cat
)`

function probeCommand({ domain }: Fleet, { jail, address, probe }: WatchedInstance): string {
  switch (probe.kind) {
    case 'tcp':
    case 'redis':
      return words(probe.kind, jail, address, probe.port)
    case 'http':
      return words(probe.body === undefined ? 'http_status' : 'http_body', jail, address, probe.port, probe.path)
    case 'dns':
      // A domain itself has no address, but it has an authority.
      return words('dns', jail, address, probe.port, probe.name, probe.name === domain ? 'SOA' : 'A')
    case 'process':
      return words('process', jail, probe.rc)
  }
}

const namesOf = ({ health }: WatchedInstance): readonly string[] =>
  (health?.series ?? []).filter(name => /^[a-zA-Z_:][\w:]*$/.test(name))

function metricsCommand(instance: WatchedInstance): string {
  const { jail, address, metrics } = instance
  const file = metrics?.tokenFile === undefined ? '' : `/${metrics.tokenFile.replace(/^\/+/, '')}`
  return words('metrics', jail, address, metrics?.port ?? 0, metrics?.path ?? '/', namesOf(instance).join('|'), file)
}

const words = (...all: readonly (string | number)[]): string =>
  all.map(one => (one === '' ? "''" : word(String(one)))).join(' ')
