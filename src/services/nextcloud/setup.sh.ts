/**
 * First start: installs Nextcloud once, on one node; every other node is told that it is installed. Passwords stay in
 * files: a small program of PHP hands them to occ inside one process.
 */
import { madeBy } from '../../render/file.ts'
import type { Deployed, FirstStart, Instance, JailFile } from '../kind.ts'
import { adminPassword, dataDirectory, root, writable } from './config.php.ts'
import type { NextcloudOptions } from './nextcloud.ts'

const helper = '/usr/local/libexec/meshwright/nextcloud.php'

/** The node that installs. */
const leaderOf = (service: Deployed<NextcloudOptions>): Instance | undefined => {
  const all = service.instances('app')
  return all.find(one => one.founder) ?? all[0]
}

export function firstStart(service: Deployed<NextcloudOptions>): readonly FirstStart[] {
  const leader = leaderOf(service)
  if (leader === undefined) return []
  const others = [...service.instances('app'), ...service.instances('cron')].filter(one => one !== leader)
  return [leader, ...others].map(on => ({
    ...{ step: 'setup', on, secret: false },
    text: setupStep(on === leader ? null : leader),
  }))
}

/** `leader`: who installs; null: this node. */
const setupStep = (leader: Instance | null): string => `#!/bin/sh
# ${madeBy}
set -eu
root=${root}
config=$root/config/config.php
as_www() { # COMMAND
	su -m www -c "$1"
}

install -d -o www -g www -m 0770 ${dataDirectory} "$root/config"
for mark in .ncdata .ocdata; do
	[ -e "${dataDirectory}/$mark" ] || printf '# Nextcloud data directory\\n# Do not change this file' >"${dataDirectory}/$mark"
	chown www:www "${dataDirectory}/$mark"
done

if [ -s "$config" ] && grep -q "'installed' => true" "$config"; then
	echo 'nextcloud: this node is set up'
	exit 0
fi

# 0: installed; 1: not yet; anything else: the database does not answer.
# Whoever comes first must not find a page that asks for a password.
rm -f "$root/config/CAN_INSTALL"

answer=0
as_www 'timeout 60 php ${helper} installed' || answer=$?
case $answer in
0)
	version=$(php -r 'require "${root}/version.php"; echo implode(".", $OC_Version);')
	printf "<?php\\n\\$CONFIG = [\\n  'installed' => true,\\n  'version' => '%s',\\n];\\n" "$version" >"$config.new"
	chown www:www "$config.new"
	chmod 0640 "$config.new"
	mv "$config.new" "$config"
	echo "nextcloud: this node has joined, version $version"
	;;
1)
${
  leader === null
    ? `	[ -e "$config" ] || install -o www -g www -m 0640 /dev/null "$config"
	install -o www -g www -m 0640 /dev/null "$root/config/CAN_INSTALL"
	as_www 'env ${writable}=1 timeout 900 php ${helper} install'
	as_www 'php ${root}/occ background:cron'`
    : `	echo 'nextcloud: not installed yet: run this step on ${leader.host.name} first' >&2
	exit 1`
}
	;;
*)
	echo 'nextcloud: the database does not answer' >&2
	exit 1
	;;
esac
`

/** Asks the database whether Nextcloud lives in it, or installs it there. */
export const renderHelper = (service: Deployed<NextcloudOptions>): JailFile => ({
  path: helper.slice(1),
  text: `<?php
// ${madeBy}
require '${root}/config/meshwright.config.php';
switch ($argv[1] ?? '') {
case 'installed':
  [$host, $port] = explode(':', $CONFIG['dbhost']);
  try {
    $database = new PDO(
      "pgsql:host=$host;port=$port;dbname={$CONFIG['dbname']};connect_timeout=10",
      $CONFIG['dbuser'], $CONFIG['dbpassword'], [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);
    $there = $database->query("SELECT to_regclass('oc_appconfig') IS NOT NULL")->fetchColumn();
    $since = $there
      ? $database->query("SELECT configvalue FROM oc_appconfig WHERE appid = 'core' AND configkey = 'installedat'")->fetchColumn()
      : false;
    exit($since === false ? 1 : 0);
  } catch (PDOException $problem) {
    fwrite(STDERR, "nextcloud: SQLSTATE {$problem->getCode()}\\n");
    exit(2);
  }
case 'install':
  $argv = $_SERVER['argv'] = [
    'occ', 'maintenance:install', '--no-interaction', '--database', 'pgsql',
    '--database-host', $CONFIG['dbhost'], '--database-name', $CONFIG['dbname'],
    '--database-user', $CONFIG['dbuser'], '--database-pass', $CONFIG['dbpassword'],
    '--admin-user', '${service.options['admin-user']}',
    '--admin-pass', trim(file_get_contents('${adminPassword}')),
    '--data-dir', $CONFIG['datadirectory'],
  ];
  chdir('${root}');
  require '${root}/console.php';
  break;
default:
  fwrite(STDERR, "usage: nextcloud.php installed|install\\n");
  exit(64);
}
`,
  mode: 0o644,
  secret: false,
  reload: null,
})
