#!/bin/sh
# Made by meshwright from mesh.yaml and regions/. Changes made here are overwritten.
set -eu
PATH=/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin
export PATH
root=/usr/local/www/nextcloud
config=$root/config/config.php
as_www() { # COMMAND
	su -m www -c "$1"
}

install -d -o www -g www -m 0770 /var/db/nextcloud "$root/config"
for mark in .ncdata .ocdata; do
	[ -e "/var/db/nextcloud/$mark" ] || printf '# Nextcloud data directory\n# Do not change this file' >"/var/db/nextcloud/$mark"
	chown www:www "/var/db/nextcloud/$mark"
done

if [ -s "$config" ] && grep -q "'installed' => true" "$config"; then
	echo 'nextcloud: this node is set up'
	exit 0
fi

# 0: installed; 1: not yet; anything else: the database does not answer.
# Whoever comes first must not find a page that asks for a password.
rm -f "$root/config/CAN_INSTALL"

answer=0
as_www 'timeout 60 php /usr/local/libexec/meshwright/nextcloud.php installed' || answer=$?
case $answer in
0)
	version=$(php -r 'require "/usr/local/www/nextcloud/version.php"; echo implode(".", $OC_Version);')
	printf "<?php\n\$CONFIG = [\n  'installed' => true,\n  'version' => '%s',\n];\n" "$version" >"$config.new"
	chown www:www "$config.new"
	chmod 0640 "$config.new"
	mv "$config.new" "$config"
	echo "nextcloud: this node has joined, version $version"
	;;
1)
	echo 'nextcloud: not installed yet: run this step on bohr first' >&2
	exit 1
	;;
*)
	echo 'nextcloud: the database does not answer' >&2
	exit 1
	;;
esac
