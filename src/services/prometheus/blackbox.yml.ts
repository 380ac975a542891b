/** usr/local/etc/blackbox_exporter.yml: ways to ask whether something answers (blackbox exporter, configuration). */
import { byText } from '../../../topology/names.ts'
import type { Deployed, JailFile } from '../kind.ts'
import { type Module, moduleName, placementOf, watchesOf } from './watch.ts'
import { yamlText } from '../../render/yaml.ts'

/** The same for all probers, and a module for each way that anybody is asked in. */
export function renderBlackbox(service: Deployed): JailFile {
  const asked = watchesOf(service, service.services, placementOf(service)).flatMap(({ looks }) => looks)
  const modules: readonly Module[] = [
    ...([{ kind: 'icmp' }, { kind: 'tcp' }, { kind: 'tls' }, { kind: 'http', expect: [200] }] as const),
    ...asked.map(({ module }) => module),
  ]
  const named = new Map(modules.map(module => [moduleName(module), proberOf(module, service.mesh.domain)]))
  return {
    path: 'usr/local/etc/blackbox_exporter.yml',
    text: yamlText({ modules: Object.fromEntries([...named].toSorted(([a], [b]) => byText(a, b))) }),
    ...{ mode: 0o644, secret: false, reload: { rc: 'blackbox_exporter', how: 'restart' } },
  }
}

const ip4 = { preferred_ip_protocol: 'ip4' }

/** `domain`: of the mesh. */
function proberOf(module: Module, domain: string): object {
  // Shorter than the time a scrape has.
  const timeout = '4s'
  switch (module.kind) {
    case 'icmp':
      return { prober: 'icmp', timeout, icmp: ip4 }
    case 'tcp':
      return { prober: 'tcp', timeout, tcp: ip4 }
    case 'tls':
      // Asked by address: whose certificate it is does not matter here, when it ends does.
      return { prober: 'tcp', timeout, tcp: { ...ip4, tls: true, tls_config: { insecure_skip_verify: true } } }
    case 'http':
      return {
        ...{ prober: 'http', timeout },
        http: {
          ...ip4,
          follow_redirects: false,
          valid_status_codes: module.expect,
          ...(module.body !== undefined && { fail_if_body_not_matches_regexp: [module.body] }),
        },
      }
    case 'dns':
      // A domain itself has no address, but it has an authority.
      return module.name === '@'
        ? { prober: 'dns', timeout, dns: { ...ip4, query_name: domain, query_type: 'SOA' } }
        : { prober: 'dns', timeout, dns: { ...ip4, query_name: module.name, query_type: 'A' } }
  }
}
