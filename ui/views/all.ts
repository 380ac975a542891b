/** Every view by its name. */
import type { ViewName } from '../state.ts'
import { drift } from './drift.ts'
import { events } from './events.ts'
import { help } from './help.ts'
import { host } from './host.ts'
import { hosts } from './hosts.ts'
import { link } from './link.ts'
import { links } from './links.ts'
import { matrix } from './matrix.ts'
import { overview } from './overview.ts'
import { service } from './service.ts'
import { services } from './services.ts'
import type { View } from './view.ts'
import { whatif } from './whatif.ts'
import { yaml } from './yaml.ts'

export const views: Readonly<Record<ViewName, View>> = {
  ...{ overview, hosts, links, matrix, services, drift, events, whatif },
  ...{ host, link, service, help, yaml },
}
