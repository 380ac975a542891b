/** usr/local/etc/grafana/provisioning/dashboards/meshwright.yaml: the directory whose files are dashboards (Grafana, provisioning). */
import type { JailFile } from '../kind.ts'
import { yamlText } from '../../render/yaml.ts'

const dashboardsPath = '/usr/local/etc/grafana/dashboards'

export const renderDashboards = (): JailFile => ({
  path: 'usr/local/etc/grafana/provisioning/dashboards/meshwright.yaml',
  text: yamlText({
    apiVersion: 1,
    providers: [
      {
        ...{ name: 'meshwright', orgId: 1, folder: 'meshwright', type: 'file' },
        ...{ disableDeletion: false, updateIntervalSeconds: 30, allowUiUpdates: false },
        options: { path: dashboardsPath, foldersFromFilesStructure: false },
      },
    ],
  }),
  ...{ mode: 0o640, group: 'grafana', secret: false },
  reload: { rc: 'grafana', how: 'restart' },
})
