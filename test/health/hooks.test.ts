import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Event } from '../../src/health/events.ts'
import { Programs, type Run, runner } from '../../src/health/hooks/command.ts'
import { hookProblems, Hooks, type HooksOptions } from '../../src/health/hooks/hooks.ts'
import { contentOf, escaped, type Post, poster, urlProblem, Webhook } from '../../src/health/hooks/webhook.ts'
import { levelOfTunnel } from '../../src/health/snapshot.ts'
import { type TunnelState, tunnelStates } from '../../src/health/verdict.ts'
import { tunnelBetween } from '../../src/health/fleet.ts'
import { SecretText } from '../../src/keys/secret-text.ts'
import type { HookSpec } from '../../topology/spec.ts'
import { temporary } from '../command.ts'
import { fleet } from './prometheus-fleet.ts'
import { numberIn } from './watched.ts'

const place = { document: 'mesh.yaml', path: ['hooks', 0] }
const hook = (does: HookSpec['does'], more: Partial<HookSpec> = {}): HookSpec => ({
  ...{ on: ['host', 'service', 'tunnel'], atLeast: 'bad', hold: 0, does, place },
  ...more,
})
const chat = hook({ kind: 'webhook', secret: 'discord' })
const secretsOf = (url: string): ReadonlyMap<string, SecretText> =>
  new Map([['discord', new SecretText(url, 'secret discord')]])

const down = (host: string, at: number, why = ''): Event => ({
  ...{ at, subject: { kind: 'host', name: host }, level: 'bad', before: 'up', after: 'down', why, flapping: false },
})
const quorum = (service: string, at: number, why = ''): Event => ({
  ...{ at, subject: { kind: 'service', name: service }, level: 'bad', before: 'works', after: 'no quorum' },
  ...{ why, flapping: false },
})

/** Till it is so; with a bound. */
async function till(done: () => boolean): Promise<void> {
  for (let tries = 0; tries < 500 && !done(); tries += 1) await new Promise(resolve => setTimeout(resolve, 20))
  expect(done()).toBe(true)
}

/** A program that a test writes down: sh(1). */
function program(text: string): string {
  const path = join(temporary(), 'program')
  writeFileSync(path, `#!/bin/sh\n${text}\n`)
  chmodSync(path, 0o755)
  return path
}

async function serving(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

interface Heard {
  readonly content: string
  readonly allowed_mentions: unknown
}
/** A chat that answers in turn, the last answer again and again. */
async function chatting(...answers: readonly [number, string?, Record<string, string>?][]) {
  const heard: Heard[] = []
  const times: number[] = []
  const url = await serving((request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => (text += chunk.toString()))
    request.on('end', () => {
      heard.push(JSON.parse(text) as Heard)
      times.push(performance.now())
      const [status, body = '', headers = {}] = answers[Math.min(heard.length, answers.length) - 1] ?? [204]
      response.writeHead(status, headers).end(body)
    })
  })
  return { url: `${url}/api/webhooks/1/hunter2`, heard, times }
}

const made = (hooks: readonly HookSpec[], options: Partial<HooksOptions> = {}): Hooks =>
  new Hooks(hooks, { fleet, secrets: new Map(), pause: 10, ...options })

describe('a webhook', () => {
  test('hears many changes in one message, after as long as it asked for', async () => {
    const { url, heard, times } = await chatting([429, '{"retry_after": 0.3}', { 'retry-after': '60' }], [204])
    const hooks = made([chat], { secrets: secretsOf(url) })
    hooks.take([down('tesla', 1000, 'no answer'), quorum('db', 1000)], 1000)
    await till(() => heard.length === 2)
    expect(heard[1]).toEqual({
      content: '**table**\nhost tesla is down\\: no answer; 2 tunnels and 1 instance with it\nservice db\\: no quorum',
      allowed_mentions: { parse: [] },
    })
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(290)
    await hooks.close()
    expect(hooks.notes).toEqual([])
  })

  test('hears what came while it did not answer together, and nothing twice', async () => {
    const { url, heard } = await chatting([500], [503], [200])
    const hooks = made([chat], { secrets: secretsOf(url) })
    const events = [down('tesla', 1000)]
    hooks.take(events, 1000)
    await till(() => heard.length > 0)
    events.push(quorum('db', 2000))
    hooks.take(events, 2000)
    events.push(quorum('files', 3000))
    hooks.take(events, 3000)
    hooks.take(events, 4000)
    await hooks.close()
    expect(heard.slice(2).map(({ content }) => content.split('\n').slice(1))).toEqual([
      ['host tesla is down; 2 tunnels and 1 instance with it'],
      ['service db\\: no quorum', 'service files\\: no quorum'],
    ])
    expect(hooks.notes).toEqual([])
  })

  test.each<[string, [number, string?, Record<string, string>?], number, string]>([
    ['is gone', [404], 1, 'the webhook discord answers HTTP 404'],
    ['points elsewhere', [302, '', { location: 'http://192.0.2.1/' }], 1, 'the webhook discord answers HTTP 302'],
    ['is broken', [500], 6, 'the webhook discord answers HTTP 500, and was asked 6 times'],
    ['never has time', [429, '{"retry_after": "x"}'], 6, 'the webhook discord answers HTTP 429, and was asked 6 times'],
    [
      'wants less than no time',
      [429, '{"retry_after": -1e9}'],
      6,
      'the webhook discord answers HTTP 429, and was asked 6 times',
    ],
  ])('that %s is left alone, and that is noted', async (_, answer, tries, note) => {
    const { url, heard } = await chatting(answer)
    const told: string[] = []
    const hooks = made([chat], { secrets: secretsOf(url), tell: text => told.push(text), pause: 1 })
    hooks.take([down('tesla', 1000)], 1000)
    await till(() => told.length > 0)
    expect(heard).toHaveLength(tries)
    expect(hooks.notes).toEqual([note])
    expect(told).toEqual([note])
  })

  test('that is not there is asked again, and its URL is in no note', async () => {
    const post: Post = url => Promise.reject(new TypeError(`fetch failed: ${url.reveal()}`))
    const hooks = made([chat], { secrets: secretsOf('https://192.0.2.1/hunter2'), post, pause: 1 })
    hooks.take([down('tesla', 1000)], 1000)
    await till(() => hooks.notes.length > 0)
    expect(hooks.notes).toEqual(['the webhook discord does not answer, and was asked 6 times'])
    // The real thing says no more.
    const { port } = new URL(await serving(() => undefined))
    await expect(
      poster(new SecretText(`http://127.0.0.1:${port}/`, 'x'), '{}', AbortSignal.timeout(50)),
    ).rejects.toThrow()
  })

  test('that hangs does not hold up the end of a watch', async () => {
    const url = await serving(() => undefined)
    const hooks = made([chat], { secrets: secretsOf(url), patience: 100 })
    hooks.take([down('tesla', 1000)], 1000)
    const started = performance.now()
    await hooks.close()
    expect(performance.now() - started).toBeLessThan(3000)
    expect(hooks.notes).toEqual(['the webhook discord does not answer, and the watch ended'])
    hooks.take([quorum('db', 2000)], 2000)
    await hooks.close()
    expect(hooks.notes).toHaveLength(1)
  })

  test('gets what is left to be said when the watch ends', async () => {
    const { url, heard } = await chatting([204])
    const hooks = made([chat], { secrets: secretsOf(url) })
    hooks.take([down('tesla', 1000)], 1000)
    await hooks.close()
    expect(heard).toHaveLength(1)
  })

  test('is not flooded: what is too much is counted', async () => {
    let release = (): void => undefined
    const gate = new Promise<void>(resolve => (release = resolve))
    const bodies: string[] = []
    const post: Post = async (_, body) => {
      await gate
      bodies.push((JSON.parse(body) as Heard).content)
      return { status: 204, retryAfter: null }
    }
    const webhook = new Webhook(
      { name: 'x', url: new SecretText('https://192.0.2.1/', 'x'), mesh: 'm' },
      post,
      () => undefined,
    )
    webhook.say(['first'])
    webhook.say(Array.from({ length: 700 }, (_, i) => `line ${i}`))
    release()
    await webhook.close(5000)
    const lines = bodies.flatMap(body => body.split('\n').slice(1))
    expect(lines).toHaveLength(502)
    expect(lines.at(-1)).toBe('and 200 more changes')
    expect(bodies.every(body => body.length <= 2000)).toBe(true)
  })

  test('cannot be made to call anybody, to link, or to say more than fits', () => {
    const evil = '@everyone **x** [a](https://evil.example) <@1> `c` # h > q ~~s~~ ||t|| \\ _i_'
    expect(escaped(evil)).toBe(
      '\\@everyone \\*\\*x\\*\\* \\[a\\]\\(https\\:\\/\\/evil.example\\) \\<\\@1\\> \\`c\\` \\# h \\> q \\~\\~s\\~\\~ \\|\\|t\\|\\| \\\\ \\_i\\_',
    )
    const long = contentOf(['x'.repeat(5000)], 'm')
    expect([long.taken, long.content.length]).toEqual([1, 2000])
    const { content, taken } = contentOf(
      Array.from({ length: 50 }, () => '>'.repeat(100)),
      'm',
    )
    expect([taken, content.length <= 2000]).toEqual([9, true])
  })

  test.each([
    ['https://discord.example/api/webhooks/1/x', null],
    ['http://127.0.0.1:8080/x', null],
    ['http://[::1]/x', null],
    ['http://localhost/x', null],
    ['http://discord.example/x', 'is no https URL'],
    ['http://127.0.0.1.example/x', 'is no https URL'],
    ['http://10.64.0.1/x', 'is no https URL'],
    ['https://a:b@discord.example/x', 'has a password in its URL'],
    ['ftp://127.0.0.1/x', 'is no https URL'],
    ['file:///etc/passwd', 'is no https URL'],
    ['hunter2', 'is no URL'],
  ])('at %s: %s', (url, problem) => expect(urlProblem(url)).toBe(problem))

  test('without its secret, or with a wrong one, is complained of and tells nobody', async () => {
    expect(hookProblems([chat], new Map())).toMatchObject([
      {
        ...{ code: 'secret-missing', message: 'nobody has given the secret discord' },
        place: { document: 'mesh.yaml', path: ['hooks', 0, 'webhook', 'secret'] },
        hint: 'meshwright secrets set discord reads it from standard input.',
      },
    ])
    const wrong = hookProblems([chat], secretsOf('hunter2'))
    expect(wrong).toMatchObject([{ code: 'bad-value', message: 'the secret discord is no URL' }])
    expect(JSON.stringify(wrong)).not.toContain('hunter2')
    expect(
      hookProblems([chat, hook({ kind: 'command', argv: ['/bin/true'] })], secretsOf('https://discord.example/')),
    ).toEqual([])
    const hooks = made([chat])
    hooks.take([down('tesla', 1000)], 1000)
    await hooks.close()
    expect(hooks.notes).toEqual([])
  })
})

describe('a command', () => {
  test('gets the change on its standard input and in its environment, and nothing else of ours', async () => {
    const out = join(temporary(), 'out')
    const path = program(
      `cat > "$1"; env >> "$1"; printf '%s\\n' "$2" >> "$1"; pwd >> "$1"; echo quiet; echo done > "$1.done"`,
    )
    process.env['MESHWRIGHT_IDENTITY'] = '/secret/place'
    onTestFinished(() => {
      delete process.env['MESHWRIGHT_IDENTITY']
    })
    const hooks = made([hook({ kind: 'command', argv: [path, out, '$(id) "x" *'] })])
    hooks.take([down('tesla', 1_700_000_000_000, 'no\u001b[2J\nanswer')], 1_700_000_000_000)
    await till(() => existsSync(`${out}.done`))
    await hooks.close()
    const text = readFileSync(out, 'utf8')
    expect(JSON.parse(text.split('\n')[0] ?? '')).toMatchObject({
      ...{ mesh: 'table', kind: 'trouble', subject: { kind: 'host', name: 'tesla' }, level: 'bad', state: 'down' },
      ...{ why: 'no�[2J�answer', since: '2023-11-14T22:13:20.000Z', hosts: ['tesla'] },
    })
    for (const line of [
      ...['MESHWRIGHT_MESH=table', 'MESHWRIGHT_KIND=host', 'MESHWRIGHT_SUBJECT=tesla', 'MESHWRIGHT_STATE=down'],
      ...['MESHWRIGHT_BEFORE=', 'MESHWRIGHT_WHY=no�[2J�answer', '$(id) "x" *', '/'],
    ])
      expect(text.split('\n')).toContain(line)
    expect(text).not.toContain('MESHWRIGHT_IDENTITY')
    expect(hooks.notes).toEqual([])
  })

  const call = (path: string, ...args: string[]) => ({
    argv: [path, ...args] as [string, ...string[]],
    input: 'x'.repeat(200_000),
    environment: {},
  })
  const never = new AbortController().signal
  test.each<[string, () => string, string | RegExp | null]>([
    ['ends well', () => program('exit 0'), null],
    ['reads nothing', () => program('exec 0<&-; exit 0'), null],
    [
      'fails and says why',
      () => program("echo first >&2; printf 'no pager\\033[2J\\n\\n' >&2; exit 3"),
      'exited with 3: no pager�[2J',
    ],
    [
      'fails and says much',
      () => program("yes 'a very long complaint' | head -n 100000 >&2; echo last >&2; exit 1"),
      'exited with 1: last',
    ],
    ['is killed', () => program('kill -KILL $$'), 'was ended by SIGKILL'],
    ['is not there', () => '/nonexistent/program', 'cannot be run: there is no such file'],
    [
      'may not be run',
      () => {
        const path = program('')
        chmodSync(path, 0o644)
        return path
      },
      'cannot be run: permission denied',
    ],
    ['leaves somebody behind', () => program('sleep 30 & exit 0'), null],
  ])('that %s', async (_, path, expected) => {
    const started = performance.now()
    expect(await runner()(call(path()), never)).toEqual(expected)
    expect(performance.now() - started).toBeLessThan(10_000)
  })

  test('that hangs is killed, with all that it started', async () => {
    const pids = join(temporary(), 'pids')
    const path = program(
      `trap '' TERM; sh -c 'trap "" TERM; echo $$ >> "$0"; sleep 100' "$1" & echo $$ >> "$1"; sleep 100`,
    )
    const ran = runner({ limit: 500, grace: 200 })(call(path, pids), never)
    expect(await ran).toBe('was not done within 0.5 s')
    const started = readFileSync(pids, 'utf8').trim().split('\n').map(Number)
    expect(started).toHaveLength(2)
    const alive = (pid: number): boolean => {
      try {
        process.kill(pid, 0)
        // One that nobody waits for is dead as well.
        const stat = `/proc/${pid}/stat`
        return !existsSync(stat) || readFileSync(stat, 'utf8').split(') ')[1]?.[0] !== 'Z'
      } catch {
        return false
      }
    }
    await till(() => !started.some(alive))
  })

  test('that asks to end ends with the watch', async () => {
    const path = program('echo "closing" >&2; exec sleep 100')
    const hooks = made([hook({ kind: 'command', argv: [path] })], { patience: 300 })
    hooks.take([down('tesla', 1000)], 1000)
    await hooks.close()
    expect(hooks.notes).toEqual([`${path} was not done when the watch ended: closing`])
  })

  test('never runs more than four times at once, and not for more changes than anybody can tell', async () => {
    let running = 0
    let most = 0
    let ran = 0
    const gates: (() => void)[] = []
    const run: Run = async () => {
      running += 1
      most = Math.max(most, running)
      await new Promise<void>(resolve => gates.push(resolve))
      running -= 1
      ran += 1
      return null
    }
    const notes: string[] = []
    const programs = new Programs(run, note => notes.push(note))
    for (let i = 0; i < 200; i += 1) programs.call(call('/bin/slow'))
    const closed = programs.close(60_000)
    while (gates.length > 0) {
      gates.shift()?.()
      await new Promise(resolve => setImmediate(resolve))
    }
    await closed
    expect([most, ran]).toEqual([4, 104])
    expect(notes).toEqual(['/bin/slow is too slow: some changes are not told'])
  })
})

describe('hooks', () => {
  test('each hear what they asked for, and hold it for as long as they say', () => {
    const heard: string[] = []
    const run: Run = ({ argv, environment }) => {
      heard.push(`${argv[0]} ${environment['MESHWRIGHT_SUBJECT'] ?? ''}`)
      return Promise.resolve(null)
    }
    const hooks = made(
      [
        hook({ kind: 'command', argv: ['/hosts'] }, { on: ['host'], hold: 10 }),
        hook({ kind: 'command', argv: ['/services'] }, { on: ['service'] }),
      ],
      { run },
    )
    const events = [down('tesla', 1000), quorum('db', 1000)]
    hooks.take(events, 1000)
    expect(heard).toEqual(['/services db'])
    for (const at of [5000, 10_000, 11_000, 20_000]) hooks.take(events, at)
    expect(heard).toEqual(['/services db', '/hosts tesla'])
  })

  test('look at tunnels whose end nobody tells', () => {
    const heard: string[] = []
    const run: Run = ({ environment }) => {
      heard.push(environment['MESHWRIGHT_TEXT'] ?? '')
      return Promise.resolve(null)
    }
    const hooks = made([hook({ kind: 'command', argv: ['/x'] }, { on: ['tunnel'] })], { run })
    const number = tunnelBetween(fleet.tunnels, numberIn(fleet, 'tesla'), numberIn(fleet, 'bohr'))
    const snapshot = (word: TunnelState) => {
      const state = new Uint8Array(fleet.tunnels.count)
      state[number] = tunnelStates.indexOf(word)
      return { fleet, tunnels: { state } as never }
    }
    expect(levelOfTunnel('lossy')).toBe('warn')
    const event: Event = {
      ...{ at: 0, subject: { kind: 'tunnel', name: 'tesla>bohr' }, level: 'bad', before: 'up', after: 'down' },
      ...{ why: '', flapping: false },
    }
    hooks.take([event], 0, snapshot('down'))
    hooks.take([event], 1000, snapshot('unknown'))
    hooks.take([event], 2000, snapshot('down'))
    hooks.take([event], 60_000, snapshot('up'))
    expect(heard).toEqual(['tunnel tesla>bohr is down', 'tunnel tesla>bohr is up again, after 60 s'])
  })
})
