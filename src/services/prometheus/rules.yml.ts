/**
 * usr/local/etc/prometheus/rules/meshwright.yml: what is worth an alert (Prometheus, alerting rules), as the export has it.
 * A server knows the exporters of its own region alone; where `meshwright serve` is in the plan, it knows the mesh.
 */
import { alertGroups, alertRules, factsOf, recordRules, usualTimes } from '../../export/prometheus/catalogue.ts'
import { yamlText } from '../../render/yaml.ts'
import type { Deployed, JailFile } from '../kind.ts'

export const rulesPath = 'usr/local/etc/prometheus/rules/meshwright.yml'

export const factsHere = (service: Pick<Deployed, 'mesh' | 'services' | 'instancesOf'>) =>
  factsOf({
    mesh: service.mesh,
    services: service.services,
    members: (name, role) => service.instancesOf(name, role).length,
  })

/** The same in every region. */
export function renderRules(service: Deployed): JailFile {
  const facts = factsHere(service)
  return {
    path: rulesPath,
    text: yamlText({
      groups: [...(facts.served ? recordRules(usualTimes) : []), ...alertRules(alertGroups(facts), usualTimes)],
    }),
    ...{ mode: 0o644, secret: false, reload: { rc: 'prometheus', how: 'reload' } },
  }
}
