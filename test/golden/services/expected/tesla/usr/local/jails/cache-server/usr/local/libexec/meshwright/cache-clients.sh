#!/bin/sh
# Made by meshwright from mesh.yaml and regions/. Changes made here are overwritten.
# Tells the server of this jail who its clients are; again, it changes nothing.
set -eu
PATH=/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin
export PATH
REDISCLI_AUTH=$(cat /usr/local/etc/meshwright/valkey-steward)
export REDISCLI_AUTH
cli() {
	timeout 30 valkey-cli -h 10.66.1.5 --user mesh --no-auth-warning "$@"
}
# Passwords come from a file, not from arguments; whatever is not OK is said.
tell() {
	answers=$(cli)
	if echo "$answers" | grep -v '^OK$' >&2; then
		exit 1
	fi
}
[ ! -s /usr/local/etc/meshwright/valkey-users ] || tell </usr/local/etc/meshwright/valkey-users
cli ACL USERS | while read -r user; do
	case " default exporter haproxy mesh replica sentinel shop " in
	*" $user "*) ;;
	*)
		echo "valkey: $user is no client any more"
		echo "ACL DELUSER $user" | cli >/dev/null
		;;
	esac
done
echo 'CONFIG REWRITE' | tell
