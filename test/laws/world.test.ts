/** The world around the built program: names, disks, pipes, other users, other runs, and what none of them may see. */
import { Decrypter } from 'age-encryption'
import { extract } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { spawn, spawnSync, type SpawnSyncOptions } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { meshwright, temporary } from '../command.ts'

const cli = join(import.meta.dirname, '../../dist/meshwright.js')
const isRoot = process.getuid?.() === 0

beforeAll(() => {
  expect(existsSync(cli), 'npm run build makes the program').toBe(true)
})

const meshYaml = (port = 51820) => `mesh: world
domain: mesh.example.net
addressing: {ipv6: "fd5c:8e21:77aa::/48"}
wireguard: {port: ${port}}
defaults: {admin: [198.51.100.0/24]}
`
const hostLine = (name: string, endpoint: string) =>
  `  ${name}: {endpoint: ${endpoint}, interface: vtnet0, jails: {web: {}}}\n`
const regionYaml = (names: readonly string[]) =>
  `region: home\nhosts:\n${names.map((name, i) => hostLine(name, `203.0.${113 + (i >> 7)}.${(i & 127) + 1}`)).join('')}`
const many = (n: number) => Array.from({ length: n }, (_, i) => `host${i}`)

interface Setting {
  readonly directory: string
  readonly environment: NodeJS.ProcessEnv
  /** Where the identity lies, and whatever else is not part of the mesh. */
  readonly home: string
}

function makeMesh(names: readonly string[], directory = join(temporary(), 'mesh')): Setting {
  const home = temporary()
  mkdirSync(join(directory, 'regions'), { recursive: true })
  writeFileSync(join(directory, 'mesh.yaml'), meshYaml())
  writeFileSync(join(directory, 'regions/home.yaml'), regionYaml(names))
  return { directory, home, environment: { ...process.env, MESHWRIGHT_IDENTITY: join(home, 'identity.txt') } }
}

function run({ directory, environment }: Setting, argv: readonly string[], more: SpawnSyncOptions = {}) {
  const ran = spawnSync(process.execPath, [cli, ...argv, '-C', directory], { env: environment, ...more })
  return { status: ran.status, signal: ran.signal, stdout: String(ran.stdout), stderr: String(ran.stderr) }
}

/** Path → digest of every file. */
const treeOf = (root: string): Record<string, string> =>
  Object.fromEntries(
    (existsSync(root) ? readdirSync(root, { recursive: true, withFileTypes: true }) : [])
      .filter(entry => entry.isFile())
      .map(entry => join(entry.parentPath, entry.name))
      .map(path => [path.slice(root.length), createHash('sha256').update(readFileSync(path)).digest('hex')]),
  )

const wg0 = (host: string) => `out/${host}/usr/local/etc/wireguard/wg0.conf`

/** Mounts of its own need root, or a user namespace in which one is. */
const namespace = isRoot ? ['-m'] : ['-r', '-m']
const able = spawnSync('unshare', [...namespace, 'true']).status === 0
/** Where these tests must run, what they need must be there. */
const demanded = process.env['MESHWRIGHT_ROOT_TESTS'] === '1'

/** A shell script in a mount namespace: `meshwright …` in it is the built program. */
function besideMounts(setting: Setting, script: string) {
  const shell = `set -u\nmeshwright() { '${process.execPath}' '${cli}' "$@"; }\ncd '${setting.home}'\n${script}`
  const ran = spawnSync('unshare', [...namespace, 'sh', '-c', shell], { env: setting.environment, encoding: 'utf8' })
  return { status: ran.status, stdout: ran.stdout, stderr: ran.stderr }
}

describe.skipIf(!able && !demanded)('the file systems under a mesh', () => {
  test('an endpoint given as a name is looked up once, remembered, and looked up again when that is asked for', () => {
    const setting = makeMesh(['bohr'])
    const region = join(setting.directory, 'regions/home.yaml')
    writeFileSync(region, regionYaml(['bohr']) + hostLine('curie', 'gate.example.net:51999'))
    const build = (addresses: readonly string[], ...options: readonly string[]) => {
      const lines = addresses.map(address => `${address} gate.example.net\n`).join('')
      writeFileSync(join(setting.home, 'hosts'), `127.0.0.1 localhost\n${lines}`)
      const ran = besideMounts(
        setting,
        `mount --bind hosts /etc/hosts && meshwright build -C '${setting.directory}' ${options.join(' ')}`,
      )
      expect(ran.status, ran.stderr).toBe(0)
      const conf = readFileSync(join(setting.directory, wg0('bohr')), 'utf8')
      return /^Endpoint = (.*)$/m.exec(conf)?.[1]
    }
    const locked = () => readFileSync(join(setting.directory, 'mesh.lock.yaml'), 'utf8')
    expect(build(['203.0.113.77', '2001:db8::77'])).toBe('203.0.113.77:51999')
    expect(locked()).toContain('gate.example.net: ["2001:db8::77", "203.0.113.77"]')
    const before = locked()
    expect(build(['203.0.113.78'])).toBe('203.0.113.77:51999')
    expect(locked()).toBe(before)
    expect(build(['203.0.113.78'], '--resolve')).toBe('203.0.113.78:51999')
    expect(locked()).toContain('gate.example.net: ["203.0.113.78"]')
  })

  test('a mesh on a read-only file system is read, and a build of it says why not', () => {
    const setting = makeMesh(['bohr', 'curie'])
    const at = `'${setting.directory}'`
    expect(run(setting, ['build']).status).toBe(0)
    const tree = treeOf(setting.directory)
    const ran = besideMounts(
      setting,
      `mount --bind ${at} ${at} && mount -o remount,bind,ro ${at} || exit 99
       for command in check plan 'keys export-public' build 'add host dirac --region home --endpoint 192.0.2.1' 'keys rotate bohr'; do
         meshwright $command -C ${at} >/dev/null 2>stderr; echo "$command: $?"; cat stderr
       done`,
    )
    expect(ran.stdout).toMatch(/^check: 0\nplan: 0\nkeys export-public: 0\nbuild: 1\n/)
    expect(
      ran.stdout.match(/unwritable: .*\.meshwright\.lock cannot be written: the file system is read-only/g),
    ).toHaveLength(3)
    expect(ran.stdout).not.toMatch(/bug in meshwright|\n\s+at /)
    expect(treeOf(setting.directory)).toEqual(tree)
  })

  test('a disk that fills up at any moment leaves the old tree and the old lock, and says that it is full', () => {
    const setting = makeMesh(['bohr', 'curie'])
    const old = regionYaml(['bohr', 'curie'])
    writeFileSync(join(setting.home, 'old.yaml'), old)
    writeFileSync(
      join(setting.home, 'new.yaml'),
      `${old}${hostLine('dirac', '192.0.2.1')}${hostLine('euler', '192.0.2.2')}`,
    )
    // From no room at all to room for everything: each time the old mesh first, then the new one on what is left.
    const ran = besideMounts(
      setting,
      `digest() { (cd disk && find out mesh.lock.yaml -type f -exec sha256sum {} + | sort | sha256sum); }
       mkdir disk && mount -t tmpfs -o size=1m tmpfs disk && cp -R '${setting.directory}'/. disk || exit 99
       meshwright build -C disk >/dev/null 2>&1 || exit 98
       before=$(digest)
       for free in 0 12 60 120 150 240 400; do
         cp new.yaml disk/regions/home.yaml
         dd if=/dev/zero of=disk/filler bs=1k count=2048 2>/dev/null
         truncate -s $(( $(stat -c %s disk/filler) - free * 1024 )) disk/filler
         meshwright build -C disk >/dev/null 2>stderr; code=$?
         echo "free $free: $code $([ "$(digest)" = "$before" ] && echo old || echo new) $(ls disk/.out.meshwright | grep -c next) $(tr '\\n' ' ' < stderr)"
         rm -f disk/filler; cp old.yaml disk/regions/home.yaml
         meshwright build -C disk >/dev/null 2>&1 || exit 97
         # The lock remembers who was there for a moment.
         before=$(digest)
       done`,
    )
    expect(ran.status, ran.stderr).toBe(0)
    const results = ran.stdout.split('\n').slice(0, -1)
    const full = results.filter(line => !/^free \d+: 0 /.test(line))
    for (const line of full) {
      expect(line).toMatch(/^free \d+: 1 old 0 /)
      expect(line).toContain('the disk is full')
      expect(line).not.toContain('bug in meshwright')
    }
    for (const line of results.filter(line => !full.includes(line))) expect(line).toMatch(/^free \d+: 0 new 0 /)
    expect(full.length).toBeGreaterThan(3)
    expect(results.length - full.length).toBeGreaterThan(1)
  })
})

/** As root no mode stops a writer, but for one that has laid its capability to pass them by down (capabilities(7)). */
const humbly = (argv: readonly string[]): readonly string[] =>
  isRoot
    ? ['setpriv', '--bounding-set=-dac_override,-dac_read_search', process.execPath, ...argv]
    : [process.execPath, ...argv]

const humble = spawnSync('setpriv', ['--version']).status === 0

describe.skipIf(isRoot && !demanded && !humble)('other users', () => {
  test('a mesh of somebody else is read, and a build of it says why not', () => {
    const setting = makeMesh(['bohr', 'curie'], join(temporary(), 'theirs'))
    expect(run(setting, ['build']).status).toBe(0)
    const tree = treeOf(setting.directory)
    const ranHumbly = (argv: readonly string[]) => {
      const [command = '', ...words] = humbly([cli, ...argv, '-C', setting.directory])
      return spawnSync(command, words, { env: setting.environment, encoding: 'utf8' })
    }
    chmodSync(setting.directory, 0o555)
    try {
      expect(ranHumbly(['check']).status).toBe(0)
      for (const argv of [['build'], ['keys', 'rotate', '--all'], ['remove', 'host', 'curie']]) {
        const ran = ranHumbly(argv)
        expect([ran.status, ran.stdout], argv.join(' ')).toEqual([1, ''])
        expect(ran.stderr).toMatch(/unwritable: .*cannot be written: permission denied/)
        expect(ran.stderr).not.toMatch(/bug in meshwright|\n\s+at /)
      }
    } finally {
      chmodSync(setting.directory, 0o755)
    }
    expect(treeOf(setting.directory)).toEqual(tree)
  })
})

/** Runs with a reader that takes the first bytes, or none, and goes. */
const cutShort = (
  { directory, environment }: Setting,
  argv: readonly string[],
  stream: 'stdout' | 'stderr',
  bytes: number,
) =>
  new Promise<{ code: number | null; signal: NodeJS.Signals | null; stderr: string }>(resolve => {
    const child = spawn(process.execPath, [cli, ...argv, '-C', directory], { env: environment })
    let [seen, stderr] = [0, '']
    const other = stream === 'stdout' ? 'stderr' : 'stdout'
    child[other].on('data', (data: Buffer) => (stderr += data.toString()))
    if (bytes === 0) child[stream].destroy()
    else
      child[stream].on('data', (data: Buffer) => {
        seen += data.length
        if (seen >= bytes) child[stream].destroy()
      })
    child.on('close', (code, signal) => resolve({ code, signal, stderr }))
  })

describe('pipes', () => {
  // Enough to fill a pipe (64 KiB) several times.
  const setting = () => {
    const made = makeMesh(many(30))
    expect(run(made, ['build']).status).toBe(0)
    writeFileSync(join(made.directory, 'mesh.yaml'), meshYaml(51999))
    return made
  }

  test('a reader that goes away ends a command without a word', async () => {
    const made = setting()
    expect(run(made, ['plan'], { maxBuffer: 2 ** 26 }).stdout.length).toBeGreaterThan(2 ** 17)
    for (const argv of [['plan'], ['plan', '--json'], ['keys', 'export-public']])
      for (const bytes of [0, 1]) {
        const { code, signal, stderr } = await cutShort(made, argv, 'stdout', bytes)
        expect([signal, stderr], argv.join(' ')).toEqual([null, ''])
        // `plan` may have said all of it before anybody noticed.
        expect([0, 3]).toContain(code)
      }
  })

  test('plan | head shows the first line and nothing of the rest', () => {
    const made = setting()
    const ran = spawnSync('sh', ['-c', `'${process.execPath}' '${cli}' plan -C '${made.directory}' | head -n 1`], {
      env: made.environment,
      encoding: 'utf8',
    })
    expect([ran.status, ran.stdout, ran.stderr]).toEqual([0, 'host0\n', ''])
  })

  for (const stream of ['stdout', 'stderr'] as const)
    test(`a build whose ${stream} nobody reads is a whole build, and leaves no lock behind`, async () => {
      const made = makeMesh(['bohr', 'curie'])
      const whole = makeMesh(['bohr', 'curie'])
      expect(run(whole, ['build']).status).toBe(0)
      for (const port of [51820, 51821, 51822]) {
        writeFileSync(join(made.directory, 'mesh.yaml'), meshYaml(port))
        expect((await cutShort(made, ['build'], stream, 0)).code).toBe(0)
        expect(Object.keys(treeOf(join(made.directory, 'out')))).toEqual(
          Object.keys(treeOf(join(whole.directory, 'out'))),
        )
        expect(readFileSync(join(made.directory, wg0('bohr')), 'utf8')).toContain(`ListenPort = ${port}`)
        expect(readdirSync(made.directory).toSorted()).toEqual(readdirSync(whole.directory).toSorted())
        expect(readdirSync(join(made.directory, '.out.meshwright')).toSorted()).toEqual(['.gitignore', 'index.json'])
      }
    })

  test('a build that has something to say to nobody does its work all the same', async () => {
    const made = makeMesh(['bohr'])
    // Two behind NAT: a note about their relay goes to stderr before anything is written.
    const region = regionYaml(['bohr']) + hostLine('ampere', 'none') + hostLine('volta', 'none')
    writeFileSync(join(made.directory, 'regions/home.yaml'), region)
    const heard = run(made, ['build'])
    expect(heard.stderr).toContain('relay')
    for (const port of [51821, 51822, 51823]) {
      writeFileSync(join(made.directory, 'mesh.yaml'), meshYaml(port))
      const { code } = await cutShort(made, ['build'], 'stderr', 0)
      const built = readFileSync(join(made.directory, wg0('bohr')), 'utf8').includes(`ListenPort = ${port}`)
      expect({ code, built }).toEqual({ code: 0, built: true })
    }
  })

  test('what cannot be said is a failure', () => {
    const made = setting()
    for (const command of ['plan', 'keys export-public', 'schema']) {
      const where = command === 'schema' ? '' : `-C '${made.directory}'`
      const ran = spawnSync('sh', ['-c', `'${process.execPath}' '${cli}' ${command} ${where} > /dev/full`], {
        env: made.environment,
      })
      expect(ran.status, command).toBe(1)
      expect(String(ran.stderr), command).toBe('error: not all could be said on stdout: the disk is full\n')
    }
  })

  test('what a file has room for a part of only is a failure, and nothing comes after the gap', () => {
    const made = makeMesh(['bohr', 'curie'])
    const file = join(made.home, 'mesh.json')
    const into = (limit: string, command: string) =>
      spawnSync(
        'sh',
        ['-c', `trap '' XFSZ; ulimit -f ${limit}; exec '${process.execPath}' '${cli}' ${command} > '${file}'`],
        {
          encoding: 'utf8',
        },
      )
    const whole = into('unlimited', 'schema mesh')
    expect([whole.status, whole.stderr]).toEqual([0, ''])
    const text = readFileSync(file, 'utf8')
    expect(JSON.parse(text)).toHaveProperty('properties')
    const cut = into('2', 'schema mesh')
    expect(cut.status).toBe(1)
    expect(cut.stderr).toMatch(/^error: not all could be said on stdout: .+\n$/)
    const part = readFileSync(file, 'utf8')
    expect(part.length).toBeLessThan(text.length)
    expect(text.startsWith(part)).toBe(true)
  })
})

describe('editors that meet', () => {
  const together = (setting: Setting, runs: readonly (readonly string[])[]) =>
    Promise.all(
      runs.map(
        argv =>
          new Promise<{ code: number | null; stderr: string }>(resolve => {
            const child = spawn(process.execPath, [cli, ...argv, '-C', setting.directory], { env: setting.environment })
            let stderr = ''
            child.stderr.on('data', (data: Buffer) => (stderr += data.toString()))
            child.stdout.resume()
            child.on('close', code => resolve({ code, stderr }))
          }),
      ),
    )
  const addHost = (name: string, n: number) => ['add', 'host', name, '--region', 'home', '--endpoint', `192.0.2.${n}`]

  test('two hosts added at once are both there afterwards, and so are four', async () => {
    const setting = makeMesh(['bohr'])
    const region = join(setting.directory, 'regions/home.yaml')
    writeFileSync(region, `# Kept.\n${regionYaml(['bohr'])}`)
    for (const names of [
      ['curie', 'dirac'],
      ['euler', 'fermi', 'gauss', 'hertz'],
    ]) {
      const ran = await together(
        setting,
        names.map((name, i) => addHost(name, 10 * names.length + i)),
      )
      expect(
        ran.map(({ code }) => code),
        ran.map(({ stderr }) => stderr).join(''),
      ).toEqual(names.map(() => 0))
    }
    const text = readFileSync(region, 'utf8')
    expect(text).toMatch(/^# Kept\.\n/)
    expect([...text.matchAll(/^ {2}([a-z]+):/gm)].map(([, name]) => name).toSorted()).toEqual([
      ...['bohr', 'curie', 'dirac', 'euler', 'fermi', 'gauss', 'hertz'],
    ])
    expect(run(setting, ['build']).status).toBe(0)
    expect(readdirSync(join(setting.directory, 'out')).filter(name => !name.includes('.'))).toHaveLength(7)
  })

  test('of two that add the same host one is refused, and it is there once', async () => {
    const setting = makeMesh(['bohr'])
    const ran = await together(setting, [addHost('curie', 1), addHost('curie', 2)])
    expect(ran.map(({ code }) => code).toSorted()).toEqual([0, 1])
    expect(ran.find(({ code }) => code === 1)?.stderr).toContain('duplicate-host')
    expect(readFileSync(join(setting.directory, 'regions/home.yaml'), 'utf8').match(/curie:/g)).toHaveLength(1)
  })

  test('an edit and a build at once: the tree is of the one mesh or of the other', async () => {
    const setting = makeMesh(['bohr', 'curie'])
    const ran = await together(setting, [['build'], addHost('dirac', 1), ['build']])
    expect(ran.map(({ code }) => code)).toEqual([0, 0, 0])
    expect(run(setting, ['build']).status).toBe(0)
    expect(existsSync(join(setting.directory, wg0('dirac')))).toBe(true)
    expect(run(setting, ['plan']).status).toBe(0)
  })
})

describe('the root secret', () => {
  /** Every way it could be written down, and what all keys are expanded from. */
  async function canaries({ directory, environment }: Setting): Promise<readonly string[]> {
    const decrypter = new Decrypter()
    const identity = readFileSync(environment['MESHWRIGHT_IDENTITY'] ?? '', 'utf8')
    const key = /AGE-SECRET-KEY-\S+/.exec(identity)?.[0] ?? ''
    decrypter.addIdentity(key)
    const sealed = new Uint8Array(readFileSync(join(directory, 'secrets.age')))
    const { root } = JSON.parse(await decrypter.decrypt(sealed, 'text')) as { root: string }
    const secret = Buffer.from(root, 'base64')
    expect(secret).toHaveLength(32)
    const expanded = Buffer.from(extract(sha256, secret, new TextEncoder().encode('meshwright 1')))
    const written = [secret, expanded].flatMap(bytes =>
      (['base64', 'base64url', 'hex', 'latin1'] as const).map(encoding => bytes.toString(encoding)),
    )
    return [
      key,
      key.toLowerCase(),
      ...written.map(text => text.replace(/=+$/, '')),
      secret.toString('hex').toUpperCase(),
    ]
  }
  const found = (text: string, secrets: readonly string[]) => secrets.filter(secret => text.includes(secret))
  const foundIn = (directory: string, secrets: readonly string[]) =>
    readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile())
      .map(entry => join(entry.parentPath, entry.name))
      .filter(path => found(readFileSync(path, 'latin1'), secrets).length > 0)

  test('shows in no output and lies in no file but its own, whatever goes right or wrong', async () => {
    const setting = makeMesh(['bohr', 'curie', 'dirac'])
    const { directory } = setting
    const first = run(setting, ['build'])
    expect(first.status).toBe(0)
    const secrets = await canaries(setting)
    const outputs: [what: string, code: number | null, text: string][] = [
      ['the first build', first.status, first.stdout + first.stderr],
    ]
    const inside = { MESHWRIGHT_IDENTITY: join(setting.home, 'identity.txt') }
    const record = async (command: string, what = command) => {
      const { code, stdout, stderr } = await meshwright(inside, ...command.split(' '), '-C', directory)
      outputs.push([what, code, stdout + stderr])
    }
    // As its users run it: what the program adds around a command is seen as well.
    for (const command of ['plan --json', 'keys rotate --all --psk', 'build --json', 'remove host nobody']) {
      writeFileSync(join(directory, 'mesh.yaml'), meshYaml(51820 + outputs.length))
      const ran = run(setting, command.split(' '))
      outputs.push([command, ran.status, ran.stdout + ran.stderr])
    }
    for (const command of [
      ...['build', 'build --json', 'build --resolve', 'plan', 'plan --json', 'plan --brief', 'check', 'check --json'],
      ...['keys rotate bohr --dry-run', 'keys rotate --all --psk', 'keys rotate curie --json', 'plan --json', 'build'],
      ...['keys export-public', 'keys export-public --json', 'keys recipients', 'keys recipients --json'],
      ...['add region far --json', 'add host euler --region far --endpoint 192.0.2.7', 'add jail db --host euler'],
      ...['build', 'remove jail db --host euler', 'remove host euler --json', 'remove region far', 'build --json'],
      ...['build --no-such-option', 'keys rotate nobody', 'remove host nobody'],
    ]) {
      writeFileSync(join(directory, 'mesh.yaml'), meshYaml(51820 + outputs.length))
      await record(command)
    }
    expect(await canaries(setting)).toEqual(secrets)
    // And when something is wrong with what is read.
    const wrong: readonly (readonly [path: string, change: (text: string) => string])[] = [
      ['mesh.yaml', text => `${text}nonsense: {`],
      ['mesh.lock.yaml', text => text.slice(0, 300)],
      ['mesh.lock.yaml', text => text.replace(/^secret: .*$/m, 'secret: "0000000000000000"')],
      ['mesh.lock.yaml', text => text.replace('mesh: world', 'mesh: other')],
      ['mesh.yaml', text => text.replace('mesh: world', 'mesh: other')],
      ['secrets.age', text => text.slice(0, -20)],
      ['secrets.age', () => JSON.stringify({ root: 'no age file' })],
    ]
    for (const [name, change] of wrong) {
      const path = join(directory, name)
      const before = readFileSync(path)
      writeFileSync(path, Buffer.from(change(before.toString('latin1')), 'latin1'))
      for (const command of ['build', 'plan', 'check --json', 'keys rotate --all'])
        await record(command, `${name}: ${command}`)
      writeFileSync(path, before)
    }
    rmSync(join(setting.home, 'identity.txt'))
    await record('plan', 'no identity')
    expect(outputs.filter(([, code]) => code === 1).length).toBeGreaterThan(wrong.length)
    expect(outputs.filter(([, code]) => code === 0 || code === 3).length).toBeGreaterThan(20)
    for (const [what, , text] of outputs) {
      expect(found(text, secrets), what).toEqual([])
      expect(text, what).not.toMatch(/AGE-SECRET-KEY|bug in meshwright/)
    }
    expect(foundIn(directory, secrets)).toEqual([])
    expect(statSync(join(directory, 'secrets.age')).mode & 0o077).toBe(0)
    // The twin: planted, it is found, in every spelling.
    for (const secret of secrets) {
      writeFileSync(join(directory, 'planted'), Buffer.from(`x${secret}x`, 'latin1'))
      expect(foundIn(directory, secrets)).toContain(join(directory, 'planted'))
    }
  })
})
