/** What the shipped mesh, its services and their places look like on the command line. */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { meshwright, meshwrightReading, type Ran, temporary } from '../command.ts'

const root = join(import.meta.dirname, '../..')

function copy(): string {
  const directory = temporary()
  lay(directory)
  return directory
}

function lay(directory: string): void {
  for (const path of ['mesh.yaml', 'regions']) cpSync(join(root, path), join(directory, path), { recursive: true })
}

const run = (directory: string, ...argv: readonly string[]): Promise<Ran> =>
  meshwright({ MESHWRIGHT_IDENTITY: join(directory, 'identity.txt') }, ...argv, '-C', directory)

const edit = (directory: string, from: string | RegExp, to: string, file = 'mesh.yaml') => {
  const path = join(directory, file)
  const text = readFileSync(path, 'utf8')
  const changed = text.replace(from, to)
  if (changed === text) throw new Error(`${String(from)} is not in ${file}`)
  writeFileSync(path, changed)
}

/** Built once, for those who only look. */
const built = mkdtempSync(join(tmpdir(), 'meshwright-shipped-'))
beforeAll(async () => {
  lay(built)
  expect((await run(built, 'build')).code).toBe(0)
})

afterAll(() => rmSync(built, { recursive: true }))

describe('explain', () => {
  test('says where, rather than where, and why not elsewhere', async () => {
    const { code, stdout } = await run(built, 'explain', 'names')
    expect(code).toBe(0)
    expect(stdout).toContain('names/primary  1\n')
    expect(stdout).toMatch(/ {2}bohr +stays +rather than /)
    expect(stdout).toMatch(/not newton: apart: names\/secondary lives on newton/)
    expect(stdout).toContain('No placement is better.')
    expect(stdout).not.toContain('cache/')
  })

  test('core services are on one core host of each region, the others where they belong', async () => {
    const { stdout } = await run(built, 'explain', '--json')
    const { roles, exact } = JSON.parse(stdout) as {
      exact: boolean
      roles: { role: string; instances: { host: string }[] }[]
    }
    const on = (role: string) => roles.find(one => one.role === role)?.instances.map(one => one.host)
    expect(exact).toBe(true)
    const core = ['bohr', 'newton', 'tesla']
    for (const role of ['db/etcd', 'db/postgres', 'db/proxy', 'files/storage', 'cache/server', 'cache/sentinel'])
      expect(on(role), role).toEqual(core)
    for (const role of ['cloud/app', 'watch/server', 'watch/alertmanager']) expect(on(role), role).toEqual(core)
    expect([...(on('names/primary') ?? []), ...(on('names/secondary') ?? [])].toSorted()).toEqual(core)
    expect(on('resolver/resolver')).toHaveLength(6)
    expect([on('front/edge'), on('graphs/app'), on('cloud/cron')]).toEqual([['faraday'], ['ampere'], ['tesla']])
  })

  test('a service that is not there is asked about', async () => {
    const { code, stderr } = await run(built, 'explain', 'name')
    expect(code).toBe(1)
    expect(stderr).toContain('there is no service "name"')
    expect(stderr).toContain('Did you mean names?')
  })
})

describe('first-start', () => {
  test('names every step once, those of a service after those of whom it uses', async () => {
    const { code, stdout } = await run(built, 'first-start', '--json')
    expect(code).toBe(0)
    const steps = JSON.parse(stdout) as { service: string; step: string; host: string; jail: string; script: string }[]
    const first = (service: string) => steps.findIndex(one => one.service === service)
    const last = (service: string) => steps.findLastIndex(one => one.service === service)
    expect(Math.max(last('db'), last('files'))).toBeLessThan(first('cloud'))
    expect(last('cloud')).toBeLessThan(first('front'))
    for (const { host, jail, script } of steps)
      expect(existsSync(join(built, 'out', host, 'usr/local/jails', jail, script)), script).toBe(true)
    expect(new Set(steps.map(({ host, jail, script }) => `${host}/usr/local/jails/${jail}${script}`)).size).toBe(
      steps.length,
    )
    const listed = steps.flatMap(({ host }) => {
      const manifest = JSON.parse(readFileSync(join(built, 'out', `${host}.manifest.json`), 'utf8')) as {
        services: { jail: string; 'first-start': string[] }[]
      }
      return manifest.services.flatMap(one => one['first-start'].map(script => `${host} ${one.jail} ${script}`))
    })
    expect(new Set(listed).size).toBe(steps.length)
  })

  test('of one service, as commands', async () => {
    const { stdout } = await run(built, 'first-start', 'files')
    expect(stdout).toBe(
      'bohr  jexec files-storage sh /usr/local/libexec/meshwright/files-layout.sh\n' +
        'bohr  jexec files-storage sh /usr/local/libexec/meshwright/files-clients.sh\n',
    )
    expect((await run(built, 'first-start', 'file')).stderr).toContain('Did you mean files?')
  })
})

describe('whatif', () => {
  test('no single loss takes a quorum; what stops is what there is one of', async () => {
    const { code, stdout } = await run(built, 'whatif', '--all-single', '--json')
    expect(code).toBe(3)
    const { losses } = JSON.parse(stdout) as {
      losses: { lost: string; effects: { id: string; quorum: boolean | null; writes: boolean; dataLost: boolean }[] }[]
    }
    expect(losses.map(one => one.lost)).toEqual(
      expect.arrayContaining(['host:tesla', 'region:west-europe', 'link:bohr-tesla']),
    )
    const effects = losses.flatMap(({ lost, effects: of }) => of.map(effect => ({ lost, ...effect })))
    expect(effects.filter(({ quorum }) => quorum === false)).toEqual([])
    expect(new Set(effects.filter(({ writes }) => !writes).map(({ id }) => id))).toEqual(
      new Set(['cloud/cron', 'front/edge', 'graphs/app', 'health/serve', 'names/primary']),
    )
    // Grafana's own database is on one host.
    expect(new Set(effects.filter(({ dataLost }) => dataLost).map(({ id }) => id))).toEqual(new Set(['graphs/app']))
  })

  test('two of three lost is a quorum lost', async () => {
    const { code, stdout } = await run(built, 'whatif', '--lose', 'host:tesla,host:bohr')
    expect(code).toBe(3)
    expect(stdout).toMatch(/db\/etcd +1\/3 +LOST +NO +NO/)
    expect(stdout).toMatch(/cloud\/app +1\/3 +- +NO/)
  })

  test('a loss of nothing, and of what is not there, is refused', async () => {
    expect((await run(built, 'whatif')).code).toBe(1)
    const { code, stderr } = await run(built, 'whatif', '--lose', 'host:tesle')
    expect([code, stderr]).toEqual([1, expect.stringContaining('Did you mean')])
  })
})

describe('plan', () => {
  test('shows no secret of a service, whatever changes', async () => {
    const directory = copy()
    await run(directory, 'build')
    const secretOf = (path: string) => readFileSync(join(directory, 'out', path), 'utf8')
    const jails = 'tesla/usr/local/jails'
    const secrets = [
      ...secretOf(`${jails}/names-secondary/usr/local/etc/namedb/keys.conf`).matchAll(/secret "(.*)"/g),
      ...secretOf(`${jails}/cloud-app/usr/local/www/nextcloud/config/meshwright.config.php`).matchAll(
        /'(?:secret|dbpassword|passwordsalt)' => '(.*)'/g,
      ),
      ...secretOf(`${jails}/db-postgres/usr/local/etc/patroni/patroni.yml`).matchAll(/password: "(.*)"/g),
    ].map(([, secret = '']) => secret)
    expect(secrets.length).toBeGreaterThan(8)
    // Files with secrets change, come and go.
    edit(directory, 'kind: nextcloud', 'kind: nextcloud\n    more-domains: [files.example.net]')
    edit(directory, '{kind: bind}', '{kind: bind, roles: {secondary: {count: 3}}}')
    edit(directory, '{kind: valkey}', '{kind: valkey, shape: shared, roles: {server: {count: 2}}}')
    const look = async (...argv: string[]) => {
      const { code, stdout } = await run(directory, ...argv)
      expect(code).toBe(3)
      expect(stdout).toContain('meshwright.config.php')
      for (const secret of secrets) expect(stdout).not.toContain(secret)
    }
    await look('plan')
    await look('plan', '--json')
    // All gone, and all new.
    edit(directory, /^services:\n(?:[ #].*\n)*/m, '')
    edit(directory, /^tests:\n(?:[ #].*\n)*/m, '')
    edit(directory, / {2}- \{from: admin, to: graphs.*\n/, '')
    await look('plan', '--json')
    await look('plan')
    lay(directory)
    rmSync(join(directory, 'out'), { recursive: true })
    await look('plan', '--json')
  })

  test('a second build changes nothing, and nothing has moved', async () => {
    const directory = copy()
    await run(directory, 'build')
    const lock = readFileSync(join(directory, 'mesh.lock.yaml'), 'utf8')
    expect((await run(directory, 'plan')).code).toBe(0)
    edit(directory, 'domain: cloud.example.net', 'domain: cloud.example.net\n    upload: 1G')
    expect((await run(directory, 'build')).code).toBe(0)
    expect(readFileSync(join(directory, 'mesh.lock.yaml'), 'utf8')).toBe(lock)
  })

  test('a drained host is left by all that can leave, and --rebalance says what coming back would gain', async () => {
    const directory = copy()
    await run(directory, 'build')
    edit(directory, '  faraday:\n', '  faraday:\n    drained: true\n', 'regions/west-europe.yaml')
    expect((await run(directory, 'build')).code).toBe(0)
    const moved = await run(directory, 'explain', 'front/edge', '--json')
    expect(moved.stdout).not.toMatch(/"host": "faraday",\n\s+"stays"/)
    edit(directory, '    drained: true\n', '', 'regions/west-europe.yaml')
    const { stdout } = await run(directory, 'plan', '--rebalance')
    expect(stdout).toMatch(/front\/edge .*faraday/)
    expect((await run(directory, 'plan')).stdout).not.toMatch(/^ {2}[-+] \/usr\/local\/jails\/front-edge/m)
  })
})

describe('keys rotate --service', () => {
  test('renews what can be renewed, keeps what is an identity, and is remembered', async () => {
    const directory = copy()
    await run(directory, 'build')
    const read = (path: string) => readFileSync(join(directory, 'out/tesla/usr/local/jails', path), 'utf8')
    const seen = () => ({
      s3: /'secret' => '(\w{64})'/.exec(read('cloud-app/usr/local/www/nextcloud/config/meshwright.config.php'))?.[1],
      token: read('files-storage/usr/local/etc/garage/admin_token'),
      node: read('files-storage/usr/local/etc/garage/node_key.b64'),
      database: /'dbpassword' => '(.*)'/.exec(
        read('cloud-app/usr/local/www/nextcloud/config/meshwright.config.php'),
      )?.[1],
    })
    const before = seen()
    const dry = await run(directory, 'keys', 'rotate', '--service', 'files', '--dry-run')
    expect([dry.code, (await run(directory, 'plan')).code]).toEqual([0, 0])
    const rotated = await run(directory, 'keys', 'rotate', '--service', 'files')
    expect(rotated.stdout).toContain('Rotated the secrets of files in mesh.lock.yaml')
    expect(rotated.stdout).not.toContain(before.token.trim())
    expect((await run(directory, 'build')).code).toBe(0)
    const after = seen()
    expect([after.node, after.database]).toEqual([before.node, before.database])
    expect([after.s3 === before.s3, after.token === before.token]).toEqual([false, false])
    expect(readFileSync(join(directory, 'mesh.lock.yaml'), 'utf8')).toContain('service-epochs:\n  files: 2\n')
    expect((await run(directory, 'plan')).code).toBe(0)
  })

  test('of a service that is not there is refused', async () => {
    const { code, stderr } = await run(built, 'keys', 'rotate', '--service', 'file')
    expect([code, stderr]).toEqual([1, expect.stringContaining('Did you mean files?')])
  })
})

describe('secrets', () => {
  const url = 'https://discord.example/api/webhooks/1/abc'
  const environment = (directory: string) => ({ MESHWRIGHT_IDENTITY: join(directory, 'identity.txt') })

  test('of your own lie in secrets.age, and as closed files where a service says', async () => {
    const directory = copy()
    await run(directory, 'build')
    const path = '/usr/local/etc/alertmanager/discord-url'
    edit(
      directory,
      'watch: {kind: prometheus}',
      `watch:\n    kind: prometheus\n    discord: ${path}\n    secret-files:\n      ${path}: {secret: discord, roles: [alertmanager], group: alertmanager}`,
    )
    const before = await run(directory, 'build')
    expect(before.code).toBe(1)
    expect(before.stderr).toContain('error secret-missing: nobody has given the secret discord')
    const set = await meshwrightReading(
      `${url}\n`,
      environment(directory),
      'secrets',
      'set',
      'discord',
      '-C',
      directory,
    )
    expect([set.code, set.stdout, set.stderr]).toEqual([0, 'discord is in secrets.age\n', ''])
    expect((await run(directory, 'secrets', 'list')).stdout).toBe('discord\n')
    expect((await run(directory, 'build')).code).toBe(0)
    const jails = join(directory, 'out/tesla/usr/local/jails')
    const file = join(jails, `watch-alertmanager${path}`)
    expect(readFileSync(file, 'utf8')).toBe(url)
    expect(statSync(file).mode & 0o777).toBe(0o640)
    expect(existsSync(join(jails, `watch-server${path}`))).toBe(false)
    for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
      const full = join(directory, name)
      if (statSync(full).isFile() && !name.endsWith('discord-url'))
        expect(readFileSync(full).includes(url), name).toBe(false)
    }
    // Recipients change, and what was given stays.
    expect((await run(directory, 'keys', 'recipients')).code).toBe(0)
    expect((await run(directory, 'plan')).code).toBe(0)
    expect((await run(directory, 'secrets', 'remove', 'discord')).code).toBe(0)
    expect((await run(directory, 'plan')).code).toBe(1)
  })

  test.each([
    ['nothing', '', 'discord', 'standard input is empty'],
    ['bytes that are no text', new Uint8Array([0xff, 0xfe]), 'discord', 'not UTF-8'],
    ['too much', 'x'.repeat(70_000), 'discord', 'more than 64 KiB'],
    ['a name with a path', 'x', '../discord', 'is not a name'],
  ])('%s is refused', async (_, input, name, message) => {
    const { code, stderr } = await meshwrightReading(input, environment(built), 'secrets', 'set', name, '-C', built)
    expect([code, stderr]).toEqual([1, expect.stringContaining(message)])
  })

  test('one that is not there cannot be forgotten', async () => {
    const { code, stderr } = await run(built, 'secrets', 'remove', 'discord')
    expect([code, stderr]).toEqual([1, expect.stringContaining('holds no "discord"')])
  })

  test('a file of the kind itself is not to be replaced, and roles must be there', async () => {
    const directory = copy()
    await run(directory, 'build')
    await meshwrightReading('x', environment(directory), 'secrets', 'set', 'own', '-C', directory)
    const text = readFileSync(join(directory, 'mesh.yaml'), 'utf8')
    for (const [said, complaint] of [
      ['/usr/local/etc/alertmanager/alertmanager.yml: {secret: own}', "is meshwright's own"],
      ['/etc/rc.conf: {secret: own}', "is meshwright's own"],
      ['/etc/own: {secret: own, roles: [servers]}', 'Did you mean server?'],
      ['/etc/../own: {secret: own}', 'is not an absolute path'],
    ] as const) {
      writeFileSync(
        join(directory, 'mesh.yaml'),
        text.replace('watch: {kind: prometheus}', `watch: {kind: prometheus, secret-files: {${said}}}`),
      )
      const { code, stderr } = await run(directory, 'plan')
      expect([code, stderr], said).toEqual([1, expect.stringContaining(complaint)])
    }
  })
})
