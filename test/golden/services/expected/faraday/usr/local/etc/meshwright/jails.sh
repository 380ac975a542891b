#!/bin/sh
# Made by meshwright from mesh.yaml and regions/. Changes made here are overwritten.
# Run after copying and before the jails start; running it again changes nothing. Their userland must be there.
set -eu
PATH=/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin
ASSUME_ALWAYS_YES=yes
export PATH ASSUME_ALWAYS_YES

# dns-resolver
pkg -r /usr/local/jails/dns-resolver install -y unbound
