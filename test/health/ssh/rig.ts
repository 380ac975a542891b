/**
 * Hosts on this machine: namespaces of Linux with the commands of FreeBSD in the way of Linux's own, a real sshd(8) and a
 * real wg0. From outside they are called on loopback, by relays that can be made to say nothing.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

interface RigHost {
  readonly name: string
  readonly number: number
  /** Of its init, seen from here. */
  readonly pid: number
  readonly publicKey: string
  /** On loopback, outside. */
  readonly port: number
  /** Connections that came in from outside. */
  readonly calls: () => number
  /** From now on nothing is heard of it, though whoever calls it is let in. */
  silence(): void
  /** Ends its WireGuard. */
  cut(): void
  /** Runs a script of sh(1) in it, and returns what it says. */
  run(script: string): string
  /** What sshd(8) has to say. */
  log(): string
}

export interface Rig {
  readonly directory: string
  /** A home with a key that all hosts take. */
  readonly home: string
  readonly hosts: readonly RigHost[]
  /** Everything that nobody may ever see: private keys, preshared keys. */
  readonly secrets: readonly string[]
  /** `KIND KEY` of a host's key. */
  hostKey(name: string): string
  start(host: RigHost, ...argv: readonly string[]): void
  stop(): void
}

const shims = join(import.meta.dirname, 'freebsd')

/** Bounded, and without a fixed wait. */
export async function until(holds: () => boolean | Promise<boolean>, what: string, seconds = 30): Promise<void> {
  const end = Date.now() + seconds * 1000
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`${what}: not within ${seconds} s`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

const said = (command: string, argv: readonly string[], input = ''): string =>
  execFileSync(command, argv, { input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] }).trim()

export async function rigOf(names: readonly string[]): Promise<Rig> {
  const directory = mkdtempSync(join(tmpdir(), 'meshwright-rig-'))
  const home = join(directory, 'home')
  mkdirSync(join(home, '.ssh'), { recursive: true, mode: 0o700 })
  said('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(home, '.ssh/id_ed25519')])
  const children: ChildProcess[] = []
  const servers: Server[] = []
  const sockets = new Set<Socket>()
  const stop = (): void => {
    for (const server of servers) server.close()
    for (const socket of sockets) socket.destroy()
    for (const child of children) child.kill('SIGKILL')
    rmSync(directory, { recursive: true, force: true })
  }
  const launch = (log: string, command: string, argv: readonly string[]): ChildProcess => {
    const child = spawn('sh', ['-c', 'exec "$@" >> "$0" 2>&1 < /dev/null', log, command, ...argv], { stdio: 'ignore' })
    children.push(child)
    return child
  }
  try {
    const keys = names.map(() => said('wg', ['genkey']))
    const publicKeys = keys.map(key => said('wg', ['pubkey'], key))
    const shared = names.map((_, a) => names.map((_, b) => (a < b ? said('wg', ['genpsk']) : '')))
    const pids: number[] = []
    for (const [number, name] of names.entries()) {
      const own = join(directory, name)
      mkdirSync(own)
      said('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(own, 'host_key')])
      writeFileSync(
        join(own, 'sshd_config'),
        [
          'Port 22',
          ...[`HostKey ${own}/host_key`, `PidFile ${own}/sshd.pid`],
          `AuthorizedKeysFile ${home}/.ssh/id_ed25519.pub`,
          ...['UsePAM no', 'StrictModes no', 'PermitRootLogin prohibit-password', 'LogLevel VERBOSE'],
        ].join('\n'),
      )
      const init = [
        'mount -t tmpfs tmpfs /run && mkdir /run/sshd /run/wireguard /run/jails',
        `mount -t overlay overlay -o lowerdir=${shims}:/usr/sbin /usr/sbin`,
        'ip link set lo up',
        `touch ${own}/ready`,
        'exec sleep infinity',
      ].join(' && ')
      const outer = launch(join(own, 'init.log'), 'unshare', [
        ...['-n', '-m', '-p', '-f', '--kill-child=KILL', '--mount-proc', '--propagation', 'private'],
        ...['sh', '-c', init],
      ])
      await until(() => existsSync(join(own, 'ready')), `${name} starts: ${logOf(own, 'init.log')}`)
      const inner = Number(readFileSync(`/proc/${outer.pid ?? 0}/task/${outer.pid ?? 0}/children`, 'utf8').trim())
      pids[number] = inner
    }
    const ends = new Map<string, string>()
    const inside = (pid: number): readonly string[] => ['-t', String(pid), '-n', '-m', '-p']
    const hosts: RigHost[] = []
    for (const [number, name] of names.entries()) {
      const [own, pid = 0] = [join(directory, name), pids[number]]
      launch(join(own, 'sshd.log'), 'nsenter', [
        ...inside(pid),
        '/usr/sbin/sshd',
        '-D',
        '-e',
        '-f',
        join(own, 'sshd_config'),
      ])
      launch(join(own, 'wg.log'), 'nsenter', [...inside(pid), 'wireguard-go', '-f', 'wg0'])
      const run = (script: string): string => said('nsenter', [...inside(pid), 'sh', '-e'], script)
      let [silent, calls] = [false, 0]
      const server = createServer(socket => {
        calls += 1
        sockets.add(socket)
        socket.on('error', () => undefined)
        if (silent) return
        const call = spawn('nsenter', ['-t', String(pid), '-n', 'nc', '127.0.0.1', '22'], {
          stdio: ['pipe', 'pipe', 'ignore'],
        })
        children.push(call)
        call.stdin.on('error', () => undefined)
        call.on('exit', () => silent || socket.destroy())
        socket.on('close', () => call.kill('SIGKILL'))
        socket.on('data', chunk => silent || call.stdin.write(chunk))
        call.stdout.on('data', (chunk: Buffer) => silent || socket.write(chunk))
      })
      servers.push(server)
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
      hosts.push({
        ...{ name, number, pid, publicKey: publicKeys[number] ?? '', port: (server.address() as AddressInfo).port },
        ...{ calls: () => calls, run, log: () => logOf(own, 'sshd.log') },
        silence: () => void (silent = true),
        cut: () => {
          // It ends by itself when its interface is gone.
          run('ip link del wg0')
        },
      })
    }
    for (const host of hosts)
      for (const other of hosts.filter(({ number }) => number > host.number)) {
        const [wire, net] = [`x${host.number}${other.number}`, `192.0.2.${16 * host.number + 2 * other.number}`]
        const ip = `nsenter -t ${host.pid} -n ip`
        said('sh', ['-e'], `${ip} link add ${wire} type veth peer name ${wire} netns ${other.pid}`)
        const far = net.replace(/[0-9]+$/, last => String(Number(last) + 1))
        host.run(`ip addr add ${net}/31 dev ${wire}\nip link set ${wire} up`)
        other.run(`ip addr add ${far}/31 dev ${wire}\nip link set ${wire} up`)
        ends.set(`${host.number}>${other.number}`, far).set(`${other.number}>${host.number}`, net)
      }
    for (const host of hosts) {
      await until(() => existsSync(`/proc/${host.pid}/root/run/wireguard/wg0.sock`), `wg0 of ${host.name}`)
      const peers = hosts
        .filter(other => other !== host)
        .map(other => {
          const [a, b] = [host.number, other.number].toSorted((x, y) => x - y)
          return [
            ...['[Peer]', `PublicKey = ${other.publicKey}`, `PresharedKey = ${shared[a ?? 0]?.[b ?? 0] ?? ''}`],
            `AllowedIPs = 10.64.${other.number}.0/24, fd5c:0:0:${other.number}::/64`,
            ...[`Endpoint = ${ends.get(`${host.number}>${other.number}`) ?? ''}:51820`, 'PersistentKeepalive = 1'],
          ].join('\n')
        })
      const conf = ['[Interface]', `PrivateKey = ${keys[host.number] ?? ''}`, 'ListenPort = 51820', ...peers].join('\n')
      writeFileSync(join(directory, host.name, 'wg0.conf'), conf, { mode: 0o600 })
      host.run(`wg setconf wg0 ${join(directory, host.name, 'wg0.conf')}
        ip addr add 10.64.${host.number}.1/32 dev wg0
        ip link set wg0 up
        ip route add 10.64.0.0/10 dev wg0`)
    }
    return {
      ...{ directory, home, hosts, stop },
      secrets: [...keys, ...shared.flat().filter(psk => psk !== '')],
      hostKey: name =>
        readFileSync(join(directory, name, 'host_key.pub'), 'utf8')
          .split(' ')
          .slice(0, 2)
          .join(' '),
      start: (host, ...argv) =>
        void launch(join(directory, host.name, 'started.log'), 'nsenter', [...inside(host.pid), ...argv]),
    }
  } catch (error) {
    stop()
    throw error
  }
}

function logOf(own: string, file: string): string {
  try {
    return readFileSync(join(own, file), 'utf8')
  } catch {
    return ''
  }
}
