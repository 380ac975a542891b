/** Alertmanager (configuration): who is told of what, and what is not told because it follows from something else. */
import type { Facts } from './alert.ts'

/**
 * Where alerts are posted. In a file, because such a URL is a secret: Alertmanager takes that since 0.26. `url` is for those
 * that are none.
 */
type Receiver = { readonly urlFile: string } | { readonly url: string }

/** Null: nobody listens; alerts are seen in the web interface. */
export interface Receivers {
  readonly critical: Receiver | null
  readonly warning: Receiver | null
  /** Called as long as watching works: its silence is the alarm. */
  readonly watchdog: Receiver | null
}

/** Seconds. */
export interface AlertTimes {
  readonly wait: number
  readonly interval: number
  readonly repeat: number
}
export const usualAlertTimes: AlertTimes = { wait: 30, interval: 300, repeat: 14_400 }

/** What is one message. An Alertmanager may be told of several meshes, in which a name is not the same host. */
export const grouped = ['mesh', 'alertname', 'region', 'service'] as const

export function alertmanagerFile(facts: Facts, receivers: Receivers, { wait, interval, repeat }: AlertTimes): object {
  const { critical, warning, watchdog } = receivers
  return {
    route: {
      // The one that does nothing: alerts are seen in the web interface.
      receiver: 'nobody',
      group_by: grouped,
      ...{ group_wait: `${wait}s`, group_interval: `${interval}s`, repeat_interval: `${repeat}s` },
      routes: [
        watchdog === null
          ? { receiver: 'nobody', matchers: ['alertname = "Watchdog"'] }
          : {
              ...{ receiver: 'watchdog', matchers: ['alertname = "Watchdog"'] },
              ...{ group_wait: '0s', group_interval: '1m', repeat_interval: '5m' },
            },
        { receiver: 'nobody', matchers: ['severity = "none"'] },
        { receiver: 'critical', matchers: ['severity = "critical"'] },
        { receiver: 'warning', matchers: ['severity = "warning"'] },
      ],
    },
    inhibit_rules: inhibitions(facts),
    receivers: [
      { name: 'nobody' },
      { name: 'critical', ...webhooks(critical, true) },
      { name: 'warning', ...webhooks(warning, true) },
      ...(watchdog === null ? [] : [{ name: 'watchdog', ...webhooks(watchdog, false) }]),
    ],
  }
}

const webhooks = (to: Receiver | null, resolved: boolean): object =>
  to === null
    ? {}
    : {
        webhook_configs: [{ ...('url' in to ? { url: to.url } : { url_file: to.urlFile }), send_resolved: resolved }],
      }

interface Inhibition {
  readonly source_matchers: readonly string[]
  readonly target_matchers: readonly string[]
  readonly equal: readonly string[]
}

const rule = (source: string, target: string, ...equal: readonly string[]): Inhibition => ({
  source_matchers: [`alertname = "${source}"`],
  target_matchers: [target],
  equal: ['mesh', ...equal],
})
const only = (...names: readonly string[]): string => `alertname =~ "${names.join('|')}"`

/** Causes before what follows from them. What is lost itself is said by one alert, whatever is inhibited beside it. */
export const inhibitions = ({ served }: Pick<Facts, 'served'>): readonly Inhibition[] => [
  ...(served
    ? [
        rule('LostRegion', 'alertname !~ "HostFlaps|RegionLost"', 'region'),
        rule('LostPeerRegion', 'peer_region != ""', 'peer_region'),
        rule('LostHost', 'alertname !~ "HostDown|HostFlaps"', 'host'),
        rule('LostPeer', 'peer != ""', 'peer'),
        rule('LostMember', only('QuorumDegraded'), 'service', 'role'),
        rule('LostMember', only('AlertmanagersParted', 'GarageCopiesMissing'), 'service'),
        rule('LostService', only('ServiceDown'), 'service'),
        rule('LostLeader', only(...withoutLeader), 'service'),
        rule('NoLeader', only(...withoutLeader), 'service'),
        rule('QuorumLost', only('QuorumDegraded'), 'service', 'role'),
        rule('QuorumLost', only('NoLeader', ...withoutLeader, 'GarageCopiesMissing', 'GarageNoQuorum'), 'service'),
        rule('ServiceDown', only('MemberDown'), 'service'),
        rule(
          'RegionsParted',
          only('Tunnel.*', 'HandshakeOld', 'NeverShookHands', 'OneWayTraffic'),
          'region',
          'peer_region',
        ),
        rule('JailMissing', only('MemberDown', 'ProbeFailed', 'TargetDown'), 'instance'),
        rule(
          'MemberDown',
          only('MariadbDown', 'PatroniPostgresDown', 'ProbeFailed', 'TargetDown', 'ValkeyDown'),
          'instance',
        ),
        rule('MeshwrightDown', only('TargetDown'), 'instance'),
      ]
    : []),
  // One dead host is one alert.
  rule('HostDown', only('HostUnreachable', 'EdgeUnreachable', 'ProbeFailed', 'TargetDown'), 'host'),
]

/** Also what each member says of it, and those that stand before it. */
const withoutLeader = [
  ...['ServiceDown', 'MemberDown', 'EtcdNoLeader', 'HAProxyBackendDown', 'MariadbReadOnly', 'MariadbReplicaCut'],
  ...['PatroniNoPrimary', 'PatroniReplicaCut', 'SentinelNoQuorum', 'ValkeyReplicaCut'],
]
