#!/bin/sh
# Made by meshwright from mesh.yaml and regions/. Changes made here are overwritten.
set -eu
# rc(8) starts daemons without it.
PATH=/bin:/usr/bin:/usr/local/bin
export PATH
exec psql -X -q -w -f /usr/local/etc/patroni/clients.sql "$1"
