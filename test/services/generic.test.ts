import { describe, expect, test } from 'vitest'
import { alone, complaints, laidOut, setting, withPrograms } from './setting.ts'

const wiki = `
wiki:
  kind: generic
  packages: [nginx]
  ports: [8080/tcp]
  from: [faraday]
  rc: {nginx_enable: "YES"}
  files:
    /usr/local/etc/nginx/nginx.conf: {text: "events {}", mode: "0640", group: www, reload: nginx}
  check: {port: 8080, path: /health}
  memory: 512M
`

describe('a service of any kind', () => {
  test('becomes a jail with its files, settings, flows and limits', async () => {
    const made = await setting(wiki)
    const { files, deployment } = made
    const host = deployment.services[0]?.instances('app')[0]?.host.name ?? ''
    expect(made.textOf(host, 'wiki-app', 'usr/local/etc/nginx/nginx.conf')).toBe('events {}\n')
    expect(made.textOf(host, 'wiki-app', 'etc/rc.conf')).toContain('nginx_enable="YES"\n')
    expect(files.get(`${host}/etc/jail.conf.d/wiki-app.conf`)).toContain('memoryuse:deny=512M')
    expect(files.get(`${host}/etc/pf.conf`)).toMatch(
      /pass in quick on wg0 inet proto tcp from \S+ to \S+ port 8080 tag MW/,
    )
    const manifest = JSON.parse(files.get(`${host}.manifest.json`) ?? '') as {
      services: unknown[]
      files: { path: string }[]
    }
    expect(manifest.services).toMatchObject([{ jail: 'wiki-app', packages: ['nginx'], probe: { path: '/health' } }])
    expect(manifest.files.find(({ path }) => path.endsWith('nginx.conf'))).toMatchObject({
      mode: '0640',
      group: 'www',
      reload: 'rc:wiki-app/nginx/reload',
    })
  })

  test.each([
    ['{kind: genric}', 'unknown-kind', 'Did you mean generic?'],
    ['{kind: generic, prots: [80/tcp]}', 'unknown-key', 'Did you mean ports?'],
    ['{kind: generic, from: [outside]}', 'service-option', ''],
    ['{kind: generic, domains: [a.example]}', 'service-option', 'check'],
    ['{kind: generic, files: {/etc/rc.conf: {text: x}}}', 'service-option', ''],
    ['{kind: generic, files: {/../etc/x: {text: x}}}', 'bad-value', ''],
    ['{kind: generic, rc: {a: "$(reboot)"}}', 'bad-value', ''],
    ['{kind: generic, packages: ["-y"]}', 'bad-value', ''],
    ['{kind: generic, ports: [443/tcp], from: [outside], hosts: [bohr], count: 2}', 'placement-impossible', ''],
    ['{kind: generic, uses: {postgresql: db}}', 'unknown-key', ''],
    ['{kind: generic, roles: {ap: {count: 2}}}', 'unknown-reference', 'Did you mean app?'],
    ['{kind: generic, hosts: [tesle]}', 'unknown-reference', 'Did you mean tesla?'],
    ['{kind: generic, roles: {app: {regions: [us]}}}', 'unknown-reference', 'usa'],
    ['{kind: generic, labels: [nowhere]}', 'placement-impossible', ''],
  ])('%s is refused', async (yaml, code, hint) => {
    const found = await complaints(`one: ${yaml}`)
    expect(found.map(one => one.code)).toContain(code)
    expect(found.map(one => one.hint ?? '').join()).toContain(hint)
  })
})

describe('what a service needs of another', () => {
  const both = `
site:
  kind: generic
  check: {port: 8080, path: /}
front:
  kind: generic
  needs: [http]
`
  test('stands in a file of its own, and only the two may talk', async () => {
    const made = await setting(both)
    const [front] = made.deployment.services.find(one => one.name === 'front')?.instances('app') ?? []
    const [site] = made.deployment.services.find(one => one.name === 'site')?.instances('app') ?? []
    const host = front?.host.name ?? ''
    expect(made.textOf(host, 'front-app', 'usr/local/etc/meshwright/http.env')).toMatch(/^# Made by meshwright/)
    const named = made.mesh.flows.map(flow => flow.name).filter(name => name.includes('-app'))
    expect(named).toEqual(['front-app>site-app 8080/tcp'])
    expect(site?.jail.spec.service?.depends).toEqual([])
  })

  test('is there before it, where they share a host', async () => {
    const made = await setting(both.replaceAll('kind: generic', 'kind: generic\n  hosts: [tesla]'))
    // rc.d/jail reads one file a jail: only the order of the list can say who is first.
    expect(made.files.get('tesla/etc/rc.conf.d/jail/meshwright')).toContain(
      'jail_list="${jail_list} site-app front-app"\njail_reverse_stop="YES"\n',
    )
    for (const jail of ['front', 'site'])
      expect(made.files.get(`tesla/etc/jail.conf.d/${jail}-app.conf`)).not.toContain('depend')
  })
})

withPrograms('nginx')('nginx', () => {
  const wikiOf = async () => {
    const made = await setting(wiki)
    const host = made.deployment.services[0]?.instances('app')[0]?.host.name ?? ''
    return {
      text: made.textOf(host, 'wiki-app', 'usr/local/etc/nginx/nginx.conf'),
      at: made.addressesOf(host, 'wiki-app'),
    }
  }
  const check = (text: string, at: readonly string[]) => {
    const directory = laidOut({ 'nginx.conf': text })
    return alone(at, `nginx -t -p '${directory}' -c '${directory}/nginx.conf'`)
  }
  test('reads a file that was given, and refuses a broken one', async () => {
    const { text, at } = await wikiOf()
    expect(check(text, at).output).toContain('successful')
    expect(check(text.replace('{}', '{'), at).status).not.toBe(0)
  })
})
