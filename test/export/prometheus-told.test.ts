/** What a real Alertmanager tells when several things go wrong at once: all causes, and nothing that follows from them. */
import { expect, test } from 'vitest'
import { alertmanagerFile, usualAlertTimes } from '../../src/export/prometheus/alertmanager.ts'
import { withPrograms } from '../services/setting.ts'
import { type Labels, toldOf } from './prometheus/alertmanager.ts'
import { everything } from './prometheus/planned.ts'

const nobody = { critical: null, warning: null, watchdog: null }
const file = alertmanagerFile(everything, nobody, usualAlertTimes)

const alert =
  (severity: string) =>
  (alertname: string, labels: Labels): Labels => ({ alertname, severity, mesh: 'aether', ...labels })
const [critical, warning, cause] = [alert('critical'), alert('warning'), alert('none')]

const lostHost = (host: string, region: string): readonly Labels[] => [
  critical('HostDown', { host, region }),
  cause('LostHost', { host }),
  cause('LostPeer', { peer: host }),
]
const lostRegion = (region: string): readonly Labels[] => [
  critical('RegionLost', { region }),
  cause('LostRegion', { region }),
  cause('LostPeerRegion', { peer_region: region }),
]
const tunnel = (host: string, region: string, peer: string, peerRegion: string): Labels =>
  warning('TunnelDown', { host, region, peer, peer_region: peerRegion })

const cases: readonly {
  readonly name: string
  readonly alerts: readonly Labels[]
  readonly told: readonly string[]
}[] = [
  {
    name: 'two hosts in two regions',
    alerts: [
      ...lostHost('tesla', 'west'),
      ...lostHost('bohr', 'usa'),
      tunnel('bohr', 'usa', 'tesla', 'west'),
      tunnel('bohr', 'usa', 'newton', 'north'),
      tunnel('curie', 'north', 'newton', 'north'),
    ],
    told: [
      'HostDown host=bohr mesh=aether region=usa',
      'HostDown host=tesla mesh=aether region=west',
      'TunnelDown host=curie mesh=aether peer=newton peer_region=north region=north',
    ],
  },
  {
    name: 'a region of one host, and a database that nobody leads in another',
    alerts: [
      ...lostHost('bohr', 'usa'),
      ...lostRegion('usa'),
      tunnel('bohr', 'usa', 'tesla', 'west'),
      critical('NoLeader', { service: 'db', role: 'postgres' }),
      cause('LostLeader', { service: 'db' }),
      critical('PatroniNoPrimary', { service: 'db', instance: 'db-postgres@tesla', host: 'tesla', region: 'west' }),
      critical('EtcdNoLeader', { service: 'other', instance: 'other-etcd@tesla', host: 'tesla', region: 'west' }),
    ],
    told: [
      'EtcdNoLeader host=tesla instance=other-etcd@tesla mesh=aether region=west service=other',
      'NoLeader mesh=aether role=postgres service=db',
      'RegionLost mesh=aether region=usa',
    ],
  },
  {
    name: 'a host that comes and goes, with a region that is lost each time',
    alerts: [
      cause('LostHost', { host: 'bohr' }),
      cause('LostRegion', { region: 'usa' }),
      critical('HostFlaps', { host: 'bohr', region: 'usa' }),
      critical('PfOff', { host: 'bohr', region: 'usa' }),
      cause('LostLeader', { service: 'db' }),
      critical('LeaderFlaps', { service: 'db', role: 'postgres' }),
      critical('PatroniNoPrimary', { service: 'db', instance: 'db-postgres@tesla', host: 'tesla', region: 'west' }),
    ],
    told: ['HostFlaps host=bohr mesh=aether region=usa', 'LeaderFlaps mesh=aether role=postgres service=db'],
  },
  {
    name: 'two meshes that call a host, a region and a service the same',
    alerts: [
      ...lostHost('tesla', 'west'),
      ...lostRegion('west'),
      critical('QuorumLost', { service: 'db', role: 'etcd' }),
      critical('PfOff', { mesh: 'other', host: 'tesla', region: 'west' }),
      critical('NoLeader', { mesh: 'other', service: 'db', role: 'postgres' }),
    ],
    told: [
      'NoLeader mesh=other role=postgres service=db',
      'PfOff host=tesla mesh=other region=west',
      'QuorumLost mesh=aether role=etcd service=db',
      'RegionLost mesh=aether region=west',
    ],
  },
]

withPrograms('prometheus-alertmanager', 'curl')('an Alertmanager tells of', () => {
  for (const { name, alerts, told } of cases)
    test(name, () => {
      expect(toldOf(file, alerts)).toEqual(told)
    })
})
