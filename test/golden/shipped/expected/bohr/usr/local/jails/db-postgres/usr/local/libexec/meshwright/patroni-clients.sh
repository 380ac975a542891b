#!/bin/sh
# Made by meshwright from mesh.yaml and regions/. Changes made here are overwritten.
set -eu
exec psql -X -q -w -f /usr/local/etc/patroni/clients.sql "$1"
