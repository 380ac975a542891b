#!/bin/sh
# Made by meshwright from mesh.yaml and regions/. Changes made here are overwritten.
# Run after copying and before the jails start; running it again changes nothing. Their userland must be there.
set -eu
PATH=/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin
ASSUME_ALWAYS_YES=yes
export PATH ASSUME_ALWAYS_YES

# cache-proxy
pkg -r /usr/local/jails/cache-proxy install -y haproxy30
chroot /usr/local/jails/cache-proxy chown root:www /usr/local/etc/haproxy.conf

# cache-sentinel
pkg -r /usr/local/jails/cache-sentinel install -y valkey redis_exporter
chroot /usr/local/jails/cache-sentinel chown root:nobody /usr/local/etc/meshwright/redis_exporter.json

# cache-server
pkg -r /usr/local/jails/cache-server install -y valkey redis_exporter
chroot /usr/local/jails/cache-server chown root:nobody /usr/local/etc/meshwright/redis_exporter.json

# db-etcd
pkg -r /usr/local/jails/db-etcd install -y coreos-etcd35

# db-postgres
pkg -r /usr/local/jails/db-postgres install -y postgresql17-server postgresql17-client curl py311-pip py311-psycopg py311-psutil py311-pyyaml
chroot /usr/local/jails/db-postgres chown postgres:postgres /usr/local/etc/patroni/patroni.yml
chroot /usr/local/jails/db-postgres chown postgres:postgres /usr/local/etc/patroni/clients.sql

# db-proxy
pkg -r /usr/local/jails/db-proxy install -y haproxy30

# dns-resolver
pkg -r /usr/local/jails/dns-resolver install -y unbound

# shop-app
pkg -r /usr/local/jails/shop-app install -y nginx
