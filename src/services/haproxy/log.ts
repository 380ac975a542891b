/** Where the edge's log goes: syslogd of its jail, asked over loopback because haproxy sits in an empty directory. */
import { madeBy } from '../../render/file.ts'
import { block } from '../../render/template.ts'
import type { JailFile } from '../kind.ts'

/** For rc.conf(5) of the jail: a syslogd for itself alone, and cron(8) for newsyslog(8). */
export const logSettings = { syslogd_flags: '-b 127.0.0.1 -a 127.0.0.1/32:*', cron_enable: 'YES' } as const

const plain = { mode: 0o644, secret: false } as const

export const renderLog = (): readonly JailFile[] => [
  {
    path: 'usr/local/etc/syslog.d/haproxy.conf',
    text: block([`# ${madeBy}`, 'local0.*\t/var/log/haproxy.log']).text,
    ...plain,
    reload: { rc: 'syslogd', how: 'restart' },
  },
  {
    path: 'usr/local/etc/newsyslog.conf.d/haproxy.conf',
    // A file a day for two weeks, or when it has 100 MB (newsyslog.conf(5)).
    text: block([`# ${madeBy}`, '/var/log/haproxy.log\t640\t14\t102400\t@T00\tCJ']).text,
    ...plain,
    reload: null,
  },
]
