/** Refusals that come from what lies on disk rather than from what a mesh says: how each state comes about. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { makeIdentity } from '../src/keys/identity.ts'
import { meshwright, type Ran } from './command.ts'

interface Setting {
  readonly directory: string
  readonly home: string
  readonly build: (...more: string[]) => Promise<Ran>
}

export const stateCases: Readonly<Record<string, (setting: Setting) => Promise<Ran>>> = {
  'no-mesh': ({ directory, build }) => {
    rmSync(join(directory, 'mesh.yaml'))
    return build()
  },
  unreadable: ({ directory, build }) => {
    rmSync(join(directory, 'mesh.yaml'))
    mkdirSync(join(directory, 'mesh.yaml'))
    return build()
  },
  'not-utf-8': ({ directory, build }) => {
    writeFileSync(join(directory, 'regions/home.yaml'), Buffer.from('region: home\ntitle: K\xf6ln\n', 'latin1'))
    return build()
  },
  'too-large': ({ directory, build }) => {
    writeFileSync(join(directory, 'regions/home.yaml'), Buffer.alloc(16 * 2 ** 20 + 1, '#'))
    return build()
  },
  'lock-unreadable--cut-short': async ({ directory, build }) => {
    await build()
    truncateSync(join(directory, 'mesh.lock.yaml'), 300)
    return build()
  },
  'secrets-lost': async ({ directory, build }) => {
    await build()
    rmSync(join(directory, 'secrets.age'))
    return build()
  },
  'secrets-unreadable': async ({ directory, build }) => {
    await build()
    truncateSync(join(directory, 'secrets.age'), 250)
    return build()
  },
  'identity-lost': async ({ home, build }) => {
    await build()
    rmSync(join(home, 'identity.txt'))
    return build()
  },
  'identity-wrong': async ({ home, build }) => {
    await build()
    rmSync(join(home, 'identity.txt'))
    await makeIdentity(join(home, 'identity.txt'))
    return build()
  },
  'identity-wrong--not-one': ({ home, build }) => {
    writeFileSync(join(home, 'identity.txt'), 'hunter2\n', { mode: 0o600 })
    return build()
  },
  'identity-open': async ({ home, build }) => {
    await build()
    chmodSync(join(home, 'identity.txt'), 0o644)
    return build()
  },
  'recipients-changed': async ({ directory, build }) => {
    await build()
    const mesh = join(directory, 'mesh.yaml')
    writeFileSync(
      mesh,
      `${readFileSync(mesh, 'utf8')}recipients: [age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p]\n`,
    )
    return build()
  },
  busy: ({ directory, build }) => {
    const holder = { pid: process.pid, user: 'somebody', host: hostname(), since: '2026-01-01T00:00:00.000Z' }
    symlinkSync(JSON.stringify(holder), join(directory, '.meshwright.lock'))
    return build()
  },
  unwritable: ({ directory, build }) => {
    writeFileSync(join(directory, '.out.meshwright'), 'in the way')
    return build()
  },
  // Below /proc, where the system says "no such file" to whoever makes a directory; else below a file.
  'unwritable--no-place': ({ build }) =>
    build('--out', existsSync('/proc/self') ? '/proc/none/a/out' : '/dev/null/out'),
  'cannot-listen': ({ directory }) => meshwright({}, 'serve', '-C', directory, '--demo'),
  'token-open': ({ directory, home }) => {
    const token = join(home, 'token')
    writeFileSync(token, 'correct-horse\n')
    chmodSync(token, 0o644)
    const elsewhere = ['--listen', '192.0.2.77:9587']
    return meshwright({}, 'serve', '-C', directory, '--demo', '--token-file', token, ...elsewhere)
  },
  'foreign-files': ({ directory, build }) => {
    mkdirSync(join(directory, 'out'))
    writeFileSync(join(directory, 'out/notes.txt'), 'mine')
    return build()
  },
}
