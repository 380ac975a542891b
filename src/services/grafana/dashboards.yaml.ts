/** usr/local/etc/grafana/provisioning/dashboards/meshwright.yaml: the directory whose files are dashboards (Grafana, provisioning). */
import { freebsd, providerText } from '../../export/grafana/provisioning.ts'
import type { JailFile } from '../kind.ts'

export const renderDashboards = (): JailFile => ({
  path: 'usr/local/etc/grafana/provisioning/dashboards/meshwright.yaml',
  text: providerText(freebsd.dashboards),
  ...{ mode: 0o640, group: 'grafana', secret: false },
  reload: { rc: 'grafana', how: 'restart' },
})
