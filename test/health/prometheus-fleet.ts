/** What is watched through a Prometheus in tests: three hosts, and a database on two of them. */
import type { WatchedInstance, WatchedService } from '../../src/health/fleet.ts'
import type { RoleHealth } from '../../src/services/kind.ts'
import type { JailName } from '../../topology/names.ts'
import { three, watched } from './watched.ts'

const health: RoleHealth = {
  series: ['db_leader', 'db_lag_bytes'],
  read: samples => ({ state: samples.length > 0 ? 'ok' : 'bad', word: 'x' }),
  imagine: () => [],
}

const database = (numberOf: (host: string) => number): readonly WatchedService[] => {
  const on = (host: string, number: number): WatchedInstance => ({
    ...{ service: 'db', role: 'postgres', host: numberOf(host), jail: 'db-postgres' as JailName },
    address: `10.64.1.${number}`,
    probe: { kind: 'http', port: 8008, path: '/health', expect: [200] },
    metrics: { port: 8008, path: '/metrics', job: 'patroni' },
    ...{ health, behind: null, root: '/usr/local/jails/db-postgres' },
  })
  const role = {
    ...{ name: 'postgres', id: 'db/postgres', resilience: { kind: 'stateless' } as const },
    instances: [on('bohr', 1), on('tesla', 2)],
  }
  return [{ name: 'db', kind: 'patroni', version: '4.0', roles: [role] }]
}

export const fleet = watched(three, database)
