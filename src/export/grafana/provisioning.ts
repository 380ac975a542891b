/** What Grafana reads at its start (Grafana, provisioning): where dashboards lie, and which Prometheus there is. */
import { yamlText } from '../../render/yaml.ts'
import type { Source } from './dashboard.ts'

/** Where a package of FreeBSD has it (ports, www/grafana). */
export const freebsd = {
  provisioning: '/usr/local/etc/grafana/provisioning',
  dashboards: '/usr/local/etc/grafana/dashboards',
} as const

export const providerText = (path: string): string =>
  yamlText({
    apiVersion: 1,
    providers: [
      {
        ...{ name: 'meshwright', orgId: 1, folder: 'meshwright', type: 'file' },
        ...{ disableDeletion: false, updateIntervalSeconds: 30, allowUiUpdates: false },
        options: { path, foldersFromFilesStructure: false },
      },
    ],
  })

/**
 * `isDefault`: the first is asked when nobody says which. A Grafana does not start when the files of two say so: only
 * where all its files are ours.
 */
export const sourcesText = (sources: readonly Source[], isDefault: boolean): string =>
  yamlText({
    apiVersion: 1,
    // A source that is no longer here goes (since 11.1).
    prune: true,
    datasources: sources.map(({ name, uid, url, interval }, i) => ({
      ...{ name, uid, orgId: 1, type: 'prometheus', access: 'proxy', url: expandable(url) },
      ...{ isDefault: isDefault && i === 0, editable: false },
      jsonData: { httpMethod: 'POST', prometheusType: 'Prometheus', timeInterval: `${interval}s` },
    })),
  })

/** Grafana puts variables of its environment in here; a dollar is two. */
const expandable = (text: string): string => text.replaceAll('$', '$$$$')
