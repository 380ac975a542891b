/** usr/local/etc/meshwright/replicate.sql: whom a replica copies (CHANGE MASTER TO). */
import { madeBy } from '../../render/file.ts'
import { block } from '../../render/template.ts'
import type { Deployed, Instance, JailFile } from '../kind.ts'
import { replicationPassword, replicationUser } from './accounts.ts'

export const replicateSql = 'usr/local/etc/meshwright/replicate.sql'

export const renderReplicate = (service: Deployed, primary: Instance): JailFile => ({
  path: replicateSql,
  text: block([
    `-- ${madeBy}`,
    'CHANGE MASTER TO',
    `  master_host = '${primary.jail.address.inet.text}',`,
    '  master_port = 3306,',
    `  master_user = '${replicationUser}',`,
    `  master_password = '${replicationPassword(service).reveal()}',`,
    // The tunnels encrypt; 11.4 would verify a certificate that nobody made.
    '  master_ssl = 0,',
    '  master_ssl_verify_server_cert = 0,',
    '  master_connect_retry = 10,',
    '  master_use_gtid = slave_pos;',
    'START SLAVE;',
  ]).text,
  mode: 0o600,
  secret: true,
  reload: null,
})
