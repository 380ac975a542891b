import { ed25519 } from '@noble/curves/ed25519.js'
import { join } from 'node:path'
import { parse } from 'smol-toml'
import { describe, expect, test } from 'vitest'
import { beforeStart } from '../../src/services/garage/garage.toml.ts'
import { alone, complaints, laidOut, setting, type Setting, withPrograms } from './setting.ts'

const services = `
files: {kind: garage}
shop: {kind: generic, needs: [s3], hosts: [faraday]}
`
const core = ['bohr', 'newton', 'tesla']
const directory = 'usr/local/etc/garage'
const toml = (made: Setting, host: string) => made.textOf(host, 'files-storage', 'usr/local/etc/garage.toml')
const secret = (made: Setting, host: string, name: string) =>
  made.textOf(host, 'files-storage', `${directory}/${name}`).trimEnd()

/** All keys of garage.toml that the files here use; Garage itself ignores those it does not know. */
const known = {
  '': [
    ...['metadata_dir', 'data_dir', 'db_engine', 'metadata_auto_snapshot_interval', 'replication_factor'],
    ...['consistency_mode', 'rpc_bind_addr', 'rpc_public_addr', 'rpc_bind_outgoing', 'rpc_secret_file'],
    ...['bootstrap_peers', 's3_api', 's3_web', 'admin'],
  ],
  s3_api: ['api_bind_addr', 's3_region'],
  s3_web: ['bind_addr', 'root_domain'],
  admin: ['api_bind_addr', 'admin_token_file', 'metrics_token_file'],
}
const unknownKeys = (text: string): readonly string[] => {
  const file = parse(text)
  return Object.entries(known).flatMap(([table, keys]) =>
    Object.keys((table === '' ? file : file[table]) as object).filter(key => !keys.includes(key)),
  )
}

describe('garage', () => {
  test('stores in every region; only its proxies reach its nodes, and only its clients reach them', async () => {
    const made = await setting(services)
    const files = made.deployment.services.find(one => one.name === 'files')
    const hosts = (role: string) => files?.instances(role).map(({ host }) => host.name)
    expect([hosts('storage'), hosts('gateway'), hosts('proxy')]).toEqual([core, [], ['faraday']])
    const flows = made.mesh.flows.map(flow => flow.name)
    expect(flows).toContain('shop-app@faraday>files-proxy@faraday 3900/tcp')
    expect(flows).toContain('files-proxy>files-storage 3900/tcp,3903/tcp')
    expect(flows.some(flow => flow.startsWith('shop-app>files-storage'))).toBe(false)
  })

  test('garage.toml says only what Garage knows, and who the others are', async () => {
    const made = await setting(services)
    for (const host of core) {
      const text = toml(made, host)
      expect(unknownKeys(text)).toEqual([])
      const file = parse(text) as unknown as { bootstrap_peers: string[]; replication_factor: number }
      expect(file.replication_factor).toBe(3)
      const others = core.filter(one => one !== host)
      expect(file.bootstrap_peers.map(peer => peer.replace(/^.*@/, ''))).toEqual(
        others.map(one => `${made.addressesOf(one, 'files-storage')[0]}:3901`),
      )
    }
    expect(unknownKeys(toml(made, 'tesla').replace(/^data_dir/m, 'data_dri'))).toEqual(['data_dri'])
    expect(() => parse(toml(made, 'tesla').replace('["', '["a" "'))).toThrow()
  })

  test('a node key is seed and public key of Ed25519; its peers know it by the public key', async () => {
    const made = await setting(services)
    const key = Buffer.from(secret(made, 'tesla', 'node_key.b64'), 'base64')
    expect(key).toHaveLength(64)
    const raw = Buffer.from(ed25519.getPublicKey(key.subarray(0, 32)))
    expect(key.subarray(32)).toEqual(raw)
    expect(secret(made, 'tesla', 'node_key.pub.b64')).toBe(raw.toString('base64'))
    expect(toml(made, 'bohr')).toContain(`"${raw.toString('hex')}@`)
    expect(secret(made, 'bohr', 'node_key.b64')).not.toBe(secret(made, 'tesla', 'node_key.b64'))
    expect(secret(made, 'bohr', 'rpc_secret')).toBe(secret(made, 'tesla', 'rpc_secret'))
    expect(secret(made, 'bohr', 'rpc_secret')).toMatch(/^[0-9a-f]{64}$/)
  })

  test('one node alone knows the layout and the keys of clients; a client has its bucket and the same key', async () => {
    const made = await setting(services)
    const holders = core.filter(host =>
      made.files.has(`${host}/usr/local/jails/files-storage/${directory}/layout.json`),
    )
    expect(holders).toEqual(['bohr'])
    const env = made.textOf('faraday', 'shop-app', 'usr/local/etc/meshwright/s3.env')
    const [client] = JSON.parse(secret(made, 'bohr', 'clients.json')) as Record<string, string>[]
    expect(client).toMatchObject({ name: 'shop', bucket: 'shop' })
    expect(env).toContain(`S3_KEY_ID='${client?.['accessKeyId']}'`)
    expect(env).toContain(`S3_SECRET_KEY='${client?.['secretAccessKey']}'`)
    expect(env).toContain(`S3_HOST='${made.addressesOf('faraday', 'files-proxy')[0]}'`)
    for (const [path, text] of made.files)
      if (!/clients\.json|s3\.env/.test(path)) expect(text, path).not.toContain(client?.['secretAccessKey'])
  })

  test('a gateway is in the layout without capacity, and proxies know it', async () => {
    const made = await setting(
      'files: {kind: garage, roles: {gateway: {count: 1, hosts: [faraday]}}}\nshop: {kind: generic, needs: [s3], hosts: [faraday]}',
    )
    const layout = JSON.parse(secret(made, 'bohr', 'layout.json')) as { capacity: number | null; tags: string[] }[]
    expect(layout.filter(one => one.capacity === null).map(one => one.tags)).toEqual([['faraday']])
    const conf = made.textOf('faraday', 'files-proxy', 'usr/local/etc/haproxy.conf')
    const servers = [...conf.matchAll(/^ {2}server (\S+) .*?( backup)?$/gm)].map(([, name, backup]) => [
      name,
      backup !== undefined,
    ])
    expect(servers).toEqual([
      ['faraday-gateway', false],
      ['tesla-storage', true],
      ['newton-storage', true],
      ['bohr-storage', true],
    ])
  })

  test.each([
    ['{kind: garage, roles: {storage: {count: 1}}}', 'service-option'],
    ['{kind: garage, replication: 4}', 'bad-value'],
    ['{kind: garage, version: "0.9"}', 'bad-value'],
    ['{kind: garage, consistency: maybe}', 'bad-value'],
  ])('%s is refused', async (yaml, code) => {
    expect((await complaints(`files: ${yaml}`)).map(one => one.code)).toContain(code)
  })
})

withPrograms(
  'curl',
  'jq',
  'dash',
)('the first start', () => {
  async function stage(version: string) {
    const made = await setting(services.replace('garage', `garage, version: "${version}"`))
    const at = laidOut({}, 0o600)
    const script = (step: string) =>
      made
        .textOf('bohr', 'files-storage', `usr/local/libexec/meshwright/files-${step}.sh`)
        .replaceAll(/\/usr\/local\/etc\/garage/g, at)
        .replaceAll('-ge 60', '-ge 2')
        .replaceAll('/tmp/garage.', `${at}/tmp.`)
    const names = ['layout.json', 'clients.json', 'admin.curl']
    const files = laidOut({
      ...Object.fromEntries(names.map(name => [name, `${secret(made, 'bohr', name)}\n`])),
      'layout.sh': script('layout').replaceAll(at, '@DIR@'),
      'clients.sh': script('clients').replaceAll(at, '@DIR@'),
    })
    const ids = (JSON.parse(secret(made, 'bohr', 'layout.json')) as { id: string }[]).map(one => one.id)
    const [own] = made.addressesOf('bohr', 'files-storage')
    const token = secret(made, 'bohr', 'admin_token')
    const server = (up: readonly string[], given = token) =>
      `${process.execPath} ${join(import.meta.dirname, 'garage-admin.mjs')} ${own} ${version} ${given} ${files}/state.json ${up.join(' ')} > ${files}/log 2>&1 & admin=$!
       for i in $(seq 50); do curl -s -o /dev/null http://${own}:3903/ && break; sleep 0.1; done`
    const run = (script: string) =>
      alone(
        [own],
        `cd ${files}; sed -i 's#@DIR@#${files}#g' layout.sh clients.sh\n${script}\nkill $admin; cat ${files}/log; ls ${files}`,
      )
    return { run, server, ids, files, made }
  }

  test.each(['1.1', '2.0'])('of Garage %s: done once, and nothing is changed by doing it again', async version => {
    const { run, server, ids } = await stage(version)
    const { output } = run(`${server(ids)}
      for i in 1 2; do dash layout.sh; dash clients.sh; done 2>&1`)
    expect(output.match(/^apply 200$/gm)).toHaveLength(1)
    expect(output.match(/^importKey 200$/gm)).toHaveLength(1)
    expect(output.match(/^createBucket 200$/gm)).toHaveLength(1)
    expect(output).toContain('garage: layout 1 is applied\n')
    expect(output).toContain('garage: the layout is as it should be\n')
    expect(output).toContain('garage: bucket shop is there\n')
    expect(output).not.toMatch(/ 400$|^tmp\./m)
  })

  test('a node that is away, a wrong token, and changes of somebody else stop it', async () => {
    const { run, server, ids } = await stage('2.0')
    const away = run(`${server(ids.slice(1))}\ndash layout.sh 2>&1; echo "exit $?"`)
    expect(away.output).toMatch(/garage: not reached yet: \w+\nexit 1/)
    const forged = run(`${server(ids, 'wrong')}\ndash layout.sh 2>&1; echo "exit $?"`)
    expect(forged.output).toContain('GetClusterStatus answered 403\nexit 1')
    const other =
      run(`echo '{"version":3,"roles":[],"staged":[{"id":"${'0'.repeat(64)}","zone":"x","capacity":null,"tags":[]}],"keys":{},"buckets":{}}' > state.json
      ${server(ids)}\ndash layout.sh 2>&1; echo "exit $?"`)
    expect(other.output).toContain('garage: somebody has staged other changes')
    expect(other.output).toContain('exit 1')
    for (const { output } of [away, forged, other]) expect(output).not.toMatch(/^apply /m)
  })

  test('a node starts with the key that its peers know, and keeps one that it has', async () => {
    const { made } = await stage('1.1')
    const names = ['node_key.b64', 'node_key.pub.b64', 'rpc_secret', 'admin_token', 'metrics_token']
    const at = laidOut({
      ...Object.fromEntries(names.map(name => [`etc/${name}`, `${secret(made, 'tesla', name)}\n`])),
      // b64decode(1) of FreeBSD: -r, no header and no trailer; -o, into a file.
      'bin/b64decode': '#!/bin/sh\n[ "$1 $2" = "-r -o" ] && exec base64 -d "$4" > "$3"\n',
    })
    const lines = beforeStart
      .join('\n')
      .replaceAll('/usr/local/etc/garage', `${at}/etc`)
      .replaceAll('/var/db/garage', `${at}/db`)
      .replaceAll(/(-o|chown) garage/g, '$1 root')
    const { output } = alone(
      [],
      `chmod +x ${at}/bin/*; PATH=${at}/bin:$PATH; set -e
      ${lines}
      base64 -w0 ${at}/db/meta/node_key; echo; stat -c '%a %n' ${at}/db/meta/* ${at}/db/rpc_secret
      echo mine > ${at}/db/meta/node_key
      ${lines}
      cat ${at}/db/meta/node_key`,
    )
    expect(output).toContain(`${secret(made, 'tesla', 'node_key.b64')}\n`)
    expect(output).toContain(`600 ${at}/db/meta/node_key\n`)
    expect(output).toContain(`600 ${at}/db/rpc_secret\n`)
    expect(output.trimEnd()).toMatch(/mine$/)
    const script = made.textOf('tesla', 'files-storage', 'usr/local/etc/rc.d/mesh_garage')
    expect(alone([], `dash -n ${laidOut({ script })}/script`).status).toBe(0)
  })

  test('a node that has gone leaves the layout by the next version', async () => {
    const { run, server, ids, made } = await stage('1.1')
    const roles = JSON.parse(secret(made, 'bohr', 'layout.json')) as object[]
    const before = {
      version: 7,
      roles: [...roles, { id: 'f'.repeat(64), zone: 'x', capacity: 4096, tags: [] }],
      staged: [],
      keys: {},
      buckets: {},
    }
    const { output } = run(
      `echo '${JSON.stringify(before)}' > state.json\n${server(ids)}\ndash layout.sh 2>&1; jq -c '[.version, (.roles | length)]' state.json`,
    )
    expect(output).toContain('garage: layout 8 is applied\n')
    expect(output).toContain('[8,3]')
  })
})

withPrograms('haproxy')('haproxy', () => {
  test('reads the proxy’s file, and refuses it broken', async () => {
    const made = await setting(services)
    const text = made
      .textOf('faraday', 'files-proxy', 'usr/local/etc/haproxy.conf')
      .replaceAll(/(user|group) www/g, '$1 haproxy')
    const at = laidOut({ good: text, bad: text.replace('httpchk', 'httpchkk') })
    const { output } = alone(
      made.addressesOf('faraday', 'files-proxy'),
      `for f in good bad; do haproxy -dW -c -f ${at}/$f >/dev/null 2>&1; echo "$f $?"; done`,
    )
    expect(output).toContain('good 0\nbad 1\n')
  })
})
