/** The script that hosts are asked with. */
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Fleet, fleetOf as planned } from '../../../src/health/fleet.ts'
import { type Look, renderProbe } from '../../../src/health/ssh/probe.sh.ts'
import { readOutput } from '../../../src/health/ssh/output.ts'
import { RootSecret } from '../../../src/keys/derive.ts'
import { openMesh, withPublicKeys } from '../../../src/load/open.ts'
import { keysOf, renderMesh } from '../../../src/render/mesh.ts'
import { deploy } from '../../../src/services/deploy.ts'
import { fleetOf, healthOf, jail } from './fleet.ts'

const look: Look = { nonce: '0123456789abcdef', pings: [0, 1, 2], thorough: true, skip: new Set(), seconds: 8 }
const shipped = join(import.meta.dirname, '../../..')

/** The mesh that comes with the program, and every file that tesla should have. */
async function shippedFleet(): Promise<Fleet> {
  const opened = await openMesh({ directory: shipped, environment: {}, purpose: 'plan', fresh: true })
  if (opened.mesh === null || opened.services === null) throw new Error('the shipped mesh does not load')
  const { mesh, services } = opened
  const root = new RootSecret(new Uint8Array(32).fill(7), mesh.name)
  const lock = withPublicKeys(opened.lock, { mesh, root })
  const paths: string[] = []
  for (const host of renderMesh(mesh, keysOf(mesh, lock, root), deploy(services, mesh, { root, given: new Map() })))
    for (const [path] of host) if (path.startsWith('tesla/')) paths.push(path.slice('tesla'.length))
  const files = paths.toSorted().map(path => ({ path, sha256: '0'.repeat(64) }))
  return planned({ mesh, lock, services, files: new Map([['tesla', files]]) })
}

const shells = [['dash'], ['sh'], ['bash', '--posix'], ['busybox', 'sh']].filter(
  ([shell = '']) => spawnSync('sh', ['-c', `command -v ${shell}`]).status === 0,
)

describe('for tesla of the shipped mesh', async () => {
  const fleet = await shippedFleet()
  const tesla = fleet.hosts.find(({ name }) => name === 'tesla')
  if (tesla === undefined) throw new Error('no tesla')
  const script = renderProbe(fleet, tesla, look)

  test('it is this script', () => {
    const golden = join(import.meta.dirname, 'probe-tesla.sh')
    if (process.env['UPDATE'] === '1') writeFileSync(golden, script)
    expect(script).toBe(readFileSync(golden, 'utf8'))
  })

  for (const shell of shells)
    test(`${shell.join(' ')} can read it`, () => {
      const [command = '', ...words] = shell
      const read = spawnSync(command, [...words, '-n'], { input: script, encoding: 'utf8' })
      expect([read.status, read.stderr]).toEqual([0, ''])
    })

  test('it asks wg(8) for no keys', () => {
    const asked = script.split('\n').filter(line => /\bwg show\b/.test(line))
    expect(asked.map(line => line.trim().replace(/ \|\| return$/, ''))).toEqual([
      'plain wg show wg0 latest-handshakes',
      'plain wg show wg0 transfer',
      'plain wg show wg0 allowed-ips',
      'plain wg show wg0 endpoints',
    ])
    expect(script).not.toMatch(/\bdump\b|showconf|private-key|preshared-keys/)
  })

  test('it changes nothing: no redirection into a file, no command that writes', () => {
    const into = [...script.matchAll(/>+ ?([^&\s;)]+)/g)].map(([, target = '']) => target)
    // Numbers are compared with, in awk(1).
    expect(new Set(into.filter(target => !/^[0-9]+$/.test(target)))).toEqual(new Set(['/dev/null']))
    const commands = script.replace(/^ {4}\/.*$/gm, '')
    expect(commands).not.toMatch(/\b(?:rm|mv|cp|tee|mktemp|sysrc|kldload|chmod|touch|ln|mkdir|dd)\b/)
  })

  test('half of it does nothing', () => {
    const half = script.slice(0, script.indexOf('probe < /dev/null'))
    for (const length of [half.length, Math.floor(half.length / 2)]) {
      const ran = spawnSync('dash', ['-s'], { input: half.slice(0, length), encoding: 'utf8' })
      expect(ran.stdout).toBe('')
    }
  })

  test('what seldom changes is asked for only in a thorough look', () => {
    const quick = renderProbe(fleet, tesla, { ...look, thorough: false })
    for (const part of ['part release ', 'part ends ', 'part files ']) {
      expect(script).toContain(part)
      expect(quick).not.toContain(part)
    }
    expect(quick.length).toBeLessThan(script.length / 1.5)
  })

  test('what is left out is not asked for', () => {
    const without = renderProbe(fleet, tesla, { ...look, skip: new Set(['pools', 'probe/db-etcd']) })
    expect(without).not.toContain('part pools')
    expect(without).not.toContain('part probe/db-etcd')
    expect(without).toContain('part probe/db-postgres')
  })
})

test('words of a mesh stay words', () => {
  const odd = `/o'dd; echo $(id) \`id\` "`
  const fleet = fleetOf([
    {
      name: 'tesla',
      files: [{ path: odd, sha256: '0' }],
      instances: [
        {
          ...{ jail: jail('web'), probe: { kind: 'http', port: 80, path: odd, expect: [200] } },
          ...{ metrics: { port: 80, path: odd, job: 'web', tokenFile: odd }, health: healthOf('fine', 'not|fine') },
        },
      ],
    },
  ])
  const [host] = fleet.hosts
  if (host === undefined) throw new Error('no host')
  const script = renderProbe(fleet, host, { ...look, pings: [] })
  // Instead of asking anybody, show what would be asked.
  const shown = script.replace(/^probe < [\s\S]*$/m, '').replace(/^trap : TERM$/m, '')
  const shim = `part() { shift 2; printf '<%s>' "$@"; echo; }\nsha256() { :; }\nroot() { printf '<%s>' "$@"; }\nparts\nwait\nfiles\n`
  const ran = spawnSync('dash', ['-s'], { input: `${shown}\n${shim}`, encoding: 'utf8' })
  expect(ran.stdout).toContain(`<http_status><web><10.64.0.3><80><${odd}>`)
  expect(ran.stdout).toContain(`<metrics><web><10.64.0.3><80><${odd}><fine><${odd}>`)
  expect(ran.stdout).toMatch(/<sha256(?:sum)?>/)
  expect(ran.stdout).toContain(`<${odd}>`)
  expect(ran.stderr).toBe('')
})

/** What one function of the script says, with others in place of what it calls. */
function saidBy(call: string, shims: string): string {
  const fleet = fleetOf([{ name: 'tesla' }, { name: 'bohr' }])
  const [host] = fleet.hosts
  if (host === undefined) throw new Error('no host')
  const functions = renderProbe(fleet, host, { ...look, pings: [] }).replace(/^trap : TERM$[\s\S]*/m, '')
  return spawnSync('dash', ['-s'], { input: `${functions}\n${shims}\n${call}; echo "status $?"`, encoding: 'utf8' })
    .stdout
}

describe('zpool(8), which loads its module, is called only where that is loaded', () => {
  const zpool = 'timeout() { shift 3; echo "$@"; }'
  test('it is', () => expect(saidBy('pools', `${zpool}\nkldstat() { :; }`)).toMatch(/^zpool list .*\nstatus 0\n$/))
  test('it is not', () => expect(saidBy('pools', `${zpool}\nkldstat() { return 1; }`)).toBe('status 0\n'))
  test('nobody can tell', () => expect(saidBy('pools', zpool)).toMatch(/^zpool list /))
})

describe('rules of pf', () => {
  const pf = (rules: string) =>
    `root() { case $3 in info) echo Status: Enabled ;; rules) ${rules} ;; labels) echo 'a 1 2 3 4 5 6 7 8' ;; esac; }`
  test('the first that filters is told', () =>
    expect(saidBy('filter', pf("printf '%s\\n' 'scrub in all' 'block drop all' 'pass all'"))).toBe(
      'Status: Enabled\nrules\nblock drop all\nlabels\n2 3 8 a\nstatus 0\n',
    ))
  test('there are none', () => expect(saidBy('filter', pf(':'))).toContain('\nrules\nlabels\n'))
  for (const failure of ["echo 'doas: Operation not permitted' >&2; return 1", 'return 124'])
    test(`they could not be read: ${failure}`, () =>
      expect(saidBy('filter 2>&1', pf(failure))).toBe('Status: Enabled\nstatus 0\n'))
})

for (const shell of shells)
  test(`${shell.join(' ')} runs it: parts at once, none lost, none mixed with another, none too long`, () => {
    const fleet = fleetOf([{ name: 'tesla' }, { name: 'bohr' }])
    const [host] = fleet.hosts
    if (host === undefined) throw new Error('no host')
    // Twenty parts that write at the same time: long lines, control characters, no end of line.
    const noise = Array.from({ length: 20 }, (_, n) => `  part noise/${n} 100000 noise ${n} & all="$all $!"`).join('\n')
    const body = `noise() { i=0; while [ $i -lt 60 ]; do printf '%s ${'x'.repeat(997)}\\033[2J\\007 end\\n' "$1"; i=$((i + 1)); done; printf 'last'; return $1; }`
    const script = renderProbe(fleet, host, look).replace(/^parts\(\) \{\n/m, `${body}\nparts() {\n${noise}\n`)
    const [command = '', ...words] = shell
    const ran = spawnSync(command, [...words, '-s'], { input: script, encoding: 'latin1', maxBuffer: 2 ** 24 })
    for (const line of ran.stdout.split('\n')) expect(line.length).toBeLessThan(512)
    const { begun, ended, parts } = readOutput(ran.stdout, look.nonce)
    expect([begun, ended]).toEqual([true, true])
    for (let n = 0; n < 20; n += 1)
      expect(parts.get(`noise/${n}`)).toEqual({
        lines: [...Array.from({ length: 60 }, () => `${n} ${'x'.repeat(997)}[2J end`), 'last'],
        status: n,
      })
  })

test('a part is cut at its limit', () => {
  const fleet = fleetOf([{ name: 'tesla' }, { name: 'bohr' }])
  const [host] = fleet.hosts
  if (host === undefined) throw new Error('no host')
  const script = renderProbe(fleet, host, look).replace(
    /^parts\(\) \{\n/m,
    `endless() { while :; do echo endless; done; }\nparts() {\n  part endless 1000 endless & all="$all $!"\n`,
  )
  const ran = spawnSync('dash', ['-s'], { input: script, encoding: 'latin1', maxBuffer: 2 ** 24 })
  const endless = readOutput(ran.stdout, look.nonce).parts.get('endless')
  expect(endless?.lines.join('\n').length).toBeLessThanOrEqual(1000)
  expect(endless?.status).not.toBe(0)
})
