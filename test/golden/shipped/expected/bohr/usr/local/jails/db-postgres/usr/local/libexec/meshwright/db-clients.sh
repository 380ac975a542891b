#!/bin/sh
# Made by meshwright from mesh.yaml and regions/. Changes made here are overwritten.
# Makes the roles and databases of the services that use db; harmless when they are there.
set -eu
PATH=/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin
export PATH
PGPASSFILE=/usr/local/etc/patroni/pgpass
PGCONNECT_TIMEOUT=10
export PGPASSFILE PGCONNECT_TIMEOUT
on_primary() {
	timeout 120 psql -X -q -w "host=10.65.0.13,10.64.1.13,10.66.2.15 port=5432 user=postgres dbname=postgres target_session_attrs=read-write" "$@"
}
# The first of them becomes primary in a minute or two; the others copy it.
tries=0
until on_primary -c 'SELECT 1' >/dev/null 2>&1; do
	tries=$((tries + 1))
	if [ "$tries" -ge 60 ]; then
		echo 'db: no primary yet; does Patroni run on every member?' >&2
		exit 1
	fi
	sleep 5
done
on_primary < /usr/local/etc/patroni/clients.sql
