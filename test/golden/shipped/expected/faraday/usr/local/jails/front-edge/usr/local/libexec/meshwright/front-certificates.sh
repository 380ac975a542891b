#!/bin/sh
# Made by meshwright from mesh.yaml and regions/. Changes made here are overwritten.
set -eu
PATH=/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin
export PATH
umask 077
dir=/usr/local/etc/haproxy/certs
made="$dir/zz-self-signed.pem"
mkdir -p "$dir"
chmod 0700 "$dir"

for file in "$dir"/*.pem; do
  if [ -s "$file" ]; then
    echo "certificates: $file is there"
    exit 0
  fi
done

work=$(mktemp -d /tmp/certificates.XXXXXX)
trap 'rm -rf "$work"' EXIT
timeout 60 openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=edge.invalid \
  -keyout "$work/key" -out "$work/certificate" 2>/dev/null
cat "$work/certificate" "$work/key" >"$work/both"
mv "$work/both" "$made"
echo "certificates: none was there, $made is signed by nobody"
# In the foreground: otherwise timeout(1) waits for what was started, and ends it.
timeout --foreground 60 service haproxy start
