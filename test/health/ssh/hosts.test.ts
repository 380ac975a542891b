/** Real hosts: sshd(8), wg0 between them, and the commands of FreeBSD as they were recorded. */
import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Fleet, fromInside } from '../../../src/health/fleet.ts'
import type { HostReport, Observation } from '../../../src/health/report.ts'
import type { Source } from '../../../src/health/source.ts'
import { Connection, Gate } from '../../../src/health/ssh/connection.ts'
import { nameAt } from '../../../src/health/ssh/known-hosts.ts'
import { KnownHosts, loginsOf } from '../../../src/health/ssh/logins.ts'
import { renderProbe } from '../../../src/health/ssh/probe.sh.ts'
import { readOutput } from '../../../src/health/ssh/output.ts'
import { reportOf } from '../../../src/health/ssh/read/report.ts'
import { sshSource } from '../../../src/health/ssh/ssh.ts'
import { withPrograms } from '../../services/setting.ts'
import { type Drawn, fleetOf, healthOf, jail } from './fleet.ts'
import { type Rig, rigOf, until } from './rig.ts'

const token = 'the-token-of-the-metrics'

withPrograms(
  'sshd',
  'ssh-keygen',
  'wg',
  'wireguard-go',
  'nsenter',
  'nc',
  'drill',
  'python3',
  'unbound',
  'redis-server',
)('hosts', () => {
  let rig: Rig
  let drawn: readonly Drawn[]

  beforeAll(async () => {
    rig = await rigOf(['tesla', 'bohr', 'curie'])
    const [tesla, bohr, curie] = rig.hosts
    if (tesla === undefined || bohr === undefined || curie === undefined) throw new Error('no rig')
    const pfConf = join(rig.directory, 'pf.conf')
    writeFileSync(pfConf, 'block log all\n')
    const metrics = { port: 8080, path: '/metrics', job: 'web', tokenFile: 'usr/local/etc/token' }
    drawn = [
      {
        ...{ name: 'tesla', address: '127.0.0.1', port: tesla.port, publicKey: tesla.publicKey },
        files: [
          { path: pfConf, sha256: createHash('sha256').update('block log all\n').digest('hex') },
          { path: '/etc/hosts', sha256: '0'.repeat(64) },
          { path: join(rig.directory, 'wg0.conf'), sha256: '0'.repeat(64) },
        ],
        instances: [
          {
            jail: jail('web'),
            probe: { kind: 'http', port: 8080, path: '/health', expect: [200], body: '"installed": ?true' },
            ...{ metrics, health: healthOf('fine_up', 'fine_lag_seconds') },
          },
          {
            jail: jail('busy'),
            probe: { kind: 'http', port: 8080, path: '/', expect: [200] },
            metrics: null,
            health: null,
          },
          { jail: jail('cache'), probe: { kind: 'redis', port: 6379 }, metrics: null, health: null },
          { jail: jail('cron'), probe: { kind: 'process', rc: 'cron' }, metrics: null, health: null },
          { jail: jail('nginx'), probe: { kind: 'process', rc: 'nginx' }, metrics: null, health: null },
          { jail: jail('open'), probe: { kind: 'tcp', port: 8080 }, metrics: null, health: null },
          { jail: jail('shut'), probe: { kind: 'tcp', port: 8081 }, metrics: null, health: null },
          {
            jail: jail('names'),
            probe: { kind: 'dns', port: 53, name: 'mesh.example.net' },
            metrics: null,
            health: null,
          },
          { jail: jail('gone'), probe: { kind: 'tcp', port: 8080 }, metrics: null, health: null },
        ],
      },
      { name: 'bohr', address: '127.0.0.1', port: bohr.port, publicKey: bohr.publicKey },
      { name: 'curie', via: [0], publicKey: curie.publicKey },
    ]
    tesla.run(`
      for slot in 0 1 2 3 4 5 6 7 8; do ip addr add 10.64.0.$((2 * slot + 3))/32 dev lo; done
      mkdir -p /run/jails/web/usr/local/etc
      printf '%s\\n' ${token} > /run/jails/web/usr/local/etc/token`)
    const web = join(import.meta.dirname, 'services.py')
    for (const slot of [0, 1, 5]) rig.start(tesla, 'python3', web, `10.64.0.${2 * slot + 3}`, '8080', token)
    rig.start(tesla, 'redis-server', '--bind', '10.64.0.7', '--requirepass', 'x', '--save', '', '--dir', rig.directory)
    const zone = join(rig.directory, 'unbound.conf')
    writeFileSync(
      zone,
      `server:
        interface: 10.64.0.17
        access-control: 10.64.0.0/10 allow
        do-daemonize: no
        username: ""
        chroot: ""
        pidfile: ""
        use-syslog: no
        local-zone: "mesh.example.net." static
        local-data: "mesh.example.net. 3600 IN SOA ns.mesh.example.net. admin.mesh.example.net. 2026110107 3600 600 604800 60"`,
    )
    rig.start(tesla, 'unbound', '-d', '-c', zone)
    await until(
      () =>
        tesla.run(
          'nc -z 10.64.0.17 53 && nc -z 10.64.0.3 8080 && nc -z 10.64.0.13 8080 && nc -z 10.64.0.5 8080 && nc -z 10.64.0.7 6379 && echo up || true',
        ) === 'up',
      'services',
    )
    await until(
      () =>
        tesla.run('ping -c 1 -W 1 10.64.1.1 > /dev/null && ping -c 1 -W 1 10.64.2.1 > /dev/null && echo up || true') ===
        'up',
      'tunnels',
    )
  })
  afterAll(() => rig.stop())
  /** Everything the source brings until `enough`, or until its rounds are done. */
  async function watched(
    fleet: Fleet,
    { rounds = 1, interval = 1000, limit, known, enough, environment, identity, meanwhile }: Watched = {},
  ): Promise<readonly Observation[]> {
    const mesh = mkdtempSync(join(rig.directory, 'mesh-'))
    writeFileSync(join(mesh, 'known_hosts'), known ?? knownHosts(drawn))
    const seen: Observation[] = []
    const ending = new AbortController()
    const source = sshSource(fleet, {
      ...{ directory: mesh, environment: environment ?? { HOME: rig.home } },
      ...(limit !== undefined && { limit }),
      ...(identity !== undefined && { identity }),
    })
    const done = source.watch({
      ...{ interval, rounds, signal: ending.signal },
      take: observation => {
        seen.push(observation)
        meanwhile?.(observation, { mesh, source })
        if (enough?.(seen) === true) ending.abort()
      },
    })
    await done
    return seen
  }

  const knownHosts = (hosts: readonly Drawn[]): string =>
    hosts
      .map(
        ({ name, address, port }) =>
          `${address === undefined ? name : nameAt(address, port ?? 22)} ${rig.hostKey(name)}\n`,
      )
      .join('')

  const reportsOf = (seen: readonly Observation[], host: number): readonly HostReport[] =>
    seen.filter(one => one.host === host).filter(one => one.kind === 'report')
  const whysOf = (seen: readonly Observation[], host: number): readonly string[] =>
    seen.filter(one => one.host === host).flatMap(one => (one.kind === 'silence' ? [one.why] : []))
  /** The same fleet, in which nobody but this one can be called. */
  const alone = (number: number): Fleet =>
    fleetOf(drawn.map((host, at) => (at === number ? host : { ...host, via: [], address: '127.0.0.1', port: 1 })))

  test('a host says how it is', async () => {
    const [report] = reportsOf(await watched(alone(0)), 0)
    expect(report?.missing).toEqual({})
    expect(report).toMatchObject({
      system: {
        ...{ booted: 1_763_000_000, cpus: 8, load: [0.31, 0.27, 0.2] },
        memory: { total: 34_190_106_624, free: 3_000_000 * 4096 + 8_000_000_000 },
        release: { kernel: '14.4-RELEASE-p2', running: '14.4-RELEASE', userland: '14.4-RELEASE-p2' },
      },
      pools: [
        { name: 'zroot', size: 498_216_206_336, allocated: 120_259_084_288, health: 'ONLINE' },
        { name: 'tank', size: 0, allocated: 0, health: 'FAULTED' },
      ],
      jails: ['web', 'cache', 'names', 'cron'],
      interfaces: [
        { name: 'vtnet0', up: true, mtu: 1500, received: 123_456, sent: 654_321, errors: 6 },
        { name: 'wg0', up: true, mtu: 1420, received: 70, sent: 80, errors: 0 },
        // Somebody else has its port: it is up, and not running.
        { name: 'wg1', up: false, mtu: 1420, received: 0, sent: 0, errors: 0 },
      ],
      pf: { enabled: true, defaultDeny: true, states: 42 },
      carp: [{ interface: 'vtnet0', vhid: 7, state: 'MASTER' }],
      drift: { checked: 3, changed: ['/etc/hosts'], missing: [join(rig.directory, 'wg0.conf')] },
    })
    expect(report?.pf?.labels[0]).toEqual({ label: 'f:app@newton>pg1:5432', packets: 150, bytes: 10_000, states: 3 })
  })

  test('services are asked in their jails', async () => {
    const [report] = reportsOf(await watched(alone(0)), 0)
    const answers = report?.answers.map(({ jail: of, alive, why }) => [of, alive, why])
    expect(answers).toEqual([
      ['web', true, ''],
      ['busy', false, 'HTTP 503'],
      ['cache', true, ''], // It wants a password, and says so.
      ['cron', true, ''],
      ['nginx', false, 'nginx does not run'],
      ['open', true, ''],
      ['shut', false, 'no answer'],
      ['names', true, ''],
      ['gone', false, 'its jail does not run'],
    ])
  })

  test('of metrics only those leave the host that somebody reads, and the token lets us in', async () => {
    const [report] = reportsOf(await watched(alone(0)), 0)
    expect(report?.answers[0]?.samples).toEqual([
      { name: 'fine_up', labels: { name: 'a b' }, value: 1 },
      { name: 'fine_lag_seconds', labels: {}, value: 2.5 },
    ])
    expect(report?.answers[7]?.samples).toEqual([{ name: 'meshwright_dns_serial', labels: {}, value: 2_026_110_107 }])
    // Without the token: refused, so there are none.
    rig.hosts[0]?.run('echo wrong > /run/jails/web/usr/local/etc/token')
    const [refused] = reportsOf(await watched(alone(0)), 0)
    expect(refused?.answers[0]).toEqual({ jail: 'web', alive: true, why: '', samples: null })
    rig.hosts[0]?.run(`echo ${token} > /run/jails/web/usr/local/etc/token`)
  })

  test('tunnels are told from both ends, and through another host from one that nobody can call', async () => {
    const before = rig.hosts.map(host => host.calls())
    const seen = await watched(fleetOf(drawn))
    expect(seen.map(({ kind }) => kind)).toEqual(['report', 'report', 'report'])
    for (const host of [0, 1, 2]) {
      const [report] = reportsOf(seen, host)
      const others = [0, 1, 2].filter(other => other !== host)
      expect(report?.peers?.to).toEqual(others)
      expect(report?.peers?.strangers).toEqual([])
      for (const age of Array.from(report?.peers?.age ?? [])) expect(age).toBeLessThan(200)
      for (const bytes of Array.from(report?.peers?.received ?? [])) expect(bytes).toBeGreaterThan(0)
      for (const time of Array.from(report?.pings?.milliseconds ?? [])) expect(time).toBeLessThan(2000)
      expect(Array.from(report?.pings?.to ?? []).toSorted()).toEqual(others)
    }
    expect(reportsOf(seen, 0)[0]?.peers?.endpoints[0]).toMatch(/^192\.0\.2\.[0-9]+:51820$/)
    expect(rig.hosts.map((host, number) => host.calls() - (before[number] ?? 0))).toEqual([1, 1, 0])
  })

  test('many looks, one login', async () => {
    const tesla = rig.hosts[0]
    const count = (what: string): number => (tesla?.log() ?? '').split(what).length - 1
    const [logins, sessions] = [count('Accepted publickey'), count('Starting session')]
    const seen = await watched(alone(0), { rounds: 4, interval: 200 })
    expect(reportsOf(seen, 0)).toHaveLength(4)
    // Files are hashed once a minute; what they said holds meanwhile.
    for (const report of reportsOf(seen, 0)) expect(report.drift?.checked).toBe(3)
    await until(() => count('Starting session') - sessions === 4, 'sessions in the log')
    expect(count('Accepted publickey') - logins).toBe(1)
  })

  test('no secret is in what comes back', async () => {
    const directory = mkdtempSync(join(rig.directory, 'mesh-'))
    writeFileSync(join(directory, 'known_hosts'), knownHosts(drawn))
    const fleet = fleetOf(drawn)
    const [host] = fleet.hosts
    if (host === undefined) throw new Error('no host')
    const who = { directory, environment: { HOME: rig.home } }
    const connection = new Connection(host, {
      ...{ domain: fleet.domain, logins: await loginsOf(who), known: new KnownHosts(who), gate: new Gate(1) },
      ...{ limit: 10_000, connectionTo: () => undefined },
    })
    const look = { nonce: 'f00d', pings: [1, 2], thorough: true, skip: new Set<string>(), seconds: 8 }
    const raw = await connection.ask(renderProbe(fleet, host, look), 'f00d end', AbortSignal.timeout(20_000))
    connection.close()
    expect(raw.text).toContain('f00d tunnels =')
    expect(raw.text).toContain('f00d metrics/web =fine_up')
    for (const secret of [...rig.secrets, token]) expect(raw.text + raw.complaint).not.toContain(secret)
    for (const line of raw.text.split('\n')) expect(line.length).toBeLessThan(512)
  })

  test('a host shows another key than the known one: refused; the right one: let in', async () => {
    const own = knownHosts(drawn)
    const other = own.replaceAll(rig.hostKey('tesla').split(' ')[1] ?? '', rig.hostKey('bohr').split(' ')[1] ?? '')
    const port = rig.hosts[0]?.port ?? 0
    for (const [known, why] of [
      ['', `its host key is not known: log in once with ssh, or check what \`ssh-keyscan -p ${port} 127.0.0.1\` says`],
      [other, 'its host key has changed'],
      [own.replace(/^/gm, '@revoked ').trim(), 'its host key is revoked'],
    ] as const) {
      const seen = await watched(alone(0), { known })
      expect(whysOf(seen, 0)[0]).toContain(why)
      expect(reportsOf(seen, 0)).toEqual([])
    }
    expect(reportsOf(await watched(alone(0), { known: own }), 0)).toHaveLength(1)
  })

  test('a host that is asked inside the mesh is known by what it is called from outside, and nobody else is', async () => {
    const fleet = alone(0)
    const port = rig.hosts[0]?.port ?? 0
    const outside = '203.0.113.10'
    // Where the mesh is reached here.
    const inside = fromInside({
      ...fleet,
      hosts: fleet.hosts.map(host => ({
        ...host,
        address: { ...host.address, inet: host.number === 0 ? '127.0.0.1' : host.address.inet },
        ssh: { ...host.ssh, address: host.number === 0 ? outside : host.ssh.address },
      })),
    })
    const known = `${nameAt(outside, port)} ${rig.hostKey('tesla')}\n`
    expect(reportsOf(await watched(inside, { known }), 0)).toHaveLength(1)
    const other = await watched(inside, { known: `${nameAt(outside, port)} ${rig.hostKey('bohr')}\n` })
    expect(whysOf(other, 0)[0]).toContain('its host key has changed')
    const unknown = await watched(inside, { known: `${nameAt('203.0.113.11', port)} ${rig.hostKey('tesla')}\n` })
    expect(whysOf(unknown, 0)[0]).toContain('its host key is not known')
  })

  test('a key that was added to known_hosts counts from the next look on', async () => {
    const seen = await watched(alone(0), {
      ...{ known: '', rounds: 2, interval: 200 },
      meanwhile: ({ host }, { mesh }) => host === 0 && writeFileSync(join(mesh, 'known_hosts'), knownHosts(drawn)),
    })
    expect(seen.filter(({ host }) => host === 0).map(({ kind }) => kind)).toEqual(['silence', 'report'])
  })

  test('who has no key, or the wrong one, is told so', async () => {
    const empty = mkdtempSync(join(rig.directory, 'home-'))
    const [nothing] = whysOf(await watched(alone(0), { environment: { HOME: empty } }), 0)
    expect(nothing).toContain('no key to log in with')
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(empty, 'wrong')])
    const [wrong] = whysOf(await watched(alone(0), { identity: join(empty, 'wrong') }), 0)
    expect(wrong).toBe('takes none of our keys')
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'a passphrase', '-f', join(empty, 'locked')])
    const [locked] = whysOf(await watched(alone(0), { identity: join(empty, 'locked') }), 0)
    expect(locked).toContain('give it to ssh-agent')
  })

  test('an agent lets us in', async () => {
    const empty = mkdtempSync(join(rig.directory, 'home-'))
    const agent = spawn('ssh-agent', ['-D', '-a', join(empty, 'agent')], { stdio: 'ignore' })
    try {
      await until(() => existsSync(join(empty, 'agent')), 'agent')
      const environment = { HOME: empty, SSH_AUTH_SOCK: join(empty, 'agent') }
      execFileSync('ssh-add', ['-q', join(rig.home, '.ssh/id_ed25519')], { env: { ...process.env, ...environment } })
      expect(reportsOf(await watched(alone(0), { environment }), 0)).toHaveLength(1)
    } finally {
      agent.kill()
    }
  })

  test('fifty hosts that take calls and say nothing delay nobody', async () => {
    const held = new Set<Socket>()
    const mute = createServer(socket => void held.add(socket.on('error', () => undefined)))
    await new Promise<void>(resolve => mute.listen(0, '127.0.0.1', resolve))
    const { port } = mute.address() as AddressInfo
    const all = [...drawn, ...Array.from({ length: 50 }, (_, n) => ({ name: `mute${n}`, address: '127.0.0.1', port }))]
    const begun = performance.now()
    const heard: number[] = []
    const seen = await watched(fleetOf(all), {
      ...{ rounds: 2, interval: 1000, limit: 20_000 },
      meanwhile: ({ host, kind }) => kind === 'report' && heard.push(host),
      enough: so => so.filter(({ kind }) => kind === 'report').length >= 6,
    })
    // Both looks at each of the three came before the first silence was even due.
    expect(heard.toSorted()).toEqual([0, 0, 1, 1, 2, 2])
    expect(whysOf(seen, 3)).toEqual([])
    expect(performance.now() - begun).toBeLessThan(20_000)
    for (const socket of held) socket.destroy()
    mute.close()
  })

  test('those that never answer are said to be silent at their limit', async () => {
    const mute = createServer(socket => void socket.on('error', () => undefined))
    await new Promise<void>(resolve => mute.listen(0, '127.0.0.1', resolve))
    const { port } = mute.address() as AddressInfo
    const fleet = fleetOf([
      { name: 'mute', address: '127.0.0.1', port },
      { name: 'shut', address: '127.0.0.1', port: 1 },
    ])
    const begun = performance.now()
    const seen = await watched(fleet, { rounds: 3, interval: 300, limit: 1000 })
    expect(whysOf(seen, 0)).toEqual(['does not answer', 'does not answer', 'does not answer'])
    expect(whysOf(seen, 1)).toEqual(['refuses the connection', 'refuses the connection', 'refuses the connection'])
    expect(performance.now() - begun).toBeLessThan(8000)
    mute.close()
  })

  test('a command that nobody can end is left out of the next look, and the others count', async () => {
    rig.hosts[0]?.run('touch /run/zpool-hangs')
    const began = Date.now()
    const seen = await watched(alone(0), { rounds: 2, interval: 500, limit: 8000 })
    rig.hosts[0]?.run('rm /run/zpool-hangs')
    const [first, second] = reportsOf(seen, 0)
    expect(first).toMatchObject({ pools: null, jails: ['web', 'cache', 'names', 'cron'] })
    expect(first?.missing).toEqual({ 'zpool list': 'no answer in time' })
    // The script ended itself: we did not have to stop listening.
    expect(first?.took).not.toBeNull()
    expect(second?.missing).toEqual({ 'zpool list': 'no answer in time; asked less often now' })
    expect(second?.drift?.checked).toBe(3)
    expect(Date.now() - began).toBeLessThan(20_000)
  })

  test('a jail that puts a pipe where a file was hides nothing of the host', async () => {
    const fifo = '/run/jails/web/etc/hosts'
    rig.hosts[0]?.run(`mkdir -p /run/jails/web/etc; mkfifo ${fifo}`)
    const fleet = alone(0)
    const [host, ...others] = fleet.hosts
    if (host === undefined) throw new Error('no host')
    const instances = host.instances.map(instance => ({ ...instance, root: `/run/jails/${instance.jail}` }))
    const files = [{ path: fifo, sha256: '0'.repeat(64) }, ...(host.files ?? [])]
    const seen = await watched({ ...fleet, hosts: [{ ...host, instances, files }, ...others] })
    rig.hosts[0]?.run(`rm ${fifo}`)
    expect(reportsOf(seen, 0)[0]?.drift).toMatchObject({ checked: 3, changed: ['/etc/hosts'] })
    expect(reportsOf(seen, 0)[0]?.missing).toEqual({ sha256: '1 file cannot be read' })
  })

  test('who is not root hears what needs root only if doas(1) permits it, and all the rest', () => {
    const fleet = fleetOf(drawn)
    const [host] = fleet.hosts
    if (host === undefined) throw new Error('no host')
    const look = { nonce: 'f00d', pings: [], thorough: false, skip: new Set<string>(), seconds: 8 }
    const script = join(rig.directory, 'probe.sh')
    writeFileSync(script, renderProbe(fleet, host, look))
    const told = (): HostReport => {
      const text = rig.hosts[0]?.run(`setpriv --reuid 65534 --regid 65534 --clear-groups sh < ${script}`) ?? ''
      return reportOf(fleet, host, { at: 0, took: null, parts: readOutput(text, 'f00d').parts, skipped: new Map() })
    }
    const denied = told()
    expect(denied.missing['pfctl']).toBe('needs root')
    expect(denied.pf).toBeNull()
    expect(denied.jails).toEqual(['web', 'cache', 'names', 'cron'])
    expect(denied.answers.map(({ alive, why }) => [alive, why])).toEqual(host.instances.map(() => [null, 'needs root']))
    rig.hosts[0]?.run('touch /run/doas-permits')
    const permitted = told()
    rig.hosts[0]?.run('rm /run/doas-permits')
    expect(permitted.pf?.enabled).toBe(true)
    expect(permitted.missing['pfctl']).toBeUndefined()
    expect(permitted.answers[5]).toMatchObject({ jail: 'open', alive: true })
  })

  test('when it is told to stop, nothing stays open', async () => {
    const count = (): Record<string, number> => {
      const all: Record<string, number> = {}
      for (const kind of process.getActiveResourcesInfo()) all[kind] = (all[kind] ?? 0) + 1
      return all
    }
    const [sockets, timers] = [count()['TCPSocketWrap'] ?? 0, count()['Timeout'] ?? 0]
    const seen = await watched(fleetOf([...drawn, { name: 'mute', address: '192.0.2.250' }]), {
      ...{ rounds: 100, interval: 100 },
      enough: so => so.filter(({ host }) => host === 2).length >= 2,
    })
    expect(reportsOf(seen, 2).length).toBeGreaterThan(0)
    // What stays is the other end, which is ours too here, for a moment.
    await until(() => (count()['TCPSocketWrap'] ?? 0) <= sockets, 'sockets closed')
    await until(() => (count()['Timeout'] ?? 0) <= timers + 1, 'timers gone')
  })

  test('a refresh looks at once', async () => {
    let refreshed = false
    const began = performance.now()
    const seen = await watched(alone(0), {
      ...{ rounds: 2, interval: 600_000 },
      meanwhile: (_, { source }) => {
        if (!refreshed) setTimeout(() => source.refresh?.(), 10)
        refreshed = true
      },
    })
    expect(reportsOf(seen, 0)).toHaveLength(2)
    expect(performance.now() - began).toBeLessThan(60_000)
  })

  test('a peer with another key than planned is still that host, and somebody should look', async () => {
    const [other, known] = [Buffer.alloc(32, 1).toString('base64'), drawn[1]?.publicKey ?? '']
    const changed = fleetOf(drawn.map(host => (host.publicKey === known ? { ...host, publicKey: other } : host)))
    const seen = await watched(changed)
    expect(reportsOf(seen, 0)[0]?.peers).toMatchObject({
      to: [1, 2],
      strangers: ['bohr has another key than planned'],
    })
  })

  test('a peer that died is seen from here: nothing comes from it, and no echo', async () => {
    rig.hosts[2]?.cut()
    const seen = await watched(alone(0), { rounds: 4, interval: 1200 })
    const reports = reportsOf(seen, 0)
    const [first, last] = [reports[1]?.peers, reports.at(-1)?.peers]
    expect(last?.to).toEqual([1, 2])
    expect(last?.received[1]).toBe(first?.received[1])
    expect(Number(last?.sent[1])).toBeGreaterThan(Number(first?.sent[1]))
    expect(Number(last?.received[0])).toBeGreaterThan(Number(first?.received[0]))
    expect(Number(last?.age[1])).toBeGreaterThan(Number(first?.age[1]))
    const pings = reports.at(-1)?.pings
    const times = new Map(Array.from(pings?.to ?? []).map((to, at) => [to, pings?.milliseconds[at]]))
    expect(times.get(2)).toBeNaN()
    expect(times.get(1)).toBeLessThan(2000)
  })

  // The last one: nothing is heard of that host again.
  test('a host that dies is silent within its limit, and the others go on', async () => {
    const fleet = fleetOf(drawn)
    let died = 0
    const silences: number[] = []
    const seen = await watched(fleet, {
      ...{ rounds: 100, interval: 500, limit: 4000 },
      meanwhile: ({ host, kind }) => {
        if (host !== 1) return
        if (kind === 'silence') silences.push(Date.now())
        else if (died === 0) {
          died = Date.now()
          rig.hosts[1]?.silence()
        }
      },
      enough: () => silences.length >= 3,
    })
    expect(silences[0]).toBeLessThan(died + 500 + 4000 + 1500)
    expect(new Set(whysOf(seen, 1))).toEqual(new Set(['does not answer']))
    expect(reportsOf(seen.slice(seen.findIndex(({ kind }) => kind === 'silence')), 0).length).toBeGreaterThan(1)
  })
})

interface Watched {
  readonly rounds?: number
  readonly interval?: number
  readonly limit?: number
  readonly known?: string
  readonly identity?: string
  readonly environment?: Readonly<Record<string, string>>
  readonly enough?: (seen: readonly Observation[]) => boolean
  readonly meanwhile?: (observation: Observation, of: { readonly mesh: string; readonly source: Source }) => unknown
}
