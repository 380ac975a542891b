/** usr/local/etc/mysqld_exporter.cnf: how the exporter of metrics reaches the server beside it. It runs as nobody. */
import { madeBy } from '../../render/file.ts'
import { block } from '../../render/template.ts'
import type { Deployed, JailFile } from '../kind.ts'
import { monitorPassword, monitorUser } from './accounts.ts'
import { socket } from './server.cnf.ts'

export const exporterCnf = 'usr/local/etc/mysqld_exporter.cnf'

export const renderExporter = (service: Deployed): JailFile => ({
  path: exporterCnf,
  text: block([
    `# ${madeBy}`,
    '[client]',
    `user = ${monitorUser}`,
    `password = ${monitorPassword(service).reveal()}`,
    `socket = ${socket}`,
  ]).text,
  mode: 0o600,
  owner: 'nobody',
  group: 'nobody',
  secret: true,
  reload: { rc: 'mysqld_exporter', how: 'restart' },
})
