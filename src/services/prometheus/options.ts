/** What people say of the watch in mesh.yaml. */
import * as z from 'zod'
import { error, type Diagnostic } from '../../../topology/diagnostic.ts'
import { size, text } from '../../load/fields.ts'
import { below } from '../declare.ts'
import type { Service } from '../kind.ts'

const urlFile = text(
  value => /^(?:\/[A-Za-z0-9._-]+)+$/.test(value) && !value.split('/').includes('..') && value.length <= 200,
  'an absolute path',
  'A file in the jail of alertmanager that holds the URL: /usr/local/etc/alertmanager/discord-url.',
)

/** Versions of Alertmanager, newest first. */
const managers = ['0.28', '0.27', '0.26', '0.25'] as const

export const options = {
  count: z
    .union([z.int().min(1).max(99), z.literal('per-region')])
    .default('per-region')
    .describe('How many servers; regions without one are watched from the nearest'),
  'scrape-interval': z.int().min(5).max(60).default(15).describe('Seconds between two looks at everything'),
  'retention-days': z.int().min(1).max(3650).default(30).describe('Days for which measurements are kept'),
  'retention-size': size.optional().describe('Bytes they may take; default: four fifths of the disk of an instance'),
  alertmanager: z.enum(managers).default('0.28').describe('The version of Alertmanager'),
  webhook: urlFile.optional().describe('A file in the jail of alertmanager with the URL that alerts are posted to'),
  discord: urlFile.optional().describe('A file there with the URL of a Discord webhook'),
  'dead-man': urlFile
    .optional()
    .describe('A file there with the URL that is called as long as watching works: its silence is the alarm'),
}
export type PrometheusOptions = z.output<z.ZodObject<typeof options>>

export interface Receiver {
  readonly name: 'dead-man' | 'discord' | 'webhook'
  readonly file: string
}

/** Where alerts are told, by name. */
export const receiversOf = (said: PrometheusOptions): readonly Receiver[] =>
  (['dead-man', 'discord', 'webhook'] as const).flatMap(name => {
    const file = said[name]
    return file === undefined ? [] : [{ name, file }]
  })

/**
 * Since when a URL can lie in a file: `url_file` of webhooks came with 0.26, `webhook_url_file` of Discord with 0.27,
 * where it was refused all the same, and works since 0.28 (alertmanager #3555, #3728).
 */
const since = { 'dead-man': '0.26', discord: '0.28', webhook: '0.26' } as const

export function* checkPrometheus(service: Service<PrometheusOptions>): Iterable<Diagnostic> {
  const { options: said } = service
  for (const { name, file } of receiversOf(said)) {
    if (managers.indexOf(said.alertmanager) > managers.indexOf(since[name]))
      yield error(
        'service-option',
        `Alertmanager ${said.alertmanager} takes no file for ${name}`,
        below(service, name),
        `It came with ${since[name]}: raise alertmanager.`,
      )
    if (file === '/usr/local/etc/alertmanager/alertmanager.yml')
      yield error('service-option', `${file} is meshwright's own`, below(service, name))
  }
  if (service.roles.get('server')?.count === 0)
    yield error(
      'service-option',
      'nobody watches: there must be a server',
      below(service, 'roles', 'server', 'count'),
      'Leave the service out instead.',
    )
}
