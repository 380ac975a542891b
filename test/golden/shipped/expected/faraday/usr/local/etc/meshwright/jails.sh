#!/bin/sh
# Made by meshwright from mesh.yaml and regions/. Changes made here are overwritten.
# Run after copying and before the jails start; running it again changes nothing. Their userland must be there.
set -eu
PATH=/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin
ASSUME_ALWAYS_YES=yes
export PATH ASSUME_ALWAYS_YES

# front-edge
pkg -r /usr/local/jails/front-edge install -y haproxy30

# resolver-resolver
pkg -r /usr/local/jails/resolver-resolver install -y unbound

# watch-node
pkg -r /usr/local/jails/watch-node install -y node_exporter
