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

# cloud-app
pkg -r /usr/local/jails/cloud-app install -y nextcloud-php83 php83-pgsql php83-pdo_pgsql php83-opcache php83-pecl-redis php83-pecl-APCu nginx
chroot /usr/local/jails/cloud-app chown root:www /usr/local/www/nextcloud/config/meshwright.config.php
chroot /usr/local/jails/cloud-app chown root:www /usr/local/etc/meshwright/nextcloud-admin

# db-etcd
pkg -r /usr/local/jails/db-etcd install -y coreos-etcd35

# db-postgres
pkg -r /usr/local/jails/db-postgres install -y postgresql17-server postgresql17-client curl py311-pip py311-psycopg py311-psutil py311-pyyaml
chroot /usr/local/jails/db-postgres chown postgres:postgres /usr/local/etc/patroni/patroni.yml
chroot /usr/local/jails/db-postgres chown postgres:postgres /usr/local/etc/patroni/clients.sql

# db-proxy
pkg -r /usr/local/jails/db-proxy install -y haproxy30

# files-proxy
pkg -r /usr/local/jails/files-proxy install -y haproxy30

# files-storage
pkg -r /usr/local/jails/files-storage install -y garage curl jq

# health-serve
pkg -r /usr/local/jails/health-serve install -y node22

# names-primary
pkg -r /usr/local/jails/names-primary install -y bind920 bind_exporter
chroot /usr/local/jails/names-primary chown root:bind /usr/local/etc/namedb/keys.conf

# resolver-resolver
pkg -r /usr/local/jails/resolver-resolver install -y unbound

# watch-alertmanager
pkg -r /usr/local/jails/watch-alertmanager install -y alertmanager

# watch-blackbox
pkg -r /usr/local/jails/watch-blackbox install -y blackbox_exporter

# watch-node
pkg -r /usr/local/jails/watch-node install -y node_exporter

# watch-server
pkg -r /usr/local/jails/watch-server install -y prometheus3
chroot /usr/local/jails/watch-server chown root:prometheus /usr/local/etc/prometheus/credentials/files-metrics-token
chroot /usr/local/jails/watch-server chown root:prometheus /usr/local/etc/prometheus/credentials/health-metrics-token
