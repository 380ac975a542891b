/** Who may reach whom so that everything watched can be: single instances, because a server stays in its region. */
import { jailName } from '../expand.ts'
import type { FlowDraft, Placement, Service, Services } from '../kind.ts'
import { receiversOf, type PrometheusOptions } from './options.ts'
import { type Seen, watchesOf } from './watch.ts'

const at = ({ service, role, host }: Seen): string => `${jailName({ name: service }, role)}@${host.name}`

export function flowsOf(
  service: Service<PrometheusOptions>,
  services: Services,
  placement: Placement,
): readonly FlowDraft[] {
  const pairs = new Map<string, { from: string; to: string; ports: Set<string>; why: string }>()
  const may = (from: string, to: string, port: string, why: string): void => {
    if (from === to) return
    const key = `${from} ${to} ${why}`
    const known = pairs.get(key) ?? { from, to, ports: new Set(), why }
    known.ports.add(port)
    pairs.set(key, known)
  }
  for (const { server, scrapes, prober, looks } of watchesOf(service, services, placement)) {
    const own = at({ service: service.name, role: 'server', host: server })
    for (const scrape of scrapes)
      // Alerts go to all of these anyway.
      if (scrape.service !== service.name || scrape.role !== 'alertmanager')
        may(own, at(scrape), `${scrape.metrics.port}/tcp`, 'metrics')
    if (prober === null) continue
    const asks = at({ service: service.name, role: 'blackbox', host: prober })
    may(own, asks, '9115/tcp', 'metrics')
    for (const look of looks)
      may(asks, at(look), `${look.port}/${look.module.kind === 'dns' ? 'udp' : 'tcp'}`, 'probes')
  }
  const manager = { role: 'alertmanager' }
  return [
    ...[...pairs.values()]
      .toSorted((a, b) => (a.from + ' ' + a.to < b.from + ' ' + b.to ? -1 : 1))
      .map(({ from, to, ports, why }) => ({
        from: { word: from },
        to: { word: to },
        ports: [...ports].toSorted(),
        why,
      })),
    { from: { role: 'server' }, to: manager, ports: ['9093/tcp'], why: 'alerts' },
    { from: manager, to: manager, ports: ['9094/tcp', '9094/udp'], why: 'what was already told' },
    { from: { role: 'blackbox' }, to: { word: 'hosts' }, ports: ['icmp'], why: 'are they there' },
    ...(receiversOf(service.options).length === 0
      ? []
      : [{ from: manager, to: { word: 'outside' }, ports: ['443/tcp'], why: 'tells people' }]),
  ]
}
