/** Instances of services: who answers, who does not, and who was never asked. */
import { describe, expect, test } from 'vitest'
import { reportFor } from './answered.ts'

describe('instances', () => {
  const soa =
    'mesh.example.net.\t3600\tIN\tSOA\tns.mesh.example.net. admin.mesh.example.net. 2026110107 3600 600 604800 60'
  const header = (code: string, answers: number) => [
    `;; ->>HEADER<<- opcode: QUERY, rcode: ${code}, id: 1`,
    `;; flags: qr aa rd ; QUERY: 1, ANSWER: ${answers}, AUTHORITY: 0, ADDITIONAL: 0`,
  ]
  for (const [kind, lines, status, alive, why] of [
    ['http', ['HTTP/1.1 200 OK', 'Server: x', '', 'ok'], 0, true, ''],
    ['http', ['HTTP/1.0 200 OK', '', 'not ok'], 0, false, 'another answer than expected'],
    ['http', ['HTTP/1.1 503 Service Unavailable'], 0, false, 'HTTP 503'],
    ['http', ['SSH-2.0-OpenSSH_9.9'], 0, false, 'no answer'],
    ['http', [], 0, false, 'no answer'],
    ['http', ['HTTP/1.1 20'], 0, false, 'no answer'],
    ['redis', ['+PONG'], 0, true, ''],
    ['redis', ['-NOAUTH Authentication required.'], 0, true, ''],
    ['redis', ['-ERR unknown'], 0, true, ''],
    ['redis', ['HTTP/1.1 400'], 0, false, 'no answer'],
    ['redis', [], 0, false, 'no answer'],
    ['dns', [...header('NOERROR', 1), soa], 0, true, ''],
    ['dns', header('NOERROR', 0), 0, false, 'knows no mesh.example.net'],
    ['dns', header('SERVFAIL', 0), 0, false, 'SERVFAIL'],
    ['dns', ['Error: error sending query: Could not send or receive, because of network error'], 1, false, 'no answer'],
    ['tcp', [], 0, true, ''],
    ['tcp', [], 1, false, 'no answer'],
    ['process', ['cron is running as pid 5.'], 0, true, ''],
    ['process', ['cron is not running.'], 1, false, 'cron does not run'],
    ['tcp', ['jexec: jail "tcp" not found'], 1, false, 'its jail does not run'],
    ['tcp', ['needs root'], 1, null, 'needs root'],
    ['tcp', ['doas: Operation not permitted'], 1, null, 'needs root'],
    ['tcp', ['jexec: execvp: nc: No such file or directory'], 1, null, 'jexec: execvp: nc: No such file or directory'],
    ['tcp', [], 127, null, 'there is no such command'],
    ['tcp', [], null, null, 'no answer in time'],
  ] as const)
    test(`${kind}: ${lines[0] ?? ''} (${status ?? 'no status'})`, () => {
      const { answers } = reportFor({ [`probe/${kind}`]: [lines, status] })
      expect(answers.find(answer => answer.jail === kind)).toMatchObject({ alive, why })
    })

  test('the serial of its domain is a sample', () => {
    const { answers } = reportFor({ 'probe/dns': [[...header('NOERROR', 1), soa], 0] })
    expect(answers.find(answer => answer.jail === 'dns')?.samples).toEqual([
      { name: 'meshwright_dns_serial', labels: {}, value: 2_026_110_107 },
    ])
  })

  test('samples of the names that are read, and only of an answer that is one', () => {
    const lines = ['HTTP/1.1 200 OK', 'up{a="__proto__",__proto__="x"} 1', 'lag NaN', 'secret 5', 'up{broken 1']
    const samples = (first: string) =>
      reportFor({ 'metrics/http': [[first, ...lines.slice(1)], 0] }).answers.find(({ jail: of }) => of === 'http')
        ?.samples
    expect(samples(lines[0] ?? '')?.map(({ name, value }) => [name, value])).toEqual([
      ['up', 1],
      ['lag', NaN],
    ])
    expect(samples('HTTP/1.1 401 Unauthorized')).toBeNull()
    expect(({} as Record<string, unknown>)['x']).toBeUndefined()
  })
})
