import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { Mesh } from '../../topology/mesh.ts'
import { parseSamples } from '../../src/health/samples.ts'
import { serveHealth } from '../../src/services/meshwright/health.ts'
import { rcScript } from '../../src/services/meshwright/rc-script.ts'
import { alone, complaints, laidOut, type Setting, setting, withPrograms } from './setting.ts'

const services = `
pulse: {kind: meshwright, hosts: [newton]}
watch: {kind: prometheus}
`
const jail = 'pulse-serve'
const flowsOf = (mesh: Mesh) =>
  mesh.flows
    .map(flow => `${flow.name}: ${flow.why}`)
    .filter(text => text.includes('pulse') && !text.endsWith(': metrics'))

interface Scrape {
  readonly job_name: string
  readonly honor_labels?: boolean
  readonly authorization?: { readonly credentials_file: string }
  readonly static_configs: readonly { readonly targets: readonly string[] }[]
}
const scrapeOf = (made: Setting, host: string): Scrape | undefined =>
  (
    parse(made.textOf(host, 'watch-server', 'usr/local/etc/prometheus.yml')) as { scrape_configs: Scrape[] }
  ).scrape_configs.find(({ job_name: name }) => name.startsWith('meshwright'))

describe('meshwright', () => {
  test('listens on its own address, and reaches the ssh of every host and nothing else', async () => {
    const made = await setting(services)
    const rc = made.textOf('newton', jail, 'etc/rc.conf')
    const [own] = made.addressesOf('newton', jail)
    expect(rc).toContain('meshwright_enable="YES"\n')
    expect(rc).toContain(`meshwright_listen="${own}:9587"\n`)
    expect(flowsOf(made.mesh)).toEqual([
      'pulse-serve>hosts 22/tcp: looks at the hosts',
      'watch-blackbox@newton>pulse-serve@newton 9587/tcp: probes',
    ])
  })

  test('hosts whose sshd has another port are reached there, and only there', async () => {
    const path = join(import.meta.dirname, '../../regions/usa.yaml')
    const usa = readFileSync(path, 'utf8')
      .replace(/^ {4}jails:\n(?: {6}.*\n)*/gm, '')
      .replace(/^( {2}bohr:\n)/m, '$1    ssh: {port: 2222}\n')
    const made = await setting(services, { 'regions/usa.yaml': usa })
    expect(
      flowsOf(made.mesh)
        .filter(text => text.endsWith('hosts'))
        .map(text => text.split(':')[1]),
    ).toEqual([
      ...['ampere', 'bohr', 'curie', 'faraday', 'newton', 'tesla'].map(
        host => `${host} ${host === 'bohr' ? 2222 : 22}/tcp`,
      ),
    ])
  })

  test('the Prometheus of its region asks with its token, which both have in closed files; the others do not', async () => {
    const made = await setting(services)
    const scrape = scrapeOf(made, 'newton')
    expect(scrape?.honor_labels).toBe(true)
    expect(scrape?.static_configs.map(one => one.targets)).toEqual([[`${made.addressesOf('newton', jail)[0]}:9587`]])
    const file = scrape?.authorization?.credentials_file ?? ''
    const token = made.textOf('newton', 'watch-server', file.slice(1))
    expect(token).toMatch(/^[A-Za-z0-9]{32}\n$/)
    expect(made.textOf('newton', jail, 'usr/local/etc/meshwright/token')).toBe(token)
    expect(
      [...made.files].filter(([, text]) => text.includes(token.trim())).map(([path]) => path.split('/').at(-1)),
    ).toHaveLength(2)
    for (const host of ['tesla', 'bohr']) expect(scrapeOf(made, host)).toBeUndefined()
    const manifest = JSON.parse(made.files.get('newton.manifest.json') ?? '') as {
      files: { path: string; mode: string }[]
    }
    const closed = manifest.files.find(({ path }) => path.endsWith(`${jail}/usr/local/etc/meshwright/token`))
    expect(closed).toMatchObject({ mode: '0600' })
  })

  test('per-region: one for every Prometheus, asked by that of its region alone', async () => {
    const made = await setting(services.replace(', hosts: [newton]', ', count: per-region'))
    const asked = ['tesla', 'newton', 'bohr'].map(host =>
      scrapeOf(made, host)?.static_configs.flatMap(one => one.targets),
    )
    expect(asked.every(targets => targets?.length === 1)).toBe(true)
    expect(new Set(asked.flat()).size).toBe(3)
  })

  test.each([
    ['{kind: meshwright, count: 2}', 'bad-value'],
    ['{kind: meshwright, interval: 0}', 'bad-value'],
    ['{kind: meshwright, listen: 0.0.0.0}', 'unknown-key'],
    ['{kind: meshwright, version: "9"}', 'bad-value'],
  ])('%s is refused', async (service, code) => {
    const said = await complaints(`pulse: ${service}`)
    expect(said.map(one => one.severity)).toContain('error')
    expect(said.map(one => one.code)).toContain(code)
  })
})

describe('how it is', () => {
  const text = (version: string, madeUp: boolean, looked: boolean) => `meshwright_build_info{version="${version}"} 1
meshwright_source_info{source="ssh",made_up="${madeUp}"} 1
${looked ? 'meshwright_snapshot_timestamp_seconds 1795258000.25\n' : ''}meshwright_host_state{host="tesla"} 2
`
  const read = (given: string) => serveHealth.read(parseSamples(given, new Set(serveHealth.series)))
  test.each([
    ['all is well', text('0.1.0', false, true), 'ok', 'answers'],
    ['nobody answers', '', 'warn', 'gives no metrics'],
    ['it has no picture yet', text('0.1.0', false, false), 'warn', 'has not looked yet'],
    ['what it says is made up', text('0.1.0', true, true), 'warn', 'made up'],
  ])('%s', (_, given, state, word) => {
    expect(read(given)).toMatchObject({ state, word })
  })
  test('the version it names is shown without what could hurt a terminal', () => {
    expect(read(text('\u001b[31m1', false, true)).details).toEqual({ version: '?[31m1' })
  })
})

/** rc.subr(8) as far as the script uses it: rc.conf(5), what is required, and the method that is asked for. */
const rcSubr = `load_rc_config() { [ ! -f @DIR@/rc.conf ] || . @DIR@/rc.conf; }
run_rc_command() {
	if [ "$1" = start ]; then
		for one in $required_dirs; do [ -d "$one" ] || { echo "$one is not a directory."; return 1; }; done
		for one in $required_files; do [ -r "$one" ] || { echo "$one is not readable."; return 1; }; done
	fi
	"\${name}_$1"
}
`

/** A machine in a directory, on which the script is run with what `rc.conf` says; `gone`: files that are not there. */
const started = (rcConf: string, gone: readonly string[] = []): string =>
  shell(rcConf, gone, 'PATH=$AT/bin:$PATH dash $AT/meshwright start 2>&1; echo "status $?"')

function shell(rcConf: string, gone: readonly string[], script: string): string {
  const lib = 'usr/local/lib/node_modules/meshwright/dist/meshwright.js'
  const files: Record<string, string> = {
    meshwright: rcScript()
      .text.replace('. /etc/rc.subr', '. @DIR@/rc.subr')
      .replaceAll('/usr/sbin/daemon', '@DIR@/bin/daemon')
      .replaceAll('/usr/local/', '@DIR@/usr/local/')
      .replaceAll('/var/', '@DIR@/var/'),
    'rc.subr': rcSubr,
    'rc.conf': rcConf,
    'bin/daemon': `#!/bin/sh\nfor one; do echo "<$one>"; done\n`,
    'bin/pw': '#!/bin/sh\n[ "$1" = useradd ] && echo "pw $*"\n[ "$1" = useradd ]\n',
    // Ownership is told, and not given: such a user is not here.
    'bin/install': `#!/bin/sh
echo "install $*"; while [ "\${1#-}" != "$1" ]; do case $1 in -d) dir=1; shift ;; *) shift 2 ;; esac; done
if [ "\${dir:-}" = 1 ]; then mkdir -p "$1"; else cp "$1" "$2"; fi
`,
    'usr/local/bin/node': '#!/bin/sh\necho v22.0.0\n',
    [lib]: 'program\n',
    'usr/local/etc/meshwright/mesh/mesh.yaml': 'mesh\n',
    'usr/local/etc/meshwright/id_ed25519': 'key\n',
    'usr/local/etc/meshwright/token': 'token\n',
  }
  const there = Object.entries(files).filter(([path]) => !gone.includes(path))
  const at = laidOut(Object.fromEntries(there), 0o755)
  const { output } = alone(
    [],
    `AT=${at}; sed -i 's#@DIR@#${at}#g' ${at}/meshwright ${at}/rc.subr ${at}/rc.conf; dash -n ${at}/meshwright && ${script}`,
  )
  return output.replaceAll(at, 'DIR')
}

withPrograms('dash')('the rc.d script', () => {
  const inJail = `meshwright_listen="10.64.0.9:9587"
meshwright_token_file="@DIR@/usr/local/etc/meshwright/token"
meshwright_args="--interval 10"
`
  const watcher = ['<-f>', '<-S>', '<-T>', '<meshwright>', '<-u>', '<meshwright>', '<-R>', '<5>', '<-P>', '<DIR/var/run/meshwright.daemon.pid>', '<-p>', '<DIR/var/run/meshwright.pid>'] // prettier-ignore
  const serve = ['<DIR/usr/local/bin/node>', '<DIR/usr/local/lib/node_modules/meshwright/dist/meshwright.js>', '<serve>', '<-C>', '<DIR/usr/local/etc/meshwright/mesh>'] // prettier-ignore
  const made = ['pw useradd meshwright -d /nonexistent -s /usr/sbin/nologin', 'install -d -o meshwright -m 0700 DIR/var/db/meshwright'] // prettier-ignore
  const copied = (from: string, to: string) =>
    `install -o meshwright -m 0600 DIR/usr/local/etc/meshwright/${from} DIR/var/db/meshwright/${to}`

  test('says to rcorder(8) what it is and needs, and is off unless it is enabled', () => {
    const { text, mode } = rcScript()
    expect(text).toMatch(/^#!\/bin\/sh\n/)
    expect(text).toMatch(/\n# PROVIDE: meshwright\n# REQUIRE: LOGIN\n# KEYWORD: shutdown\n/)
    expect(text).toContain('\nrcvar="meshwright_enable"\n')
    expect(text).toContain('\n: ${meshwright_enable:="NO"}\n')
    expect(mode).toBe(0o755)
  })

  test('in a jail: its own user, its address, copies of the key and the token that it may read', () => {
    expect(started(inJail).split('\n')).toEqual([
      ...made,
      copied('id_ed25519', 'identity'),
      copied('token', 'token'),
      ...watcher,
      ...serve,
      ...['<--identity>', '<DIR/var/db/meshwright/identity>', '<--listen>', '<10.64.0.9:9587>'],
      ...['<--token-file>', '<DIR/var/db/meshwright/token>', '<--interval>', '<10>', 'status 0', ''],
    ])
  })

  test('on a machine of your own, when nothing is said: the address in the mesh, no token', () => {
    const said = started('').split('\n')
    expect(said).toEqual([
      ...[...made, copied('id_ed25519', 'identity'), ...watcher, ...serve],
      ...['<--identity>', '<DIR/var/db/meshwright/identity>', 'status 0', ''],
    ])
    expect(started('meshwright_identity=""\nmeshwright_args="--demo"\n').split('\n')).toEqual([
      ...[...made, ...watcher, ...serve, '<--demo>', 'status 0', ''],
    ])
  })

  // daemon(8) takes no SIGHUP without -H, and would end by it and leave its child behind.
  test('reload is SIGHUP for the program, and none for daemon(8), which would end by it', () => {
    expect(rcScript().text).toContain('\nextra_commands="reload"\nreload_cmd="meshwright_reload"\n')
    const said = shell(
      ...(['', []] as const),
      `mkdir -p $AT/var/run
for one in daemon.pid pid; do
	sh -c 'trap "echo told $0; exit" HUP; trap "exit 1" TERM; echo ready; while :; do sleep 0.1; done' $one > $AT/$one &
	echo $! > $AT/var/run/meshwright.$one
done
until [ -s $AT/pid ] && [ -s $AT/daemon.pid ]; do sleep 0.05; done
dash $AT/meshwright reload; echo "status $?"
wait "$(cat $AT/var/run/meshwright.pid)"
kill -0 "$(cat $AT/var/run/meshwright.daemon.pid)" && echo 'daemon(8) is there'
kill "$(cat $AT/var/run/meshwright.daemon.pid)"; wait
cat $AT/pid $AT/daemon.pid
dash $AT/meshwright reload; echo "status $?"`,
    )
    expect(said.split('\n')).toEqual([
      ...['status 0', 'daemon(8) is there', 'ready', 'told pid', 'ready', 'status 1', ''],
    ])
  })

  test.each([
    ['usr/local/etc/meshwright/mesh/mesh.yaml', 'DIR/usr/local/etc/meshwright/mesh is not a directory.'],
    ['usr/local/etc/meshwright/id_ed25519', 'DIR/usr/local/etc/meshwright/id_ed25519 is not readable.'],
    ['usr/local/etc/meshwright/token', 'DIR/usr/local/etc/meshwright/token is not readable.'],
    [
      'usr/local/lib/node_modules/meshwright/dist/meshwright.js',
      'DIR/usr/local/lib/node_modules/meshwright/dist/meshwright.js is not readable.',
    ],
    ['usr/local/bin/node', 'meshwright: DIR/usr/local/bin/node is not installed yet.'],
  ])('without %s nothing is started', (gone, said) => {
    expect(started(inJail, [gone])).toBe(`${said}\nstatus 1\n`)
  })
})

withPrograms('dash')('the step of the first start', () => {
  const script = async (): Promise<string> =>
    (await setting(services)).textOf('newton', jail, 'usr/local/libexec/meshwright/pulse-ready.sh')
  const files = {
    'usr/local/bin/node': '#!/bin/sh\n[ -f "$1" ] && echo 0.1.0\n',
    'usr/local/lib/node_modules/meshwright/dist/meshwright.js': 'program\n',
    'usr/local/etc/meshwright/mesh/mesh.yaml': 'mesh\n',
    'usr/local/etc/meshwright/mesh/mesh.lock.yaml': 'lock\n',
    'usr/local/etc/meshwright/mesh/known_hosts': 'hosts\n',
    'usr/local/etc/meshwright/id_ed25519': 'key\n',
  }
  const run = (text: string, there: Readonly<Record<string, string>>): string => {
    const at = laidOut(
      { 'ready.sh': text.replaceAll('/usr/local/', '@DIR@/usr/local/').replace(/^PATH=.*$/m, ''), ...there },
      0o755,
    )
    const { output } = alone(
      [],
      `sed -i 's#@DIR@#${at}#g' ${at}/ready.sh; before=$(find ${at} | sort | cksum)
      dash ${at}/ready.sh 2>&1; echo "status $?"; [ "$before" = "$(find ${at} | sort | cksum)" ] && echo unchanged`,
    )
    return output.replaceAll(at, 'DIR')
  }

  test('is content when all is there, and changes nothing', async () => {
    expect(run(await script(), files)).toBe(
      'meshwright 0.1.0: all is there. service meshwright start\nstatus 0\nunchanged\n',
    )
  })

  test('names everything that is not there, with what to do', async () => {
    const said = run(await script(), {})
    expect(said.split('\n').filter(line => line.startsWith('not there yet'))).toEqual([
      'not there yet: DIR/usr/local/bin/node',
      'not there yet: DIR/usr/local/etc/meshwright/mesh/mesh.yaml',
      'not there yet: DIR/usr/local/etc/meshwright/mesh/mesh.lock.yaml',
      'not there yet: DIR/usr/local/etc/meshwright/mesh/known_hosts',
      'not there yet: DIR/usr/local/etc/meshwright/id_ed25519',
    ])
    expect(said).toMatch(/status 1\nunchanged\n$/)
    for (const path of Object.keys(files)) {
      const rest = Object.fromEntries(Object.entries(files).filter(([other]) => other !== path))
      const one = run(await script(), rest)
      expect(one.match(/^not there yet: .*$/gm), path).toEqual([`not there yet: DIR/${path}`])
      expect(one).toContain('status 1\n')
    }
  })
})
