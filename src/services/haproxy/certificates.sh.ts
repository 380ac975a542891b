/**
 * First start: HAProxy does not start without a certificate. Where nobody has put one yet, one that no browser believes
 * takes its place; it sorts after all others, so that it is served only as long as it is alone.
 */
import { madeBy } from '../../render/file.ts'
import { template } from '../../render/template.ts'
import type { FirstStart, Instance } from '../kind.ts'
import { certificateDirectory } from './options.ts'

const sh = template<string>(value => value)

export const makesCertificate = (instance: Instance): FirstStart => ({
  step: 'certificates',
  on: instance,
  secret: false,
  text: sh`
    #!/bin/sh
    # ${madeBy}
    set -eu
    umask 077
    dir=/${certificateDirectory}
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
    timeout 60 openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=edge.invalid \\
      -keyout "$work/key" -out "$work/certificate" 2>/dev/null
    cat "$work/certificate" "$work/key" >"$work/both"
    mv "$work/both" "$made"
    echo "certificates: none was there, $made is signed by nobody"
    # In the foreground: otherwise timeout(1) waits for what was started, and ends it.
    timeout --foreground 60 service haproxy start
  `.text,
})
