#!/bin/sh
# Made by meshwright from mesh.yaml and regions/. Changes made here are overwritten.
set -eu
PATH=/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin
export PATH
if ! /usr/local/bin/patroni --version 2>/dev/null | grep -q ' 4\.0\.'; then
	timeout 600 /usr/local/bin/python3.11 -m pip install --quiet 'patroni[etcd3]==4.0.*'
fi
# Without it the start at boot came to nothing.
service patroni status >/dev/null 2>&1 || timeout --foreground 60 service patroni start
