/** The real wg(8) reads what is rendered: wireguard-go in a network namespace of the test's own. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { temporary } from '../command.ts'
import { anyMesh, meshOf, plainHost, render } from './meshes.ts'

const has = (command: string) => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0
const able = process.getuid?.() === 0 && ['wg', 'wireguard-go', 'unshare'].every(has)
/** Where these tests must run, what they need must be there. */
const demanded = process.env['MESHWRIGHT_ROOT_TESTS'] === '1'

/** Runs a script beside a fresh wg0 that nobody else sees. */
function besideWg0(script: string): {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
} {
  const setUp = 'mount -t tmpfs tmpfs /run && mkdir -p /run/wireguard && wireguard-go wg0 >/dev/null 2>&1'
  const ran = spawnSync(
    'unshare',
    ['-n', '-m', '-p', '-f', '--kill-child', 'sh', '-c', `${setUp} || exit 99\n${script}`],
    {
      encoding: 'utf8',
    },
  )
  return { status: ran.status, stdout: ran.stdout, stderr: ran.stderr }
}

/** The facts of a configuration, in one order. */
const factsOf = (text: string): string[] =>
  text
    .split('\n')
    .filter(line => / = /.test(line))
    .map(line =>
      line.replace(
        /^AllowedIPs = (.*)$/,
        (_, list: string) => `AllowedIPs = ${list.split(', ').toSorted().join(', ')}`,
      ),
    )
    .toSorted()

describe.skipIf(!able && !demanded)('the real wg', () => {
  test('reads every rendered wg0.conf and holds what it says', async () => {
    const directory = temporary()
    const texts: string[] = []
    await fc.assert(
      fc.asyncProperty(anyMesh, async draft => {
        const rendered = await render(draft)
        for (const [path, text] of rendered?.files ?? []) if (path.endsWith('wg0.conf')) texts.push(text)
      }),
      { numRuns: 12 },
    )
    expect(texts.length).toBeGreaterThan(10)
    for (const [i, text] of texts.entries()) writeFileSync(join(directory, `${i}.conf`), text, { mode: 0o600 })
    const ran = besideWg0(
      `cd '${directory}' && for f in *.conf; do wg setconf wg0 $f && wg syncconf wg0 $f && wg showconf wg0 > $f.shown || { echo "$f"; exit 1; }; done`,
    )
    expect(ran.status, ran.stdout + ran.stderr).toBe(0)
    for (const [i, text] of texts.entries()) {
      const shown = spawnSync('cat', [join(directory, `${i}.conf.shown`)], { encoding: 'utf8' }).stdout
      expect(factsOf(shown)).toEqual(factsOf(text))
    }
  })

  test('refuses a key it does not know and a damaged file', () => {
    const directory = temporary()
    writeFileSync(join(directory, 'address.conf'), '[Interface]\nListenPort = 51820\nAddress = 10.64.0.1/32\n')
    writeFileSync(join(directory, 'key.conf'), '[Interface]\nPrivateKey = short\n')
    for (const file of ['address.conf', 'key.conf'])
      expect(besideWg0(`wg setconf wg0 '${join(directory, file)}'`).status).toBe(1)
  })

  test('a host that keeps its own key loads it beside the rendered file, and keeps its peers', async () => {
    const directory = temporary()
    const rendered = await render(meshOf(plainHost('ampere', 'north'), plainHost('bohr', 'north')))
    const etc = join(directory, 'wireguard')
    mkdirSync(etc)
    const conf = rendered?.files.get('ampere/usr/local/etc/wireguard/wg0.conf') ?? ''
    writeFileSync(join(etc, 'wg0.conf'), conf.replace(/^PrivateKey.*\n/m, ''))
    const hook = (await import('../../src/render/start_if.wg0.ts')).renderStartIf({
      spec: { keys: { kind: 'host', publicKey: '' } },
    } as unknown as Parameters<typeof import('../../src/render/start_if.wg0.ts').renderStartIf>[0])
    const script = hook.content.text.replaceAll('/usr/local/etc/wireguard', etc).replaceAll('/usr/bin/wg', 'wg')
    writeFileSync(join(directory, 'hook'), script)
    const ran = besideWg0(
      `umask 077; wg genkey > '${etc}/wg0.key'; . '${join(directory, 'hook')}'; wg pubkey < '${etc}/wg0.key'; wg show wg0 public-key; wg show wg0 peers | wc -l`,
    )
    const [own, loaded, peers] = ran.stdout.trim().split('\n')
    expect(ran.status, ran.stderr).toBe(0)
    expect(own).toBe(loaded)
    expect(Number(peers)).toBe(1)
  })
})
