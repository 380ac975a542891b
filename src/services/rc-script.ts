/** rc(8) scripts for daemons that come without one: started by daemon(8), known by the pid file it writes. */
import { madeBy } from '../render/file.ts'
import type { JailFile } from './kind.ts'

interface Daemon {
  readonly name: string
  readonly user: string
  /** Made when it is not there. */
  readonly directory: string
  readonly command: string
  /** Signal of `reload`; null: it cannot. */
  readonly reload: 'HUP' | null
  /** Lines of sh(1) that root runs before each start. */
  readonly before?: readonly string[]
}

export function renderRcScript({ name, user, directory, command, reload, before = [] }: Daemon): JailFile {
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

pidfile="/var/run/${name}.pid"
start_cmd="${name}_start"
stop_cmd="${name}_stop"
status_cmd="${name}_status"
${reload === null ? '' : `extra_commands="reload"\nreload_cmd="${name}_reload"\n`}
${name}_running()
{
	[ -s "$pidfile" ] && kill -0 "$(cat "$pidfile")" 2>/dev/null
}

${name}_start()
{
	if ${name}_running; then
		echo "${name} is already running."
		return 0
	fi
	pw usershow ${user} >/dev/null 2>&1 || pw useradd ${user} -d /nonexistent -s /usr/sbin/nologin
	install -d -o ${user} -m 0700 ${directory}
${before.map(line => `\t${line}\n`).join('')}	/usr/sbin/daemon -f -S -T ${name} -u ${user} -p "$pidfile" ${command}
}

${name}_stop()
{
	if ! ${name}_running; then
		echo "${name} is not running."
		return 0
	fi
	pid=$(cat "$pidfile")
	kill -TERM "$pid"
	pwait -t 60 "$pid" 2>/dev/null
}

${name}_status()
{
	if ${name}_running; then
		echo "${name} is running as pid $(cat "$pidfile")."
	else
		echo "${name} is not running."
		return 1
	fi
}
${reload === null ? '' : `\n${name}_reload()\n{\n\t${name}_running && kill -${reload} "$(cat "$pidfile")"\n}\n`}
run_rc_command "$1"
`,
    mode: 0o755,
    secret: false,
    reload: null,
  }
}
