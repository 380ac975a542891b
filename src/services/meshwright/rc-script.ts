/** usr/local/etc/rc.d/meshwright (rc(8)): `meshwright serve` in a jail, or on a machine of your own. */
import type { JailFile } from '../kind.ts'
import { renderRcScript } from '../rc-script.ts'

export const configuration = '/usr/local/etc/meshwright'
export const meshDirectory = `${configuration}/mesh`
export const identityFile = `${configuration}/id_ed25519`
export const node = '/usr/local/bin/node'
/** Where npm(1) puts what is installed for all; the package needs no other. */
export const packageDirectory = '/usr/local/lib/node_modules/meshwright'
export const program = `${packageDirectory}/dist/meshwright.js`
/** Its own: what root gave it to read lies there. */
const home = '/var/db/meshwright'

export const rcScript = (): JailFile =>
  renderRcScript({
    ...{ name: 'meshwright', user: 'meshwright', makesUser: true, directory: home, reload: 'HUP' },
    settings: [
      {
        ...{ name: 'meshwright_mesh', value: meshDirectory },
        what: 'The directory of the mesh, readable by all: mesh.yaml, regions/, mesh.lock.yaml, known_hosts. No secrets.',
      },
      {
        ...{ name: 'meshwright_identity', value: identityFile },
        what: 'The private key for ssh to the hosts. Empty: none is needed.',
      },
      {
        ...{ name: 'meshwright_listen', value: '' },
        what: 'ADDRESS:PORT. Empty: the address of this machine in the mesh, port 9587.',
      },
      {
        ...{ name: 'meshwright_token_file', value: '' },
        what: 'A file with the bearer token that whoever asks must show. Empty: anybody may ask.',
      },
      { name: 'meshwright_args', value: '', what: 'More options of meshwright serve.' },
    ],
    required: { dirs: ['$meshwright_mesh'], files: [program, '$meshwright_identity', '$meshwright_token_file'] },
    // Root's files, closed to others, as copies that it may read.
    before: [
      ...[
        ['$meshwright_identity', 'identity'],
        ['$meshwright_token_file', 'token'],
      ].map(
        ([from = '', to = '']) =>
          `[ -z "${from}" ] || install -o meshwright -m 0600 "${from}" ${home}/${to} || return 1`,
      ),
    ],
    // By its interpreter: `env node` finds none by the path that rc(8) has.
    command: [
      ...[node, program, 'serve', '-C "$meshwright_mesh"'],
      `\${meshwright_identity:+--identity ${home}/identity}`,
      `\${meshwright_listen:+--listen "$meshwright_listen"}`,
      `\${meshwright_token_file:+--token-file ${home}/token}`,
      '$meshwright_args',
    ].join(' '),
  })
