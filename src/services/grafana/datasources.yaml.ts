/** usr/local/etc/grafana/provisioning/datasources/meshwright.yaml: every Prometheus, the nearest first (Grafana, provisioning). */
import { createHash } from 'node:crypto'
import type { Deployed, Instance, JailFile } from '../kind.ts'
import { yamlText } from '../../render/yaml.ts'

/** At most 40 characters of letters, digits, dashes and underscores; dashboards find a source by it. */
export function uidOf(name: string): string {
  const uid = `meshwright-${name}`
  return uid.length <= 40 ? uid : `meshwright-${createHash('sha256').update(name).digest('hex').slice(0, 29)}`
}

export function renderDatasources(instance: Instance, service: Deployed): JailFile {
  const datasources = [...service.offers('metrics', instance)].flatMap(([giver, { servers }]) =>
    servers.map(({ name, url }) => ({ name: `${giver}-${name}`, url })),
  )
  return {
    path: 'usr/local/etc/grafana/provisioning/datasources/meshwright.yaml',
    text: yamlText({
      apiVersion: 1,
      // A source that is no longer here goes (since 11.1).
      prune: true,
      datasources: datasources.map(({ name, url }, i) => ({
        ...{ name, uid: uidOf(name), orgId: 1, type: 'prometheus', access: 'proxy', url },
        ...{ isDefault: i === 0, editable: false },
        jsonData: { httpMethod: 'POST', prometheusType: 'Prometheus' },
      })),
    }),
    ...{ mode: 0o640, group: 'grafana', secret: false },
    reload: { rc: 'grafana', how: 'restart' },
  }
}
