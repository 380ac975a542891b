/** What is asked from outside: ports, names, certificates. */
import { type Alert, fires, silent } from '../../alert.ts'
import { one, where } from './series.ts'

export const ofProbes: readonly Alert[] = [
  {
    ...{ alert: 'ProbeFailed', severity: 'warning', expr: 'probe_success{job="probe"} == 0', minutes: 4 },
    summary: '{{ $labels.instance }} does not answer as it should',
    description: 'The prober of its region got no answer, or another than expected.',
    cases: [
      fires(one('probe_success', '0x10', 'job="probe",'), { job: 'probe', ...where }),
      silent({
        ...one('probe_success', '0x3 1 0x3 1x90', 'job="probe",'),
        ...one('probe_success', '0x90', 'job="edge",'),
      }),
    ],
  },
  {
    ...{ alert: 'HostUnreachable', severity: 'warning', expr: 'probe_success{job="ping"} == 0', minutes: 2 },
    summary: '{{ $labels.host }} does not answer {{ $labels.from }}',
    description: 'Echo requests from that region get no answer.',
    cases: [
      fires(one('probe_success', '0x10', 'job="ping",from="usa",'), { job: 'ping', from: 'usa', ...where }),
      silent(one('probe_success', '1x90', 'job="ping",from="usa",')),
    ],
  },
]

export const ofEdges: readonly Alert[] = [
  {
    ...{ alert: 'EdgeUnreachable', severity: 'critical', expr: 'probe_success{job="edge"} == 0', minutes: 2 },
    summary: '{{ $labels.instance }} does not answer {{ $labels.from }}',
    description: 'A public port gives no answer to the prober of that region.',
    cases: [
      fires(one('probe_success', '0x10', 'job="edge",from="usa",'), { job: 'edge', from: 'usa', ...where }),
      silent(one('probe_success', '1x90', 'job="edge",from="usa",')),
    ],
  },
  {
    ...{ alert: 'CertificateEnds', severity: 'warning', minutes: 60 },
    expr: '(probe_ssl_earliest_cert_expiry - time() > 0) < 14 * 86400',
    summary: 'The certificate of {{ $labels.instance }} ends in {{ $value | humanizeDuration }}',
    description: 'It should have been renewed long ago. Look there: the log of acme.sh or certbot.',
    cases: [
      // Seconds since 1970: a day and an hour; three weeks.
      fires(
        one('probe_ssl_earliest_cert_expiry', '90000x90', 'job="edge",from="usa",'),
        { job: 'edge', from: 'usa', ...where },
        { value: '1d 0h 0m 0s' },
      ),
      // Two weeks after the last look.
      silent(one('probe_ssl_earliest_cert_expiry', `${14 * 86_400 + 62 * 60}x90`, 'job="edge",from="usa",'), 62),
      // Over is told by another.
      silent(one('probe_ssl_earliest_cert_expiry', '0x90', 'job="edge",from="usa",'), 62),
    ],
  },
  {
    // Probers do not ask whose it is, nor until when: the port answers them all the same.
    ...{ alert: 'CertificateEnded', severity: 'critical', minutes: 5 },
    expr: 'time() - probe_ssl_earliest_cert_expiry >= 0',
    summary: 'The certificate of {{ $labels.instance }} ended {{ $value | humanizeDuration }} ago',
    description:
      'Whoever asks there is warned or refused. Look there: the log of acme.sh or certbot; renew it by hand.',
    cases: [
      fires(
        one('probe_ssl_earliest_cert_expiry', '60x90', 'job="edge",from="usa",'),
        { job: 'edge', from: 'usa', ...where },
        { from: 1, value: '5m 0s' },
      ),
      silent(one('probe_ssl_earliest_cert_expiry', '1201x90', 'job="edge",from="usa",'), 20),
    ],
  },
]
