/** A resolver on every host, which its jails ask: it knows all names of the mesh, by itself or from servers of the mesh. */
import * as z from 'zod'
import { defineKind } from '../kind.ts'
import { renderUnbound } from './unbound.conf.ts'

const options = {
  dnssec: z.boolean().default(false).describe('Validate answers; the host’s resolvers must pass signatures on'),
  'max-ttl': z.int().min(0).max(604_800).default(86_400).describe('Seconds an answer is kept at most'),
}
export type UnboundOptions = z.output<z.ZodObject<typeof options>>

export const unbound = defineKind({
  kind: 'unbound',
  summary: 'A resolver on every host that knows the names of the mesh',
  versions: ['1.22', '1.17'],
  options,
  offers: [],
  needs: () => [{ capability: 'dns', roles: ['resolver'], optional: true }],
  roles: () => [
    {
      name: 'resolver',
      count: 'everywhere',
      resolves: true,
      demand: { cpu: 5, memory: 96, disk: 256 },
      prefers: null,
      probe: { kind: 'dns', port: 53, name: 'localhost' },
    },
  ],
  flows: () => [
    { from: { word: 'hosts' }, to: { role: 'resolver' }, ports: ['53/tcp', '53/udp'], why: 'name resolution' },
    { from: { role: 'resolver' }, to: { word: 'outside' }, ports: ['53/tcp', '53/udp'], why: 'names of the internet' },
  ],
  render: (instance, service) => ({
    files: [renderUnbound(instance, service)],
    // The root key that came with it: a start must not wait for the world outside (unbound-anchor(8)).
    rc: { unbound_enable: 'YES', unbound_anchorflags: '-l' },
    packages: ['unbound'],
  }),
})
