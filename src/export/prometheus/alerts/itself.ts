/** The watch itself: a mesh of which nothing is heard looks like one that is well. */
import { type Alert, type Facts, fires, silent } from '../alert.ts'

export const watchdog: Alert = {
  ...{ alert: 'Watchdog', severity: 'none', minutes: 0 },
  expr: 'vector(1)',
  summary: 'Watching works; when this falls silent, it does not',
  description: 'It always fires, and is sent on to whoever notices when it stays away (dead-man).',
  cases: [fires({}, {}), fires({ 'up{job="node"}': '0x9' }, {})],
}

const serve = 'job="meshwright",instance="mesh-serve@tesla"'
const serveLabels = { job: 'meshwright', instance: 'mesh-serve@tesla' }

export const itselfAlerts = ({ served }: Facts): readonly Alert[] =>
  served
    ? [
        {
          ...{ alert: 'MeshwrightDown', severity: 'critical', minutes: 2 },
          expr: 'up{job="meshwright"} == 0',
          summary: '{{ $labels.instance }} does not say how the mesh is',
          description:
            'meshwright serve gives no metrics: where no other does, nothing of hosts, tunnels and services is told. Look there: service meshwright status, /healthz.',
          cases: [
            fires({ [`up{${serve}}`]: '1 0x9' }, serveLabels, { from: 1 }),
            silent({ [`up{${serve}}`]: '0 0 1x90', 'up{job="node",instance="i"}': '0x90' }),
          ],
        },
        {
          ...{ alert: 'MeshwrightStuck', severity: 'critical', minutes: 1 },
          expr: 'time() - meshwright_snapshot_timestamp_seconds > 300',
          summary: 'What {{ $labels.instance }} says of the mesh is {{ $value | humanizeDuration }} old',
          description: 'It answers, and no longer looks. Look there: service meshwright status, and its log.',
          cases: [
            fires({ [`meshwright_snapshot_timestamp_seconds{${serve}}`]: '59x30' }, serveLabels, {
              from: 6,
              value: '6m 1s',
            }),
            silent({ [`meshwright_snapshot_timestamp_seconds{${serve}}`]: '0x5 60+60x90' }),
          ],
        },
        {
          ...{ alert: 'SecretsOld', severity: 'warning', minutes: 60 },
          expr: 'time() - max(meshwright_secrets_timestamp_seconds) > 365 * 86400',
          summary: 'secrets.age was last written {{ $value | humanizeDuration }} ago',
          description: 'Keys and passwords are older than a year: meshwright keys rotate, meshwright secrets.',
          cases: [
            // The year 1969: minutes are too short for years.
            fires(
              { [`meshwright_secrets_timestamp_seconds{${serve}}`]: '-31536000x90' },
              {},
              { from: 1, value: '365d 1h 1m 0s' },
            ),
            silent({ [`meshwright_secrets_timestamp_seconds{${serve}}`]: '-31530000x90' }),
          ],
        },
      ]
    : []
