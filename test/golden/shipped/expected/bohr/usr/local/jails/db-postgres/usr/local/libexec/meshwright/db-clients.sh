#!/bin/sh
# Made by meshwright from mesh.yaml and regions/. Changes made here are overwritten.
# Makes the roles and databases of the services that use db; harmless when they are there.
set -eu
PGPASSFILE=/usr/local/etc/patroni/pgpass PGCONNECT_TIMEOUT=10 timeout 120 psql -X -q -w \
  "host=10.65.0.13,10.64.1.13,10.66.2.15 port=5432 user=postgres dbname=postgres target_session_attrs=read-write" \
  < /usr/local/etc/patroni/clients.sql
