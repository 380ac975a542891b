/**
 * meshwright itself: `meshwright serve` in a jail looks at all hosts by ssh, and Prometheus asks it. The mesh directory, a
 * key and the program come from people, who decide what may log in where; first-start says what is not there yet.
 */
import * as z from 'zod'
import { bearerOf, defineKind, type FlowDraft, type Placement } from '../kind.ts'
import { serveHealth } from './health.ts'
import { configuration, identityFile, meshDirectory, rcScript } from './rc-script.ts'
import { readyStep } from './ready.sh.ts'

const port = 9587
const tokenPurpose = 'metrics-token'
/** Without the leading slash. */
const tokenFile = `${configuration.slice(1)}/token`

const options = {
  count: z
    .union([z.literal(1), z.literal('per-region')])
    .default(1)
    .describe('per-region: the Prometheus of each region asks one of its own; 1: the nearest Prometheus has it'),
  interval: z.int().min(1).max(3600).default(10).describe('Seconds between two looks at a host'),
}

export const meshwright = defineKind({
  kind: 'meshwright',
  summary: 'The health of the mesh for Prometheus: meshwright serve in a jail',
  versions: ['0.1'],
  options,
  offers: [],
  needs: () => [],
  roles: ({ options: { count } }) => [
    {
      name: 'serve',
      count,
      spread: [{ by: 'region', max: 1, hard: false }],
      resilience: { kind: count === 1 ? 'single' : 'stateless' },
      demand: { cpu: 10, memory: 512, disk: 1024 },
      metrics: {
        ...{ port, path: '/metrics', job: 'meshwright', honorLabels: true },
        ...{ bearer: tokenPurpose, tokenFile },
      },
      health: serveHealth,
      probe: { kind: 'http', port, path: '/healthz', expect: [200] },
    },
  ],
  flows: (_, __, placement) => sshFlows(placement),
  render: ({ jail }, service) => ({
    files: [
      rcScript(),
      {
        path: tokenFile,
        text: `${bearerOf(service, tokenPurpose).reveal()}\n`,
        ...{ mode: 0o600, secret: true, reload: { rc: 'meshwright', how: 'restart' } },
      },
    ],
    rc: {
      meshwright_enable: 'YES',
      meshwright_mesh: meshDirectory,
      meshwright_identity: identityFile,
      meshwright_listen: `${jail.address.inet.text}:${port}`,
      meshwright_token_file: `/${tokenFile}`,
      meshwright_args: `--interval ${service.options.interval}`,
    },
    packages: ['node22'],
  }),
  firstStart: service =>
    service.instances('serve').map(on => ({ step: 'ready', on, text: readyStep(on), secret: false })),
})

/** To all hosts at once where they have the same port. */
function sshFlows({ hosts }: Placement): readonly FlowDraft[] {
  const flow = (word: string, at: number): FlowDraft => ({
    ...{ from: { role: 'serve' }, to: { word }, ports: [`${at}/tcp`] },
    why: 'looks at the hosts',
  })
  const ports = [...new Set(hosts.map(({ ssh }) => ssh.port))]
  const [first] = ports
  if (ports.length === 1 && first !== undefined) return [flow('hosts', first)]
  return hosts.map(({ name, ssh }) => flow(`host:${name}`, ssh.port))
}
