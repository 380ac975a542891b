/**
 * rc(8) scripts for daemons that come without one: daemon(8) starts them, and starts them again five seconds after they
 * end by themselves.
 */
import { madeBy } from '../render/file.ts'
import type { JailFile } from './kind.ts'

interface Daemon {
  readonly name: string
  readonly user: string
  /** The package brings no such user: it is made here. */
  readonly makesUser: boolean
  /** Made when it is not there. */
  readonly directory: string
  /** The program by its whole path, and its arguments. */
  readonly command: string
  /** Signal of `reload`; null: it cannot. */
  readonly reload: 'HUP' | null
  /** Lines of sh(1) that root runs before each start. */
  readonly before?: readonly string[]
  /** Of rc.conf(5), beside NAME_enable, with what they are when nothing is said. */
  readonly settings?: readonly Setting[]
  /** What must be readable before each start (rc.subr(8)): words of sh(1), settings among them. */
  readonly required?: { readonly files: readonly string[]; readonly dirs: readonly string[] }
}

interface Setting {
  /** `meshwright_listen` */
  readonly name: string
  readonly value: string
  readonly what: string
}

export function renderRcScript(of: Daemon): JailFile {
  const { name, user, makesUser, directory, command, reload, before = [], settings = [], required } = of
  const program = command.split(' ')[0] ?? ''
  return {
    path: `usr/local/etc/rc.d/${name}`,
    text: `#!/bin/sh
# ${madeBy}
#
# PROVIDE: ${name}
# REQUIRE: LOGIN
# KEYWORD: shutdown

. /etc/rc.subr

name="${name}"
rcvar="${name}_enable"
load_rc_config $name
: \${${name}_enable:="NO"}
${settings.map(one => `# ${one.what}\n: \${${one.name}="${one.value}"}\n`).join('')}${
      required === undefined
        ? ''
        : `required_dirs="${required.dirs.join(' ')}"\nrequired_files="${required.files.join(' ')}"\n`
    }
# Of daemon(8), which watches, and of what it watches.
watcher="/var/run/${name}.daemon.pid"
pidfile="/var/run/${name}.pid"
start_cmd="${name}_start"
stop_cmd="${name}_stop"
status_cmd="${name}_status"
${reload === null ? '' : `extra_commands="reload"\nreload_cmd="${name}_reload"\n`}
${name}_alive() # FILE
{
	[ -s "$1" ] && kill -0 "$(cat "$1")" 2>/dev/null
}

${name}_start()
{
	if ${name}_alive "$watcher" || ${name}_alive "$pidfile"; then
		echo "${name} is already running."
		return 0
	fi
	# daemon(8) would start nothing, and say nothing.
	if [ ! -x ${program} ]; then
		echo "${name}: ${program} is not installed yet." >&2
		return 1
	fi
${
  makesUser
    ? `	pw usershow ${user} >/dev/null 2>&1 || pw useradd ${user} -d /nonexistent -s /usr/sbin/nologin
`
    : ''
}	install -d -o ${user} -m 0700 ${directory}
${before.map(line => `\t${line}\n`).join('')}	/usr/sbin/daemon -f -S -T ${name} -u ${user} -R 5 -P "$watcher" -p "$pidfile" ${command}
}

${name}_stop()
{
	if ! ${name}_alive "$watcher" && ! ${name}_alive "$pidfile"; then
		echo "${name} is not running."
		return 0
	fi
	# The watcher first, or it would start it again.
	${name}_alive "$watcher" && kill -TERM "$(cat "$watcher")"
	if ${name}_alive "$pidfile"; then
		pid=$(cat "$pidfile")
		kill -TERM "$pid" 2>/dev/null
		pwait -t 60 "$pid" 2>/dev/null
	fi
	return 0
}

${name}_status()
{
	if ${name}_alive "$pidfile"; then
		echo "${name} is running as pid $(cat "$pidfile")."
	else
		echo "${name} is not running."
		return 1
	fi
}
${reload === null ? '' : `\n${name}_reload()\n{\n\t${name}_alive "$pidfile" && kill -${reload} "$(cat "$pidfile")"\n}\n`}
run_rc_command "$1"
`,
    mode: 0o755,
    secret: false,
    reload: null,
  }
}
