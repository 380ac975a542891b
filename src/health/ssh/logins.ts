/** How we log in, and whom we trust: the agent and keys of ssh(1), and the known_hosts files. Never a password. */
import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import ssh2, { type AnyAuthMethod, type ParsedKey } from 'ssh2'
import { type KnownHost, parseKnownHosts } from './known-hosts.ts'

export interface Who {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** File of a private key: this one and no other. */
  readonly identity?: string
  /** Of the mesh; its known_hosts counts as well. */
  readonly directory: string
}

export interface Logins {
  /** In the order in which they are tried. */
  readonly methods: (user: string) => AnyAuthMethod[]
  /** Why there are none; null: there are. */
  readonly why: string | null
}

const homeOf = ({ environment }: Who): string => environment['HOME'] ?? homedir()

/** The identity that was named; else the agent, and then the usual files. */
export async function loginsOf(who: Who): Promise<Logins> {
  const agent = who.identity === undefined ? who.environment['SSH_AUTH_SOCK'] : undefined
  const paths =
    who.identity === undefined
      ? ['id_ed25519', 'id_ecdsa', 'id_rsa'].map(file => join(homeOf(who), '.ssh', file))
      : [who.identity]
  const keys: ParsedKey[] = []
  let locked: string | null = null
  for (const path of paths) {
    const bytes = await readOr(path)
    if (bytes === null) continue
    const parsed = ssh2.utils.parseKey(bytes)
    if (!(parsed instanceof Error) && parsed.isPrivateKey()) keys.push(parsed)
    else locked ??= path
  }
  const none = agent === undefined && keys.length === 0
  return {
    methods: username => [
      ...(agent === undefined ? [] : [{ type: 'agent', username, agent } as const]),
      ...keys.map(key => ({ type: 'publickey', username, key }) as const),
    ],
    why: !none
      ? null
      : locked !== null
        ? `${locked} cannot be used as it is: if a passphrase protects it, give it to ssh-agent`
        : `no key to log in with: no ssh-agent, and no ${paths.join(', ')}`,
  }
}

/** What the known_hosts files say; looked up again when a key was refused, for somebody may just have added it. */
export class KnownHosts {
  readonly #paths: readonly string[]
  #known: Promise<readonly KnownHost[]> | null = null

  constructor(who: Who) {
    this.#paths = [
      join(homeOf(who), '.ssh/known_hosts'),
      '/etc/ssh/ssh_known_hosts',
      join(who.directory, 'known_hosts'),
    ]
  }

  all(): Promise<readonly KnownHost[]> {
    return (this.#known ??= Promise.all(this.#paths.map(readOr)).then(texts =>
      texts.flatMap(text => (text === null ? [] : parseKnownHosts(text.toString()))),
    ))
  }

  forget(): void {
    this.#known = null
  }
}

/** Null: it is not there, or not for us. */
const readOr = (path: string): Promise<Buffer | null> => readFile(path).catch(() => null)
