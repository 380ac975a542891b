/** What every HAProxy beside clients says, whatever it leads to. */
export const proxyGlobal: readonly string[] = [
  'global',
  '  maxconn 4096',
  '  user haproxy',
  '  group haproxy',
  '  stats socket /var/run/haproxy.sock mode 600 level admin',
]

/** Counters for Prometheus on 8404 of the jail, where HAProxy was built with them. */
export const proxyMetrics = (address: string): readonly string[] => [
  'frontend metrics',
  '  mode http',
  '  timeout client 10s',
  `  bind ${address}:8404`,
  '  http-request use-service prometheus-exporter if { path /metrics }',
  '  http-request return status 404',
]
