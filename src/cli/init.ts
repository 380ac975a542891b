/** `meshwright init`: a new mesh directory that builds as it stands, with what is to be replaced marked. */
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { type Diagnostic, error } from '../../topology/diagnostic.ts'
import { lockDocument } from '../../topology/lock.ts'
import { isDomainName, nameProblem } from '../../topology/names.ts'
import { defaultRegions, findRegionFiles, meshDocument, secretsDocument } from '../load/directory.ts'
import { reason } from '../load/reason.ts'
import { drawUla } from '../load/open.ts'
import { jsonSchema } from './json-schema.ts'
import { replaceFile } from '../write/replace.ts'
import { type ExitCode, exitCodes, type Io, refuse } from './io.ts'

export interface InitOptions {
  readonly directory: string
  readonly name?: string
  readonly domain: string
  readonly json: boolean
}

export async function init(io: Io, options: InitOptions): Promise<ExitCode> {
  const base = basename(resolve(options.directory)).toLowerCase()
  const name = options.name ?? (nameProblem(base) === null ? base : 'mesh')
  const problem = await refusal(options, name)
  if (problem !== null) return refuse(io, [problem], options.json)
  const files = new Map([
    ['mesh.yaml', meshYaml(name, options.domain)],
    [homeRegion, regionYaml],
    ['schema/mesh.json', `${JSON.stringify(jsonSchema('mesh'), null, 2)}\n`],
    ['schema/region.json', `${JSON.stringify(jsonSchema('region'), null, 2)}\n`],
    ['.gitignore', await gitignoreFor(options.directory)],
  ])
  try {
    for (const directory of ['', 'regions', 'schema'])
      await mkdir(join(options.directory, directory), { recursive: true })
    // mesh.yaml comes last: before it is there, the directory is no mesh, and init can be run again.
    for (const [path, text] of [...files].toReversed()) await replaceFile(join(options.directory, path), text, 0o644)
  } catch (cause) {
    return refuse(io, [error('unwritable', `${options.directory} cannot be written: ${reason(cause)}`)], options.json)
  }
  if (options.json) io.stdout.write(`${JSON.stringify({ ok: true, mesh: name, files: [...files.keys()] }, null, 2)}\n`)
  else
    io.stdout.write(
      `Made mesh ${name} in ${options.directory}:\n${[...files.keys()].map(path => `  ${path}\n`).join('')}\n` +
        `Put your own endpoints and admin: prefixes into it, then:\n  meshwright check -C ${shown(options.directory)}\n  meshwright build -C ${shown(options.directory)}\n`,
    )
  return exitCodes.done
}

/** What is there already stays, with out/ added to it. */
async function gitignoreFor(directory: string): Promise<string> {
  const before = await readFile(join(directory, '.gitignore'), 'utf8').catch(() => '')
  if (/^\/?out\/?$/m.test(before)) return before
  return `${before}${before === '' || before.endsWith('\n') ? '' : '\n'}/out/\n`
}

/** For a shell, where it must be quoted. */
const shown = (path: string): string => (/^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`)

async function refusal(options: InitOptions, name: string): Promise<Diagnostic | null> {
  const wrong = nameProblem(name)
  if (wrong !== null) return error('bad-name', `${JSON.stringify(name.slice(0, 80))} is not a name: ${wrong}`)
  if (!isDomainName(options.domain))
    return error('bad-value', `${JSON.stringify(options.domain.slice(0, 80))} is not a domain name`)
  try {
    const there = await readdir(options.directory)
    const taken = [meshDocument, lockDocument, secretsDocument].find(entry => there.includes(entry))
    const others = (await findRegionFiles(options.directory, defaultRegions)) ?? []
    // The region that an interrupted init left is its own.
    const left = await readFile(join(options.directory, homeRegion), 'utf8').catch(() => '')
    const other = taken ?? others.find(path => path !== homeRegion || left !== regionYaml)
    if (other === undefined) return null
    return error(
      'foreign-files',
      `${options.directory} has ${other} already`,
      undefined,
      'A new mesh begins in a directory of its own.',
    )
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null
    return error('unwritable', `${options.directory} cannot be used: ${reason(cause)}`)
  }
}

const homeRegion = 'regions/home.yaml'

const meshYaml = (name: string, domain: string): string => `# yaml-language-server: $schema=./schema/mesh.json
mesh: ${name}
domain: ${domain}
regions: regions/*.yaml

addressing:
  ipv4: 10.64.0.0/10
  ipv6: "${drawUla().text}" # drawn for this mesh alone (RFC 4193); keep it

wireguard: {topology: full, port: 51820, keepalive: 25, preshared-keys: true}

defaults:
  release: "14.4"
  # REPLACE: where you log in from. pf lets ssh in from nowhere else.
  admin: [198.51.100.0/24]

# Who may reach whom, beyond what the jails say themselves; all else is denied.
flows:
  - {from: web, to: outside, ports: [443/tcp], why: updates}

# What must hold, whatever else changes.
tests:
  - must-reach: {from: outside, to: web, port: 443/tcp}
  - must-not-reach: {from: outside, to: db}
`

const regionYaml = `# yaml-language-server: $schema=../schema/region.json
region: home
title: Home
location: {latitude: 52.37, longitude: 4.9}
hosts:
  # REPLACE: these addresses are for documentation (RFC 5737, RFC 3849); yours are those your hosts have on the internet.
  tesla:
    endpoint: [203.0.113.10, "2001:db8:1::10"]
    interface: vtnet0
    jails:
      web: {ports: [443/tcp], from: [outside]}
  newton:
    endpoint: 203.0.113.20
    interface: vtnet0
    jails:
      db: {ports: [5432/tcp], from: [web]}
`
