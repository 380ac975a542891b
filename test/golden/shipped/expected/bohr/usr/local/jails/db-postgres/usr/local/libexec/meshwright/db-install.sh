#!/bin/sh
set -eu
if /usr/local/bin/patroni --version 2>/dev/null | grep -q ' 4\.0\.'; then
  exit 0
fi
timeout 600 /usr/local/bin/python3.11 -m pip install --quiet 'patroni[etcd3]==4.0.*'
