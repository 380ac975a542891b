#!/bin/sh
# Made by meshwright from mesh.yaml and regions/. Changes made here are overwritten.
# Run after copying and before the jails start; running it again changes nothing. Their userland must be there.
set -eu
PATH=/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin
ASSUME_ALWAYS_YES=yes
export PATH ASSUME_ALWAYS_YES

# graphs-app
pkg -r /usr/local/jails/graphs-app install -y grafana
chroot /usr/local/jails/graphs-app chown root:grafana /usr/local/etc/grafana/grafana.ini
chroot /usr/local/jails/graphs-app chown root:grafana /usr/local/etc/grafana/provisioning/datasources/meshwright.yaml
chroot /usr/local/jails/graphs-app chown root:grafana /usr/local/etc/grafana/provisioning/dashboards/meshwright.yaml
chroot /usr/local/jails/graphs-app chown root:grafana /usr/local/etc/grafana/dashboards/host.json
chroot /usr/local/jails/graphs-app chown root:grafana /usr/local/etc/grafana/dashboards/mesh.json
chroot /usr/local/jails/graphs-app chown root:grafana /usr/local/etc/grafana/dashboards/placement.json
chroot /usr/local/jails/graphs-app chown root:grafana /usr/local/etc/grafana/dashboards/services.json

# resolver-resolver
pkg -r /usr/local/jails/resolver-resolver install -y unbound

# watch-node
pkg -r /usr/local/jails/watch-node install -y node_exporter
