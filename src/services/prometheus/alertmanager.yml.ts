/** usr/local/etc/alertmanager/alertmanager.yml (Alertmanager, configuration): who is told of what, and how often. */
import { grouped, inhibitions } from '../../export/prometheus/alertmanager.ts'
import type { Deployed, JailFile } from '../kind.ts'
import { type PrometheusOptions, type Receiver, receiversOf } from './options.ts'
import { factsHere } from './rules.yml.ts'
import { yamlText } from '../../render/yaml.ts'

const always = ['alertname = "Watchdog"']

export function renderAlertmanager(service: Deployed<PrometheusOptions>): JailFile {
  const facts = factsHere(service)
  const receivers = receiversOf(service.options)
  const people = receivers.filter(({ name }) => name !== 'dead-man')
  const dead = receivers.find(({ name }) => name === 'dead-man')
  const file = {
    route: {
      // The one that does nothing: alerts are seen in the web interface.
      receiver: 'nobody',
      group_by: grouped,
      ...{ group_wait: '30s', group_interval: '5m', repeat_interval: '4h' },
      routes: [
        dead === undefined
          ? { receiver: 'nobody', matchers: always }
          : { receiver: dead.name, matchers: always, group_wait: '0s', group_interval: '1m', repeat_interval: '5m' },
        // Causes, there to inhibit what follows from them.
        ...(facts.served ? [{ receiver: 'nobody', matchers: ['severity = "none"'] }] : []),
        ...people.map(({ name }) => ({ receiver: name, continue: true })),
      ],
    },
    inhibit_rules: inhibitions(facts),
    receivers: [{ name: 'nobody' }, ...receivers.map(receiverOf)],
  }
  return {
    path: 'usr/local/etc/alertmanager/alertmanager.yml',
    text: yamlText(file),
    ...{ mode: 0o644, secret: false, reload: { rc: 'alertmanager', how: 'reload' } },
  }
}

function receiverOf({ name, file }: Receiver): object {
  return name === 'discord'
    ? { name, discord_configs: [{ webhook_url_file: file, send_resolved: true }] }
    : { name, webhook_configs: [{ url_file: file, send_resolved: name === 'webhook' }] }
}
