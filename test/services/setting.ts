/** Services on the shipped hosts: what is rendered for them, and real programs that read it. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe } from 'vitest'
import type { Diagnostic } from '../../topology/diagnostic.ts'
import type { Mesh } from '../../topology/mesh.ts'
import { RootSecret } from '../../src/keys/derive.ts'
import { openMesh, withPublicKeys } from '../../src/load/open.ts'
import { keysOf, renderMesh } from '../../src/render/mesh.ts'
import { deploy, type Deployment } from '../../src/services/deploy.ts'
import { temporary } from '../command.ts'

const shipped = join(import.meta.dirname, '../..')
const root = new RootSecret(new Uint8Array(32).fill(7), 'aether' as Mesh['name'])

export interface Setting {
  readonly mesh: Mesh
  readonly deployment: Deployment
  readonly diagnostics: readonly Diagnostic[]
  /** Path below out/ → text. */
  readonly files: ReadonlyMap<string, string>
  /** Text of a file in a jail: `textOf('tesla', 'db-postgres', 'usr/local/etc/patroni/patroni.yml')`. */
  textOf(host: string, jail: string, path: string): string
  /** IPv4 and IPv6 address of a jail. */
  addressesOf(host: string, jail: string): readonly [string, string]
}

/** The shipped hosts without their hand-made jails, with these services: the value of `services:` as YAML. */
export async function setting(services: string, more: Readonly<Record<string, string>> = {}): Promise<Setting> {
  const opened = await open(services, more)
  if (opened.mesh === null)
    throw new Error(opened.diagnostics.map(({ code, message }) => `${code}: ${message}`).join('\n'))
  const { mesh } = opened
  if (opened.services === null) throw new Error('no services were declared')
  const lock = withPublicKeys(opened.lock, { mesh, root })
  const deployment = deploy(opened.services, mesh, { root, given: new Map() })
  const files = new Map<string, string>()
  for (const host of renderMesh(mesh, keysOf(mesh, lock, root), deployment))
    for (const [path, file] of host) files.set(path, file.bytes.toString())
  return {
    ...{ mesh, deployment, files },
    diagnostics: opened.diagnostics,
    textOf: (host, jail, path) => {
      const text = files.get(`${host}/usr/local/jails/${jail}/${path}`)
      if (text === undefined) throw new Error(`no ${path} in ${jail} on ${host}`)
      return text
    },
    addressesOf: (host, jail) => {
      const found = mesh.hosts.find(one => one.name === host)?.jails.find(one => one.name === jail)
      if (found === undefined) throw new Error(`no jail ${jail} on ${host}`)
      return [found.address.inet.text, found.address.inet6.text]
    },
  }
}

/** What is said of these services: for those that are refused. */
export const complaints = async (services: string, more: Readonly<Record<string, string>> = {}) =>
  (await open(services, more)).diagnostics.filter(({ severity }) => severity !== 'note')

async function open(services: string, more: Readonly<Record<string, string>>) {
  const main = readFileSync(join(shipped, 'mesh.yaml'), 'utf8').replace(
    /^(?:flows|tests|services):\n(?:[ #].*\n|\n)*/gm,
    '',
  )
  const overrides = new Map([['mesh.yaml', `${main}\nservices:\n${indented(services)}`]])
  for (const file of readdirSync(join(shipped, 'regions'))) {
    const text = readFileSync(join(shipped, 'regions', file), 'utf8')
    overrides.set(`regions/${file}`, text.replace(/^ {4}jails:\n(?: {6}.*\n)*/gm, ''))
  }
  for (const [path, text] of Object.entries(more)) overrides.set(path, text)
  return openMesh({ directory: '/nonexistent', environment: {}, purpose: 'plan', overrides, fresh: true })
}

const indented = (text: string): string => text.replace(/^\n/, '').replace(/^(?=.)/gm, '  ')

const has = (command: string): boolean => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0

/** Tests that need root and these programs. Where they must run (MESHWRIGHT_ROOT_TESTS=1), nothing is skipped. */
export const withPrograms = (...programs: readonly string[]) =>
  describe.skipIf(
    process.env['MESHWRIGHT_ROOT_TESTS'] !== '1' && !(process.getuid?.() === 0 && ['unshare', ...programs].every(has)),
  )

interface Ran {
  readonly status: number | null
  readonly output: string
}

/** Writes files into a directory that goes with the test; returns it. */
export function laidOut(files: Readonly<Record<string, string>>, mode = 0o644): string {
  const directory = temporary()
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true })
    writeFileSync(join(directory, path), text, { mode })
  }
  return directory
}

/** Runs a script of sh(1) in an empty network namespace in which these addresses are those of `lo`. */
export function alone(addresses: readonly string[], script: string, seconds = 60): Ran {
  const up = addresses.map(address => `ip addr add ${address}/${address.includes(':') ? '128 nodad' : '32'} dev lo`)
  const ran = spawnSync(
    'unshare',
    [
      '-n',
      '-p',
      '-f',
      '--mount-proc',
      '--kill-child=KILL',
      'sh',
      '-c',
      ['ip link set lo up', ...up, script].join('\n'),
    ],
    // Daemons that are not root may not be where this runs.
    { cwd: '/', encoding: 'utf8', timeout: seconds * 1000, killSignal: 'SIGKILL' },
  )
  return { status: ran.status, output: ran.stdout + ran.stderr }
}
