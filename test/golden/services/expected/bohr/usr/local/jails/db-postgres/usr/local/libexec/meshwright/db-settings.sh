#!/bin/sh
# Made by meshwright from mesh.yaml and regions/. Changes made here are overwritten.
set -eu
PATH=/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin
export PATH
url=http://10.65.0.11:8008/config
tries=0
until curl -sS -f --max-time 10 -o /dev/null "$url" 2>/dev/null; do
	tries=$((tries + 1))
	if [ "$tries" -ge 60 ]; then
		echo 'patroni: no cluster answers yet' >&2
		exit 1
	fi
	sleep 5
done
curl -sS -f --max-time 30 -K /usr/local/etc/patroni/rest.curl -o /dev/null -X PATCH -H 'Content-Type: application/json' \
	--data-binary @/usr/local/etc/patroni/dcs.json "$url"
echo 'patroni: the cluster has its settings; those that take a restart wait for patronictl restart'
