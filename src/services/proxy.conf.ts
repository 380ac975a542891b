/** What every HAProxy beside clients says, whatever it leads to. The port makes no user of its own: www is in the base system. */
export const proxyGlobal: readonly string[] = [
  'global',
  // rc.d/haproxy waits for it to go to the background.
  '  daemon',
  '  maxconn 4096',
  '  user www',
  '  group www',
  '  stats socket /var/run/haproxy.sock mode 600 level admin',
]

/** The package with the exporter for Prometheus in it (net/haproxy30). */
export const proxyPackage = 'haproxy30'

/** Counters for Prometheus on 8404 of the jail, where HAProxy was built with them. */
export const proxyMetrics = (address: string): readonly string[] => [
  'frontend metrics',
  '  mode http',
  '  timeout client 10s',
  `  bind ${address}:8404`,
  '  http-request use-service prometheus-exporter if { path /metrics }',
  '  http-request return status 404',
]
