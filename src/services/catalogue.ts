/** Every kind of service there is. To add one: write its folder, and name it here. */
import { bind } from './bind/bind.ts'
import { garage } from './garage/garage.ts'
import { generic } from './generic/generic.ts'
import { grafana } from './grafana/grafana.ts'
import { haproxy } from './haproxy/haproxy.ts'
import type { AnyKind } from './kind.ts'
import { mariadb } from './mariadb/mariadb.ts'
import { meshwright } from './meshwright/meshwright.ts'
import { nextcloud } from './nextcloud/nextcloud.ts'
import { patroni } from './patroni/patroni.ts'
import { prometheus } from './prometheus/prometheus.ts'
import { unbound } from './unbound/unbound.ts'
import { valkey } from './valkey/valkey.ts'

export const catalogue: readonly AnyKind[] = [
  bind,
  garage,
  generic,
  grafana,
  haproxy,
  mariadb,
  meshwright,
  nextcloud,
  patroni,
  prometheus,
  unbound,
  valkey,
]
