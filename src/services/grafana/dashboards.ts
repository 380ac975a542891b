/** usr/local/etc/grafana/dashboards/*.json: dashboards over the Prometheus servers of the mesh, the nearest of them chosen. */
import { liveDashboards } from '../../export/grafana/grafana.ts'
import type { LiveMesh } from '../../export/grafana/live.ts'
import type { Deployed, Instance, JailFile } from '../kind.ts'
import { sourcesFor } from './datasources.yaml.ts'

export const renderLiveDashboards = (instance: Instance, service: Deployed): readonly JailFile[] =>
  liveDashboards(liveMesh(service), sourcesFor(instance, service)[0] ?? null).map(({ path, text }) => ({
    ...{ path: `usr/local/etc/grafana/${path}`, text },
    ...{ mode: 0o640, group: 'grafana', secret: false },
    // It looks at them every half a minute.
    reload: null,
  }))

function liveMesh(deployed: Deployed): LiveMesh {
  const { mesh, services } = deployed
  const located = new Set(mesh.regions.flatMap(({ name, location }) => (location === null ? [] : name)))
  const onMap = mesh.hosts.filter(host => located.has(host.region))
  return {
    ...{ mesh: mesh.name, linked: mesh.connections.tunnels > 0 },
    onMap: {
      hosts: onMap.length > 0,
      tunnels: onMap.some(host =>
        mesh.connections.neighboursOf(host).some(({ host: peer }) => located.has(peer.region)),
      ),
    },
    services: services.map(({ name, kind, ...service }) => ({
      ...{ name, kind: kind.kind },
      roles: kind
        .roles({ name, kind, ...service })
        .flatMap(role => (deployed.instancesOf(name, role.name).length > 0 ? role.name : [])),
    })),
  }
}
