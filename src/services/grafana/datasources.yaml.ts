/** usr/local/etc/grafana/provisioning/datasources/meshwright.yaml: every Prometheus, the nearest first (Grafana, provisioning). */
import type { Source } from '../../export/grafana/dashboard.ts'
import { sourcesText } from '../../export/grafana/provisioning.ts'
import { uidOf } from '../../export/grafana/uid.ts'
import type { Deployed, Instance, JailFile } from '../kind.ts'

export const sourcesFor = (instance: Instance, service: Deployed): readonly Source[] =>
  [...service.offers('metrics', instance)].flatMap(([giver, { servers, interval }]) =>
    servers.map(({ name, url }) => ({ name: `${giver}-${name}`, uid: uidOf(`${giver}-${name}`), url, interval })),
  )

export const renderDatasources = (instance: Instance, service: Deployed): JailFile => ({
  path: 'usr/local/etc/grafana/provisioning/datasources/meshwright.yaml',
  text: sourcesText(sourcesFor(instance, service), true),
  ...{ mode: 0o640, group: 'grafana', secret: false },
  reload: { rc: 'grafana', how: 'restart' },
})
