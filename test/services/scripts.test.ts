/** Every script that services bring, whatever its kind: sh(1) reads it, and it says where programs are. */
import { expect, test } from 'vitest'
import { renderRcScript } from '../../src/services/rc-script.ts'
import { alone, laidOut, setting, withPrograms } from './setting.ts'

const services = `
cache: {kind: valkey}
cloud: {kind: nextcloud, domain: cloud.example.net}
db: {kind: patroni}
files: {kind: garage}
front: {kind: haproxy, count: 2, hosts: [faraday, newton], failover: {kind: hook, command-file: /usr/local/etc/haproxy/failover}}
graphs: {kind: grafana}
names: {kind: bind}
pulse: {kind: meshwright}
resolver: {kind: unbound}
shop: {kind: generic, needs: [mysql]}
sql: {kind: mariadb}
watch: {kind: prometheus}
`

withPrograms('dash')('scripts', () => {
  test('of all kinds are sh, run with a path of their own, and a broken one is seen', async () => {
    const made = await setting(services)
    const scripts = [...made.files].filter(([, text]) => text.startsWith('#!/bin/sh\n'))
    expect(scripts.length).toBeGreaterThan(50)
    const directory = laidOut(Object.fromEntries([...scripts, ['broken', '#!/bin/sh\nif true; then\n']]))
    const { output } = alone(
      [],
      `cd ${directory}; find . -type f | while read -r one; do dash -n "$one" 2>/dev/null || echo "refused $one"; done`,
    )
    expect(output).toBe('refused ./broken\n')
    const steps = scripts.filter(([path]) => /\/libexec\/meshwright\/\w+-[\w-]+\.sh$/.test(path))
    expect(steps.length).toBeGreaterThan(15)
    for (const [path, text] of steps) expect(text, path).toMatch(/^PATH=\//m)
  })

  test('jails.sh installs what services need and gives every file to its reader; a package that fails ends it', async () => {
    const made = await setting(services)
    const manifest = JSON.parse(made.files.get('tesla.manifest.json') ?? '') as {
      files: { path: string; owner: string; group: string }[]
      services: { jail: string; packages: string[] }[]
    }
    const at = laidOut(
      {
        'jails.sh': (made.files.get('tesla/usr/local/etc/meshwright/jails.sh') ?? '').replace(
          /^ *PATH=/m,
          'PATH=@DIR@/bin:',
        ),
        'bin/pkg': '#!/bin/sh\n[ "$2" != "$BROKEN" ] && echo "pkg $*"\n',
        'bin/chroot': '#!/bin/sh\necho "chroot $*"\n',
      },
      0o755,
    )
    const { output } = alone(
      [],
      `sed -i 's#@DIR@#${at}#' ${at}/jails.sh; dash ${at}/jails.sh; echo "whole $?"
      BROKEN=/usr/local/jails/cache-server dash ${at}/jails.sh; echo "broken $?"`,
    )
    const [whole = '', broken = ''] = output.split('whole 0\n')
    const owned = manifest.files.filter(({ owner, group }) => `${owner}:${group}` !== 'root:wheel')
    expect(owned.length).toBeGreaterThan(5)
    for (const { path, owner, group } of owned) {
      const [, root = '', inside = ''] = /^(\/usr\/local\/jails\/[^/]+)(\/.*)$/.exec(path) ?? []
      expect(whole).toContain(`chroot ${root} chown ${owner}:${group} ${inside}\n`)
    }
    for (const { jail, packages } of manifest.services)
      if (packages.length > 0)
        expect(whole).toContain(`pkg -r /usr/local/jails/${jail} install -y ${packages.join(' ')}\n`)
    expect(broken).toMatch(/broken 1\n$/)
    expect(broken).not.toContain('db-postgres')
  })

  test('a daemon is started once, comes back when it ends, and stays away when it is stopped', () => {
    const { text } = renderRcScript({
      ...{ name: 'mesh_test', user: 'nobody', makesUser: false, directory: '@DIR@/db', reload: 'HUP' },
      ...{ command: '@DIR@/bin/program with words', before: ['echo prepared'] },
    })
    const at = laidOut(
      {
        mesh_test: text
          .replace('. /etc/rc.subr', '. @DIR@/rc.subr')
          .replaceAll('/usr/sbin/daemon', '@DIR@/bin/daemon')
          .replaceAll('/var/run/', '@DIR@/'),
        'rc.subr': 'load_rc_config() { :; }\nrun_rc_command() { "${name}_$1"; }\n',
        // daemon(8) as far as the script uses it: a watcher with its pid, and what it watches with its own.
        'bin/daemon': `#!/bin/bash
while [ "\${1#-}" != "$1" ]; do case $1 in -f|-S) shift ;; -P) watcher=$2; shift 2 ;; -p) child=$2; shift 2 ;; *) shift 2 ;; esac; done
( trap 'exit 0' TERM; while :; do "$@" & echo $! > "$child"; wait $!; sleep 0.3; done ) > /dev/null 2>&1 &
echo $! > "$watcher"
`,
        'bin/program': '#!/bin/sh\necho "$*" >> @DIR@/started\nexec sleep 60\n',
        'bin/pwait': '#!/bin/sh\nfor i in 1 2 3 4 5 6 7 8 9; do kill -0 "$3" 2>/dev/null || exit 0; sleep 0.1; done\n',
      },
      0o755,
    )
    const { output } = alone(
      [],
      `sed -i 's#@DIR@#${at}#g' ${at}/mesh_test ${at}/bin/*; PATH=${at}/bin:$PATH
      rc() { dash ${at}/mesh_test $1 2>&1 | sed 's/pid [0-9]*/pid N/'; }
      started() { for i in $(seq 50); do [ "$(cat ${at}/started 2>/dev/null | wc -l)" -ge $1 ] && break; sleep 0.1; done; echo "started $(cat ${at}/started 2>/dev/null | wc -l)"; }
      mv ${at}/bin/program ${at}/bin/gone; rc start; started 0; mv ${at}/bin/gone ${at}/bin/program
      rc stop; rc status; rc start; started 1; rc start; started 1; rc status
      kill -9 $(cat ${at}/mesh_test.pid); started 2; rc status
      rc stop; sleep 0.8; started 2; rc status; cat ${at}/started | sort -u`,
    )
    expect(output.replaceAll(at, 'DIR')).toBe(
      [
        'mesh_test: DIR/bin/program is not installed yet.',
        'started 0',
        'mesh_test is not running.',
        'mesh_test is not running.',
        'prepared',
        'started 1',
        'mesh_test is already running.',
        'started 1',
        'mesh_test is running as pid N.',
        'started 2',
        'mesh_test is running as pid N.',
        'started 2',
        'mesh_test is not running.',
        'with words',
        '',
      ].join('\n'),
    )
  })
})
