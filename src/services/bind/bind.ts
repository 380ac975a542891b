/** BIND: the names of the mesh from servers of its own, one that is told and others that copy it, and zones of yours. */
import { defineKind } from '../kind.ts'
import { checkMeshZone, checkZones } from './check.ts'
import { serverHealth } from './health.ts'
import { renderKeys, renderNamedConf, renderRndcConf, statisticsPort } from './named.conf.ts'
import { options } from './options.ts'
import { renderZone, zoneText } from './zone.db.ts'
import { zonesOf } from './zones.ts'

const exporterPort = 9119

export const bind = defineKind({
  kind: 'bind',
  summary: 'BIND: authoritative servers for the names of the mesh and for zones of yours',
  versions: ['9.20', '9.18'],
  options,
  offers: ['dns'],
  needs: () => [],
  check: checkZones,
  checkPlaced: (service, _, mesh) => checkMeshZone(service, mesh),
  counts: service => new Map(zonesOf(service).map(zone => [zone.name, zoneText(zone, 0)])),
  roles({ options: { public: open } }) {
    const server = {
      demand: { cpu: 5, memory: 128, disk: 512 },
      serves: [{ capability: 'dns' as const, ports: ['53/tcp', '53/udp'] }],
      ...(open && { publicPorts: ['53/tcp', '53/udp'] }),
      metrics: { port: exporterPort, path: '/metrics', job: 'bind' },
      probe: { kind: 'dns' as const, port: 53, name: '@' },
    }
    return [
      // Its zones are rendered, and the secondaries answer without it: without it, only changes wait.
      { name: 'primary', count: 1, ...server, health: serverHealth('primary') },
      {
        name: 'secondary',
        count: 2,
        spread: [
          { by: 'host', max: 1, hard: true },
          { by: 'region', max: 1, hard: false },
        ],
        apart: ['primary'],
        ...server,
        health: serverHealth('secondary'),
      },
    ]
  },
  flows: ({ options: { public: open } }) => [
    {
      ...{ from: { role: 'secondary' }, to: { role: 'primary' }, ports: ['53/tcp', '53/udp'] },
      why: 'transfers of zones',
    },
    { from: { role: 'primary' }, to: { role: 'secondary' }, ports: ['53/udp'], why: 'notice of changes' },
    ...(open
      ? ['primary', 'secondary'].map(role => ({
          ...{ from: { word: 'outside' }, to: { role }, ports: ['53/tcp', '53/udp'] },
          why: 'questions of the world',
        }))
      : []),
  ],
  render: (instance, service) => {
    const own = instance.jail.address.inet.text
    return {
      files: [
        renderNamedConf(instance, service),
        renderKeys(instance, service),
        renderRndcConf(instance, service),
        ...(instance.role === 'primary'
          ? zonesOf(service).map(zone => renderZone(zone, service.serialOf(zone.name)))
          : []),
      ],
      rc: {
        named_enable: 'YES',
        bind_exporter_enable: 'YES',
        bind_exporter_listen_address: `${own}:${exporterPort}`,
        bind_exporter_stats_url: `http://${own}:${statisticsPort}/`,
      },
      packages: [`bind${service.version.replace('.', '')}`, 'bind_exporter'],
    }
  },
  offer: (_, service) =>
    ({
      servers: ['primary', 'secondary']
        .flatMap(role => service.instances(role))
        .flatMap(({ jail: { address } }) => [address.inet.text, address.inet6.text]),
      zones: zonesOf(service).map(zone => zone.name),
    }) as never,
})
